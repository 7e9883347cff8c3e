from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import models
from features.catalogue import CATALOGUE
from features.errors import ModelError
from models.scorecard_file import EXAMPLE, parse_scorecard, read_scorecard

SMALL = """version = "v1"
title = "A card"
[scale]
points = 500
[reference]
probability = 0.02

[[indicators]]
id = "leverage"
weight = 10
breakpoints = [0.9, 0.6]
reference = 0.7
[[indicators]]
id = "coal_share"
weight = 5
breakpoints = [
  0.8,
  0.2,
]
marks = [0, 0.9, 1]
reference = 0.3
"""


def refusal(text):
    with pytest.raises(ModelError) as caught:
        parse_scorecard(text, file="card.toml")
    return str(caught.value)


def test_a_card_is_read_in_catalogue_order():
    card = parse_scorecard(SMALL, file="card.toml")
    assert [item.id for item in card.indicators] == ["coal_share", "leverage"]
    coal, leverage = card.indicators
    assert coal.marks == (0.0, 0.9, 1.0)
    assert leverage.marks == (0.0, 0.5, 1.0)
    assert (card.points_scale.points, card.points_scale.odds, card.points_scale.pdo) == (500.0, 30.0, 20.0)
    assert card.provenance_.label_origin == "declared"
    assert not card.provenance_.demonstration


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('version = "v1"\n', "", 1, "version must be a text, got nothing"),
        ('title = "A card"', "title = 3", 2, "title must be a text, got 3"),
        ("points = 500", 'points = "many"', 4, "points must be a number, got 'many'"),
        ("points = 500", "odds = 0", 4, "odds must be a positive number, got 0"),
        ("points = 500", "ponits = 500", 4, "unknown key 'ponits'. Where"),
        ("probability = 0.02", "probability = 1.0", 6, "between 0 and 1, got 1.0"),
        ("[reference]\nprobability = 0.02\n", "", 1, "the table [reference] is missing"),
        ('id = "leverage"', 'id = "levrage"', 9, "unknown indicator 'levrage'. Where"),
        ('id = "leverage"', 'id = "log_revenue"', 9, "no better and worse side"),
        ('id = "leverage"', 'id = "industry_division"', 9, "no better and worse side"),
        ('id = "leverage"', 'id = "energy_vs_sector"', 9, "relative to peers"),
        ('id = "leverage"', 'id = "coal_share"', 14, "coal_share stands twice, first in line 9"),
        ("weight = 10", "weight = -1", 10, "weight must be a number between 0 and 10000, got -1"),
        ("weight = 10", "weight = true", 10, "got True"),
        ("weight = 10", "weight = nan", 10, "got nan"),
        ("weight = 10", f"weight = 1{'0' * 400}", 10, "weight must be a number"),
        ("weight = 10\n", "", 8, "weight must be a number between 0 and 10000, got nothing"),
        ("breakpoints = [0.9, 0.6]", "breakpoints = [0.6, 0.9]", 11, "must fall: lower is better"),
        ("breakpoints = [0.9, 0.6]", "breakpoints = [0.9, 0.9]", 11, "must fall"),
        ("breakpoints = [0.9, 0.6]", "breakpoints = []", 11, "at least 1 number,"),
        ("breakpoints = [0.9, 0.6]", 'breakpoints = ["a"]', 11, "must be a list"),
        ("reference = 0.7", 'reference = "ordinary"', 12, "reference must be a number"),
        ("marks = [0, 0.9, 1]", "marks = [0, 1]", 20, "2 breakpoints make 3 bands, got 2 marks"),
        ("marks = [0, 0.9, 1]", "marks = [0.1, 0.9, 1]", 20, "from 0 to 1 and never fall"),
        ("marks = [0, 0.9, 1]", "marks = [0, 1.2, 1]", 20, "from 0 to 1 and never fall"),
        ("marks = [0, 0.9, 1]", "marks = 3", 20, "marks must be a list"),
        ("marks = [0, 0.9, 1]", "colour = 3", 20, "unknown key 'colour'"),
    ],
)
def test_what_cannot_hold_is_refused_with_its_line(old, new, line, says):
    assert old in SMALL
    told = refusal(SMALL.replace(old, new, 1))
    assert f"card.toml, line {line}." in told, told
    assert says in told, told


def test_every_mistake_is_named_at_once_in_the_order_of_lines():
    told = refusal(
        SMALL.replace("weight = 10", "weight = 0").replace("probability = 0.02", "probability = 2")
    )
    assert told.index("line 6:") < told.index("line 10:")
    assert told.startswith("2 things are wrong")


def test_a_value_beyond_what_the_indicator_can_be_is_refused():
    bounded = next(item for item in CATALOGUE.values() if item.clip == (0.0, 1.0) and item.direction > 0)
    text = SMALL.replace('"leverage"', f'"{bounded.id}"').replace("[0.9, 0.6]", "[0.5, 50]")
    assert f"{bounded.id} lies between 0 and 1, a breakpoint at 50 is never met" in refusal(text)


def test_a_key_inside_a_long_text_is_no_key_of_the_card():
    long = 'title = """A card\n[scale]\npoints = 1\n"""'
    told = refusal(SMALL.replace('title = "A card"', long).replace("points = 500", "points = true"))
    assert "card.toml, line 7." in told


@pytest.mark.parametrize("text", ["", "indicators = 3", SMALL.split("[[", maxsplit=1)[0], "indicators = []"])
def test_a_card_without_indicators_is_refused(text):
    assert "no indicators" in refusal(text)


def test_broken_toml_and_absent_files_are_refused(tmp_path):
    assert "line 2" in refusal('version = "a"\ntitle = A card\n')
    with pytest.raises(ModelError, match="not found"):
        read_scorecard(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes("title = 'é'".encode("latin-1"))
    with pytest.raises(ModelError, match="UTF-8"):
        read_scorecard(tmp_path / "latin.toml")
    (tmp_path / "marked.toml").write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert read_scorecard(tmp_path / "marked.toml").version == "v1"


def test_the_shipped_example_is_packed_and_says_that_it_is_one():
    text = (Path(models.__file__).parent / EXAMPLE).read_text(encoding="utf-8")
    assert "assumption" in text
    card = read_scorecard()
    assert card.text == text
    assert len(card.indicators) == len(tomllib.loads(text)["indicators"])
    assert {CATALOGUE[item.id].better for item in card.indicators} == {"higher", "lower"}
    packed = tomllib.loads((Path(models.__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert "*.toml" in packed["tool"]["setuptools"]["package-data"]["models"]
