"""Clean tables on disk: a dataset that passed intake, kept in the order of its firms, so that it can be read in parts.

:func:`write_clean` writes one Parquet file per table, each sorted by ``firm_id``, and beside them the defaults and findings
of intake. :class:`CleanFolder` reads the rows of some firms back: whatever lies outside their ids is skipped by the
statistics of the files, so the memory that a part takes does not grow with the number of firms.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.contract import CONTRACT
from features.errors import DatasetError
from features.intake.dataset import (
    COUNTS_SCHEMA,
    DEFAULTS_SCHEMA,
    FINDINGS_SCHEMA,
    NOTICES_SCHEMA,
    QUARANTINE_SCHEMA,
    Dataset,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["CleanFolder", "write_clean"]

_ROWS_PER_GROUP = 50_000
"""Rows that are skipped or read as one."""

_BESIDE: Mapping[str, Mapping[str, type[pl.DataType]]] = MappingProxyType(
    {"defaults": DEFAULTS_SCHEMA, "findings": FINDINGS_SCHEMA}
)
"""Frames of a dataset beside its tables that the pipeline reads."""


def write_clean(dataset: Dataset, folder: Path) -> CleanFolder:
    """Write a dataset so that it can be read firm by firm.

    Parameters
    ----------
    dataset
        What intake gave. The quarantine and the counts stay behind: they belong to the dataset as a whole.
    folder
        New or empty folder.

    Returns
    -------
    CleanFolder
        What was written.

    Raises
    ------
    DatasetError
        If the folder holds something, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise DatasetError(
                "The folder for the clean tables is not empty.",
                where=str(folder),
                mend="Name a new or an empty folder.",
            )
        frames = {**dataset.tables, "defaults": dataset.defaults, "findings": dataset.findings}
        for name, frame in frames.items():
            if "firm_id" in frame.columns:
                frame.sort("firm_id", maintain_order=True).write_parquet(
                    folder / f"{name}.parquet", row_group_size=_ROWS_PER_GROUP, statistics=True
                )
    except OSError as error:
        raise DatasetError(
            f"The clean tables cannot be written: {error.strerror}.",
            where=str(folder),
            mend="Name a folder that can be written, on a disk with room.",
        ) from None
    return CleanFolder(folder=folder)


@dataclass(frozen=True, kw_only=True)
class CleanFolder:
    """Clean tables on disk, to be read in parts.

    Parameters
    ----------
    folder
        Holds a file ``<table>.parquet`` for each table of the contract with a ``firm_id`` (an absent one is empty), and
        ``defaults.parquet`` and ``findings.parquet``: the columns of the clean tables, the rows sorted by ``firm_id``.
    """

    folder: Path

    @property
    def applications(self) -> int:
        """Number of applications in all."""
        return int(self._scan("applications").select(pl.len()).collect().item())

    def shards(self, firms_per_shard: int) -> Iterator[Dataset]:
        """Yield the dataset in parts of so many firms with applications, in the order of their ids.

        Outcomes are in none of them, for they have no firm and no indicator reads them; without applications there is one
        empty part. Of all firms at once only the ids of the applications' firms are read, to know where to cut.
        """
        firm = pl.col("firm_id")
        firsts = (
            self._scan("applications")
            .select("firm_id")
            .filter(firm.ne_missing(firm.shift(1)))
            .filter(pl.int_range(pl.len()) % firms_per_shard == 0)
            .collect()["firm_id"]
            .to_list()
        )
        if not firsts:
            yield self._read(pl.lit(value=False))
        for first, behind in pairwise([*firsts, None]):
            yield self._read(
                (firm >= pl.lit(first)) & (pl.lit(value=True) if behind is None else firm < pl.lit(behind))
            )

    def everything(self) -> Dataset:
        """Return the whole dataset at once, firms without an application among them."""
        return self._read(pl.lit(value=True))

    def firm(self, firm_id: str) -> Dataset:
        """Return the dataset of one firm; all its tables are empty where there is none of that id."""
        return self._read(pl.col("firm_id") == pl.lit(firm_id))

    def firms(self, firm_ids: Sequence[str]) -> Dataset:
        """Return the dataset of some firms; of an id that is not there it has no rows."""
        return self._read(pl.col("firm_id").is_in(list(firm_ids)))

    def holdings_of(self, firm_id: str) -> pl.DataFrame:
        """Return the rows of the table ownership in which a firm is held or holds; the latter are other firms' rows."""
        either = (pl.col("firm_id") == pl.lit(firm_id)) | (pl.col("parent_id") == pl.lit(firm_id))
        return self._scan("ownership").filter(either).collect()

    def _read(self, wanted: pl.Expr) -> Dataset:
        tables = {name: self._scan(name).filter(wanted).collect() for name in _BY_FIRM}
        without_firm = {
            n: pl.DataFrame(schema=dict(t.clean_schema)) for n, t in CONTRACT.items() if n not in tables
        }
        defaults, findings = (self._scan(name).filter(wanted).collect() for name in _BESIDE)
        counts, notices, quarantine = (
            pl.DataFrame(schema=dict(schema)) for schema in (COUNTS_SCHEMA, NOTICES_SCHEMA, QUARANTINE_SCHEMA)
        )
        return Dataset(
            tables=MappingProxyType({**tables, **without_firm}),
            handed_in=frozenset(name for name in CONTRACT if self._path(name).is_file()),
            quarantine=quarantine,
            counts=counts,
            defaults=defaults,
            notices=notices,
            findings=findings,
            content_hashes=MappingProxyType({}),
            label_origin=None,
            source=str(self.folder),
        )

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    def _scan(self, name: str) -> pl.LazyFrame:
        schema = dict(_BESIDE[name] if name in _BESIDE else CONTRACT[name].clean_schema)
        if not self._path(name).is_file():
            return pl.LazyFrame(schema=schema)
        # What an earlier release wrote may lack a column of today, and hold one that is gone.
        return pl.scan_parquet(
            self._path(name), schema=schema, missing_columns="insert", extra_columns="ignore"
        )


_BY_FIRM = tuple(name for name, table in CONTRACT.items() if "firm_id" in table.clean_schema)
