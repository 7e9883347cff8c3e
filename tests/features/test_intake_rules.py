"""Each rule is reached, with the table, row, column and value that broke it, and nothing else is lost."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from features.contract import CONTRACT
from features.errors import DatasetError
from features.intake import REASONS, RULES, validate_tables

SOUND = Path(__file__).parent / "sound_dataset"
"""A small dataset of every table in which every row is sound: what these tests spoil."""

A, B = "914403001922038216", "91350100M000100Y43"


@pytest.fixture
def sound_tables():
    return {file.stem: pl.read_csv(file, infer_schema=False) for file in sorted(SOUND.glob("*.csv"))}


def spoil(tables, table, row, **cells):
    """Return the tables with some cells of one row (1 is the first) replaced."""
    frame = tables[table]
    changes = [
        pl.when(pl.int_range(pl.len()) == row - 1)
        .then(pl.lit(cells[column], dtype=pl.String))
        .otherwise(pl.col(column) if column in frame.columns else pl.lit(None, dtype=pl.String))
        .alias(column)
        for column in cells
    ]
    return {**tables, table: frame.with_columns(changes)}


def broken(dataset):
    return dataset.quarantine.select("table", "row", "column", "value", "rule").rows()


def books_close(dataset):
    counts = dataset.counts
    assert (counts["rows_in"] == counts["accepted"] + counts["quarantined"] + counts["duplicates"]).all()
    for name, accepted, quarantined in counts.select("table", "accepted", "quarantined").rows():
        assert dataset.tables[name].height == accepted
        assert dataset.quarantine.filter(pl.col("table") == name)["row"].n_unique() == quarantined
        assert dict(dataset.tables[name].schema) == {c: t() for c, t in CONTRACT[name].clean_schema.items()}


CASES = [
    ("energy", 1, "period", "", "missing_required", None),
    ("energy", 1, "quantity", "—", "missing_required", None),
    ("energy", 1, "unit", "n/a", "missing_required", None),
    ("emissions", 1, "scope", "", "missing_required", None),
    ("certifications", 2, "unit", None, "missing_required", None),
    ("production", 1, "energy_unit", "", "missing_required", None),
    ("energy", 1, "quantity", "about 5", "not_a_number", None),
    ("energy", 1, "quantity", "1,5", "not_a_number", None),
    ("energy", 1, "quantity", "12%", "not_a_number", None),
    ("incidents", 1, "severity", "2.5", "not_a_number", None),
    ("energy", 2, "published_on", "15/06/2023", "not_a_date", None),
    ("applications", 1, "as_of", "2024-02-30", "not_a_date", None),
    ("energy", 1, "period", "2023H1", "not_a_period", None),
    ("annual", 1, "year", "2022Q4", "not_a_period", None),
    ("energy", 1, "flow", "borrowed", "not_a_choice", None),
    ("emissions", 1, "scope", "none", "not_a_choice", None),
    ("checks", 1, "kind", "weather", "not_a_choice", None),
    ("energy", 1, "quantity", "-4", "out_of_range", None),
    ("energy", 1, "quantity", "NaN", "out_of_range", None),
    ("energy", 1, "quantity", "inf", "out_of_range", None),
    ("energy", 1, "quantity", "1e999", "out_of_range", None),
    ("energy", 1, "quantity", "1e305", "out_of_range", None),
    ("annual", 3, "eu_export_share", "140%", "out_of_range", None),
    ("incidents", 1, "severity", "5", "out_of_range", None),
    ("emissions", 3, "category", "16", "out_of_range", None),
    ("applications", 1, "as_of", "1989-12-31", "out_of_range", None),
    ("applications", 1, "as_of", "2101-01-01", "out_of_range", None),
    ("certifications", 1, "expires_on", "2020-04-30", "out_of_range", None),
    ("ownership", 1, "valid_to", "2014-12-31", "out_of_range", None),
    ("energy", 2, "published_on", "2023-04-30", "out_of_range", None),
    ("incidents", 1, "recorded_on", "2023-01-01", "out_of_range", None),
    ("energy", 1, "unit", "barrow loads", "unknown_unit", None),
    ("production", 1, "unit", "Xt", "unknown_unit", None),
    ("energy", 1, "unit", "kWh", "wrong_dimension", None),
    ("energy", 2, "unit", "t", "wrong_dimension", None),
    ("emissions", 1, "unit", "MWh", "wrong_dimension", None),
    ("emissions", 4, "unit", "tCO2e", "wrong_dimension", None),
    ("production", 1, "unit", "MWh", "wrong_dimension", None),
    ("production", 1, "energy_unit", "t", "wrong_dimension", None),
    ("production", 1, "emissions_unit", "GJ", "wrong_dimension", None),
    ("certifications", 2, "unit", "t", "wrong_dimension", None),
    ("energy", 1, "carrier", "moonlight", "unknown_carrier", None),
    ("certifications", 1, "scheme", "ISO 99999", "unknown_scheme", None),
    ("checks", 2, "kind", "ISO 99999", "unknown_scheme", None),
    ("emissions", 1, "substance", "phlogiston", "unknown_substance", None),
    ("annual", 1, "currency", "shells", "unknown_currency", None),
    ("annual", 3, "currency", "GBP", "unknown_currency", None),
    ("incidents", 1, "currency", "shells", "unknown_currency", None),
    ("firms", 5, "firm_id", "914403001922038217", "invalid_id", {"id_scheme": ""}),
    ("firms", 5, "firm_id", "91440300192203821O", "invalid_id", {"id_scheme": ""}),
    ("firms", 5, "firm_id", "91440300192203821", "invalid_id", {"id_scheme": "uscc"}),
    ("firms", 5, "firm_id", "HWUPKR0MPOU8FGXBT395", "invalid_id", {"id_scheme": ""}),
    ("energy", 1, "firm_id", "K-78", "unknown_firm", None),
    ("applications", 1, "firm_id", "K-78", "unknown_firm", None),
]


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "rule", "besides"),
    CASES,
    ids=[f"{c[4]}-{c[0]}-{c[3]}" for c in CASES],
)
def test_a_spoiled_cell_is_quarantined_and_nothing_else(
    sound_tables, table, row, column, value, rule, besides
):
    handed_in = {name: sound_tables[name] for name in ("firms", "applications", table)}
    spoiled = spoil(handed_in, table, row, **{column: value, **(besides or {})})
    dataset = validate_tables(spoiled, source="a test")
    assert broken(dataset) == [(table, row, column, value, rule)]
    entry = dataset.quarantine.row(0, named=True)
    record = json.loads(entry["record"])
    assert record == {**spoiled[table].row(row - 1, named=True)}
    for text in ("what_en", "what_zh", "mend_en", "mend_zh"):
        assert entry[text]
        assert "{" not in entry[text]
    assert column in entry["what_en"]
    assert CONTRACT[table].column(column).zh in entry["what_zh"]
    books_close(dataset)


def test_the_sound_tables_break_nothing(sound_tables):
    dataset = validate_tables(sound_tables, source="a test", purpose="train")
    assert dataset.quarantine.is_empty()
    assert dataset.counts["accepted"].sum() == sum(frame.height for frame in sound_tables.values())
    assert dataset.handed_in == frozenset(CONTRACT)
    assert dataset.label_origin == "simulated"
    books_close(dataset)


def test_every_rule_has_a_case_here_or_below():
    elsewhere = {"conflicting_rows", "malformed_row"}
    assert {case[4] for case in CASES} | elsewhere == set(RULES)


def test_a_row_that_breaks_two_rules_has_two_entries_and_counts_once(sound_tables):
    dataset = validate_tables(
        spoil(sound_tables, "energy", 1, quantity="x", carrier="moonlight"), source="a test"
    )
    assert sorted(entry[2] for entry in broken(dataset)) == ["carrier", "quantity"]
    assert dataset.counts.filter(pl.col("table") == "energy").row(0) == ("energy", 3, 2, 1, 0)


def test_rows_of_one_key_that_disagree_are_quarantined_all_of_them(sound_tables):
    energy = sound_tables["energy"]
    other = energy[:1].with_columns(quantity=pl.lit("2.5"))
    dataset = validate_tables({**sound_tables, "energy": pl.concat([energy, other])}, source="a test")
    assert broken(dataset) == [
        ("energy", 1, "quantity", "15000.0", "conflicting_rows"),
        ("energy", 4, "quantity", "25000.0", "conflicting_rows"),
    ]
    books_close(dataset)


def test_a_restatement_with_its_own_later_day_is_no_conflict(sound_tables):
    energy = sound_tables["energy"]
    later = energy[:1].with_columns(quantity=pl.lit("2.5"), published_on=pl.lit("2024-03-01"))
    dataset = validate_tables({**sound_tables, "energy": pl.concat([energy, later])}, source="a test")
    assert dataset.quarantine.is_empty()
    assert dataset.tables["energy"].height == 4


def test_repeated_rows_are_dropped_and_counted(sound_tables):
    energy = sound_tables["energy"]
    same_in_other_words = energy[:1].with_columns(
        quantity=pl.lit("15 000"), unit=pl.lit("吨"), carrier=pl.lit("raw_coal")
    )
    doubled = pl.concat([energy, energy, same_in_other_words])
    dataset = validate_tables({**sound_tables, "energy": doubled}, source="a test")
    assert dataset.counts.filter(pl.col("table") == "energy").row(0) == ("energy", 7, 3, 0, 4)
    assert dataset.quarantine.is_empty()
    assert dataset.content_hashes == validate_tables(sound_tables, source="a test").content_hashes
    books_close(dataset)


def test_one_fact_in_two_units_is_one_fact_though_the_last_bit_differs(sound_tables):
    annual = sound_tables["annual"]
    assert 100100000 * 0.0001 != 1.001 * 10_000
    again = annual[1:2].with_columns(currency=pl.lit("元"), revenue=pl.lit("100100000"))
    annual = annual.with_columns(
        revenue=pl.when(pl.col("revenue") == "1.5").then(pl.lit("1.001")).otherwise("revenue")
    )
    dataset = validate_tables({**sound_tables, "annual": pl.concat([annual, again])}, source="a test")
    assert dataset.quarantine.is_empty()
    assert dataset.counts.filter(pl.col("table") == "annual").row(0) == ("annual", 4, 3, 0, 1)


def test_of_equal_rows_the_one_that_needs_no_default_stays_whatever_the_order(sound_tables):
    firms = sound_tables["firms"]
    told = firms[4:].with_columns(industry_scheme=pl.lit("GBT4754"))
    for order in ([firms, told], [told, firms]):
        dataset = validate_tables({**sound_tables, "firms": pl.concat(order)}, source="a test")
        assert dataset.counts.filter(pl.col("table") == "firms").row(0) == ("firms", 6, 5, 0, 1)
        assert "K-77" not in dataset.defaults["firm_id"].to_list()


def test_a_quarantined_firm_takes_its_rows_and_applications_along(sound_tables):
    spoiled = spoil(sound_tables, "firms", 3, firm_id="91350100M000100Y44")
    dataset = validate_tables(spoiled, source="a test")
    unknown = dataset.quarantine.filter(pl.col("rule") == "unknown_firm")
    assert unknown["table"].unique().sort().to_list() == [
        "applications",
        "emissions",
        "energy",
        "equipment",
        "incidents",
        "loans",
        "production",
    ]
    assert unknown["value"].unique().to_list() == [B]
    books_close(dataset)


def test_the_bank_may_number_its_firms_as_it_likes(sound_tables):
    spoiled = spoil(sound_tables, "firms", 5, firm_id="914403001922038217", id_scheme="bank")
    assert validate_tables(spoiled, source="a test").quarantine.is_empty()


def test_labels_of_two_origins_are_refused(sound_tables):
    outcomes = sound_tables["outcomes"]
    mixed = pl.concat(
        [outcomes, outcomes.with_columns(event=pl.lit("environmental"), label_origin=pl.lit("真实"))]
    )
    with pytest.raises(DatasetError, match="observed, simulated") as caught:
        validate_tables({**sound_tables, "outcomes": mixed}, source="a test")
    assert "outcomes.label_origin" in caught.value.where


def test_a_certificate_without_any_date_is_refused_but_energy_counts_from_its_period(sound_tables):
    undated = spoil(sound_tables, "certifications", 3, published_on="")
    assert broken(validate_tables(undated, source="a test")) == [
        ("certifications", 3, "issued_on", None, "missing_required")
    ]
    by_period = validate_tables(spoil(sound_tables, "certifications", 2, issued_on=""), source="a test")
    energy = by_period.tables["certifications"].filter(pl.col("scheme") == "gec")
    assert energy.select("known_on", "known_on_defaulted").row(0) == (date(2023, 5, 31), True)


DEFAULTS = [
    ("energy", 1, {"flow": ""}, "flow", "purchased", "contract_default"),
    ("annual", 1, {"currency": ""}, "currency", "CNY", "contract_default"),
    ("certifications", 1, {"status": ""}, "status", "valid", "contract_default"),
    ("certifications", 1, {"status_on": ""}, "status_on", "2021-05-01", "from_other_date"),
    ("emissions", 4, {"scope": ""}, "scope", "none", "contract_default"),
    ("emissions", 4, {"scope": "1"}, "scope", "none", "pollutant_scope"),
    ("energy", 1, {"unit": "tce"}, "quantity", "tce", "heat_value"),
    ("energy", 1, {"period": "2023-04-01"}, "period", "2023-04", "period_from_date"),
    ("annual", 3, {"year": "2025"}, "currency", "kEUR", "exchange_rate"),
    ("firms", 3, {"industry": "0099"}, "industry", "0099", "unknown_industry"),
    ("firms", 5, {"id_scheme": ""}, "id_scheme", "bank", "bank_id"),
]


@pytest.mark.parametrize(("table", "row", "cells", "column", "value", "reason"), DEFAULTS)
def test_every_default_is_recorded(sound_tables, table, row, cells, column, value, reason):
    handed_in = {name: sound_tables[name] for name in ("firms", "applications", table)}
    before = validate_tables(handed_in, source="a test").defaults
    dataset = validate_tables(spoil(handed_in, table, row, **cells), source="a test")
    assert dataset.quarantine.is_empty()
    added = dataset.defaults.join(before, on=before.columns, how="anti", nulls_equal=True)
    assert added.select("table", "row", "column", "value", "reason").rows() == [
        (table, row, column, value, reason)
    ]


def test_every_reason_has_a_case():
    assert {case[5] for case in DEFAULTS} == set(REASONS)


def test_a_currency_is_a_default_only_where_there_is_money(sound_tables):
    defaults = validate_tables(sound_tables, source="a test").defaults
    assert defaults.filter(pl.col("table") == "applications").is_empty()
    assert validate_tables(sound_tables, source="a test").tables["applications"]["currency"].to_list() == [
        "CNY",
        None,
        None,
    ]


def test_defaults_of_quarantined_rows_are_not_listed(sound_tables):
    dataset = validate_tables(spoil(sound_tables, "energy", 1, flow="", quantity="x"), source="a test")
    assert dataset.defaults.filter((pl.col("table") == "energy") & (pl.col("column") == "flow")).is_empty()


def test_canonical_units_are_what_a_pocket_calculator_says(sound_tables):
    tables = validate_tables(sound_tables, source="a test").tables
    energy = {
        row["carrier"]: (row["quantity"], row["unit"]) for row in tables["energy"].iter_rows(named=True)
    }
    assert energy["raw_coal"] == (1.5 * 10_000, "t")
    assert energy["electricity"] == (pytest.approx(1444.83 / 1000), "MWh")
    assert energy["natural_gas"] == (pytest.approx(30 / 389.31, rel=1e-3), "1e4m3")
    product = tables["production"].filter(pl.col("product") == "cement_clinker").row(0, named=True)
    assert (product["quantity"], product["unit"]) == (200_000, "t")
    assert (product["energy"], product["energy_unit"]) == (21_000, "tce")
    assert (product["emissions"], product["emissions_unit"]) == (160_000, "tCO2e")
    free = tables["production"].filter(pl.col("product") == "手工椅").row(0, named=True)
    assert (free["quantity"], free["unit"]) == (12, "把")
    emissions = tables["emissions"].select("substance", "scope", "quantity", "unit").rows()
    assert set(emissions) == {
        ("CO2", "1", 5000.0, "t"),
        ("CO2e", "2-location", 7.0, "tCO2e"),
        ("CO2e", "3", 9.0, "tCO2e"),
        ("SO2", "none", 0.04, "t"),
    }
    money = {(row["firm_id"], row["year"]): row["revenue"] for row in tables["annual"].iter_rows(named=True)}
    assert money[A, "2022"] == 12345.5
    assert money[A, "2023"] == 1.5 * 10_000
    assert money["HWUPKR0MPOU8FGXBT394", "2023"] == pytest.approx(900 * 1000 * 7.6425 / 10_000)
    assert tables["incidents"]["fine"].to_list() == [8.0]
    power = tables["certifications"].filter(pl.col("scheme") == "gec")
    assert power.select("quantity", "unit").row(0) == (2000.0, "MWh")
    footprint = tables["certifications"].filter(pl.col("scheme") == "iso14067")
    assert footprint.select("quantity", "unit").row(0) == (830.0, "kgCO2e/t")


def test_known_on_is_the_published_day_or_the_usual_delay(sound_tables):
    tables = validate_tables(sound_tables, source="a test").tables
    energy = {
        row["carrier"]: (row["known_on"], row["known_on_defaulted"])
        for row in tables["energy"].iter_rows(named=True)
    }
    assert energy == {
        "raw_coal": (date(2024, 2, 29), True),
        "electricity": (date(2023, 6, 15), False),
        "natural_gas": (date(2023, 8, 29), True),
    }
    firms = {(row["industry"], row["known_on"]) for row in tables["firms"].iter_rows(named=True)}
    assert ("3011", None) in firms
    assert ("3012", date(2022, 1, 1)) in firms


def test_ids_are_compared_without_width_case_and_blanks(sound_tables):
    spoiled = spoil(sound_tables, "energy", 1, firm_id="９１４４０３００１９２２０３８２１６")
    spoiled = spoil(spoiled, "applications", 3, firm_id=" hwupkr0mpou8fgxbt394 ")
    assert validate_tables(spoiled, source="a test").quarantine.is_empty()


def test_what_is_wrong_with_a_unit_is_told_in_both_languages():
    energy = {
        "firm_id": ["F"] * 2,
        "period": ["2023"] * 2,
        "carrier": ["raw_coal", "electricity"],
        "quantity": ["1"] * 2,
        "unit": ["kWh", "kWhh"],
    }
    firms = {"firm_id": ["F"], "id_scheme": ["bank"]}
    annual = {"firm_id": ["F"], "year": ["2023"], "revenue": ["1"], "currency": ["万元元元"]}
    certifications = {
        "firm_id": ["F"],
        "scheme": ["epd"],
        "certificate_no": ["1"],
        "status": ["valid"],
        "issued_on": ["2023-01-01"],
        "quantity": ["1"],
        "unit": ["kWh/t"],
    }
    tables = {"firms": firms, "energy": energy, "annual": annual, "certifications": certifications}
    dataset = validate_tables(
        {name: pl.DataFrame(cells) for name, cells in tables.items()}, source="a test", purpose="check"
    )
    told = {(row["table"], row["row"]): row["what_zh"] for row in dataset.quarantine.iter_rows(named=True)}
    assert told["energy", 1].endswith("“kWh”是能量单位（瓦时），不能计量原煤。请使用 t、kg、万吨 或 tce。")
    assert "是否应为 kWh" in told["energy", 2]
    assert "是否应为" in told["annual", 1]
    assert "请使用" in told["certifications", 1]
