from __future__ import annotations

import os
from fractions import Fraction
from typing import TYPE_CHECKING

import lightgbm
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.kernel import CellTables
from models.trees import parse_leaves

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = os.environ.get("GREENCREDIT_LONG") == "1"
SHAPES = (
    "depth 3", "depth 4", "31 leaves", "unlimited depth", "stumps", "no missing", "missing unseen", "monotone", "pairs",
    "triples with categories", "many categories", "one category at a time", "dart", "continued",
    "more than 254 thresholds",
)  # fmt: skip
TOLERANCE = 1e-10


@pytest.mark.parametrize("shape", SHAPES)
def test_adversarial_rows_are_explained_as_lightgbm_explains_them(boosters, adversarial, shape):
    booster = boosters[shape]
    tables = CellTables(booster.model_to_string())
    # LightGBM needs minutes for trees of unlimited depth: fewer rows of them unless there is time.
    rows = 2_000 if shape == "unlimited depth" and not LONG else 20_000
    matrix = adversarial(booster, rows, seed=1)
    raw, found = tables.contributions(matrix, threads=2)
    oracle = booster.predict(matrix, pred_contrib=True)
    assert np.abs(found - oracle[:, :-1]).max() <= TOLERANCE
    assert np.abs(raw - booster.predict(matrix, raw_score=True)).max() <= TOLERANCE
    assert np.abs(oracle[:, -1] + found.sum(axis=1) - raw).max() <= TOLERANCE
    assert (tables.raw_score(matrix) == raw).all()


@pytest.mark.parametrize(
    "shape", ["depth 3", "31 leaves", "unlimited depth", "pairs", "more than 254 thresholds"]
)
def test_the_bits_depend_on_the_row_only(boosters, adversarial, shape):
    tables = CellTables(boosters[shape].model_to_string())
    matrix = adversarial(boosters[shape], 12_345, seed=2)
    raw, found = tables.contributions(matrix, threads=1)
    for threads in (2, 3):
        again = tables.contributions(matrix, threads=threads)
        assert (again[0] == raw).all()
        assert (again[1] == found).all()
    order = np.random.default_rng(0).permutation(len(matrix))
    shuffled = tables.contributions(np.asfortranarray(matrix[order]))
    assert (shuffled[0] == raw[order]).all()
    assert (shuffled[1] == found[order]).all()
    for k in (0, 5, 12_344):
        alone = tables.contributions(matrix[k : k + 1])
        assert (alone[0] == raw[k]).all()
        assert (alone[1] == found[k]).all()
    columns = tables.contributions([np.repeat(column, 2)[::2] for column in matrix.T])
    assert (columns[1] == found).all()


@pytest.mark.parametrize(
    "shape",
    [
        {"trees": 4, "leaves": 8, "depth": 3, "columns": 6},
        {"trees": 3, "leaves": 31, "depth": -1, "columns": 6, "min_data_in_leaf": 1},
        {
            "trees": 6,
            "leaves": 8,
            "depth": 3,
            "columns": 6,
            "interaction_constraints": [[0, 2], [3, 4], [1, 5]],
        },
    ],
)
def test_they_are_shapley_values_over_all_subsets(new_booster, adversarial, shapley, shape):
    booster = new_booster(rows=600, **shape)
    matrix = adversarial(booster, 40, seed=3)
    _, found = CellTables(booster.model_to_string()).contributions(matrix)
    assert np.abs(found - shapley(booster, matrix)).max() <= 1e-12


@settings(
    max_examples=1_000 if LONG else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_strange_models_are_explained_as_lightgbm_explains_them(new_booster, adversarial, data):
    """Not a strange row only but a strange tree: any depth, few rows in a leaf, other missing rules, few columns."""
    columns = data.draw(st.integers(2, 9), label="columns")
    categories = data.draw(st.integers(0, min(2, columns - 1)), label="categories")
    options = {
        "trees": data.draw(st.integers(1, 12), label="trees"),
        "leaves": data.draw(st.integers(2, 60), label="leaves"),
        "depth": data.draw(st.sampled_from([-1, 1, 2, 3, 4, 7]), label="depth"),
        "missing": data.draw(st.sampled_from([0.0, 0.02, 0.5, 0.98]), label="missing"),
        "use_missing": data.draw(st.booleans(), label="use_missing"),
        "min_data_in_leaf": data.draw(st.sampled_from([1, 3, 40]), label="min_data_in_leaf"),
        "max_bin": data.draw(st.sampled_from([3, 15, 255, 1_000]), label="max_bin"),
        "max_cat_to_onehot": data.draw(st.sampled_from([1, 4, 100]), label="max_cat_to_onehot"),
        "objective": data.draw(st.sampled_from(["binary", "regression"]), label="objective"),
        "learning_rate": data.draw(st.sampled_from([0.01, 0.3, 1.0]), label="learning_rate"),
        "extra_trees": data.draw(st.booleans(), label="extra_trees"),
        "seed": data.draw(st.integers(0, 10_000), label="seed"),
        "rows": data.draw(st.sampled_from([20, 300, 2_000]), label="rows"),
    }
    booster = new_booster(columns=columns, categories=categories, **options)
    matrix = adversarial(booster, 300, seed=4)
    raw, found = CellTables(booster.model_to_string()).contributions(matrix)
    oracle = booster.predict(matrix, pred_contrib=True)
    scale = max(1.0, float(np.abs(oracle).max()))
    assert np.abs(found - oracle[:, :-1]).max() <= TOLERANCE * scale
    assert np.abs(raw - booster.predict(matrix, raw_score=True)).max() <= TOLERANCE * scale


def test_thresholds_moved_to_where_numbers_are_flushed_to_zero(new_booster, adversarial):
    text = new_booster(trees=20, leaves=8, depth=3, categories=0).model_to_string()
    smallest = float(np.float32(1e-35))
    lines, moved = [], 0
    for line in text.split("\n"):
        if line.startswith("threshold="):
            cuts = line.removeprefix("threshold=").split()
            cuts[0], cuts[-1] = repr(smallest), repr(-smallest)
            line, moved = "threshold=" + " ".join(cuts), moved + 1  # noqa: PLW2901
        lines.append(line)
    assert moved == 20
    # Tree sizes in the header no longer fit; LightGBM reads the trees one after the other without them.
    booster = lightgbm.Booster(model_str="\n".join(k for k in lines if not k.startswith("tree_sizes=")))
    matrix = adversarial(booster, 20_000, seed=5)
    raw, found = CellTables(booster.model_to_string()).contributions(matrix)
    oracle = booster.predict(matrix, pred_contrib=True)
    assert np.abs(found - oracle[:, :-1]).max() <= TOLERANCE
    assert np.abs(raw - booster.predict(matrix, raw_score=True)).max() <= TOLERANCE


def test_no_rows_and_constant_trees(new_booster):
    booster = new_booster(trees=3, leaves=8, depth=3, rows=200, min_data_in_leaf=150)  # nothing can be split
    tables = CellTables(booster.model_to_string())
    matrix = np.zeros((5, booster.num_feature()))
    raw, found = tables.contributions(matrix)
    assert not found.any()
    assert raw == pytest.approx(booster.predict(matrix, raw_score=True), abs=1e-15)
    raw, found = tables.contributions(matrix[:0])
    assert raw.shape == (0,)
    assert found.shape == (0, booster.num_feature())


def test_the_score_is_summed_from_the_stored_leaves_and_the_contributions_are_not(new_booster):
    booster = new_booster(trees=3, leaves=8, depth=3)
    text = booster.model_to_string()
    leaves, _ = parse_leaves(text)
    other = ((leaves[0][0] + 0.5, *leaves[0][1:]), *leaves[1:])
    matrix = np.random.default_rng(0).normal(size=(500, booster.num_feature()))
    raw, found = CellTables(text).contributions(matrix)
    changed, same = CellTables(text, stored=other).contributions(matrix)
    assert (same == found).all()
    in_leaf = booster.predict(matrix, pred_leaf=True)[:, 0] == 0
    assert in_leaf.any()
    assert changed - raw == pytest.approx(0.5 * in_leaf, abs=1e-12)


def exact_contributions(
    node: dict,
    row: np.ndarray,
    path: dict[int, tuple[Fraction, bool]],
    goes_left: Callable[[dict, float], bool],
) -> dict[int, Fraction]:
    """Contributions of a tree by the integral over each leaf's polynomial, in fractions: without any rounding."""
    if "split_feature" in node:
        total: dict[int, Fraction] = {}
        left, right = node["left_child"], node["right_child"]
        is_left, column = goes_left(node, row[node["split_feature"]]), node["split_feature"]
        covers = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
        for side, child, taken in ((0, left, is_left), (1, right, not is_left)):
            share, satisfied = path.get(column, (Fraction(1), True))
            here = path | {column: (share * Fraction(covers[side], sum(covers)), satisfied and taken)}
            for feature, part in exact_contributions(child, row, here, goes_left).items():
                total[feature] = total.get(feature, Fraction(0)) + part
        return total
    found = {}
    for feature, (share, satisfied) in path.items():
        polynomial = [Fraction(1)]  # coefficients of the powers of y
        for other, (z, o) in path.items():
            if other != feature:
                step = (1 if o else 0) - z
                shifted = [Fraction(0), *(c * step for c in polynomial)]
                polynomial = [
                    a + b for a, b in zip([*(c * z for c in polynomial), Fraction(0)], shifted, strict=True)
                ]
        integral = sum(c / (k + 1) for k, c in enumerate(polynomial))
        found[feature] = Fraction(node["leaf_value"]) * ((1 if satisfied else 0) - share) * integral
    return found


def test_paths_too_long_for_a_table_are_exact_where_lightgbm_is_not(deep, adversarial, decision):
    tables = CellTables(deep.model_to_string())
    assert tables.describe()["direct_leaves"] > 0
    matrix = adversarial(deep, 2_000, seed=1)
    raw, found = tables.contributions(matrix)
    assert (tables.raw_score(matrix) == raw).all()
    assert (raw == deep.predict(matrix, raw_score=True)).all()
    oracle = deep.predict(matrix, pred_contrib=True)
    # LightGBM unwinds long paths by divisions and misses its own score by more the longer they are; the integral does not.
    assert np.abs(oracle.sum(axis=1) - raw).max() > 1e-11
    assert np.abs(oracle[:, -1] + found.sum(axis=1) - raw).max() <= 1e-13
    assert np.abs(found - oracle[:, :-1]).max() <= 1e-8
    trees = [tree["tree_structure"] for tree in deep.dump_model()["tree_info"]]
    for k in (5,):
        exact = np.zeros(matrix.shape[1])
        for tree in trees:
            for feature, part in exact_contributions(tree, matrix[k], {}, decision).items():
                exact[feature] += float(part)
        assert np.abs(found[k] - exact).max() <= 1e-13


def test_groups_are_merged_where_interactions_are_constrained(boosters):
    pairs = CellTables(boosters["pairs"].model_to_string()).describe()
    assert pairs["groups"] <= 12  # six pairs; those with many thresholds stand in two tables
    assert pairs["largest_cells"] <= 65_536
    whole = CellTables(boosters["depth 3"].model_to_string()).describe()
    assert whole["groups"] <= 100  # a table a tree, or fewer
