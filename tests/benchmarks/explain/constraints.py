"""Measure what each interactions option of the model costs in AUC, and what it gives in explanation speed.

    python tests/benchmarks/explain/constraints.py [--firms 20000] [--holdout-firms 20000] [--rows 20000]
        [--threads 1] [--repeats 7] [--depth 4] [--trees 200]

Simulated firms; nothing here says anything about real borrowers. The model is fitted once for each option on the
same applications; the AUC is that of the outcomes of other simulated firms, with a 95 % interval by bootstrap over
firms, and beside it the difference to the unconstrained model on the same draws of firms. Explanation time is that
of ``GreenCreditModel.explain`` (score, contributions and every check) less that of preparing the rows, which stands
beside it, in one run with LightGBM's plain ``Booster.predict`` on the prepared contiguous matrix and as many threads:
median of the repeats, wall and processor time.

Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from typing import TYPE_CHECKING

import lightgbm
import numpy as np

from features.catalogue import CATALOGUE
from features.errors import ReferenceDataError
from features.intake import validate_tables
from features.pipeline import compute
from features.simulate import ceilings, simulate
from models import GreenCreditModel, label
from models.evaluation import area_under_curve
from models.interactions import INTERACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import polars as pl

TRAIN_SEED, HOLDOUT_SEED = 1, 2
REPLICATES = 200


def applications(firms: int, *, seed: int) -> pl.DataFrame:
    """Simulate labelled applications with their indicators."""
    start = time.perf_counter()
    portfolio = simulate(firms=firms, seed=seed)
    values = compute(validate_tables(portfolio.tables, source="simulation"), firms_per_shard=10_000).values
    labels = label(portfolio.tables["applications"], portfolio.tables["outcomes"])
    found = (
        values.join(labels.select("application_id", "bad"), on="application_id")
        .drop_nulls("bad")
        .sort("application_id")
    )
    print(f"{found.height:,} applications ({time.perf_counter() - start:.0f} s)", file=sys.stderr, flush=True)
    return found


def indicators(rows: pl.DataFrame) -> pd.DataFrame:
    return rows.select(
        n for n, item in CATALOGUE.items() if item.base is None and n in rows.columns
    ).to_pandas()


def timed(work: Callable[[], object], *, repeats: int) -> tuple[float, float]:
    """Return the median wall and processor time of a call, in seconds."""
    wall, processor = [], []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    return statistics.median(wall), statistics.median(processor)


def bootstrap(bad: np.ndarray, risks: dict[str, np.ndarray], firms: np.ndarray) -> dict[str, np.ndarray]:
    """Return the AUC of each option on the same draws of firms, each of shape (REPLICATES,)."""
    _, codes = np.unique(firms.astype(str), return_inverse=True)
    count, random = int(codes.max()) + 1, np.random.default_rng(0)
    found = {name: np.empty(REPLICATES) for name in risks}
    for replicate in range(REPLICATES):
        weight = np.bincount(random.integers(0, count, size=count), minlength=count)[codes].astype(float)
        for name, risk in risks.items():
            found[name][replicate] = area_under_curve(bad, risk, weight)
    return found


def main() -> None:
    """Fit each option, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--firms", type=int, default=20_000, help="simulated firms to train on")
    parser.add_argument("--holdout-firms", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=20_000, help="rows that are explained at a time")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--trees", type=int, default=200)
    options = parser.parse_args()
    train = applications(options.firms, seed=TRAIN_SEED)
    holdout = applications(options.holdout_firms, seed=HOLDOUT_SEED)
    X, Z = indicators(train), indicators(holdout)  # noqa: N806  (scikit-learn's names)
    y, bad = train["bad"].to_numpy(), holdout["bad"].to_numpy().astype(float)
    repeated = np.resize(np.arange(len(Z)), options.rows)
    risks: dict[str, np.ndarray] = {}
    figures: dict[str, list[str]] = {}
    for rule in INTERACTIONS:
        start = time.perf_counter()
        model = GreenCreditModel(
            interactions=rule, n_jobs=options.threads, max_depth=options.depth, n_estimators=options.trees
        ).fit(X, y, as_of=train["as_of"].to_numpy(), firm_id=train["firm_id"].to_numpy())
        fitted = time.perf_counter() - start
        risks[rule] = model.decision_function(Z)
        rows = Z.iloc[repeated]
        matrix = np.ascontiguousarray(model.preparation_.matrix(rows))
        prepared, prepared_processor = timed(
            lambda: (model.preparation_.matrix(rows), model.preparation_.indicators(rows)),  # noqa: B023
            repeats=options.repeats,
        )
        wall, processor = timed(lambda: model.explain(rows), repeats=options.repeats)  # noqa: B023
        wall, processor = wall - prepared, processor - prepared_processor
        plain, plain_processor = timed(
            lambda: model.booster_.predict(matrix, raw_score=True, num_threads=options.threads),  # noqa: B023
            repeats=options.repeats,
        )
        groups = model.interaction_groups_
        mixing = "all" if groups is None else str(sum(len(group) > 1 for group in groups))
        figures[rule] = [
            mixing,
            f"{fitted:.1f}",
            f"{1e6 * prepared / options.rows:.2f}",
            f"{1e6 * wall / options.rows:.2f}",
            f"{1e6 * processor / options.rows:.2f}",
            f"{1e6 * plain / options.rows:.2f}",
            f"{plain / wall:.2f}",
            f"{plain_processor / processor:.2f}",
        ]
        print(f"{rule} done ({time.perf_counter() - start:.0f} s)", file=sys.stderr, flush=True)
    draws = bootstrap(bad, risks, holdout["firm_id"].to_numpy())
    print(
        f"{len(train):,} training and {len(holdout):,} holdout applications ({int(bad.sum())} bad) of simulated firms; "
        f"{options.trees} trees of depth {options.depth}; {options.rows:,} rows explained, {options.threads} "
        f"thread(s), median of {options.repeats}; LightGBM {lightgbm.__version__}, {platform.machine()}, "
        f"{os.cpu_count()} processors."
    )
    try:
        print(f"Visible ceiling of the simulation: {ceilings()['visible_auc']['value']:.3f}.\n")
    except ReferenceDataError as error:
        print(f"No visible ceiling to hold it against: {error}\n")
    head = [
        "interactions", "groups of two or more", "AUC", "95 %", "AUC less none, 95 %", "fit, s", "prepare, µs a row",
        "explain, µs a row",
        "processor µs", "predict, µs a row", "predict / explain, wall", "processor",
    ]  # fmt: skip
    print("| " + " | ".join(head) + " |")
    print("| --- |" + " ---: |" * (len(head) - 1))
    for rule, (mixing, *times) in figures.items():
        low, high = np.quantile(draws[rule], [0.025, 0.975])
        less_low, less_high = np.quantile(draws[rule] - draws["none"], [0.025, 0.975])
        auc = area_under_curve(bad, risks[rule])
        less = auc - area_under_curve(bad, risks["none"])
        cells = [
            rule,
            mixing,
            f"{auc:.4f}",
            f"{low:.3f} to {high:.3f}",
            f"{less:+.4f} ({less_low:+.4f} to {less_high:+.4f})",
            *times,
        ]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
