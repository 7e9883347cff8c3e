"""Hold ``GreenCreditModel.fit`` against a bare ``lightgbm.train`` on the same matrix, in one run.

    python tests/benchmarks/models/training_time.py [--rows 1000000] [--columns 60] [--repeats 3] [--threads 2]

The table has as many numbers as asked and a category for the industry, days and firms. ``fit`` does all it does:
checks, order, split, medians, trees, calibration, sector means. The bare training gets every row of the table as
``fit`` prepares it for LightGBM, and the same parameters, threads and number of trees; making its Dataset is counted
in. ``fit`` grows its trees on the rows before the calibration slice, a little fewer. Both are run in turn; ratios are
of medians. Asked: at most 1.3.

Prints a Markdown page.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from unittest import mock

import lightgbm
import numpy as np
import pandas as pd

import models.boosting
from models import GreenCreditModel


def made(rows: int, columns: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Table, labels, days and firms."""
    rng = np.random.default_rng(0)
    block = rng.normal(size=(rows, columns - 1))
    log_odds = block[:, :12] @ np.linspace(1.0, 0.1, 12) * 0.5 + 0.5 * block[:, 12] * block[:, 13] - 4.0
    bad = (rng.random(rows) < 1.0 / (1.0 + np.exp(-log_odds))).astype(float)
    block[rng.random(block.shape) < 0.1] = np.nan
    table = pd.DataFrame(block, columns=[f"ratio_{k}" for k in range(columns - 1)])
    table["industry_division"] = rng.choice(np.array([f"{k:02d}" for k in range(10, 50)], dtype=object), rows)
    days = np.datetime64("2019-01-01") + rng.integers(0, 1800, rows).astype("timedelta64[D]")
    # Few firms stand on both sides of the calibration split, so that few rows are left out.
    return table, bad, days, rng.integers(0, 20 * rows, rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    table, bad, days, firms = made(options.rows, options.columns)
    numbers = [name for name in table if name.startswith("ratio_")]
    directions = {name: (1, -1, 0)[place % 3] for place, name in enumerate(numbers)}
    seen: dict[str, tuple] = {}
    real = lightgbm.train

    def spy(parameters: dict, data: lightgbm.Dataset, num_boost_round: int) -> lightgbm.Booster:
        seen["call"] = (parameters, len(data.label), data.categorical_feature, num_boost_round)
        return real(parameters, data, num_boost_round=num_boost_round)

    def fit() -> GreenCreditModel:
        model = GreenCreditModel(
            directions=directions, n_jobs=options.threads, categories=["industry_division"]
        )
        return model.fit(table, bad, as_of=days, firm_id=firms)

    with mock.patch.object(models.boosting.lightgbm, "train", spy):
        matrix = fit().preparation_.matrix(table)
    parameters, grown_on, codes, trees = seen["call"]

    def bare() -> lightgbm.Booster:
        data = lightgbm.Dataset(matrix, bad, categorical_feature=codes, params={"verbosity": -1})
        return real(parameters, data, num_boost_round=trees)

    walls: dict[str, list[float]] = {"bare": [], "fit": []}
    processors: dict[str, list[float]] = {"bare": [], "fit": []}
    for _ in range(options.repeats):
        for name, work in (("bare", bare), ("fit", fit)):
            start = time.perf_counter(), time.process_time()
            work()
            walls[name].append(time.perf_counter() - start[0])
            processors[name].append(time.process_time() - start[1])
    print(
        f"{options.rows:,} x {options.columns}, {trees} trees, {options.threads} threads, median of {options.repeats}; "
        f"LightGBM {lightgbm.__version__}, {platform.machine()}, {os.cpu_count()} processors, load "
        f"{os.getloadavg()[0]:.1f} at the end. ``fit`` grows its trees on {grown_on:,} rows.\n"
    )
    print("| | wall, s | processor, s |")
    print("| --- | ---: | ---: |")
    wall = {name: statistics.median(times) for name, times in walls.items()}
    processor = {name: statistics.median(times) for name, times in processors.items()}
    for name, told in (("bare", "bare `lightgbm.train`"), ("fit", "`GreenCreditModel.fit`")):
        print(f"| {told} | {wall[name]:.2f} | {processor[name]:.2f} |")
    print(
        f"| ratio (asked: 1.3) | {wall['fit'] / wall['bare']:.2f} | {processor['fit'] / processor['bare']:.2f} |"
    )


if __name__ == "__main__":
    main()
