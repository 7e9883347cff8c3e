"""The search against trying every set by itself: clean tables edited, then the whole pipeline, the model and the policy."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest

from features.catalogue import CATALOGUE
from features.pipeline import compute
from scoring.improve.catalogue import actions
from scoring.improve.costs import parse_costs
from scoring.improve.dataset import of_applications
from scoring.improve.domains import DOMAINS
from scoring.improve.effects import EFFECTS
from scoring.improve.on_demand import judged_applications
from scoring.improve.rebuilding import ACTION_IDS, domain_mask, rebuild
from scoring.improve.sets import all_sets
from scoring.improve.way import improvements
from scoring.policy import decide

QUOTED = {"rooftop_pv": (None, None), "green_power": (5.0, 7.0), "certify_iso14001": (12.0, 12.0)}
COSTS = """
version = "test"
[[quotes]]
action = "green_power"
unit = "10k CNY"
low = 5.0
high = 7.0
source = "test"
[[quotes]]
action = "certify_iso14001"
unit = "10k CNY"
low = 12.0
source = "test"
"""


def can_do(firms, position):
    rows = slice(firms.starts[position], firms.starts[position + 1])
    return [
        name
        for name, effect in EFFECTS.items()
        if not effect.needs_size and effect.eligible(firms.known, firms.amounts)[rows].any()
    ]


def allowed(names):
    groups = [EFFECTS[name].instead_of for name in names if EFFECTS[name].instead_of]
    return len(groups) == len(set(groups))


def tried(naive, application, sets, *, card, policy):
    """Points, shown points and position of the grade of every set, in order."""
    judged = judged_applications(naive(application, sets), model=card, policy=policy)
    decided = decide(judged, policy=policy).sort("application_id")
    assert decided.height == len(sets)
    order = {name: place for place, name in enumerate(policy.grade_names)}
    return [
        (row["points"], row["points_shown"], order[row["grade"]])
        for row in decided.select("points", "points_shown", "grade").iter_rows(named=True)
    ]


def pv_cost(known_mwh):
    kilowatts = known_mwh * 1000 / 1100
    return 2.5 * kilowatts / 10, 4.0 * kilowatts / 10


def naive_ways(naive, firms, position, *, card, policy, eligible, most):
    """The offered sets of one application, by brute force."""
    application = firms.ids[position]
    can = can_do(firms, position)
    base, *alone = tried(naive, application, [[], *([name] for name in can)], card=card, policy=policy)
    if base[2] == 0:
        return []
    if len(can) > eligible:
        best = sorted(range(len(can)), key=lambda i: (alone[i][2], -alone[i][0], ACTION_IDS.index(can[i])))
        can = [can[i] for i in sorted(best[:eligible])]
    sets = [names for size in range(most + 1) for names in combinations(can, size) if allowed(names)]
    results = tried(naive, application, sets, card=card, policy=policy)
    row = firms.starts[position + 1] - 1
    place = firms.known.carriers.one("electricity", "purchased")
    bought = np.nan_to_num(firms.amounts.energy[row, place])

    def cost(names):
        ends = [0.0, 0.0]
        for name in names:
            if name == "rooftop_pv":
                pair = pv_cost(0.2 * bought)
            elif name == "whr_kiln_power":
                output = firms.known.output[row, firms.known.products.index("cement_clinker")]
                pair = (output * 28 / 1000 * 1.25 * 0.1,) * 2
            elif name in QUOTED:
                pair = QUOTED[name]
            else:
                return None
            ends = [ends[0] + pair[0], ends[1] + pair[1]]
        return ends

    reaching = [i for i, result in enumerate(results) if result[2] < base[2]]
    minimal = [i for i in reaching if not any(set(sets[j]) < set(sets[i]) for j in reaching)]

    def months(names):
        return max((actions()[name].months for name in names), default=0)

    def mask(names):
        return sum(1 << ACTION_IDS.index(name) for name in names)

    if minimal:
        order = sorted(
            minimal,
            key=lambda i: (
                cost(sets[i]) is None,
                sum(cost(sets[i]) or (0, 0)) / 2,
                len(sets[i]),
                months(sets[i]),
                -results[i][0],
                mask(sets[i]),
            ),
        )[:3]
    else:
        order = sorted(
            range(len(sets)), key=lambda i: (-results[i][0], len(sets[i]), months(sets[i]), mask(sets[i]))
        )[:1]
    return [(list(sets[i]), results[i], cost(sets[i])) for i in order]


@pytest.mark.parametrize("position", [0, 11, 29])
def test_the_search_equals_brute_force(position, applicants, firms, judged, naive, card, policy):
    rule = policy.improvement.model_copy(update={"eligible": 4, "most_actions": 3})
    small = policy.model_copy(update={"improvement": rule})
    application = firms.ids[position]
    found = improvements(
        of_applications(applicants, [application]),
        judged.filter(pl.col("application_id") == application),
        model=card,
        policy=small,
        costs=parse_costs(COSTS, file="costs.toml"),
    )
    expected = naive_ways(naive, firms, position, card=card, policy=small, eligible=4, most=3)
    assert found["actions"].to_list() == [names for names, _, _ in expected]
    assert found["points_after"].to_list() == [shown for _, (_, shown, _), _ in expected]
    assert [policy.grade_names.index(grade) for grade in found["grade_after"]] == [
        grade for _, (_, _, grade), _ in expected
    ]
    for exact, (_, (points, _, _), _) in zip(found["points_after_exact"], expected, strict=True):
        assert exact == pytest.approx(points, abs=1e-9)
    for low, high, (_, _, cost) in zip(found["cost_low"], found["cost_high"], expected, strict=True):
        assert (low, high) == (
            (None, None) if cost is None else (pytest.approx(cost[0]), pytest.approx(cost[1]))
        )


def test_parts_put_together_are_the_whole_pipeline_on_the_edited_tables(firms, sizes, naive):
    """Every indicator under sets that reach into all parts, not only those that a model reads."""
    random = np.random.default_rng(5)
    for position in (8, 35):
        can = can_do(firms, position)
        sets = [
            [],
            *([str(n) for n in random.choice(can, size=min(4, len(can)), replace=False)] for _ in range(8)),
        ]
        sets = [names for names in sets if allowed(names)]
        whole = compute(naive(firms.ids[position], sets)).values
        masks = np.array([sum(1 << ACTION_IDS.index(n) for n in names) for names in sets], dtype=np.int64)
        application = np.full(len(sets), position, dtype=np.int64)
        covered = set()
        for name, part in DOMAINS.items():
            rebuilt = rebuild(firms, application, masks & domain_mask(name), sizes, domain=name).values
            for indicator in part.indicators:
                covered.add(indicator)
                for ours, theirs in zip(rebuilt[indicator], whole[indicator], strict=True):
                    assert ours == (
                        theirs if theirs is None else pytest.approx(theirs, rel=1e-9, abs=1e-12)
                    ), indicator
        for indicator in CATALOGUE.values():
            if indicator.relative_to is None and indicator.id not in covered:
                assert whole[indicator.id].n_unique() == 1, indicator.id


def test_there_are_793_sets_of_up_to_four_of_twelve_less_those_that_replace_one_another():
    free = [i for i, n in enumerate(ACTION_IDS) if not EFFECTS[n].instead_of][:12]
    can = np.zeros((2, len(ACTION_IDS)), dtype=bool)
    can[0, free] = True
    can[1, free[:10]] = True
    both = [i for i, n in enumerate(ACTION_IDS) if EFFECTS[n].instead_of == "boiler"]
    can[1, both] = True
    application, masks = all_sets(can, most=4)
    assert (application == 0).sum() == 793 + 1
    # 12 choose up to 4, less the sets that hold both: with up to 2 of the other 10.
    assert (application == 1).sum() == 794 - (1 + 10 + 45)
    assert len(set(masks[application == 0].tolist())) == 794


def test_the_result_does_not_depend_on_how_many_are_searched_at_once(
    applicants, judged, card, policy, monkeypatch
):
    some = judged.head(7)
    rule = policy.improvement.model_copy(update={"eligible": 3, "most_actions": 2})
    policy = policy.model_copy(update={"improvement": rule})
    whole = improvements(applicants, some, model=card, policy=policy)
    monkeypatch.setattr("scoring.improve.way._APPLICATIONS_AT_ONCE", 3)
    seen = []
    parts = improvements(
        applicants,
        some.reverse(),
        model=card,
        policy=policy,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert parts.equals(whole)
    assert seen == [(3, 7), (6, 7), (7, 7)]


def test_no_applicant_no_row(applicants, judged, card, policy):
    none = improvements(applicants, judged.clear(), model=card, policy=policy)
    assert none.is_empty()
    assert "effects_zh" in none.columns
