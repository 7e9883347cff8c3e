from __future__ import annotations

import copy

import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.evaluation_refits import LabelledRows
from models.evaluation_report import EvaluationReport, evaluation_report
from scoring.validation_text import validation_lines


@pytest.fixture(scope="module")
def content(small_model, synthetic_results):
    """A report on the synthetic applicants, with labels that the score knows something about."""
    values = synthetic_results.indicators
    table = values.select(name for name in CATALOGUE if name in values.columns).to_pandas()
    log_odds = small_model.decision_function(table)
    bad = (np.random.default_rng(0).random(len(table)) < 1 / (1 + np.exp(-log_odds))).astype(float)
    rows = LabelledRows(
        table=table, bad=bad, as_of=values["as_of"].to_numpy(), firm=values["firm_id"].to_numpy()
    )
    report = evaluation_report(small_model, early=rows, holdout=rows, seed=0, refits=False, replicates=20)
    refits = {
        "blocks": {
            "context_only": part(0.7, gain=(0.05, 0.01, 0.09)),
            "esg_only": part(0.74, gain=(0.01, -0.02, 0.04)),
        },
        "missing_rules": {
            "worst": {"auc": interval(0.75), "withholding": silence(0.0, 0.0)},
            "learned": {"auc": interval(0.76), "withholding": silence(1.0, 21.94)},
        },
        "challengers": {
            "rows": 400,
            "sampled": False,
            "model": {"auc": interval(0.75)},
            "logistic_scorecard": {
                "auc": interval(0.73),
                "model_less_challenger": {"auc": interval(0.02, -0.01, 0.05)},
            },
        },
    }
    return {**report.content, **refits}


def interval(value, low=None, high=None):
    return {"value": value, "low": low, "high": high}


def part(auc, *, gain):
    return {"auc": interval(auc), "gain": {"auc": interval(*gain)}}


def silence(share, points):
    return {"firms": 300, "share_of_firms": share, "largest_points": points}


def test_the_headlines_are_told(content):
    told = "\n".join(validation_lines(EvaluationReport(content=content)))
    slope = content["holdout"]["calibration_slope"]
    assert f"{slope['value']:.2f}  95 % interval {slope['low']:.2f} to {slope['high']:.2f}" in told
    assert "lift, riskiest 10 %" in told
    assert "Monotone: proven for all" in told
    assert "AUC with context only 0.700; ESG adds 0.050 (0.010 to 0.090)." in told
    assert "(-0.020 to 0.040): these data do not show that context adds anything." in told
    assert "(worst): AUC 0.750; 0 % of 300 firms gain by handing in less, 0.0 points at most." in told
    assert "(learned): AUC 0.760; 100 % of 300 firms gain by handing in less, 21.9 points at most." in told
    assert "Challenger, logistic scorecard: AUC 0.730; model less challenger 0.020 (-0.010 to 0.050)." in told
    assert "too few bads for a figure: sector" in told


def test_what_was_not_measured_or_not_proven_is_told_as_that(content):
    bare = copy.deepcopy(content) | {"blocks": None, "missing_rules": None, "challengers": None}
    bare["monotonicity"] = {
        **bare["monotonicity"],
        "proven": False,
        "violations": [{"indicator": "coal_share", "tree": 1}],
    }
    bare["holdout"] = {**bare["holdout"], "calibration_slope": interval(None)}
    told = "\n".join(validation_lines(EvaluationReport(content=bare)))
    assert "not measured (--no-refits)" in told
    assert "NOT proven monotone: coal_share" in told
    assert "not known" in told
    why = {"figures": None, "why": "no bads"}
    failed = content | {
        "blocks": {"context_only": why, "esg_only": why},
        "missing_rules": {"worst": why, "learned": why},
    }
    told = "\n".join(validation_lines(EvaluationReport(content=failed)))
    assert told.count("no model came about: no bads") == 4
