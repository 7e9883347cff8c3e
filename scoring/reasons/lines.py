"""One application's score as lines that add up on paper: base, printed reasons, everything else."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from scoring.reasons.sentences import reason_library, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.results import Results
    from scoring.texts import Language

__all__ = ["MemoLine", "line_text", "memo_lines"]


@dataclass(frozen=True, kw_only=True)
class MemoLine:
    """One line.

    Parameters
    ----------
    kind
        ``base``, ``reason``, ``rest`` or ``score``.
    points
        Whole points; base, reasons and rest add up to the score.
    code
        Of its text in the library.
    reason
        The row of ``reasons.parquet``; ``None`` for the other kinds.
    """

    kind: Literal["base", "reason", "rest", "score"]
    points: int
    code: str
    reason: Mapping[str, Any] | None = None


def memo_lines(results: Results, application_id: str) -> list[MemoLine]:
    """Return the lines of one application: base, reasons that lift, reasons that lower, everything else, score.

    Parameters
    ----------
    results
        Of a batch, or of one application of it.
    application_id
        The application.

    Returns
    -------
    list of MemoLine
        Empty where the results hold no reasons (an earlier release wrote them). ``rest`` stands there only where
        reasons were not printed.
    """
    if not results.reasons.columns:
        return []
    own = results.reasons.filter(pl.col("application_id") == application_id)
    decision = results.decisions.filter(pl.col("application_id") == application_id)
    score = int(decision["points_shown"].item())
    lines = [
        MemoLine(kind="reason", points=row["points_shown"], code=row["code"], reason=row)
        for row in own.filter("printed").iter_rows(named=True)
    ]
    others = own.filter(~pl.col("printed"))
    base = score - int(own["points_shown"].sum())
    against = results.manifest["reasons"]["against"]
    lines.insert(0, MemoLine(kind="base", points=base, code=f"base_{against}"))
    if others.height:
        rest = int(others["points_shown"].sum())
        lines.append(MemoLine(kind="rest", points=rest, code="everything_else"))
    return [*lines, MemoLine(kind="score", points=score, code="score")]


def line_text(
    line: MemoLine,
    lang: Language,
    *,
    own_industry_names: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> str:
    """Return what a line says, without its points; see :func:`scoring.reasons.sentences.sentence`."""
    if line.reason is not None:
        return sentence(line.reason, lang, own_industry_names=own_industry_names)
    return reason_library().text(line.code, lang)
