"""The gate's verdict and a change of champions, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.registry import NAME
from scoring.columns_text import columns_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.gate.result import Finding
    from models.promotion import Change
    from scoring.comparison import Comparison

__all__ = ["change_text", "comparison_text"]

_MOST_LISTED = 20
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "discrimination": ("challenger_auc", "champion_auc", "difference_low", "difference_high"),
    "calibration": ("slope", "intercept", "brier_ratio"),
    "monotonicity": ("violations",),
    "withholding": ("share", "largest_points"),
    "stability": ("replaced_by_indicator", "replaced_by_family"),
    "segments": ("judged",),
    "swap_set": ("moved", "moved_further"),
    "exactness": ("additivity_gap", "booster_gap", "kernel"),
    "label_origin": ("challenger", "outcomes"),
}
"""Figures that the table shows; all of them stand in the artefact."""


def comparison_text(comparison: Comparison, *, out: str = "") -> str:
    """Tell what the gate found.

    Parameters
    ----------
    comparison
        Of :func:`scoring.comparison.compare`.
    out
        File with everybody who moves; empty where none was written.
    """
    result = comparison.result
    champion = f"version {result.champion}" if result.champion else result.champion_uri
    lines = [
        (
            f"Challenger version {result.challenger} against {champion}, gate {result.gate['version']}: "
            f"{result.applications:,} applications with an outcome, {result.bads:,} bad."
        ),
        "",
        columns_text([[finding.rule, _verdict(finding), _figures(finding)] for finding in result.findings]),
    ]
    told = [
        f"  {finding.rule}: {problem}." + (f" Waived: {finding.waived}" if finding.waived else "")
        for finding in result.findings
        for problem in finding.problems
    ]
    lines += ["", *told] if told else []
    moved = comparison.moved
    lines += ["", f"{moved.height:,} of {comparison.applications:,} applications move across a cut-off."]
    if moved.height:
        rows = [
            [str(row["application_id"]), f"{row['grade_old']} -> {row['grade_new']}",
             f"{row['points_old']} -> {row['points_new']}"]
            for row in moved.head(_MOST_LISTED).iter_rows(named=True)
        ]  # fmt: skip
        lines.append(columns_text(rows))
        if moved.height > _MOST_LISTED and not out:
            lines.append(f"  ... and {moved.height - _MOST_LISTED:,} more; --out FILE writes them all.")
    if out:
        lines.append(f"All of them: {out}")
    lines.append("")
    if result.passed:
        flag = " --demonstration" if result.demonstration else ""
        lines.append(
            f"PASSED. To promote it: greencredit promote {result.challenger} --approver NAME --reason TEXT "
            f"--from YYYY-MM-DD{flag}"
        )
    else:
        lines.append(f"REFUSED by {', '.join(result.refused_by)}.")
    return "\n".join(lines)


def change_text(change: Change) -> str:
    """Tell who is champion now."""
    since = f" from {change.holds_from}" if change.holds_from else ""
    lines = [f"{NAME} version {change.champion} is champion{since}."]
    if change.holds_from and change.previous:
        lines.append(f"Before that day version {change.previous} is used.")
    if change.former:
        lines.append(f"Version {change.former} was champion; greencredit rollback takes a promotion back.")
    if change.demonstration:
        lines.append("DEMONSTRATION: simulated outcomes stand behind it. 演示：结果为模拟数据。")
    return "\n".join(lines)


def _verdict(finding: Finding) -> str:
    if finding.passed:
        return "passed"
    return "REFUSED" if finding.refuses else "waived"


def _figures(finding: Finding) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {_told(finding.figures[name])}"
        for name in _SHOWN[finding.rule]
        if name in finding.figures
    )


def _told(value: Any) -> str:  # noqa: ANN401  (whatever JSON holds)
    if value is None:
        return "unknown"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
