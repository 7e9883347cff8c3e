"""An application's reasons as text for a terminal: lines that add up to the score, each in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.reasons import line_text, memo_lines
from scoring.telling import signed

if TYPE_CHECKING:
    from scoring.results import Results

__all__ = ["reasons_text"]

_UNTESTED = "  No reason was scored again: this model knows no values by sector. 未重新评分检验：该模型不含行业数值分布。"


def reasons_text(results: Results) -> str:
    """Return the reasons of one application's results; empty where an earlier release wrote them.

    Parameters
    ----------
    results
        Results of one application.
    """
    lines = memo_lines(results, results.decisions["application_id"].item())
    if not lines:
        return ""
    told = ["Reasons, against the sector 主要原因（对照行业）"]
    if results.manifest["reasons"]["faithfulness"] is None:
        told = ["Reasons 主要原因", _UNTESTED]
    for line in lines:
        whole = str(line.points) if line.kind in {"base", "score"} else signed(line.points)
        if line.kind == "score":
            told.append(f"  {'=' * 6}")
        told.append(f"  {whole:>6}  {line_text(line, 'en', own_industry_names=results.own_industry_names)}")
        told.append(f"          {line_text(line, 'zh', own_industry_names=results.own_industry_names)}")
    return "\n".join(told)
