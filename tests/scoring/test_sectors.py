from __future__ import annotations

import math
import re
from dataclasses import replace

import polars as pl
import pytest

from features.catalogue import CATALOGUE, PILLARS
from features.errors import GreenCreditError
from scoring.contributions import contributions
from scoring.explain_text import explain_results
from scoring.results import one_application
from scoring.sectors import LEVELS, against_sector, sector_table


def test_sector_base_and_differences_are_the_score_of_every_application(synthetic_results):
    found = against_sector(synthetic_results)
    assert found["application_id"].equals(synthetic_results.contributions["application_id"])
    points = synthetic_results.decisions["points"].to_list()
    names = [name for name in found.columns if name in CATALOGUE]
    for row, score in zip(found.iter_rows(named=True), points, strict=True):
        assert abs(row["sector_base"] + math.fsum(row[name] for name in names) - score) <= 1e-9


def test_the_table_is_what_the_model_says_for_each_row(synthetic_results, small_model):
    values = synthetic_results.indicators
    X = values.select(name for name in values.columns if name in CATALOGUE).to_pandas()  # noqa: N806
    expected = small_model.explain(X).against_sector()
    found = against_sector(synthetic_results)
    assert found["level"].to_list() == expected.level.tolist()
    assert found["sector_base"].to_list() == expected.base.tolist()
    assert found.select(expected.values.columns).to_numpy().tolist() == expected.values.to_numpy().tolist()


def test_every_division_has_a_row_and_so_do_firms_without_one(small_model):
    found = sector_table(small_model, pl.Series(["31", None, "31", "unheard of"]))
    assert found["division"].to_list() == ["31", "unheard of", None]
    assert found["level"].to_list()[1:] == ["all", "all"]
    assert found["level"].is_in(LEVELS).all()
    names = list(small_model.preparation_.features)
    for row in found.iter_rows(named=True):
        assert row["sector_base"] == pytest.approx(
            small_model.base_points + math.fsum(row[name] for name in names)
        )
    assert sector_table(small_model, pl.Series([], dtype=pl.String)).columns == found.columns


def numbers(text):
    block = text[text.index("Against its own sector") :].split("\n\n")[0]
    found = re.findall(r"^ +([+−]?\d+)  ", block, re.MULTILINE)
    return block, [int(number.replace("−", "-")) for number in found]


@pytest.mark.parametrize("row", range(0, 400, 37))
def test_the_text_adds_up_from_the_sector_base(synthetic_results, row):
    application = f"APP{row:06d}"
    own = one_application(synthetic_results, application)
    decision = own.decisions.row(0, named=True)
    text = explain_results(synthetic_results, application)
    block, (base, *parts, total) = numbers(text)
    assert base + sum(parts) == total == decision["points_shown"]
    assert len(parts) == len(PILLARS)
    against = against_sector(own).row(0, named=True)
    assert abs(base - against["sector_base"]) < 1
    for (pillar, (en, zh)), part in zip(PILLARS.items(), parts, strict=True):
        exact = sum(
            v for name, v in against.items() if name in CATALOGUE and CATALOGUE[name].pillar == pillar
        )
        assert abs(part - exact) < 1
        assert f"{en} {zh}" in block
    assert "How the points add up" in text


def test_the_text_says_whose_mean_stands_in(synthetic_results):
    def text(level, division):
        sectors = synthetic_results.sectors.with_columns(level=pl.lit(level))
        row = synthetic_results.decisions.filter(pl.col("industry_division").is_null() == (division is None))
        changed = replace(synthetic_results, sectors=sectors)
        return numbers(explain_results(changed, row["application_id"][0]))[0]

    assert "fewer than 30" not in text("group", "any")
    assert "fewer than 30 training firms: its section" in text("section", "any")
    assert "训练企业不足30家，按全行业" in text("all", "any")
    if synthetic_results.decisions["industry_division"].null_count():
        assert "Industry unknown: all industries" in text("all", None)


def test_a_model_of_an_earlier_release_has_no_reference(synthetic_results, small_model, monkeypatch):
    monkeypatch.setattr(small_model, "sectors_", None)
    empty = sector_table(small_model, synthetic_results.decisions["industry_division"])
    assert empty.columns == synthetic_results.sectors.columns
    assert empty.is_empty()
    earlier = replace(synthetic_results, sectors=empty)
    assert against_sector(earlier).columns == against_sector(synthetic_results).columns
    assert against_sector(earlier).is_empty()
    text = explain_results(earlier, "APP000001")
    assert "Against its own sector" not in text
    assert "How the points add up" in text


def test_tables_that_do_not_belong_together_are_refused(synthetic_results):
    foreign = replace(synthetic_results, sectors=synthetic_results.sectors.head(1))
    with pytest.raises(GreenCreditError, match="has no sector reference"):
        against_sector(foreign)


def test_contributions_do_not_depend_on_the_reference(small_model, synthetic_results):
    explained, _, _ = contributions(small_model, synthetic_results.indicators)
    assert "sector_base" not in explained.columns
