"""A result folder decided again under two policies: who moves, and why.

Score and facts stay what they were when the batch was scored; only the policy differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError
from scoring import outputs
from scoring.policy import decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.policy import Policy
    from scoring.results import Results

__all__ = ["COMPARED", "WhatIf", "judged_again", "migration", "what_if"]

COMPARED = (
    "grade",
    "vetoed",
    "risk_class",
    "watch_list",
    "labels",
    "label_candidates",
    "price_basis_points",
    "conditions_precedent",
    "covenants",
    "support",
    "review",
    "review_reasons",
)
"""Columns of a decision that are held against each other."""


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Decisions under two policies.

    Parameters
    ----------
    old, new
        The policies.
    decisions
        ``application_id``, ``firm_id``, ``points_shown``; of each column of :data:`COMPARED` one ending in ``_old`` and one
        in ``_new``; ``grade_steps`` (positive where the new grade is worse; null where the policies have other grades),
        ``rules_gained`` and ``rules_lost`` (rules that fire under one policy only) and ``moved`` (Boolean: something of
        :data:`COMPARED` differs). One row per application of the results, sorted by ``application_id``.
    """

    old: Policy
    new: Policy
    decisions: pl.DataFrame

    @property
    def movers(self) -> pl.DataFrame:
        """The applications that move."""
        return self.decisions.filter("moved").drop("moved")


def judged_again(results: Results) -> pl.DataFrame:
    """Return what :func:`scoring.policy.decide` was given when a batch was scored.

    Parameters
    ----------
    results
        Of a batch.

    Raises
    ------
    GreenCreditError
        If the results were written by a version that kept no facts of the policy.
    """
    if results.policy_facts.is_empty() and not results.decisions.is_empty():
        raise GreenCreditError(
            "The results hold no facts for a policy: they were written by an earlier version.",
            where=outputs.POLICY_FACTS,
            mend="Score the batch again.",
        )
    kept = [name for name in results.indicators.columns if name not in CATALOGUE or not CATALOGUE[name].base]
    return (
        results.indicators.select(kept)
        .join(
            results.decisions.select("application_id", "points", "probability", "esg_points"),
            on="application_id",
            how="inner",
            validate="1:1",
        )
        .join(results.policy_facts, on="application_id", how="left", validate="1:1")
        .sort("application_id")
    )


def what_if(results: Results, *, old: Policy, new: Policy) -> WhatIf:
    """Decide the applications of a batch again under two policies.

    Parameters
    ----------
    results
        Of a batch.
    old, new
        The policies; neither need be the one that the batch was scored with.

    Raises
    ------
    GreenCreditError
        If the results hold no facts for a policy.
    """
    judged = judged_again(results)
    if "firm_id" not in judged.columns:
        judged = judged.with_columns(firm_id=pl.lit(None, dtype=pl.String))
    before, after = decide(judged, policy=old), decide(judged, policy=new)
    both = before.select(
        "application_id",
        "firm_id",
        "points_shown",
        *(pl.col(name).alias(f"{name}_old") for name in (*COMPARED, "rules_fired")),
    ).join(
        after.select(
            "application_id", *(pl.col(name).alias(f"{name}_new") for name in (*COMPARED, "rules_fired"))
        ),
        on="application_id",
        validate="1:1",
        maintain_order="left",
    )
    differs = pl.any_horizontal(
        [pl.col(f"{name}_old").ne_missing(pl.col(f"{name}_new")) for name in COMPARED]
    )
    decisions = both.with_columns(
        grade_steps=_steps(old, new),
        rules_gained=pl.col("rules_fired_new").list.set_difference("rules_fired_old").list.sort(),
        rules_lost=pl.col("rules_fired_old").list.set_difference("rules_fired_new").list.sort(),
        moved=differs,
    ).drop("rules_fired_old", "rules_fired_new")
    return WhatIf(old=old, new=new, decisions=decisions)


def _steps(old: Policy, new: Policy) -> pl.Expr:
    if old.grade_names != new.grade_names:
        return pl.lit(None, dtype=pl.Int32)
    position = {name: place for place, name in enumerate(new.grade_names)}

    def placed(column: str) -> pl.Expr:
        return pl.col(column).replace_strict(position, return_dtype=pl.Int32)

    return placed("grade_new") - placed("grade_old")


def migration(
    decisions: pl.DataFrame, column: str, *, old: Sequence[str], new: Sequence[str]
) -> list[list[int]]:
    """Return the migration matrix of a column: applications by old value (rows) and new value (columns).

    Parameters
    ----------
    decisions
        Of :class:`WhatIf`.
    column
        ``grade`` or ``risk_class``.
    old, new
        The values in order.

    Examples
    --------
    >>> both = pl.DataFrame({"grade_old": ["A", "A", "B"], "grade_new": ["A", "B", "B"]})
    >>> migration(both, "grade", old=["A", "B"], new=["A", "B"])
    [[1, 1], [0, 1]]
    """
    counted = decisions.group_by(f"{column}_old", f"{column}_new").len()
    cells = {(before, after): count for before, after, count in counted.iter_rows()}
    return [[cells.get((before, after), 0) for after in new] for before in old]
