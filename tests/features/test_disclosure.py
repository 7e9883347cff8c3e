"""Coverage, delay, metering, the PCAF grade and unconfirmed certificates against a naive twin."""

from __future__ import annotations

import datetime as dt
import random

import polars as pl
import pytest

from features.asof import facts as facts_as_of
from features.disclosure import expected_facts as expected_module
from features.disclosure import indicators
from features.disclosure.expected_facts import expected_facts, handed_in_years
from features.errors import ReferenceDataError
from features.periods import due_year
from features.settings import Settings

AS_OF = dt.date(2024, 6, 30)
YEAR = 2023  # due on AS_OF in every table


def d(text):
    return dt.date.fromisoformat(text)


def energy(firm, carrier, quantity, basis=None, *, flow="purchased", period="2023"):
    return {
        "firm_id": firm,
        "carrier": carrier,
        "quantity": quantity,
        "basis": basis,
        "flow": flow,
        "period": period,
    }


def emission(firm, scope, assurance=None, *, substance="CO2e", period="2023", quantity=5.0):
    return {
        "firm_id": firm,
        "scope": scope,
        "assurance": assurance,
        "substance": substance,
        "period": period,
        "quantity": quantity,
    }


def certificate(firm, number, *, verified=None, expires="2025-12-31", scheme="iso9001"):
    return {
        "firm_id": firm, "scheme": scheme, "certificate_no": number, "issued_on": d("2023-01-01"), "expires_on": d(expires),
        "verified_on": verified and d(verified),
    }  # fmt: skip


TCE = {
    "raw_coal": 0.7143,
    "electricity": 0.1229,
    "diesel": 1.4571,
}  # per unit of the carrier; diesel: GB/T 2589-2020

TABLES = {
    "firms": [
        {"firm_id": "f01", "industry": "3011"},
        {"firm_id": "f02", "industry": "13"},
        {"firm_id": "f03", "industry": "6450"},
        {"firm_id": "f04", "industry": "06", "founded_on": d("2024-01-01")},
        {"firm_id": "f05", "industry": None},
        {"firm_id": "f06", "industry": "8610"},
        {"firm_id": "f07", "industry": "31"},
        {"firm_id": "f08", "industry": "06", "founded_on": d("2023-12-31")},
        {"firm_id": "f09", "industry": "4411"},
        {"firm_id": "f10", "industry": "33"},
    ],
    "annual": [
        {"firm_id": "f01", "revenue": 5.0, "employees": 3.0, "waste": 0.0, "published_on": d("2024-03-31")},
        # restated: the first publication counts for the delay
        {"firm_id": "f01", "revenue": 6.0, "published_on": d("2024-06-01")},
        {"firm_id": "f02", "year": "2022", "revenue": 5.0, "employees": 3.0, "published_on": d("2023-10-01")},
        {"firm_id": "f03", "revenue": 5.0},
        {"firm_id": "f05", "revenue": 5.0, "published_on": d("2024-07-01")},
        {"firm_id": "f06", "revenue": 5.0, "published_on": d("2023-12-01")},  # before the year was over
        {"firm_id": "f07", "employees": 5.0, "published_on": d("2023-12-31")},
        {"firm_id": "f10", "revenue": 2.0, "eu_export_share": 0.0, "published_on": d("2024-02-29")},
    ],
    "energy": [
        energy("f01", "raw_coal", 100.0, "metered"),
        energy("f01", "electricity", 50.0, "estimated"),
        energy("f01", "electricity", 20.0, "invoiced", flow="sold"),
        energy("f01", "diesel", 10.0, "metered", flow="feedstock"),
        energy("f02", "electricity", 7.0, "invoiced", period="2022"),
        energy("f03", "electricity", 0.0, "metered"),
        *(energy("f05", "electricity", 1.0, "metered", period=f"2023-{m:02d}") for m in range(1, 12)),  # a month short
        energy("f07", "raw_coal", 10.0),
        energy("f07", "diesel", 10.0, "invoiced"),
        *(energy("f09", "electricity", 1.0, "metered", period=f"2023Q{q}") for q in range(1, 4)),
        energy("f09", "electricity", 1.0, "estimated", period="2023Q4"),
    ],
    "production": [
        {"firm_id": "f03", "product": "data_centre", "quantity": 9.0},
        {"firm_id": "f09", "product": "electricity", "quantity": 9.0, "unit": "MWh"},
        {"firm_id": "f08", "product": "coal", "quantity": 9.0},
    ],
    "emissions": [
        emission("f01", "1", "reasonable"),
        emission("f01", "1", "limited", substance="CH4"),
        emission("f01", "1", None, substance="CO2_biogenic"),
        emission("f01", "2-location", "none"),
        emission("f01", "none", substance="SO2"),
        emission("f06", "1", "limited"),
        emission("f06", "2-market", "limited"),
        emission("f06", "2-location", None),
        emission("f07", "1", "limited"),
        emission("f07", "1", None, substance="N2O"),
        emission("f08", "1", "limited", substance="CH4", period="2023-01"),  # one month is no year
        emission("f09", "1", "reasonable", period="2022"),
        emission("f10", "2-location", None),
    ],
    "certifications": [
        certificate("f01", "1", verified="2023-07-01"),
        certificate("f01", "2", verified="2023-06-30"),  # twelve months to the day: too old
        certificate("f01", "3"),
        certificate("f01", "4", expires="2024-06-29"),  # not valid: outside
        certificate("f02", "1", verified="2024-06-30"),
        certificate("f03", "1", expires="2023-12-31"),
        certificate("f05", "1", scheme="gec"),  # energy certificates stand outside
        certificate("f06", "1", verified="2024-07-01"),  # confirmed after the decision
    ],
    "equipment": [
        {"firm_id": "f07", "equipment_id": "1", "published_on": d("2024-06-30")},
        {"firm_id": "f01", "equipment_id": "1", "published_on": d("2024-07-01")},  # after the decision
    ],
    "ecology": [
        {"firm_id": "f09", "kind": "allowances_allocated", "amount": 0.0},  # stated as none
        {"firm_id": "f07", "kind": "allowances_allocated", "amount": 5.0},  # not covered before 2024
    ],
    "checks": [
        {"firm_id": "f01", "table": "incidents", "kind": "environmental", "checked_on": d("2024-06-01"), "from": d("2020-01-01")},
        {"firm_id": "f02", "table": "incidents", "checked_on": d("2023-06-30")},  # too old
        {"firm_id": "f04", "table": "certifications", "checked_on": d("2024-06-01")},
        {"firm_id": "f05", "table": "certifications", "kind": "iso9001", "checked_on": d("2024-06-01")},
        {"firm_id": "f07", "table": "certifications", "checked_on": d("2024-07-01")},  # after the decision
    ],
}  # fmt: skip
FIRMS = [row["firm_id"] for row in TABLES["firms"]]

ALL = [
    "annual.revenue",
    "annual.employees",
    "energy.electricity",
    "emissions.scope2",
    "checks.certifications",
]
INDUSTRY = [
    "energy.any_fuel",
    "emissions.scope1",
    "annual.water_withdrawn",
    "annual.waste",
    "emissions.pollutants",
    "checks.incidents",
]
EXPECTED = {
    "f01": [*ALL, *INDUSTRY, "production.any", "equipment.any", "annual.eu_export_share"],
    "f02": [*ALL, *INDUSTRY],
    "f03": [*ALL, "production.data_centre"],
    "f04": ["checks.certifications", "checks.incidents"],  # founded after the year that is due
    "f05": [*ALL, *INDUSTRY],  # silence on the industry does not shrink the list
    "f06": ALL,
    "f07": [*ALL, *INDUSTRY, "production.any", "equipment.any", "annual.eu_export_share"],
    "f08": [*ALL, *INDUSTRY, "emissions.CH4"],
    "f09": [
        *ALL,
        *INDUSTRY,
        "production.any",
        "equipment.any",
        "annual.eu_export_share",
        "ecology.allowances_allocated",
    ],
    "f10": [*ALL, *INDUSTRY, "annual.eu_export_share"],
}
HANDED_IN = {
    "f01": {"annual.revenue", "annual.employees", "annual.waste", "energy.electricity", "energy.any_fuel", "emissions.scope1",
            "emissions.scope2", "emissions.pollutants", "checks.incidents"},
    "f02": set(),  # stopped reporting: 2022 is not the year that is due
    "f03": {"annual.revenue", "energy.electricity", "production.data_centre"},
    "f04": {"checks.certifications"},
    "f05": {"checks.certifications"},
    "f06": {"emissions.scope2", "annual.revenue"},
    "f07": {"annual.employees", "energy.any_fuel", "emissions.scope1", "equipment.any"},
    "f08": set(),
    "f09": {"energy.electricity", "production.any", "ecology.allowances_allocated"},
    "f10": {"annual.revenue", "emissions.scope2", "annual.eu_export_share"},
}  # fmt: skip


@pytest.fixture
def facts_of(make_dataset):
    def build(tables, as_of=AS_OF):
        applications = [{"application_id": f"a-{f}", "firm_id": f, "as_of": as_of} for f in FIRMS]
        return facts_as_of(make_dataset(applications=applications, **tables), Settings())

    return build


def twin(firm):
    rows = {name: [r for r in table if r["firm_id"] == firm] for name, table in TABLES.items()}
    expected = EXPECTED[firm]

    first = [
        r["published_on"] for r in rows["annual"] if r.get("published_on") and r["published_on"] <= AS_OF
    ]
    year_end = dt.date(int(rows["annual"][0].get("year", "2023")), 12, 31) if rows["annual"] else None
    days = (min(first) - year_end).days if first else None

    intake = [r for r in rows["energy"] if r["flow"] == "purchased"]
    months = {}
    for r in intake:
        length = 12 if len(r["period"]) == 4 else 3 if "Q" in r["period"] else 1
        months[r["carrier"]] = months.get(r["carrier"], 0) + length
    complete = bool(intake) and all(n == 12 for n in months.values())
    tce = sum(r["quantity"] * TCE[r["carrier"]] for r in intake) if complete else None
    measured = sum(r["quantity"] * TCE[r["carrier"]] for r in intake if r["basis"] in ("metered", "invoiced"))

    def assured(year):
        halves, any_row = 0, False
        for methods in (["1"], ["2-location", "2-market"]):
            done = []
            for method in methods:
                own = [
                    r for r in rows["emissions"]
                    if r["scope"] == method and r["period"] == year and r["substance"] != "CO2_biogenic"
                ]  # fmt: skip
                any_row |= bool(own)
                done.append(bool(own) and all(r["assurance"] in ("limited", "reasonable") for r in own))
            halves += any(done)
        return any_row, halves * 0.5

    years = sorted({r["period"] for r in rows["emissions"] if len(r["period"]) == 4 and r["scope"] != "none"})
    if tce:
        grade = 3 - measured / tce - assured(intake[0]["period"][:4])[1]
    else:
        options = [5.0]
        if years:
            options.append(3 - assured(years[-1])[1])
        if rows["production"]:
            options.append(3.0)
        if any(
            r.get("revenue") is not None and r.get("published_on", d("2024-04-29")) <= AS_OF
            for r in rows["annual"]
        ):
            options.append(4.0)
        grade = min(options)

    valid = [r for r in rows["certifications"] if r["expires_on"] >= AS_OF and r["scheme"] != "gec"]
    fresh = [r for r in valid if r["verified_on"] and d("2023-06-30") < r["verified_on"] <= AS_OF]
    asked = any(
        r["table"] == "certifications" and not r.get("kind") and r["checked_on"] <= AS_OF
        for r in rows["checks"]
    )
    return {
        "disclosure_coverage": len(HANDED_IN[firm] & set(expected)) / len(expected),
        "reporting_delay": days / (365.25 / 12) if days is not None and days >= 0 else None,
        "metered_share": (measured / tce if tce else 0.8) if tce is not None else None,
        "data_quality": grade,
        "unverified_certificates": 1 - len(fresh) / len(valid) if valid else (0.3 if asked else None),
    }


def test_every_indicator_is_its_naive_twin(facts_of):
    values = indicators(facts_of(TABLES)).values
    for row, firm in zip(values.iter_rows(named=True), FIRMS, strict=True):
        expected = twin(firm)
        assert list(row) == ["application_id", *expected]
        for name, value in expected.items():
            assert row[name] == (value if value is None else pytest.approx(value, rel=1e-12)), (firm, name)


def test_what_the_tables_above_are_there_for(facts_of):
    values = indicators(facts_of(TABLES)).values
    got = {row["application_id"][2:]: row for row in values.iter_rows(named=True)}
    assert got["f01"]["reporting_delay"] == pytest.approx(91 / (365.25 / 12))
    assert got["f07"]["reporting_delay"] == 0.0
    assert got["f06"]["reporting_delay"] is None
    assert got["f03"]["metered_share"] == 0.8  # energy handed in as zero: does not apply
    assert got["f05"]["metered_share"] is None  # eleven months are no year
    assert got["f09"]["metered_share"] == pytest.approx(0.75)
    assert got["f01"]["data_quality"] == pytest.approx(3 - 71.43 / (71.43 + 6.145) - 0.5)
    assert got["f06"]["data_quality"] == 2.0
    assert got["f04"]["data_quality"] == 5.0
    assert got["f01"]["unverified_certificates"] == pytest.approx(2 / 3)
    assert got["f04"]["unverified_certificates"] == 0.3
    assert got["f03"]["unverified_certificates"] is None
    assert got["f06"]["unverified_certificates"] == 1.0


def test_expected_facts_are_listed_one_by_one(facts_of):
    wanted = expected_facts(facts_of(TABLES))
    for firm in FIRMS:
        own = wanted.filter(pl.col("application_id") == f"a-{firm}")
        assert own["fact"].to_list() == sorted(EXPECTED[firm])
        assert set(own.filter("handed_in")["fact"]) == HANDED_IN[firm] & set(EXPECTED[firm])
        assert set(own["year"].drop_nulls()) <= {YEAR}


def test_a_later_year_counts_for_the_one_that_is_due(facts_of):
    early = facts_of(TABLES, dt.date(2024, 4, 1))  # annual facts of 2022 are due, f01 has those of 2023
    wanted = expected_facts(early).filter(pl.col("application_id") == "a-f01")
    assert wanted.filter(pl.col("fact") == "annual.revenue").select("year", "handed_in").rows() == [
        (2022, True)
    ]
    assert wanted.filter(pl.col("fact") == "energy.electricity").select("year", "handed_in").rows() == [
        (2023, True)
    ]


def test_a_year_that_is_not_over_is_not_handed_in(facts_of):
    tables = {
        **TABLES,
        "annual": [{"firm_id": "f01", "year": "2024", "revenue": 5.0, "published_on": d("2024-05-01")}],
    }
    wanted = expected_facts(facts_of(tables)).filter(pl.col("application_id") == "a-f01")
    assert wanted.filter(pl.col("fact") == "annual.revenue")["handed_in"].to_list() == [False]


@pytest.mark.parametrize("delay", [0, 60, 120])
def test_a_year_is_due_when_its_delay_has_passed(delay):
    days = [dt.date(2023, 11, 1) + dt.timedelta(days=i) for i in range(400)]
    got = pl.DataFrame({"as_of": days}).select(due_year(pl.col("as_of"), delay_days=delay)).to_series()
    for day, year in zip(days, got, strict=True):
        assert dt.date(year, 12, 31) + dt.timedelta(days=delay) <= day
        assert dt.date(year + 1, 12, 31) + dt.timedelta(days=delay) > day


def test_what_was_handed_in_is_told_of_facts_that_nobody_expects_too(facts_of):
    seen = facts_of(TABLES)
    names = ["annual.revenue", "emissions.scope3", "equipment.any"]
    found = handed_in_years(seen, names)
    assert found["application_id"].to_list() == seen.applications["application_id"].to_list()
    assert found.columns == ["application_id", *(f"{n} {what}" for n in names for what in ("found", "year"))]
    expected = expected_facts(seen).filter(pl.col("fact") == "annual.revenue", "handed_in")
    told = found.filter(pl.col("annual.revenue found") & pl.col("annual.revenue year").is_not_null())
    assert expected.height > 0
    assert set(expected["application_id"]) <= set(told["application_id"])
    assert found["equipment.any year"].null_count() == found.height
    assert found.select(pl.col("^.* found$").null_count()).row(0) == (0, 0, 0)
    with pytest.raises(ReferenceDataError, match="not a fact that can be looked for"):
        handed_in_years(seen, ["annual.nothing"])


def test_notes(facts_of):
    notes = indicators(facts_of(TABLES)).notes
    told = {(r["application_id"][2:], r["indicator"]): r["status"] for r in notes.iter_rows(named=True)}
    assert told == {
        ("f03", "metered_share"): "not_applicable",
        ("f04", "unverified_certificates"): "not_applicable",
        ("f05", "disclosure_coverage"): "defaulted",
    }


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"fact": "annual.nonsense"}, "not a fact"),
        ({"fact": "energy.warmth"}, "not a fact"),
        ({"industries": "high-tech!"}, "names no industries"),
        ({"per": "month"}, "how often"),
    ],
)
def test_a_declaration_that_cannot_be_told_is_refused(facts_of, monkeypatch, declared, said):
    row = {
        "industries": "all",
        "per": "firm,year",
        "fact": "annual.revenue",
        "source": "s",
        "verified": "own rule",
        **declared,
    }
    monkeypatch.setattr(expected_module, "table", lambda _: pl.DataFrame([row]))
    with pytest.raises(ReferenceDataError, match=said):
        expected_facts(facts_of(TABLES))


def test_handing_in_the_energy_never_worsens_the_grade(facts_of):
    base = {
        "firms": TABLES["firms"],
        "emissions": [emission("f01", s, "reasonable") for s in ("1", "2-location")],
    }
    for basis in (None, "estimated", "metered"):
        alone = indicators(facts_of(base)).values["data_quality"][0]
        both = indicators(facts_of({**base, "energy": [energy("f01", "raw_coal", 1.0, basis)]})).values[
            "data_quality"
        ][0]
        assert both <= alone


def test_the_order_of_rows_changes_nothing(facts_of):
    result = indicators(facts_of(TABLES))
    for seed in range(3):
        shuffled = random.Random(seed)  # noqa: S311  (an order, not a secret)
        again = indicators(
            facts_of({name: shuffled.sample(rows, len(rows)) for name, rows in TABLES.items()})
        )
        assert again.values.equals(result.values)
        assert again.notes.equals(result.notes)


def test_what_is_known_later_changes_nothing_until_then(facts_of):
    later = {"published_on": d("2024-07-01")}
    added = {
        "annual": [{"firm_id": f, "water_withdrawn": 1.0, "revenue": 1.0, **later} for f in FIRMS],
        "energy": [{**energy(f, "diesel", 1.0, "metered"), **later} for f in FIRMS],
        "emissions": [{**emission(f, "2-market", "reasonable"), **later} for f in FIRMS],
        "production": [{"firm_id": f, "product": "late", "quantity": 1.0, **later} for f in FIRMS],
        "certifications": [{**certificate(f, "late"), **later} for f in FIRMS],
        "checks": [{"firm_id": f, "table": t, "checked_on": d("2024-07-01")} for f in FIRMS for t in ("incidents", "certifications")],
    }  # fmt: skip
    more = {name: rows + added.get(name, []) for name, rows in TABLES.items()}
    assert indicators(facts_of(more)).values.equals(indicators(facts_of(TABLES)).values)
    moved = indicators(facts_of(more, dt.date(2024, 7, 1))).values
    assert (
        moved["disclosure_coverage"] > indicators(facts_of(TABLES)).values["disclosure_coverage"]
    ).sum() >= 9
