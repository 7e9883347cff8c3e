"""What a training run tells beside its figures: leak waivers, and the points of declined applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.columns_text import columns_text

if TYPE_CHECKING:
    import polars as pl

    from models.leaks import LeakReport

__all__ = ["leak_lines", "range_lines"]


def leak_lines(leaks: LeakReport) -> list[str]:
    """Tell what was waived and by whom, which waivers nobody needs, and that the rest was clean.

    Examples
    --------
    >>> from models.leaks import LeakBounds, LeakReport
    >>> leak_lines(LeakReport(bounds=LeakBounds()))
    ['Leak guards: nothing found.']
    """
    lines = [] if leaks.waived else ["Leak guards: nothing found."]
    for finding, waiver in leaks.waived:
        lines += [
            f"Leak guards: WAIVED by {waiver.by}: {finding.indicator} ({finding.guard}). {finding.evidence}",
            f"  Reason: {waiver.reason}",
        ]
    lines += [
        f"Leak guards: the waiver of {waiver.indicator} ({waiver.guard}) was not needed; take it out."
        for waiver in leaks.unused
    ]
    return lines


def range_lines(ranges: pl.DataFrame) -> list[str]:
    """Tell the points of accepted, declined and withdrawn applications; nothing where all were accepted."""
    shown = ranges.filter(ranges["applications"] > 0)
    if shown.height < 2:
        return []
    header = ["points", "applications", "5 %", "median", "95 %", "below the accepted's 5 %"]
    rows = [
        [
            row["decision"],
            f"{row['applications']:,}",
            *(f"{row[name]:.0f}" for name in ("low", "median", "high")),
            f"{100 * row['below_accepted']:.0f} %",
        ]
        for row in shown.iter_rows(named=True)
    ]
    return [
        "No outcome of a declined or withdrawn application is inferred; the model judges them like this:",
        columns_text([header, *rows], right=(1, 2, 3, 4, 5)),
    ]
