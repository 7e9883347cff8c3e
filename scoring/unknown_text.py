"""What is unknown of an application, as text for a terminal: how far the score could move, and what to ask for next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.asks import asks_text, range_text
from scoring.texts import text

if TYPE_CHECKING:
    from scoring.results import Results

__all__ = ["unknown_text"]


def unknown_text(results: Results) -> str:
    """Return the range of the score and the documents to ask for, in English and Chinese.

    Parameters
    ----------
    results
        Results of one application; empty where an earlier release wrote them. Documents are told where the policy
        asked for them.
    """
    record = results.manifest.get("ranges")
    if record is None:
        return ""
    decision = results.decisions.row(0, named=True)
    lines = [f"{text('score_range', 'en')} {text('score_range', 'zh')}"]
    if record["available"]:
        lines.append(f"  {range_text(decision, 'en')}; {range_text(decision, 'zh')}")
    else:
        lines += [f"  {record['why_en']}", f"  {record['why_zh']}"]
    if not results.asks.is_empty():
        lines += ["", asks_text(results.asks, "en"), "", asks_text(results.asks, "zh")]
    return "\n".join(lines)
