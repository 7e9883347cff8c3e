"""Outcomes for monitoring: a table of labels, or a dataset from which the labels follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.errors import DatasetError
from features.intake import read_dataset
from models.labels import label

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_outcomes"]

_TRUE, _FALSE = ("1", "1.0", "true", "bad", "default"), ("0", "0.0", "false", "good")


def read_outcomes(source: Path) -> pl.DataFrame:
    """Read what became of applications.

    Parameters
    ----------
    source
        A CSV or Parquet file with ``application_id`` and ``bad`` (1 for a default within the label's window, 0 for
        none, empty where it is not known yet), or the folder of a dataset with ``applications`` and ``outcomes``,
        which are labelled as in training.

    Returns
    -------
    polars.DataFrame
        ``application_id`` and ``bad`` (1 or 0), one row per application whose outcome is known.

    Raises
    ------
    DatasetError
        If it cannot be read, a column or value is not as described, or an application stands there twice.
    """
    if source.is_dir():
        dataset = read_dataset(str(source), purpose="train")
        labels = label(dataset.tables["applications"], dataset.tables["outcomes"])
        return labels.select("application_id", "bad").drop_nulls("bad")
    table = _table(source)
    absent = [name for name in ("application_id", "bad") if name not in table.columns]
    if absent:
        raise DatasetError(
            f"The outcomes lack {', '.join(absent)}.",
            where=str(source),
            mend="Hand in application_id and bad (1 or 0), or the folder of a dataset with outcomes.",
        )
    texts = table.select(
        pl.col("application_id").cast(pl.String), bad=pl.col("bad").cast(pl.String).str.to_lowercase()
    ).filter(pl.col("bad").is_not_null() & (pl.col("bad").str.strip_chars() != ""))
    strange = texts.filter(~pl.col("bad").is_in([*_TRUE, *_FALSE]))
    if not strange.is_empty():
        raise DatasetError(
            f"An outcome must be 1 or 0. Got {strange['bad'][0]!r} instead.",
            where=f"{source}, application {strange['application_id'][0]}",
            mend="Write 1 for a default within the window, 0 for none, and leave unknown outcomes empty.",
        )
    known = texts.select("application_id", bad=pl.col("bad").is_in(_TRUE).cast(pl.Int8))
    repeated = known.filter(pl.col("application_id").is_duplicated())
    if not repeated.is_empty():
        raise DatasetError(
            f"The application {repeated['application_id'][0]} has more than one outcome.",
            where=str(source),
            mend="Keep one row per application.",
        )
    return known.sort("application_id")


def _table(source: Path) -> pl.DataFrame:
    try:
        if source.suffix.lower() == ".parquet":
            return pl.read_parquet(source)
        # Ids with leading zeros are text.
        return pl.read_csv(source, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DatasetError(
            f"The outcomes cannot be read ({str(error).splitlines()[0]}).",
            where=str(source),
            mend="Hand in a CSV or Parquet file, or the folder of a dataset.",
        ) from None
