from __future__ import annotations

import datetime as dt
import re

import openpyxl
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features import contract_chinese
from features.contract import CONTRACT, PROVENANCE
from features.errors import DatasetError, UnitError
from features.intake import read_dataset
from features.intake.cells import choices
from features.intake.headers import match_columns, match_tables
from features.intake.workbook import HELP_SHEET
from features.pipeline import compute
from features.reference import resolve
from features.template import COLUMNS_SHEET, COVER_SHEET, LISTS_SHEET, write_template
from features.template.lists import drop_down
from features.template.texts import example
from features.units import money_unit, parse_unit

LANGUAGES = ("both", "zh", "en")
EVERY = [(table, column) for table in CONTRACT.values() for column in (*table.columns, *PROVENANCE)]

# One firm as a bank's clerk fills it in: Chinese choices and names, 万元, 万吨, 万千瓦时, percentages, Excel days.
BY_HAND = {
    "firms": [
        {"firm_id": "KH0001", "id_scheme": "银行内部编号", "name": "示例水泥", "industry": "3011", "region": "370100",
         "industry_scheme": "国民经济行业分类", "founded_on": dt.date(2001, 5, 6)},
        {"firm_id": "KH0002", "id_scheme": "银行内部编号", "industry": "06", "region": "140000"},
    ],
    "ownership": [{"firm_id": "KH0001", "parent_id": "KH0002", "share": "60%", "valid_from": dt.date(2015, 1, 1)}],
    "annual": [
        {"firm_id": "KH0001", "year": "2023", "published_on": dt.date(2024, 4, 20), "currency": "万元", "revenue": 52000,
         "total_assets": 80000, "total_liabilities": 44000, "employees": 620, "water_withdrawn": "1,200,000",
         "eu_export_share": 0.05, "tax_credit_rating": "A级"},
        {"firm_id": "KH0001", "year": "2022", "published_on": dt.date(2023, 4, 20), "currency": "亿元", "revenue": 5},
    ],
    "energy": [
        {"firm_id": "KH0001", "period": "2023", "carrier": "原煤", "flow": "外购", "quantity": 1.25, "unit": "万吨",
         "basis": "计量"},
        {"firm_id": "KH0001", "period": "2023", "carrier": "外购电力", "quantity": 2500, "unit": "万千瓦时"},
        {"firm_id": "KH0001", "period": "2022", "carrier": "原煤", "flow": "外购", "quantity": 13000, "unit": "吨"},
    ],
    "production": [
        {"firm_id": "KH0001", "period": "2023", "product": "水泥熟料", "quantity": 12, "unit": "万吨", "energy": 13000,
         "energy_unit": "吨标准煤"},
    ],
    "emissions": [
        {"firm_id": "KH0001", "period": "2023", "scope": "范围1", "substance": "二氧化碳当量", "quantity": 9,
         "unit": "万吨二氧化碳当量", "assurance": "合理保证"},
        {"firm_id": "KH0001", "period": "2023", "scope": "无", "substance": "SO2", "quantity": 4000, "unit": "千克"},
    ],
    "certifications": [
        {"firm_id": "KH0001", "scheme": "环境管理体系认证", "certificate_no": "EMS-1", "status": "有效",
         "issued_on": dt.date(2022, 3, 1), "expires_on": dt.date(2025, 2, 28), "site_coverage": 1},
    ],
    "incidents": [
        {"firm_id": "KH0001", "incident_id": "环罚〔2023〕1号", "occurred_on": dt.date(2023, 5, 1), "kind": "环境",
         "severity": 2, "fine": 8, "currency": "万元", "recorded_on": dt.date(2023, 6, 1)},
    ],
    "checks": [{"firm_id": "KH0001", "table": "违规事件", "kind": "安全", "checked_on": dt.date(2024, 6, 1)}],
    "applications": [
        {"application_id": "SQ-1", "firm_id": "KH0001", "as_of": dt.date(2024, 6, 30), "amount": 3000, "currency": "万元",
         "tenor_months": 36, "project_kind": "技改", "project_product": "水泥熟料", "decision": "批准"},
    ],
}  # fmt: skip

# The same facts as a system writes them: canonical ids, base units, typed columns.
AS_PARQUET = {
    "firms": [
        {"firm_id": "KH0001", "id_scheme": "bank", "name": "示例水泥", "industry": "3011", "region": "370100",
         "industry_scheme": "GBT4754", "founded_on": dt.date(2001, 5, 6)},
        {"firm_id": "KH0002", "id_scheme": "bank", "industry": "06", "region": "140000"},
    ],
    "ownership": [{"firm_id": "KH0001", "parent_id": "KH0002", "share": 0.6, "valid_from": dt.date(2015, 1, 1)}],
    "annual": [
        {"firm_id": "KH0001", "year": "2023", "published_on": dt.date(2024, 4, 20), "currency": "CNY", "revenue": 5.2e8,
         "total_assets": 8e8, "total_liabilities": 4.4e8, "employees": 620.0, "water_withdrawn": 1.2e6,
         "eu_export_share": 0.05, "tax_credit_rating": "A"},
        {"firm_id": "KH0001", "year": "2022", "published_on": dt.date(2023, 4, 20), "currency": "CNY", "revenue": 5e8},
    ],
    "energy": [
        {"firm_id": "KH0001", "period": "2023", "carrier": "raw_coal", "flow": "purchased", "quantity": 12500.0,
         "unit": "t", "basis": "metered"},
        {"firm_id": "KH0001", "period": "2023", "carrier": "electricity", "flow": None, "quantity": 25000.0, "unit": "MWh"},
        {"firm_id": "KH0001", "period": "2022", "carrier": "raw_coal", "flow": "purchased", "quantity": 13000.0, "unit": "t"},
    ],
    "production": [
        {"firm_id": "KH0001", "period": "2023", "product": "cement_clinker", "quantity": 120000.0, "unit": "t",
         "energy": 13000.0, "energy_unit": "tce"},
    ],
    "emissions": [
        {"firm_id": "KH0001", "period": "2023", "scope": "1", "substance": "CO2e", "quantity": 90000.0, "unit": "tCO2e",
         "assurance": "reasonable"},
        {"firm_id": "KH0001", "period": "2023", "scope": "none", "substance": "SO2", "quantity": 4.0, "unit": "t"},
    ],
    "certifications": [
        {"firm_id": "KH0001", "scheme": "iso14001", "certificate_no": "EMS-1", "status": "valid",
         "issued_on": dt.date(2022, 3, 1), "expires_on": dt.date(2025, 2, 28), "site_coverage": 1.0},
    ],
    "incidents": [
        {"firm_id": "KH0001", "incident_id": "环罚〔2023〕1号", "occurred_on": dt.date(2023, 5, 1),
         "kind": "environmental", "severity": 2, "fine": 80000.0, "currency": "CNY", "recorded_on": dt.date(2023, 6, 1)},
    ],
    "checks": [{"firm_id": "KH0001", "table": "incidents", "kind": "safety", "checked_on": dt.date(2024, 6, 1)}],
    "applications": [
        {"application_id": "SQ-1", "firm_id": "KH0001", "as_of": dt.date(2024, 6, 30), "amount": 3e7, "currency": "CNY",
         "tenor_months": 36.0, "project_kind": "retrofit", "project_product": "cement_clinker", "decision": "approved"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("templates")
    for language in LANGUAGES:
        write_template(folder / f"{language}.xlsx", language=language)
    return {language: folder / f"{language}.xlsx" for language in LANGUAGES}


@pytest.fixture(scope="module")
def books(templates):
    return {language: openpyxl.load_workbook(path) for language, path in templates.items()}


def fill(template, tables, path):
    """Fill a template in by hand: each cell under its header, sheet and header found by their Chinese or English name."""
    book = openpyxl.load_workbook(template)
    for name, rows in tables.items():
        table = CONTRACT[name]
        sheet = book[table.zh] if table.zh in book.sheetnames else book[name]
        places = {cell.value: cell.column for cell in sheet[1]}
        for number, row in enumerate(rows, start=2):
            for column, value in row.items():
                declared = table.column(column)
                place = places.get(declared.zh) or places[declared.name]
                sheet.cell(row=number, column=place).value = value
    book.save(path)
    return path


@pytest.fixture(scope="module")
def both_forms(templates, tmp_path_factory):
    folder = tmp_path_factory.mktemp("facts")
    workbook = fill(templates["both"], BY_HAND, folder / "filled.xlsx")
    parquet = folder / "parquet"
    parquet.mkdir()
    for name, rows in AS_PARQUET.items():
        pl.DataFrame(rows, infer_schema_length=None).write_parquet(parquet / f"{name}.parquet")
    return read_dataset(workbook), read_dataset(parquet)


def test_every_table_has_one_sheet_with_one_header_row_that_intake_knows(books):
    for language, book in books.items():
        named = match_tables(book.sheetnames, source=language)
        assert sorted(named.values()) == sorted(CONTRACT)
        for title, name in named.items():
            sheet, table = book[title], CONTRACT[name]
            headers = [cell.value for cell in sheet[1]]
            expected = [c.name if language == "en" else c.zh for c in (*table.columns, *PROVENANCE)]
            assert headers == expected
            assert sheet.max_row == 1
            found = match_columns(name, headers, source=language)
            assert list(found.columns.values()) == [c.name for c in (*table.columns, *PROVENANCE)]
            assert not found.extra
            assert not found.personal
            assert sheet.freeze_panes == "B2"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_header_has_a_note_and_required_ones_look_different(books, language):
    book = books[language]
    for table in CONTRACT.values():
        sheet = book[table.name if language == "en" else table.zh]
        fills = {True: set(), False: set()}
        for cell, column in zip(sheet[1], (*table.columns, *PROVENANCE), strict=True):
            note = cell.comment.text
            assert (column.meaning in note) == (language != "zh")
            assert (contract_chinese.column_meaning(table, column) in note) == (language != "en")
            required = "required" in note or "必填" in note
            assert required == column.required
            if column.unit and column.unit not in {"share", "persons", "10k CNY"}:
                assert column.unit in note
            fills[column.required].add(cell.fill.fgColor.rgb)
        assert not fills[True] & fills[False]


def validations(book, sheet):
    """Return letter of a column to its validation and, for a list by name, the entries on the hidden sheet."""
    found = {}
    for rule in sheet.data_validations.dataValidation:
        letter = re.match("[A-Z]+", str(rule.sqref)).group()
        entries = None
        if rule.type == "list" and rule.formula1.startswith("list_"):
            place = book.defined_names[rule.formula1].attr_text
            title, area = place.split("!")
            assert title == LISTS_SHEET
            entries = tuple(cell.value for (cell,) in book[LISTS_SHEET][area.replace("$", "")])
        found[letter] = (rule, entries)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_cells_offer_their_lists_and_keep_ids_and_periods_as_text(books, language):
    book = books[language]
    assert book[LISTS_SHEET].sheet_state == "hidden"
    for table in CONTRACT.values():
        sheet = book[table.name if language == "en" else table.zh]
        rules = validations(book, sheet)
        for cell, column in zip(sheet[1], (*table.columns, *PROVENANCE), strict=True):
            rule, entries = rules.get(cell.column_letter, (None, None))
            assert (entries or ()) == drop_down(table, column, language=language)
            if column.kind == "choice":
                assert len(entries) == len(column.choices)
                assert rule.errorStyle in {None, "stop"}
            if (entries and column.kind != "choice") or column.kind == "date":
                assert rule.errorStyle == "warning"
            if column.kind in {"number", "money", "integer", "date"}:
                assert rule.type in {"decimal", "whole", "date"}
            if column.name == "firm_id" and table.name != "firms":
                title = "firms" if language == "en" else "企业"
                assert rule.formula1 == f"'{title}'!$A$2:$A$5000"
            (shown,) = (
                dimension.number_format
                for dimension in sheet.column_dimensions.values()
                if dimension.min <= cell.column <= dimension.max
            )
            if column.kind in {"text", "period", "choice", "unit", "currency"}:
                assert shown == "@"
            if column.kind == "date":
                assert shown == "yyyy-mm-dd"


@pytest.mark.parametrize("language", LANGUAGES)
def test_intake_understands_every_entry_of_every_list(language):
    kinds = {"carrier": "carrier", "scheme": "scheme", "product": "product", "project_product": "product"}
    kinds["substance"] = "substance"
    lists = 0
    for table, column in EVERY:
        entries = drop_down(table, column, language=language)
        if not entries:
            continue
        lists += 1
        assert len(set(entries)) == len(entries)
        if column.kind == "choice":
            assert choices(pl.Series(entries), column).to_list() == list(column.choices)
        elif column.kind == "currency":
            assert all(money_unit(entry) for entry in entries)
        elif column.kind == "unit":
            for entry in entries if column.name != "design_energy_unit" else ():
                try:
                    assert parse_unit(entry)
                except UnitError:
                    assert money_unit(entry)
        else:
            ids = pl.DataFrame({"c": entries}).select(resolve(kinds[column.name], pl.col("c")))["c"]
            assert ids.null_count() == 0
            assert ids.n_unique() == len(entries)
    assert lists > 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_of_the_notes_are_rows_that_intake_accepts(templates, tmp_path, language):
    rows = {}
    for table in CONTRACT.values():
        row = {c.name: example(table, c, language=language) for c in (*table.columns, *PROVENANCE)}
        rows[table.name] = [{name: value for name, value in row.items() if value}]
    dataset = read_dataset(fill(templates[language], rows, tmp_path / "examples.xlsx"))
    assert dataset.quarantine.select("table", "column", "value", "what_en").rows() == []
    assert dict(dataset.counts.select("table", "accepted").iter_rows()) == dict.fromkeys(CONTRACT, 1)


def test_a_template_filled_in_by_hand_in_chinese_is_the_same_dataset_as_parquet(both_forms):
    by_hand, parquet = both_forms
    assert by_hand.quarantine.is_empty()
    assert parquet.quarantine.is_empty()
    for name in CONTRACT:
        mine, other = by_hand.tables[name].drop("row"), parquet.tables[name].drop("row")
        assert mine.height == len(BY_HAND.get(name, []))
        assert_frame_equal(mine, other, check_exact=True)


def test_and_it_has_the_same_indicators(both_forms):
    by_hand, parquet = (compute(dataset) for dataset in both_forms)
    assert_frame_equal(by_hand.values, parquet.values, check_exact=True)
    row = by_hand.values.row(0, named=True)
    assert row["benchmark_position"] is not None
    assert row["energy_intensity"] == pytest.approx((12500 * 0.7143 + 25000 * 0.1229) / 52000)


def test_a_filled_template_gives_no_notice(both_forms):
    by_hand, parquet = both_forms
    assert by_hand.notices.rows() == []
    assert parquet.notices.rows() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_the_sheets_that_the_template_declares_are_known_to_explain(templates, tmp_path, language):
    book = openpyxl.load_workbook(fill(templates[language], BY_HAND, tmp_path / "filled.xlsx"))
    book[COVER_SHEET].title = "it's renamed"
    for name in list(book.defined_names):
        if name.startswith(HELP_SHEET):
            book.defined_names[name].attr_text = book.defined_names[name].attr_text.replace(
                COVER_SHEET, "it''s renamed"
            )
    book.create_sheet("我的备注")
    book.create_sheet(COVER_SHEET)
    book.save(tmp_path / "more.xlsx")
    notices = read_dataset(tmp_path / "more.xlsx").notices
    assert notices["kind"].to_list() == ["unknown_sheet"] * 2
    text = " ".join(notices["text_en"])
    assert "我的备注" in text
    assert COVER_SHEET in text


def test_the_cover_and_the_list_of_columns_name_everything(books):
    for book in books.values():
        cover = " ".join(
            str(cell.value) for row in book[COVER_SHEET].iter_rows() for cell in row if cell.value
        )
        assert book.active.title == COVER_SHEET
        assert book[COLUMNS_SHEET].max_row == len(EVERY) + 1
        assert ("不要填 0" in cover) or ("never write 0" in cover)
    both = books["both"][COVER_SHEET]
    text = " ".join(str(cell.value) for row in both.iter_rows() for cell in row if cell.value)
    for table in CONTRACT.values():
        assert f"{table.zh} {table.name}" in text
    assert "不要填 0" in text
    assert "never write 0" in text


def test_every_table_and_column_is_told_in_chinese():
    for table, column in EVERY:
        known = contract_chinese._COLUMNS
        assert f"{table.name}.{column.name}" in known or column.name in known, (table.name, column.name)
    assert set(CONTRACT) <= set(contract_chinese._TABLES)


def test_equal_templates_are_equal_byte_by_byte(templates, tmp_path):
    write_template(tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == templates["both"].read_bytes()


def test_a_filled_template_is_never_overwritten(templates, tmp_path):
    before = templates["zh"].read_bytes()
    with pytest.raises(DatasetError, match="already"):
        write_template(templates["zh"])
    assert templates["zh"].read_bytes() == before
    with pytest.raises(DatasetError, match=r"\.xlsx"):
        write_template(tmp_path / "template.xls")
    with pytest.raises(DatasetError, match="cannot be written"):
        write_template(tmp_path / f"{'x' * 300}.xlsx")
    with pytest.raises(DatasetError, match="no such folder"):
        write_template(tmp_path / "none" / "template.xlsx")
