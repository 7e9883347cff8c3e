"""``decide`` against a twin in plain Python that reads the policy and the tables by itself, row by row."""

from __future__ import annotations

import csv
import datetime as dt
import math
import random
import tomllib
from pathlib import Path

import polars as pl
import pytest

import scoring.policy
from features import reference
from features.catalogue import CATALOGUE
from scoring.policy import decide, load_policy
from scoring.policy.apply import DECIDED

POLICY = load_policy()
FILE = tomllib.loads(
    (Path(scoring.policy.__file__).parent.parent / "policy.toml").read_text(encoding="utf-8")
)
TABLES = {
    path.stem: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    for path in Path(reference.__file__).parent.glob("*.csv")
}
SIGNED = "finance_labels"
"""Table that a bank signs row by row in half of the tests."""
OWN = {
    "sector_benchmarks@made": "made_benchmarks_confirmed",
    "sector_benchmarks@financed": "financed_benchmark_confirmed",
    "taxonomy_thresholds@made": "made_thresholds_confirmed",
}
EARLY = ("cap", "veto", "raise_class", "label")
NAMES = [grade["grade"] for grade in FILE["grades"]]
CUTS = [grade["minimum_points"] for grade in FILE["grades"][:-1]]
COMPARE = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "in": lambda a, b: a in b,
    "contains": lambda a, b: any(word.lower() in a.lower() for word in b),
}  # fmt: skip
POOL = {
    "points": [500.0, 559.5, 581.2, 600.0, 619.49, 640.7, 655.0, 700.0],
    "open_environmental_severity": [1, 2, 3, 4],
    "recent_environmental_severity": [1, 2, 3, 4],
    "benchmark_status": ["advanced", "meets", "below"],
    "overdue_below_baseline": [0.0, 0.4],
    "project_position": [-0.2, 0.999, 1.0, 1.2],
    "taxonomy_ratio": [0.8, 1.0, 1.2],
    "purpose": [
        "1.1 energy-saving retrofit",
        "3.2 Clean Energy",
        "流动资金",
        "污水处理厂扩建",
        "resource recycling",
    ],
    "country": ["CN", "US"],
    "cross_check_warnings": [0, 1],
    "outside_training_range": [0, 2],
    "reasons_failed": [0, 3],
    "points_low": [560, 600],
    "points_high": [620, 660],
    "as_of": [dt.date(2024, 12, 31), dt.date(2025, 6, 1), dt.date(2025, 10, 1), dt.date(2026, 3, 1)],
    "industry_division": ["06", "30", "31", "39", "44"],
    "purpose_group": ["working_capital", "new_line", "retrofit"],
    "emissions_trend": [-0.1, 0.1],
    "coal_share": [0.2, 0.9],
    "region_group": ["North", "East"],
    "emerging_industry": ["yes", "no"],
    "months_since_group_change": [0, 35, 36],
    **{column: [True, False] for column in OWN.values()},
}
SHARES = [-0.1, 0.0, 0.2, 0.45, 0.55, 0.9, 1.0, 3.2, 6.0]


def rows(count, *, seed):
    """Return random applications, one value in six missing."""
    drawn = random.Random(seed)  # noqa: S311
    indicators = {n: SHARES for n, item in CATALOGUE.items() if item.base is None and not item.is_category}
    pool = {**indicators, **POOL}
    made = []
    for number in range(count):
        row = {
            name: None if drawn.random() < 1 / 6 else drawn.choice(values) for name, values in pool.items()
        }
        made.append({**row, "application_id": f"A{number:04d}", "points": drawn.choice(POOL["points"])})
    return made


def frame_of(made):
    types = {
        name: pl.Date if name == "as_of" else pl.Boolean if name in OWN.values() else pl.String
        for name, values in POOL.items()
        if not isinstance(values[0], int | float) or isinstance(values[0], bool)
    }
    floats = {n: pl.Float64 for n, item in CATALOGUE.items() if item.base is None and not item.is_category}
    return pl.DataFrame(made, schema_overrides=floats | types, infer_schema_length=None)


def is_confirmed(row):
    return row["verified"] in ("seen", "own rule") or bool(row.get("confirmed_by"))


def on_day(table, key, day):
    found = [row for row in TABLES[table] if row["id"] == key]
    return [
        row
        for row in found
        if day is not None
        and (not row["valid_from"] or dt.date.fromisoformat(row["valid_from"]) <= day)
        and (not row["valid_to"] or day <= dt.date.fromisoformat(row["valid_to"]))
    ]


def fires(rule, facts):
    for condition in rule["when"]:
        value = facts.get(condition.get("indicator") or condition.get("fact"))
        if condition["operator"] in ("missing", "present"):
            held = (value is None) == (condition["operator"] == "missing")
        else:
            held = value is not None and COMPARE[condition["operator"]](value, condition["value"])
        if not held:
            return False
    for table, key in (("finance_labels", rule.get("label")), ("support_measures", rule.get("measure"))):
        if key and not on_day(table, key, facts["as_of"]):
            return False
    return True


def acts(rule, facts):
    for entry in rule.get("rests_on", []):
        if entry in OWN:
            if facts[OWN[entry]] is not True:
                return False
        elif not all(map(is_confirmed, TABLES[entry])):
            return False
    label = rule.get("label")
    return not label or any(is_confirmed(row) for row in on_day("finance_labels", label, facts["as_of"]))


def shown(points):
    return math.floor(points + 0.5)


def twin(row):
    facts = dict(row)
    facts["points_shown"] = shown(row["points"])
    facts["points_to_cutoff"] = min(abs(facts["points_shown"] - cut) for cut in CUTS)
    low, high, day = row["points_low"], row["points_high"], row["as_of"]
    facts["grades_in_range"] = None if low is None or high is None else sum(low < cut <= high for cut in CUTS)
    outside = None if day is None else day < FILE["valid_from"]
    facts["outside_policy_period"] = None if outside is None else int(outside)

    fired = [rule for rule in FILE["rules"] if rule["effect"] in EARLY and fires(rule, facts)]
    acting = [rule for rule in fired if acts(rule, facts)]
    before = sum(facts["points_shown"] < cut for cut in CUTS)
    vetoed = any(rule["effect"] == "veto" for rule in acting)
    grade = max([before, *(NAMES.index(rule["grade"]) for rule in acting if "grade" in rule)])
    grade = len(NAMES) - 1 if vetoed else grade
    industry = next((r for r in TABLES["industries"] if r["code"] == row["industry_division"]), None)
    letter = industry["es_risk_class"] if industry else FILE["risk_class"]["unknown_industry"]
    letter = min([letter, *(rule["class"] for rule in acting if "class" in rule)])
    labels = [rule["label"] for rule in acting if "label" in rule]
    kinds = {r["id"]: r["kind"] for r in TABLES["finance_labels"]}
    facts |= {
        "grade": NAMES[grade], "risk_class": letter, "vetoed": int(vetoed),
        "green_labels": sum(kinds[label] == "green" for label in labels),
        "transition_labels": sum(kinds[label] == "transition" for label in labels),
    }  # fmt: skip
    fired += [rule for rule in FILE["rules"] if rule["effect"] not in EARLY and fires(rule, facts)]
    fired.sort(key=FILE["rules"].index)
    acting = [rule for rule in fired if acts(rule, facts)]
    price = FILE["price"]["by_grade"].get(NAMES[grade])
    if price is not None:
        price += sum(rule["basis_points"] for rule in acting if rule["effect"] == "price")
        price = min(max(price, FILE["price"]["lowest"]), FILE["price"]["highest"])
    idle = [rule for rule in fired if "grade" in rule and grade >= NAMES.index(rule["grade"])]
    idle += [rule for rule in fired if "class" in rule and letter <= rule["class"]]
    waiting = [rule for rule in fired if rule not in acting and rule not in idle]
    review = [rule["id"] for rule in fired if rule["effect"] == "review" or rule in waiting]

    def ids(effect, key="id"):
        return [rule[key] for rule in acting if rule["effect"] == effect]

    return {
        "points_shown": facts["points_shown"],
        "grade": NAMES[grade],
        "grade_before_caps": NAMES[before],
        "vetoed": vetoed,
        "risk_class": letter,
        "watch_list": bool(ids("watch_list")),
        "benchmark_status": row["benchmark_status"],
        "labels": labels,
        "label_candidates": [r["label"] for r in fired if "label" in r and r not in acting],
        "price_basis_points": None if vetoed else price,
        "conditions_precedent": ids("condition_precedent"),
        "covenants": ids("covenant"),
        "support": ids("support", "measure"),
        "rules_fired": [rule["id"] for rule in fired],
        "review": bool(review),
        "review_reasons": review,
        "policy_in_force": None if outside is None else not outside,
    }


@pytest.fixture(scope="module")
def made():
    return rows(600, seed=7)


@pytest.fixture(scope="module", params=["as shipped", "labels signed by the bank"])
def decided(request, made, tmp_path_factory):
    if request.param == "as shipped":
        yield decide(frame_of(made), policy=POLICY)
        return
    folder = tmp_path_factory.mktemp("tables")
    unsigned = TABLES[SIGNED]
    signed = [{**row, "confirmed_by": "Li", "confirmed_on": "2025-01-01"} for row in unsigned]
    with (folder / f"{SIGNED}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(signed[0]))
        writer.writeheader()
        writer.writerows(signed)
    with reference.overlaid(folder), pytest.MonkeyPatch.context() as patch:
        patch.setitem(TABLES, SIGNED, signed)
        yield decide(frame_of(made), policy=POLICY)


def test_every_decision_equals_its_twin(made, decided):
    told = {"risk_class_basis", "risk_class_unconfirmed"}
    for row, found in zip(made, decided.select(*(set(DECIDED) - told)).iter_rows(named=True), strict=True):
        assert found == twin(row), row["application_id"]


def test_every_rule_of_the_policy_fires_and_does_not_fire(made, decided):
    counts = dict(decided["rules_fired"].explode().value_counts().iter_rows())
    never = {rule.id for rule in POLICY.rules if not 0 < counts.get(rule.id, 0) < len(made)}
    # No transition label acts by itself before the bank has signed its row.
    signed = all(map(is_confirmed, TABLES[SIGNED]))
    assert never == (set() if signed else {"transition_price"})


def test_the_order_of_rows_changes_no_byte(made, decided, tmp_path):
    shuffled = list(made)
    random.Random(1).shuffle(shuffled)  # noqa: S311
    again = decide(frame_of(shuffled), policy=POLICY).sort("application_id")
    for name, table in (("first", decided.sort("application_id")), ("second", again)):
        table.write_parquet(tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_blank_facts_never_hold():
    blank = {**dict.fromkeys(frame_of(rows(1, seed=1)).columns), "application_id": "A", "points": 610.0}
    fired = decide(frame_of([blank]), policy=POLICY)["rules_fired"][0].to_list()
    assert fired == twin(blank)["rules_fired"]
    known = {"risk_class", "points_shown", "points_to_cutoff", "grade"}
    for rule in map(POLICY.rule, fired):
        assert all(c.operator == "missing" or c.fact in known for c in rule.when), rule.id


def test_columns_that_are_absent_are_missing_facts():
    bare = pl.DataFrame({"application_id": ["A"], "points": [610.0]}).with_columns(
        pl.lit(None, dtype=pl.String if item.is_category else pl.Float64).alias(name)
        for name, item in CATALOGUE.items()
        if item.base is None
    )
    blank = {**dict.fromkeys(frame_of(rows(1, seed=1)).columns), "application_id": "A", "points": 610.0}
    full = frame_of([blank])
    assert decide(bare, policy=POLICY).select(DECIDED).equals(decide(full, policy=POLICY).select(DECIDED))
