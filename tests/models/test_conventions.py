"""What scikit-learn's tools and users may expect of the estimator itself."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from features.errors import InputError
from models import store
from models.estimator import GreenCreditModel
from models.sums import sums_by_family, sums_by_pillar

# The checks fit on a few dozen rows: every leaf may hold one, and none is put aside to calibrate.
FEW_ROWS = {
    "n_estimators": 30,
    "learning_rate": 0.3,
    "min_child_samples": 1,
    "reg_lambda": 0.0,
    "colsample": 1.0,
    "calibration_share": 0.0,
    "n_jobs": 1,
}


@parametrize_with_checks([GreenCreditModel(**FEW_ROWS)])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def make_arrays(rows=800, seed=3):
    """Three numbers, of which the first is better high and the second better low, and a category in the last column."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=(rows, 3)), rng.integers(0, 4, rows)])  # noqa: N806
    log_odds = -1.2 * X[:, 0] + 1.0 * X[:, 1] + 0.8 * (X[:, 3] == 2) - 1.5
    y = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)
    X[rng.random(rows) < 0.1, 0] = np.nan
    return X, y


ROLES = {"directions": (1, -1, 0, 0), "categories": (3,)}


@pytest.fixture(scope="module")
def arrays():
    return make_arrays()


@pytest.fixture(scope="module")
def fitted(arrays, new_model):
    return new_model(sections=None, relative={"x0_to_peers": ("x0", "x3")}, **ROLES).fit(*arrays)


def test_a_bare_array_has_directions_categories_and_peers_by_position(fitted, arrays):
    X, _ = arrays  # noqa: N806
    assert fitted.preparation_.inputs == ("x0", "x1", "x2", "x3")
    assert fitted.preparation_.features == ("x0", "x1", "x2", "x3", "x0_to_peers")
    assert dict(fitted.preparation_.roles.directions) == {
        "x0": 1,
        "x1": -1,
        "x2": 0,
        "x3": 0,
        "x0_to_peers": 1,
    }
    assert fitted.preparation_.vocabulary == {"x3": ("0", "1", "2", "3")}
    better, silent = X[:100].copy(), X[:100].copy()
    better[:, 0] += 1.0
    better[:, 1] -= 1.0
    silent[:, 1] = np.nan
    points = fitted.predict_points(X[:100])
    assert (fitted.predict_points(better) >= points)[~np.isnan(X[:100, 0])].all()
    assert (fitted.predict_points(silent) <= points).all()
    assert not hasattr(fitted, "feature_names_in_")


def test_medians_of_a_bare_array_are_those_of_its_groups(fitted, arrays):
    X, _ = arrays  # noqa: N806
    data = fitted.explain(X).data
    peers = fitted.preparation_.peers["x0_to_peers"]
    for row in range(0, 100, 7):
        median = peers.level(f"{X[row, 3]:g}")[1]
        expected = np.nan if median is None else X[row, 0] / median
        assert data["x0_to_peers"].iloc[row] == pytest.approx(expected, nan_ok=True)


def test_plain_columns_add_up_in_a_family_of_their_own(fitted, arrays, model, applicants):
    found = fitted.explain(arrays[0][:50])
    for sums in (found.by_family(), found.by_pillar()):
        assert sums.columns[-1] == "other"
        assert found.base + sums.sum(axis=1).to_numpy() == pytest.approx(found.points, abs=1e-9)
        assert (sums["other"] != 0.0).any()
        assert (sums.drop(columns="other") == 0.0).all(axis=None)
    assert (found.esg_part() == 0.0).all()
    values = model.explain(applicants.X.iloc[:3]).values
    assert "other" not in sums_by_family(values).columns
    assert "other" not in sums_by_pillar(values).columns


def test_a_plain_array_model_is_stored_and_loaded(fitted, arrays, tmp_path):
    store.save(fitted, tmp_path / "one")
    again = store.load(tmp_path / "one")
    assert (again.predict_points(arrays[0]) == fitted.predict_points(arrays[0])).all()
    assert again.preparation_ == fitted.preparation_
    store.save(again, tmp_path / "two")
    for name in (store.BOOSTER, store.PARAMETERS):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_pandas_polars_and_numpy_give_the_same_bits(arrays, new_model):
    X, y = arrays  # noqa: N806
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    frame["d"] = [f"{value:g}" for value in X[:, 3]]
    roles = {"directions": {"a": 1, "b": -1}, "categories": ["d"], "sections": None, "n_estimators": 20}
    by_pandas = new_model(**roles).fit(frame, y)
    by_polars = new_model(**roles).fit(pl.from_pandas(frame), y)
    by_numpy = new_model(**(roles | ROLES)).fit(X, y)
    expected = by_pandas.predict_points(frame)
    for found in (
        by_pandas.predict_points(pl.from_pandas(frame)),
        by_polars.predict_points(frame),
        by_polars.predict_points(pl.from_pandas(frame)[:, ::-1]),
        by_numpy.predict_points(X),
    ):
        assert (found == expected).all()
    categorical = pl.from_pandas(frame).with_columns(pl.col("d").cast(pl.Categorical))
    assert (by_pandas.predict_points(categorical) == expected).all()


def test_catalogue_indicators_in_polars_give_the_same_bits(model, applicants):
    found = model.explain(pl.from_pandas(applicants.X))
    expected = model.explain(applicants.X.reset_index(drop=True))
    assert (found.points == expected.points).all()
    assert found.data.equals(expected.data)


@pytest.mark.parametrize("rows", [1, 5, 16, 17, 60])
def test_few_rows_are_read_as_many_are(model, applicants, rows):
    part = model.preparation_.read(applicants.X.iloc[:rows])
    whole = model.preparation_.read(applicants.X)
    assert np.array_equal(part.block, whole.block[:rows], equal_nan=True)
    assert {name: texts.tolist() for name, texts in part.texts.items()} == {
        name: texts[:rows].tolist() for name, texts in whole.texts.items()
    }


def test_it_works_in_a_pipeline_with_cross_validation_and_calibration(arrays, new_model):
    X, y = arrays[0][:, :3], arrays[1]  # noqa: N806
    plain = new_model(sections=None, n_estimators=15, directions=(1, -1, 0))
    pipeline = make_pipeline(StandardScaler(), plain)
    scores = cross_validate(pipeline, X, y, cv=3, scoring=["roc_auc", "neg_brier_score"])
    assert scores["test_roc_auc"].mean() > 0.7
    calibrated = CalibratedClassifierCV(
        clone(plain).set_params(calibration_share=0.0), method="isotonic", cv=3
    ).fit(X, y)
    probability = calibrated.predict_proba(X)
    assert probability.shape == (len(y), 2)
    assert probability[:, 1].mean() == pytest.approx(y.mean(), abs=0.03)


def test_cross_validation_hands_on_firms_and_days(portfolio, new_model):
    p = portfolio
    found = cross_validate(
        new_model(n_estimators=10),
        p.X,
        p.y,
        groups=p.firm_id,
        cv=GroupKFold(2),
        params={"as_of": p.as_of, "firm_id": p.firm_id},
        scoring="roc_auc",
        return_estimator=True,
    )
    assert found["test_score"].min() > 0.6
    assert all(one.split_counts_["left_out"] > 0 for one in found["estimator"])


def test_without_a_calibration_slice_the_raw_score_is_the_log_odds(arrays, new_model):
    X, y = arrays  # noqa: N806
    found = new_model(sections=None, calibration_share=0.0, **ROLES).fit(X, y)
    assert (found.calibration_.a, found.calibration_.b) == (0.0, 1.0)
    assert found.split_counts_ == {"boosting": len(y), "calibration": 0, "left_out": 0}
    raw = found.booster_.predict(found.preparation_.matrix(X), raw_score=True)
    assert found.decision_function(X) == pytest.approx(raw, abs=1e-9)


def test_two_labels_of_any_kind_and_the_greater_is_bad(arrays, new_model):
    X, y = arrays  # noqa: N806
    one = new_model(sections=None, n_estimators=5, **ROLES).fit(X, y)
    two = clone(one).fit(X, np.array(["good or so", "will default"], dtype=object)[y])
    assert two.classes_.tolist() == ["good or so", "will default"]
    assert (two.decision_function(X) == one.decision_function(X)).all()
    assert ((two.predict(X) == "will default") == (one.predict(X) == 1)).all()


def test_a_pickled_copy_scores_alike(fitted, arrays):
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301  (its own bytes)
    assert (again.predict_points(arrays[0]) == fitted.predict_points(arrays[0])).all()


def test_an_array_is_no_answer_where_columns_had_names_and_the_other_way_round(
    model, applicants, fitted, arrays
):
    numbers = np.zeros((1, len(model.preparation_.inputs)))
    with pytest.raises(InputError, match="trained on a frame with column names"):
        model.predict_points(numbers)
    with pytest.raises(InputError, match="lacks columns that the model was trained with: x0, x1, x2, x3"):
        fitted.predict_points(applicants.X)
    with pytest.raises(InputError, match="X has 3 features, but GreenCreditModel is expecting 4 features"):
        fitted.predict_points(arrays[0][:, :3])
    assert (
        fitted.predict_points(pd.DataFrame(arrays[0])) == fitted.predict_points(arrays[0])
    ).all()  # labels 0, 1, ... are no names


def test_columns_of_other_types_are_refused_by_name(model, applicants):
    wrong = applicants.X.assign(leverage="high")
    for table in (wrong, wrong.iloc[:3], pl.from_pandas(wrong)):
        with pytest.raises(InputError, match="leverage must be numbers and holds str"):
            model.predict_points(table)
    wrong = applicants.X.assign(industry_division=25)
    for table in (wrong, wrong.iloc[:3], pl.from_pandas(wrong)):
        with pytest.raises(InputError, match="industry_division must be texts and holds int"):
            model.predict_points(table)
    infinite = applicants.X.iloc[:3].assign(leverage=[1.0, 2.0, -np.inf])
    with pytest.raises(
        InputError, match=r"leverage is infinite in 1 of 3 rows\. Where: column leverage, first in row 2"
    ):
        model.predict_points(infinite)


def test_huge_finite_values_are_not_taken_for_infinite_ones(model, applicants):
    rows = applicants.X.iloc[:3].assign(leverage=1.7e308)
    assert np.isfinite(model.predict_points(rows)).all()
