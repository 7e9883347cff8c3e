"""The leak guards that look at a training table: each returns what it found; :func:`examine` has them judged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from models.evaluation import area_under_curve
from models.hashing import combine, hash_numbers, hash_texts
from models.leaks import Finding, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.leaks import LeakBounds, LeakReport
    from models.splits import Split

__all__ = ["LEAST", "alone", "examine", "filled_for_bad", "known_later", "same_firm"]

LEAST = 20
"""Bads, and goods, that an indicator needs before a figure of it says anything."""

_Z = 3.2905
"""Of the normal distribution: a two-sided 99.9 % interval."""

_DISTINCTIVE = 10
"""Numbers other than 0 and 1 that two rows must share to the last bit to be one firm's."""


def alone(
    rows: pl.DataFrame, bad: NDArray[np.float64], names: Sequence[str], *, bounds: LeakBounds
) -> tuple[list[Finding], tuple[str, ...]]:
    """Find indicators that alone tell good from bad too well, among the rows that hold a value.

    Parameters
    ----------
    rows
        ``application_id`` and the indicators.
    bad
        Shape (n,): 1 for bad, 0 for good.
    names
        Indicators to examine. Of a category the bad share of the other half of the applications stands for it.
    bounds
        With ``highest_auc``.

    Returns
    -------
    tuple
        Findings, and the indicators that have fewer than ``LEAST`` bads or goods with a value.
    """
    found, not_examined = [], []
    half = hash_texts(rows["application_id"]) % np.uint64(2) == 0
    for name in names:
        known = rows[name].is_not_null().to_numpy()
        labels = bad[known]
        if min(labels.sum(), len(labels) - labels.sum()) < LEAST:
            not_examined.append(name)
            continue
        if CATALOGUE[name].is_category:
            risk = _share_of_others(rows[name].filter(pl.Series(known)), labels, half[known])
        else:
            risk = rows[name].cast(pl.Float64).to_numpy()[known]
        auc = area_under_curve(labels, risk)
        auc = max(auc, 1.0 - auc)
        if auc > bounds.highest_auc:
            found.append(
                Finding(
                    guard="alone",
                    indicator=name,
                    evidence=(
                        f"Alone it has an AUC of {auc:.3f} over {len(labels):,} applications with a value, "
                        f"{int(labels.sum()):,} of them bad; the bound is {bounds.highest_auc:.3f}."
                    ),
                    figures={"auc": auc, "applications": float(len(labels)), "bads": float(labels.sum())},
                )
            )
    return found, tuple(not_examined)


def _share_of_others(
    words: pl.Series, bad: NDArray[np.float64], half: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Bad share of each category in the other half, shape (n,), drawn to the whole by ten applications' weight."""
    codes = words.cast(pl.String).rank("dense").to_numpy().astype(np.int64) - 1
    risk = np.empty(len(bad))
    for side in (True, False):
        other = half != side
        mean = float(bad[other].mean()) if other.any() else float(bad.mean())
        bads = np.bincount(codes[other], weights=bad[other], minlength=int(codes.max()) + 1)
        count = np.bincount(codes[other], minlength=int(codes.max()) + 1)
        risk[half == side] = ((bads + 10.0 * mean) / (count + 10.0))[codes[half == side]]
    return risk


def filled_for_bad(
    rows: pl.DataFrame, bad: NDArray[np.float64], names: Sequence[str], *, bounds: LeakBounds
) -> list[Finding]:
    """Find indicators whose being handed in, or not, tells the outcome.

    Of the odds ratio of "handed in" among bad and good the logarithm is estimated with one half added to each of
    the four counts (Haldane 1956, Anscombe 1956), its standard error after Woolf (1955); the end of the 99.9 %
    interval that is nearer to 1 counts.

    Parameters
    ----------
    rows, bad, names
        As of :func:`alone`.
    bounds
        With ``highest_odds_ratio``.
    """
    found = []
    bads, goods = float(bad.sum()), float(len(bad) - bad.sum())
    for name in names:
        filled = rows[name].is_not_null().to_numpy()
        filled_bad, filled_good = float(bad[filled].sum()), float(filled.sum() - bad[filled].sum())
        cells = [filled_bad + 0.5, bads - filled_bad + 0.5, filled_good + 0.5, goods - filled_good + 0.5]
        log_ratio = math.log(cells[0] * cells[3] / (cells[1] * cells[2]))
        lower = math.exp(abs(log_ratio) - _Z * math.sqrt(sum(1.0 / cell for cell in cells)))
        if lower > bounds.highest_odds_ratio:
            found.append(
                Finding(
                    guard="filled_for_bad",
                    indicator=name,
                    evidence=(
                        f"It is handed in for {filled_bad:,.0f} of {bads:,.0f} bad and {filled_good:,.0f} of "
                        f"{goods:,.0f} good applications; whether it is there tells the outcome by odds of at least "
                        f"{lower:.1f} : 1; the bound is {bounds.highest_odds_ratio:g} : 1."
                    ),
                    figures={
                        "filled_bad": filled_bad,
                        "bads": bads,
                        "filled_good": filled_good,
                        "goods": goods,
                        "odds_ratio": math.exp(log_ratio),
                        "odds_ratio_at_least": lower,
                    },
                )
            )
    return found


def known_later(rows: pl.DataFrame) -> list[Finding]:
    """Find columns of days, beside ``as_of``, that hold a day after it.

    Parameters
    ----------
    rows
        ``application_id``, ``as_of`` and whatever else the training table holds.
    """
    found = []
    as_of = pl.col("as_of").cast(pl.Date)
    for name, kind in rows.schema.items():
        if name == "as_of" or kind.base_type() not in {pl.Date, pl.Datetime}:
            continue
        later = rows.filter(pl.col(name).cast(pl.Date) > as_of)
        if later.height:
            first = later.sort("application_id").row(0, named=True)
            found.append(
                Finding(
                    guard="known_later",
                    indicator=name,
                    evidence=(
                        f"{later.height:,} of {rows.height:,} applications hold a day after their as_of; "
                        f"{first['application_id']}: {first[name]:%Y-%m-%d} after {first['as_of']:%Y-%m-%d}."
                    ),
                    figures={"applications_later": float(later.height), "applications": float(rows.height)},
                )
            )
    return found


def same_firm(
    rows: pl.DataFrame, *, early: NDArray[np.bool_], late: NDArray[np.bool_], names: Sequence[str]
) -> list[Finding]:
    """Find firms on both sides of a split: by their id however it is spelt, and by rows that are the same to the bit.

    Ids count as one if they agree without spaces, in one case and in one width of characters (Unicode NFKC). A firm
    in two spellings is told even within a side, since the calibration is split off there, by firm, too.

    Parameters
    ----------
    rows
        ``firm_id`` and the indicators.
    early, late
        Shape (n,): the two sides.
    names
        Indicators by which rows are compared; categories play no part.
    """
    sides = rows.select(
        firm_id=pl.col("firm_id").cast(pl.String), early=pl.Series(early), late=pl.Series(late)
    ).with_columns(
        plain=pl.col("firm_id").str.normalize("NFKC").str.replace_all(r"\s", "").str.to_uppercase()
    )
    by_firm = (
        sides.group_by("plain")
        .agg(
            spellings=pl.col("firm_id").unique().sort(),
            both=pl.col("early").any() & pl.col("late").any(),
        )
        .filter(pl.col("both") | (pl.col("spellings").list.len() > 1))
        .sort("plain")
    )
    found = []
    if by_firm.height:
        both = int(by_firm["both"].sum())
        spelt = " and ".join(repr(spelling) for spelling in by_firm["spellings"][0])
        found.append(
            Finding(
                guard="same_firm",
                indicator="firm_id",
                evidence=(
                    f"{by_firm.height:,} firms cannot be kept apart, {both:,} of them stand on both sides of the "
                    f"split; the first is {spelt}."
                ),
                figures={"firms": float(by_firm.height), "firms_on_both_sides": float(both)},
            )
        )
    return found + _twins(sides["firm_id"], rows, early=early, late=late, names=names)


def _twins(
    firm: pl.Series,
    rows: pl.DataFrame,
    *,
    early: NDArray[np.bool_],
    late: NDArray[np.bool_],
    names: Sequence[str],
) -> list[Finding]:
    """Find rows of different ids on the two sides whose numbers are all the same."""
    columns = [
        rows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in names
        if not CATALOGUE[name].is_category
    ]
    if not columns:
        return []
    distinctive = np.zeros(rows.height, dtype=np.int64)
    for column in columns:
        distinctive += ~np.isnan(column) & (column != 0.0) & (column != 1.0)
    key = combine([hash_numbers(column) for column in columns], rows=rows.height)
    telling = distinctive >= _DISTINCTIVE
    twin = np.isin(key, key[early & telling]) & late & telling
    if not twin.any():
        return []
    second = int(np.flatnonzero(twin)[0])
    first = int(np.flatnonzero((key == key[second]) & early & telling)[0])
    return [
        Finding(
            guard="same_firm",
            indicator="firm_id",
            evidence=(
                f"{int(twin.sum()):,} applications of the holdout have, to the last bit, the indicators of a training "
                f"application under another id; the first is {firm[second]!r}, who is {firm[first]!r} in training."
            ),
            figures={"applications_twice": float(twin.sum())},
        )
    ]


def examine(
    rows: pl.DataFrame, split: Split, *, bounds: LeakBounds, findings: Sequence[Finding] = ()
) -> LeakReport:
    """Run every guard over a labelled table and its split, and judge what they found.

    Parameters
    ----------
    rows
        ``application_id``, ``firm_id``, ``as_of``, ``bad`` and indicators; those the model does not use are not
        looked at.
    split
        Training against holdout.
    bounds
        With the waivers.
    findings
        What guards before this one found.

    Raises
    ------
    ModelError
        If a finding is not waived.
    """
    names = [
        name
        for name, item in CATALOGUE.items()
        if item.base is None and item.used_by_model and name in rows.columns
    ]
    bad = rows["bad"].to_numpy().astype(np.float64)
    too_good, not_examined = alone(rows, bad, names, bounds=bounds)
    return judge(
        [
            *findings,
            *too_good,
            *filled_for_bad(rows, bad, names, bounds=bounds),
            *known_later(rows),
            *same_firm(rows, early=split.early, late=split.late, names=names),
        ],
        bounds,
        not_examined={"alone": not_examined},
    )
