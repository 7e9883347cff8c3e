"""Drift of a batch: a second draw is quiet, what is planted is named, and nothing else."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest

from features.errors import ModelError
from models.drift import MATERIAL, drift
from models.monitoring import drift_metrics
from models.reference_profile import Population, ReferenceProfile, booster_hash, reference_profile


def rows_of(portfolio):
    return pl.from_pandas(portfolio.X).with_columns(
        application_id=pl.Series([f"a{k:05}" for k in range(len(portfolio.y))]),
        firm_id=pl.Series(portfolio.firm_id.astype(str)),
    )


def batch_of(model, portfolio):
    explained = model.explain(portfolio.X)
    return Population(
        indicators=pl.from_pandas(explained.data),
        points=pl.Series(explained.points),
        families=pl.from_pandas(explained.by_family()),
        firms=pl.Series(portfolio.firm_id.astype(str)),
    )


@pytest.fixture(scope="module")
def profile(model, portfolio):
    return reference_profile(model, rows_of(portfolio), metrics={"auc": 0.7, "nothing": math.nan})


@pytest.fixture(scope="module")
def second_draw(draw_portfolio):
    return draw_portfolio(1_500, 77)


def test_the_profile_counts_the_training_population(profile, portfolio, model):
    assert profile.applications == len(portfolio.y)
    sizes = np.unique(portfolio.firm_id, return_counts=True)[1]
    assert profile.independent == pytest.approx(len(portfolio.y) ** 2 / np.sum(sizes**2))
    column = portfolio.X["coal_share"].to_numpy()
    bins = profile.indicators["coal_share"]
    assert bins.missing == np.isnan(column).sum()
    assert sum(bins.counts) == (~np.isnan(column)).sum()
    assert set(profile.indicators) == set(model.preparation_.features)
    assert profile.weights["coal_share"] > 0
    assert profile.metrics == {"auc": 0.7}
    assert profile.booster_sha256 == booster_hash(model)


def test_the_profile_comes_back_from_json(profile):
    text = json.dumps(profile.as_dict(), allow_nan=False)
    assert ReferenceProfile.from_json(text, where="here") == profile
    with pytest.raises(ModelError, match="schema version 9"):
        ReferenceProfile.from_json(text.replace('"schema_version": 1', '"schema_version": 9'), where="here")
    for broken in ("{", "[]", '{"schema_version": 1}'):
        with pytest.raises(ModelError, match="cannot be read"):
            ReferenceProfile.from_json(broken, where="here")


def test_row_order_changes_no_profile(model, portfolio, profile):
    shuffled = rows_of(portfolio).sample(fraction=1.0, shuffle=True, seed=3)
    found = reference_profile(model, shuffled, metrics={"auc": 0.7}).as_dict()
    weights = found.pop("weights")
    expected = profile.as_dict()
    assert weights == pytest.approx(expected.pop("weights"))
    assert found == expected


def test_a_second_draw_of_the_same_population_is_quiet(profile, model, second_draw):
    found = drift(profile, batch_of(model, second_draw))
    assert found.drifted == ()
    assert {shift.kind for shift in found.shifts} == {"score", "indicator", "missing", "family"}
    # As many exceed the 95 % quantile as noise makes exceed it.
    beyond = np.mean([shift.psi > shift.noise.q95 for shift in found.shifts])
    assert beyond < 0.15


def test_a_planted_shift_is_named_and_its_family_with_it(profile, model, second_draw):
    batch = batch_of(model, second_draw)
    moved = batch.indicators.with_columns(pl.col("coal_share") * 0.5)
    found = drift(
        profile, Population(indicators=moved, points=batch.points, families=batch.families, firms=batch.firms)
    )
    assert [(shift.kind, shift.name) for shift in found.drifted] == [("indicator", "coal_share")]
    assert found.drifted[0].verdict == "large"


def test_planted_missingness_is_named_as_missingness(profile, model, second_draw):
    batch = batch_of(model, second_draw)
    gone = pl.Series(np.random.default_rng(4).random(len(batch.points)) < 0.4)
    moved = batch.indicators.with_columns(
        leverage=pl.when(gone).then(None).otherwise(pl.col("leverage")),
        industry_division=pl.when(gone).then(None).otherwise(pl.col("industry_division")),
    )
    found = drift(
        profile, Population(indicators=moved, points=batch.points, families=batch.families, firms=batch.firms)
    )
    named = {(shift.kind, shift.name) for shift in found.drifted}
    assert named == {("missing", "leverage"), ("missing", "industry_division")}


def test_a_shift_that_reaches_the_model_moves_the_score(profile, model, second_draw):
    worse = second_draw.X.assign(
        coal_share=np.minimum(second_draw.X["coal_share"] + 0.5, 1.0),
        interest_cover=second_draw.X["interest_cover"] - 3.0,
    )
    explained = model.explain(worse)
    found = drift(
        profile,
        Population(
            indicators=pl.from_pandas(explained.data),
            points=pl.Series(explained.points),
            families=pl.from_pandas(explained.by_family()),
            firms=pl.Series(second_draw.firm_id.astype(str)),
        ),
    )
    kinds = {shift.kind for shift in found.drifted}
    assert {"score", "indicator", "family"} <= kinds


def test_a_small_batch_needs_a_larger_shift(profile, model, second_draw):
    batch = batch_of(model, second_draw)
    few = Population(
        indicators=batch.indicators.head(25).with_columns(pl.col("coal_share") * 0.9),
        points=batch.points.head(25),
        families=batch.families.head(25),
        firms=batch.firms.head(25),
    )
    found = drift(profile, few)
    coal = next(s for s in found.shifts if (s.kind, s.name) == ("indicator", "coal_share"))
    assert coal.psi > MATERIAL  # the customary bound alone would have raised an alarm
    assert not coal.drifted
    assert found.drifted == ()


def test_one_firm_with_many_applications_is_no_drift(profile, model, second_draw):
    batch = batch_of(model, second_draw)
    rows = [0] * 300
    found = drift(
        profile,
        Population(
            indicators=batch.indicators[rows],
            points=batch.points[rows],
            families=batch.families[rows],
            firms=batch.firms[rows],
        ),
    )
    assert found.independent == 1.0
    assert found.drifted == ()


def test_what_cannot_be_compared_is_said(profile, model, second_draw):
    batch = batch_of(model, second_draw)
    found = drift(
        profile,
        Population(
            indicators=batch.indicators.drop("coal_share").with_columns(leverage=pl.lit(None, pl.Float64)),
            points=batch.points,
            families=batch.families,
            firms=batch.firms,
        ),
    )
    assert set(found.not_compared) == {"coal_share", "leverage"}
    assert [(s.kind, s.name) for s in found.drifted] == [("missing", "leverage")]


def test_metrics_have_a_name_for_every_comparison(profile, model, second_draw):
    found = drift(profile, batch_of(model, second_draw))
    metrics = drift_metrics(found, None)
    assert len(metrics) == len(found.shifts) + 3
    assert metrics["psi_points"] == found.shifts[0].psi
    assert metrics["drifted"] == 0.0
    assert {"psi_coal_share", "psi_missing_coal_share", "psi_family_energy"} <= set(metrics)
