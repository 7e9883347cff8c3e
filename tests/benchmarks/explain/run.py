"""Hold the explanation kernel against LightGBM's prediction, its ``pred_contrib`` and ``shap.TreeExplainer``.

    python tests/benchmarks/explain/run.py [--rows 100000] [--repeats 7] [--firms 5000] [--threads 1 2]

Boosters of each shape are trained on random rows of 40 columns (a tenth missing, two of categories), and on the
indicators of simulated firms, as the estimator prepares them. Everything runs in one process on the same contiguous
float64 matrix with the same number of threads: ``Booster.predict`` gives the score only, the kernel gives score and
all contributions. The slow ones run on fewer rows; times are given a row. Median of the repeats; ratios are of medians.

Prints a Markdown page.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import lightgbm
import numpy as np

from features.catalogue import CATALOGUE
from features.intake import validate_tables
from features.pipeline import compute
from features.simulate import simulate
from models import GreenCreditModel, label
from models.kernel import CellTables
from models.preparation import Preparation

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS, CATEGORIES, TRAINING_ROWS = 40, 2, 20_000
SLOW_ROWS = 1_000
"""Rows for ``pred_contrib`` and ``shap``, which take a hundred times as long for one."""


@dataclass(frozen=True)
class Shape:
    """A shape of booster, and what is asked of the kernel on it: ratios to plain predict and to pred_contrib."""

    name: str
    trees: int
    leaves: int
    depth: int
    asked: float
    asked_contributions: float
    pairs: bool = False


SHAPES = (
    Shape("500 trees, depth 3", 500, 8, 3, 8.0, 100.0),
    Shape("500 trees, depth 4", 500, 16, 4, 5.0, 100.0),
    Shape("400 trees, 31 leaves", 400, 31, -1, 1.5, 80.0),
    Shape("500 trees, depth 3, pairs only", 500, 8, 3, 30.0, 100.0, pairs=True),
)


@dataclass(frozen=True)
class Times:
    """Medians a row, in microseconds."""

    wall: float
    processor: float


def median_times(work: Callable[[], object], *, rows: int, repeats: int) -> Times:
    """Run once to warm up, then the given number of times."""
    work()
    wall, processor = [], []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    return Times(1e6 * statistics.median(wall) / rows, 1e6 * statistics.median(processor) / rows)


def random_matrix(rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, COLUMNS))
    matrix[:, COLUMNS // 2 :] = np.round(matrix[:, COLUMNS // 2 :], 1)
    for column in range(CATEGORIES):
        matrix[:, column] = rng.integers(0, 20, rows)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    return matrix


def random_labels(matrix: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    known = np.nan_to_num(matrix)
    log_odds = 0.1 * known[:, 0] - known[:, 2] + known[:, 3] * known[:, 4] + known[:, 20:30].sum(axis=1) / 3
    return (log_odds + rng.logistic(size=len(matrix)) > 0).astype(float)


def simulated(firms: int) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Prepared matrix, labels and category columns of simulated firms."""
    portfolio = simulate(firms=firms, seed=1)
    values = compute(validate_tables(portfolio.tables, source="simulation")).values
    labels = label(portfolio.tables["applications"], portfolio.tables["outcomes"])
    rows = values.join(labels.select("application_id", "bad"), on="application_id").drop_nulls("bad")
    table = rows.select(
        name for name, item in CATALOGUE.items() if item.base is None and name in rows.columns
    ).to_pandas()
    firm = rows["firm_id"].rank("dense").to_numpy().astype(np.int64)
    preparation = Preparation.fit(table, firm, missing="worst", sections={})
    codes = [k for k, name in enumerate(preparation.features) if CATALOGUE[name].is_category]
    return preparation.matrix(table), rows["bad"].to_numpy().astype(float), codes


def trained(shape: Shape, matrix: np.ndarray, labels: np.ndarray, codes: list[int]) -> lightgbm.Booster:
    settings = {
        "objective": "binary",
        "num_leaves": shape.leaves,
        "max_depth": shape.depth,
        "learning_rate": 0.05,
        "min_data_in_leaf": 20,
        "verbosity": -1,
        "num_threads": 2,
        "deterministic": True,
        "force_row_wise": True,
    }
    if shape.pairs:
        width = matrix.shape[1]
        settings["interaction_constraints"] = [[k, k + 1] for k in range(0, width - 1, 2)] + [[width - 1]]
    data = lightgbm.Dataset(matrix, labels, categorical_feature=codes, params={"verbosity": -1})
    return lightgbm.train(settings, data, shape.trees)


def measure(booster: lightgbm.Booster, rows: np.ndarray, *, threads: int, repeats: int) -> dict[str, Times]:
    slow = rows[:SLOW_ROWS]
    text = booster.model_to_string()
    tables = CellTables(text)
    found = {
        "compile": median_times(lambda: CellTables(text), rows=1, repeats=3),
        "predict": median_times(
            lambda: booster.predict(rows, raw_score=True, num_threads=threads),
            rows=len(rows),
            repeats=repeats,
        ),
        "kernel": median_times(
            lambda: tables.contributions(rows, threads=threads), rows=len(rows), repeats=repeats
        ),
        "score": median_times(
            lambda: tables.raw_score(rows, threads=threads), rows=len(rows), repeats=repeats
        ),
        "pred_contrib": median_times(
            lambda: booster.predict(slow, pred_contrib=True, num_threads=threads), rows=len(slow), repeats=3
        ),
        "one": median_times(
            lambda: [tables.contributions(rows[k : k + 1]) for k in range(100)], rows=100, repeats=repeats
        ),
    }
    raw, contributions = tables.contributions(slow)
    oracle = booster.predict(slow, pred_contrib=True)
    gap = max(np.abs(contributions - oracle[:, :-1]).max(), np.abs(oracle.sum(axis=1) - raw).max())
    found["gap"] = Times(gap, gap)
    if threads == 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import shap  # noqa: PLC0415  (takes seconds)

            explainer = shap.TreeExplainer(booster)
            few = slow[:200]
            found["shap"] = median_times(lambda: explainer.shap_values(few), rows=len(few), repeats=3)
    return found


def one_applicant(matrix_rows: int) -> Times:
    """Time of ``GreenCreditModel.explain`` for one applicant: preparing, explaining and every check."""
    portfolio = simulate(firms=matrix_rows, seed=3)
    values = compute(validate_tables(portfolio.tables, source="simulation")).values
    labels = label(portfolio.tables["applications"], portfolio.tables["outcomes"])
    rows = values.join(labels.select("application_id", "bad"), on="application_id").drop_nulls("bad")
    table = rows.select(
        name for name, item in CATALOGUE.items() if item.base is None and name in rows.columns
    ).to_pandas()
    model = GreenCreditModel(n_jobs=1).fit(table, rows["bad"].to_numpy())
    alone = table.iloc[:1]
    return median_times(lambda: [model.explain(alone) for _ in range(20)], rows=20, repeats=7)


def main() -> None:
    """Measure every shape and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--firms", type=int, default=5_000, help="simulated firms to train on")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    training = random_matrix(TRAINING_ROWS, 0)
    sources = {
        "random": (
            training,
            random_labels(training, 0),
            list(range(CATEGORIES)),
            random_matrix(options.rows, 1),
        ),
    }
    matrix, labels, codes = simulated(options.firms)
    repeated = np.ascontiguousarray(matrix[np.resize(np.arange(len(matrix)), options.rows)])
    sources["simulation"] = (matrix, labels, codes, repeated)
    print(
        f"{options.rows:,} rows (slow ones {SLOW_ROWS:,}), median of {options.repeats}; LightGBM {lightgbm.__version__}, "
        f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start. µs a row; ratios "
        "in wall time / processor time.\n"
    )
    head = ["model", "threads", "predict", "score + contributions", "score alone", "predict / kernel", "asked",
            "pred_contrib / kernel", "asked", "shap / kernel", "one row, µs", "compile, ms", "tables, MB", "largest gap"]  # fmt: skip
    print("| " + " | ".join(head) + " |")
    print("| --- |" + " ---: |" * (len(head) - 1))
    walls: dict[str, dict[int, float]] = {}
    for source, (trained_on, labels, codes, rows) in sources.items():
        for shape in SHAPES:
            booster = trained(shape, trained_on, labels, codes)
            size = CellTables(booster.model_to_string()).describe()["bytes"] / 1e6
            for threads in options.threads:
                t = measure(booster, rows, threads=threads, repeats=options.repeats)
                name = f"{source}, {shape.name}"
                walls.setdefault(name, {})[threads] = t["kernel"].wall

                def ratio(of: str, t: dict[str, Times] = t) -> str:
                    if of not in t:
                        return ""
                    return (
                        f"{t[of].wall / t['kernel'].wall:.1f} / {t[of].processor / t['kernel'].processor:.1f}"
                    )

                cells = [name, str(threads), f"{t['predict'].wall:.2f}", f"{t['kernel'].wall:.2f}", f"{t['score'].wall:.2f}",
                         ratio("predict"), f"{shape.asked:g}", ratio("pred_contrib"), f"{shape.asked_contributions:g}",
                         ratio("shap"), f"{t['one'].wall:.0f}", f"{t['compile'].processor / 1e3:.0f}", f"{size:.1f}",
                         f"{t['gap'].wall:.0e}"]  # fmt: skip
                print("| " + " | ".join(cells) + " |", flush=True)
    if {1, 2} <= set(options.threads):
        gains = ", ".join(f"{wall[1] / wall[2]:.2f} ({name})" for name, wall in walls.items())
        print(f"\nTwo threads against one, kernel, wall time (asked: 1.8): {gains}.")
    whole = one_applicant(1_000)
    print(
        f"\nOne applicant through `GreenCreditModel.explain` (preparing, explaining, every check; asked: under 1 ms): "
        f"{whole.wall / 1e3:.2f} ms wall, {whole.processor / 1e3:.2f} ms processor."
    )


if __name__ == "__main__":
    main()
