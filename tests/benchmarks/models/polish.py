"""Hold the estimator on a plain table against LightGBM with its default parameters, on real bankruptcies.

    python tests/benchmarks/models/polish.py [--file 5year.arff] [--folds 5] [--seeds 0 1 2]

Polish firms, 64 ratios, bankruptcy within a year (UCI 365). Both are trained on the same folds in the same run; a
deviation is that of LightGBM's folds. Asked: AUC not below LightGBM's less one deviation, Brier score at most half of
the constant's, calibration slope from 0.9 to 1.1 out of fold.

Prints a Markdown page.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import lightgbm
import numpy as np

from models.arff import read_arff
from models.evaluation import area_under_curve, evaluate
from models.plain_table import read_plain_table
from models.table_training import judge_table

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("GREENCREDIT_DATA", ROOT.parent / "shared" / "data"))


def default_lightgbm(features: np.ndarray, bad: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Log-odds out of fold."""
    found = np.empty(len(bad))
    for number in np.unique(fold):
        training, judged = fold != number, fold == number
        data = lightgbm.Dataset(features[training], bad[training], params={"verbosity": -1})
        booster = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, data, 100)
        found[judged] = booster.predict(features[judged], raw_score=True)
    return found


def row(name: str, bad: np.ndarray, log_odds: np.ndarray, fold: np.ndarray) -> tuple[str, float, float]:
    """A line of the page, and mean and deviation of the folds' AUC."""
    folds = [area_under_curve(bad[fold == k], log_odds[fold == k]) for k in np.unique(fold)]
    metrics = evaluate(bad, log_odds, np.arange(len(bad)), seed=0).metrics
    mean, deviation = float(np.mean(folds)), float(np.std(folds, ddof=1))
    cells = [name, f"{mean:.4f} ± {deviation:.4f}", f"{metrics['auc']:.4f}", f"{metrics['brier']:.4f}",
             f"{metrics['brier'] / metrics['brier_constant']:.3f}", f"{metrics['calibration_slope']:.3f}",
             f"{metrics['calibration_intercept']:.3f}"]  # fmt: skip
    return "| " + " | ".join(cells) + " |", mean, deviation


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, default=DATA / "polish_bankruptcy_5year" / "5year.arff")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "polish.parquet"
        read_arff(options.file).with_row_index("row").write_parquet(path)
        table = read_plain_table(path, target="class", id_column="row")
    features = table.features.to_numpy()
    print(
        f"{len(table.bad):,} firms, {features.shape[1]} ratios, {options.folds} folds; LightGBM {lightgbm.__version__}.\n"
    )
    print(
        "| model | AUC, mean of folds ± deviation | AUC, all rows | Brier | of the constant's | slope | intercept |"
    )
    print("| --- |" + " ---: |" * 6)
    verdicts = []
    for seed in options.seeds:
        judged = judge_table(table, folds=options.folds, seed=seed, options={"n_jobs": 1})
        bad = judged.predictions["bad"].to_numpy()
        fold = judged.predictions["fold"].to_numpy()
        theirs, mean, deviation = row(
            f"LightGBM's defaults, deal {seed}", bad, default_lightgbm(features, bad, fold), fold
        )
        ours, own, _ = row(
            f"`train --table`, deal {seed}", bad, judged.predictions["log_odds"].to_numpy(), fold
        )
        print(theirs, ours, sep="\n", flush=True)
        metrics = judged.metrics
        met = {
            "AUC": own >= mean - deviation,
            "Brier": metrics["brier"] <= 0.5 * metrics["brier_constant"],
            "slope": 0.9 <= metrics["calibration_slope"] <= 1.1,
        }
        told = ", ".join(f"{name} {'met' if is_met else 'MISSED'}" for name, is_met in met.items())
        verdicts.append(f"- deal {seed}: {told}")
    print("\nAsked:\n\n" + "\n".join(verdicts))


if __name__ == "__main__":
    main()
