"""Scenarios on a small portfolio: nothing moves nobody, each equals a batch by hand, and dearer carbon never helps."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from importlib import resources
from types import MappingProxyType

import polars as pl
import pytest

from features import reference
from features.asof import facts
from features.emissions.derived import derived_emissions
from features.errors import GreenCreditError
from features.intake import validate_tables
from features.pipeline import compute
from features.settings import Settings
from features.simulate import simulate
from models.registry import RegisteredModel
from models.scorecard_file import parse_scorecard
from scoring import batch
from scoring.policy import load_policy
from scoring.scenarios import Scenario, run_scenarios
from scoring.scenarios.facts import with_allowances, with_grid, years_on_the_grid
from scoring.scenarios.files import JSON, PAGE, TABLE, write_scenarios
from scoring.scenarios.measures import TOTAL, movers
from scoring.scenarios.run import decide_under
from scoring.scenarios.text import scenarios_text

POLICY = load_policy()
CARD = """
version = "test"
title = "Carbon"
[scale]
points = 600
odds = 30
pdo = 20
[reference]
probability = 0.03
[[indicators]]
id = "carbon_cost_share"
weight = 60
breakpoints = [0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.001]
reference = 0.015
[[indicators]]
id = "carbon_intensity"
weight = 60
breakpoints = [20, 10, 8, 6, 4, 2, 1.5, 1, 0.8, 0.6, 0.4, 0.2, 0.1, 0.05]
reference = 0.7
[[indicators]]
id = "under_reporting"
weight = 20
breakpoints = [0.5, 0.3, 0.2, 0.1, 0.05, 0.01]
reference = 0.06
[[indicators]]
id = "benchmark_position"
weight = 10
breakpoints = [0.0, 0.5, 1.0]
reference = 0.5
"""
SHORT = 16
"""Firms that are given fewer allowances than they need."""


@pytest.fixture(scope="module")
def model():
    card = parse_scorecard(CARD, file="card.toml")
    return RegisteredModel(
        model=card, name="green-credit", version="9", run_id="run9", uri="models:/green-credit/9",
        label_origin="declared", demonstration=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def tables():
    found = dict(simulate(firms=26, seed=8, new_applicants=True).tables)
    firms = found["firms"]["firm_id"].unique(maintain_order=True)[:SHORT]
    # Facts of the emissions trading, the later ones ever shorter of allowances; of some firms none are missing.
    rows = [
        (firm, "2023", kind, amount * (1 + place % 5), "tCO2e", dt.date(2024, 3, 1))
        for place, firm in enumerate(firms)
        for kind, amount in (
            ("verified_emissions", 40_000.0),
            ("allowances_allocated", 39_000.0 - 1500.0 * place),
        )
    ]
    columns = ["firm_id", "period", "kind", "amount", "unit", "published_on"]
    trading = pl.DataFrame(rows, schema=columns, orient="row")
    kept = found["ecology"].filter(~pl.col("kind").is_in(["verified_emissions", "allowances_allocated"]))
    found["ecology"] = pl.concat([kept, trading], how="diagonal_relaxed")
    return MappingProxyType(found)


@pytest.fixture(scope="module")
def read(tables):
    seen = {}

    def once():
        key = reference.set_version()
        if key not in seen:
            seen[key] = validate_tables(dict(tables), source="simulated")
        return seen[key]

    return once


@pytest.fixture(scope="module")
def own_policy(tmp_path_factory):
    file = tmp_path_factory.mktemp("policy") / "stricter.toml"
    shipped = resources.files("scoring").joinpath("policy.toml").read_text(encoding="utf-8")
    file.write_text(shipped.replace("minimum_points = 600", "minimum_points = 612", 1), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def run(read, model, own_policy):
    scenarios = [
        Scenario(name="as_it_is"),
        Scenario(name="carbon_300", en="Carbon at 300", zh="碳价300", settings={"carbon_price": 300.0}),
        Scenario(name="carbon_900", settings={"carbon_price": 900.0}),
        Scenario(name="fewer_allowances", scale={"allowances": 0.5}),
        Scenario(name="dirty_grid", scale={"grid_factors": 2.0}),
        Scenario(name="stricter", policy=own_policy),
    ]
    return run_scenarios(read, scenarios, model=model, policy=POLICY)


def outcome(run, name):
    return next(one for one in run.outcomes if one.scenario.name == name)


def test_a_scenario_like_the_base_moves_nobody(run):
    same = outcome(run, "as_it_is")
    table = same.table
    assert table["change"].to_list() == [0.0] * table.height
    assert table["grade"].equals(table["grade_base"].alias("grade"))
    assert table["review"].equals(table["review_base"].alias("review"))
    assert same.indicators.is_empty()
    assert table.select(pl.col("indicator", "indicator_points").null_count()).row(0) == (table.height,) * 2
    assert movers(table, most=5).is_empty()
    assert same.review["joins"] == same.review["leaves"] == 0
    off = [
        row[name]
        for row in same.migration.iter_rows(named=True)
        for name in POLICY.grade_names
        if name != row["grade_base"]
    ]
    assert not any(off)


def test_a_scenario_is_the_batch_scored_by_hand(run, read, model, tmp_path):
    by_hand = batch.score(
        read(), model=model, policy=POLICY, settings=Settings(carbon_price=300.0), out=tmp_path / "o"
    )
    decided = by_hand.results.decisions
    found = outcome(run, "carbon_300").table
    for name in ("application_id", "points", "points_shown", "grade", "review"):
        assert found[name].equals(decided[name]), name
    assert found["points_base"].to_list() == run.base.decisions["points"].to_list()
    assert (found["points"] != found["points_base"]).any()


def test_dearer_carbon_never_raises_points_of_a_firm_short_of_allowances(run):
    dear, dearer = (outcome(run, name).table for name in ("carbon_300", "carbon_900"))
    assert dear["change"].max() == 0.0
    assert (dearer["points"] <= dear["points"]).all()
    assert (dear["change"] < 0).sum() > 3
    fewer = outcome(run, "fewer_allowances")
    assert fewer.table["change"].max() == 0.0
    assert fewer.table["change"].min() < 0
    moved = dict(fewer.indicators.select("indicator", "applications").iter_rows())
    assert set(moved) == {"allowance_shortfall", "carbon_cost_share"}
    # The scorecard does not use the shortfall: it moves, and nothing is scored.
    scored = dict(fewer.indicators.select("indicator", "scored").iter_rows())
    assert scored["allowance_shortfall"] == 0 < scored["carbon_cost_share"] <= moved["carbon_cost_share"]


def test_the_migration_matrix_sums_to_the_counts_of_the_base(run):
    for one in run.outcomes:
        matrix, table = one.migration, one.table
        before, after = table["grade_base"].to_list(), table["grade"].to_list()
        for row in matrix.iter_rows(named=True):
            names = [name for name in row if name not in {"grade_base", TOTAL}]
            assert sum(row[name] for name in names) == row[TOTAL] == before.count(row["grade_base"])
            for name in names:
                assert row[name] == sum(
                    old == row["grade_base"] and new == name for old, new in zip(before, after, strict=True)
                )
        assert matrix[TOTAL].sum() == run.base.decisions.height == table.height


def test_sectors_and_review_are_counted(run):
    for one in run.outcomes:
        rows = one.table.to_dicts()
        for sector in one.sectors.iter_rows(named=True):
            own = [row for row in rows if row["industry_division"] == sector["industry_division"]]
            assert sector["applications"] == len(own)
            assert sector["changed"] == sum(row["change"] != 0 for row in own)
            assert sector["change"] == pytest.approx(sum(row["change"] for row in own) / len(own), abs=1e-9)
            assert sector["down"] == sum(row["steps"] > 0 for row in own)
            assert sector["up"] == sum(row["steps"] < 0 for row in own)
        assert one.sectors["applications"].sum() == len(rows)
        assert one.review["scenario"] == one.review["base"] + one.review["joins"] - one.review["leaves"]


def test_the_worst_mover_and_why(run):
    table = outcome(run, "carbon_900").table
    worst = movers(table, most=3)
    assert worst["change"].to_list() == sorted(table["change"].to_list())[:3]
    assert worst["indicator"].to_list() == ["carbon_cost_share"] * 3
    assert worst["indicator_points"].to_list() == pytest.approx(worst["change"].to_list(), abs=1e-9)


def test_another_policy_moves_grades_and_no_points(run):
    table = outcome(run, "stricter").table
    assert (table["change"] == 0).all()
    between = table["points_shown"].is_between(600, 611)
    assert (table["steps"] > 0).equals(between & (table["grade_base"] == "BB"))
    assert (table["steps"] >= 0).all()
    assert between.any()


def test_reported_scope_2_moves_with_the_grid_by_its_electricity(read):
    dataset = read()
    settings = Settings()
    before = years_on_the_grid(dataset, settings=settings)
    with reference.overlaid(reference.scaled("grid_factors", "factor", 0.5)):
        after = years_on_the_grid(dataset, settings=settings)
    moved = with_grid(dataset, before=before, after=after)
    # A twin row by row: half of the electricity's share of what was bought goes.
    seen = facts(dataset, settings)
    firms = dict(seen.applications.select("application_id", "firm_id").iter_rows())
    bought = {
        (firms[row["application_id"]], row["year"]): (row["electricity_co2"], row["heat"])
        for row in derived_emissions(seen).to_dicts()
    }
    moves = 0
    for old, new in zip(
        dataset.tables["emissions"].to_dicts(), moved.tables["emissions"].to_dicts(), strict=True
    ):
        if old["scope"] != "2-location":
            assert new == old
            continue
        power, heat = bought.get((old["firm_id"], old["period_start"].year), (None, None))
        known = power is not None and heat is not None and power + heat > 0
        share = power / (power + heat) if known else 1.0
        assert new["quantity"] == pytest.approx(old["quantity"] * (1 - 0.5 * share))
        moves += 0 < share < 1
    assert moves
    assert {name for name in dataset.tables if not dataset.tables[name].equals(moved.tables[name])} == {
        "emissions"
    }


def test_a_dirtier_grid_makes_no_firm_look_as_if_it_hid_emissions(run, read):
    dataset, settings = read(), Settings()
    before = years_on_the_grid(dataset, settings=settings)
    with reference.overlaid(reference.scaled("grid_factors", "factor", 2.0)):
        after = years_on_the_grid(dataset, settings=settings)
        # Were reports left where they are, every honest user of electricity would seem to under-report.
        left = compute(dataset, settings=settings).values["under_reporting"]
        moved = compute(with_grid(dataset, before=before, after=after), settings=settings).values
    honest = (run.base.values["under_reporting"] < 0.02).fill_null(value=False)
    assert (left.filter(honest) > 0.1).sum() > 3
    assert moved["under_reporting"].filter(honest).max() < 0.05
    found = outcome(run, "dirty_grid")
    assert found.table["change"].min() < 0
    assert "carbon_intensity" in found.indicators["indicator"].to_list()
    # The scenario is exactly that.
    differs = moved["carbon_intensity"].ne_missing(run.base.values["carbon_intensity"])
    counted = dict(found.indicators.select("indicator", "applications").iter_rows())
    assert counted["carbon_intensity"] == differs.sum()


def test_allowances_are_scaled_and_nothing_else(read):
    dataset = read()
    scaled = with_allowances(dataset, 0.25)
    for old, new in zip(
        dataset.tables["ecology"].to_dicts(), scaled.tables["ecology"].to_dicts(), strict=True
    ):
        times = 0.25 if old["kind"] == "allowances_allocated" else 1.0
        assert new == old | {"amount": old["amount"] * times}


def test_an_edition_holds_for_every_year_and_an_overlay_lies_under_it(run, read, model, tmp_path):
    rows = reference.shipped("sector_benchmarks")
    tight = rows.with_columns(
        pl.col("baseline") * 0.5, pl.col("advanced") * 0.4, valid_from=pl.lit(dt.date(2030, 1, 1)), valid_to=None,
        edition=pl.lit("2030"),
    )  # fmt: skip
    ending = rows.with_columns(valid_to=pl.lit(dt.date(2029, 12, 31)))
    (tmp_path / "next").mkdir()
    pl.concat([ending, tight], how="vertical_relaxed").write_csv(tmp_path / "next" / "sector_benchmarks.csv")
    in_force = Scenario(name="in_force", factors=tmp_path / "next")
    held = replace(in_force, editions={"sector_benchmarks": dt.date(2030, 6, 30)})
    found = [
        decide_under(one, read, read(), model=model, policy=POLICY, settings=Settings())
        for one in (in_force, held)
    ]
    assert len({run.factor_set, *(factor_set for _, factor_set in found)}) == 3
    # Facts of today are judged by today's edition, until the scenario holds all of them against the next one.
    today, then = (portfolio for portfolio, _ in found)
    assert today.values.equals(run.base.values)
    position = "benchmark_position"
    # One half stands for a firm that makes nothing with levels.
    known = (run.base.values[position] != 0.5).fill_null(value=False)
    assert known.any()
    assert (then.values[position] < today.values[position]).filter(known).all()
    assert (then.decisions["points"] <= today.decisions["points"]).all()
    assert (then.decisions["points"] < today.decisions["points"]).any()


def test_scenarios_need_names_of_their_own(read, model):
    for names in ([], ["a", "a"], ["base"]):
        with pytest.raises(GreenCreditError, match="a name of its own"):
            run_scenarios(read, [Scenario(name=name) for name in names], model=model, policy=POLICY)


def test_text_and_files_tell_the_same(run, tmp_path):
    told = scenarios_text(run)
    assert "== carbon_300: Carbon at 300 碳价300" in told
    assert "DEMONSTRATION" not in told
    fewer = outcome(run, "fewer_allowances")
    assert f"{int((fewer.table['change'] != 0).sum())} of {fewer.table.height} applications change" in told
    assert "no points 不影响分数" in told
    for folder in ("a", "b"):
        write_scenarios(run, tmp_path / folder)
    assert {path.name for path in (tmp_path / "a").iterdir()} == {TABLE, JSON, PAGE}
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    table = pl.read_parquet(tmp_path / "a" / TABLE)
    assert (
        table.filter(pl.col("scenario") == "carbon_900")
        .drop("scenario")
        .equals(outcome(run, "carbon_900").table)
    )
    figures = json.loads((tmp_path / "a" / JSON).read_text(encoding="utf-8"))
    assert [one["name"] for one in figures["scenarios"]] == [one.scenario.name for one in run.outcomes]
    page = (tmp_path / "a" / PAGE).read_text(encoding="utf-8")
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "碳价300" in page
    assert "Demonstration" not in page
