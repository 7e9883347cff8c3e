from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError
from scoring.telling import tell
from scoring.texts import LANGUAGES, parse_texts, read_texts, text, texts, value_text
from scoring.texts.values import unit_code

HEAD = 'version = "1"\n'
ONE = HEAD + "[texts]\n"


def refused(content: str) -> str:
    with pytest.raises(GreenCreditError) as error:
        parse_texts(content, file="t.toml")
    assert "t.toml" in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("version = 1\n[texts]\na = { en = 'x', zh = '甲' }", "`version` must be a text"),
        ("[texts]\na = { en = 'x', zh = '甲' }", "`version` must be a text"),
        (HEAD, "`[texts]` must hold at least one text"),
        (HEAD + "[texts]", "`[texts]` must hold at least one text"),
        (HEAD + "aproved_by = 'x'\n[texts]\na = { en = 'x', zh = '甲' }", "Did you mean approved_by"),
        (HEAD + "approved_by = 'Committee'\n[texts]\na = { en = 'x', zh = '甲' }", "go together"),
        (HEAD + "approved_on = 2026-01-01\n[texts]\na = { en = 'x', zh = '甲' }", "go together"),
        (HEAD + "approved_by = 'C'\napproved_on = 2026-01-01T10:00:00\n[texts]\na = { en = 'x', zh = '甲' }", "must be a day"),
        (HEAD + "approved_by = 3\n[texts]\na = { en = 'x', zh = '甲' }", "`approved_by` must be a text"),
        (ONE + "A = { en = 'x', zh = '甲' }", "texts.A: a code has small letters"),
        (ONE + "a = { en = 'x' }", "texts.a: give exactly en and zh"),
        (ONE + "a = { en = 'x', zh = '甲', fr = 'y' }", "texts.a: give exactly en and zh"),
        (ONE + "a = 'x'", "texts.a: give exactly en and zh"),
        (ONE + "a = { en = 'x', zh = ' ' }", "texts.a: en and zh must be texts, not empty"),
        (ONE + "a = { en = '{x}', zh = '甲' }", "both need the same names"),
        (ONE + "a = { en = '{x', zh = '{x}' }", "texts.a.en:"),
        (ONE + "a = { en = '{x.__class__}', zh = '{x}' }", "only plain names"),
        (ONE + "a = { en = '{}', zh = '{}' }", "only plain names"),
        (ONE + "a = { en = '{x:>9}', zh = '{x}' }", "only plain names"),
        (ONE + "a = { en = '分', zh = '分' }", "Chinese characters in the English text"),
        ("version = ", "not valid TOML"),
    ],
    ids=range(21),
)  # fmt: skip
def test_what_is_wrong_is_named(content, told):
    assert told in refused(content)


def test_all_faults_are_told_at_once():
    told = refused(ONE + "a = { en = 'x' }\nb = { en = '{x}', zh = '甲' }")
    assert "texts.a" in told
    assert "texts.b" in told


def test_an_approved_edition_is_read_from_a_file(tmp_path):
    file = tmp_path / "texts.toml"
    file.write_text(
        '\ufeffversion = "2"\napproved_by = "Committee"\napproved_on = 2026-03-01\n[texts]\n'
        'a = { en = "{who} pays {{all}}", zh = "{who}付清" }',
        encoding="utf-8",
    )
    library = read_texts(file)
    assert (library.version, library.approved_by, library.approved_on) == (
        "2",
        "Committee",
        dt.date(2026, 3, 1),
    )
    assert library.text("a", "en", who="{0.x}") == "{0.x} pays {{all}}".replace("{{", "{").replace("}}", "}")
    with pytest.raises(GreenCreditError, match="not found"):
        read_texts(tmp_path / "none.toml")


def test_an_unknown_code_or_a_value_not_given_is_a_defect_and_not_a_gap():
    with pytest.raises(KeyError):
        text("no_such_text", "en")
    with pytest.raises(KeyError):
        text("points_to_next", "en", points=3)


def test_the_shipped_catalogue_is_whole():
    shipped = texts()
    assert shipped.version
    for code, entry in shipped.texts.items():
        assert set(entry) == set(LANGUAGES), code
    # A catalogue shipped with the product is nobody's approved edition.
    assert not shipped.approved_by


@pytest.mark.parametrize("value", [0.0, 0.0123, 3.75, 123.4])
@pytest.mark.parametrize("indicator", [i.id for i in CATALOGUE.values() if not i.is_category])
def test_a_value_has_the_same_figure_in_both_languages(indicator, value):
    both = tell(indicator, value)
    english, chinese = (value_text(indicator, value, lang) for lang in LANGUAGES)
    unit = CATALOGUE[indicator].unit
    if unit == "0 or 1":
        assert f"{english} {chinese}" == both
        return
    assert english == both
    figure = both.split(" ")[0]
    assert figure in chinese
    assert not set(chinese.replace("CO2e", "").replace("CO2", "").replace("PCAF", "")) & set("abcdefghij")


def test_every_unit_of_the_catalogue_has_a_name():
    own = {"0 or 1", "category", "share", "log change/year"}
    for unit in {item.unit for item in CATALOGUE.values()} - own:
        plain = unit.removeprefix("ln(").removesuffix(")") if unit.startswith("ln(") else unit
        assert unit_code(plain) in texts().texts, unit


def test_what_is_not_there_is_told_as_silence():
    assert value_text("coal_share", None, "zh") == "未提供"
    assert value_text("coal_share", 0.3, "zh", status="not_applicable") == "不适用"
    assert value_text("region_group", "East", "zh") == "华东"
    assert value_text("region_group", "Overseas", "en") == "Overseas"
    assert value_text("industry_division", "31", "en").startswith("31 Smelting")
    assert (
        value_text("industry_division", "99x", "zh", own_industry_names={"99x": ("Own", "自有")})
        == "99x 自有"
    )


def test_the_file_lies_with_the_package():
    assert (Path(parse_texts.__code__.co_filename).parent / "catalogue.toml").is_file()
