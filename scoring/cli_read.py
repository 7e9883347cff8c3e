"""How the command line reads: a dataset, a register as published, or a filled form, each with its step on the screen."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from features.errors import DatasetError
from scoring.cli_edges import step

if TYPE_CHECKING:
    import datetime as dt

    import typer

    from features.intake import Dataset

__all__ = ["Register", "StandardForm", "lay_over", "read", "read_form", "read_register"]


class Register(StrEnum):
    """Public registers that can be scored as published."""

    ghgrp = "ghgrp"
    cea = "cea"


class StandardForm(StrEnum):
    """Forms of others that firms fill in."""

    vsme = "vsme"


def lay_over(context: typer.Context, factors: Path | None) -> None:
    """Put a bank's own reference tables in force until the command ends.

    Raises
    ------
    ReferenceDataError
        If a table of the folder is not as declared.
    """
    from features.reference import overlaid  # noqa: PLC0415  (polars is loaded where it is used)

    context.with_resource(overlaid(factors))


def read(source: str, *, purpose: Literal["score", "train", "check"]) -> Dataset:
    """Read a folder, a workbook or a database.

    Raises
    ------
    DatasetError
        If it cannot be read, or every table of it is empty, as in a template that nobody filled in.
    """
    from features.intake import read_dataset  # noqa: PLC0415
    from features.intake.urls import shown  # noqa: PLC0415

    with step(f"Reading {shown(source)}"):
        dataset = read_dataset(source, purpose=purpose)
    if not dataset.counts.get_column("rows_in").sum():
        raise DatasetError(
            "Every table of the dataset is empty: there is nothing to read. 数据集中所有表均为空，请先填写。",
            where=dataset.source,
            mend="Fill in at least the firms (企业) and the applications (贷款申请), one row each.",
        )
    return dataset


def read_register(source: str, register: Register) -> Dataset:
    """Read a public register's file or folder."""
    from features.registers import cea, ghgrp  # noqa: PLC0415

    with step(f"Reading {source}"):
        return {"ghgrp": ghgrp.read, "cea": cea.read}[register.value](Path(source))


def read_form(source: str, form: StandardForm, *, as_of: dt.date) -> Dataset:
    """Read a filled form as one application on a day."""
    from features.forms import vsme  # noqa: PLC0415

    with step(f"Reading {source}"):
        return {"vsme": vsme.read}[form.value](source, as_of=as_of)
