"""The portfolio's page: its counts are those of the decisions, its money that of the loan book, worked out when asked for."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import polars as pl
import pytest

from scoring.basis import BASIS, read_basis
from scoring.portfolio import portfolio
from scoring.results import read_results
from scoring.workbench.batches import take_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scoring.workbench.web import Workbench


@pytest.fixture
def batch(workbench: Workbench, two_batches: tuple[Path, Path]) -> str:
    return take_in(workbench.store, two_batches[0], key=workbench.key, actor="test", at=workbench.clock())


def rows(page: str) -> list[list[str]]:
    """Cells of every row of every table, as text."""
    return [
        [
            re.sub(r"<[^>]+>|\s+", " ", cell).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    ]


def test_classes_and_grades_are_those_of_the_decisions(
    batch: str, signed_in: Callable, two_batches: tuple[Path, Path]
) -> None:
    page = signed_in("officer").get("/portfolio").text
    decided = pl.read_parquet(two_batches[0] / "decisions.parquet")
    grades = [grade["grade"] for grade in read_results(two_batches[0]).manifest["policy"]["grades"]]
    found = rows(page)
    for letter in "ABC":
        own = decided.filter(pl.col("risk_class") == letter)
        expected = [str(own.filter(pl.col("grade") == grade).height) for grade in grades]
        assert [letter, *expected, str(own.height)] in found
    assert page.count("<svg") >= 3
    assert "style=" not in page


def test_financed_emissions_are_worked_out_once_from_what_the_batch_kept(
    batch: str, signed_in: Callable, two_batches: tuple[Path, Path]
) -> None:
    browser = signed_in("officer")
    assert "Work out the financed emissions" in browser.get("/portfolio").text
    assert browser.fill_in(f"/portfolio/{batch}/financed").status_code == 303
    page = browser.get("/portfolio").text
    basis = read_basis(two_batches[0])
    dataset = basis.facts.everything()
    day = dataset.tables["loans"]["as_of"].max()
    total = portfolio(dataset, read_results(two_batches[0]), as_of=day).total
    assert total["firms"] > 0
    row = next(row for row in rows(page) if row[0] == "Total" and len(row) == 11)
    assert row[1:6] == [
        f"{total['firms']:,}",
        *(f"{total[name]:,.0f}" for name in ("outstanding", "covered", "financed_scope1", "financed_scope2")),
    ]
    assert "融资排放" in browser.get("/portfolio?lang=zh").text


def test_a_batch_without_a_basis_says_why_there_are_none(
    workbench: Workbench, signed_in: Callable, two_batches: tuple[Path, Path], tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(two_batches[0], bare)
    shutil.rmtree(bare / BASIS)
    batch = take_in(workbench.store, bare, key=workbench.key, actor="test", at=workbench.clock())
    browser = signed_in("officer")
    browser.fill_in(f"/portfolio/{batch}/financed")
    assert "kept no basis" in browser.get("/portfolio").text


def test_without_a_batch_it_says_so(signed_in: Callable) -> None:
    assert "No batch was taken in yet" in signed_in("auditor").get("/portfolio").text
