"""Scenarios as text for a terminal, in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.catalogue import CATALOGUE
from scoring.columns_text import columns_text
from scoring.scenarios.measures import TOTAL, movers
from scoring.telling import grade_label, sector_name, signed

if TYPE_CHECKING:
    import polars as pl

    from scoring.scenarios.run import Outcome, ScenarioRun

__all__ = ["DEMONSTRATION_LINE", "points_text", "scenarios_text"]

DEMONSTRATION_LINE = (
    "DEMONSTRATION: simulated outcomes stand behind the grades. 演示：等级依据模拟的贷款结果。"
)

_MOST_LISTED = 10


def scenarios_text(run: ScenarioRun) -> str:
    """Tell what each scenario does to the portfolio."""
    model = f"{run.model['name'] or run.model['uri']} {run.model['version']}".strip()
    settings = ", ".join(f"{name} {value}" for name, value in run.settings.as_dict().items())
    lines = [DEMONSTRATION_LINE] if run.demonstration else []
    lines.append(
        f"Base 基准情景: {run.base.decisions.height:,} applications 笔申请; model 模型 {model}; policy 政策 "
        f"{run.base.policy.version_id}; {settings}; factors 因子 {run.factor_set}"
    )
    for outcome in run.outcomes:
        lines += ["", *_outcome(outcome, demonstration=run.demonstration)]
    return "\n".join(lines)


def points_text(points: float | None) -> str:
    """Return points with two decimals and their sign; a true minus.

    Examples
    --------
    >>> points_text(-1.25), points_text(0.0), points_text(0.001), points_text(None)
    ('−1.25', '0', '+0.00', '–')
    """
    if points is None:
        return "–"
    return "0" if points == 0 else f"{points:+.2f}".replace("-", "−")


def _outcome(outcome: Outcome, *, demonstration: bool) -> list[str]:
    scenario, table = outcome.scenario, outcome.table
    named = " ".join(part for part in (scenario.en, scenario.zh) if part)
    lines = [f"== {scenario.name}" + (f": {named}" if named else "")]
    lines.append(f"   {'; '.join(scenario.told) or 'nothing changes 无变化'}")
    lines.append(
        f"   Points 分数: mean change 平均变动 {points_text(outcome.mean_change)}; "
        f"{int((table['change'] != 0).sum()):,} of {table.height:,} applications change 笔发生变动"
    )
    lines.append(f"   {_grades(table)}")
    review = outcome.review
    lines.append(
        f"   Review 人工复核: {review['base']:,} -> {review['scenario']:,} "
        f"({review['joins']:,} join 新增, {review['leaves']:,} leave 退出)"
    )
    if not outcome.indicators.is_empty():
        lines += ["   Indicators that move 变动的指标:", _indicators(outcome.indicators)]
    if not table["grade"].equals(table["grade_base"]):
        lines += [
            "   From grade (rows) to grade (columns) 等级迁移（行为基准，列为情景）:",
            _migration(outcome),
        ]
    fallen = outcome.sectors.filter(outcome.sectors["changed"] > 0)
    if not fallen.is_empty():
        lines += ["   Points by sector 分行业分数:", _sectors(fallen)]
    worst = movers(table, most=_MOST_LISTED)
    if not worst.is_empty():
        lines += ["   Worst movers 降幅最大:", _movers(worst, demonstration=demonstration)]
    return lines


def _grades(table: pl.DataFrame) -> str:
    other = int((table["grade"] != table["grade_base"]).sum())
    told = f"Grades 等级: {other:,} applications get another 笔改变等级"
    if table["steps"].null_count():
        return f"{told}; the two policies have different grades 两政策等级不同"
    down, up = int((table["steps"] > 0).sum()), int((table["steps"] < 0).sum())
    return f"{told} ({down:,} down 下调, {up:,} up 上调)"


def _indicators(moves: pl.DataFrame) -> str:
    rows = [["", "values 取值", "scored 计分", "largest 最大影响"]]
    for row in moves.head(_MOST_LISTED).iter_rows(named=True):
        item = CATALOGUE[row["indicator"]]
        largest = points_text(row["largest"]) if row["scored"] else "no points 不影响分数"
        rows.append(
            [
                f"{row['indicator']} {item.en} {item.zh}",
                f"{row['applications']:,}",
                f"{row['scored']:,}",
                largest,
            ]
        )
    return columns_text(rows, right=(1, 2, 3), indent=5)


def _migration(outcome: Outcome) -> str:
    matrix = outcome.migration
    names = [name for name in matrix.columns if name not in {"grade_base", TOTAL}]
    rows = [["", *names, "all 合计"]]
    rows += [
        [row["grade_base"], *(f"{row[name]:,}" if row[name] else "." for name in names), f"{row[TOTAL]:,}"]
        for row in matrix.filter(matrix[TOTAL] > 0).iter_rows(named=True)
    ]
    return columns_text(rows, right=range(1, len(names) + 2), indent=5)


def _sectors(sectors: pl.DataFrame) -> str:
    rows = [["", "applications 申请", "mean change 平均变动", "down 下调", "up 上调"]]
    for row in sectors.head(_MOST_LISTED).iter_rows(named=True):
        down, up = ("–" if row[side] is None else f"{row[side]:,}" for side in ("down", "up"))
        name = " ".join(sector_name(row["industry_division"])).strip()
        rows.append([name, f"{row['applications']:,}", points_text(row["change"]), down, up])
    return columns_text(rows, right=(1, 2, 3, 4), indent=5)


def _movers(worst: pl.DataFrame, *, demonstration: bool) -> str:
    rows = []
    for row in worst.iter_rows(named=True):
        fall = row["points_shown"] - row["points_shown_base"]
        why = (
            f"{row['indicator']} {points_text(row['indicator_points'])}"
            if row["indicator"] is not None
            else "the policy 政策"
        )
        rows.append(
            [
                row["application_id"],
                row["firm_name"] or "",
                f"{row['points_shown_base']} -> {row['points_shown']} ({signed(fall)})",
                f"{row['grade_base']} -> {grade_label(row['grade'], demonstration=demonstration)}",
                why,
            ]
        )
    return columns_text(rows, indent=5)
