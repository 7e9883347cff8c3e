"""Reasons on a simulated portfolio, through the pipeline: how many are faithful, and what a table left out is called."""

from __future__ import annotations

import re
from typing import NamedTuple

import polars as pl
import pytest

from features import reference
from features.catalogue import CATALOGUE
from features.intake import validate_tables
from features.pipeline import compute
from features.simulate import simulate
from models import GreenCreditModel, label
from models.faithfulness import ASKED
from scoring.contributions import contributions
from scoring.policy.sections import ReasonRules
from scoring.reasons import BatchReasons, batch_reasons, sentence

APPLICANTS = 150


class Batch(NamedTuple):
    values: pl.DataFrame
    quality: pl.DataFrame
    told: BatchReasons


@pytest.fixture(scope="module")
def portfolio():
    return simulate(firms=1_200, seed=4).tables


@pytest.fixture(scope="module")
def indicators(portfolio):
    return compute(validate_tables(portfolio, source="simulation"))


@pytest.fixture(scope="module")
def model(portfolio, indicators):
    labels = label(portfolio["applications"], portfolio["outcomes"])
    rows = indicators.values.join(labels.select("application_id", "bad"), on="application_id")
    rows = rows.drop_nulls("bad").sort("application_id")
    table = rows.select(name for name in CATALOGUE if name in rows.columns).to_pandas()
    sections = dict(reference.table("industries").select("code", "section").iter_rows())
    fitted = GreenCreditModel(
        n_estimators=150, learning_rate=0.05, max_depth=2, min_child_samples=40, n_jobs=1, sections=sections
    )
    return fitted.fit(
        table, rows["bad"].to_numpy(), as_of=rows["as_of"].to_numpy(), firm_id=rows["firm_id"].to_numpy()
    )


def batch_of(model, indicators):
    explained, shown, _ = contributions(model, indicators.values)
    quality = indicators.data_quality
    told = batch_reasons(model, explained, shown, data_quality=quality, rules=ReasonRules())
    return Batch(shown, quality, told)


@pytest.fixture(scope="module")
def whole(model, indicators):
    return batch_of(model, indicators)


def test_at_least_95_in_100_reasons_pass_their_own_rescore(whole, tell):
    found = whole.told.record["faithfulness"]
    tell(
        f"Faithful reasons of a small simulated portfolio: {found['passed']:,} of {found['told']:,} "
        f"({100 * found['rate']:.1f} %) pass their own re-score; {found['set_aside']:,} were set aside before it"
    )
    assert found["told"] > 1_000
    assert found["rate"] >= ASKED


def few(portfolio, *, without=()):
    """Data of some firms, and of none where a table is left out."""
    firms = portfolio["firms"]["firm_id"].head(APPLICANTS).to_list()
    tables = {
        name: table for name, table in portfolio.items() if name not in {*without, "ownership", "outcomes"}
    }
    return {
        name: table.filter(pl.col("firm_id").is_in(firms)) if "firm_id" in table.columns else table
        for name, table in tables.items()
    }


@pytest.mark.parametrize("table", ["energy", "incidents", "certifications"])
def test_a_table_that_is_left_out_is_not_handed_in_and_never_zero_or_compared(table, portfolio, model, whole):
    indicators = compute(validate_tables(few(portfolio, without=(table,)), source="simulation"))
    after = batch_of(model, indicators)
    used = model.preparation_.features
    before = whole.values.join(after.values.select("application_id"), on="application_id", how="semi")
    before = before.sort("application_id")
    gone = {
        name: set(before["application_id"].filter(before[name].is_not_null() & after.values[name].is_null()))
        for name in used
    }
    gone = {name: ids for name, ids in gone.items() if ids}
    lost = sum(map(len, gone.values()))
    assert lost > 20
    silent = after.told.table.filter(pl.col("kind") == "not_handed_in")
    named = {name: set() for name in gone}
    for row in silent.iter_rows(named=True):
        assert row["value"] is row["value_text"] is row["sector_median"] is row["sector_level"] is None
        for name in row["missing"]:
            if name in named:
                named[name].add(row["application_id"])
        said_en, said_zh = sentence(row, "en"), sentence(row, "zh")
        for name in row["missing"]:
            said_en = said_en.replace(CATALOGUE[name].en, "")
            said_zh = said_zh.replace(CATALOGUE[name].zh, "")
        assert "not handed in" in said_en
        assert "未提供" in said_zh
        assert "median" not in said_en
        assert "中位数" not in said_zh
        # The only number is how many more are missing.
        assert re.findall(r"\d+", said_zh) == [str(len(row["missing"]) - 4)] * (len(row["missing"]) > 4)
    told_of_values = after.told.table.filter(pl.col("kind") == "value")
    for name, ids in gone.items():
        led = told_of_values.filter(pl.col("indicator") == name)["application_id"]
        assert not ids & set(led), name
    # What no tree asks for gives no points, and is no reason; most is asked for.
    assert sum(len(ids & named[name]) for name, ids in gone.items()) > lost // 3


def test_a_table_that_is_left_out_costs_or_does_nothing(portfolio, model, whole):
    indicators = compute(validate_tables(few(portfolio, without=("energy",)), source="simulation"))
    after = batch_of(model, indicators)
    silent = (pl.col("family") == "energy") & (pl.col("kind") == "not_handed_in")
    points = after.told.table.filter(silent)["points"]
    assert points.len() > APPLICANTS // 2
    assert points.max() <= 1e-9
