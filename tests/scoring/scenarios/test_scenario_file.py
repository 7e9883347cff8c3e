from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from features.errors import GreenCreditError, ScenarioError
from features.settings import Settings
from scoring.scenarios import SCALES, Scenario, parse_scenario, read_scenario

WHOLE = """
name = "dear_carbon-2030"
en = "Carbon at 200 yuan"
zh = "碳价200元"
factors = "own"
policy = "own.toml"

[settings]
carbon_price = 200
warming_potentials = "ar6"

[scale]
grid_factors = 0.8
allowances = 0

[editions]
sector_benchmarks = 2030-01-01
"""


def test_everything_a_scenario_may_say(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own.toml").write_text("", encoding="utf-8")
    (tmp_path / "s.toml").write_text(WHOLE, encoding="utf-8")
    found = read_scenario(tmp_path / "s.toml")
    assert (found.name, found.en, found.zh) == ("dear_carbon-2030", "Carbon at 200 yuan", "碳价200元")
    assert dict(found.settings) == {"carbon_price": 200.0, "warming_potentials": "ar6"}
    assert dict(found.scale) == {"grid_factors": 0.8, "allowances": 0.0}
    assert dict(found.editions) == {"sector_benchmarks": dt.date(2030, 1, 1)}
    assert (found.factors, found.policy) == (tmp_path / "own", tmp_path / "own.toml")
    assert found.told == (
        "carbon_price = 200.0",
        "warming_potentials = ar6",
        "grid_factors x 0.8",
        "allowances x 0",
        "sector_benchmarks: edition of 2030-01-01",
        "factors: own",
        "policy: own.toml",
    )
    assert found.settings_over(Settings(cbam_certificate_price=5.0)).as_dict() == {
        "warming_potentials": "ar6",
        "cbam_certificate_price": 5.0,
        "carbon_price": 200.0,
    }


def test_a_name_is_enough():
    found = parse_scenario('name = "as_it_is"', file=Path("s.toml"))
    assert found == Scenario(name="as_it_is")
    assert found.told == ()


@pytest.mark.parametrize(
    ("text", "line", "key", "said", "hint"),
    [
        ("en = 'x'", 1, "name", "has no name", 'Add name = "..."'),
        ("name = 'a/b'", 1, "name", "cannot stand in a file", "letters, digits"),
        ("name = 'a'\n\nweather = 'b'", 3, "weather", "unknown key", "Known: editions, en"),
        ("name = 'a'\npolicies = 'b'", 2, "policies", "unknown key", "Did you mean policy?"),
        ("name = 'a'\nen = 3", 2, "en", "must be a text", "en ="),
        ("name = 'a'\nscale = 3", 2, "scale", "must be a table", "[scale]"),
        ("name = 'a'\n[settings]\ncarbon_prize = 1", 3, "settings.carbon_prize", "unknown", "carbon_price"),
        ("name = 'a'\n[settings]\ncarbon_price = '1'", 3, "settings.carbon_price", "a number", "97.49"),
        ("name = 'a'\n[settings]\ncarbon_price = true", 3, "settings.carbon_price", "a number", "97.49"),
        ("name = 'a'\n[settings]\n\ncarbon_price = -1", 4, "settings.carbon_price", "0 or more", "finite"),
        ("name = 'a'\n[settings]\ncarbon_price = inf", 3, "settings.carbon_price", "0 or more", "finite"),
        ("name = 'a'\nsettings.warming_potentials = 'ar9'", 2, "settings.warming_potentials", "ar4", "choices"),
        ("name = 'a'\n[scale]\ngrid = 1", 3, "scale.grid", "unknown scale", "grid_factors"),
        ("name = 'a'\n[scale]\nallowances = -0.1", 3, "scale.allowances", "0 or more", "0.9"),
        ("name = 'a'\nscale = { allowances = nan }", 2, "scale.allowances", "0 or more", "0.9"),
        ("name = 'a'\n[editions]\nregions = 2024-01-01", 3, "editions.regions", "no edition", "Known:"),
        ("name = 'a'\n[editions]\ngrid_factor = 2024-01-01", 3, "editions.grid_factor", "no edition", "grid_factors"),
        ("name = 'a'\n[editions]\ngrid_factors = 2024", 3, "editions.grid_factors", "a day", "2026-01-01"),
        ("name = 'a'\n[editions]\ngrid_factors = 2024-01-01T00:00:00", 3, "editions.grid_factors", "a day", ""),
        ("name = 'a'\nfactors = 'nowhere'", 2, "factors", "no folder 'nowhere'", "path"),
        ("name = 'a'\npolicy = 'nowhere.toml'", 2, "policy", "no file 'nowhere.toml'", "path"),
    ],
)  # fmt: skip
def test_each_mistake_names_file_line_key_and_mend(tmp_path, text, line, key, said, hint):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, file=tmp_path / "s.toml")
    error = caught.value
    assert error.where == f"{tmp_path / 's.toml'}, line {line}, {key}"
    assert said in error.what
    assert hint in error.mend


def test_several_mistakes_are_told_together_in_order():
    text = "name = 'a'\n[scale]\ngrid = 1\n[settings]\ncarbon_price = 'x'"
    with pytest.raises(
        ScenarioError, match=r"2 things.*\nline 3, scale.grid.*\nline 5, settings.carbon_price"
    ):
        parse_scenario(text, file=Path("s.toml"))


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(ScenarioError, match="was not found"):
        read_scenario(tmp_path / "s.toml")
    with pytest.raises(ScenarioError, match="not valid TOML"):
        parse_scenario("name =", file=Path("s.toml"))
    assert issubclass(ScenarioError, GreenCreditError)


def test_every_scale_says_what_it_multiplies():
    assert set(SCALES) == {"grid_factors", "allowances"}
    assert all(meaning for meaning in SCALES.values())
