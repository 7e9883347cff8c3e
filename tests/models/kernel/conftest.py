"""Boosters of every shape that a credit model takes, rows that find their weak places, and brute force."""

from __future__ import annotations

import itertools
import math

import lightgbm
import numpy as np
import pytest

SMALLEST = float(np.float32(1e-35))
"""LightGBM sets what is not larger to zero before its trees see it."""


def draw_rows(rows: int, columns: int, seed: int, *, categories: int = 2, missing: float = 0.1) -> np.ndarray:
    """Numbers, some rounded so that many rows stand on a threshold, and category codes first."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, columns))
    matrix[:, columns // 2 :] = np.round(matrix[:, columns // 2 :], 1)
    for column in range(categories):
        matrix[:, column] = rng.integers(0, 40 if column else 6, rows)
    matrix[rng.random((rows, columns)) < missing] = np.nan
    return matrix


def draw_labels(matrix: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    known = np.nan_to_num(matrix)
    width = matrix.shape[1]
    log_odds = 0.1 * known[:, 0] - known[:, 2 % width] + known[:, 3 % width] * known[:, 4 % width]
    log_odds += 0.7 * (known[:, width - 1] > 0.3) + 0.5 * np.isnan(matrix[:, width // 2])
    return (log_odds + rng.logistic(size=len(matrix)) > 0).astype(float)


def train(
    *, trees: int, leaves: int, depth: int, rows: int = 4_000, columns: int = 12, seed: int = 0, categories: int = 2,
    missing: float = 0.1, initial: lightgbm.Booster | None = None, **parameters,
) -> lightgbm.Booster:  # fmt: skip
    matrix = draw_rows(rows, columns, seed, categories=categories, missing=missing)
    settings = {
        "objective": "binary",
        "num_leaves": leaves,
        "max_depth": depth,
        "learning_rate": 0.1,
        "min_data_in_leaf": 5,
        "verbosity": -1,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
    }
    data = lightgbm.Dataset(
        matrix,
        draw_labels(matrix, seed),
        categorical_feature=list(range(categories)),
        params={"verbosity": -1},
    )
    return lightgbm.train(settings | parameters, data, trees, init_model=initial)


SHAPES = {
    "depth 3": {"trees": 100, "leaves": 8, "depth": 3},
    "depth 4": {"trees": 60, "leaves": 16, "depth": 4},
    "31 leaves": {"trees": 40, "leaves": 31, "depth": -1},
    "unlimited depth": {"trees": 4, "leaves": 400, "depth": -1, "columns": 24, "min_data_in_leaf": 1, "rows": 6_000},
    "stumps": {"trees": 30, "leaves": 2, "depth": 1},
    "no missing": {"trees": 30, "leaves": 16, "depth": 4, "missing": 0.0, "use_missing": False},
    "missing unseen": {"trees": 30, "leaves": 16, "depth": 4, "missing": 0.0},
    "monotone": {"trees": 30, "leaves": 16, "depth": 4, "monotone_constraints": [0, 0, 1, -1] + [0] * 8},
    "pairs": {
        "trees": 60, "leaves": 16, "depth": 4, "categories": 0,
        "interaction_constraints": [[k, k + 1] for k in range(0, 12, 2)],
    },
    "triples with categories": {
        "trees": 60, "leaves": 16, "depth": 4,
        "interaction_constraints": [[k, k + 1, k + 2] for k in range(0, 12, 3)],
    },
    "many categories": {"trees": 20, "leaves": 31, "depth": -1, "columns": 4, "max_cat_to_onehot": 1, "cat_smooth": 1},
    "one category at a time": {"trees": 20, "leaves": 16, "depth": 4, "columns": 4, "max_cat_to_onehot": 64},
    "dart": {"trees": 20, "leaves": 8, "depth": 3, "boosting": "dart"},
}  # fmt: skip


@pytest.fixture(scope="session")
def new_booster():
    return train


@pytest.fixture(scope="session")
def boosters() -> dict[str, lightgbm.Booster]:
    """Every shape, trained once; the last was trained on top of another, with thresholds of its own."""
    found = {name: train(**shape) for name, shape in SHAPES.items()}
    first = train(trees=30, leaves=31, depth=-1, columns=6, max_bin=255)
    found["continued"] = train(
        trees=30, leaves=31, depth=-1, columns=6, max_bin=255, seed=7, rows=9_000, initial=first
    )
    wide = train(
        trees=25, leaves=31, depth=-1, columns=3, categories=0, max_bin=5_000, rows=20_000, min_data_in_bin=1
    )
    found["more than 254 thresholds"] = wide
    return found


def splits_of(booster: lightgbm.Booster) -> tuple[dict[int, list[float]], dict[int, list[int]]]:
    """Thresholds and categories of every column, read from LightGBM's own dump."""
    thresholds: dict[int, list[float]] = {}
    categories: dict[int, list[int]] = {}

    def walk(node: dict) -> None:
        if "leaf_value" in node and "split_feature" not in node:
            return
        if node["decision_type"] == "==":
            found = [int(code) for code in node["threshold"].split("||")]
            categories.setdefault(node["split_feature"], []).extend(found)
        else:
            thresholds.setdefault(node["split_feature"], []).append(node["threshold"])
        walk(node["left_child"])
        walk(node["right_child"])

    for tree in booster.dump_model()["tree_info"]:
        walk(tree["tree_structure"])
    return thresholds, categories


def adversarial_rows(booster: lightgbm.Booster, rows: int, seed: int) -> np.ndarray:
    """Rows that stand exactly on thresholds and one step to each side, and every value that is read in its own way."""
    rng = np.random.default_rng(seed)
    thresholds, categories = splits_of(booster)
    special = [0.0, -0.0, SMALLEST, -SMALLEST, np.nextafter(SMALLEST, 1), -np.nextafter(SMALLEST, 1)]
    special += [np.nextafter(SMALLEST, 0), 5e-324, -5e-324, np.inf, -np.inf, np.nan, np.nan, 1e308, -1e308]
    matrix = np.empty((rows, booster.num_feature()))
    for column in range(matrix.shape[1]):
        cuts = np.array(thresholds.get(column, [0.0]))
        near = np.concatenate([cuts, np.nextafter(cuts, np.inf), np.nextafter(cuts, -np.inf), special])
        if column in categories:
            known = np.array(categories[column], dtype=float)
            odd = [np.nan, -1.0, -0.5, -1e9, 0.7, 1e6, 2.0**31, 2.0**32 + 1, 1e300, np.inf, -np.inf, -0.999]
            near = np.concatenate([known, known + 0.9, np.arange(known.max() + 40), odd])
        ordinary = rng.normal(size=rows) if column not in categories else rng.integers(0, 45, rows)
        matrix[:, column] = np.where(rng.random(rows) < 0.8, rng.choice(near, rows), ordinary)
    matrix[0] = np.nan
    matrix[1], matrix[2], matrix[3] = np.inf, -np.inf, 0.0
    return matrix


@pytest.fixture(scope="session")
def adversarial():
    return adversarial_rows


def goes_left(node: dict, value: float) -> bool:
    """LightGBM's decision, from its documentation: written down here once more, naively."""
    if node["decision_type"] == "==":
        is_code = not math.isnan(value) and -1 < value < 2**31
        return is_code and str(int(value)) in node["threshold"].split("||")
    if math.isnan(value) and node["missing_type"] == "NaN":
        return node["default_left"]
    if math.isnan(value) or abs(value) <= SMALLEST:
        value = 0.0
    return value <= node["threshold"]


def expectation(node: dict, row: np.ndarray, known: frozenset[int]) -> float:
    """Leaf value expected where only the columns in ``known`` are: weighted by cover at the others."""
    if "split_feature" not in node:
        return node["leaf_value"]
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expectation(left if goes_left(node, row[node["split_feature"]]) else right, row, known)
    covers = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    parts = [
        expectation(child, row, known) * cover for child, cover in zip((left, right), covers, strict=True)
    ]
    return sum(parts) / sum(covers)


def brute_force(booster: lightgbm.Booster, matrix: np.ndarray) -> np.ndarray:
    """Shapley values over all subsets of the columns, shape (n, columns)."""
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    width = booster.num_feature()
    subsets = [frozenset(s) for size in range(width + 1) for s in itertools.combinations(range(width), size)]
    found = np.zeros((len(matrix), width))
    for k, row in enumerate(matrix):
        value = {known: math.fsum(expectation(tree, row, known) for tree in trees) for known in subsets}
        for known in subsets:
            for column in set(range(width)) - known:
                weight = (
                    math.factorial(len(known))
                    * math.factorial(width - len(known) - 1)
                    / math.factorial(width)
                )
                found[k, column] += weight * (value[known | {column}] - value[known])
    return found


@pytest.fixture(scope="session")
def shapley():
    return brute_force


@pytest.fixture(scope="session")
def decision():
    return goes_left


@pytest.fixture(scope="session")
def deep() -> lightgbm.Booster:
    """One step after the other along two dozen columns: paths that read them all, too many for any table."""
    rng = np.random.default_rng(0)
    matrix = np.round(rng.normal(size=(5_000, 24)), 1)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    label = np.cumprod(np.nan_to_num(matrix) > -1.0, axis=1).sum(axis=1).astype(float)
    settings = {
        "objective": "regression",
        "num_leaves": 26,
        "min_data_in_leaf": 1,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(matrix, label, params={"verbosity": -1})
    return lightgbm.train(settings | {"learning_rate": 1.0}, data, 1)
