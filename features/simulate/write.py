"""Write a simulated portfolio: the dataset, and apart from it the truth."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Literal

import xlsxwriter

from features.contract import CONTRACT
from features.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from features.simulate.portfolio import Portfolio

__all__ = ["Form", "write"]

Form = Literal["parquet", "csv", "xlsx"]

_WORKBOOK = "dataset.xlsx"
_SHEET_ROWS = 1_048_575
_README = """\
SIMULATED DATA. Nothing here is a real borrower, firm, loan or certificate.

The folder `dataset` beside this one was made by `greencredit simulate`. It may be used to show and to test the
product, never to judge a real firm. Models trained on it carry label_origin = simulated and the word demonstration.

truth.parquet     the true probability of default of every application and its parts
spoiled.parquet   which cells were spoiled on purpose, and the rule that has to catch each
assumptions.json  every number that the simulation takes for granted, with what was asked for

This folder is never part of a dataset: intake refuses it.
"""


def write(portfolio: Portfolio, out: Path, *, form: Form = "parquet") -> None:
    """Write ``OUT/dataset`` (contract tables only) and ``OUT/truth``.

    Parameters
    ----------
    portfolio
        What :func:`features.simulate.simulate` gave.
    out
        Folder; made where it is missing. An earlier simulation in it is replaced.
    form
        Parquet or CSV files, one per table, or one Excel workbook with a sheet per table.

    Raises
    ------
    DatasetError
        Where ``OUT/dataset`` holds anything that no simulation wrote, ``form`` is unknown, or a table is too long
        for a sheet.
    """
    if form not in {"parquet", "csv", "xlsx"}:
        raise DatasetError(f"The form {form!r} is not known.", mend="Choose parquet, csv or xlsx.")
    dataset, truth = out / "dataset", out / "truth"
    _check_lengths(portfolio, form)
    _clear(dataset, simulated=(truth / "assumptions.json").is_file())
    dataset.mkdir(parents=True, exist_ok=True)
    truth.mkdir(parents=True, exist_ok=True)
    # the truth comes first: a dataset without it beside would count as somebody's own
    portfolio.truth.write_parquet(truth / "truth.parquet")
    portfolio.spoiled.write_parquet(truth / "spoiled.parquet")
    record = {
        "simulated": True,
        "settings": dict(portfolio.settings),
        "assumptions": dict(portfolio.assumptions),
    }
    (truth / "assumptions.json").write_text(
        json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (truth / "README.txt").write_text(_README, encoding="utf-8")
    if form == "xlsx":
        _write_workbook(portfolio, dataset / _WORKBOOK)
        return
    for name, frame in portfolio.tables.items():
        if form == "parquet":
            frame.write_parquet(dataset / f"{name}.parquet")
        else:
            # a byte-order mark lets spreadsheet programs read Chinese
            frame.write_csv(dataset / f"{name}.csv", include_bom=True)


def _check_lengths(portfolio: Portfolio, form: Form) -> None:
    for name, frame in portfolio.tables.items():
        if form == "xlsx" and frame.height > _SHEET_ROWS:
            raise DatasetError(
                f"The table {name} has {frame.height:,} rows, a sheet holds {_SHEET_ROWS:,}.",
                where=name,
                mend="Simulate fewer firms, or write parquet or csv.",
            )


def _clear(dataset: Path, *, simulated: bool) -> None:
    """Remove an earlier simulation; refuse where anything else is there."""
    if not dataset.exists():
        return
    if not dataset.is_dir():
        raise DatasetError(
            "The place for the dataset is a file.", where=str(dataset), mend="Choose another folder."
        )
    present = sorted(dataset.iterdir())
    own = {f"{name}.{ending}" for name in CONTRACT for ending in ("parquet", "csv")} | {_WORKBOOK}
    foreign = [p.name for p in present if p.name not in own]
    if present and (foreign or not simulated):
        found = foreign[0] if foreign else present[0].name
        raise DatasetError(
            f"The folder is not empty: it holds {found}, which no simulation wrote.",
            where=str(dataset),
            mend="Choose another folder; real data are never overwritten.",
        )
    for path in present:
        path.unlink()


def _write_workbook(portfolio: Portfolio, path: Path) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        # a fixed day keeps equal simulations equal byte by byte
        book.set_properties(
            {"title": "Simulated data, not real borrowers", "created": dt.datetime(2025, 1, 1, tzinfo=dt.UTC)}
        )
        for name, frame in portfolio.tables.items():
            frame.write_excel(book, worksheet=name, autofilter=False)
