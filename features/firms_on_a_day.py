"""Firms on a day: a dataset with one application per firm, so that firms are looked at as a decision of that day would."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.contract import CONTRACT

if TYPE_CHECKING:
    import datetime as dt

    from features.intake import Dataset

__all__ = ["firms_on"]


def firms_on(dataset: Dataset, firms: pl.Series, *, as_of: dt.date) -> Dataset:
    """Return the dataset with one application per firm on the day: what a firm's decision would see.

    Parameters
    ----------
    dataset
        What intake gave; its own applications are put aside.
    firms
        Ids of the firms; each is the id of its application, too.
    as_of
        The day.
    """
    schema = CONTRACT["applications"].clean_schema
    ids = firms.rename("firm_id").to_frame()
    asked = ids.select(application_id="firm_id", firm_id="firm_id", as_of=pl.lit(as_of, dtype=pl.Date))
    rest = [
        pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in asked.columns
    ]
    applications = asked.with_columns(rest).select(list(schema))
    return replace(dataset, tables=MappingProxyType({**dataset.tables, "applications": applications}))
