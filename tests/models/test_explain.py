from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from features.catalogue import CATALOGUE, FAMILIES
from features.errors import ExactnessError
from models.explain import TOLERANCE, _sample


def test_base_and_contributions_are_the_score_on_every_row(model, applicants):
    found = model.explain(applicants.X)
    for row, points in zip(found.values.to_numpy(), model.predict_points(applicants.X), strict=True):
        assert abs(found.base + math.fsum(row) - points) <= TOLERANCE
    assert (found.points == model.predict_points(applicants.X)).all()
    assert found.additivity_gap <= TOLERANCE
    assert found.booster_gap <= TOLERANCE
    assert found.sampled_rows == 600


def test_sums_by_family_and_pillar_add_up(model, applicants):
    found = model.explain(applicants.X.iloc[:50])
    families, pillars = found.by_family(), found.by_pillar()
    assert tuple(families) == tuple(FAMILIES)
    for k in range(50):
        row = found.values.iloc[k]
        for family in FAMILIES:
            members = [row[name] for name in row.index if CATALOGUE[name].family == family]
            assert families[family].iloc[k] == pytest.approx(math.fsum(members), abs=1e-10)
        assert found.base + pillars.iloc[k].sum() == pytest.approx(found.points[k], abs=1e-9)
        esg = pillars.iloc[k][["E", "S", "G"]].sum()
        assert found.esg_part()[k] == pytest.approx(esg, abs=1e-10)
        assert found.esg_part()[k] == pytest.approx(
            found.points[k] - found.base - pillars["context"].iloc[k], abs=1e-9
        )


def test_values_stand_beside_their_contributions(model, applicants):
    found = model.explain(applicants.X.iloc[:20])
    assert list(found.data.columns) == list(found.values.columns) == list(model.preparation_.features)
    assert found.data["coal_share"].equals(applicants.X["coal_share"].iloc[:20])
    known = found.data["energy_vs_sector"].notna()
    given = applicants.X.iloc[:20][["energy_intensity", "industry_division"]].notna().all(axis=1)
    assert (known == given).all()


def test_no_rows_give_no_contributions(model, applicants):
    found = model.explain(applicants.X.iloc[:0])
    assert found.values.shape == (0, len(model.preparation_.features))
    assert len(found.esg_part()) == 0


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier with TreeExplainer:UserWarning")
def test_shap_agrees_and_takes_the_explanation(model, applicants):
    rows = applicants.X.iloc[:40]
    found = model.explain(rows)
    explanation = found.to_shap()  # imports shap, whose import warns
    import shap  # noqa: PLC0415

    oracle = shap.TreeExplainer(model.booster_).shap_values(model.preparation_.matrix(rows))
    factor = -model.calibration_.b * model.points_scale.factor
    assert np.abs(oracle * factor - found.values.to_numpy()).max() < TOLERANCE
    assert explanation.shape == found.values.shape
    assert explanation.base_values[0] == found.base
    assert explanation.feature_names == list(found.values.columns)


def naive_expectation(node, row, known):
    """Expected leaf value where only the features in ``known`` are: cover-weighted at the others."""
    if "leaf_value" in node:
        return node["leaf_value"]
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        x = row[node["split_feature"]]
        if node["decision_type"] == "==":
            goes_left = not math.isnan(x) and str(int(x)) in node["threshold"].split("||")
        else:
            goes_left = node["default_left"] if math.isnan(x) else x <= node["threshold"]
        return naive_expectation(left if goes_left else right, row, known)
    covers = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    total = sum(covers)
    return sum(
        naive_expectation(child, row, known) * cover / total
        for child, cover in zip((left, right), covers, strict=True)
    )


def test_contributions_are_shapley_values_over_all_subsets(portfolio, new_model):
    names = ["coal_share", "leverage", "interest_cover", "firm_age", "industry_division"]
    p = portfolio
    model = new_model(n_estimators=8, max_depth=3, colsample=1.0).fit(p.X[names], p.y, as_of=p.as_of)
    rows = p.X[names].iloc[:6]
    matrix = model.preparation_.matrix(rows)
    trees = [tree["tree_structure"] for tree in model.booster_.dump_model()["tree_info"]]
    width = len(names)
    found = model.explain(rows)
    factor = -model.calibration_.b * model.points_scale.factor

    def expectation(row, known):
        return math.fsum(naive_expectation(tree, row, known) for tree in trees)

    for k, row in enumerate(matrix):
        for feature in range(width):
            others = [other for other in range(width) if other != feature]
            shapley = 0.0
            for size in range(width):
                weight = math.factorial(size) * math.factorial(width - size - 1) / math.factorial(width)
                for known in itertools.combinations(others, size):
                    shapley += weight * (expectation(row, {*known, feature}) - expectation(row, set(known)))
            assert found.values.iloc[k, feature] == pytest.approx(shapley * factor, abs=1e-9)
    log_odds = model.calibration_.a + model.calibration_.b * expectation(matrix[0], set())
    assert found.base == pytest.approx(model.points_scale.of_log_odds(np.array([log_odds]))[0], abs=1e-9)


@pytest.mark.parametrize(("rows", "size"), [(10, 10), (1_500, 1_000), (250_000, 2_500), (1_200_000, 10_000)])
def test_the_sample_is_one_percent_within_bounds_and_independent_of_order(rows, size):
    matrix = np.arange(rows, dtype=float)[:, None]
    kept = _sample(matrix)
    assert len(kept) == size
    order = np.random.default_rng(0).permutation(rows)
    assert set(matrix[order][_sample(matrix[order])][:, 0]) == set(matrix[kept][:, 0])


def test_a_booster_that_is_not_its_leaf_table_is_refused_with_the_gap(portfolio, applicants, new_model):
    p = portfolio
    broken = new_model(n_estimators=5).fit(p.X, p.y, as_of=p.as_of)
    first = broken.leaves_[0]
    broken.leaves_ = ((first[0] + 0.25, *first[1:]), *broken.leaves_[1:])
    gap = 0.25 * broken.calibration_.b * broken.points_scale.factor
    with pytest.raises(ExactnessError, match=f"the gap is {gap:.6g} points"):
        broken.explain(applicants.X)


def test_a_base_that_is_not_the_boosters_is_refused_with_the_gap(portfolio, applicants, new_model):
    p = portfolio
    broken = new_model(n_estimators=5).fit(p.X, p.y, as_of=p.as_of)
    broken.base_ += 1e-6
    gap = 1e-6 * broken.calibration_.b * broken.points_scale.factor
    with pytest.raises(
        ExactnessError, match="Base plus contributions is not the score: the gap is "
    ) as caught:
        broken.explain(applicants.X)
    assert float(str(caught.value).split("the gap is ")[1].split()[0]) == pytest.approx(gap, rel=1e-4)
