"""Measure how far the model gets towards what can be seen at all, on simulated firms.

    python tests/benchmarks/models/simulation.py [--applications 50000] [--holdout 200000] [--threads 2]

The estimator is trained with its own defaults on so many labelled applications of simulated firms, and judged on the
labelled applications of others; the interval is by bootstrap over firms. Asked for: at least 97 % of the way from an AUC
of 0.5 to the visible ceiling of the simulation (``make ceilings``). Nothing here says anything about real borrowers.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from features.intake import validate_tables
from features.pipeline import compute
from features.simulate import ceilings, simulate
from models import GreenCreditModel, label
from models.evaluation import area_under_curve

TRAIN_SEED, HOLDOUT_SEED = 1_000_000, 3_000_000
FIRMS_A_SHARD = 10_000
REPLICATES = 200
ASKED = 0.97


def applications(count: int, *, seed: int) -> pl.DataFrame:
    """Labelled applications with their indicators, shard by shard until there are enough."""
    parts: list[pl.DataFrame] = []
    while sum(part.height for part in parts) < count:
        start = time.perf_counter()
        shard = len(parts)
        portfolio = simulate(firms=FIRMS_A_SHARD, seed=seed + shard)
        values = compute(validate_tables(portfolio.tables, source="simulation")).values
        labels = label(portfolio.tables["applications"], portfolio.tables["outcomes"])
        part = values.join(labels.select("application_id", "bad"), on="application_id").drop_nulls("bad")
        # Ids begin anew in every shard.
        parts.append(part.with_columns(pl.format("{}-{}", pl.lit(shard), "firm_id").alias("firm_id")))
        print(
            f"shard {shard}: {part.height:,} ({time.perf_counter() - start:.0f} s)",
            file=sys.stderr,
            flush=True,
        )
    return pl.concat(parts).head(count)


def indicators(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(name for name, item in CATALOGUE.items() if item.base is None and name in rows.columns)


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--applications", type=int, default=50_000)
    parser.add_argument("--holdout", type=int, default=200_000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    train = applications(options.applications, seed=TRAIN_SEED)
    holdout = applications(options.holdout, seed=HOLDOUT_SEED)
    model = GreenCreditModel(n_jobs=options.threads).fit(
        indicators(train).to_pandas(),
        train["bad"].to_numpy(),
        as_of=train["as_of"].to_numpy(),
        firm_id=train["firm_id"].to_numpy(),
    )
    risk = model.decision_function(indicators(holdout).to_pandas())
    bad = holdout["bad"].to_numpy().astype(float)
    codes = holdout["firm_id"].rank("dense").to_numpy().astype(np.int64) - 1
    random, firms = np.random.default_rng(0), int(codes.max()) + 1
    draws = [
        area_under_curve(
            bad, risk, np.bincount(random.integers(0, firms, firms), minlength=firms)[codes].astype(float)
        )
        for _ in range(REPLICATES)
    ]
    ceiling = float(ceilings()["visible_auc"]["value"])
    auc = area_under_curve(bad, risk)
    low, high = np.quantile(draws, [0.025, 0.975])
    way = [(value - 0.5) / (ceiling - 0.5) for value in (auc, low, high)]
    print(
        f"{len(train):,} training applications ({int(train['bad'].sum())} bad), {len(holdout):,} of the holdout "
        f"({int(bad.sum())} bad), simulated.\n\n| AUC | 95 % | visible ceiling | share of the way | 95 % | asked |\n"
        f"| ---: | ---: | ---: | ---: | ---: | ---: |\n| {auc:.4f} | {low:.4f} to {high:.4f} | {ceiling:.4f} | {way[0]:.1%} | "
        f"{way[1]:.1%} to {way[2]:.1%} | {ASKED:.0%} |"
    )


if __name__ == "__main__":
    main()
