"""Facts behind an indicator, other values of them, and the group; each against the kept tables themselves."""

from __future__ import annotations

import polars as pl
import pytest

from features.asof import facts as asof_facts
from features.catalogue import CATALOGUE
from features.contract import CONTRACT
from features.errors import GreenCreditError
from scoring.basis import rescored
from scoring.basis.searched import searched_asks, searched_ways
from scoring.workbench.applicant import group
from scoring.workbench.applicant.changeable import changeable_cells, changed_dataset, read_change
from scoring.workbench.applicant.factors import factors_of
from scoring.workbench.applicant.lineage import fact_tables, known_indicators
from scoring.workbench.applicant.trial import offers, tried
from scoring.workbench.applicant.way import ask_lines, way_lines


@pytest.fixture(scope="module")
def facts(one):
    with one.basis.in_force():
        return asof_facts(one.own, one.basis.settings)


@pytest.fixture(scope="module")
def cells(one):
    return changeable_cells(one.own, "en")


def test_every_indicator_leads_to_its_rows(one, facts):
    known = known_indicators(one.results, "en")
    assert {line.indicator for line in known} == {n for n in one.results.indicators.columns if n in CATALOGUE}
    for line in known:
        tables = fact_tables(facts, line.indicator, "zh")
        assert tables, line.indicator
        for table in tables:
            assert len(table.columns) == len(set(table.columns))
            assert all(len(row) == len(table.columns) for row in table.rows)


def test_the_rows_are_those_of_the_firm_with_their_units(one, facts):
    (energy,) = fact_tables(facts, "coal_share", "en")
    seen = facts.energy
    assert len(energy.rows) + energy.more == seen.height
    quantity = energy.columns.index("quantity")
    told = sorted(float(row[quantity].replace(",", "")) for row in energy.rows)
    shown = sorted(round(value, 4) for value in seen["quantity"])
    assert energy.more or told == pytest.approx(shown, rel=1e-5)
    assert "unit" in energy.columns


def test_a_factor_stands_with_its_source(one, facts):
    with one.basis.in_force():
        energy = factors_of(facts, "energy", "en")
        emissions = factors_of(facts, "emissions", "en")
    assert any("tce/" in factor.value and "tCO2/" in factor.value for factor in energy)
    assert any("tCO2/MWh" in factor.value for factor in energy)
    assert any("tCO2e/t (AR5)" in factor.value for factor in emissions)
    assert all(factor.source for factor in energy + emissions)
    assert factors_of(facts, "annual", "en") == []


def test_a_figure_is_where_it_says(one, cells):
    assert {cell.table for cell in cells.values()} >= {"annual", "energy", "emissions", "applications"}
    for cell in cells.values():
        assert one.own.tables[cell.table][cell.column][cell.position] == cell.value
        assert cell.column not in CONTRACT[cell.table].key


def test_another_value_changes_one_cell_only(one, cells):
    cell = next(cell for cell in cells.values() if cell.table == "energy")
    after = changed_dataset(one.own, [read_change(cells, cell.id, "1,234.5")])
    for name, table in one.own.tables.items():
        other = after.tables[name]
        if name != "energy":
            assert other.equals(table)
    assert after.tables["energy"]["quantity"][cell.position] == 1234.5
    moved = after.tables["energy"]["quantity"] != one.own.tables["energy"]["quantity"]
    assert moved.sum() == 1


@pytest.mark.parametrize("value", ["", "many", "nan", "inf", "-1", "<b>1</b>"])
def test_an_impossible_value_is_refused(cells, value):
    cell = next(cell for cell in cells.values() if cell.table == "energy")
    with pytest.raises(GreenCreditError):
        read_change(cells, cell.id, value)


def test_an_unknown_figure_is_refused(cells):
    with pytest.raises(GreenCreditError, match="no such figure"):
        read_change(cells, "firms:0:name", "1")


def test_what_is_tried_is_what_the_batch_would_score(one, cells):
    cell = max((c for c in cells.values() if c.column == "total_liabilities"), key=lambda c: c.year)
    change = read_change(cells, cell.id, str(cell.value * 0.2))
    with one.basis.in_force():
        found = tried(one.own, one.id, one.basis, actions=[], changes=[change], lang="en")
    before = one.results.decisions.row(0, named=True)
    after = rescored(one.basis, changed_dataset(one.own, [change])).decisions.row(0, named=True)
    assert (found.points_before, found.grade_before) == (before["points_shown"], before["grade"])
    assert (found.points_after, found.grade_after) == (after["points_shown"], after["grade"])
    assert found.change == after["points"] - before["points"]
    assert found.change > 0
    assert "Leverage" in {line.name for line in found.moved}
    told = sum(line.points for line in found.moved) + found.rest
    assert told == pytest.approx(100 * found.change, abs=1)


def test_an_offered_action_says_what_it_does_and_moves_something(one):
    with one.basis.in_force():
        offered = offers(one.own, one.basis, "en")
        chinese = offers(one.own, one.basis, "zh")
        names = [offer.action for offer in offered]
        found = tried(one.own, one.id, one.basis, actions=names[-1:], changes=[], lang="en")
    assert [offer.action for offer in chinese] == names
    assert all(offer.line for offer in offered)
    # What is offered can be done: it moves something.
    assert found.moved


def test_trying_nothing_or_the_impossible_is_told(one):
    for actions in ([], ["coal_boiler_gas", "coal_boiler_biomass"], ["no_such_action"]):
        with one.basis.in_force(), pytest.raises(GreenCreditError):
            tried(one.own, one.id, one.basis, actions=actions, changes=[], lang="en")


def test_the_way_and_the_asks_are_found_when_asked_for(one):
    with one.basis.in_force():
        ways = searched_ways(one.own, one.id, one.basis)
        asked = searched_asks(one.own, one.results.indicators, one.results.decisions, one.basis)
    lines = way_lines(ways, "en", most=4)
    grades = list(one.basis.policy.grade_names)
    assert bool(lines) == (one.results.decisions["grade"][0] != grades[0])
    assert all(line.points_before == one.results.decisions["points_shown"][0] for line in lines)
    assert [line.document for line in ask_lines(asked, "zh")] == asked.sort("rank")["document"].to_list()


def test_a_group_is_found_from_each_of_its_firms(one):
    ownership = pl.read_parquet(one.basis.facts.folder / "ownership.parquet")
    held = ownership.filter(pl.col("parent_id") == one.firm_id)["firm_id"].to_list()
    assert held
    related = group.related_firms(one.basis, one.firm_id)
    assert related == group.related_firms(one.basis, held[0])
    assert {one.firm_id, *held} <= related
    day = one.results.decisions["as_of"][0]
    with one.basis.in_force():
        (found,) = group.groups_of_firm(one.basis, one.firm_id, one.results, "en", as_of=day)
    assert found.members[0].firm_id == one.firm_id
    assert found.members[0].share == "100.0 %"
    assert {member.firm_id for member in found.members[1:]} == set(held)
    assert found.indicators


def test_who_has_no_holdings_has_no_group(one):
    ownership = pl.read_parquet(one.basis.facts.folder / "ownership.parquet")
    tied = {*ownership["firm_id"], *ownership["parent_id"]}
    decisions = pl.read_parquet(one.folder / "decisions.parquet")
    alone = decisions.filter(~pl.col("firm_id").is_in(list(tied)))["firm_id"][0]
    day = one.results.decisions["as_of"][0]
    assert group.groups_of_firm(one.basis, alone, one.results, "en", as_of=day) == []


def test_too_many_related_firms_are_told(one, monkeypatch):
    monkeypatch.setattr(group, "MOST_FIRMS", 1)
    with pytest.raises(GreenCreditError, match="More than 1 firms"):
        group.related_firms(one.basis, one.firm_id)
