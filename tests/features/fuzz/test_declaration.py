"""What a folder declares about itself, ``dataset.toml``: any text and any structure in it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import DatasetError
from features.intake import read_dataset

MARKS = (
    '","',
    '"."',
    '","',
    '";"',
    '""',
    "1",
    "true",
    "[]",
    "{}",
    "2023-01-01",
    '"\\u0000"',
    "nan",
    "9" * 5000,
    "{a = 1}",
)
KEYS = (
    "decimal",
    "decimal",
    "tables",
    "columns",
    "energy",
    "能耗",
    "truth",
    "quantity",
    "数量",
    "unit",
    '""',
    "a.b",
    "x",
)


@st.composite
def declarations(draw, fuzz):
    """The bytes of a declaration: sections with keys and values, sensible or not, and damage."""
    heads = [
        "",
        *draw(
            st.lists(
                st.sampled_from(
                    [
                        "tables",
                        "tables.energy",
                        "tables.能耗",
                        "tables.energy.columns",
                        "[tables]",
                        "tables.x",
                        "a" + ".a" * 900,
                    ]
                ),
                max_size=3,
            )
        ),
    ]
    lines = []
    for head in heads:
        lines += [f"[{head}]"] if head else []
        for _ in range(draw(st.integers(0, 2))):
            key = draw(st.sampled_from(KEYS) | fuzz.cells.map(lambda text: json.dumps(text[:50])))
            lines.append(f"{key} = {draw(st.sampled_from(MARKS))}")
    text = "\n".join(lines)
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16"]))
    content = text.encode(encoding, errors="replace")
    return fuzz.damaged(content, draw(st.none() | st.none() | fuzz.damages))


@settings(settings.get_profile("fuzz declaration"))
@given(data=st.data())
def test_any_declaration_is_understood_or_refused(data, fuzz):
    # Everything is drawn before anything is read: what is read must not decide what is drawn.
    content = data.draw(declarations(fuzz))
    separators = {name: data.draw(st.sampled_from(",;\t")) for name in ("firms", "energy")}
    decimal = data.draw(st.sampled_from([None, ".", ","]))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, separator in separators.items():
            fuzz.tables[name].write_csv(folder / f"{name}.csv", separator=separator)
        (folder / "dataset.toml").write_bytes(content)
        fuzz.read_or_refused(lambda: read_dataset(folder, purpose="check", decimal=decimal))


@pytest.mark.parametrize(
    "content", [b"x = " + b"9" * 5000, b"x = " + b"[" * 5000, b"x = 2023-02-30", b"\xff", b"a.b = 1\na = 1"]
)
def test_what_is_no_declaration_is_refused_by_name(tmp_path, fuzz, content):
    fuzz.tables["firms"].write_csv(tmp_path / "firms.csv")
    (tmp_path / "dataset.toml").write_bytes(content)
    with pytest.raises(DatasetError, match="declaration") as refused:
        read_dataset(tmp_path, purpose="check")
    assert "dataset.toml" in refused.value.where
