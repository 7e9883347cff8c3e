from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from scoring.contributions import contributions
from scoring.explain_text import explain_results
from scoring.policy.sections import ReasonRules
from scoring.reasons import batch_reasons, line_text, memo_lines


@pytest.fixture(scope="module")
def results(synthetic_results, small_model):
    explained, shown, _ = contributions(small_model, synthetic_results.indicators)
    told = batch_reasons(
        small_model,
        explained,
        shown,
        data_quality=synthetic_results.data_quality,
        rules=ReasonRules(most_up=2, most_down=2),
    )
    manifest = {**synthetic_results.manifest, "reasons": told.record}
    return replace(synthetic_results, reasons=told.table, manifest=manifest)


def test_lines_add_up_to_the_score_as_shown(results):
    with_rest = 0
    for name, shown in results.decisions.select("application_id", "points_shown").iter_rows():
        *parts, score = memo_lines(results, name)
        assert score.kind == "score"
        assert score.points == shown == sum(line.points for line in parts)
        assert parts[0].kind == "base"
        reasons = [line for line in parts if line.kind == "reason"]
        assert [line.points > 0 for line in reasons] == sorted(
            (line.points > 0 for line in reasons), reverse=True
        )
        assert len(reasons) <= 4
        with_rest += parts[-1].kind == "rest"
    assert with_rest > 200


def test_the_text_of_an_application_tells_them(results):
    name = results.reasons.filter("printed")["application_id"][0]
    text = explain_results(results, name)
    assert "Reasons, against the sector 主要原因（对照行业）" in text
    for line in memo_lines(results, name):
        assert line_text(line, "en") in text
        assert line_text(line, "zh") in text


def test_a_model_that_cannot_be_tested_says_so(results):
    record = {**results.manifest["reasons"], "faithfulness": None, "against": "portfolio"}
    untested = replace(results, manifest={**results.manifest, "reasons": record})
    text = explain_results(untested, results.decisions["application_id"][0])
    assert "No reason was scored again" in text
    assert "The reference applicant" in text


def test_results_of_an_earlier_release_have_no_reasons(results):
    old = replace(results, reasons=pl.DataFrame())
    name = results.decisions["application_id"][0]
    assert memo_lines(old, name) == []
    assert "主要原因" not in explain_results(old, name)
