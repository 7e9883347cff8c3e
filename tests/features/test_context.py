"""Balance-sheet ratios, size, age and categories against a naive twin."""

from __future__ import annotations

import datetime as dt
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.asof import facts as facts_as_of
from features.context import indicators
from features.settings import Settings

AS_OF = dt.date(2024, 6, 30)


def firm(name, industry=None, region=None, founded=None, *, scheme="GBT4754", kind=None, tenor=None):
    return {
        "firm_id": name, "industry": industry, "industry_scheme": scheme, "region": region,
        "founded_on": founded and dt.date.fromisoformat(founded), "kind": kind, "tenor": tenor,
    }  # fmt: skip


FIRMS = [
    firm("f01", "3011", "320100", "2010-06-30", kind="retrofit", tenor=36.0),
    firm("f02", "3612", "150000", "2024-07-01", kind="new_line"),
    firm("f03", "6450", "150400", "2024-06-30", kind="working_capital", tenor=0.0),
    firm("f04", "31", "150100", "1990-01-01"),
    firm("f05", None, "810000"),
    firm("f06", "221112", "US", "2000-02-29", scheme="NAICS2017"),
    firm("f07", "8610", "CN-GD"),
    firm("f08", "0610", "DE-BY"),
    firm("f09", "4210", "CN"),
    firm("f10", "zz", None),
    firm("f11", "25", "540000"),
]

ANNUAL = {  # (firm, year): liabilities, assets, ebitda, interest, revenue, employees
    ("f01", 2022): (1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
    ("f01", 2023): (50.0, 80.0, 12.0, 3.0, math.e, 100.0),
    ("f02", 2023): (90.0, 60.0, -500.0, 2.0, 1.0, 1.0),
    ("f03", 2023): (0.0, 60.0, -1.0, 0.0, 0.0, 0.0),
    ("f04", 2023): (10.0, 0.0, 5.0, 0.0, 100.0, None),
    ("f05", 2023): (None, 10.0, None, 0.0, None, 5.0),
    ("f06", 2023): (10.0, 20.0, 900.0, 1.0, 100.0, 5.0),
    ("f07", 2022): (7.0, 14.0, 2.0, 1.0, 100.0, 5.0),
    ("f07", 2023): (
        None,
        None,
        2.0,
        None,
        100.0,
        5.0,
    ),  # the latest report leaves it out: missing, not last year's
    ("f08", 2023): (1.0, 4.0, 0.0, 0.0, 2.0, 3.0),
    ("f09", 2024): (1.0, 4.0, 0.0, 0.0, 2.0, 3.0),  # a plan for a year that is not over
    ("f09", 2021): (3.0, 4.0, 1.0, 1.0, 2.0, 3.0),
}
COLUMNS = ("total_liabilities", "total_assets", "ebitda", "interest_expense", "revenue", "employees")

GRIDS = {"f01": "East", "f02": "North", "f03": "Northeast", "f04": "North", "f05": "HK", "f06": "US", "f07": "South",
         "f08": "DE", "f09": None, "f10": None, "f11": "Southwest"}  # fmt: skip
DIVISIONS = {"f01": "30", "f02": "36", "f03": "6450", "f04": "31", "f05": None, "f06": "44", "f07": "R", "f08": "06",
             "f09": "42", "f10": None, "f11": "25"}  # fmt: skip
EMERGING = {"f01": "no", "f02": "yes", "f03": "no", "f07": "no", "f08": "no", "f09": "yes"}


@pytest.fixture
def facts_of(make_dataset):
    def build(firms, annual, as_of=AS_OF):
        return facts_as_of(
            make_dataset(
                firms=[{k: f[k] for k in ("firm_id", "industry", "industry_scheme", "region", "founded_on")} for f in firms],
                applications=[
                    {"application_id": "a-" + f["firm_id"], "firm_id": f["firm_id"], "as_of": as_of,
                     "project_kind": f["kind"], "tenor_months": f["tenor"]}
                    for f in firms
                ],
                annual=[
                    {"firm_id": f, "year": str(y), "published_on": dt.date(min(y + 1, 2024), 4, 1), **dict(zip(COLUMNS, cells, strict=True))}
                    for (f, y), cells in annual
                ],
            ),
            Settings(),
        )  # fmt: skip

    return build


def twin(f):
    name = f["firm_id"]
    years = [y for (n, y) in ANNUAL if n == name and y < AS_OF.year]
    liabilities, assets, ebitda, interest, revenue, employees = (
        ANNUAL[name, max(years)] if years else (None,) * 6
    )
    if ebitda is None or interest is None:
        cover = None
    elif interest == 0:
        cover = -20.0 if ebitda < 0 else 50.0
    else:
        cover = max(-20.0, min(50.0, ebitda / interest))
    age = (AS_OF - f["founded_on"]).days / 365.25 if f["founded_on"] else None
    return {
        "leverage": liabilities / assets if liabilities is not None and assets else None,
        "interest_cover": cover,
        "return_on_assets": ebitda / assets if ebitda is not None and assets else None,
        "log_revenue": math.log(revenue) if revenue else None,
        "log_employees": math.log(employees) if employees else None,
        "firm_age": age if age is not None and age >= 0 else None,
        "tenor_months": f["tenor"],
        "industry_division": DIVISIONS[name],
        "region_group": GRIDS[name],
        "purpose_group": f["kind"],
        "emerging_industry": EMERGING.get(name),
    }


def test_every_indicator_is_its_naive_twin(facts_of):
    values = indicators(facts_of(FIRMS, ANNUAL.items())).values
    for row, f in zip(values.iter_rows(named=True), FIRMS, strict=True):
        expected = twin(f)
        assert list(row) == ["application_id", *expected]
        for name, value in expected.items():
            close = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
            assert row[name] == close, (f["firm_id"], name)


def test_what_the_tables_above_are_there_for(facts_of):
    values = indicators(facts_of(FIRMS, ANNUAL.items())).values
    got = {row["application_id"][2:]: row for row in values.iter_rows(named=True)}
    assert got["f01"]["leverage"] == 0.625
    assert got["f01"]["log_revenue"] == 1.0
    assert got["f02"]["interest_cover"] == -20.0
    assert got["f03"]["interest_cover"] == -20.0
    assert got["f04"]["interest_cover"] == 50.0
    assert got["f05"]["interest_cover"] is None
    assert got["f06"]["interest_cover"] == 50.0
    assert got["f07"]["leverage"] is None
    assert got["f08"]["interest_cover"] == 50.0
    assert got["f09"]["leverage"] == 0.75
    assert got["f02"]["firm_age"] is None
    assert got["f03"]["firm_age"] == 0.0


def test_notes_tell_defaulted_grids_and_mapped_industries(facts_of):
    notes = indicators(facts_of(FIRMS, ANNUAL.items())).notes
    told = {(r["application_id"][2:], r["indicator"]): r["status"] for r in notes.iter_rows(named=True)}
    assert told["f02", "region_group"] == "defaulted"
    assert told["f06", "industry_division"] in {"defaulted", "estimated"}
    assert ("f04", "region_group") not in told
    assert ("f10", "industry_division") not in told


def test_the_order_of_rows_changes_nothing(facts_of):
    result = indicators(facts_of(FIRMS, ANNUAL.items()))
    for seed in range(3):
        shuffled = random.Random(seed)  # noqa: S311  (an order, not a secret)
        rows = list(ANNUAL.items())
        again = indicators(facts_of(shuffled.sample(FIRMS, len(FIRMS)), shuffled.sample(rows, len(rows))))
        assert again.values.equals(result.values)
        assert again.notes.equals(result.notes)


finite = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


@given(ebitda=finite, interest=finite.map(abs), more=finite.map(abs))
def test_more_ebitda_never_lowers_interest_cover(ebitda, interest, more):
    import polars as pl  # noqa: PLC0415

    from features.context import _interest_cover  # noqa: PLC0415

    frame = pl.DataFrame({"e": [ebitda, ebitda + more], "i": [interest, interest]})
    less, greater = frame.select(_interest_cover(pl.col("e"), pl.col("i"))).to_series().to_list()
    assert -20.0 <= less <= greater <= 50.0
