from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from models.estimator import GreenCreditModel
from models.points import PointsScale
from models.scorecard_file import read_scorecard
from scoring.policy import load_policy
from scoring.ranges import RANGE_COLUMNS, has_ranges, range_record, range_table

POLICY = load_policy()
GRID = (1, 2, 3, 4, 5, 6, 7)
"""Places of the quantiles from 5 % to 95 % among those that are stored."""

UNDIRECTED = [n for n, i in CATALOGUE.items() if i.used_by_model and not i.direction and not i.is_category]


def ranges(model, values):
    return range_table(model, values, pl.Series(model.predict_points(values)), policy=POLICY)


def numbers(model):
    return [name for name in model.preparation_.inputs if not CATALOGUE[name].is_category]


@pytest.fixture(scope="module")
def whole(training_values, small_model):
    """Applications that lack no number: a missing one stands at its median."""
    return training_values.head(80).with_columns(
        pl.col(name).fill_null(pl.col(name).median()) for name in numbers(small_model)
    )


def test_the_ends_are_those_of_a_search_row_by_row(training_values, small_model, naive_ends):
    values = training_values.slice(100, 15)
    found = ranges(small_model, values)
    columns = small_model.preparation_.inputs
    for row, ended in zip(
        values.select(columns).iter_rows(named=True), found.iter_rows(named=True), strict=True
    ):
        unknown = [name for name in numbers(small_model) if row[name] is None]
        low, high = naive_ends(small_model, row, unknown)
        assert (ended["points_low_exact"], ended["points_high_exact"]) == pytest.approx((low, high), abs=1e-9)
        assert ended["points_low"] == int(np.floor(low + 0.5))
        assert ended["points_high"] == int(np.floor(high + 0.5))
        for end in ("low", "high"):
            reached = [g.grade for g in POLICY.grades if ended[f"points_{end}"] >= (g.minimum_points or -999)]
            assert ended[f"grade_{end}"] == reached[0]


@pytest.mark.parametrize(
    "gone",
    [
        ("coal_share", "metered_share", "leverage"),
        ("energy_intensity", "carbon_intensity"),  # relative indicators follow them
        ("energy_intensity", "coal_share", "interest_cover"),
        ("firm_age",),  # no direction: exact where it is the only one
        ("log_revenue", "metered_share"),
    ],
)
def test_the_ends_are_those_of_a_grid_over_everything_plausible(whole, small_model, gone):
    values = whole.head(12).with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in gone)
    found, today = ranges(small_model, values), small_model.predict_points(values)
    for place, row in enumerate(values.iter_rows(named=True)):
        stored = [small_model.distributions_.of(row["industry_division"], name)[1] for name in gone]
        steps = [[None, *(own[quantile] for quantile in GRID)] for own in stored]
        tried = pl.DataFrame(
            [row | dict(zip(gone, step, strict=True)) for step in itertools.product(*steps)],
            schema=values.schema,
        )
        points = small_model.predict_points(tried)
        assert found["points_low_exact"][place] == pytest.approx(min(points.min(), today[place]), abs=1e-9)
        assert found["points_high_exact"][place] == pytest.approx(max(points.max(), today[place]), abs=1e-9)
    assert (found["points_high_exact"] > found["points_low_exact"]).any()


def test_where_nothing_is_missing_the_range_is_the_score(whole, small_model):
    found, points = ranges(small_model, whole), small_model.predict_points(whole)
    assert found["points_low_exact"].to_list() == points.tolist() == found["points_high_exact"].to_list()


@settings(max_examples=40)
@given(data=st.data())
def test_the_score_lies_in_its_range_whatever_is_missing(data, whole, small_model):
    names = numbers(small_model)
    gone = data.draw(st.lists(st.sampled_from(names), unique=True))
    values = whole.head(20).with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in gone)
    points = small_model.predict_points(values)
    found = ranges(small_model, values)
    assert (found["points_low_exact"].to_numpy() <= points).all()
    assert (points <= found["points_high_exact"].to_numpy()).all()
    if not set(gone) & set(UNDIRECTED):
        # Silence counts as the worst, so the score itself is the low end.
        assert found["points_low_exact"].to_list() == points.tolist()


def test_two_firms_with_one_score_and_other_evidence_look_different(whole, small_model):
    # At the worst value of coal_share and silent about it: one score here, since no tree tells the two apart.
    told = whole.head(1).with_columns(coal_share=pl.lit(small_model.preparation_.worst["coal_share"]))
    silent = told.with_columns(coal_share=pl.lit(None, dtype=pl.Float64))
    both = pl.concat([told, silent])
    points, found = small_model.predict_points(both), ranges(small_model, both)
    assert points[0] == points[1]
    assert found["points_high"][0] == found["points_low"][0]
    assert found["points_high"][1] > found["points_low"][1]


def test_indicators_outside_the_training_range_are_counted(training_values, small_model, whole):
    split = 0.85  # the calibration slice plays no part in the ranges
    days = training_values["as_of"].sort()
    early = training_values.filter(pl.col("as_of") < days[int(split * len(days))])
    values = whole.with_columns(
        coal_share=pl.when(pl.int_range(pl.len()) % 3 == 0).then(99.0).otherwise("coal_share"),
        leverage=pl.when(pl.int_range(pl.len()) % 5 == 0).then(-1.0).otherwise("leverage"),
        metered_share=pl.lit(None, dtype=pl.Float64),
    )
    found = ranges(small_model, values)["outside_training_range"].to_list()
    for row, count in zip(values.iter_rows(named=True), found, strict=True):
        expected = 0
        for name in numbers(small_model):
            low, high = early[name].min(), early[name].max()
            expected += row[name] is not None and not low <= row[name] <= high
        assert count == expected
    assert {0, 1, 2} <= set(found)


def test_a_model_without_distributions_says_that_there_is_no_range(small_model, training_values):
    values = training_values.head(4)
    card = read_scorecard()
    bare = GreenCreditModel(**small_model.get_params())
    bare.__dict__.update(
        {k: v for k, v in small_model.__dict__.items() if k.endswith("_")}, distributions_=None
    )
    for model in (card, bare):
        frame = values.to_pandas() if model is card else values
        points = pl.Series(model.predict_points(frame))
        found = range_table(model, values, points, policy=POLICY)
        assert found.columns == ["application_id", *RANGE_COLUMNS]
        assert found.select(pl.col(RANGE_COLUMNS).null_count()).row(0) == (4,) * len(RANGE_COLUMNS)
        assert not has_ranges(model)
        record = range_record(model)
        assert record["available"] is False
        assert "no range" in record["why_en"]
        assert "区间" in record["why_zh"]
    assert range_record(small_model) == {"available": True, "quantiles": [0.05, 0.95]}


def test_no_application_gives_no_row_and_the_same_columns(small_model, training_values):
    found = ranges(small_model, training_values.clear())
    assert found.height == 0
    assert found.schema == ranges(small_model, training_values.head(1)).schema


def test_blocks_change_nothing(small_model, training_values, monkeypatch):
    values = training_values.head(60)
    at_once = ranges(small_model, values)
    monkeypatch.setattr("scoring.plausible._ROWS", 7)
    assert ranges(small_model, values).equals(at_once)


def test_a_learned_missing_branch_may_lie_outside_the_ends_and_is_in_the_range_all_the_same(training_values):
    # Firms that are silent about coal are better here than any that report: silence learned as the best.
    values = training_values.head(1500)
    random = np.random.default_rng(3)
    silent = values["coal_share"].is_null().to_numpy()
    bad = (random.random(1500) < np.where(silent, 0.02, 0.3)).astype(int)
    names = ["coal_share", "leverage", "industry_division"]
    model = GreenCreditModel(
        missing="learned", n_estimators=20, learning_rate=0.2, min_child_samples=20, colsample=1.0, n_jobs=1,
        points_scale=PointsScale(), calibration_share=0.2,
    ).fit(values.select(names), bad, as_of=[dt.date(2024, 1, 1) + dt.timedelta(days=k) for k in range(1500)])  # fmt: skip
    points = model.predict_points(values)
    found = ranges(model, values)
    assert (found["points_low_exact"].to_numpy() <= points).all()
    assert (points <= found["points_high_exact"].to_numpy()).all()
    assert (found["points_low_exact"].to_numpy() < points)[silent].all()
