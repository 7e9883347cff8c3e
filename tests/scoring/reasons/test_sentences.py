"""Every sentence of the library, in both languages."""

from __future__ import annotations

import re

import pytest

from features.catalogue import CATALOGUE, FAMILIES
from scoring.reasons import reason_library, sentence
from scoring.reasons.lines import MemoLine, line_text
from scoring.texts import value_text

HAN = re.compile(r"[\u4e00-\u9fff]")
USED = tuple(name for name, item in CATALOGUE.items() if item.used_by_model)
WORDS = {
    "industry_division": "31",
    "region_group": "east",
    "purpose_group": "new_line",
    "emerging_industry": "yes",
}
PARTS = {
    *(f"median_{level}" for level in ("group", "section", "all")),
    *(f"base_{against}" for against in ("typical_firm", "sector_mean", "portfolio")),
    "listed",
    "listed_and_more",
    "everything_else",
    "score",
}


def row_of(name, direction, *, level="group"):
    number = 0.25 if CATALOGUE[name].unit != "0 or 1" else 1.0
    is_word = name in WORDS
    return {
        "code": f"{name}_{direction}",
        "kind": "value",
        "indicator": name,
        "value": None if is_word else number,
        "value_text": WORDS.get(name),
        "sector_median": None if is_word else 0.75 if number == 0.25 else 0.0,
        "sector_level": None if is_word else level,
        "missing": None,
    }


def checked(text, lang):
    """No brace is left, the language is the right one, and it ends as a sentence does."""
    assert not set("{}") & set(text)
    assert bool(HAN.search(text)) == (lang == "zh")
    assert text.endswith("。" if lang == "zh" else ".")
    assert "  " not in text
    return text


def test_the_library_holds_exactly_what_can_be_said():
    both = {f"{name}_{direction}" for name in (*USED, "does_not_apply") for direction in ("up", "down")}
    assert set(reason_library().texts) == both | {f"{name}_not_handed_in" for name in FAMILIES} | PARTS


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", USED)
def test_every_indicator_has_a_sentence_in_each_direction(name, lang):
    said = {}
    for direction in ("up", "down"):
        row = row_of(name, direction)
        said[direction] = checked(sentence(row, lang), lang)
        told = value_text(name, row["value_text"] or row["value"], lang)
        # A sentence says units without dimension in its own words.
        assert (told in said[direction]) or (told.partition(" ")[0] in said[direction])
        if row["sector_median"] is not None and CATALOGUE[name].base is None:
            other = sentence(row | {"sector_median": None, "sector_level": None}, lang)
            assert len(other) < len(said[direction])
            assert "median" not in other
            assert "中位数" not in other
        if CATALOGUE[name].pillar == "context":
            assert said[direction].startswith("Context: " if lang == "en" else "经营背景：")
    assert said["up"] != said["down"]


@pytest.mark.parametrize(("level", "en", "zh"), [
    ("group", "sector median 75 %", "行业中位数75 %"),
    ("section", "median of its industry section 75 %", "所属门类中位数75 %"),
    ("all", "median of all industries 75 %", "全部行业中位数75 %"),
])  # fmt: skip
def test_the_comparison_says_whose_median_it_is(level, en, zh):
    row = row_of("coal_share", "up", level=level)
    assert en in sentence(row, "en").replace("75.0", "75")
    assert zh in sentence(row, "zh").replace("75.0", "75")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_silence_is_named_and_never_judged_or_compared(family, lang):
    # Of a ratio to the sector a firm hands in the base.
    own = [name for name in USED if CATALOGUE[name].family == family and CATALOGUE[name].base is None]
    for missing in (own[:1], own):
        row = {"code": f"{family}_not_handed_in", "kind": "not_handed_in", "missing": missing}
        text = checked(sentence(row, lang), lang)
        names = [CATALOGUE[name].en if lang == "en" else CATALOGUE[name].zh for name in missing]
        assert all(name in text for name in names[:4])
        bare = text
        for name in sorted(names, key=len, reverse=True):
            bare = bare.replace(name, "")
        if len(missing) > 4:
            assert str(len(missing) - 4) in bare
        else:
            assert not re.search(r"\d", bare)
        for word in (
            "sector",
            "median",
            "bad",
            "poor",
            "weighs",
            "zero",
            "中位数",
            "行业",
            "拖累",
            "较差",
            "不良",
            "零",
        ):
            assert word not in bare.lower(), word


@pytest.mark.parametrize("direction", ["up", "down"])
def test_what_does_not_apply_is_said_without_any_figure(direction):
    row = row_of("power_carbon", direction) | {
        "code": f"does_not_apply_{direction}",
        "value": None,
        "sector_median": None,
        "sector_level": None,
    }
    assert "Carbon intensity of power generated does not apply" in checked(sentence(row, "en"), "en")
    text = checked(sentence(row, "zh"), "zh")
    assert text.startswith("发电碳强度不适用")
    assert not re.search(r"\d", text)


@pytest.mark.parametrize(
    "code", ["base_typical_firm", "base_sector_mean", "base_portfolio", "everything_else", "score"]
)
def test_lines_that_are_no_reason_have_their_texts(code):
    kind = {"everything_else": "rest", "score": "score"}.get(code, "base")
    line = MemoLine(kind=kind, points=1, code=code)
    assert not HAN.search(line_text(line, "en"))
    assert HAN.search(line_text(line, "zh"))


def test_a_banks_own_industry_name_is_said():
    row = row_of("industry_division", "up")
    assert "31 Our steel" in sentence(row, "en", own_industry_names={"31": ("Our steel", "本行钢铁")})


def test_the_library_says_who_approved_it():
    library = reason_library()
    assert library.version
    assert (library.approved_on is None) == (not library.approved_by)
