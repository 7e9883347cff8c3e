"""Every gaming move of the library: what stops it is what it declares, and not luck."""

from __future__ import annotations

import polars as pl
import pytest

from features.catalogue import CATALOGUE
from scoring.gaming.judged import judged
from scoring.gaming.library import MOVES
from scoring.gaming.stack import touched_firms
from scoring.policy import load_policy

NOTHING = 1e-9
BY_ID = {move.id: move for move in MOVES}


def test_moves_have_names_of_their_own_texts_and_reasons():
    assert len(BY_ID) == len(MOVES) > 100
    rules = {rule.id for rule in load_policy().rules}
    for move in MOVES:
        assert move.en.endswith(".")
        assert move.zh.endswith("。")
        # What is not stopped is told with its reason; what is stopped has neither.
        assert bool(move.why_open) == (move.most > 0.0), move.id
        assert move.stopped_by != "open" or move.most > 0.0, move.id
        assert (
            bool(move.witnesses) == (move.stopped_by not in {"construction", "open"})
            or move.stopped_by == "open"
        )
        if move.stopped_by == "review_rule":
            assert set(move.witnesses) <= rules
        if move.stopped_by == "missing_sum":
            assert set(move.witnesses) & set(CATALOGUE)


@pytest.mark.parametrize("name", sorted(BY_ID))
def test_a_move_is_stopped_by_what_it_declares(name, tried, honest):
    move, rows = BY_ID[name], tried.filter(pl.col("move") == name).to_dicts()
    if not rows:
        # Nobody can withhold what nobody has.
        table, _, column = name.removeprefix("withhold_").partition("_")
        assert honest.tables[table][column].null_count() == honest.tables[table].height
        return
    if move.stopped_by == "construction":
        assert all(row["better"] == [] and row["gain"] <= NOTHING for row in rows)
    if move.stopped_by == "missing_sum":
        assert any(row["turned_missing"] for row in rows)
        assert not any(row["still_there"] for row in rows)
    rises = [row for row in rows if row["places_won"] > 0]
    by = [row for row in rises if not (row["in_review"] and set(row["named"]) & set(move.witnesses))]
    if move.stopped_by in {"cross_check", "review_rule"}:
        assert any(row["named"] for row in rows)
    # A share on eighty firms is a rough figure: of a rest, no more than sampling explains.
    assert len(by) <= (0 if move.most == 0.0 else 3 + 2 * move.most * len(rows)), by[:3]


@pytest.mark.parametrize("name", ["fuel_left_out", "firm_split", "withhold_annual_value_added"])
def test_the_trial_is_the_decision_before_and_after_one_by_one(name, tried, honest, card):
    move, policy = BY_ID[name], load_policy()
    played = move.apply(honest)
    before = judged(honest, model=card, policy=policy).decisions.to_dicts()
    after = judged(played, model=card, policy=policy)
    then = {row["application_id"]: row for row in before}
    firm = dict(honest.tables["applications"].select("application_id", "firm_id").iter_rows())
    touched = set(touched_firms(honest, played))
    warned = {}
    for application, check in after.warnings.iter_rows():
        warned.setdefault(application, set()).add(check)
    expected = []
    for row in after.decisions.to_dicts():
        old = then[row["application_id"]]
        if firm[row["application_id"]] not in touched:
            assert row == old
            continue
        named = (warned.get(row["application_id"], set()) | set(row["review_reasons"])) & set(move.witnesses)
        expected.append(
            (
                row["application_id"],
                round(row["points"] - old["points"], 9),
                old["grade_place"] - row["grade_place"],
                row["review"],
                sorted(named),
            )
        )
    rows = tried.filter(pl.col("move") == name)
    found = [
        (r["application_id"], round(r["gain"], 9), r["places_won"], r["in_review"], r["named"])
        for r in rows.to_dicts()
    ]
    assert found == sorted(expected)
    assert found


def test_moves_leave_the_dataset_as_it_was(honest):
    before = {name: table.clone() for name, table in honest.tables.items()}
    for move in MOVES:
        once, again = move.apply(honest), move.apply(honest)
        assert touched_firms(once, again) == []
    assert all(table.equals(honest.tables[name]) for name, table in before.items())
