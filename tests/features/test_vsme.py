"""The VSME form: every edition gives the same facts, a blank one none, and nothing in a file can surprise the reader."""

from __future__ import annotations

import datetime as dt
import os
import re
import warnings
import zipfile

import openpyxl
import polars as pl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook.defined_name import DefinedName

from features.errors import DatasetError
from features.forms import _archive, _named_workbook, _sheet_cells, vsme, vsme_names
from features.identifiers import valid_lei
from features.pipeline import compute

EDITIONS = ("1.1.1", "1.2.0", "1.3.0")
LEI = "529900T8BM49AURSDO55"
FACTS = ("firms", "annual", "energy", "emissions", "applications")

SINGLES = {
    "template_reporting_entity_name": "Muster GmbH",
    "template_reporting_entity_identifier_scheme": "LEI",
    "template_reporting_entity_identifier": LEI,
    "template_currency": "EUR",
    "template_reporting_period_startdate": "2024-01-01",
    "template_reporting_period_enddate": "2024-12-31",
    "CountryOfPrimaryOperationsAndLocationOfSignificantAssets": "Italy",
    "Turnover": 235_000,
    "Assets": "600,000",
    "NumberOfEmployees": 151,
    "TotalAmountOfWaterWithdrawnFromAllSites": 742.5,
    "NumberOfRecordableWorkRelatedAccidentsInTheReportingPeriod": 2,
    "TotalEnergyConsumption": 200,
    "EnergyConsumptionFromElectricity_RenewableEnergyMember": 10,
    "EnergyConsumptionFromElectricity_NonRenewableEnergyMember": 100,
    "EnergyConsumptionFromSelfGeneratedElectricity_RenewableEnergyMember": 23,
    "EnergyConsumptionFromSelfGeneratedElectricity_NonRenewableEnergyMember": 20,
    "EnergyConsumptionFromFuels_RenewableEnergyMember": 0,
    "EnergyConsumptionFromFuels_NonRenewableEnergyMember": 47,
    "GrossScope1GreenhouseGasEmissions": 100,
    "GrossLocationBasedScope2GreenhouseGasEmissions": 50.25,
    "GrossMarketBasedScope2GreenhouseGasEmissions": 40,
    "GrossScope3GreenhouseGasEmissions_CurrentlyStatedMember": 700,
    "AmountOfEmissionToAir_unit": "kilograms (kg)",
    "DescriptionOfSustainabilityRelatedCertificationsOrLabels": "ISO 14001 of 2023, by a body not named",
}
LINES = {
    "NaceSectorClassificationCodes": [
        "NACE C - 23.51 Manufacture of cement",
        "NACE G - 47.22 Retail sale of meat",
    ],
    "TypeOfWasteAxis": [
        "    20 01 01 - Non-Hazardous - Paper and cardboard",
        "    16 08 06 - Hazardous - Spent liquids used as catalysts",
        "    13 01 01 - Non-Hazardous - Something by volume",
    ],
    "WasteDivertedToRecycleOrReuseMass_unit": ["metric tonnes (t)", "kilograms (kg)", "cubic meters (m3)"],
    "WasteDivertedToRecycleOrReuseMass": [12, 800, 30],
    "WasteDirectedToDisposalMass": [3.5, 400, 70],
    "TypeOfPollutantAxis": ["Nitrogen oxides (NOx/NO2)", "Alachlor", "Sulphur oxides (SOx/SO2)"],
    "AmountOfEmissionToAir": [567, 5, None],
    "AmountOfEmissionToWater": [None, None, 9],
}
BESIDE = {
    ("RateOfRecordableWorkRelatedAccidentsInTheReportingPeriod", -1, 0): 250_000,
    ("GrossScope3GreenhouseGasEmissions_CurrentlyStatedMember", -15, 0): 200,
    ("GrossScope3GreenhouseGasEmissions_CurrentlyStatedMember", -7, 0): 500,
    ("template_FUEL_CONVERTER", 22, 3): True,
    ("template_FUEL_CONVERTER", 9, 0): "Natural gas",
    ("template_FUEL_CONVERTER", 9, 1): "m³ - cubic meters",
    ("template_FUEL_CONVERTER", 9, 2): 4000,
    ("template_FUEL_CONVERTER", 10, 0): "Peat",
    ("template_FUEL_CONVERTER", 10, 1): "t - tonne",
    ("template_FUEL_CONVERTER", 10, 2): 1,
}
"""Name, lines below it, columns right of it: value."""


def top_left(book, name):
    sheet, _, reference = book.defined_names[name].attr_text.rpartition("!")
    column, line, _, _ = range_boundaries(reference.replace("$", ""))
    return book[sheet.strip("'").replace("''", "'")], line, column


def by_name(singles=SINGLES, lines=LINES, beside=BESIDE):
    """Yield name, lines below it, columns right of it and value, of everything that is written."""
    yield from ((name, 0, 0, value) for name, value in singles.items())
    yield from ((name, down, 0, value) for name, values in lines.items() for down, value in enumerate(values))
    yield from ((*place, value) for place, value in beside.items())


def fill(book, *, singles=SINGLES, lines=LINES, beside=BESIDE):
    """Write values by name, as a firm would; formulas under them are overwritten."""
    for name, down, right, value in by_name(singles, lines, beside):
        sheet, line, column = top_left(book, name)
        sheet.cell(line + down, column + right).value = value


def blank(*, gap=0, edition="1.3.0"):
    """A small workbook with the form's names: its sheets and addresses are its own, its distances the form's."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "It's a form"
    line = 3 + gap
    for name in vsme_names.every_name():
        line += 17 + gap
        height = 100 if name in LINES or name.startswith(("AmountOfEmissionTo", "enum_")) else 1
        if name.endswith("ToAir_unit"):
            height = 1
        left = get_column_letter(2 + gap)
        book.defined_names[name] = DefinedName(
            name, attr_text=f"'It''s a form'!${left}${line}:${left}${line + height - 1}"
        )
        line += height + 25
    fill(
        book,
        singles={"template_reporting_template_version": edition},
        lines={"enum_ListCountriesName": ["Austria", "Italy"], "enum_ListCountiesCode": ["AT", "IT"]},
        beside={},
    )
    return book


SHEET, BOOK, STRINGS = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml"


def with_shared_strings(source, target):
    """The workbook with its texts in the shared part, in runs and with a reading, as Excel may write them."""
    texts = []

    def shared(found):
        texts.append(found[1])
        return f't="s"><v>{len(texts) - 1}</v></c>'

    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        parts = {name: old.read(name) for name in old.namelist()}
        sheet = parts[SHEET].decode()
        parts[SHEET] = re.sub(
            r't="inlineStr"><is><t[^>]*>(.*?)</t></is></c>', shared, sheet, flags=re.DOTALL
        ).encode()
        items = "".join(
            f'<si><r><t>{text[:3]}</t></r><r><t xml:space="preserve">{text[3:]}</t></r><rPh><t>reading</t></rPh></si>'
            for text in texts
        )
        head = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        if texts:  # else openpyxl wrote them into the shared part itself
            parts[STRINGS] = f"{head}{items}</sst>".encode()
        for name, content in parts.items():
            new.writestr(name, content)
    return target


@pytest.fixture
def save(tmp_path):
    def save(book, name="form.xlsx"):
        book.save(tmp_path / f"inline-{name}")
        return with_shared_strings(tmp_path / f"inline-{name}", tmp_path / name)

    return save


@pytest.fixture
def filled(save):
    def filled(*, gap=0, edition="1.3.0", singles=(), lines=(), beside=()):
        book = blank(gap=gap, edition=edition)
        fill(
            book,
            singles=SINGLES | dict(singles),
            lines=LINES | dict(lines),
            beside=BESIDE | dict(beside),
        )
        return save(book, f"form-{edition}-{gap}.xlsx")

    return filled


def facts(dataset):
    """Every fact without the file it came from."""
    return {
        name: dataset.tables[name].drop("source_document").rows(named=True)
        for name in FACTS
        if name in dataset.handed_in
    }


def numbers(dataset, table, *columns):
    return dataset.tables[table].select(columns).rows()


def told(dataset):
    return " ".join(dataset.notices.filter(pl.col("kind") == "vsme")["text_en"].to_list())


def test_the_lei_of_these_tests_is_one():
    assert pl.select(valid_lei(pl.lit(LEI))).item()


def test_a_filled_form_gives_the_figures_that_were_written(filled):
    dataset = vsme.read(filled(), as_of=dt.date(2025, 9, 30))
    assert dataset.quarantine.is_empty()
    assert numbers(
        dataset, "firms", "firm_id", "id_scheme", "name", "industry", "industry_scheme", "region"
    ) == [(LEI, "lei", "Muster GmbH", "23.51", "NACE2.1", "IT")]
    annual = dataset.tables["annual"].row(0, named=True)
    assert annual["year"] == "2024"
    assert annual["currency"] == "EUR"
    # 10,000 CNY at the mean rate of 2024, 7.7248 CNY for one EUR.
    assert annual["revenue"] == pytest.approx(235_000 * 7.7248 / 10_000)
    assert annual["total_assets"] == pytest.approx(600_000 * 7.7248 / 10_000)
    assert [annual[c] for c in ("employees", "water_withdrawn", "injuries", "hours_worked")] == [
        151,
        742.5,
        2,
        250_000,
    ]
    assert annual["waste"] == pytest.approx(12 + 3.5 + 0.8 + 0.4)
    assert annual["waste_recycled"] == pytest.approx(12.8)
    assert annual["hazardous_waste"] == pytest.approx(1.2)
    assert numbers(dataset, "energy", "carrier", "flow", "quantity", "unit") == [
        ("electricity", "purchased", 110.0, "MWh"),
        ("electricity", "self_generated", 20.0, "MWh"),
        ("natural_gas", "purchased", 0.4, "1e4m3"),
    ]
    assert sorted(numbers(dataset, "emissions", "scope", "substance", "quantity", "unit")) == [
        ("1", "CO2e", 100.0, "tCO2e"),
        ("2-location", "CO2e", 50.25, "tCO2e"),
        ("2-market", "CO2e", 40.0, "tCO2e"),
        ("3", "CO2e", 200.0, "tCO2e"),
        ("3", "CO2e", 500.0, "tCO2e"),
        ("none", "NOx", pytest.approx(0.567), "t"),
    ]
    categories = dataset.tables["emissions"].filter(pl.col("scope") == "3")
    assert dict(categories.select("category", "quantity").rows()) == {1: 200.0, 9: 500.0}
    assert numbers(dataset, "applications", "application_id", "firm_id", "as_of") == [
        (f"vsme-{LEI}-2024", LEI, dt.date(2025, 9, 30))
    ]


def test_every_fact_names_its_file_and_its_defined_name(filled):
    path = filled()
    dataset = vsme.read(path)
    for name in ("firms", "annual", "energy", "emissions"):
        assert set(dataset.tables[name]["source_document"]) == {path.name}
    pages = {page for name in ("annual", "energy", "emissions") for page in dataset.tables[name]["page"]}
    known = set(vsme_names.every_name())
    for page in pages:
        for place in page.split("; "):
            assert place.rpartition(": ")[2].split(" ")[0] in known
    annual = dataset.tables["annual"]["page"].item()
    assert "revenue: Turnover" in annual
    assert "waste: TypeOfWasteAxis" in annual
    assert set(dataset.files) == {path.name}


def test_what_has_no_column_is_told_and_never_a_fact(filled):
    dataset = vsme.read(filled())
    text = told(dataset)
    for part in (
        "ISO 14001 of 2023",  # free text is no event of the ledger
        "23 MWh of self-generated renewable",
        "10 MWh of the purchased electricity",
        "Peat 1 t - tonne",
        "Alachlor (air) 5 kg",
        "Sulphur oxides (SOx/SO2) (water) 9 kg",
        "100 m3 of waste",
        "Others: 47.22",
    ):
        assert part in text
    assert dataset.tables["certifications"].is_empty()
    assert not dataset.tables["applications"].height
    assert all(dataset.notices["text_zh"].str.contains(r"\p{Han}"))


def test_addresses_do_not_matter(filled):
    first, second = vsme.read(filled(gap=0)), vsme.read(filled(gap=4))
    assert facts(first) == facts(second)
    assert first.content_hashes.keys() == second.content_hashes.keys()


def test_fuels_without_the_converters_switch_are_told_as_a_sum(filled):
    dataset = vsme.read(filled(beside={("template_FUEL_CONVERTER", 22, 3): False}))
    assert set(dataset.tables["energy"]["carrier"]) == {"electricity"}
    assert "47 MWh of fuels are given as a sum" in told(dataset)


def found(dataset):
    return sorted(dataset.findings.select("check", "reported", "derived").rows())


def test_a_total_that_its_parts_do_not_make_is_a_finding(filled):
    own = {
        "EnergyConsumptionFromSelfGeneratedElectricity_RenewableEnergyMember": None,
        "TotalEnergyConsumption": 177,
    }
    assert found(vsme.read(filled(singles=own))) == []
    changed = {"TotalEnergyConsumption": 250, "GrossScope3GreenhouseGasEmissions_CurrentlyStatedMember": 900}
    assert found(vsme.read(filled(singles=own | changed))) == [
        ("vsme_energy_total", 250.0, 177.0),
        ("vsme_scope_3_total", 900.0, 700.0),
    ]


def test_energy_without_a_carrier_is_a_finding_because_the_rest_alone_looks_too_good(filled):
    own = ("vsme_energy_without_carrier", 200.0, 177.0)
    assert found(vsme.read(filled())) == [own]
    switch = {("template_FUEL_CONVERTER", 22, 3): False}
    assert found(vsme.read(filled(beside=switch))) == [("vsme_energy_without_carrier", 200.0, 130.0)]
    emptied = {name: None for name in SINGLES if name.startswith("EnergyConsumptionFrom")}
    only_total = vsme.read(filled(singles=emptied, beside=switch))
    assert found(only_total) == [("vsme_energy_without_carrier", 200.0, 0.0)]
    assert only_total.tables["energy"].is_empty()
    assert "Only the total of 200 MWh is given" in told(only_total)


def test_a_filled_form_has_indicators(filled):
    values = compute(vsme.read(filled(), as_of="2025-09-30")).values.row(0, named=True)
    # t per 10,000 CNY: 100 + 50.25 tCO2e of scopes 1 and 2, m3 of water, injuries by a million hours.
    revenue = 235_000 * 7.7248 / 10_000
    assert values["carbon_intensity"] == pytest.approx((100 + 50.25) / revenue)
    assert values["water_intensity"] == pytest.approx(742.5 / revenue)
    assert values["recycling_rate"] == pytest.approx(12.8 / 16.7)
    assert compute(vsme.read(filled(), as_of="2025-01-31")).values["carbon_intensity"].item() is None


def test_the_scope_3_total_stands_in_where_no_category_is_given(filled):
    name = "GrossScope3GreenhouseGasEmissions_CurrentlyStatedMember"
    dataset = vsme.read(filled(beside={(name, -15, 0): None, (name, -7, 0): None}))
    scope3 = dataset.tables["emissions"].filter(pl.col("scope") == "3")
    assert scope3.select("category", "quantity").rows() == [(None, 700.0)]


@pytest.mark.parametrize(
    ("changed", "firm_id", "scheme"),
    [
        ({"template_reporting_entity_identifier": "TestCode1234"}, "LEI:TESTCODE1234", "bank"),
        (
            {
                "template_reporting_entity_identifier_scheme": "DUNS",
                "template_reporting_entity_identifier": 150483782,
            },
            "DUNS:150483782",
            "bank",
        ),
        ({"template_reporting_entity_identifier_scheme": None}, LEI, "bank"),
    ],
)
def test_an_identifier_that_is_no_lei_is_the_banks_own_number(filled, changed, firm_id, scheme):
    dataset = vsme.read(filled(singles=changed), as_of="2025-09-30")
    assert dataset.quarantine.is_empty()
    assert numbers(dataset, "firms", "firm_id", "id_scheme") == [(firm_id, scheme)]
    assert "taken for the bank's own number" in told(dataset)


@pytest.mark.parametrize("currency", ["PLN", None])
def test_without_a_rate_only_the_money_is_left_out(filled, currency):
    dataset = vsme.read(filled(singles={"template_currency": currency}))
    annual = dataset.tables["annual"].row(0, named=True)
    assert (annual["revenue"], annual["total_assets"]) == (None, None)
    assert annual["employees"] == 151
    assert "Turnover" not in annual["page"]
    assert "revenue, total_assets were left out" in told(dataset)


def test_missing_is_missing_and_zero_is_zero(filled):
    emptied = {
        name: None
        for name in SINGLES
        if not name.startswith("template_") and name != "GrossScope1GreenhouseGasEmissions"
    }
    dataset = vsme.read(
        filled(
            singles=emptied | {"GrossScope1GreenhouseGasEmissions": 0},
            lines={name: [None] * 3 for name in LINES},
            beside=dict.fromkeys(BESIDE),
        )
    )
    assert numbers(dataset, "emissions", "scope", "quantity") == [("1", 0.0)]
    assert dataset.tables["annual"].is_empty()
    assert dataset.tables["energy"].is_empty()


def test_waste_that_does_not_say_whether_it_is_hazardous_leaves_that_missing(filled):
    dataset = vsme.read(
        filled(lines={"TypeOfWasteAxis": ["Papier und Pappe", *LINES["TypeOfWasteAxis"][1:]]})
    )
    annual = dataset.tables["annual"].row(0, named=True)
    assert annual["waste"] == pytest.approx(16.7)
    assert annual["hazardous_waste"] is None
    assert "1 lines of waste do not say whether it is hazardous" in told(dataset)


def test_hazardous_waste_that_is_left_out_for_want_of_a_unit_is_no_zero(filled):
    changed = {"WasteDivertedToRecycleOrReuseMass_unit": ["metric tonnes (t)", None, None]}
    annual = vsme.read(filled(lines=changed)).tables["annual"].row(0, named=True)
    assert annual["waste"] == pytest.approx(15.5)
    assert annual["hazardous_waste"] is None


def test_days_counted_from_1904_are_refused(filled):
    path = rewritten(
        filled(), BOOK, lambda content: re.sub(rb"<workbookPr[^>]*/>", b'<workbookPr date1904="1"/>', content)
    )
    with pytest.raises(DatasetError, match="1904"):
        vsme.read(path)


def test_a_name_that_is_no_text_is_told_in_signs_that_are(filled, tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.xlsx")
    path.write_bytes(filled().read_bytes())
    dataset = vsme.read(path)
    assert list(dataset.files) == ["caf\\xe9.xlsx"]
    assert set(dataset.tables["annual"]["source_document"]) == {"caf\\xe9.xlsx"}


def test_a_text_in_place_of_a_number_is_quarantined_with_its_cells(filled):
    dataset = vsme.read(
        filled(singles={"EnergyConsumptionFromElectricity_RenewableEnergyMember": "about ten"})
    )
    assert dataset.quarantine.select("table", "column", "value", "rule").rows() == [
        ("energy", "quantity", "about ten", "not_a_number")
    ]


@pytest.mark.parametrize("amount", ["1e999", "nan", -5, "9" * 400])
def test_impossible_amounts_are_quarantined(filled, amount):
    dataset = vsme.read(filled(singles={"GrossScope1GreenhouseGasEmissions": amount}))
    assert dataset.quarantine["table"].to_list() == ["emissions"]
    assert "1" not in dataset.tables["emissions"]["scope"].to_list()


def test_formulas_count_with_their_stored_value_only(filled):
    dataset = vsme.read(
        filled(singles={"GrossScope1GreenhouseGasEmissions": "=1+1", "Turnover": "=[9]Other!$A$1"})
    )
    assert "1" not in dataset.tables["emissions"]["scope"].to_list()
    assert dataset.tables["annual"]["revenue"].to_list() == [None]
    assert "GrossScope1GreenhouseGasEmissions (unstored)" in told(dataset)
    assert "Turnover (unstored)" in told(dataset)


def test_dates_may_be_dates_and_a_year_that_is_not_of_the_calendar_is_told(filled):
    days = {
        "template_reporting_period_startdate": dt.date(2023, 7, 1),
        "template_reporting_period_enddate": dt.date(2024, 6, 30),
    }
    dataset = vsme.read(filled(singles=days))
    assert dataset.tables["annual"]["year"].to_list() == ["2024"]
    assert "2023-07-01 to 2024-06-30 is no calendar year" in told(dataset)


def test_a_period_that_is_no_year_is_refused(filled):
    path = filled(singles={"template_reporting_period_enddate": "2024-06-30"})
    with pytest.raises(DatasetError, match="2024-01-01 to 2024-06-30 are 182 days"):
        vsme.read(path)


def test_an_edition_that_is_not_known_is_read_with_a_notice(filled):
    path = filled(edition="1.9.0")
    assert vsme.edition(path) == "1.9.0"
    assert "edition 1.9.0, which was not compared" in told(vsme.read(path))


def test_a_blank_form_is_refused_in_one_message_that_names_file_and_fields(save):
    path = save(blank())
    with pytest.raises(DatasetError) as refused:
        vsme.read(path, as_of="2025-09-30")
    text = str(refused.value)
    for part in (
        str(path),
        "template_reporting_entity_identifier",
        "template_reporting_period_startdate",
        "template_reporting_period_enddate",
    ):
        assert part in text


def test_a_form_without_figures_gives_no_fact_and_says_so(save):
    book = blank()
    fill(book, singles={k: v for k, v in SINGLES.items() if k.startswith("template_")}, lines={}, beside={})
    dataset = vsme.read(save(book), as_of="2025-09-30")
    assert dataset.handed_in == {"firms", "applications"}
    assert "holds no figure" in told(dataset)


def test_a_form_that_lost_names_is_refused_by_them(save):
    book = blank()
    fill(book)
    del book.defined_names["Turnover"]
    book.defined_names["Assets"] = DefinedName("Assets", attr_text="'It''s a form'!#REF!")
    book.defined_names["NumberOfEmployees"] = DefinedName(
        "NumberOfEmployees", attr_text="'It''s a form'!$A$1:$XFD$1048576"
    )
    with pytest.raises(DatasetError, match="Assets, NumberOfEmployees, Turnover"):
        vsme.read(save(book))


def test_other_workbooks_are_not_this_form(save, tmp_path):
    other = save(openpyxl.Workbook())
    assert not vsme.is_vsme(other)
    with pytest.raises(DatasetError, match="no VSME digital template"):
        vsme.edition(other)
    text = tmp_path / "text.xlsx"
    text.write_text("not a workbook", encoding="utf-8")
    for path in (text, tmp_path, tmp_path / "absent.xlsx"):
        assert not vsme.is_vsme(path)
        with pytest.raises(DatasetError, match=re.escape(str(path))):
            vsme.read(path)


def rewritten(path, part, change):
    """The workbook with one part changed."""
    target = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            content = source.read(name)
            copy.writestr(name, change(content) if name == part else content)
    return target


ENTITY = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize("part", [SHEET, BOOK, STRINGS])
def test_entities_are_refused(filled, part):
    path = rewritten(filled(), part, lambda content: re.sub(rb"(<\?xml[^>]*>)?", ENTITY, content, count=1))
    with pytest.raises(DatasetError, match=f"{part} of the workbook carries a document type"):
        vsme.read(path)


@pytest.mark.parametrize("part", [SHEET, BOOK, STRINGS, "xl/_rels/workbook.xml.rels"])
@pytest.mark.parametrize(
    "change", [lambda content: content[: len(content) // 2], lambda _: b"", lambda _: b"\x00\xff" * 50]
)
def test_damaged_parts_are_refused_by_name(filled, part, change):
    path = rewritten(filled(), part, change)
    with pytest.raises(DatasetError, match=re.escape(part)):
        vsme.read(path)


def cells_of(tmp_path, rows):
    """The cells of a sheet with these rows, by address."""
    path = tmp_path / "sheet.zip"
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(SHEET, f"{head}{rows}</sheetData></worksheet>")
    with zipfile.ZipFile(path) as archive:
        found = _sheet_cells.sheet_cells(archive, SHEET, [], str(path))
    return {f"{get_column_letter(column)}{row}": cell.value for (row, column), cell in found.items()}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # A writer may leave places out: what does not say where it stands follows the one before it.
        ("<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>", {"A1": 1, "B1": 2, "A2": 3}),
        ('<row r="5"><c r="C5"><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>', {"C5": 1, "D5": 2, "A6": 3}),
        ('<row r="5"><c/><c><v>2</v></c></row>', {"B5": 2}),
        ('<row r="2"><c><v>1</v></c><c r="E2"><v>2</v></c><c><v>3</v></c></row>', {"A2": 1, "E2": 2, "F2": 3}),
    ],
)  # fmt: skip
def test_a_cell_that_does_not_say_where_it_stands_follows_the_one_before(tmp_path, rows, expected):
    assert cells_of(tmp_path, rows) == expected


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ('<row r="5"><c r="b5"><v>1</v></c></row>', "a cell in row 5 that is said to stand at 'b5'"),
        ('<row r="5"><c r=""><v>1</v></c></row>', "a cell in row 5 that is said to stand at ''"),
        ('<row r="-5"><c><v>1</v></c></row>', "a row that is said to stand at '-5'"),
        ('<row r="²"><c><v>1</v></c></row>', "a row that is said to stand at '²'"),
    ],
)
def test_a_cell_that_stands_nowhere_is_refused_by_name(tmp_path, rows, told):
    with pytest.raises(DatasetError, match=re.escape(told)):
        cells_of(tmp_path, rows)


def test_facts_in_cells_without_places_are_read(filled):
    """Every cell right of another loses its place, as some writers leave it out."""
    path = filled()
    bare = rewritten(
        path, SHEET, lambda content: re.sub(rb'(</c>|<c [^>]*/>)<c r="[A-Z]+[0-9]+"', rb"\1<c", content)
    )
    assert bare.read_bytes() != path.read_bytes()
    assert facts(vsme.read(bare, as_of="2025-09-30")) == facts(vsme.read(path, as_of="2025-09-30"))


@pytest.mark.parametrize("spelling", ["31.12.2024", "31/12/2024", "the end of 2024", 12.0, True])
def test_a_day_that_cannot_be_read_is_told_by_its_cell_and_not_called_blank(filled, spelling):
    path = filled(singles={"template_reporting_period_enddate": spelling})
    with pytest.raises(DatasetError) as refused:
        vsme.read(path)
    text = str(refused.value)
    assert "blank" not in text
    assert str(path) in text
    assert re.search(r"'It''s a form'!B\d+ \(template_reporting_period_enddate\) holds ", text)
    assert (
        repr(str(int(spelling)) if isinstance(spelling, float) else "1" if spelling is True else spelling)
        in text
    )
    assert "template_reporting_period_startdate" not in text
    assert "2024-12-31" in text


def test_a_blank_day_is_told_by_its_cell(filled):
    with pytest.raises(
        DatasetError, match=r"is blank.*template_reporting_period_enddate, 'It''s a form'!B\d+"
    ):
        vsme.read(filled(singles={"template_reporting_period_enddate": None}))


def test_an_archive_cut_short_or_flipped_is_refused_or_read_and_never_a_traceback(filled):
    path = filled()
    content = path.read_bytes()
    for at in range(0, len(content), len(content) // 12):
        for changed in (content[:at], content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]):
            path.write_bytes(changed)
            vsme.is_vsme(path)
            try:
                vsme.read(path)
            except DatasetError as refused:
                assert str(path) in str(refused)  # noqa: PT017 - most of these are refused, some are still whole


def test_zip_bombs_are_refused(filled):
    big = b" " * (_archive.MAX_PART + 1)
    path = rewritten(filled(), STRINGS, lambda content: content + big)
    with pytest.raises(DatasetError, match=f"{STRINGS} unpacks to more than"):
        vsme.read(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(_archive.MAX_ARCHIVE // len(big)):
            archive.writestr(f"xl/media/{number}.bin", big)
    assert path.stat().st_size < 1_000_000
    assert not vsme.is_vsme(path)
    with pytest.raises(DatasetError, match="unpacks to more than"):
        vsme.read(path)


def test_a_sheet_with_more_cells_than_a_form_is_refused(filled, monkeypatch):
    path = filled()
    monkeypatch.setattr(_sheet_cells, "MAX_CELLS", 50)
    with pytest.raises(DatasetError, match="more than 50 filled cells"):
        vsme.read(path)


# The published editions, where they stand beside the checkout.


def published(shared_data, edition):
    folder = shared_data / "efrag_vsme"
    if not folder.is_dir():
        pytest.skip("the VSME templates (efrag_vsme) are not among the real data")
    return folder / f"VSME-Digital-Template-{edition}.xlsx"


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_published_blank_form_is_known_and_gives_one_message(shared_data, edition):
    path = published(shared_data, edition)
    assert vsme.is_vsme(path)
    assert vsme.edition(path) == edition
    with pytest.raises(DatasetError, match="is blank where it says who reports and when"):
        vsme.read(path, as_of="2025-09-30")


@pytest.mark.parametrize("edition", EDITIONS)
def test_what_has_no_name_stands_at_its_distance_in_every_edition(shared_data, edition):
    book = openpyxl.load_workbook(published(shared_data, edition), read_only=True)
    labels = {}
    for name, down, left in (
        ("RateOfRecordableWorkRelatedAccidentsInTheReportingPeriod", -1, -1),
        *(("GrossScope3GreenhouseGasEmissions_CurrentlyStatedMember", -16 + n, -1) for n in (1, 9, 15)),
        ("template_FUEL_CONVERTER", 8, 2),
        ("template_FUEL_CONVERTER", 22, 0),
    ):
        sheet, line, column = top_left(book, name)
        labels[name, down] = str(sheet.cell(line + down, column + left).value)
    book.close()
    expected = [
        "template_label_total_number_of_hours_worked_in_a_year_by_all_employees",
        "template_label_1_purchased_goods",
        "template_label_9_downstream_transportation",
        "template_label_15_investments",
        "template_label_amount",
        "template_label_transfer_the_total_results",
    ]
    for label, beginning in zip(labels.values(), expected, strict=True):
        assert beginning in label


def test_the_published_sample_gives_the_figures_that_stand_in_it(shared_data):
    path = published(shared_data, "Sample-1.1.1")
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # openpyxl says which of Excel's features it does not read
        book = openpyxl.load_workbook(path, data_only=True, read_only=True)
        read = {
            name: top_left(book, name)[0].cell(*top_left(book, name)[1:]).value
            for name in SINGLES
            if name != "template_reporting_entity_identifier"
        }
        sheet, line, column = top_left(book, "template_reporting_entity_identifier")
        identifier = sheet.cell(line, column).value
        sheet, line, column = top_left(book, "WasteGeneratedTable")
        waste = list(sheet.iter_rows(line, line + 99, min_col=column, max_col=column + 8, values_only=True))
        book.close()
    dataset = vsme.read(path, as_of="2025-09-30")
    assert dataset.quarantine.is_empty()
    firm = dataset.tables["firms"].row(0, named=True)
    assert firm["firm_id"] == f"LEI:{identifier.upper()}"
    assert (firm["name"], firm["region"], firm["industry"]) == ("Company XYZ", "IT", "47.22")
    annual = dataset.tables["annual"].row(0, named=True)
    assert annual["revenue"] == pytest.approx(float(read["Turnover"]) * 7.7248 / 10_000)
    assert annual["total_assets"] == pytest.approx(float(read["Assets"]) * 7.7248 / 10_000)
    assert annual["employees"] == float(read["NumberOfEmployees"]) == 151
    assert annual["water_withdrawn"] == read["TotalAmountOfWaterWithdrawnFromAllSites"] == 742.5
    assert annual["injuries"] == 0
    assert annual["hours_worked"] == 302_000
    tonnes = {"metric tonnes (t)": 1.0, "kilograms (kg)": 0.001}
    mass = [
        (kind, tonnes[unit], again or 0, away or 0)
        for kind, _, _, unit, _, _, again, away, _ in waste
        if unit in tonnes
    ]
    assert len(mass) == 5
    assert annual["waste"] == pytest.approx(sum((again + away) * to for _, to, again, away in mass))
    assert annual["waste_recycled"] == pytest.approx(sum(again * to for _, to, again, _ in mass))
    assert annual["hazardous_waste"] == pytest.approx(
        sum((again + away) * to for kind, to, again, away in mass if "- Hazardous -" in kind)
    )
    bought = sum(
        read[f"EnergyConsumptionFromElectricity_{kind}EnergyMember"] for kind in ("Renewable", "NonRenewable")
    )
    own = read["EnergyConsumptionFromSelfGeneratedElectricity_NonRenewableEnergyMember"]
    assert numbers(dataset, "energy", "carrier", "flow", "quantity") == [
        ("electricity", "purchased", bought),
        ("electricity", "self_generated", own),
    ]
    assert (bought, own) == (110, 20)
    assert numbers(dataset, "emissions", "scope", "category", "quantity") == [
        ("1", None, read["GrossScope1GreenhouseGasEmissions"]),
        ("2-location", None, read["GrossLocationBasedScope2GreenhouseGasEmissions"]),
        ("3", 1, 200.0),
        ("3", 9, 500.0),
    ]
    assert found(dataset) == [
        ("vsme_energy_total", 250.0, 153.0),
        ("vsme_energy_without_carrier", 153.0, 130.0),
    ]


def written(source, target):
    """Fill in a published form as Excel does, cell by cell in its own file: openpyxl takes ten seconds to save one."""
    book = openpyxl.load_workbook(source, read_only=True)
    cells = {}
    for name, down, right, value in by_name():
        sheet, line, column = top_left(book, name)
        kind, text = ("b", int(value)) if isinstance(value, bool) else ("n", value)
        if isinstance(value, str):
            kind, text = "inlineStr", value.replace("&", "&amp;")
        if value is not None:
            content = f"<is><t>{text}</t></is>" if kind == "inlineStr" else f"<v>{text}</v>"
            place = f"{get_column_letter(column + right)}{line + down}"
            cells.setdefault(sheet._worksheet_path, {})[place] = f'<c r="{place}" t="{kind}">{content}</c>'
    book.close()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part in cells:
                text = content.decode()
                for place, cell in cells[part].items():
                    text, found = re.subn(
                        f'<c r="{place}"(?:[^>]*/>|[^>]*[^/]>.*?</c>|>.*?</c>)',
                        lambda _, c=cell: c,
                        text,
                        count=1,
                    )
                    assert found == 1, (part, place)
                content = text.encode()
            new.writestr(part, content)


def test_every_published_edition_gives_the_same_facts(shared_data, tmp_path):
    given = []
    for edition in EDITIONS:
        source = published(shared_data, edition)
        written(source, tmp_path / source.name)
        given.append(vsme.read(tmp_path / source.name, as_of="2025-09-30"))
    first = facts(given[0])
    assert set(first) == set(FACTS)
    assert len(first["energy"]) == 3
    assert len(first["emissions"]) == 6
    assert given[0].tables["annual"]["hours_worked"].to_list() == [250_000]
    for other in given[1:]:
        assert facts(other) == first
        assert other.notices.rows() == given[0].notices.rows()


def test_the_published_and_the_small_form_give_the_same_facts(shared_data, tmp_path, filled):
    source = published(shared_data, "1.3.0")
    written(source, tmp_path / source.name)
    assert facts(vsme.read(tmp_path / source.name)) == facts(vsme.read(filled()))


def test_reading_stays_with_the_sheets_that_are_named(filled):
    book = _named_workbook.read_named(filled(), ["Turnover"])
    assert set(book.sheets) == {"It's a form"}
