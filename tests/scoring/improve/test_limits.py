"""What no action can do, what a cap does to the way, and the limit of twelve."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features.energy.balance import energy_by_year
from features.energy.green_power import retired_green_power
from features.intake import validate_tables
from scoring.improve.amounts import other_electricity
from scoring.improve.costs import Costs, parse_costs
from scoring.improve.on_demand import way_of
from scoring.improve.prices import sizes_of
from scoring.improve.rebuilding import ACTION_IDS, domain_mask, rebuild
from scoring.improve.way import improvements, searched
from scoring.policy import parse_policy


def test_other_electricity_is_that_of_the_indicators(firms):
    """The ceiling of certificates, against the pipeline's own."""
    wanted = energy_by_year(firms.facts).select("application_id", "year", "other_electricity", "electricity")
    rows = pl.DataFrame(
        {
            "application_id": pl.Series(firms.known.application, dtype=pl.UInt32),
            "year": pl.Series(firms.known.year, dtype=pl.Int32),
            "ours": other_electricity(firms.known, firms.amounts),
        }
    )
    both = rows.join(wanted, on=["application_id", "year"], how="inner").drop_nulls("other_electricity")
    assert both.height > 40
    np.testing.assert_allclose(both["ours"], both["other_electricity"], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("size", [0.5, 1.0])
def test_no_set_brings_certificates_beyond_what_is_bought_and_used(firms, size):
    costs = Costs()
    if size == 1.0:
        text = '[[quotes]]\naction = "green_power"\nunit = "10k CNY"\nlow = 1\nsize = 1.0\nsource = "t"\n'
        costs = parse_costs('version = "t"\n' + text, file="t")
    sizes = sizes_of(firms, costs)
    random = np.random.default_rng(3)
    every = len(firms.ids)
    masks = random.integers(0, 1 << len(ACTION_IDS), every * 4) | (1 << ACTION_IDS.index("green_power"))
    masks &= domain_mask("operations")
    application = np.repeat(np.arange(every), 4)
    plain, green = (
        rebuild(firms, application, own.astype(np.int64), sizes, domain="operations").facts
        for own in (masks & ~(1 << ACTION_IDS.index("green_power")), masks)
    )
    key = ["application_id", "year"]
    beside = (
        retired_green_power(green)
        .join(retired_green_power(plain).rename({"retired": "before"}), on=key, how="left")
        .join(energy_by_year(green).select(*key, "other_electricity"), on=key, how="left")
        .with_columns(pl.col("before").fill_null(0.0))
        .filter(pl.col("retired") > pl.col("before"))
    )
    assert beside.height > 50
    assert (beside["retired"] <= beside["other_electricity"] * (1 + 1e-9)).all()


def test_no_action_removes_a_row_of_energy_emissions_or_output(firms, sizes):
    places = [place for place in range(len(ACTION_IDS)) if domain_mask("operations") >> place & 1]
    application = np.repeat(np.arange(25), len(places) + 1)
    masks = np.tile([0, *(1 << place for place in places)], 25).astype(np.int64)
    facts = rebuild(firms, application, masks, sizes, domain="operations").facts
    for table in ("energy", "emissions", "production", "ecology", "certifications", "equipment"):
        rows = np.bincount(getattr(facts, table)["application_id"].to_numpy(), minlength=len(masks))
        by_action = rows.reshape(25, -1)
        assert (by_action >= by_action[:, :1]).all(), table
    assert facts.energy.filter(pl.col("quantity") < 0).is_empty()
    assert facts.emissions.filter(pl.col("quantity") < 0).is_empty()


CAPPED = """
version = "t"
valid_from = 2020-01-01
[[grades]]
grade = "good"
minimum_points = 1
[[grades]]
grade = "bad"
[risk_class]
unknown_industry = "A"
[improvement]
applicants = "all"
eligible = 4
most_actions = 2
[[rules]]
id = "open"
when = [{ fact = "open_environmental_severity", operator = ">=", value = 1 }]
effect = "cap"
grade = "bad"
en = "x"
zh = "某"
source = "t"
"""


def test_a_remedied_incident_lifts_a_cap(applicants, judged, card):
    policy = parse_policy(CAPPED, file="t")
    open_ones = judged.filter(pl.col("open_environmental_severity") >= 1)
    assert open_ones.height > 0
    found = improvements(applicants, open_ones, model=card, policy=policy)
    first = found.filter(pl.col("rank") == 1)
    assert first["grade_before"].unique().to_list() == ["bad"]
    assert first["grade_after"].unique().to_list() == ["good"]
    assert first["actions"].to_list() == [["rectify_incident"]] * open_ones.height
    # The points were enough all along.
    assert (first["points_before"] >= 1).all()
    clean = judged.join(open_ones, on="application_id", how="anti").head(3)
    assert improvements(applicants, clean, model=card, policy=policy).is_empty()


def test_caps_that_ask_for_the_esg_part_see_that_of_the_set(firms, judged, sizes, card):
    asks = CAPPED.replace("open_environmental_severity", "esg_points").replace(
        'operator = ">=", value = 1', 'operator = "<", value = 100000'
    )
    policy = parse_policy(asks, file="t")
    application = np.array([0, 0])
    masks = np.array([0, 1 << ACTION_IDS.index("green_power")])
    found, _ = searched(
        firms, judged.sort("application_id"), sizes, application, masks, model=card, policy=policy
    )
    assert found["grade"].to_list() == ["bad", "bad"]
    none, _ = searched(
        firms,
        judged.sort("application_id"),
        sizes,
        application,
        masks,
        model=card,
        policy=parse_policy(asks.replace("value = 100000", "value = -100000"), file="t"),
    )
    assert none["grade"].to_list() == ["good", "good"]


def test_a_firm_with_nothing_but_a_name_and_an_industry_gets_an_answer(card, policy):
    bare = validate_tables(
        {
            "firms": pl.DataFrame(
                {"firm_id": ["F"], "id_scheme": ["bank"], "name": ["企业"], "industry": ["31"]}
            ),
            "applications": pl.DataFrame(
                {"application_id": ["A"], "firm_id": ["F"], "as_of": ["2024-06-30"]}
            ),
        },
        source="a test",
    )
    decision, found = way_of(bare, "A", model=card, policy=policy)
    assert decision.height == 1
    # Certificates can be obtained by anybody; nothing else can be told of this firm.
    assert found.height >= 1
    asked = {name for names in found["actions"] for name in names}
    assert asked <= {"certify_iso14001", "certify_iso50001", "certify_iso45001"}
    assert found["energy_saved_tce"].to_list() == [None] * found.height
    assert found["emissions_basis"].to_list() == [None] * found.height
