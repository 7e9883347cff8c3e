"""Which set of reference tables is in force: the shipped one, or a bank's tables laid over it.

The set in force is a context variable: each thread and each task has its own, and the block that lays a set over the
shipped one takes it away again. Whatever is derived from tables and kept is kept per set (:func:`per_set`).
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

__all__ = ["IN_FORCE", "FactorSet", "per_set"]

P = ParamSpec("P")
R = TypeVar("R")

_SETS_KEPT = 8
"""Sets whose derived values are kept at a time; a set beyond them is derived anew."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FactorSet:
    """A bank's tables laid over the shipped ones.

    Parameters
    ----------
    tables
        The tables that differ from the shipped ones, each whole: the shipped rows with the bank's over them.
    overlay
        SHA-256 of the bank's file of each of these tables.
    changes
        What each of the bank's rows does: ``table``, ``key``, ``change`` (``added``, ``replaced``, ``confirmed`` or
        ``unchanged``), ``differences`` (from the shipped row) and ``confirmed_by``.
    pinned
        Version of every table where the set is a whole one kept with a batch; None where it lies over the shipped tables.
    """

    tables: Mapping[str, pl.DataFrame]
    overlay: Mapping[str, str]
    changes: pl.DataFrame
    pinned: Mapping[str, str] | None = None

    @cached_property
    def id(self) -> str:
        """What tells this set from every other over the same shipped tables."""
        return repr((sorted(self.overlay.items()), sorted((self.pinned or {}).items())))


IN_FORCE: ContextVar[FactorSet | None] = ContextVar("reference_tables_in_force", default=None)
"""The set in force; None is the shipped one."""


def per_set(*, maxsize: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep what a function returned, as :func:`functools.lru_cache` does, apart for each set of reference tables.

    Parameters
    ----------
    maxsize
        Values kept per set.

    Examples
    --------
    >>> @per_set(maxsize=1)
    ... def derived():
    ...     print("derived")
    ...     return 1
    >>> derived() + derived()
    derived
    2
    """

    def keep(function: Callable[P, R]) -> Callable[P, R]:
        @lru_cache(maxsize=_SETS_KEPT)
        def of_set(_id: str | None) -> Callable[P, R]:
            return cast("Callable[P, R]", lru_cache(maxsize=maxsize)(function))

        shipped = of_set(None)

        @wraps(function)
        def kept(*args: P.args, **kwargs: P.kwargs) -> R:
            in_force = IN_FORCE.get()
            return (shipped if in_force is None else of_set(in_force.id))(*args, **kwargs)

        return kept

    return keep
