from __future__ import annotations

import json

import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.bootstrap import FirmBootstrap
from models.evaluation_refits import LabelledRows, Refits, one_row_per_firm
from models.evaluation_report import evaluation_report
from models.withholding import withholding_gain


def rows_of(portfolio):
    return LabelledRows(
        table=portfolio.X, bad=portfolio.y, as_of=portfolio.as_of, firm=portfolio.firm_id.astype(str)
    )


@pytest.fixture(scope="module")
def report(model, portfolio, applicants):
    return evaluation_report(
        model,
        early=rows_of(portfolio),
        holdout=rows_of(applicants),
        seed=0,
        ceilings={"visible": 0.9, "nothing": 0.5},
        replicates=40,
    )


def naive_gains(model, table):
    """Largest gain of each firm when one fact with a direction is taken away, fact by fact."""
    before = model.predict_points(table)
    best = np.zeros(len(table))
    for name in model.preparation_.inputs:
        if CATALOGUE[name].better in {"higher", "lower"}:
            after = model.predict_points(table.assign(**{name: np.nan}))
            best = np.maximum(best, after - before)
    return best


def test_silence_pays_under_the_learned_rule_only(model, new_model, portfolio, applicants):
    worst = withholding_gain(model, applicants.X)
    assert worst.share_of_firms == worst.largest_points == 0.0
    assert worst.by_indicator == {}
    p = portfolio
    learned = new_model(missing="learned").fit(p.X, p.y, as_of=p.as_of, firm_id=p.firm_id)
    found, naive = withholding_gain(learned, applicants.X), naive_gains(learned, applicants.X)
    assert found.share_of_firms == pytest.approx((naive > 1e-9).mean())
    assert found.largest_points == pytest.approx(naive.max())
    assert found.largest_points == max(found.by_indicator.values()) > 0.5
    directed = [name for name in learned.preparation_.inputs if CATALOGUE[name].direction]
    assert found.deletions == applicants.X[directed].notna().sum().sum()


def test_the_document_is_json_and_holds_every_section(report):
    content = json.loads(json.dumps(report.content, allow_nan=False))
    assert set(content["segments"]) == {"sector", "section", "region", "size", "year"}
    for segments in content["segments"].values():
        assert sum(entry["applications"] for entry in segments) == 600
    assert content["monotonicity"]["proven"]
    assert content["withholding"]["share_of_firms"] == 0.0
    assert content["holdout"]["auc"]["low"] < content["holdout"]["auc"]["value"]
    assert len(content["size_at_equal_risk"]) == 3
    way = content["ceilings"]["visible"]["share_of_the_way"]
    assert way["value"] == pytest.approx((content["holdout"]["auc"]["value"] - 0.5) / 0.4)
    assert content["ceilings"]["nothing"]["share_of_the_way"]["value"] is None


def test_context_and_esg_are_refits_on_their_own_columns(report, model, portfolio, applicants):
    blocks = report.content["blocks"]
    inputs = model.preparation_.inputs
    context = [name for name in inputs if CATALOGUE[name].pillar == "context"]
    assert blocks["context_only"]["indicators"] == len(context)
    assert blocks["esg_only"]["indicators"] == len(inputs) - len(context)
    p = portfolio
    again = type(model)(**model.get_params(deep=False)).fit(
        p.X[context], p.y, as_of=p.as_of, firm_id=p.firm_id
    )
    risk = again.predict_proba(applicants.X)[:, 1]
    bad, good = risk[applicants.y == 1], risk[applicants.y == 0]
    auc = ((bad[:, None] > good).mean() + 0.5 * (bad[:, None] == good).mean()).item()
    assert blocks["context_only"]["auc"]["value"] == pytest.approx(auc)
    gain = blocks["context_only"]["gain"]["auc"]
    assert gain["value"] == pytest.approx(blocks["all"]["auc"]["value"] - auc)
    assert gain["low"] <= gain["value"] <= gain["high"]
    assert not blocks["sampled"]


def test_both_missing_rules_are_judged(report):
    rules = report.content["missing_rules"]
    assert rules["worst"]["withholding"]["share_of_firms"] == 0.0
    assert rules["learned"]["withholding"]["share_of_firms"] > 0.2
    assert rules["difference"]["auc"]["value"] == pytest.approx(
        rules["worst"]["auc"]["value"] - rules["learned"]["auc"]["value"]
    )


def test_challengers_are_judged_on_the_same_holdout(report):
    challengers = report.content["challengers"]
    assert challengers["model"]["auc"] == report.content["holdout"]["auc"]
    for name in ("logistic_scorecard", "explainable_boosting"):
        auc, less = challengers[name]["auc"]["value"], challengers[name]["model_less_challenger"]["auc"]
        assert auc > 0.6
        assert less["value"] == pytest.approx(challengers["model"]["auc"]["value"] - auc)
        assert report.metrics()[f"auc_less_{name}_low"] == less["low"]


def test_the_metrics_are_the_documents_figures(report):
    metrics, content = report.metrics(), report.content
    assert metrics["calibration_slope_low"] == content["holdout"]["calibration_slope"]["low"]
    assert metrics["auc_gain_over_context_only"] == content["blocks"]["context_only"]["gain"]["auc"]["value"]
    assert metrics["withholding_largest_points_learned"] > 0.0
    assert metrics["monotonicity_violations"] == 0.0
    assert metrics["lift_10"] == content["lift"][1]["lift"]["value"]
    assert all(isinstance(value, float) and np.isfinite(value) for value in metrics.values())


def test_without_refits_they_are_left_out(model, portfolio, applicants):
    found = evaluation_report(
        model, early=rows_of(portfolio), holdout=rows_of(applicants), seed=0, refits=False, replicates=5
    )
    assert found.content["blocks"] is None
    assert found.content["missing_rules"] is None
    assert found.content["challengers"] is None
    assert not [name for name in found.metrics() if "context" in name or "learned" in name]


def test_many_training_rows_are_sampled_by_firm_and_the_model_itself_with_them(model, portfolio, applicants):
    early, holdout = rows_of(portfolio), rows_of(applicants)
    sample = early.sample(1_000)
    assert 900 < len(sample.bad) <= 1_000
    left = ~np.isin(early.firm, sample.firm)
    assert len(sample.bad) + left.sum() == len(early.bad)
    assert early.sample(3_000) is early
    draws = FirmBootstrap.of(holdout.firm, seed=0, replicates=5)
    refits = Refits(model, early=early, holdout=holdout, draws=draws, most_rows=2_000)
    blocks = refits.blocks()
    assert blocks["sampled"]
    own = evaluation_report(model, early=early, holdout=holdout, seed=0, refits=False, replicates=5)
    assert blocks["all"]["auc"]["value"] != own.content["holdout"]["auc"]["value"]


def test_a_refit_that_gives_no_model_says_why(model, portfolio, applicants):
    few = rows_of(portfolio).take(np.arange(3_000) < 60)
    draws = FirmBootstrap.of(applicants.firm_id.astype(str), seed=0, replicates=5)
    blocks = Refits(model, early=few, holdout=rows_of(applicants), draws=draws).blocks()
    assert blocks["context_only"]["figures"] is None
    assert blocks["context_only"]["why"]


def test_one_row_of_each_firm_is_taken(applicants):
    rows = rows_of(applicants)
    chosen = one_row_per_firm(rows, most=50)
    firms = rows.firm[chosen.index.to_numpy()]
    assert len(set(firms)) == len(chosen) == 50
