"""The pipeline as a whole: point in time, shards, order, shape."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import MappingProxyType

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalogue import CATALOGUE, FAMILIES
from features.errors import GreenCreditError
from features.facts import FamilyResult, empty_notes
from features.pipeline import _check_family, compute, shards
from features.settings import Settings

AS_OF = dt.date(2024, 6, 30)
BEFORE, AFTER = dt.date(2024, 4, 1), dt.date(2024, 8, 1)


def firm(number):
    """A firm with a row in every table."""
    size = 1.0 + number % 7
    firm_id = f"F{number:03d}"
    own = {"firm_id": firm_id}
    years = ("2021", "2022", "2023")
    return {
        "applications": [
            {**own, "application_id": f"A{number:03d}", "as_of": AS_OF, "tenor_months": 12.0},
            {**own, "application_id": f"B{number:03d}", "as_of": dt.date(2023, 3, 1 + number % 20)},
        ],
        "firms": [
            {**own, "industry": ("3011", "3120", "4411", "18", "6450")[number % 5], "region": "370100"}
        ],
        "annual": [
            {
                **own,
                "year": y,
                "revenue": 100.0 * size + n,
                "value_added": None if number % 3 else 31.7 * size,
                "employees": 10.0 + number,
                "total_assets": 10.0,
                "total_liabilities": 7.0,
                "ebitda": 1.1,
                "interest_expense": 0.3,
                "eu_export_share": 0.1,
                "insured_employees": 9.0 + number,
                "green_revenue": 3.0 * size,
                "capex": 4.0,
                "green_capex": 1.0 + n,
                "rd": 2.0,
                "green_rd": 0.5,
                "pollution_control_spend": 0.7,
                "water_withdrawn": 11.0 * size,
                "water_reused": 5.0,
                "waste": 8.0 * size,
                "waste_recycled": 3.0,
                "hazardous_waste": 0.4,
                "injuries": 1.0,
                "hours_worked": 2000.0 * size,
                "tax_credit_rating": "ABMCD"[number % 5],
                "published_on": dt.date(int(y) + 1, 3, 1 + number % 9),
            }
            for n, y in enumerate(years)
        ],
        "energy": [
            {
                **own,
                "period": f"{y}-{m:02d}" if number % 2 else y,
                "carrier": c,
                "quantity": q * size / 3,
                "basis": "metered",
            }
            for y in years
            for m in (range(1, 13) if number % 2 else [1])
            for c, q in (("raw_coal", 1.1), ("electricity", 7.3), ("diesel", 0.7))
        ],
        "production": [
            {
                **own,
                "period": y,
                "product": "cement_clinker",
                "quantity": 9.0 * size,
                "energy": 1.01 * size,
                "emissions": 8.3 * size,
                "cn_code": "25231000",
            }
            for y in years
        ],
        "emissions": [
            row
            for y in years
            for row in (
                {**own, "period": y, "substance": "CO2", "unit": "t", "quantity": 5.7 * size},
                {**own, "period": y, "substance": "CH4", "unit": "t", "quantity": 0.01 * size},
                {**own, "period": y, "scope": "2-location", "quantity": 4.4 * size, "assurance": "limited"},
                {**own, "period": y, "scope": "none", "substance": "SO2", "unit": "t", "quantity": 0.1},
                *({**own, "period": y, "scope": "3", "category": c, "quantity": 1.3} for c in range(1, 9)),
            )
        ],
        "certifications": [
            {
                **own,
                "scheme": "iso14001",
                "certificate_no": "1",
                "issued_on": dt.date(2022, 1, 1),
                "expires_on": dt.date(2025, 1, 1),
                "site_coverage": 0.8,
                "verified_on": dt.date(2024, 1, 1),
            }
        ],
        "incidents": [
            {
                **own,
                "incident_id": "I",
                "severity": 2,
                "occurred_on": dt.date(2023, 1, 1),
                "recorded_on": dt.date(2023, 2, 1),
                "fine": 0.5,
            }
        ],
        "checks": [
            {
                **own,
                "table": table,
                "from": dt.date(2018, 1, 1),
                "checked_on": dt.date(2024, 5, 1),
            }
            for table in ("incidents", "certifications")
        ],
        "equipment": [
            {
                **own,
                "equipment_id": str(n),
                "rated_power": 10.3 * n * size,
                "efficiency_grade": n % 4 or None,
                "commissioned_on": dt.date(2005 + n, 1, 1),
                "published_on": dt.date(2022, 1, 1),
            }
            for n in range(1, 5)
        ],
        "ecology": [
            {**own, "period": y, "kind": kind, "amount": amount * size, "element": element}
            for y in years
            for kind, element, amount in (
                ("compensation_due", "river", 0.7),
                ("compensation_due", "air", 0.2),
                ("compensation_paid", None, 0.6),
                ("compensation_received", None, 0.1),
                ("sink_credits", "forest", 0.3),
                ("verified_emissions", None, 5.7),
                ("allowances_allocated", None, 4.9),
                ("co2_stored", None, 0.2),
            )
        ],
    }


def portfolio(make_dataset, firms):
    tables = {}
    for number in firms:
        for name, rows in firm(number).items():
            tables.setdefault(name, []).extend(rows)
    return tables, make_dataset(**tables)


@pytest.fixture(scope="module")
def dataset(make_dataset):
    return portfolio(make_dataset, range(40))[1]


@pytest.fixture(scope="module")
def result(dataset):
    return compute(dataset)


def same(one, other):
    return all(
        getattr(one, part).equals(getattr(other, part)) for part in ("values", "data_quality", "cross_checks")
    )


def test_one_column_per_indicator_in_the_order_of_the_catalogue(result):
    ids = [i.id for i in CATALOGUE.values() if i.relative_to is None]
    assert result.values.columns == ["application_id", "firm_id", "as_of", *ids]
    assert result.values["application_id"].is_sorted()
    assert result.values.height == 80


def test_the_firms_have_what_every_family_reads(result):
    for family in FAMILIES:
        ids = [i.id for i in CATALOGUE.values() if i.family == family and i.relative_to is None]
        given = [i for i in ids if result.values[i].drop_nulls().len() > 0]
        assert len(given) * 2 > len(ids), family


def test_values_are_finite_or_missing(result):
    floats = result.values.select(pl.selectors.float())
    assert floats.select((pl.all().is_finite() | pl.all().is_null()).all()).row(0) == (True,) * floats.width


def test_every_indicator_of_every_application_has_a_status(result):
    rows = result.data_quality.filter(pl.col("indicator").is_not_null())
    ids = [i.id for i in CATALOGUE.values() if i.relative_to is None]
    assert rows.height == result.values.height * len(ids)
    missing = rows.filter(status="missing").select("application_id", "indicator")
    held = result.values.unpivot(
        index="application_id", on=ids, variable_name="indicator", value_name="value"
    ).filter(pl.col("value").is_null())
    assert sorted(missing.rows()) == sorted(held.select("application_id", "indicator").rows())


def test_every_neutral_value_is_told(result):
    told = result.data_quality.filter(status="not_applicable").select("application_id", "indicator").rows()
    for application, indicator in told:
        value = result.values.filter(application_id=application)[indicator].item()
        assert value == CATALOGUE[indicator].neutral


@pytest.mark.parametrize("firms_per_shard", [9, 39, 1000])
def test_shards_change_nothing(dataset, result, firms_per_shard):
    done = []
    found = compute(dataset, firms_per_shard=firms_per_shard, progress=lambda n, of: done.append((n, of)))
    assert same(found, result)
    assert done[-1] == (80, 80)
    assert len(done) == -(-40 // firms_per_shard)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_changes_nothing(dataset, result, seed):
    tables = {
        name: table.sample(fraction=1.0, shuffle=True, seed=seed) for name, table in dataset.tables.items()
    }
    assert same(compute(replace(dataset, tables=MappingProxyType(tables))), result)


def test_a_shard_needs_a_firm(dataset):
    with pytest.raises(GreenCreditError, match="firms_per_shard"):
        list(shards(dataset, 0))


def test_a_dataset_without_applications_has_a_result_of_the_right_shape(make_dataset, result):
    for size in (None, 5):
        found = compute(make_dataset(applications=[]), firms_per_shard=size)
        assert found.values.schema == result.values.schema
        assert found.data_quality.schema == result.data_quality.schema
        assert found.values.is_empty()


def test_a_firm_of_which_nothing_was_handed_in(make_dataset):
    found = compute(make_dataset(firms=[{"industry": None, "region": None}]))
    row = found.values.row(0, named=True)
    given = {name for name, value in row.items() if value is not None}
    # What the absence itself tells: that nothing was disclosed.
    assert given <= {"application_id", "firm_id", "as_of", "disclosure_coverage", "data_quality"}


LATER = {
    "firms": {"industry": "18", "region": "110000", "founded_on": dt.date(1999, 1, 1)},
    "annual": {
        "year": "2023",
        "revenue": 9999.0,
        "value_added": 777.0,
        "employees": 1.0,
        "total_assets": 99.0,
    },
    "energy": {"period": "2023", "carrier": "raw_coal", "quantity": 999.0, "basis": "estimated"},
    "production": {
        "period": "2023",
        "product": "cement_clinker",
        "quantity": 5.0,
        "energy": 9.0,
        "emissions": 99.0,
    },
    "emissions": {"period": "2023", "substance": "CO2", "unit": "t", "quantity": 999.0},
    "certifications": {
        "scheme": "iso14001",
        "certificate_no": "1",
        "status": "withdrawn",
        "issued_on": dt.date(2022, 1, 1),
    },
    "incidents": {"incident_id": "J", "severity": 4, "occurred_on": dt.date(2024, 3, 1), "fine": 9.0},
    "checks": {"table": "certifications", "source": "another", "kind": None},
    "equipment": {"equipment_id": "9", "rated_power": 77.0, "efficiency_grade": 1},
    "ecology": {"period": "2023", "kind": "verified_emissions", "amount": 999.0},
}
KNOWN_BY = {
    "firms": "valid_from",
    "certifications": "status_on",
    "incidents": "recorded_on",
    "checks": "checked_on",
}


@pytest.mark.parametrize("table", LATER)
def test_a_row_known_later_changes_nothing_until_it_is_known(make_dataset, table):
    # Even numbers hand in years, so that the row restates one.
    tables, before = portfolio(make_dataset, [0])
    known = compute(before).values
    if table == "checks":
        # Without the answer the certificate family rests on, the later answer must not count.
        tables["checks"] = [r for r in tables["checks"] if r["table"] != "certifications"]
        known = compute(make_dataset(**tables)).values
    later = {"firm_id": "F000", **LATER[table], KNOWN_BY.get(table, "published_on"): AFTER}
    with_row = {**tables, table: [*tables[table], later]}
    assert compute(make_dataset(**with_row)).values.equals(known)

    moved = [{**r, "as_of": AFTER} for r in tables["applications"]]
    without = compute(make_dataset(**{**tables, "applications": moved})).values
    seen = compute(make_dataset(**{**with_row, "applications": moved})).values
    assert not seen.equals(without)


def test_a_restatement_known_later_changes_nothing_until_it_is_known(make_dataset):
    tables, dataset = portfolio(make_dataset, [0])
    before = compute(dataset).values
    moved = [{**r, "as_of": AFTER} for r in tables["applications"]]
    without = compute(make_dataset(**{**tables, "applications": moved})).values
    for table, changed in (
        ("annual", {"revenue": 1.0}),
        ("energy", {"quantity": 1.0}),
        ("production", {"energy": 0.1}),
        ("emissions", {"quantity": 1.0}),
        ("incidents", {"severity": 4, "recorded_on": AFTER}),
        ("equipment", {"retired_on": BEFORE}),
        ("ecology", {"amount": 1.0}),
    ):
        restated = [{**row, **changed, "published_on": AFTER} for row in tables[table]]
        found = make_dataset(**{**tables, table: [*tables[table], *restated]})
        assert compute(found).values.equals(before), table
        seen = compute(
            make_dataset(**{**tables, table: [*tables[table], *restated], "applications": moved})
        ).values
        assert not seen.equals(without), table


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(LATER)), st.integers(1, 900), st.integers(0, 5))
def test_any_row_of_the_future_changes_nothing(make_dataset, table, days, number):
    tables, before = portfolio(make_dataset, [number])
    day = AS_OF + dt.timedelta(days=days)
    later = {"firm_id": f"F{number:03d}", **LATER[table], KNOWN_BY.get(table, "published_on"): day}
    after = make_dataset(**{**tables, table: [*tables[table], later]})
    assert compute(after).values.equals(compute(before).values)


def test_findings_of_intake_become_cross_checks(make_dataset):
    finding = {
        "firm_id": "F1",
        "check": "published_intensity",
        "reported": 1.0,
        "derived": 2.0,
        "text_en": "It says 1.",
        "text_zh": "为1。",
    }
    findings = [{**finding, "period": "2023"}, {**finding, "period": "2025", "text_en": "Not yet."}]
    found = compute(make_dataset(findings=findings)).cross_checks
    assert found.rows() == [("A1", "published_intensity", "warning", "It says 1.", "为1。")]


def test_a_total_that_its_parts_do_not_make_is_told(make_dataset):
    months = [
        {"product": "bricks", "period": f"2023-{m:02d}", "quantity": 1.0, "unit": "t"} for m in range(1, 13)
    ]
    found = compute(make_dataset(production=[*months, {"product": "bricks", "quantity": 20.0}])).cross_checks
    assert found.select("check", "text_en").rows() == [
        ("production_total_and_parts", "The total of output of bricks in 2023 is 20.0, its parts make 12.0.")
    ]


def test_factors_from_memory_are_named_once_per_family(result):
    rows = result.data_quality.filter(status="recalled")
    assert rows["indicator"].null_count() == rows.height > 0
    assert rows.select("application_id", "family", "detail_en").is_duplicated().sum() == 0


@pytest.mark.parametrize("spoil", ["column", "rows", "infinite"])
def test_a_family_that_breaks_its_word_is_refused(spoil):
    ids = [i.id for i in CATALOGUE.values() if i.family == "energy" and i.relative_to is None]
    values = pl.DataFrame({"application_id": ["A1"], **{i: [0.5] for i in ids}})
    applications = values.select("application_id")
    _check_family("energy", FamilyResult(values=values, notes=empty_notes()), applications)
    broken = {
        "column": values.drop(ids[0]),
        "rows": pl.concat([values, values]),
        "infinite": values.with_columns(pl.lit(float("inf")).alias(ids[0])),
    }[spoil]
    with pytest.raises(GreenCreditError, match="energy"):
        _check_family("energy", FamilyResult(values=broken, notes=empty_notes()), applications)


def test_the_settings_reach_the_indicators(dataset, result):
    found = compute(dataset, settings=Settings(warming_potentials="ar4")).values
    assert not found["methane_share"].equals(result.values["methane_share"])
    assert found["energy_intensity"].equals(result.values["energy_intensity"])


def test_a_firm_is_the_same_whoever_stands_beside_it(dataset, result):
    firms = ["F003", "F011", "F012", "F027", "F039"]
    tables = {
        name: table.filter(pl.col("firm_id").is_in(firms)) if "firm_id" in table.columns else table
        for name, table in dataset.tables.items()
    }
    found = compute(replace(dataset, tables=MappingProxyType(tables))).values
    assert found.equals(result.values.filter(pl.col("firm_id").is_in(firms)))
