"""Measure what a model can reach at most on the simulation, and whether the simulation keeps its limits.

    python tests/benchmarks/ceilings.py [--train 1000000] [--holdout 200000] [--firms-per-shard 10000] [--threads 2]

Clean portfolios are simulated in shards, validated and turned into indicators by the product itself. Measured on
the labelled applications (approved and watched for twelve months) of the holdout, with 95 % intervals (DeLong):

- the true probability's AUC: nobody can do better;
- the visible ceiling: a LightGBM regression of the true log-odds on the indicators, as a ranking;
- a logistic regression and a LightGBM classifier on the same indicators, and their gap.

The figures go to ``features/simulate/ceilings.json``. All of it is simulated; none of it says anything about real
borrowers.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path

import lightgbm as lgb
import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

from features.catalogue import CATALOGUE
from features.intake import validate_tables
from features.pipeline import compute
from features.simulate import LIMITS, fingerprint, simulate
from features.simulate.assumptions import INDICATORS_WITH_EFFECT
from features.simulate.measured import CEILINGS_FILE, sample

TRAIN_SEED, HOLDOUT_SEED = 1_000_000, 3_000_000
Z = 1.959963984540054
USED = tuple(i for i in CATALOGUE.values() if i.used_by_model and i.relative_to is None)
RELATIVE = tuple(i for i in CATALOGUE.values() if i.relative_to is not None)
CATEGORIES = tuple(i.id for i in USED if i.is_category)
NUMBERS = tuple(i.id for i in USED if not i.is_category)


def labelled(portfolio):
    """Label the applications as a bank would: bad on default within 12 months, good if watched that long."""
    defaults = portfolio.tables["outcomes"].filter(pl.col("event") == "default")
    end = pl.col("as_of").dt.offset_by("12mo")
    return (
        portfolio.tables["applications"]
        .join(defaults.select("application_id", "occurred_on"), on="application_id", how="left")
        .with_columns(
            bad=pl.when(pl.col("occurred_on") <= end).then(1).when(pl.col("observed_until") >= end).then(0)
        )
        .filter(pl.col("decision") == "approved")
        .select("application_id", "bad")
        .drop_nulls()
        .join(portfolio.truth, on="application_id")
        .sort("application_id")
    )


def gather(rows: int, *, seed: int, firms: int) -> pl.DataFrame:
    """Simulate shards until there are ``rows`` labelled applications."""
    parts, have, shard = [], 0, 0
    while have < rows:
        start = time.perf_counter()
        portfolio = simulate(firms=firms, seed=seed + shard)
        values = compute(validate_tables(portfolio.tables, source="simulation")).values
        frame = labelled(portfolio).join(values, on="application_id").sort("application_id")
        frame = frame.with_columns(pl.col(NUMBERS).cast(pl.Float32)).drop("firm_id", "application_id")
        parts.append(frame)
        have += frame.height
        shard += 1
        print(f"{have:>9,} of {rows:,} ({time.perf_counter() - start:.1f} s)", file=sys.stderr, flush=True)
    return pl.concat(parts)[:rows]


def with_relative(train: pl.DataFrame, holdout: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add the relative indicators, with the medians of the training rows."""
    for indicator in RELATIVE:
        medians = train.group_by(indicator.relative_to).agg(pl.col(indicator.base).median().alias("median"))
        train, holdout = (
            frame.join(medians, on=indicator.relative_to, how="left", maintain_order="left")
            .with_columns((pl.col(indicator.base) / pl.col("median")).cast(pl.Float32).alias(indicator.id))
            .drop("median")
            for frame in (train, holdout)
        )
    return train, holdout


def matrices(train: pl.DataFrame, holdout: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Return both frames as numbers, categories as codes, and the places of the categories."""
    columns = [*NUMBERS, *(i.id for i in RELATIVE)]
    codes = {c: train[c].drop_nulls().unique().sort().to_list() for c in CATEGORIES}

    def matrix(frame):
        parts = [frame[c].cast(pl.Float32).fill_null(np.nan).to_numpy() for c in columns]
        for c in CATEGORIES:
            order = {value: place for place, value in enumerate(codes[c])}
            coded = frame[c].replace_strict(order, default=None, return_dtype=pl.Float32)
            parts.append(coded.fill_null(np.nan).to_numpy())
        return np.column_stack(parts)

    return matrix(train), matrix(holdout), list(range(len(columns), len(columns) + len(CATEGORIES)))


def for_logistic(
    train: np.ndarray, holdout: np.ndarray, categories: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Clip to percentiles 1 and 99, standardise, fill with the median beside a flag; categories as 0 and 1."""
    left, right = [], []
    for place in range(train.shape[1]):
        a, b = train[:, place], holdout[:, place]
        if place in categories:
            for code in np.unique(a[~np.isnan(a)]):
                left.append(a == code)
                right.append(b == code)
            continue
        if np.isnan(a).all():
            continue  # nobody hands it in: the simulation draws no such fact
        low, middle, high = np.nanquantile(a, [0.01, 0.5, 0.99])
        filled = np.clip(np.where(np.isnan(a), middle, a), low, high)
        mean, spread = filled.mean(), filled.std() or 1.0
        left.append((filled - mean) / spread)
        right.append((np.clip(np.where(np.isnan(b), middle, b), low, high) - mean) / spread)
        if np.isnan(a).any():
            left.append(np.isnan(a))
            right.append(np.isnan(b))
    return np.column_stack(left).astype(np.float32), np.column_stack(right).astype(np.float32)


def midranks(x: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def delong(y: np.ndarray, *scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return AUCs and their covariance (DeLong, DeLong and Clarke-Pearson 1988, by ranks)."""
    bad, good = y == 1, y == 0
    m, n = bad.sum(), good.sum()
    on_bad, on_good = [], []
    for s in scores:
        whole = midranks(s)
        on_bad.append((whole[bad] - midranks(s[bad])) / n)
        on_good.append(1 - (whole[good] - midranks(s[good])) / m)
    aucs = np.array([v.mean() for v in on_bad])
    return aucs, np.atleast_2d(np.cov(on_bad)) / m + np.atleast_2d(np.cov(on_good)) / n


def interval(value: float, variance: float) -> dict[str, float]:
    half = Z * math.sqrt(variance)
    return {"value": round(value, 5), "low": round(value - half, 5), "high": round(value + half, 5)}


def measure(train: pl.DataFrame, holdout: pl.DataFrame, *, threads: int) -> dict:
    """Return every figure that the simulation is held against."""
    train, holdout = with_relative(train, holdout)
    x, z, categories = matrices(train, holdout)
    odds, truth = train["true_log_odds"].to_numpy(), holdout["true_log_odds"].to_numpy()
    y, outcome = train["bad"].to_numpy(), holdout["bad"].to_numpy()
    common = {
        "deterministic": True, "force_row_wise": True, "num_threads": threads, "seed": 0, "verbose": -1,
        "learning_rate": 0.05, "min_data_in_leaf": 200, "feature_fraction": 0.7, "lambda_l2": 5.0,
    }  # fmt: skip
    data = lgb.Dataset(x, odds, categorical_feature=categories)
    visible = lgb.train({**common, "objective": "l2", "num_leaves": 63}, data, 600).predict(z)
    data = lgb.Dataset(x, y, categorical_feature=categories)
    boosted = lgb.train(
        {**common, "objective": "binary", "max_depth": 4, "num_leaves": 15}, data, 400
    ).predict(z)
    a, b = for_logistic(x, z, categories)
    straight = LogisticRegression(C=0.1, max_iter=300).fit(a, y).decision_function(b)
    aucs, cov = delong(outcome, truth, visible, boosted, straight)
    everything = pl.concat([train, holdout])
    rate = float(everything["bad"].mean())
    hidden = everything["hidden_log_odds"].var() / everything["true_log_odds"].var()
    return {
        "true_auc": interval(aucs[0], cov[0, 0]),
        "visible_auc": interval(aucs[1], cov[1, 1]),
        "lightgbm_auc": interval(aucs[2], cov[2, 2]),
        "logistic_auc": interval(aucs[3], cov[3, 3]),
        "logistic_gap": interval(aucs[2] - aucs[3], cov[2, 2] + cov[3, 3] - 2 * cov[2, 3]),
        "default_rate": interval(rate, rate * (1 - rate) / everything.height),
        "hidden_variance_share": round(float(hidden), 5),
        "unexplained_variance_share": round(float(np.mean((truth - visible) ** 2) / np.var(truth)), 5),
        "indicators_without_effect_share": round(1 - len(INDICATORS_WITH_EFFECT) / len(CATALOGUE), 5),
    }


def main() -> None:
    """Measure, write ``ceilings.json``, print it, and fail where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=int, default=1_000_000, help="labelled training rows")
    parser.add_argument("--holdout", type=int, default=200_000, help="labelled holdout rows")
    parser.add_argument("--firms-per-shard", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=CEILINGS_FILE)
    options = parser.parse_args()
    start = time.perf_counter()
    holdout = gather(options.holdout, seed=HOLDOUT_SEED, firms=options.firms_per_shard)
    train = gather(options.train, seed=TRAIN_SEED, firms=options.firms_per_shard)
    figures = measure(train, holdout, threads=options.threads)
    result = {
        "what": "Ceilings of the simulation: simulated firms and loans, not real borrowers.",
        "command": f"python tests/benchmarks/ceilings.py --train {options.train} --holdout {options.holdout} "
        f"--firms-per-shard {options.firms_per_shard} --threads {options.threads}",
        "fingerprint": fingerprint(),
        "sample": sample(),
        "seeds": {"train_from": TRAIN_SEED, "holdout_from": HOLDOUT_SEED},
        "rows": {"train": train.height, "holdout": holdout.height, "holdout_bad": int(holdout["bad"].sum())},
        "indicators": len(CATALOGUE),
        "interval": "95 %, DeLong for AUCs, normal for the rate",
        **figures,
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))
    print(f"took {time.perf_counter() - start:.0f} s", file=sys.stderr)
    broken = []
    for name, (low, high) in LIMITS.items():
        found = figures[name]["value"] if isinstance(figures[name], dict) else figures[name]
        if not low <= found <= high:
            broken.append(f"{name} = {found}, limit {low} to {high}")
    if broken:
        sys.exit("Limits not kept: " + "; ".join(broken))


if __name__ == "__main__":
    main()
