"""A gaming move: what a firm could do to its facts to look better than it is, and what is declared to stop it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from features.intake import Dataset

__all__ = ["Mechanism", "Move", "with_tables"]

Mechanism = Literal["construction", "missing_sum", "cross_check", "review_rule", "open"]
"""What stops a move.

``construction``
    No indicator that the model reads and that has a direction gets better, so that no monotone model pays for it.
``missing_sum``
    The indicators named turn missing wherever they had a value, and what is missing stands beyond the worst.
``cross_check``
    A warning named in the decision sends every application that would gain a grade to a person.
``review_rule``
    So does a rule of the policy.
``open``
    Nothing in the facts contradicts it. It is reported with its figure and its reason.

Whatever the mechanism, a move may have a rest that it does not stop: declared with its reason, bounded by ``most``, and held
by the gate. A move without one is stopped for every firm.
"""


@dataclass(frozen=True, kw_only=True)
class Move:
    """One move.

    Parameters
    ----------
    id
        Name of the move.
    en, zh
        What the firm does, one sentence each.
    apply
        The move: clean tables in, clean tables out; pure. Firms that cannot make it keep their rows.
    stopped_by
        The mechanism that is declared, and tested.
    witnesses
        What shows the mechanism at work: indicators (``missing_sum``), cross-checks or ids of review rules.
    why_open
        Of a move with a rest: what lets it by, and what a bank can do.
    most
        Largest share of the applications that could make it whose decision may rise unnoticed: measured, then held; 0 where
        the move is stopped.
    """

    id: str
    en: str
    zh: str
    apply: Callable[[Dataset], Dataset]
    stopped_by: Mechanism
    witnesses: tuple[str, ...] = ()
    why_open: str = ""
    most: float = 0.0


def with_tables(dataset: Dataset, **tables: pl.DataFrame) -> Dataset:
    """Return the dataset with other tables in place of its own.

    Parameters
    ----------
    dataset
        What intake gave.
    **tables
        Name of the contract's table to its rows, with the columns of the clean table.
    """
    return replace(dataset, tables=MappingProxyType({**dataset.tables, **tables}))
