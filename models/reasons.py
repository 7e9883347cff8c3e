"""Reasons: contributions against the typical firm of the sector, summed by family, with silence apart from values.

A reason is a family and a kind. Of each application::

    base + sum of its reasons = score

where the base is the score of a firm that stands at its sector's medians (:class:`models.typical.TypicalFirms`), a
reason of kind ``value`` sums what the family's indicators that have a value give beyond what they give that firm, and
one of kind ``not_handed_in`` sums the same over the family's indicators that have none. Nothing is estimated: exact
contributions less exact contributions. A model without distributions is held against the sector's mean contributions,
or against the portfolio.

Every reason has a lead, the indicator that says most of it: the one of the reason's own with the largest difference in
the reason's direction. Where the sector's median is known, the lead stands on the side of it that the direction says
(a reason that costs points is led by a value worse than the median), so that what is told does not contradict itself.
Reasons specific and actually scored are what ECOA asks of a creditor (Regulation B, 12 CFR 1002.9(b)(2); CFPB circulars
2022-03 and 2023-03).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.catalogue import FAMILIES
from models.columns import OTHER, family_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["KINDS", "SIDELESS", "Reasons", "find_reasons", "ranks", "sides"]

KINDS = ("value", "not_handed_in")
"""Kinds of reason, in the order in which they stand within a family."""

SIDELESS = 2
"""Side of a value that cannot be better or worse than its sector's median."""


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """The reasons of n applications; there are p, one per family and kind, in the order of the catalogue.

    Parameters
    ----------
    names
        Family and kind of each of the p.
    base
        Shape (n,): points to which the reasons add up to the score.
    points
        Shape (n, p): what each reason gives; 0 where the application has no indicator of it.
    differences
        Shape (n, k): what each indicator gives beyond what the application is held against, points.
    part
        Shape (n, k): the reason to which each indicator belongs, a place among the p.
    lead
        Shape (n, p): the indicator that says most of the reason, a place among the k; -1 where there is none.
    coherent
        Shape (n, p): whether the lead stands on the side of the sector's median that the reason's direction says, or
        has no side: no direction, no median, no value.
    """

    names: tuple[tuple[str, str], ...]
    base: NDArray[np.float64]
    points: NDArray[np.float64]
    differences: NDArray[np.float64]
    part: NDArray[np.int8]
    lead: NDArray[np.intp]
    coherent: NDArray[np.bool_]


def find_reasons(
    differences: NDArray[np.float64],
    missing: NDArray[np.bool_],
    *,
    features: Sequence[str],
    base: NDArray[np.float64],
    side: NDArray[np.int8] | None = None,
) -> Reasons:
    """Sum differences to reasons, and find the lead of each.

    Parameters
    ----------
    differences
        Shape (n, k): contribution less that of what the application is held against, points.
    missing
        Shape (n, k): whether the application has no value of the indicator.
    features
        Names of the k indicators.
    base
        Shape (n,): points to which the differences add up to the score.
    side
        Shape (n, k): 1 where the value is better than the sector's median, -1 where it is worse, 0 where it is neither;
        ``SIDELESS`` where it has no side. ``None`` where nothing is known of the sector.

    Returns
    -------
    Reasons
        Points are added indicator by indicator in the order of ``features``: the same bits for any number of rows.
    """
    families = [name for name in (*FAMILIES, OTHER) if any(family_of(one) == name for one in features)]
    family = np.array([families.index(family_of(one)) for one in features], dtype=np.int8)
    part = (2 * family + missing).astype(np.int8)
    rows, count = len(differences), len(families) * len(KINDS)
    points = np.zeros((rows, count), order="F")
    lead = np.full((rows, count), -1, dtype=np.intp, order="F")
    coherent = np.zeros((rows, count), dtype=np.bool_, order="F")
    for place in range(len(families)):
        own = np.flatnonzero(family == place)
        block, absent = np.asfortranarray(differences[:, own]), np.asfortranarray(missing[:, own])
        beside = None if side is None else np.asfortranarray(side[:, own])
        for kind in range(len(KINDS)):
            column = len(KINDS) * place + kind
            inside = absent == bool(kind)
            kept = np.where(inside, block, 0.0)
            for one in kept.T:
                points[:, column] += one
            sign = np.sign(points[:, column])
            towards = np.where(inside, kept * sign[:, None], -np.inf)
            matches = inside if kind or beside is None else inside & _matches(beside, sign)
            lead[:, column], coherent[:, column] = _leads(towards, matches, own)
    return Reasons(
        names=tuple((name, kind) for name in families for kind in KINDS),
        base=base,
        points=points,
        differences=differences,
        part=part,
        lead=lead,
        coherent=coherent,
    )


def sides(
    values: NDArray[np.float64],
    medians: NDArray[np.float64],
    *,
    features: Sequence[str],
    directions: Mapping[str, int],
) -> NDArray[np.int8]:
    """Tell on which side of the sector's median each value stands.

    Parameters
    ----------
    values, medians
        Shape (n, k), in the indicators' units; NaN where there is none.
    features
        Names of the k indicators.
    directions
        Feature to +1 (higher is better), -1 (lower is better) or 0.

    Returns
    -------
    ndarray
        Shape (n, k): 1 better, -1 worse, 0 equal; ``SIDELESS`` without direction, value or median.

    Examples
    --------
    >>> values, medians = np.array([[0.2, 5.0, 1.0]]), np.array([[0.3, 5.0, np.nan]])
    >>> sides(values, medians, features=["a", "b", "c"], directions={"a": -1, "b": 1, "c": 1}).tolist()
    [[1, 0, 2]]
    """
    signs = np.array([directions[name] for name in features], dtype=np.int8)
    better = (values > medians).astype(np.int8) - (values < medians)
    found = np.full(values.shape, SIDELESS, dtype=np.int8)
    np.copyto(found, better * signs, where=~(np.isnan(values) | np.isnan(medians)) & (signs != 0))
    return found


def ranks(points: NDArray[np.float64]) -> NDArray[np.int8]:
    """Rank the reasons of each application within their direction, by size.

    Parameters
    ----------
    points
        Shape (n, p).

    Returns
    -------
    ndarray
        Shape (n, p): 1 for the largest that lifts and for the largest that lowers the score, and so on; equal ones in
        their order. 0 where there are no points.

    Examples
    --------
    >>> ranks(np.array([[3.0, -1.0, 0.0, 5.0, -4.0]])).tolist()
    [[2, 2, 0, 1, 1]]
    """
    order = np.argsort(-np.abs(points), axis=1, kind="stable")
    ordered = np.take_along_axis(points, order, axis=1)
    up, down = ordered > 0.0, ordered < 0.0
    placed = np.where(up, np.cumsum(up, axis=1), np.where(down, np.cumsum(down, axis=1), 0)).astype(np.int8)
    found = np.empty_like(placed)
    np.put_along_axis(found, order, placed, axis=1)
    return found


def _matches(side: NDArray[np.int8], sign: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which values stand where the reason's direction says, or have no side, shape (n, k)."""
    found: NDArray[np.bool_] = (side == SIDELESS) | (side == sign[:, None])
    return found


def _leads(
    towards: NDArray[np.float64], matches: NDArray[np.bool_], own: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Find the largest difference in the reason's direction, one that matches before one that does not.

    Parameters
    ----------
    towards
        Shape (n, m): differences, positive in the reason's direction; -inf outside the reason.
    matches
        Shape (n, m).
    own
        Shape (m,): places of the m among the k indicators.

    Returns
    -------
    lead, coherent : ndarray
        Shape (n,) each.
    """
    matching = np.where(matches, towards, -np.inf)
    coherent = matching.max(axis=1) > 0.0
    best = np.where(coherent, matching.argmax(axis=1), towards.argmax(axis=1))
    return np.where(towards.max(axis=1) > 0.0, own[best], -1), coherent
