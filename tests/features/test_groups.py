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

from features.catalogue import CATALOGUE
from features.contract import CONTRACT
from features.groups import GROUP_FINDINGS, GROUP_INDICATORS, NOT_OF_GROUPS, groups, holdings, roll_up
from features.groups.consolidation import SUMMED_ANNUAL
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
        given = {name for name in INDICATORS if found.indicators[name].null_count() == 0}
        # What the members' industry cannot have, and how much of what is expected was handed in, needs no sum.
        assert given <= {"allowance_shortfall", "carbon_cost_share", "disclosure_coverage", "data_quality"}
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

    exported = dice.choice([None, 0.0, 0.3])
    rows(
        "annual",
        [{"year": y, "eu_export_share": exported, **{n: amount() for n in SUMMED_ANNUAL}} for y in years],
        SUMMED_ANNUAL,
    )
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
    upstream = [("3", "CO2e", "tCO2e", category) for category in range(1, 9)]
    rows(
        "emissions",
        [
            {
                "period": y,
                "scope": s,
                "substance": g,
                "unit": u,
                "category": c,
                "quantity": amount(),
                "assurance": assurance,
            }
            for y in years
            for s, g, u, c in (*((*gas, None) for gas in gases), *upstream)
        ],
        ("quantity",),
    )
    rows(
        "production",
        [
            {
                "period": y,
                "product": p,
                "quantity": amount(),
                "energy": amount(),
                "emissions": amount(),
                "cn_code": c,
            }
            for y in years
            for p, c in (("cement_clinker", "25231000"), ("electrolytic_aluminium", "76011000"))
        ],
        ("quantity", "energy", "emissions"),
    )
    ecology = ("compensation_due", "compensation_paid", "compensation_received", "sink_credits")
    carbon = ("verified_emissions", "allowances_allocated", "co2_stored")
    rows(
        "ecology",
        [{"period": y, "kind": k, "amount": amount()} for y in years for k in (*ecology, *carbon)],
        ("amount",),
    )
    machines = [
        {
            "equipment_id": f"M{n}",
            "rated_power": amount(),
            "efficiency_grade": dice.choice([None, 1, 2, 3]),
            "commissioned_on": dt.date(2010 + n, 1, 1),
        }
        for n in range(3)
    ]
    rows("equipment", machines, ("rated_power",))
    rights = [
        {
            "scheme": "gec",
            "certificate_no": f"G{n}",
            "period": y,
            "quantity": amount(),
            "unit": "MWh",
            "retired_on": dt.date(2024, 3, 1),
        }
        for n, y in enumerate(years)
    ]
    rows("certifications", rights if dice.random() < 0.7 else [], ("quantity",))
    whole["incidents"], cut["incidents"], whole["checks"], cut["checks"] = [], [], [], []
    schemes = ("cn_green_product", "iso14067", "iso37301", "green_factory_provincial", "cn_energy_label_1")
    certificates = [
        {
            "scheme": dice.choice(schemes),
            "certificate_no": f"C{n}",
            "issued_on": dt.date(2021, 1, 1),
            "expires_on": dice.choice([dt.date(2023, 12, 31), dt.date(2024, 12, 31)]),
            "site_coverage": dice.choice([0.5, 1.0]),
            "verified_on": dice.choice([None, dt.date(2024, 5, 1)]),
        }
        for n in range(dice.randint(0, 4))
    ]
    kinds = ("environmental", "safety", "labour", "product", "tax", "dishonesty")
    incidents = [
        {
            "incident_id": f"I{n}",
            "kind": dice.choice(kinds),
            "severity": dice.randint(1, 4),
            "fine": dice.choice([None, 3.0, 5.0]),
            "occurred_on": dt.date(2023, 2, 1),
            "recorded_on": dt.date(2023, 3, 1),
        }
        for n in range(dice.randint(0, 5))
    ]
    # A certificate or an incident is of one firm.
    for table, single in (("certifications", certificates), ("incidents", incidents)):
        for row in single:
            whole[table].append({"firm_id": "F", **row})
            cut[table].append({"firm_id": dice.choice(["F1", "F2"]), **row})
    for table in ("certifications", "incidents"):
        if dice.random() < 0.6:
            asked = {"table": table, "source": "register", "from": dt.date(2020, 1, 1), "checked_on": DAY}
            whole["checks"].append({"firm_id": "F", **asked})
            cut["checks"] += [{"firm_id": f, **asked} for f in ("F1", "F2")]
    return whole, cut


def test_the_firms_that_are_cut_have_every_indicator(make_dataset):
    told = [view(make_dataset, ["F"], **cut_firm(seed)[0]).indicators for seed in range(6)]
    assert [i for i in INDICATORS if all(one[i].item() is None for one in told)] == []


@settings(QUICK, max_examples=8)
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
    unowned = {name: table for name, table in tables.items() if name != "ownership"}
    dataset = validate_tables({**unowned, "applications": asked}, source="a test")
    single = compute(dataset).values.select("firm_id", *INDICATORS).unique(subset="firm_id").sort("firm_id")
    found = groups(dataset, as_of=day).indicators.join(
        single.select(parent_id="firm_id"), on="parent_id", how="semi"
    )
    assert single.height > 50
    assert found["parent_id"].to_list() == single["firm_id"].to_list()
    for name in INDICATORS:
        assert plain(found[name]) == pytest.approx(plain(single[name]), rel=1e-12, nan_ok=True), name
    # Tables that the simulator does not write: their indicators are cut in two above.
    absent = {name for name in INDICATORS if found[name].null_count() == found.height}
    assert absent <= {
        "scope3_intensity",
        "capture_share",
        "efficient_equipment_share",
        "equipment_age",
        "compensation_paid_of_due",
        "compensation_received_share",
        "sink_credit_share",
    }


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


# ---- what goes by holdings -------------------------------------------------------------------------------------------


def test_each_indicator_is_given_or_has_a_reason():
    assert set(INDICATORS) | set(NOT_OF_GROUPS) == set(CATALOGUE)
    assert not set(INDICATORS) & set(NOT_OF_GROUPS)
    assert all(en and zh and en.isascii() and not zh.isascii() for en, zh in NOT_OF_GROUPS.values())


def of_p(found):
    return found.indicators.filter(pl.col("parent_id") == "P").row(0, named=True)


def certificate(firm, scheme, **further):
    row = {"firm_id": firm, "scheme": scheme, "certificate_no": "C1", "issued_on": dt.date(2023, 1, 1)}
    return {**row, "expires_on": dt.date(2025, 12, 31), **further}


def asked_about(table, *firms):
    row = {"table": table, "source": "register", "from": dt.date(2020, 1, 1), "checked_on": DAY}
    return [{"firm_id": f, **row} for f in firms]


def test_coverage_is_a_mean_over_people_and_shares(make_dataset):
    facts = joined(facts_of("P"), facts_of("F"))
    for row in facts["annual"]:
        row["employees"] = 300.0 if row["firm_id"] == "F" else 90.0
    facts["certifications"] = [
        certificate("P", "iso14001", site_coverage=1.0),
        certificate("F", "iso14001", site_coverage=0.4),
        certificate("P", "iso45001", site_coverage=1.0),
    ]
    found = of_p(view(make_dataset, ["P", "F"], [("F", "P", 0.7)], **facts))
    assert found["environmental_management"] == pytest.approx((90.0 + 210.0 * 0.4) / 300.0)
    assert found["safety_management"] is None
    facts["checks"] = asked_about("certifications", "F")
    found = of_p(view(make_dataset, ["P", "F"], [("F", "P", 0.7)], **facts))
    assert found["safety_management"] == pytest.approx(90.0 / 300.0)


def test_labels_are_the_groups_where_it_owns_the_greater_part(make_dataset):
    facts = joined(facts_of("P"), facts_of("F"), facts_of("G"))
    facts["certifications"] = [
        certificate("F", "cn_green_product"),
        certificate("G", "cn_energy_label_1"),
        certificate("G", "green_factory_national"),
    ]
    shares = [("F", "P", 0.51), ("G", "P", 0.5)]
    found = of_p(view(make_dataset, ["P", "F", "G"], shares, **facts))
    assert found["green_product_labels"] == 1.0
    assert found["green_site_status"] is None
    facts["checks"] = asked_about("certifications", "P", "F")
    assert of_p(view(make_dataset, ["P", "F", "G"], shares, **facts))["green_site_status"] == 0.0


def test_incidents_count_by_share_and_a_zero_needs_every_members_answer(make_dataset):
    facts = joined(facts_of("P"), facts_of("F"))
    incident = {
        "incident_id": "I1",
        "recorded_on": dt.date(2024, 1, 1),
        "kind": "environmental",
        "severity": 3,
    }
    facts["incidents"] = [{"firm_id": "F", **incident, "occurred_on": DAY, "fine": 8.0}]
    found = of_p(view(make_dataset, ["P", "F"], [("F", "P", 0.6)], **facts))
    assert found["environmental_incidents"] == pytest.approx(3 * 0.6)
    assert found["unrectified_incidents"] == pytest.approx(3 * 0.6)
    assert found["fines_ratio"] == pytest.approx(8.0 * 0.6 / (5000.0 * 1.6))
    facts["incidents"][0]["fine"] = None
    assert of_p(view(make_dataset, ["P", "F"], [("F", "P", 0.6)], **facts))["fines_ratio"] is None
    facts["incidents"] = []
    for firms, expected in ((("F",), None), (("P", "F"), 0.0)):
        facts["checks"] = asked_about("incidents", *firms)
        found = of_p(view(make_dataset, ["P", "F"], [("F", "P", 0.6)], **facts))
        assert found["environmental_incidents"] == expected
        assert found["fines_ratio"] == expected


def test_a_holding_without_business_answers_for_its_own_incident(make_dataset):
    facts = facts_of("F")
    facts["incidents"] = [
        {
            "firm_id": "P",
            "incident_id": "I1",
            "kind": "tax",
            "severity": 2,
            "occurred_on": DAY,
            "recorded_on": DAY,
        }
    ]
    found = view(make_dataset, ["P", "F"], [("F", "P", 1.0)], **facts)
    assert found.findings["finding"].to_list() == ["mere_holding"]
    assert of_p(found)["tax_incidents"] == 2.0


def test_output_and_allowances_are_asked_of_those_that_can_have_them(make_dataset):
    made = {"product": "cement_clinker", "quantity": 1000.0, "energy": 110.0}
    traded = [("verified_emissions", 100.0), ("allowances_allocated", 80.0)]
    dataset = {
        "firms": [
            {"firm_id": "P", "industry": "7212"},
            {"firm_id": "F", "industry": "3011"},
            {"firm_id": "G", "industry": "4411"},
        ],
        **joined(facts_of("P"), facts_of("F"), facts_of("G")),
        "production": [
            {"firm_id": "F", **made},
            {"firm_id": "G", "product": "electricity", "unit": "MWh", "quantity": 5000.0},
        ],
        "ecology": [{"firm_id": "G", "kind": kind, "amount": amount} for kind, amount in traded],
    }

    def seen(**further):
        given = make_dataset(**{**dataset, **further})
        held = owned(("F", "P", 0.8), ("G", "P", 0.5))
        tables = MappingProxyType({**given.tables, "ownership": held})
        return of_p(groups(replace(given, tables=tables), as_of=DAY))

    found = seen()
    alone = make_dataset(**{**dataset, "applications": [{"application_id": "A", "firm_id": "F"}]})
    assert found["benchmark_position"] == pytest.approx(compute(alone).values["benchmark_position"].item())
    # The cement works were not in emissions trading in a year that was over on that day, the power station was.
    assert found["allowance_shortfall"] == pytest.approx(0.2)
    assert found["carbon_cost_share"] > 0
    assert seen(production=[])["benchmark_position"] is None
    assert seen(ecology=[])["allowance_shortfall"] is None


def test_the_export_share_of_a_group_is_of_its_revenue(make_dataset):
    facts = joined(facts_of("P"), facts_of("F", 3.0))
    for row, share in zip(facts["annual"], (0.4, 0.4, 0.1, 0.1), strict=True):
        row["eu_export_share"] = share
    good = {"product": "cement_clinker", "cn_code": "25231000", "quantity": 1000.0, "emissions": 900.0}
    facts["production"] = [{"firm_id": f, **good} for f in ("P", "F")]
    found = of_p(view(make_dataset, ["P", "F"], [("F", "P", 0.5)], **facts))
    # One firm with all of it: revenue 5000 + 7500, exports 2000 + 750, output and emissions one and a half times.
    one = facts_of("P", 2.5)
    for row in one["annual"]:
        row["eu_export_share"] = 2750.0 / 12500.0
    one["production"] = [{"firm_id": "P", **good, "quantity": 1500.0, "emissions": 1350.0}]
    assert found["cbam_cost_share"] == pytest.approx(
        of_p(view(make_dataset, ["P"], **one))["cbam_cost_share"]
    )
    assert found["cbam_cost_share"] > 0


def test_the_bank_lends_to_a_group_what_it_lends_to_the_firms_it_controls(make_dataset):
    def loan(firm, name, amount, on=dt.date(2023, 12, 31), due=dt.date(2026, 1, 1)):
        row = {"firm_id": firm, "loan_id": name, "as_of": on, "outstanding": amount, "matures_on": due}
        return {**row, "originated_on": dt.date(2020, 1, 1)}

    book = [
        loan("P", "L1", 100.0, dt.date(2022, 12, 31)),
        loan("P", "L1", 60.0),
        loan("P", "L1", 999.0, dt.date(2024, 12, 31)),
        loan("F", "L2", 40.0),
        loan("F", "L3", 5.0, due=dt.date(2024, 1, 31)),
        loan("F", "L4", 7.0, dt.date(2024, 5, 31), due=dt.date(2024, 1, 31)),
        loan("G", "L5", 1000.0),
    ]
    shares = [("F", "P", 0.6), ("G", "P", 0.4)]
    found = view(make_dataset, ["P", "F", "G"], shares, loans=book).loans
    assert found.rows() == [("P", 3, 107.0)]
    assert view(make_dataset, ["P", "F", "G"], shares).loans.is_empty()
    unstated = view(make_dataset, ["P", "F"], shares[:1], loans=[loan("F", "L2", None)]).loans
    assert unstated.rows() == [("P", 1, None)]
    unknown = view(make_dataset, ["P", "F"], [("F", "P", None)], loans=[loan("F", "L2", 1.0)]).loans
    assert unknown.rows() == [("P", None, None)]
    nothing = view(make_dataset, ["P", "F"], shares[:1], loans=[loan("other", "L9", 1.0)]).loans
    assert nothing.rows() == [("P", 0, 0.0)]
