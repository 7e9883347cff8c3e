"""Groups: the roll-up against plain algebra, sums against plain sums, and a firm cut in two."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections import defaultdict
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.contract import CONTRACT
from features.groups import GROUP_FINDINGS, GROUP_INDICATORS, groups, holdings, roll_up
from features.intake import validate_tables
from features.pipeline import compute
from features.registers import ghgrp
from features.simulate import simulate

DAY = dt.date(2024, 6, 30)
INDICATORS = [i for ids in GROUP_INDICATORS.values() for i in ids]
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def owned(*rows):
    """A clean ownership table from (firm, parent, share[, valid_from[, valid_to]])."""
    filled = [
        dict(zip(("firm_id", "parent_id", "share", "valid_from", "valid_to"), r, strict=False)) for r in rows
    ]
    schema = CONTRACT["ownership"].clean_schema
    return pl.DataFrame([{**r, "row": n} for n, r in enumerate(filled)], schema=dict(schema))


def plain(column):
    """A column's values with nan for what is missing, so that it can be compared."""
    return column.cast(pl.Float64).fill_null(math.nan).to_list()


def rolled(firms, *rows):
    edges, about = holdings(owned(*rows), as_of=DAY)
    members, more = roll_up(pl.Series(firms, dtype=pl.String), edges)
    shares = {(p, f): s for p, f, s in members.select("parent_id", "firm_id", "share").rows()}
    return shares, set(pl.concat([about, more]).select("firm_id", "finding").rows())


# ---- who is in which group -------------------------------------------------------------------------------------------


@st.composite
def graphs(draw):
    """Firms, and shares by (firm, parent) that leave something to outsiders; circles are likely."""
    nodes = [f"N{i}" for i in range(draw(st.integers(2, 6)))]
    pairs = draw(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), max_size=9, unique=True))
    shares = {}
    for firm, parent in pairs:
        left = 0.9 - sum(s for (f, _), s in shares.items() if f == firm)
        if left > 0.02:
            shares[firm, parent] = draw(st.floats(0.01, left))
    return nodes, shares


@QUICK
@given(graphs())
def test_shares_are_those_of_the_linear_equations(graph):
    nodes, shares = graph
    found, findings = rolled(nodes, *[(f, p, s) for (f, p), s in shares.items()])
    below = sorted({f for f, _ in shares})
    tops = [n for n in nodes if n not in below]
    # x = A x + a, where A is what owned firms hold of one another and a what the parent holds itself
    inner = np.array([[shares.get((f, g), 0.0) for g in below] for f in below]).reshape(
        len(below), len(below)
    )
    expected = {(top, top): 1.0 for top in tops}
    for top in tops:
        direct = np.array([shares.get((f, top), 0.0) for f in below])
        solved = np.linalg.solve(np.eye(len(below)) - inner, direct) if below else []
        expected |= {(top, f): x for f, x in zip(below, solved, strict=True) if x > 1e-14}
    grouped = {f for _, f in expected}
    expected |= {(n, n): 1.0 for n in nodes if n not in grouped}
    assert found.keys() == expected.keys()
    for pair, share in expected.items():
        assert found[pair] == pytest.approx(share, rel=1e-9, abs=1e-10)
    assert {f for f, name in findings if name == "no_ultimate_parent"} == set(nodes) - grouped


def ways(firm, edges, seen=()):
    """All ways up from a firm that meet nobody twice, each with its shares."""
    ups = [(p, s) for f, p, s in edges if f == firm]
    if not ups:
        yield firm, []
    for parent, share in ups:
        if parent not in (*seen, firm):
            for top, rest in ways(parent, edges, (*seen, firm)):
                yield top, [share, *rest]


@QUICK
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda e: e[0] < e[1]),
        st.none() | st.floats(0.01, 0.2),
        max_size=9,
    )
)
def test_a_share_that_nobody_states_is_unknown_all_the_way_up(shares):
    edges = [(f"N{f}", f"N{p}", s) for (f, p), s in shares.items()]
    expected = defaultdict(list)
    for node in range(6):
        for top, parts in ways(f"N{node}", edges):
            expected[top, f"N{node}"].append(None if None in parts else math.prod(parts))
    found, _ = rolled([f"N{n}" for n in range(6)], *edges)
    assert found.keys() == expected.keys()
    for pair, parts in expected.items():
        if None in parts:
            assert found[pair] is None
        else:
            assert found[pair] == pytest.approx(sum(parts), rel=1e-9)


@pytest.mark.parametrize(
    ("rows", "expected", "finding"),
    [
        ([("F", "P", 0.6, dt.date(2024, 7, 1))], {("F", "F"): 1.0}, "holding_not_yet_valid"),
        ([("F", "P", 0.6, dt.date(2024, 6, 30))], {("P", "F"): 0.6}, "owners_missing"),
        ([("F", "P", 0.6, None, dt.date(2024, 6, 29))], {("F", "F"): 1.0}, "holding_ended"),
        ([("F", "P", 1.0, None, dt.date(2024, 6, 30))], {("P", "F"): 1.0}, None),
        (
            [("F", "P", 0.6, dt.date(2020, 1, 1)), ("F", "P", 1.0, dt.date(2022, 1, 1))],
            {("P", "F"): 1.0},
            None,
        ),
        (
            [("F", "P", 0.6), ("F", "P", 0.9, dt.date(2022, 1, 1), dt.date(2023, 1, 1))],
            {("F", "F"): 1.0},
            "holding_ended",
        ),
        ([("F", "P", 0.9), ("F", "Q", 0.6)], {("P", "F"): 0.6, ("Q", "F"): 0.4}, "owners_beyond_whole"),
        ([("F", "P", 0.25), ("F", "Q", 0.75)], {("P", "F"): 0.25, ("Q", "F"): 0.75}, None),
        ([("F", "P", None)], {("P", "F"): None}, "share_missing"),
        ([("F", "P", 0.0)], {("F", "F"): 1.0}, None),
        ([("F", "F", 0.1), ("F", "P", 0.9)], {("P", "F"): 1.0}, "circle"),
    ],
)
def test_each_case_that_is_not_plain(rows, expected, finding):
    found, findings = rolled(["F"], *rows)
    assert found == pytest.approx(expected)
    assert {name for _, name in findings} == ({finding} if finding else set())


def test_a_closed_circle_makes_each_firm_its_own_group():
    found, findings = rolled(["A", "B", "C"], ("A", "B", 1.0), ("B", "A", 1.0), ("C", "A", 1.0))
    assert found == {("A", "A"): 1.0, ("B", "B"): 1.0, ("C", "C"): 1.0}
    assert {f for f, name in findings if name == "no_ultimate_parent"} == {"A", "B", "C"}
    assert {f for f, name in findings if name == "circle"} == {"A", "B"}


def test_a_circle_that_hardly_lets_anything_out_is_told():
    found, findings = rolled(["A", "B"], ("A", "B", 0.99999), ("B", "A", 0.99999), ("A", "T", 0.00001))
    assert 0.0 < found["T", "A"] < 0.5
    assert {f for f, name in findings if name == "circle_unsettled"} == {"A", "B"}


def test_the_order_of_rows_does_not_matter():
    rows = [("A", "B", 0.3), ("A", "C", 0.5), ("B", "D", 0.7), ("C", "D", 0.2), ("C", "A", 0.1)]
    assert rolled(list("ABCD"), *rows) == rolled(list("DCBA"), *reversed(rows))


# ---- what a group is the sum of --------------------------------------------------------------------------------------

ENERGY = {"raw_coal": 900.0, "natural_gas": 30.0, "electricity": 4000.0}


def facts_of(firm, times=1.0, *, years=("2022", "2023")):
    """Facts of one firm, in clean units."""
    return {
        "annual": [
            {
                "firm_id": firm,
                "year": y,
                "revenue": 5000.0 * times,
                "value_added": 1000.0 * times,
                "employees": 80.0,
            }
            for y in years
        ],
        "energy": [
            {"firm_id": firm, "period": y, "carrier": c, "quantity": q * times}
            for y in years
            for c, q in ENERGY.items()
        ],
        "emissions": [
            {"firm_id": firm, "period": y, "scope": s, "quantity": q * times}
            for y in years
            for s, q in (("1", 2300.0), ("2-location", 2100.0))
        ],
    }


def joined(*parts):
    return {
        name: [row for part in parts for row in part.get(name, [])]
        for name in ("annual", "energy", "emissions")
    }


def view(make_dataset, firms, ownership=(), **facts):
    dataset = make_dataset(firms=[{"firm_id": f} for f in firms], **facts)
    held = owned(*ownership)
    return groups(replace(dataset, tables=MappingProxyType({**dataset.tables, "ownership": held})), as_of=DAY)


def test_a_group_is_its_parent_and_its_part_of_the_others(make_dataset):
    facts = joined(facts_of("P"), facts_of("F", 2.0), facts_of("other", 7.0))
    found = view(make_dataset, ["P", "F", "other"], [("F", "P", 0.6)], **facts)
    total = found.totals.filter((pl.col("parent_id") == "P") & (pl.col("year") == 2023)).row(0, named=True)
    assert total["revenue"] == pytest.approx(5000.0 * 2.2)
    assert total["scope1"] == pytest.approx(2300.0 * 2.2)
    assert total["electricity"] == pytest.approx(4000.0 * 2.2)
    # GB/T 2589-2020: raw coal 0.7143 tce/t, electricity 0.1229 tce/MWh, gas 13.3 tce/10,000 m3 at its upper value
    one = found.totals.filter((pl.col("parent_id") == "other") & (pl.col("year") == 2023)).row(0, named=True)
    assert total["energy"] == pytest.approx(one["energy"] / 7 * 2.2)
    values = found.indicators.filter(pl.col("parent_id") == "P").row(0, named=True)
    assert values["carbon_intensity"] == pytest.approx(4400.0 / 1000.0)
    assert values["coal_share"] == pytest.approx(900 * 0.7143 * 7 / one["energy"])
    assert values["log_revenue"] == pytest.approx(math.log(11000.0))


def test_what_one_member_leaves_out_is_missing_in_the_sum(make_dataset):
    facts = joined(facts_of("P"), facts_of("F", 2.0))
    facts["energy"] = [row for row in facts["energy"] if (row["firm_id"], row["period"]) != ("F", "2023")]
    found = view(make_dataset, ["P", "F"], [("F", "P", 0.6)], **facts)
    energy = dict(found.totals.select("year", "energy").rows())
    assert energy[2022] is not None
    assert energy[2023] is None
    assert found.totals["scope1"].null_count() == 0


def test_an_unknown_share_or_a_silent_member_leaves_the_sums_missing(make_dataset):
    facts = joined(facts_of("P"), facts_of("F"))
    for firms, rows, name in (
        (["P", "F"], [("F", "P", None)], "share_missing"),
        (["P", "F", "S"], [("F", "P", 1.0), ("S", "P", 0.5)], "no_facts"),
    ):
        found = view(make_dataset, firms, rows, **facts)
        assert found.totals.is_empty()
        assert found.indicators.select(INDICATORS).null_count().row(0) == (1,) * len(INDICATORS)
        assert name in found.findings["finding"].to_list()
        assert dict(found.findings.schema) == dict(GROUP_FINDINGS)


def test_what_was_not_known_on_the_day_changes_nothing(make_dataset):
    facts = joined(facts_of("P"), facts_of("F", 2.0))
    before = view(make_dataset, ["P", "F"], [("F", "P", 0.6)], **facts)
    facts["annual"].append(
        {"firm_id": "F", "year": "2023", "revenue": 1.0, "published_on": dt.date(2024, 7, 1)}
    )
    after = view(make_dataset, ["P", "F"], [("F", "P", 0.6), ("F", "P", 0.1, dt.date(2024, 7, 1))], **facts)
    assert after.totals.equals(before.totals)
    assert after.indicators.equals(before.indicators)


def cut_firm(seed):
    """Facts of a firm F, and the same cut in two at random, row by row; a part may be all or nothing."""
    dice = random.Random(seed)  # noqa: S311 - no secret

    def amount():
        return 10 ** dice.uniform(0.0, 5.0)

    whole, cut = {}, {}
    years = ("2021", "2022", "2023")

    def rows(table, given, numbers):
        whole[table], cut[table] = [], []
        for row in given:
            part = {n: dice.choice([0.0, 1.0, dice.random()]) for n in numbers if n in row}
            whole[table].append({"firm_id": "F", **row})
            for firm, take in (("F1", lambda x: x), ("F2", lambda x: 1.0 - x)):
                shares = {n: row[n] * take(x) for n, x in part.items()}
                cut[table].append({"firm_id": firm, **row, **shares})

    money = (
        "revenue",
        "value_added",
        "total_assets",
        "total_liabilities",
        "ebitda",
        "interest_expense",
        "employees",
    )
    rows("annual", [{"year": y, **{m: amount() for m in money}} for y in years], money)
    months = [f"2023-{m:02}" for m in range(1, 13)]
    kinds = [
        ("raw_coal", "purchased"),
        ("natural_gas", "purchased"),
        ("electricity", "sold"),
        ("solar_power", "self_generated"),
    ]
    energy = [
        *({"period": y, "carrier": c, "flow": f, "quantity": amount()} for y in years for c, f in kinds),
        *({"period": m, "carrier": "electricity", "quantity": amount()} for m in months),
    ]
    rows("energy", energy, ("quantity",))
    gases = [
        ("1", "CO2", "t"),
        ("1", "CH4", "t"),
        ("2-location", "CO2e", "tCO2e"),
        ("none", "SO2", "t"),
        ("none", "NOx", "t"),
    ]
    assurance = dice.choice([None, "limited", "reasonable"])
    rows(
        "emissions",
        [
            {
                "period": y,
                "scope": s,
                "substance": g,
                "unit": u,
                "quantity": amount(),
                "assurance": assurance,
            }
            for y in years
            for s, g, u in gases
        ],
        ("quantity",),
    )
    return whole, cut


@settings(QUICK, max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_cutting_a_firm_in_two_changes_nothing_in_the_group(make_dataset, seed):
    whole, cut = cut_firm(seed)
    one = view(make_dataset, ["F"], **whole)
    two = view(make_dataset, ["F", "F1", "F2"], [("F1", "F", 1.0), ("F2", "F", 1.0)], **cut)
    assert two.findings["finding"].to_list() == ["mere_holding"]
    assert two.members["parent_id"].unique().to_list() == ["F"]
    assert one.indicators["carbon_intensity"].null_count() == 0
    for name in ("totals", "indicators"):
        before, after = getattr(one, name), getattr(two, name)
        assert before.columns == after.columns
        assert before.height == after.height > 0
        for column in before.columns[1:]:
            expected = pytest.approx(plain(before[column]), rel=1e-9, abs=1e-9, nan_ok=True)
            assert plain(after[column]) == expected, column


def test_a_firm_that_nobody_owns_has_the_indicators_of_its_own_application():
    tables = simulate(firms=60, seed=8, new_applicants=True).tables
    day = dt.date(2025, 5, 31)
    asked = tables["applications"].with_columns(pl.lit(day).alias("as_of"))
    dataset = validate_tables({**tables, "applications": asked}, source="a test")
    single = compute(dataset).values.select("firm_id", *INDICATORS).unique(subset="firm_id").sort("firm_id")
    found = groups(dataset, as_of=day).indicators.join(
        single.select(parent_id="firm_id"), on="parent_id", how="semi"
    )
    assert single.height > 50
    assert found["parent_id"].to_list() == single["firm_id"].to_list()
    for name in INDICATORS:
        assert plain(found[name]) == pytest.approx(plain(single[name]), rel=1e-12, nan_ok=True), name
        assert name == "scope3_intensity" or found[name].null_count() < found.height, name


def test_parents_of_the_us_register_are_sums_of_facilities_by_share(shared_data):
    dataset = ghgrp.read(shared_data / "ghgrp_us")
    found = groups(dataset, as_of=DAY)
    rows = dataset.tables["emissions"].filter((pl.col("scope") == "1") & (pl.col("substance") == "CO2e"))
    totals = pd.DataFrame(rows.select("firm_id", "period", "quantity").to_dict(as_series=False))
    owners = pd.DataFrame(
        dataset.tables["ownership"].select("firm_id", "parent_id", "share").to_dict(as_series=False)
    )
    held = owners.assign(whole=owners.groupby("firm_id")["share"].transform("sum").clip(lower=1.0))
    held["share"] = held["share"] / held["whole"]
    held = held[held["share"] != 0]
    facilities = held.groupby("parent_id").agg(
        members=("firm_id", "nunique"), known=("share", lambda s: s.notna().all())
    )
    merged = held.merge(totals, on="firm_id")
    merged["part"] = merged["quantity"] * merged["share"]
    sums = (
        merged.groupby(["parent_id", "period"])
        .agg(tonnes=("part", "sum"), firms=("firm_id", "nunique"))
        .reset_index()
    )
    sums = sums.merge(facilities, on="parent_id")
    sums = sums[(sums["firms"] == sums["members"]) & sums["known"]]
    expected = {
        (p, int(y)): t for p, y, t in zip(sums["parent_id"], sums["period"], sums["tonnes"], strict=True)
    }
    given_sums = found.totals.filter(
        pl.col("parent_id").str.starts_with("GHGRP-PARENT:") & pl.col("scope1").is_not_null()
    )
    actual = {(p, y): t for p, y, t in given_sums.select("parent_id", "year", "scope1").rows()}
    assert len(expected) > 3000
    assert actual.keys() == expected.keys()
    for key, tonnes in expected.items():
        assert actual[key] == pytest.approx(tonnes, rel=1e-9, abs=1e-6)
