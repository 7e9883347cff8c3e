"""What monitoring found, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.columns_text import columns_text
from scoring.monitor_page import VERDICTS
from scoring.summary_text import DEMONSTRATION_LINE

if TYPE_CHECKING:
    from pathlib import Path

    from scoring.monitor import Monitoring

__all__ = ["monitor_text"]


def monitor_text(found: Monitoring, *, out: Path) -> str:
    """Return the batches, what to re-validate, and where the page is."""
    lines = [DEMONSTRATION_LINE, ""] if found.demonstration else []
    rows = [["batch 批次", "applications", "score PSI", "noise 99 %", "drifted", ""]]
    for batch in found.batches:
        score = next((shift for shift in batch.drift.shifts if shift.kind == "score"), None)
        rows.append(
            [
                batch.name,
                f"{batch.drift.applications:,}",
                "–" if score is None else f"{score.psi:.3f}",
                "–" if score is None else f"{score.noise.q99:.3f}",
                f"{len(batch.drift.drifted)} of {len(batch.drift.shifts)}",
                "" if score is None else VERDICTS[score.verdict][0],
            ]
        )
    lines += [columns_text(rows, right=(1, 2, 3, 4)), ""]
    if found.quiet:
        lines.append("Quiet: nothing moved beyond what sampling explains and what would matter. 平稳。")
    else:
        lines.append("Re-validate 需重新验证:")
        lines += [f"  {one['what_en']} ({one['batch']}: {one['why']})" for one in found.advice]
    lines.append(f"The page: {out / 'monitor.html'}")
    return "\n".join(lines)
