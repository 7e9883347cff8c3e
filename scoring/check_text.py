"""What is in a dataset and what would be quarantined, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.contract import CONTRACT
from features.text import formatted
from scoring.columns_text import columns_text

if TYPE_CHECKING:
    from features.intake import Dataset

__all__ = ["check_text"]


def check_text(dataset: Dataset) -> str:
    """Return tables, row counts, the quarantine by rule with examples and mends, and what else was noticed.

    Parameters
    ----------
    dataset
        As ``features.intake.read_dataset`` gives it.
    """
    parts = [_tables(dataset), _quarantine(dataset), _defaults(dataset), _notices(dataset)]
    return "\n\n".join(part for part in parts if part)


def _tables(dataset: Dataset) -> str:
    counts = {row["table"]: row for row in dataset.counts.iter_rows(named=True)}
    rows = [
        [
            f"{name} {CONTRACT[name].zh}",
            *(f"{counts[name][column]:,}" for column in ("rows_in", "accepted", "quarantined", "duplicates")),
        ]
        for name in CONTRACT
        if name in dataset.handed_in and name in counts
    ]
    absent = [f"{name} {table.zh}" for name, table in CONTRACT.items() if name not in dataset.handed_in]
    header = ["table 数据表", "rows in 收到", "accepted 采用", "quarantined 隔离", "duplicates 重复"]
    lines = [columns_text([header, *rows], right=(1, 2, 3, 4))]
    if absent:
        lines.append(f"Not handed in 未提供: {', '.join(absent)}")
    if dataset.label_origin == "simulated":
        lines.append(
            "The outcomes are SIMULATED: a model trained on them is a demonstration. 结果为模拟数据。"
        )
    elif dataset.label_origin:
        lines.append(f"Label origin of the outcomes 标签来源: {dataset.label_origin}")
    return "\n".join(lines)


def _quarantine(dataset: Dataset) -> str:
    if dataset.quarantine.is_empty():
        return "Nothing would be quarantined. 没有需要隔离的数据。"
    broken = dataset.quarantine.sort("rule", "table", "column", "row", nulls_last=True)
    places = (
        broken.with_columns(place=pl.concat_str("table", "column", separator=".", ignore_nulls=True))
        .group_by("rule", "place")
        .agg(pl.col("row").n_unique().alias("rows"))
        .sort(["rows", "place"], descending=[True, False])
        .group_by("rule", maintain_order=True)
        .agg(formatted("{} {}", "place", "rows").str.join(", ").alias("places"))
    )
    rules = (
        broken.group_by("rule", maintain_order=True)
        .agg(
            pl.struct("table", "row").n_unique().alias("rows"),
            *(pl.col(name).first() for name in ("table", "row", "what_en", "what_zh", "mend_en", "mend_zh")),
        )
        .rename({"row": "first_row"})
        .join(places, on="rule", validate="1:1")
        .sort(["rows", "rule"], descending=[True, False])
    )
    rows_out = broken.select("table", "row").n_unique()
    lines = [f"{rows_out:,} rows would be quarantined; the rest is used. 以下数据将被隔离，其余正常使用。"]
    for row in rules.iter_rows(named=True):
        lines += [
            f"  {row['rule']}: {row['rows']:,} rows ({row['places']})",
            f"    such as {row['table']} row {row['first_row']}: {row['what_en']} {row['what_zh']}",
            f"    to mend it: {row['mend_en']} {row['mend_zh']}",
        ]
    return "\n".join(lines)


def _defaults(dataset: Dataset) -> str:
    if dataset.defaults.is_empty():
        return ""
    counted = dataset.defaults.group_by("table", "column", "reason").len().sort("table", "column", "reason")
    lines = ["Values that were not handed in but taken 采用的默认值"]
    lines += [
        f"  {row['table']}.{row['column']}: {row['len']:,} times ({row['reason']})"
        for row in counted.iter_rows(named=True)
    ]
    return "\n".join(lines)


def _notices(dataset: Dataset) -> str:
    if dataset.notices.is_empty():
        return ""
    lines = ["Left out without harm 未采用"]
    lines += [f"  {row['text_en']} {row['text_zh']}" for row in dataset.notices.iter_rows(named=True)]
    return "\n".join(lines)
