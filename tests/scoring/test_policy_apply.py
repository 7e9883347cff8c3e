from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import reference
from features.catalogue import CATALOGUE
from scoring.policy import decide, load_policy, parse_policy, shown_points
from scoring.policy.references import confirmed

POLICY = load_policy()


def scored(**given_values):
    """One application per entry of the lists; what is not given is missing."""
    rows = len(next(iter(given_values.values())))
    columns = {"application_id": [f"A{i}" for i in range(rows)]}
    schema = {"application_id": pl.String}
    for name, item in CATALOGUE.items():
        if item.base is None:
            columns[name] = [None] * rows
            schema[name] = pl.String if item.is_category else pl.Float64
    for name, kind in (
        ("points", pl.Float64), ("probability", pl.Float64), ("esg_points", pl.Float64),
        ("cross_check_warnings", pl.Int32), ("open_environmental_severity", pl.Int32),
        ("recent_environmental_severity", pl.Int32),
    ):  # fmt: skip
        columns[name] = [610.0 if name == "points" else None] * rows
        schema[name] = kind
    return pl.DataFrame(columns | given_values, schema=schema)


def known(**given_values):
    rows = len(next(iter(given_values.values())))
    complete = {
        "log_revenue": [9.0] * rows, "log_employees": [4.0] * rows, "firm_age": [9.0] * rows,
        "industry_division": ["31"] * rows, "region_group": ["North"] * rows, "tenor_months": [12.0] * rows,
        "purpose_group": ["working_capital"] * rows, "environmental_incidents": [0.0] * rows,
        "below_baseline_share": [0.0] * rows,
    }  # fmt: skip
    return scored(**(complete | given_values))


def of_effect(effect, rule_ids):
    return [rule_id for rule_id in rule_ids if POLICY.rule(rule_id).effect == effect]


def naive_grade(points):
    size = abs(points)
    shown = math.floor(size) + (1 if size - math.floor(size) >= 0.5 else 0)
    shown = shown if points >= 0 else -shown
    grade = "C"
    for name, cut in [("CC", 540), ("CCC", 560), ("B", 580), ("BB", 600), ("BBB", 620), ("A", 640),
                      ("AA", 660), ("AAA", 680)]:  # fmt: skip
        if shown >= cut:
            grade = name
    return shown, grade


@given(st.lists(st.floats(-200, 900), min_size=1, max_size=30))
def test_shown_points_and_grades_equal_the_naive_twin(points):
    decided = decide(known(points=points), policy=POLICY)
    got = list(zip(decided["points_shown"], decided["grade"], strict=True))
    assert got == [naive_grade(value) for value in points]


@pytest.mark.parametrize(
    ("points", "shown", "grade"),
    [(619.5, 620, "BBB"), (619.4999, 619, "BB"), (620.49, 620, "BBB"), (-0.5, -1, "C")],
)
def test_grades_cut_on_the_points_that_are_shown(points, shown, grade):
    row = decide(known(points=[points]), policy=POLICY).row(0, named=True)
    assert (row["points_shown"], row["grade"]) == (shown, grade)


def test_shown_points_are_whole_numbers():
    assert pl.DataFrame({"p": [1.5, 2.5]}).select(shown_points(pl.col("p")))["p"].to_list() == [2, 3]


def test_a_cap_lowers_a_better_grade_and_never_lifts_a_worse_one():
    decided = decide(
        known(points=[700.0, 545.0, 700.0], open_environmental_severity=[4, 4, 2]), policy=POLICY
    )
    assert decided["grade"].to_list() == ["CCC", "CC", "AAA"]
    assert decided["grade_before_caps"].to_list() == ["AAA", "CC", "AAA"]
    assert of_effect("cap", decided["rules_fired"][0]) == ["critical_open_incident", "serious_open_incident"]
    assert decided["review"].to_list() == [False] * 3


def test_a_rule_on_an_unconfirmed_row_sends_to_review_instead_of_acting():
    row = decide(known(points=[700.0], below_baseline_share=[0.9]), policy=POLICY).row(0, named=True)
    assert row["grade"] == "AAA"
    assert row["review"]
    assert of_effect("cap", row["rules_fired"]) == row["review_reasons"] == ["mostly_below_baseline"]


def test_the_same_rule_acts_where_its_row_is_confirmed():
    carriers = reference.table("energy_carriers")
    seen = carriers.filter(pl.col("verified") == "seen")["id"][0]
    recalled = carriers.filter(pl.col("verified") == "recalled")["id"][0]
    assert (confirmed(f"energy_carriers:{seen}"), confirmed(f"energy_carriers:{recalled}")) == (True, False)
    rules = tuple(
        r.model_copy(update={"rests_on": (f"energy_carriers:{seen}",)})
        for r in POLICY.rules
        if r.effect != "label"
    )
    content = POLICY.model_copy(update={"rules": rules})
    row = decide(known(points=[700.0], below_baseline_share=[0.9]), policy=content).row(0, named=True)
    assert (row["grade"], row["review"]) == ("BB", False)


@pytest.mark.parametrize("name", ["log_revenue", "log_employees", "firm_age", "industry_division"])
def test_a_missing_size_age_or_industry_goes_to_review(name):
    assert not decide(known(points=[610.0]), policy=POLICY)["review"][0]
    assert decide(known(points=[610.0], **{name: [None]}), policy=POLICY)["review"][0]


def test_the_class_comes_from_the_industry_and_incidents_raise_it():
    decided = decide(
        known(
            points=[610.0] * 5,
            industry_division=["06", "39", "39", "39", None],
            recent_environmental_severity=[None, None, 3, 4, None],
        ),
        policy=POLICY,
    )
    assert decided["risk_class"].to_list() == ["A", "C", "B", "A", "A"]
    assert "industry 06: A (listed, unconfirmed)" in decided["risk_class_basis"][0]
    assert "rule serious_incident_class: B" in decided["risk_class_basis"][2]
    assert "without a class" in decided["risk_class_basis"][4]
    # An unconfirmed class sends nothing to review by itself.
    assert decided["review"].to_list() == [False, False, False, False, True]
    assert decided["risk_class_unconfirmed"].all()


OPERATORS = [
    ("<", 0.5, [True, False, False, False]),
    ("<=", 0.5, [True, True, False, False]),
    (">", 0.5, [False, False, True, False]),
    (">=", 0.5, [False, True, True, False]),
    ("==", 0.5, [False, True, False, False]),
    ("!=", 0.5, [True, False, True, False]),
    ("in", [0.1, 0.9], [True, False, True, False]),
    ("missing", None, [False, False, False, True]),
    ("present", None, [True, True, True, False]),
]


@pytest.mark.parametrize(("operator", "value", "expected"), OPERATORS)
def test_each_operator_and_that_a_missing_value_holds_no_comparison(operator, value, expected):
    given_value = "" if value is None else f", value = {value}"
    policy = parse_policy(
        f"""
version = "t"
valid_from = 2026-01-01
grades = [{{ grade = "A", minimum_points = 600 }}, {{ grade = "B" }}]
risk_class = {{ unknown_industry = "C" }}
[[rules]]
id = "r"
when = [{{ indicator = "coal_share", operator = "{operator}"{given_value} }}]
effect = "review"
en = "r"
zh = "r"
source = "r"
""",
        file="t.toml",
    )
    decided = decide(known(coal_share=[0.1, 0.5, 0.9, None]), policy=policy)
    assert decided["review"].to_list() == expected


def test_conditions_of_a_rule_must_all_hold_and_facts_of_the_decision_count():
    policy = parse_policy(
        """
version = "t"
valid_from = 2026-01-01
grades = [{ grade = "A", minimum_points = 640 }, { grade = "B", minimum_points = 600 }, { grade = "C" }]
risk_class = { unknown_industry = "C" }
[[rules]]
id = "near"
when = [{ fact = "points_to_cutoff", operator = "<=", value = 1 },
        { indicator = "purpose_group", operator = "in", value = ["new_line"] }]
effect = "review"
en = "r"
zh = "r"
source = "r"
""",
        file="t.toml",
    )
    decided = decide(
        known(
            points=[599.0, 641.4, 598.0, 600.0],
            purpose_group=["new_line", "new_line", "new_line", "retrofit"],
        ),
        policy=policy,
    )
    assert decided["review"].to_list() == [True, True, False, False]


def test_a_policy_without_rules_decides():
    decided = decide(known(points=[610.0]), policy=POLICY.model_copy(update={"rules": ()}))
    assert decided["rules_fired"].to_list() == [[]]
    assert not decided["review"][0]
