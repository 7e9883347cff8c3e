from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_validate

from features.catalogue import CATALOGUE
from features.errors import ModelError
from models import store

DIRECTED = [name for name, item in CATALOGUE.items() if item.direction and item.base is None]
VALUES = st.floats(-50, 50) | st.sampled_from([0.0, -0.0, 1e-40, -1e-36, 1e300, -1e300])


@settings(max_examples=150, deadline=None)
@given(row=st.integers(0, 599), name=st.sampled_from(DIRECTED), one=VALUES, other=VALUES)
def test_a_better_value_never_lowers_the_score(model, applicants, row, name, one, other):
    worse, better = sorted((one, other), reverse=CATALOGUE[name].direction < 0)
    rows = applicants.X.iloc[[row, row]].copy()
    rows[name] = [worse, better]
    low, high = model.predict_points(rows)
    assert low <= high


@settings(max_examples=150, deadline=None)
@given(row=st.integers(0, 599), name=st.sampled_from(DIRECTED), value=VALUES)
def test_handing_in_a_fact_never_lowers_the_score(model, applicants, row, name, value):
    rows = applicants.X.iloc[[row, row]].copy()
    rows[name] = [np.nan, value]
    silent, told = model.predict_points(rows)
    assert silent <= told


def withholding_gains(model, table):
    """Points gained by each firm from the best single deletion."""
    points = model.predict_points(table)
    best = np.full(len(table), -np.inf)
    for name in DIRECTED:
        best = np.maximum(best, model.predict_points(table.assign(**{name: np.nan})) - points)
    return best


def test_no_firm_gains_from_silence_and_with_the_learned_rule_many_do(draw_portfolio, new_model):
    # Better firms report less: the case in which LightGBM's own branch for missing values pays silence most.
    p = draw_portfolio(4_000, seed=5)
    rng = np.random.default_rng(6)
    table = p.X.copy()
    for name in ("interest_cover", "coal_share", "leverage"):
        table.loc[(p.y == 0) & (rng.random(len(table)) < 0.5), name] = np.nan
    tested = table.iloc[:200]
    worst = new_model(n_estimators=30).fit(table, p.y, as_of=p.as_of, firm_id=p.firm_id)
    learned = new_model(n_estimators=30, missing="learned").fit(table, p.y, as_of=p.as_of, firm_id=p.firm_id)
    assert withholding_gains(worst, tested).max() <= 0.0
    assert (withholding_gains(learned, tested) > 1.0).mean() > 0.5


def test_points_are_the_formula_of_the_design(model, applicants):
    raw = model.booster_.predict(model.preparation_.matrix(applicants.X), raw_score=True)
    a, b = model.calibration_.a, model.calibration_.b
    found = zip(model.predict_points(applicants.X), model.predict_proba(applicants.X)[:, 1], raw, strict=True)
    for points, probability, r in found:
        logit = a + b * r
        assert points == pytest.approx(600 + 20 / math.log(2) * (-logit - math.log(30)), abs=1e-9)
        assert probability == pytest.approx(1 / (1 + math.exp(-logit)), rel=1e-12)


def test_columns_are_taken_by_name(model, applicants):
    shuffled = applicants.X[list(reversed(applicants.X.columns))].assign(application_id="x")
    assert (model.predict_points(shuffled) == model.predict_points(applicants.X)).all()


def test_a_row_scores_alike_alone_and_among_others(model, applicants):
    together = model.predict_points(applicants.X)
    assert [model.predict_points(applicants.X.iloc[[k]])[0] for k in range(0, 600, 60)] == together[
        ::60
    ].tolist()


def test_an_absent_column_is_refused_and_never_taken_for_missing(model, applicants):
    with pytest.raises(
        ModelError, match="lacks columns that the model was trained with: coal_share, leverage"
    ):
        model.predict_points(applicants.X.drop(columns=["leverage", "coal_share"]))


@pytest.mark.parametrize("change", [{"n_jobs": 2}, {"n_jobs": 3}])
def test_threads_and_row_order_change_no_byte(model, portfolio, new_model, tmp_path, change):
    p = portfolio[np.random.default_rng(9).permutation(len(portfolio.y))]
    again = new_model(**change).fit(p.X, p.y, as_of=p.as_of, firm_id=p.firm_id)
    store.save(model, tmp_path / "one")
    store.save(again, tmp_path / "two")
    for name in (store.BOOSTER, store.PARAMETERS):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_column_order_changes_no_byte(model, portfolio, new_model):
    p = portfolio
    again = new_model().fit(p.X[p.X.columns[::-1]], p.y, as_of=p.as_of, firm_id=p.firm_id)
    assert again.booster_.model_to_string() == model.booster_.model_to_string()


def test_the_seed_changes_the_model(model, portfolio, new_model):
    p = portfolio
    other = new_model(random_state=1).fit(p.X, p.y, as_of=p.as_of, firm_id=p.firm_id)
    assert other.booster_.model_to_string() != model.booster_.model_to_string()


def test_medians_and_booster_do_not_see_the_calibration_slice(model, portfolio, new_model):
    p = portfolio
    late = p.as_of >= np.sort(p.as_of)[int(0.85 * len(p.y))]
    table = p.X.copy()
    table.loc[late, "energy_intensity"] *= 100.0
    again = new_model().fit(table, p.y, as_of=p.as_of, firm_id=p.firm_id)
    assert again.preparation_ == model.preparation_
    assert again.booster_.model_to_string() == model.booster_.model_to_string()
    assert again.split_counts_ == model.split_counts_
    assert again.split_counts_["calibration"] == late.sum()


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 1e3), (100.0, 0.0), (-3.0, -7.0)])
def test_shifting_the_test_fold_leaves_medians_and_calibration_bit_equal(portfolio, new_model, scale, shift):
    p, fold = portfolio, np.arange(2_000, 3_000)
    numbers = [name for name, item in CATALOGUE.items() if name in p.X and not item.is_category]
    shifted = p.X.copy()
    shifted.loc[fold, numbers] = shifted.loc[fold, numbers] * scale + shift
    shifted.loc[fold, "industry_division"] = "99"

    def fitted(table):
        found = cross_validate(
            new_model(n_estimators=20),
            table,
            p.y,
            cv=[(np.arange(2_000), fold)],
            params={"as_of": p.as_of, "firm_id": p.firm_id},
            return_estimator=True,
        )
        return found["estimator"][0]

    one, two = fitted(p.X), fitted(shifted)
    assert one.preparation_.peers["energy_vs_sector"].groups
    assert two.preparation_ == one.preparation_
    assert (two.calibration_.a, two.calibration_.b) == (one.calibration_.a, one.calibration_.b)
    assert two.booster_.model_to_string() == one.booster_.model_to_string()
    assert two.sectors_ == one.sectors_
    assert (two.predict_points(shifted)[fold] != one.predict_points(p.X)[fold]).any()


def test_scoring_changes_nothing_that_was_fitted(model, applicants):
    before = (model.preparation_, model.calibration_, model.booster_.model_to_string())
    shifted = applicants.X.assign(energy_intensity=applicants.X["energy_intensity"] * 100.0)
    assert (model.predict_points(shifted) != model.predict_points(applicants.X)).any()
    assert (model.preparation_, model.calibration_, model.booster_.model_to_string()) == before


def test_without_days_and_firms_the_split_is_still_the_same_in_any_order(portfolio, new_model):
    order = np.random.default_rng(4).permutation(len(portfolio.y))
    one = new_model(n_estimators=10).fit(portfolio.X, portfolio.y)
    two = new_model(n_estimators=10).fit(portfolio.X.iloc[order], portfolio.y[order])
    assert one.calibration_ == two.calibration_
    assert one.split_counts_["calibration"] == pytest.approx(450, abs=1)


def test_monotone_constraints_are_the_directions_of_the_catalogue(model):
    line = next(
        row for row in model.booster_.model_to_string().split("\n") if row.startswith("monotone_constraints=")
    )
    signs = [int(sign) for sign in line.split("=")[1].split()]
    assert signs == [-CATALOGUE[name].direction for name in model.booster_.feature_name()]


def test_it_follows_the_conventions_of_scikit_learn(model, applicants):
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        twin.predict_points(applicants.X)
    assert model.classes_.tolist() == [0, 1]
    assert model.n_features_in_ == len(model.feature_names_in_)
    proba = model.predict_proba(applicants.X)
    assert proba.shape == (600, 2)
    assert proba.sum(axis=1) == pytest.approx(np.ones(600))
    assert (model.predict(applicants.X) == (proba[:, 1] > 0.5)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"missing": "zero"}, "The missing parameter of GreenCreditModel must be one of worst, learned"),
        ({"max_depth": 0}, "The max_depth parameter of GreenCreditModel must be from 1 to 16. Got 0"),
        ({"learning_rate": 2.0}, "The learning_rate parameter"),
        ({"calibration_share": 0.9}, "The calibration_share parameter"),
    ],
)
def test_parameters_are_checked_when_fitting(options, message, portfolio, new_model):
    with pytest.raises(ModelError, match=message):
        new_model(**options).fit(portfolio.X, portfolio.y)


def test_labels_and_lengths_are_checked(portfolio, new_model):
    with pytest.raises(ModelError, match="Only binary classification is supported"):
        new_model().fit(portfolio.X, np.arange(len(portfolio.y)) % 3)
    with pytest.raises(ModelError, match="y contains NaN"):
        new_model().fit(portfolio.X, np.where(portfolio.y == 1, np.nan, 0.0))
    with pytest.raises(ModelError, match="must be 0"):
        new_model().fit(portfolio.X, np.zeros(len(portfolio.y)))
    with pytest.raises(ModelError, match=r"firm_id must have shape \(3000,\)"):
        new_model().fit(portfolio.X, portfolio.y, firm_id=["a"])
    with pytest.raises(ModelError, match="no indicator that the model may use"):
        new_model().fit(portfolio.X[["electrification"]], portfolio.y)


def test_a_model_that_ranks_the_latest_the_wrong_way_round_is_refused(portfolio, new_model):
    p = portfolio
    risk = np.nan_to_num(p.X["leverage"].to_numpy(), nan=9.0)
    late = p.as_of >= np.sort(p.as_of)[int(0.85 * len(p.y))]
    noisy = risk + np.random.default_rng(1).normal(size=len(risk))
    y = np.where(late, noisy < np.median(risk), noisy > np.median(risk)).astype(float)
    with pytest.raises(ModelError, match="slope b must be positive"):
        new_model(n_estimators=20).fit(p.X, y, as_of=p.as_of, firm_id=p.firm_id)


def test_unseen_categories_and_an_all_missing_row_are_scored(model, applicants):
    row = applicants.X.iloc[[0]].copy()
    row["industry_division"] = "unheard of"
    assert model.notes(row)["status"].tolist()[-1] == "unseen_category"
    nothing = pd.DataFrame(
        {name: [None if CATALOGUE[name].is_category else np.nan] for name in applicants.X.columns}
    )
    assert np.isfinite([model.predict_points(row)[0], model.predict_points(nothing)[0]]).all()
