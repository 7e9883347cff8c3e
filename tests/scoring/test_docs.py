from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.catalogue import CATALOGUE, FAMILIES
from features.contract import CONTRACT
from scoring.catalogue_text import catalogue_markdown
from scoring.cli import app
from scoring.contract_text import contract_markdown

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {
    "indicators.md": ("catalogue", catalogue_markdown),
    "data-contract.md": ("contract", contract_markdown),
}


def rows(page):
    """Return the cells of every row of a table in a page, heads and rules left out."""
    lines = [line for line in page.splitlines() if line.startswith("| `")]
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_in_the_repository_is_what_the_command_prints(name):
    command, page = PAGES[name]
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == page(), f"docs/{name} is not what the code says: run `make docs`"
    printed = CliRunner().invoke(app, [command, "--markdown"])
    assert printed.exit_code == 0
    assert printed.stdout == written


def test_make_docs_writes_these_pages():
    makefile = (DOCS.parent / "Makefile").read_text(encoding="utf-8")
    for name, (command, _) in PAGES.items():
        assert f"greencredit {command} --markdown > docs/{name}" in makefile


def test_every_indicator_stands_in_its_family_once_with_all_that_is_declared():
    page = catalogue_markdown()
    found = rows(page)
    assert [re.match(r" `(\w+)`", cells[0]).group(1) for cells in found] == [
        item.id for family in families_by_pillar() for item in CATALOGUE.values() if item.family == family
    ]
    for cells in found:
        assert len(cells) == 7
        item = CATALOGUE[re.match(r" `(\w+)`", cells[0]).group(1)]
        assert item.en in cells[0]
        assert item.zh in cells[0]
        assert cells[1].strip() == item.unit
        assert cells[2].split()[0] == item.better
        assert cells[3].strip().replace("&lt;", "<").replace("&gt;", ">").startswith(item.definition)
        assert cells[4].strip() == item.source
        assert (float(cells[5]) if cells[5].strip() else None) == item.neutral
        clip = tuple(float(bound) for bound in cells[6].split(" to ")) if cells[6].strip() else None
        assert clip == item.clip


def families_by_pillar():
    """Return the families in the order of their pillars' first family."""
    return [
        family.id
        for pillar in ("E", "S", "G", "context")
        for family in FAMILIES.values()
        if family.pillar == pillar
    ]


def test_every_table_and_column_of_the_contract_stands_in_its_page():
    page = contract_markdown()
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    assert [re.match(r"`(\w+)` (.*)", section).groups() for section in sections] == [
        (table.name, table.zh) for table in CONTRACT.values()
    ]
    for section, table in zip(sections, CONTRACT.values(), strict=True):
        for key in table.key:
            assert f"`{key}`" in section.split("|")[0]
        cells = rows(section)
        assert len(cells) == len(table.columns)
        for row, column in zip(cells, table.columns, strict=True):
            assert len(row) == 6
            assert f"`{column.name}`" in row[0]
            assert column.zh in row[0]
            assert ("required" in row[0]) == column.required
            assert row[2].strip() == column.unit
            assert column.meaning in row[3]
            for choice, names in column.choices.items():
                assert f"`{choice}`" in row[4]
                assert all(name in row[4] for name in names)
            assert all(alias in row[5] for alias in column.aliases)
