"""The bank's own Excel template, filled in: any cell as any of Excel's types, sheets renamed or lost, damage."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from features.contract import CONTRACT, PROVENANCE
from features.intake import read_dataset
from features.template import write_template
from features.template.texts import example

CELLS = (
    '<c r="{at}" t="e"><v>#DIV/0!</v></c>',
    '<c r="{at}"><f>1+1</f></c>',
    '<c r="{at}"><f>[9]Other!$A$1</f><v>12</v></c>',
    '<c r="{at}" t="str"><f>HYPERLINK("http://example.org")</f><v>x</v></c>',
    '<c r="{at}" t="s"><v>99999999</v></c>',
    '<c r="{at}" t="b"><v>1</v></c>',
    '<c r="{at}" t="b"><v>maybe</v></c>',
    '<c r="{at}" t="d"><v>2024-13-45</v></c>',
    '<c r="{at}" s="1"><v>45657.5</v></c>',
    '<c r="{at}" s="9999"><v>1</v></c>',
    '<c r="{at}"><v>1e999</v></c>',
    '<c r="{at}"><v>-1</v></c>',
    '<c r="{at}"><v>2958466</v></c>',
    "<c><v>1</v></c>",
    '<c r="XFD1048576"><v>1</v></c>',
    '<c r="A0"><v>1</v></c>',
    "</c>",
)
"""Cells as their writer may store them; the braces are the address."""
TABLES = list(CONTRACT)
NAMES = ("企业", "firms", "备注", "truth", "能源", "Energy", "x" * 31, "&amp;", "")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The parts of a template with one sound row in each sheet, and the part of each table's sheet."""
    path = tmp_path_factory.mktemp("template") / "template.xlsx"
    write_template(path)
    with zipfile.ZipFile(path) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    # The cover comes first, then the tables in the contract's order.
    places = {name: f"xl/worksheets/sheet{number}.xml" for number, name in enumerate(CONTRACT, start=2)}
    return found, places


def row_of(name, changed, number):
    """Return one row of a table as XML, its examples but for the changed cells."""
    table = CONTRACT[name]
    cells = []
    for position, column in enumerate((*table.columns, *PROVENANCE)):
        at = f"{get_column_letter(position + 1)}{number}"
        value = changed.get(position, ("text", example(table, column, language="both")))
        if isinstance(value, str):
            cells.append(value.format(at=at))
        elif value[1]:
            text = escape(ILLEGAL_CHARACTERS_RE.sub("", value[1]).encode(errors="replace").decode()[:32_000])
            cells.append(f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>')
    return f'<row r="{number}">{"".join(cells)}</row>'


@st.composite
def filled(draw, fuzz):
    """Table to its changed cells by column; renamed sheets; a lost part; damage to a part or to the archive."""
    names = draw(st.lists(st.sampled_from(TABLES), min_size=1, max_size=3, unique=True))
    changed = {
        name: draw(
            st.dictionaries(
                st.integers(0, len(CONTRACT[name].columns) + 1),
                st.sampled_from(CELLS) | fuzz.cells.map(lambda text: ("text", text)),
                max_size=4,
            )
        )
        for name in ("firms", *names)
    }
    renamed = draw(st.none() | st.none() | st.tuples(st.sampled_from(TABLES), st.sampled_from(NAMES)))
    return (
        changed,
        renamed,
        draw(st.none() | st.none() | st.integers(0, 10_000)),
        draw(st.none() | fuzz.damages),
    )


def written(example_, template, fuzz):
    changed, renamed, where, damage = example_
    found, places = template
    found = dict(found)
    for name, cells in changed.items():
        whole = found[places[name]].decode()
        found[places[name]] = whole.replace("</sheetData>", row_of(name, cells, 2) + "</sheetData>").encode()
    if renamed is not None:
        title = CONTRACT[renamed[0]].zh
        book = found["xl/workbook.xml"].decode()
        found["xl/workbook.xml"] = book.replace(
            f'<sheet name="{title}"', f'<sheet name="{renamed[1]}"'
        ).encode()
    part = None if where is None else sorted(found)[where % len(found)]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, whole in found.items():
            if name != part:
                archive.writestr(name, whole)
            elif damage is not None:
                archive.writestr(name, fuzz.damaged(whole, damage))
    return fuzz.damaged(content.getvalue(), damage if part is None else None)


@settings(settings.get_profile("fuzz template"))
@given(data=st.data())
def test_a_mutated_template_is_read_or_refused_and_no_row_is_lost(data, fuzz, parts):
    drawn = data.draw(filled(fuzz))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "filled.xlsx"
        path.write_bytes(written(drawn, parts, fuzz))
        fuzz.read_or_refused(lambda: read_dataset(path, purpose="check"))


def test_the_template_that_is_mutated_is_sound(tmp_path, fuzz, parts):
    path = tmp_path / "filled.xlsx"
    path.write_bytes(written(({name: {} for name in TABLES}, None, None, None), parts, fuzz))
    dataset = read_dataset(path)
    assert dataset.quarantine["what_en"].to_list() == []
    assert dict(dataset.counts.select("table", "accepted").iter_rows()) == dict.fromkeys(CONTRACT, 1)
    assert dataset.notices.is_empty()
