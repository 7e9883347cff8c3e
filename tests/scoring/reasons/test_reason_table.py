"""The long table on the small model of this folder: values, medians, sums, and what stands nowhere."""

from __future__ import annotations

import copy
import math

import polars as pl
import pytest

from features.catalogue import CATALOGUE, FAMILIES
from models.scorecard_file import read_scorecard
from scoring.contributions import contributions
from scoring.policy.sections import ReasonRules
from scoring.reasons import COLUMNS, batch, batch_reasons, reason_library
from scoring.rounding import largest_remainder

NO_QUALITY = pl.DataFrame(schema={"application_id": pl.String, "indicator": pl.String, "status": pl.String})


@pytest.fixture(scope="module")
def values(synthetic_results):
    return synthetic_results.indicators


@pytest.fixture(scope="module")
def scored(small_model, values):
    explained, shown, _ = contributions(small_model, values)
    return explained, shown


@pytest.fixture(scope="module")
def told(small_model, scored):
    return batch_reasons(small_model, *scored, data_quality=NO_QUALITY, rules=ReasonRules())


def test_the_columns_are_as_declared(told):
    assert dict(told.table.schema) == dict(COLUMNS)
    assert set(told.table["code"]) <= set(reason_library().texts)


def test_reasons_of_an_application_add_up_to_its_score(told, scored, small_model):
    explained, _ = scored
    sums = told.table.group_by("application_id").agg(pl.col("points").sum(), pl.col("points_shown").sum())
    joined = explained.select("application_id", score="points").join(sums, on="application_id")
    assert joined.height == 400
    # The base belongs to the sector; it is asked of the model through an applicant at the sector's medians.
    base = joined.with_columns(base=pl.col("score") - pl.col("points"))
    divisions = scored[1].select("application_id", "industry_division")
    by_sector = base.join(divisions, on="application_id").group_by("industry_division")
    spread = by_sector.agg(spread=pl.col("base").max() - pl.col("base").min())
    assert spread["spread"].max() < 1e-9
    assert small_model.distributions_ is not None


def test_whole_points_are_those_of_the_largest_remainder(told, scored):
    explained, _ = scored
    score = dict(explained.select("application_id", "points").iter_rows())
    for (name,), own in told.table.group_by("application_id"):
        parts = {f"{row['family']}.{row['kind']}": row["points"] for row in own.iter_rows(named=True)}
        exact = {"base": score[name] - math.fsum(parts.values())} | parts
        shown = math.floor(score[name] + 0.5)
        whole = largest_remainder(exact, total=shown)
        printed = {f"{row['family']}.{row['kind']}": row["points_shown"] for row in own.iter_rows(named=True)}
        assert printed == {key: whole[key] for key in parts}


def test_values_and_medians_are_those_of_the_lead(told, scored, small_model):
    _, shown = scored
    by_id = {row["application_id"]: row for row in shown.iter_rows(named=True)}
    seen = {"number": 0, "category": 0, "missing": 0}
    for row in told.table.iter_rows(named=True):
        own = by_id[row["application_id"]]
        name = row["indicator"]
        if row["kind"] == "not_handed_in":
            assert row["code"] == f"{row['family']}_not_handed_in"
            assert row["value"] is row["value_text"] is row["sector_median"] is row["sector_level"] is None
            assert row["missing"][0] == name
            assert all(own[one] is None for one in row["missing"])
            seen["missing"] += 1
            continue
        assert row["missing"] is None
        assert row["family"] == CATALOGUE[name].family
        assert row["code"] == f"{name}_{row['direction']}"
        if CATALOGUE[name].is_category:
            assert (row["value"], row["value_text"]) == (None, own[name])
            assert row["sector_median"] is None
            seen["category"] += 1
            continue
        assert (row["value"], row["value_text"]) == (own[name], None)
        if CATALOGUE[name].base is None:
            level, quantiles = small_model.distributions_.of(own["industry_division"], name)
            assert (row["sector_level"], row["sector_median"]) == (level, quantiles[4])
        seen["number"] += 1
    assert min(seen.values()) > 20


def test_printed_reasons_are_within_the_policys_numbers_and_move(told, scored):
    explained, _ = scored
    score = dict(explained.select("application_id", "points").iter_rows())
    printed = told.table.filter("printed")
    assert printed.height > 800
    counts = printed.group_by("application_id", "direction").len()
    assert counts["len"].max() <= 4
    for row in printed.iter_rows(named=True):
        assert abs(row["points_shown"]) >= 1
        moved = row["rescore_points"] - score[row["application_id"]]
        assert moved < 0 if row["direction"] == "up" else moved > 0


def test_rank_is_by_size_within_the_direction(told):
    for _, own in told.table.group_by("application_id", "direction"):
        assert own["rank"].to_list() == list(range(1, own.height + 1))
        sizes = own["points"].abs().to_list()
        assert sizes == sorted(sizes, reverse=True)


def test_blocks_change_nothing(small_model, scored, told, monkeypatch):
    monkeypatch.setattr(batch, "_BLOCK", 37)
    again = batch_reasons(small_model, *scored, data_quality=NO_QUALITY, rules=ReasonRules())
    assert again.table.equals(told.table)
    assert again.failed.equals(told.failed)
    assert again.record == told.record


def test_an_empty_batch_has_a_table_without_rows(small_model, scored):
    empty = batch_reasons(
        small_model, *(frame.clear() for frame in scored), data_quality=NO_QUALITY, rules=ReasonRules()
    )
    assert dict(empty.table.schema) == dict(COLUMNS)
    assert empty.table.is_empty()
    assert empty.record["faithfulness"]["rate"] is None


def test_the_failed_are_counted_per_application(told):
    assert told.failed.columns == ["application_id", "reasons_failed"]
    found = told.record["faithfulness"]
    assert told.failed["reasons_failed"].sum() == found["told"] - found["passed"]


def test_what_does_not_apply_is_told_as_such(small_model, scored, told):
    lead = told.table.filter((pl.col("kind") == "value") & pl.col("value").is_not_null()).head(1)
    row = lead.row(0, named=True)
    quality = pl.DataFrame(
        {
            "application_id": [row["application_id"]],
            "indicator": [row["indicator"]],
            "status": ["not_applicable"],
        }
    )
    again = batch_reasons(small_model, *scored, data_quality=quality, rules=ReasonRules())
    key = {name: row[name] for name in ("application_id", "family", "kind")}
    changed = again.table.filter(pl.all_horizontal(pl.col(name) == value for name, value in key.items()))
    one = changed.row(0, named=True)
    assert one["code"] == f"does_not_apply_{row['direction']}"
    assert one["value"] is one["sector_median"] is one["sector_level"] is None
    assert (one["points"], one["indicator"]) == (row["points"], row["indicator"])
    assert again.table.height == told.table.height


def test_an_old_model_says_that_nothing_was_tested(small_model, values):
    old = copy.copy(small_model)
    old.distributions_ = None
    explained, shown, _ = contributions(old, values)
    found = batch_reasons(old, explained, shown, data_quality=NO_QUALITY, rules=ReasonRules())
    assert found.record["against"] == "sector_mean"
    assert found.record["faithfulness"] is None
    assert found.failed["reasons_failed"].null_count() == 400
    for name in ("rescore_points", "sector_median", "sector_level"):
        assert found.table[name].null_count() == found.table.height
    assert found.table["printed"].any()


def test_a_declared_scorecard_gives_reasons_against_its_reference(values):
    card = read_scorecard()
    explained, shown, _ = contributions(card, values)
    found = batch_reasons(card, explained, shown, data_quality=NO_QUALITY, rules=ReasonRules())
    assert found.record["against"] == "portfolio"
    assert found.record["faithfulness"] is None
    base = explained["base"][0]
    sums = found.table.group_by("application_id").agg(pl.col("points").sum())
    joined = explained.select("application_id", score="points").join(sums, on="application_id")
    assert (joined["score"] - joined["points"] - base).abs().max() < 1e-9
    assert set(found.table["code"]) <= set(reason_library().texts)


def test_families_of_the_table_are_those_of_the_catalogue(told):
    assert set(told.table["family"]) <= set(FAMILIES)
