"""The recorded ceilings belong to the simulation as it is, and keep its limits."""

from __future__ import annotations

import json

import pytest

from features.errors import ReferenceDataError
from features.simulate import LIMITS, ceilings, fingerprint, measured
from features.simulate.measured import sample


def value(figure):
    return figure["value"] if isinstance(figure, dict) else figure


def test_the_record_was_measured_under_these_assumptions():
    assert ceilings()["fingerprint"] == fingerprint()


def test_the_record_was_measured_with_this_code():
    assert ceilings()["sample"] == pytest.approx(sample(), abs=1e-9)


@pytest.mark.parametrize("name", LIMITS)
def test_limits_hold(name):
    low, high = LIMITS[name]
    assert low <= value(ceilings()[name]) <= high


def test_what_no_table_shows_stays_unexplained():
    # the stronger reading: what even the best model of the true log-odds leaves open
    assert ceilings()["unexplained_variance_share"] >= LIMITS["hidden_variance_share"][0]


def test_ceilings_are_in_order_and_have_intervals():
    found = ceilings()
    for name in ("true_auc", "visible_auc", "lightgbm_auc", "logistic_auc"):
        assert found[name]["low"] < found[name]["value"] < found[name]["high"]
    assert found["true_auc"]["value"] > found["visible_auc"]["value"] > found["logistic_auc"]["value"]
    assert found["logistic_gap"]["low"] > 0
    assert "not real borrowers" in found["what"]


def test_a_record_of_other_assumptions_is_refused(tmp_path, monkeypatch):
    other = tmp_path / "ceilings.json"
    monkeypatch.setattr(measured, "CEILINGS_FILE", other)
    with pytest.raises(ReferenceDataError, match="were not measured"):
        ceilings()
    other.write_text(json.dumps({"fingerprint": "0" * 64}), encoding="utf-8")
    with pytest.raises(ReferenceDataError, match="other assumptions"):
        ceilings()
