from __future__ import annotations

import copy

import numpy as np
import pytest

from features.errors import ModelError
from models.card_text import FIGURES, limits
from models.faithfulness import ASKED, Faithfulness
from models.reasons import KINDS
from models.sectors import GROUP
from models.told_reasons import BASES, Explained, faithfulness_metrics, told_reasons
from models.typical import TypicalFirms
from models.whole_points import whole_parts


@pytest.fixture(scope="module")
def explained(model, applicants):
    return model.explain(applicants.X)


def tell_reasons(model, explained, table, **numbers):
    options = {"most_up": 4, "most_down": 4, "minimum_points": 1} | numbers
    known = Explained.of(explained, categories=model.preparation_.roles.categories)
    typical = TypicalFirms.of(model, known.divisions, rows=len(known.points))
    return told_reasons(model, known, typical=typical, matrix=model.preparation_.matrix(table), **options)


@pytest.fixture(scope="module")
def told(model, explained, applicants):
    return tell_reasons(model, explained, applicants.X)


def shown(points):
    return np.array([int(np.floor(abs(one) + 0.5) * np.sign(one)) for one in points])


def test_base_and_reasons_are_the_score_and_whole_points_the_score_as_shown(told, explained):
    reasons = told.reasons
    assert np.abs(reasons.base + reasons.points.sum(axis=1) - explained.points).max() < 1e-9
    assert (told.whole_base + told.whole.sum(axis=1) == shown(explained.points)).all()
    exact = np.column_stack([reasons.base, reasons.points])
    assert np.abs(np.column_stack([told.whole_base, told.whole]) - exact).max() < 1.0
    assert told.against == BASES[0]


def test_every_printed_reason_moves_the_score_the_stated_way_when_its_inputs_are_typical(
    model, told, explained, applicants
):
    """The naive twin: one applicant, one reason, its inputs set by name in the table, scored from the beginning."""
    features = model.preparation_.features
    relative = model.preparation_.roles.relative
    checked = dict.fromkeys(KINDS, 0)
    for row in range(0, len(applicants.X), 12):
        division = explained.data[GROUP].iloc[row]
        division = division if isinstance(division, str) else None
        for place in np.flatnonzero(told.printed[row]):
            applicant = applicants.X.iloc[[row]].copy()
            part = [features[k] for k in np.flatnonzero(told.reasons.part[row] == place)]
            if any(name in relative and relative[name][0] not in part for name in part):
                continue  # the sector is missing, so the ratio cannot be set in a table
            for name in part:
                if name in relative:
                    continue  # follows from its base
                if name == GROUP:
                    if division is None:
                        own = model.distributions_.shares(None, name)[1]
                        applicant[name] = max(sorted(own), key=own.get)
                elif name in model.preparation_.vocabulary:
                    own = model.distributions_.shares(division, name)[1]
                    applicant[name] = max(sorted(own), key=own.get)
                else:
                    applicant[name] = model.distributions_.of(division, name)[1][4]
            if division is None and "industry_division" in part:
                continue  # the twin would compute ratios to the new sector as well
            again = float(model.predict_points(applicant)[0])
            assert again == pytest.approx(told.rescored[row, place], abs=1e-9)
            up = told.reasons.points[row, place] > 0
            assert (again < explained.points[row]) if up else (again > explained.points[row])
            checked[told.reasons.names[place][1]] += 1
    assert min(checked.values()) > 20


def test_what_is_printed_is_within_the_numbers_and_the_largest_that_pass(told, explained):
    points = told.reasons.points
    moves = (explained.points[:, None] - told.rescored) * np.sign(points) > 1e-9
    passes = moves & told.reasons.coherent & (np.abs(told.whole) >= 1)
    for row in range(len(points)):
        for sign in (1, -1):
            own = [p for p in range(points.shape[1]) if passes[row, p] and np.sign(points[row, p]) == sign]
            best = sorted(own, key=lambda p: (-abs(points[row, p]), p))[:4]
            printed = np.flatnonzero(told.printed[row] & (np.sign(points[row]) == sign))
            assert set(printed) == set(best)


def test_the_rate_counts_what_would_be_told_without_the_test(told, explained):
    points = told.reasons.points
    counted = passed = 0
    for row in range(len(points)):
        for sign in (1, -1):
            own = [
                p
                for p in range(points.shape[1])
                if np.sign(points[row, p]) == sign
                and abs(told.whole[row, p]) >= 1
                and told.reasons.coherent[row, p]
            ]
            best = sorted(own, key=lambda p: (-abs(points[row, p]), p))[:4]
            counted += len(best)
            passed += sum(sign * (explained.points[row] - told.rescored[row, p]) > 1e-9 for p in best)
    found = told.faithfulness
    assert (found.told, found.passed) == (counted, passed)
    assert told.failed.sum() == counted - passed
    assert 0 < passed < counted


def test_fewer_are_told_where_the_policy_says_so(model, explained, applicants):
    few = tell_reasons(model, explained, applicants.X, most_up=1, most_down=2, minimum_points=3)
    up = few.printed & (few.reasons.points > 0)
    down = few.printed & (few.reasons.points < 0)
    assert up.sum(axis=1).max() == 1
    assert down.sum(axis=1).max() == 2
    assert np.abs(few.whole[few.printed]).min() >= 3
    none = tell_reasons(model, explained, applicants.X, most_up=0, most_down=0)
    assert not none.printed.any()
    assert none.faithfulness.rate is None


@pytest.mark.parametrize("means", [True, False])
def test_a_model_without_distributions_tells_by_size_and_scores_nothing_again(
    model, explained, applicants, means
):
    old = copy.copy(model)
    old.distributions_ = None
    if not means:
        old.sectors_ = None
    found = tell_reasons(old, explained, applicants.X)
    assert found.against == ("sector_mean" if means else "portfolio")
    assert found.faithfulness is None
    assert np.isnan(found.rescored).all()
    assert not found.failed.any()
    points = found.reasons.points
    assert np.abs(found.reasons.base + points.sum(axis=1) - explained.points).max() < 1e-9
    if means:
        assert found.reasons.base == pytest.approx(explained.against_sector().base, abs=1e-9)
    else:
        assert (found.reasons.base == explained.base).all()
    assert (found.printed == ((np.abs(found.whole) >= 1) & (found.rank <= 4) & (points != 0.0))).all()


def test_a_reason_that_moves_nothing_is_not_printed(model, explained, applicants, told, monkeypatch):
    def unmoved(_model, _matrix, reasons, _typical, asked):
        return np.where(asked, (reasons.base + reasons.points.sum(axis=1))[:, None], np.nan)

    monkeypatch.setattr("models.told_reasons.rescore", unmoved)
    found = tell_reasons(model, explained, applicants.X)
    assert not found.printed.any()
    assert found.faithfulness.passed == 0
    assert found.failed.sum() == found.faithfulness.told == told.faithfulness.told


def test_without_interactions_taking_a_reason_away_takes_exactly_its_points(portfolio, applicants, new_model):
    """No two indicators act together, so the re-score must be the score less the reason, to the last digit."""
    p = portfolio
    additive = new_model(interactions="additive").fit(p.X, p.y, as_of=p.as_of, firm_id=p.firm_id)
    explained = additive.explain(applicants.X)
    found = tell_reasons(additive, explained, applicants.X)
    asked = np.isfinite(found.rescored)
    assert asked.sum() > 2_000
    left = explained.points[:, None] - found.reasons.points
    assert np.abs((found.rescored - left)[asked]).max() < 1e-9
    assert found.faithfulness.rate == 1.0
    assert found.faithfulness.told > 2_000


def test_counts_add_up_and_say_what_was_asked():
    both = Faithfulness(told=3, passed=2, set_aside=1) + Faithfulness(told=1, passed=1, set_aside=0)
    assert both.as_dict() == {"told": 4, "passed": 3, "set_aside": 1, "rate": 0.75, "asked": ASKED}


def test_the_metric_is_the_rate_of_four_reasons_a_direction(model, explained, applicants, told):
    found = faithfulness_metrics(model, explained, applicants.X)
    assert found == {"faithful_reasons_share": told.faithfulness.rate}


@pytest.mark.parametrize(("rate", "named"), [(0.94, True), (0.96, False)])
def test_the_card_names_a_rate_below_what_is_asked(rate, named):
    metrics = {"bads": 300.0, "auc_low": 0.7, "auc_high": 0.8, "faithful_reasons_share": rate}
    told = limits(metrics=metrics, counts={}, missing="worst", label_origin="observed", stability_note="")
    assert any("Only 94.0 % of the reasons pass" in en and "94.0 %" in zh for en, zh in told) == named
    assert "faithful_reasons_share" in FIGURES


def test_whole_parts_refuse_a_total_that_is_not_their_sum():
    with pytest.raises(ModelError, match=r"sum to 3\.500 cannot be rounded to add up to 9"):
        whole_parts(np.array([[1.25, 2.25]]), totals=np.array([9]))


def test_whole_parts_add_up_and_stay_within_a_point():
    rng = np.random.default_rng(9)
    parts = rng.normal(scale=20, size=(500, 12))
    totals = np.floor(parts.sum(axis=1)).astype(np.int64) + rng.integers(0, 2, size=500)
    whole = whole_parts(parts, totals=totals)
    assert (whole.sum(axis=1) == totals).all()
    assert np.abs(whole - parts).max() < 1.0
