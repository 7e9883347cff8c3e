"""The leak guard over the pipeline: taking away what was known later changes no indicator.

The rule of the as-of view is tested with the product; here it is tested again on the bank's own data, on a sample of
the applications that are about to be trained on.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from features.pipeline import compute
from models.hashing import hash_texts
from models.leaks import Finding

if TYPE_CHECKING:
    from features.intake import Dataset
    from features.settings import Settings

__all__ = ["SAMPLE", "changed_by_later_rows"]

SAMPLE = 500
"""Applications, each of another firm, whose indicators are computed again: a fault in 1 % of them is missed once in 150."""


def changed_by_later_rows(
    dataset: Dataset, values: pl.DataFrame, *, settings: Settings, sample: int = SAMPLE
) -> list[Finding]:
    """Compute a sample again from the rows known on the day of decision, and find the indicators that differ.

    Parameters
    ----------
    dataset
        What intake gave.
    values
        Indicators of all its applications, as the pipeline gave them.
    settings
        With which they were computed.
    sample
        Applications at most; the ones with the lowest hashes of their ids, one per firm.

    Returns
    -------
    list of Finding
        One per indicator, under the guard ``known_later``.
    """
    keys = values.select("application_id", "firm_id", "as_of")
    order = np.argsort(hash_texts(keys["application_id"]), kind="stable")
    chosen = keys[order.tolist()].unique("firm_id", keep="first", maintain_order=True).head(sample)
    again = compute(_known_on_the_day(dataset, chosen), settings=settings).values.sort("application_id")
    before = values.join(chosen.select("application_id"), on="application_id", how="semi").sort(
        "application_id"
    )
    found = []
    for name in [name for name in values.columns if name in CATALOGUE]:
        differs = before[name].ne_missing(again[name])
        if differs.any():
            first = int(differs.arg_true()[0])
            found.append(
                Finding(
                    guard="known_later",
                    indicator=name,
                    evidence=(
                        f"Of {before.height:,} applications {int(differs.sum()):,} have another value when the rows "
                        f"known after their as_of are taken away; {before['application_id'][first]}: "
                        f"{_told(before[name][first])} with them, {_told(again[name][first])} without."
                    ),
                    figures={"applications": float(before.height), "changed": float(differs.sum())},
                )
            )
    return found


def _known_on_the_day(dataset: Dataset, chosen: pl.DataFrame) -> Dataset:
    """Cut a dataset down to some applications and to what was known of their firms on each one's day."""
    day = chosen.select("firm_id", day_of_decision="as_of")

    def cut(name: str, table: pl.DataFrame) -> pl.DataFrame:
        if name == "applications":
            return table.join(chosen.select("application_id"), on="application_id", how="semi")
        if "firm_id" not in table.columns:
            return table
        of_firms = table.join(day, on="firm_id", how="inner", maintain_order="left")
        if "known_on" in table.columns:
            of_firms = of_firms.filter(
                pl.col("known_on").is_null() | (pl.col("known_on") <= pl.col("day_of_decision"))
            )
        return of_firms.drop("day_of_decision")

    tables = {name: cut(name, table) for name, table in dataset.tables.items()}
    return replace(dataset, tables=MappingProxyType(tables))


def _told(value: object) -> str:
    if value is None:
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
