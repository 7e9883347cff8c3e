"""The pictures of a training run, as SVG files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import polars as pl

from features.catalogue import CATALOGUE, PILLARS

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from models.evaluation import Evaluation

__all__ = ["write_plots"]

_SHOWN = 25  # indicators in the importance plot


def write_plots(
    folder: Path,
    evaluation: Evaluation,
    *,
    points: NDArray[np.float64],
    bad: NDArray[np.float64],
    contributions: pd.DataFrame,
    title: str,
) -> list[Path]:
    """Write ROC curve, calibration by decile, points of good and bad, and importance; return the files.

    Parameters
    ----------
    folder
        Exists already.
    evaluation
        Of the holdout.
    points, bad
        Shape (n,), of the holdout.
    contributions
        Shape (n, indicators), points.
    title
        Says of which labels the picture is; it stands above every plot.
    """
    charts = {
        "roc": _roc(evaluation, title),
        "calibration": _calibration(evaluation, title),
        "points": _points(points, bad, title),
        "importance": _importance(contributions, title),
    }
    files = []
    for name, chart in charts.items():
        files.append(folder / f"{name}.svg")
        chart.save(str(files[-1]))
    return files


def _roc(evaluation: Evaluation, title: str) -> alt.LayerChart:
    m = evaluation.metrics
    curve = evaluation.roc
    if curve.height > 1_000:  # a picture needs no more corners than it has pixels
        kept = np.unique(np.linspace(0, curve.height - 1, 1_000).astype(int))
        curve = curve[kept.tolist()]
    line = (
        alt.Chart(curve)
        .mark_line(interpolate="linear")
        .encode(
            x=alt.X("false_positive_rate", title="Share of the good that would be refused"),
            y=alt.Y("true_positive_rate", title="Share of the bad that would be refused"),
            order="false_positive_rate",
        )
    )
    chance = alt.Chart(pl.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]})).mark_line(
        strokeDash=[4, 4], color="gray"
    )
    chart: alt.LayerChart = (chance.encode(x="x", y="y") + line).properties(
        title=f"{title}: AUC {m['auc']:.3f} ({m['auc_low']:.3f} to {m['auc_high']:.3f})",
        width=360,
        height=360,
    )
    return chart


def _calibration(evaluation: Evaluation, title: str) -> alt.LayerChart:
    top = float(evaluation.deciles.select(pl.max_horizontal("mean_probability", "bad_share").max()).item())
    dots = (
        alt.Chart(evaluation.deciles)
        .mark_point(filled=True, size=70)
        .encode(
            x=alt.X("mean_probability", title="Mean probability of default", axis=alt.Axis(format="%")),
            y=alt.Y("bad_share", title="Share that defaulted", axis=alt.Axis(format="%")),
        )
    )
    equal = alt.Chart(pl.DataFrame({"x": [0.0, top], "y": [0.0, top]})).mark_line(
        strokeDash=[4, 4], color="gray"
    )
    chart: alt.LayerChart = (equal.encode(x="x", y="y") + dots).properties(
        title=f"{title}: calibration by decile", width=360, height=360
    )
    return chart


def _points(points: NDArray[np.float64], bad: NDArray[np.float64], title: str) -> alt.Chart:
    edges = np.linspace(points.min(), points.max(), 26)
    frames = []
    for kind, chosen in (("good", bad < 0.5), ("bad", bad > 0.5)):
        counts = np.histogram(points[chosen], bins=edges)[0]
        share = counts / max(1, counts.sum())
        frames.append(
            pl.DataFrame(
                {"from": edges[:-1], "to": edges[1:], "share": share, "outcome": [kind] * len(share)}
            )
        )
    chart: alt.Chart = (
        alt.Chart(pl.concat(frames))
        .mark_bar(opacity=0.6)
        .encode(
            x=alt.X("from:Q", title="Points", bin="binned", scale=alt.Scale(zero=False)),
            x2="to",
            y=alt.Y("share", title="Share of applications", stack=None, axis=alt.Axis(format="%")),
            color=alt.Color("outcome", sort=["good", "bad"], title=None),
        )
        .properties(title=f"{title}: points of good and bad", width=480, height=300)
    )
    return chart


def _importance(contributions: pd.DataFrame, title: str) -> alt.Chart:
    means = contributions.abs().mean()
    table = (
        pl.DataFrame(
            {
                "indicator": [CATALOGUE[str(name)].en for name in means.index],
                "points": means.to_numpy(),
                "pillar": [PILLARS[CATALOGUE[str(name)].pillar][0] for name in means.index],
            }
        )
        .sort("points", "indicator", descending=[True, False])
        .head(_SHOWN)
    )
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("points", title="Mean absolute contribution (points)"),
            y=alt.Y("indicator", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
            color=alt.Color("pillar", title=None),
        )
        .properties(title=f"{title}: what moves the score", width=400)
    )
    return chart
