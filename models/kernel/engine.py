"""Which engine explains: the compiled kernel, or LightGBM's own where no compiler was at hand."""

from __future__ import annotations

import os
import warnings
from functools import cache
from importlib import util
from typing import TYPE_CHECKING, Protocol

import numpy as np

from features.errors import ModelError
from models.kernel.program import CellTables
from models.kernel.text import parse_trees
from models.trees import raw_score

if TYPE_CHECKING:
    import lightgbm
    from numpy.typing import NDArray

    from models.trees import LeafTable

__all__ = ["REQUIRED", "Engine", "LightGBMEngine", "compiled_engine_exists", "cores", "engine_of"]

REQUIRED = "GREENCREDIT_REQUIRE_KERNEL"
"""Environment variable; with ``1`` the slower engine is an error."""

_MEND = (
    "Install a C compiler (Debian: apt-get install gcc libc6-dev python3-dev; elsewhere GCC or Clang) and install the "
    "package again."
)
_BLOCK = 8192  # rows scored at a time by LightGBM: the leaf numbers of a block stay small


class Engine(Protocol):
    """Score and contributions in raw score; ``name`` goes into the manifest."""

    @property
    def name(self) -> str:
        """``compiled`` or ``lightgbm``."""

    def raw_score(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw score, shape (n,), from the stored leaf values."""

    def contributions(self, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Raw score, shape (n,), and contributions to it, shape (n, features)."""


class _CompiledEngine:
    """The cell tables, with a number of threads."""

    name = "compiled"

    def __init__(self, text: str, leaves: LeafTable, *, threads: int) -> None:
        self._tables = CellTables(text, stored=leaves)
        self._threads = threads or cores()

    def raw_score(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._tables.raw_score(rows, threads=self._threads)

    def contributions(self, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self._tables.contributions(rows, threads=self._threads)


class LightGBMEngine:
    """LightGBM's ``pred_contrib``, and the score from its leaf numbers; the same values at many times the time.

    Parameters
    ----------
    booster
        Gives the contributions.
    leaves
        Stored leaf values, from which the score is summed.
    threads
        Threads; 0 uses every core.
    """

    name = "lightgbm"

    def __init__(self, booster: lightgbm.Booster, leaves: LeafTable, *, threads: int) -> None:
        self._booster, self._leaves, self._threads = booster, leaves, threads
        parse_trees(booster.model_to_string())  # refuses what the compiled engine refuses

    def raw_score(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """See :class:`Engine`."""
        raw = np.empty(len(rows), dtype=np.float64)
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            found = np.asarray(self._booster.predict(block, pred_leaf=True, num_threads=self._threads))
            raw[start : start + _BLOCK] = raw_score(found, self._leaves)
        return raw

    def contributions(self, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """See :class:`Engine`."""
        if not len(rows):
            return np.empty(0), np.empty((0, rows.shape[1]))
        found = np.asarray(self._booster.predict(rows, pred_contrib=True, num_threads=self._threads))
        return self.raw_score(rows), np.asfortranarray(found[:, :-1])


def cores() -> int:
    """Count the processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def compiled_engine_exists() -> bool:
    """Tell whether the package was built with its compiled kernel."""
    return util.find_spec("models.kernel._cells") is not None


def engine_of(booster: lightgbm.Booster, leaves: LeafTable, *, threads: int) -> Engine:
    """Compile a booster, or hand it to LightGBM where the package was installed without a compiler.

    Parameters
    ----------
    booster
        Gives the contributions.
    leaves
        Stored leaf values (raw score), from which the score is summed.
    threads
        Threads at most; 0 uses every core.

    Raises
    ------
    ModelError
        If the booster is of a kind that cannot be explained (named), or the compiled kernel is absent and
        ``GREENCREDIT_REQUIRE_KERNEL`` is 1.
    """
    if compiled_engine_exists():
        return _CompiledEngine(booster.model_to_string(), leaves, threads=threads)
    if os.environ.get(REQUIRED) == "1":
        raise ModelError(
            f"The compiled explanation kernel is not installed, and {REQUIRED}=1 asks for it.",
            where="models.kernel",
            mend=_MEND,
        )
    _announce()
    return LightGBMEngine(booster, leaves, threads=threads)


@cache
def _announce() -> None:
    """Say once a process that the slower engine explains."""
    warnings.warn(
        "The compiled explanation kernel is not installed: LightGBM's pred_contrib explains instead, with the same values "
        f"at about a hundred times the time. {_MEND}",
        RuntimeWarning,
        stacklevel=3,
    )
