from __future__ import annotations

import itertools
from dataclasses import replace

import lightgbm
import numpy as np
import pytest

from models.kernel.text import parse_trees
from models.monotonicity import prove_monotone, prove_trees


def grown(table, y, *, constraints=None, trees=12, categorical="auto", **settings):
    options = {
        "objective": "binary",
        "verbosity": -1,
        "num_threads": 1,
        "deterministic": True,
        "seed": 3,
        "max_depth": 3,
        "num_leaves": 8,
        "min_data_in_leaf": 20,
        "min_data_per_group": 5,
    }
    if constraints is not None:
        options["monotone_constraints"] = constraints
    return lightgbm.train(
        options | settings, lightgbm.Dataset(table, y, categorical_feature=categorical), num_boost_round=trees
    )


def naive_violation(booster, tree, column, direction, codes):
    """Whether a tree pays for a worse value anywhere on the grid of cells that all its thresholds make.

    One value inside every cell of every feature, all combinations: the tree is constant on each.
    """
    text = booster.dump_model()["tree_info"][tree]["tree_structure"]
    cuts, sets = {}, {}

    def walk(node):
        if "split_feature" in node:
            name = node["split_feature"]
            if node["decision_type"] == "==":
                sets.setdefault(name, codes[name])
            else:
                cuts.setdefault(name, set()).add(node["threshold"])
            walk(node["left_child"])
            walk(node["right_child"])

    walk(text)
    if column not in cuts:
        return False
    cells = {}
    for name, found in cuts.items():
        points = sorted(found)
        middles = [(a + b) / 2 for a, b in itertools.pairwise(points)]
        cells[name] = [points[0] - 1, *middles, points[-1] + 1, *([np.nan] if name != column else [])]
    cells |= {name: [*known, 99.0, np.nan] for name, known in sets.items()}
    others = [name for name in cells if name != column]
    width = booster.num_feature()
    for fixed in itertools.product(*(cells[name] for name in others)):
        rows = np.zeros((len(cells[column]), width))
        rows[:, others] = fixed
        rows[:, column] = cells[column]
        risk = booster.predict(rows, raw_score=True, start_iteration=tree, num_iteration=1)
        if (direction * np.diff(risk) > 1e-12).any():
            return True
    return False


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(5)
    table = rng.normal(size=(1_500, 4))
    table[:, 3] = rng.integers(0, 6, size=1_500)
    table[rng.random(table.shape) < 0.1] = np.nan
    odds = np.sin(2 * np.nan_to_num(table[:, 0])) - np.nan_to_num(table[:, 1]) * (
        np.nan_to_num(table[:, 3]) > 2
    )
    return table, (rng.random(1_500) < 1 / (1 + np.exp(-odds))).astype(float)


NAMES = ("a", "b", "c", "d")


@pytest.mark.parametrize("direction", [1, -1])
def test_free_trees_are_judged_as_the_grid_of_all_cells_judges_them(rows, direction):
    booster = grown(*rows, categorical=[3])
    trees, _ = parse_trees(booster.model_to_string())
    seen = set()
    for number, tree in enumerate(trees):
        for column in range(3):
            proof = prove_trees([tree], names=NAMES, directions={NAMES[column]: direction})
            expected = naive_violation(booster, number, column, direction, {3: [0, 1, 2, 3, 4, 5]})
            assert proof.proven != expected, (number, column)
            seen.add(expected)
    assert seen == {True, False}


def test_constrained_trees_are_proven(rows):
    booster = grown(*rows, constraints=[-1, 1, -1, 0], categorical=[3], trees=40)
    trees, _ = parse_trees(booster.model_to_string())
    proof = prove_trees(trees, names=NAMES, directions={"a": 1, "b": -1, "c": 1})
    assert proof.proven
    assert proof.trees == 40
    assert proof.indicators == 3
    assert proof.pairs > 100
    turned = prove_trees(trees, names=NAMES, directions={"a": -1, "b": 1, "c": -1})
    assert {violation.indicator for violation in turned.violations} >= {"a", "b"}


def test_a_planted_tree_is_named_with_its_leaves_and_gap(model):
    trees, _ = parse_trees(model.booster_.model_to_string())
    names, directions = model.preparation_.features, model.preparation_.roles.directions
    found = [
        (number, int(split))
        for number, tree in enumerate(trees)
        for split in range(len(tree.feature))
        if directions[names[tree.feature[split]]] and tree.left[split] < 0 and tree.right[split] < 0
    ]
    number, split = found[len(found) // 2]
    tree = trees[number]
    name = names[tree.feature[split]]
    left, right = ~int(tree.left[split]), ~int(tree.right[split])
    worse, better = (left, right) if directions[name] > 0 else (right, left)
    value = tree.value.copy()
    value[better] = value[worse] + 0.25  # the better side is made the riskier one
    planted = [*trees[:number], replace(tree, value=value), *trees[number + 1 :]]
    proof = prove_trees(planted, names=names, directions=directions)
    assert not proof.proven
    assert {violation.tree for violation in proof.violations} == {number}
    mine = [v for v in proof.violations if v.indicator == name]
    assert len(mine) == 1
    assert mine[0].gap >= 0.25
    assert not proof.as_dict()["proven"]


def test_a_model_is_proven_monotone_in_every_directed_indicator_it_reads(model):
    proof = prove_monotone(model)
    assert proof.proven
    assert proof.trees == model.n_estimators
    used = {
        name
        for name, gain in zip(
            model.preparation_.features, model.booster_.feature_importance("split"), strict=True
        )
        if gain and model.preparation_.roles.directions[name]
    }
    assert proof.indicators == len(used) > 10


def test_a_tree_without_splits_or_directions_says_nothing():
    trees, _ = parse_trees(
        grown(np.zeros((100, 2)), np.r_[np.zeros(50), np.ones(50)], trees=1).model_to_string()
    )
    proof = prove_trees(trees, names=("a", "b"), directions={"a": 1})
    assert (proof.proven, proof.pairs, proof.indicators) == (True, 0, 0)
