"""The VSME form: any cell, any defined name, formulas, links, other sheets, and damage to the archive."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from features.forms import vsme, vsme_names

NAMES = vsme_names.every_name()
LINES = {name: 4 + 30 * number for number, name in enumerate(NAMES)}
"""First line of each name's area on the one sheet of these forms; what stands at a distance has room between."""
STATED = {
    "template_reporting_template_version": "1.3.0",
    "template_reporting_entity_name": "Muster GmbH",
    "template_reporting_entity_identifier_scheme": "LEI",
    "template_reporting_entity_identifier": "529900T8BM49AURSDO55",
    "template_currency": "EUR",
    "template_reporting_period_startdate": "2024-01-01",
    "template_reporting_period_enddate": "2024-12-31",
    "NaceSectorClassificationCodes": "NACE C - 23.51 Manufacture of cement",
    "TypeOfWasteAxis": "20 01 01 - Hazardous - Paper",
    "WasteDivertedToRecycleOrReuseMass_unit": "kilograms (kg)",
    "TypeOfPollutantAxis": "Nitrogen oxides (NOx/NO2)",
    "AmountOfEmissionToAir_unit": "kilograms (kg)",
}
"""What the names state before anything is done to them; the others state a number."""
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
REFERENCES = (
    "#REF!", "Form!#REF!", "[1]Form!$A$1", "'[1]Form'!$B$4", "Form!$A$1:$XFD$1048576", "Form!$B$9:$B$2", "Other!$B$4",
    "form!$B$4", "Form!$B:$B", "OFFSET(Form!$B$4,1,0)", "", "''!$A$1", "Form!$ZZZ$9999999", "Form!$B$0", "Form!$B$4,Form!$C$4",
)  # fmt: skip
CELLS = (
    '<c r="{at}" t="e"><v>#DIV/0!</v></c>',
    '<c r="{at}"><f>1+1</f></c>',
    '<c r="{at}"><f>[9]Other!$A$1</f><v>12</v></c>',
    '<c r="{at}"><f>HYPERLINK("http://example.org")</f><v>x</v></c>',
    '<c r="{at}" t="s"><v>0</v></c>',
    '<c r="{at}" t="s"><v>-1</v></c>',
    '<c r="{at}" t="s"><v>99999999999999</v></c>',
    '<c r="{at}" t="s"><v>²</v></c>',
    '<c r="{at}" t="b"><v>1</v></c>',
    '<c r="{at}" t="d"><v>2024-13-45</v></c>',
    '<c r="{at}" t="no such type"><v>1</v></c>',
    '<c r="{at}"><v>1e999</v></c>',
    '<c r="{at}"><v>nan</v></c>',
    '<c r="{at}"><v>-7</v></c>',
    '<c r="{at}"><v>1_000</v></c>',
    "<c><v>1</v></c>",
    '<c r="{at}"><v>1</v><v>2</v><is><t>3</t></is></c>',
    "</c>",
    "<!-- --><?x y?>",
)
"""Cells as their writer may store them; the braces are the address."""
PARTS = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml")
TARGETS = (
    "../../etc/passwd",
    "/etc/passwd",
    "worksheets/none.xml",
    "http://example.org/x.xml",
    "",
    "sharedStrings.xml",
)


@st.composite
def forms(draw, fuzz):
    """Name to its cell and reference where changed; target of the sheet; a part changed; damage to the archive."""
    cells = draw(
        st.dictionaries(
            st.sampled_from(NAMES),
            st.sampled_from(CELLS) | fuzz.cells.map(lambda text: ("text", text)),
            max_size=5,
        )
    )
    references = {}
    if draw(st.integers(0, 3)) == 0:
        references = draw(
            st.dictionaries(st.sampled_from(NAMES), st.sampled_from(REFERENCES), min_size=1, max_size=2)
        )
    beside = draw(st.dictionaries(st.integers(-17, 24), st.sampled_from(CELLS), max_size=3))
    target = draw(st.sampled_from(TARGETS)) if draw(st.integers(0, 9)) == 0 else "worksheets/sheet1.xml"
    part, damage = draw(st.sampled_from((None,) * 12 + PARTS)), draw(st.none() | st.none() | fuzz.damages)
    return cells, references, beside, target, part, damage


def cell_at(at, value):
    if isinstance(value, str):
        return value.format(at=at)
    text = escape(ILLEGAL_CHARACTERS_RE.sub("", value[1]).encode(errors="replace").decode())
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def written(example, fuzz):
    """Return the bytes of the form."""
    cells, references, beside, target, part, damage = example
    rows = []
    for name, line in LINES.items():
        value = cells.get(name, ("text", STATED[name]) if name in STATED else '<c r="{at}"><v>7</v></c>')
        rows.append(f'<row r="{line}">{cell_at(f"B{line}", value)}</row>')
        if name in {vsme_names.CONVERTER.name, vsme_names.SCOPE_3.name}:
            rows += [
                f"<row>{cell_at(f'B{line + down}', cell)}</row>" for down, cell in beside.items() if down
            ]
            rows += [f'<row><c r="E{line + 22}" t="b"><v>1</v></c></row>']
    areas = {
        name: f"Form!$B${line}:$B${line + 2 * (name in STATED)}" for name, line in LINES.items()
    } | references
    names = "".join(f"<definedName name={quoteattr(n)}>{escape(a)}</definedName>" for n, a in areas.items())
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets><sheet name="Form" sheetId="1" '
        f'r:id="rId1"/></sheets><definedNames>{names}</definedNames></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target={quoteattr(target)}/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><r><t>a</t></r><rPh><t>b</t></rPh></si></sst>',
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            whole = text.encode()
            archive.writestr(name, fuzz.damaged(whole, damage) if name == part else whole)
    return fuzz.damaged(content.getvalue(), damage) if part is None else content.getvalue()


@settings(settings.get_profile("fuzz vsme"))
@given(data=st.data())
def test_a_mutated_form_is_read_or_refused_and_no_row_is_lost(data, fuzz):
    example = data.draw(forms(fuzz))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "form.xlsx"
        path.write_bytes(written(example, fuzz))
        as_of = data.draw(st.sampled_from([None, "2025-09-30"]))
        dataset = fuzz.read_or_refused(lambda: vsme.read(path, as_of=as_of))
        if dataset is not None:
            assert vsme.is_vsme(path)
            assert dataset.tables["firms"].height <= 1
        assert [file.name for file in Path(place).iterdir()] == ["form.xlsx"]


def test_the_form_that_is_mutated_is_sound(tmp_path, fuzz):
    (tmp_path / "form.xlsx").write_bytes(written(({}, {}, {}, "worksheets/sheet1.xml", None, None), fuzz))
    dataset = vsme.read(tmp_path / "form.xlsx", as_of="2025-09-30")
    assert dataset.quarantine["what_en"].to_list() == []
    assert all(
        dataset.tables[name].height for name in ("firms", "annual", "energy", "emissions", "applications")
    )
