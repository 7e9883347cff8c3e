"""What the simulation draws beside the yearly figures: machines, carbon market, ecology, the book, groups, designs."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from features import reference
from features.catalogue import CATALOGUE
from features.contract import CONTRACT
from features.intake import validate_tables
from features.pipeline import compute
from features.simulate import simulate
from features.simulate.applications import day_number
from features.simulate.assumptions import number
from features.simulate.ecology import draw_ecology
from features.simulate.equipment import KINDS, draw_park
from features.simulate.firms import YEARS, draw_firms
from features.simulate.panel import draw_panel
from features.simulate.projects import NEUTRAL
from features.simulate.streams import Streams

NOT_IN_THE_SIMULATION = {"footprint_ratio"}
"""Needs reference footprints, which a bank lays over the shipped, empty table."""

RARE = {
    "capture_share": 0.01,
    "compensation_paid_of_due": 0.005,
    "compensation_received_share": 0.002,
    "sink_credit_share": 0.003,
    "scope3_intensity": 0.03,
    "methane_share": 0.05,
    "emerging_industry": 0.1,
}
"""Least share of applications with a value, where few firms hand the facts in."""
LEAST_KNOWN = 0.4


@pytest.fixture(scope="module")
def portfolio():
    return simulate(firms=2500, seed=17)


@pytest.fixture(scope="module")
def values(portfolio):
    return compute(validate_tables(portfolio.tables, source="simulation")).values


@pytest.fixture(scope="module")
def world():
    streams = Streams(seed=4)
    firms = draw_firms(streams, 1500)
    return streams, firms, draw_panel(streams, firms)


@pytest.mark.parametrize(
    "indicator", [i for i in CATALOGUE.values() if i.relative_to is None], ids=lambda i: i.id
)
def test_every_indicator_is_known_of_some_and_varies(values, indicator):
    column = values[indicator.id].drop_nulls()
    if indicator.id in NOT_IN_THE_SIMULATION:
        assert column.is_empty()
        return
    assert column.len() / values.height >= RARE.get(indicator.id, LEAST_KNOWN)
    assert column.n_unique() >= 2


def test_declared_footprints_would_meet_a_reference(portfolio):
    rows = portfolio.tables["certifications"].filter(pl.col("product").is_not_null())
    assert rows.height > 20
    assert rows["scheme"].unique().to_list() == ["iso14067"]
    assert (rows["quantity"] > 0).all()
    units = dict(rows.select("product", "unit").unique().iter_rows())
    assert units["cement_clinker"] == "kgCO2e/t"
    clinker = rows.filter(pl.col("product") == "cement_clinker")["quantity"]
    assert 700 < clinker.median() < 1300


def test_machines_follow_one_another_and_never_overlap(portfolio):
    rows = portfolio.tables["equipment"].with_columns(pl.col("equipment_id").str.split("-").alias("id"))
    assert (rows["retired_on"] > rows["commissioned_on"]).drop_nulls().all()
    assert (rows["published_on"] > rows["commissioned_on"]).drop_nulls().all()
    assert (rows["published_on"] > rows["retired_on"]).drop_nulls().all()
    assert set(rows["kind"].unique()) == set(KINDS)
    last = rows.group_by("firm_id", place=pl.col("id").list.get(2), turn=pl.col("id").list.get(3)).agg(
        pl.col("commissioned_on").first(), pl.col("retired_on").max()
    )
    old, new = (last.filter(pl.col("turn") == turn).drop("turn") for turn in ("1", "2"))
    both = old.join(new, on=["firm_id", "place"], suffix="_new").drop_nulls(
        ["retired_on", "commissioned_on_new"]
    )
    assert both.height > 300
    assert both["retired_on"].equals(both["commissioned_on_new"])


def test_the_list_without_days_says_each_machine_once(portfolio):
    undated = portfolio.tables["equipment"].filter(pl.col("published_on").is_null())
    assert undated.height > 50
    assert undated["commissioned_on"].null_count() == 0
    assert undated.select("firm_id", "equipment_id").is_duplicated().sum() == 0


def test_the_age_of_a_park_is_that_of_its_machines_by_hand(world):
    park = draw_park(*world)
    pairs = [(firm, day_number(2023, month, 9)) for firm, month in enumerate(range(1, 13), start=40)]
    found = park.age_on(np.array([f for f, _ in pairs]), np.array([d for _, d in pairs]))
    for (firm, day), age in zip(pairs, found, strict=True):
        power = years = 0.0
        for place in range(park.power.shape[1]):
            for turn in range(2):
                begun, gone = park.commissioned[firm, place, turn], park.retired[firm, place, turn]
                if begun <= day < gone:
                    power += park.power[firm, place, turn]
                    years += park.power[firm, place, turn] * (day - begun) / 365.25
        assert age == pytest.approx(years / power)


def test_well_led_firms_have_newer_and_better_machines(world):
    _, firms, _ = world
    park = draw_park(*world)
    day = np.full(firms.count, day_number(2023, 6, 30))
    age = park.age_on(np.arange(firms.count), day)
    assert np.corrcoef(age, firms.quality)[0, 1] < -0.1
    best = (park.grade[:, 0, 0] <= 2).astype(float)
    assert np.corrcoef(best, firms.quality)[0, 1] > 0.1


def test_photovoltaics_can_make_what_they_are_said_to_make(world):
    _, firms, panel = world
    park = draw_park(*world)
    made = panel.solar_mwh > 0
    power = park.power[:, -1, 0]
    assert (power[made.any(axis=1)] > 0).all()
    assert (power[~made.any(axis=1)] == 0).all()
    assert (panel.solar_mwh <= power[:, None] * 1.2 + 0.1).all()
    begun = np.array([dt.date(1970, 1, 1) + dt.timedelta(days=int(d)) for d in park.commissioned[:, -1, 0]])
    for firm in np.flatnonzero(made.any(axis=1))[:100]:
        assert begun[firm].year == YEARS[int(np.argmax(made[firm]))]
    assert firms.count == len(power)


def test_power_stations_get_the_allowances_of_the_benchmarks(world):
    _, firms, panel = world
    ecology = draw_ecology(*world)
    level = {
        row["id"]: row["value"]
        for row in reference.table("china_ets").to_dicts()
        if row["kind"] == "benchmark"
    }
    checked = 0
    for firm in np.flatnonzero(firms.power_station):
        gas = panel.mix[firm, 0, 2] > 0.5
        size = "gas" if gas else ("coal_gt300" if firms.size[firm] > 1 else "coal_le300")
        for place, year in enumerate(YEARS):
            if year < 2019 or panel.scope1[firm, place] < number("trading_threshold"):
                assert ecology.verified[firm, place] == 0
                continue
            supply = panel.sold_mwh[firm, place] / (0.94 if year >= 2023 else 1.0)
            assert ecology.allocated[firm, place] == pytest.approx(level[f"pwr_{year}_{size}"] * supply)
            checked += 1
    assert checked > 30
    traded = ecology.verified > 0
    assert (ecology.shortfall[~traded] == 0).all()
    assert set(firms.division[traded.any(axis=1)]) <= {"30", "31", "32", "44"}
    joined = traded & np.isin(firms.division, ["30", "31", "32"])[:, None]
    assert joined[:, YEARS.index(2024)].any()
    assert not joined[:, : YEARS.index(2024)].any()
    assert (ecology.shortfall[joined] == 0).all()


def test_compensation_is_paid_at_most_as_due_and_capture_stays_rare(world):
    _, firms, panel = world
    ecology = draw_ecology(*world)
    assert (ecology.paid <= ecology.due).all()
    assert ((ecology.due > 0).all(axis=1) == (ecology.due > 0).any(axis=1)).all()
    stores = (ecology.stored > 0).any(axis=1)
    assert 0 < stores.mean() < 0.03
    assert (ecology.stored <= 0.2 * panel.scope1).all()
    assert ecology.capture_asked[stores].all()
    assert (ecology.sinks <= 0.08 * (panel.scope1 + panel.scope2)).all()
    assert firms.count == len(stores)


def test_rows_of_ecology_have_their_unit_and_their_other_side(portfolio):
    rows = portfolio.tables["ecology"]
    money = pl.col("kind").str.starts_with("compensation")
    assert rows.filter(money)["unit"].unique().to_list() == ["万元"]
    assert rows.filter(~money)["unit"].unique().to_list() == ["tCO2e"]
    assert rows.filter(money)["counterparty_region"].null_count() == 0
    assert rows.filter(~money)["counterparty_region"].drop_nulls().is_empty()


@pytest.mark.parametrize("new_applicants", [False, True])
def test_loans_are_repaid_and_end(new_applicants):
    tables = simulate(firms=600, seed=3, new_applicants=new_applicants).tables
    loans = tables["loans"]
    assert loans.select("loan_id", "as_of").is_duplicated().sum() == 0
    assert (loans["as_of"] >= loans["originated_on"]).all()
    assert (loans["as_of"] < loans["matures_on"]).all()
    assert (loans["outstanding"] > 0).all()
    assert set(loans["asset_class"]) == {"business_loan", "project_finance"}
    falling = loans.sort("loan_id", "as_of").select(pl.col("outstanding").diff().over("loan_id")).drop_nulls()
    assert (falling.to_series() < 0).all()
    if not new_applicants:
        granted = tables["applications"].filter(pl.col("decision") == "approved")["firm_id"]
        assert set(loans["firm_id"]) <= set(granted)


def test_nobody_owns_himself_by_any_way(portfolio):
    place = {firm: n for n, firm in enumerate(portfolio.tables["firms"]["firm_id"])}
    rows = portfolio.tables["ownership"]
    assert 0.03 < rows.height / len(place) < 0.15
    assert rows["firm_id"].n_unique() == rows.height
    assert all(
        place[parent] < place[firm] for firm, parent in rows.select("firm_id", "parent_id").iter_rows()
    )
    assert rows["share"].is_between(0.3, 1).all()
    assert (rows["valid_to"] > rows["valid_from"]).drop_nulls().all()
    assert rows["valid_to"].drop_nulls().len() > 0


def test_the_design_of_a_line_reads_back_as_its_position(portfolio, values):
    lines = portfolio.tables["applications"].filter(pl.col("design_energy").is_not_null())
    assert lines.height > 100
    assert "working_capital" not in lines["project_kind"].unique().to_list()
    levels = {row["id"]: row for row in reference.table("sector_benchmarks").to_dicts()}
    found = dict(values.select("application_id", "project_vs_benchmark").iter_rows())
    for row in lines.to_dicts():
        level = levels[row["project_product"]]
        assert row["design_energy_unit"] == level["unit"]
        place = (level["baseline"] - row["design_energy"]) / (level["baseline"] - level["advanced"])
        assert found[row["application_id"]] == pytest.approx(min(max(place, -2), 2), abs=1e-6)
    capital = portfolio.tables["applications"].filter(pl.col("project_kind") == "working_capital")
    assert {found[a] for a in capital["application_id"]} == {NEUTRAL}
    assert CATALOGUE["project_vs_benchmark"].neutral == NEUTRAL


def test_the_simulation_draws_every_column_of_the_annual_table(portfolio):
    declared = {column.name for column in CONTRACT["annual"].columns}
    assert set(portfolio.tables["annual"].columns) == declared
    assert not [c for c, empty in portfolio.tables["annual"].null_count().row(0, named=True).items()
                if empty == portfolio.tables["annual"].height]  # fmt: skip


def test_only_listed_firms_have_an_enterprise_value(portfolio):
    """PCAF: the market value of the equity and the book value of the debt; cash is not taken off."""
    annual = portfolio.tables["annual"].filter(pl.col("total_assets").is_not_null())
    by_firm = annual.group_by("firm_id").agg(
        told=pl.col("evic").is_not_null().sum(), years=pl.len(), assets=pl.col("total_assets").log().mean()
    )
    # A firm is listed in all its years or in none; where the balance sheet is told, so is the market value.
    listed = by_firm.filter(pl.col("told") > 0)
    assert (listed["told"] == listed["years"]).all()
    share = listed.height / by_firm.height
    assert 0.5 * number("listed_share") < share < 2 * number("listed_share")
    assert listed["assets"].mean() > by_firm["assets"].mean() + 0.5
    told = annual.filter(pl.col("evic").is_not_null())
    market_to_book = (told["evic"] - told["total_debt"]) / (told["total_assets"] - told["total_liabilities"])
    assert (market_to_book > 0).all()
    assert market_to_book.median() == pytest.approx(number("market_to_book"), rel=0.35)
    assert portfolio.tables["annual"].filter(pl.col("total_assets").is_null())["evic"].null_count() > 0
