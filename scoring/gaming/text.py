"""The release gate as text: a line per move that pays, the rests with their reasons, and the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from scoring.gaming.verdict import GamingReport

__all__ = ["gaming_text"]

_MECHANISMS = {
    "construction": "by construction 由构造",
    "missing_sum": "a sum turns missing 合计缺失",
    "cross_check": "a cross-check asks 交叉校验",
    "review_rule": "a rule sends to review 复核规则",
    "open": "nothing 无",
}


def gaming_text(report: GamingReport) -> str:
    """Return the report as text, English and Chinese."""
    table = report.table
    tried = table.filter(pl.col("applications") > 0)
    silent = tried.filter((pl.col("points_rise") == 0) & (pl.col("unstopped") == 0))
    lines = [
        f"Gaming moves on {report.applications:,} applications: {table.height} in the library, {tried.height} tried here.",
        f"对{report.applications:,}笔申请试验粉饰手法：共{table.height}种，可试{tried.height}种。",
        "",
        f"{silent.height} moves raise nobody's points. The others 其余手法:",
        f"  {'move':<40}{'could':>8}{'points up':>11}{'largest':>9}{'in review':>11}{'decision up':>13}{'unstopped':>11}  stopped by",
    ]
    for row in tried.filter((pl.col("points_rise") > 0) | (pl.col("unstopped") > 0)).iter_rows(named=True):
        review = "-" if row["rise_in_review"] is None else f"{row['rise_in_review']:.1%}"
        lines.append(
            f"  {row['move']:<40}{row['applications']:>8,}{row['points_rise']:>11.1%}{row['largest_gain']:>9.1f}{review:>11}"
            f"{row['decisions_rise']:>13.1%}{row['unstopped']:>11.2%}  {_MECHANISMS[row['stopped_by']]}"
        )
    if not report.rests.is_empty():
        lines += ["", "What gets by, within its bound or not 未能阻止的部分:"]
        lines += [
            f"  {row['move']}: {row['unstopped']:.2%} (bound {row['most']:.1%}). {row['why_open']}"
            for row in report.rests.iter_rows(named=True)
        ]
    if report.passed:
        return "\n".join([*lines, "", "PASSED: every move is stopped as declared. 通过。"])
    told = [
        f"  {row['move']}: {row['unstopped']:.2%} unstopped (bound {row['most']:.1%}), mechanism broken in {row['broken']}."
        for row in table.filter(~pl.col("passed")).iter_rows(named=True)
    ]
    return "\n".join([*lines, "", "REFUSED: moves that are not stopped as declared 未通过:", *told])
