"""Every effect of a rule: it follows where the rule fires, not where it does not, and waits where its row is unconfirmed."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from features import reference
from scoring.policy import decide, parse_policy

HEAD = """
version = "t"
valid_from = 2025-01-01
valid_to = 2026-12-31
grades = [{ grade = "A", minimum_points = 640 }, { grade = "B", minimum_points = 600 }, { grade = "C" }]
risk_class = { unknown_industry = "C" }
price = { by_grade = { A = 0, B = 30 }, lowest = -5, highest = 60 }
"""
FIRES = '{ fact = "open_environmental_severity", operator = ">=", value = 3 }'
DAY = dt.date(2025, 11, 1)


def policy_of(*rules):
    parts = [HEAD]
    for number, (effect, keys, when) in enumerate(rules):
        parts.append(
            f'[[rules]]\nid = "r{number}"\neffect = "{effect}"\nwhen = [{when}]\nen = "r"\nzh = "r"\nsource = "r"\n{keys}\n'
        )
    return parse_policy("".join(parts), file="t.toml")


def frame(**values):
    """Return two applications that differ only in the open incident: the first one fires ``FIRES``."""
    base = {
        "application_id": ["A1", "A2"], "as_of": [DAY, DAY], "points": [650.0, 650.0],
        "industry_division": [None, None], "open_environmental_severity": [3, None],
    }  # fmt: skip
    given = base | {name: [value, value] for name, value in values.items()}
    return pl.DataFrame(given, schema_overrides={"industry_division": pl.String})


def decided(*rules, **values):
    return decide(frame(**values), policy=policy_of(*rules)).rows(named=True)


EFFECTS = [
    # effect, its key, column, value where the rule fires, value where it does not
    ("cap", 'grade = "B"', "grade", "B", "A"),
    ("cap", 'grade = "B"', "grade_before_caps", "A", "A"),
    ("veto", "", "grade", "C", "A"),
    ("veto", "", "vetoed", True, False),
    ("veto", "", "price_basis_points", None, 0),
    ("raise_class", 'class = "B"', "risk_class", "B", "C"),
    ("watch_list", "", "watch_list", True, False),
    ("label", 'label = "green_services"', "labels", ["green_services"], []),
    ("label", 'label = "green_services"', "label_candidates", [], []),
    ("price", "basis_points = 12", "price_basis_points", 12, 0),
    ("price", "basis_points = -12", "price_basis_points", -5, 0),
    ("price", "basis_points = 99", "price_basis_points", 60, 0),
    ("condition_precedent", "", "conditions_precedent", ["r0"], []),
    ("covenant", "", "covenants", ["r0"], []),
    ("support", 'measure = "cerf"', "support", ["cerf"], []),
    ("review", "", "review", True, False),
    ("review", "", "review_reasons", ["r0"], []),
]


@pytest.mark.parametrize(("effect", "keys", "column", "fires", "not_fires"), EFFECTS)
def test_an_effect_follows_where_the_rule_fires_and_only_there(effect, keys, column, fires, not_fires):
    first, second = decided((effect, keys, FIRES))
    assert (first[column], second[column]) == (fires, not_fires)
    assert (first["rules_fired"], second["rules_fired"]) == (["r0"], [])
    assert first["review"] == (effect == "review")


@pytest.mark.parametrize(("effect", "keys", "column", "fires", "not_fires"), EFFECTS)
def test_an_effect_waits_for_a_person_while_its_row_is_unconfirmed(effect, keys, column, fires, not_fires):
    rests = f'{keys}\nrests_on = ["sector_benchmarks:cement_clinker"]'
    first, second = decided((effect, rests, FIRES))
    assert second[column] == not_fires
    if effect == "review":
        assert first[column] == fires
    elif column == "label_candidates":
        assert first[column] == ["green_services"]
    else:
        assert first[column] == not_fires
    assert (first["review"], first["review_reasons"], first["rules_fired"]) == (True, ["r0"], ["r0"])


@pytest.mark.parametrize(
    ("confirmed", "acts"), [(True, True), (False, False), (None, False)], ids=["yes", "no", "names no row"]
)
def test_a_rule_on_the_applications_own_rows_acts_where_those_are_confirmed(confirmed, acts):
    rule = ("cap", 'grade = "B"\nrests_on = ["sector_benchmarks@made"]', FIRES)
    first, second = decided(rule, made_benchmarks_confirmed=confirmed)
    assert (first["grade"], first["review"]) == (("B", False) if acts else ("A", True))
    assert (second["grade"], second["review"]) == ("A", False)


@pytest.mark.parametrize(
    ("day", "holds"),
    [(dt.date(2025, 9, 30), False), (dt.date(2025, 10, 1), True), (None, False)],
    ids=["the eve", "the day", "no day"],
)
def test_a_label_is_dated(day, holds):
    first, _ = decided(("label", 'label = "green_services"', FIRES), as_of=day)
    assert first["labels"] == (["green_services"] if holds else [])
    assert first["label_candidates"] == []
    assert first["rules_fired"] == (["r0"] if holds else [])


def test_a_support_measure_is_dated():
    rule = ("support", 'measure = "equipment_renewal_loan"', FIRES)
    assert decided(rule, as_of=dt.date(2024, 3, 6))[0]["support"] == []
    assert decided(rule, as_of=dt.date(2024, 3, 7))[0]["support"] == ["equipment_renewal_loan"]


def test_a_recalled_label_is_a_candidate_until_the_bank_confirms_its_row(tmp_path):
    rule = ("label", 'label = "transition_steel"', FIRES)
    first, _ = decided(rule)
    assert (first["labels"], first["label_candidates"], first["review"]) == ([], ["transition_steel"], True)
    row = reference.table("finance_labels").filter(pl.col("id") == "transition_steel")
    row.with_columns(confirmed_by=pl.lit("Li"), confirmed_on=pl.lit("2025-10-20")).write_csv(
        tmp_path / "finance_labels.csv"
    )
    with reference.overlaid(tmp_path):
        first, _ = decided(rule)
    assert (first["labels"], first["label_candidates"], first["review"]) == (["transition_steel"], [], False)


def test_one_label_of_two_rules_stands_once_and_is_no_candidate_beside():
    recalled = 'label = "green_services"\nrests_on = ["sector_benchmarks"]'
    first, _ = decided(
        ("label", 'label = "green_services"', FIRES),
        ("label", 'label = "green_services"', FIRES),
        ("label", recalled, FIRES),
    )
    assert (first["labels"], first["label_candidates"]) == (["green_services"], [])
    assert first["review_reasons"] == ["r2"]


LATE = [
    ('{ fact = "grade", operator = "==", value = "B" }', True),
    ('{ fact = "grade", operator = "in", value = ["A", "C"] }', False),
    ('{ fact = "risk_class", operator = "==", value = "A" }', True),
    ('{ fact = "vetoed", operator = "==", value = 1 }', False),
    ('{ fact = "green_labels", operator = ">=", value = 1 }', True),
    ('{ fact = "green_labels", operator = ">=", value = 2 }', False),
    ('{ fact = "transition_labels", operator = ">=", value = 1 }', False),
]


@pytest.mark.parametrize(("when", "fires"), LATE)
def test_what_was_decided_is_a_fact_for_the_rules_that_propose(when, fires):
    first, second = decided(
        ("covenant", "", when),  # stands first in the file and is worked out last
        ("cap", 'grade = "B"', FIRES),
        ("raise_class", 'class = "A"', FIRES),
        ("label", 'label = "green_services"', FIRES),
    )
    assert (first["covenants"] == ["r0"]) == fires
    assert second["covenants"] == (["r0"] if '"A", "C"' in when else [])


@pytest.mark.parametrize(
    ("values", "fact", "operator", "value", "fires"),
    [
        (
            {"purpose": "Energy-Saving retrofit"},
            "purpose",
            "contains",
            '["pollution", "energy-saving"]',
            True,
        ),
        ({"purpose": "流动资金"}, "purpose", "contains", '["节能"]', False),
        ({"purpose": "3.2 (clean) energy"}, "purpose", "contains", '["(clean)"]', True),
        ({"purpose": None}, "purpose", "contains", '["x"]', False),
        ({"points": 641.4}, "points_to_cutoff", "<=", "1", True),
        ({"points": 642.0}, "points_to_cutoff", "<=", "1", False),
        ({"points_low": 599, "points_high": 640}, "grades_in_range", ">=", "2", True),
        ({"points_low": 600, "points_high": 640}, "grades_in_range", ">=", "2", False),
        ({"points_low": None, "points_high": 640}, "grades_in_range", "present", None, False),
        ({"outside_training_range": 3}, "outside_training_range", ">=", "3", True),
        ({}, "outside_training_range", "missing", None, True),
        ({"reasons_failed": 2}, "reasons_failed", ">=", "3", False),
        ({"as_of": dt.date(2024, 12, 31)}, "outside_policy_period", "==", "1", True),
        ({"as_of": dt.date(2027, 1, 1)}, "outside_policy_period", "==", "1", True),
        ({"as_of": dt.date(2026, 12, 31)}, "outside_policy_period", "==", "1", False),
        ({"as_of": None}, "outside_policy_period", "present", None, False),
    ],
)
def test_facts_that_are_worked_out_or_looked_into(values, fact, operator, value, fires):
    given = f", value = {value}" if value else ""
    first, _ = decided(("review", "", f'{{ fact = "{fact}", operator = "{operator}"{given} }}'), **values)
    assert first["review"] == fires


def test_a_decision_of_a_day_outside_the_policy_is_made_and_told():
    days = [dt.date(2024, 12, 31), dt.date(2025, 1, 1), dt.date(2027, 1, 1), None]
    rows = [decided(("cap", 'grade = "B"', FIRES), as_of=day)[0] for day in days]
    assert [row["policy_in_force"] for row in rows] == [False, True, False, None]
    assert [row["grade"] for row in rows] == ["B"] * 4


def test_a_grade_without_a_price_has_none_and_neither_has_a_policy_without_prices():
    assert decided(("price", "basis_points = 5", FIRES), points=610.0)[0]["price_basis_points"] == 35
    assert decided(("price", "basis_points = 5", FIRES), points=500.0)[0]["price_basis_points"] is None
    unpriced = policy_of(("price", "basis_points = 5", FIRES)).model_copy(
        update={"price": policy_of().price.model_copy(update={"by_grade": {}})}
    )
    assert decide(frame(), policy=unpriced)["price_basis_points"].to_list() == [None, None]


def test_the_class_never_changes_score_or_grade():
    plain = decide(frame(), policy=policy_of())
    raised = decide(frame(), policy=policy_of(("raise_class", 'class = "A"', FIRES)))
    for column in ("points_shown", "grade", "grade_before_caps"):
        assert plain[column].to_list() == raised[column].to_list()
