"""The topics of the action plan as text: what is known of each for one application, whether or not it moved the score.

A topic is told where the firm handed in a figure of it. An indicator without a direction (control spending, sinks) is in no score and is told here, beside the ones that are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from features.catalogue import CATALOGUE
from scoring.telling import tell

if TYPE_CHECKING:
    from scoring.results import Results

__all__ = ["TOPICS", "Topic", "topics_text"]


class Topic(NamedTuple):
    """A topic in English and Chinese, and the indicators in which it is visible."""

    en: str
    zh: str
    indicators: tuple[str, ...]


TOPICS: tuple[Topic, ...] = (
    Topic("Energy-efficiency benchmarks", "能效标杆与基准", ("benchmark_position", "below_baseline_share")),
    Topic("High start for new lines", "新建项目高起点", ("project_vs_benchmark",)),
    Topic("Equipment renewal", "设备更新", ("efficient_equipment_share", "equipment_age")),
    Topic("Clean energy", "清洁能源", ("renewable_share", "green_power_share")),
    Topic("Green products", "绿色产品", ("green_revenue_share", "green_product_labels")),
    Topic("Product carbon footprints", "产品碳足迹", ("footprint_declared", "footprint_ratio")),
    Topic("Resource recycling", "资源循环利用", ("recycling_rate", "water_reuse_rate")),
    Topic("EU border adjustment", "欧盟碳边境调节", ("cbam_cost_share",)),
    Topic(
        "Ecological compensation", "横向生态补偿", ("compensation_paid_of_due", "compensation_received_share")
    ),
    Topic(
        "Sinks and the carbon market",
        "碳汇与碳市场",
        ("sink_credit_share", "allowance_shortfall", "carbon_cost_share"),
    ),
    Topic("Carbon capture", "碳捕集", ("capture_share",)),
    Topic("Who pollutes, governs", "谁污染谁治理", ("control_spend", "pollutant_intensity")),
    Topic("Energy extraction: methane", "能源开采甲烷", ("methane_share",)),
    Topic("Emerging industries", "新兴产业", ("emerging_industry",)),
)
"""The topics of the action plan that an indicator of the catalogue shows."""


_WITH_TEXT = ("reported", "defaulted", "estimated")


def topics_text(results: Results) -> str:
    """Return the topics of one application's results: values, and what a reader needs beside them.

    Parameters
    ----------
    results
        Results of one application.
    """
    values = results.indicators.row(0, named=True)
    status, details = _record(results)
    lines = []
    for topic in TOPICS:
        told = [
            f"{CATALOGUE[name].en} {CATALOGUE[name].zh}: {tell(name, values[name], status=status.get(name))}"
            for name in topic.indicators
            if values.get(name) is not None and status.get(name) != "not_applicable"
        ]
        if told:
            lines.append(f"  {topic.en} {topic.zh}: {'; '.join(told)}")
            lines += [f"    {details[name]}" for name in topic.indicators if name in details]
    return "\n".join(["Topics of the action plan 行动方案要点", *lines]) if lines else ""


def _record(results: Results) -> tuple[dict[str, str], dict[str, str]]:
    """Return each indicator's status, and the text beside a value that applies."""
    record = results.data_quality.filter(pl.col("indicator").is_not_null()).select(
        "indicator", "status", "detail_en", "detail_zh"
    )
    rows = record.rows()
    status = {name: state for name, state, _, _ in rows}
    # One text may hold both a default and what a reader needs: it is told here whole, whatever the status.
    details = {name: f"{en} {zh}" for name, state, en, zh in rows if state in _WITH_TEXT and en}
    return status, details
