from __future__ import annotations

import dataclasses
import itertools
import json
import math

import lightgbm
import numpy as np
import pytest

from features.catalogue import CATALOGUE, FAMILIES
from features.errors import ModelError
from models import store
from models.interactions import (
    FALSE_DISCOVERIES,
    LARGEST_P_VALUE,
    InteractionTest,
    TestedGroup,
    _gains,
    allowed_groups,
    find_pairs,
    find_triples,
)
from models.trees import tree_fields

NAMES = tuple(name for name, item in CATALOGUE.items() if item.direction)[:8]


def naive_gain(columns, residual, weight, least):
    """Best gain over all cuts, part by part: the contrast of means squared over its variance."""
    best = 0.0
    cuts = [sorted(set(column))[:-1] for column in columns]
    for cut in itertools.product(*cuts):
        contrast, variance, enough = 0.0, 0.0, True
        for sides in itertools.product((0, 1), repeat=len(columns)):
            inside = [
                row
                for row in range(len(residual))
                if all((column[row] > c) == side for column, c, side in zip(columns, cut, sides, strict=True))
            ]
            enough &= len(inside) >= least
            if not enough:
                break
            total = sum(weight[row] for row in inside)
            contrast += (-1) ** sum(sides) * sum(residual[row] for row in inside) / total
            variance += 1 / total
        if enough:
            best = max(best, contrast**2 / variance)
    return best


@pytest.mark.parametrize("size", [2, 3])
def test_the_gain_is_the_best_contrast_over_all_cuts(size):
    rng = np.random.default_rng(size)
    columns = [rng.integers(0, 5, size=120) for _ in range(size)]
    residuals, weights = rng.normal(size=(2, 120)), rng.random(120) + 0.1
    found = _gains(columns, residuals, weights, bins=6, least=4, least_weight=0.0)
    for gain, residual in zip(found, residuals, strict=True):
        assert gain == pytest.approx(naive_gain(columns, residual, weights, 4))
        assert gain > 0
    for most in ({"least": 100, "least_weight": 0.0}, {"least": 1, "least_weight": 60.0}):
        assert (_gains(columns, residuals, weights, bins=6, **most) == 0).all()


def test_the_gain_is_what_a_product_term_adds_to_two_main_effects():
    rng = np.random.default_rng(0)
    x, z = (rng.random(400) < 0.4).astype(int), (rng.random(400) < 0.6).astype(int)
    weight = rng.random(400) + 0.2
    target = 3.0 * x - 2.0 * z + 0.8 * x * z + rng.normal(size=400)

    def left_over(columns):
        scaled = np.sqrt(weight)[:, None] * np.column_stack(columns)
        answer = np.sqrt(weight) * target
        return ((answer - scaled @ np.linalg.lstsq(scaled, answer, rcond=None)[0]) ** 2).sum()

    one = np.ones(400)
    expected = left_over([one, x, z]) - left_over([one, x, z, x * z])
    gain = _gains([x, z], (weight * target)[None], weight, bins=2, least=1, least_weight=0.0)[0]
    assert gain == pytest.approx(expected)
    assert _gains([x, z], (weight * (5 * x - z))[None], weight, bins=2, least=1, least_weight=0.0)[
        0
    ] == pytest.approx(0, abs=1e-9)


def planted(*, rows, pairs=(), triples=(), seed=0):
    """Columns with main effects and products of some: what an additive model cannot know, and its true rest."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, len(NAMES)))
    matrix[:, 4] = np.round(matrix[:, 4])
    matrix[rng.random(rows) < 0.1, 5] = np.nan
    sign = np.sign(np.nan_to_num(matrix, nan=-1.0)) + (matrix == 0)
    main = -1.5 + 0.8 * matrix[:, 0] - 0.6 * matrix[:, 1] ** 2 + 0.5 * matrix[:, 6]
    together = sum(0.7 * sign[:, a] * sign[:, b] for a, b in pairs)
    rest = sum(0.7 * sign[:, a] * sign[:, b] * sign[:, c] for a, b, c in triples)
    bad = (rng.random(rows) < 1 / (1 + np.exp(-(main + together + rest)))).astype(float)
    # What is searched for is what the simpler model does not know: the triples, or the pairs where there are none.
    probability = 1 / (1 + np.exp(-(main + (together if triples else 0.0))))
    return InteractionTest(
        names=NAMES, matrix=matrix, bad=bad, probability=probability, codes=(4,), least=50, seed=3
    )


def test_planted_pairs_are_found_and_noise_ranks_below():
    tested = find_pairs(planted(rows=12_000, pairs=[(0, 2), (3, 5), (1, 7)]), most=20)
    assert len(tested) == math.comb(len(NAMES), 2)
    expected = {(NAMES[0], NAMES[2]), (NAMES[3], NAMES[5]), (NAMES[1], NAMES[7])}
    assert {group.indicators for group in tested[:3]} == expected
    assert all(group.found for group in tested[:3])
    assert not all(group.found for group in tested)
    assert tested[2].gain > 5 * tested[3].gain
    assert [group.gain for group in tested] == sorted((group.gain for group in tested), reverse=True)
    assert sum(group.found for group in find_pairs(planted(rows=12_000, pairs=[(0, 2), (3, 5)]), most=1)) == 1


def test_where_nothing_interacts_hardly_any_pair_is_found():
    tested = [find_pairs(planted(rows=3_000, seed=seed), most=20) for seed in range(20)]
    # Found anywhere at all: 28 pairs with a chance of 1 % each; above 12 of 20 has a probability below 0.1 %.
    assert sum(any(group.found for group in groups) for groups in tested) <= 12
    # Where nothing interacts p-values are even: about half below one half.
    p_values = np.array([group.p_value for groups in tested for group in groups])
    assert np.mean(p_values < 0.5) == pytest.approx(0.5, abs=0.1)


def test_pairs_are_found_by_the_rule_of_benjamini_and_hochberg():
    tested = find_pairs(planted(rows=12_000, pairs=[(0, 2), (3, 5)]), most=100)
    p_values = [group.p_value for group in tested]
    assert p_values == sorted(p_values)
    kept = [
        rank
        for rank, p in enumerate(p_values, start=1)
        if p <= min(LARGEST_P_VALUE, FALSE_DISCOVERIES * rank / len(p_values))
    ]
    assert sum(group.found for group in tested) == max(kept)
    assert [group.found for group in tested] == sorted((group.found for group in tested), reverse=True)


def test_planted_triples_are_found_where_their_pairs_are():
    planned = [(0, 2), (2, 7), (3, 5), (5, 6)]
    pairs = [
        TestedGroup(indicators=(NAMES[a], NAMES[b]), gain=1.0, p_value=0.0, found=True) for a, b in planned
    ]
    test = planted(rows=12_000, pairs=planned, triples=[(0, 2, 7)])
    triples = find_triples(test, pairs, most=20)
    assert {group.indicators for group in triples} == {
        tuple(NAMES[k] for k in triple) for triple in [(0, 2, 7), (3, 5, 6)]
    }
    assert [group.indicators for group in triples if group.found] == [(NAMES[0], NAMES[2], NAMES[7])]
    assert find_triples(test, (), most=20) == ()
    assert find_triples(test, [dataclasses.replace(pair, found=False) for pair in pairs], most=20) == ()


def test_groups_hold_every_indicator():
    def group(*names, found=True):
        return TestedGroup(indicators=names, gain=1.0, p_value=0.5, found=found)

    a, b, c, d, e, *rest = NAMES
    tested = (group(a, b), group(b, c), group(d, e), group(a, e, found=False), group(a, b, c))
    found = allowed_groups("triples", NAMES, tested)
    assert set(found) == {(a, b, c), (d, e), *((name,) for name in rest)}
    assert allowed_groups("none", NAMES) is None
    families = allowed_groups("families", NAMES)
    assert sorted(name for group in families for name in group) == sorted(NAMES)
    for names in families:
        assert len({CATALOGUE[name].family for name in names}) == 1


def paths(text):
    """Names of the indicators on every path from a root to a leaf."""
    names = text.split("\nfeature_names=")[1].split("\n")[0].split()
    found = set()

    def walk(fields, node, seen):
        if node < 0:
            found.add(frozenset(seen))
            return
        feature = names[int(fields["split_feature"].split()[node])]
        for side in ("left_child", "right_child"):
            walk(fields, int(fields[side].split()[node]), {*seen, feature})

    for fields in tree_fields(text):
        if fields["num_leaves"] != "1":
            walk(fields, 0, set())
    return found


@pytest.fixture(scope="module")
def interacting(draw_portfolio):
    """A portfolio in which two indicators of different families act together."""
    p = draw_portfolio(6_000, seed=21)
    rng = np.random.default_rng(22)
    sign = {
        name: np.where(p.X[name].fillna(p.X[name].median()) > p.X[name].median(), 1.0, -1.0)
        for name in ("coal_share", "leverage", "firm_age")
    }
    odds = -1.5 + 0.9 * sign["coal_share"] * sign["firm_age"] + 0.5 * sign["leverage"]
    y = (rng.random(len(p.y)) < 1 / (1 + np.exp(-odds))).astype(float)
    # A third of the indicators, and those that matter: enough to mix up, and quick.
    kept = [name for k, name in enumerate(p.X.columns) if k % 3 == 0 or name in sign]
    return dataclasses.replace(p, X=p.X[kept], y=y)


@pytest.mark.parametrize("rule", ["families", "additive", "pairs", "triples"])
def test_no_path_mixes_indicators_outside_one_group(interacting, new_model, tmp_path, rule):
    p = interacting
    options = {"interactions": rule, "n_estimators": 60, "max_depth": 3}
    model = new_model(**options).fit(p.X, p.y, as_of=p.as_of, firm_id=p.firm_id)
    groups = [set(group) for group in model.interaction_groups_]
    mixed = paths(model.booster_.model_to_string())
    for path in mixed:
        assert any(path <= group for group in groups), path
    assert set().union(*groups) == set(model.preparation_.features)
    if rule == "families":
        assert any(len(path) > 1 for path in mixed)
        for path in mixed:
            assert len({CATALOGUE[name].family for name in path}) == 1
    if rule == "additive":
        assert {len(path) for path in mixed} == {1}
    if rule == "pairs":
        assert max(map(len, groups)) == 2
        assert {"coal_share", "firm_age"} in groups
        assert any(len(path) == 2 for path in mixed)
    store.save(model, tmp_path)
    again = store.load(tmp_path)
    assert again.interaction_groups_ == model.interaction_groups_
    assert again.get_params()["interactions"] == rule
    stored = json.loads((tmp_path / store.PARAMETERS).read_text())["interaction_groups"]
    assert [set(group) for group in stored] == groups
    points = model.explain(p.X.iloc[:100])
    assert points.additivity_gap <= 1e-9
    rows = p.X.iloc[:100]
    for name in rows.columns:
        if sign := CATALOGUE[name].direction:
            worse, better = sorted((p.X[name].min(), p.X[name].max()), key=lambda value: sign * value)
            low, high = (model.predict_points(rows.assign(**{name: value})) for value in (worse, better))
            assert (low <= high).all()


def test_without_constraints_paths_mix_families_and_nothing_is_tested(model):
    assert model.interaction_groups_ is None
    assert model.tested_interactions_ == ()
    mixed = paths(model.booster_.model_to_string())
    assert any(len({CATALOGUE[name].family for name in path}) > 1 for path in mixed)


def test_rows_in_another_order_and_other_threads_find_the_same(interacting, new_model):
    p = interacting
    order = np.random.default_rng(5).permutation(len(p.y))
    shuffled = p[order]
    one = new_model(interactions="pairs", n_estimators=6).fit(p.X, p.y, as_of=p.as_of, firm_id=p.firm_id)
    two = new_model(interactions="pairs", n_estimators=6, n_jobs=2).fit(
        shuffled.X, shuffled.y, as_of=shuffled.as_of, firm_id=shuffled.firm_id
    )
    assert one.tested_interactions_ == two.tested_interactions_
    assert one.interaction_groups_ == two.interaction_groups_
    assert one.booster_.model_to_string() == two.booster_.model_to_string()


def test_lightgbm_does_not_use_a_column_that_stands_in_no_group():
    # The reason why every indicator stands in a group, alone at least.
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(500, 2))
    settings = {"objective": "binary", "num_threads": 1, "verbosity": -1, "interaction_constraints": [[0]]}
    data = lightgbm.Dataset(matrix, matrix[:, 1] > 0, feature_name=["one", "other"])
    text = lightgbm.train(settings, data, num_boost_round=5).model_to_string()
    assert set().union(*paths(text)) == {"one"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"interactions": "all"},
            "interactions parameter of GreenCreditModel must be one of none, families, additive, pairs, triples. Got 'all'",
        ),
        ({"most_interactions": 0}, "The most_interactions parameter of GreenCreditModel must be from 1"),
    ],
)
def test_the_options_are_checked(portfolio, new_model, options, message):
    with pytest.raises(ModelError, match=message):
        new_model(**options).fit(portfolio.X, portfolio.y)


def test_families_are_those_of_the_catalogue():
    assert {CATALOGUE[name].family for name in NAMES} <= set(FAMILIES)
