"""The model card says what the run says, in words that follow from its figures."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser

import pytest

from features.catalogue import CATALOGUE
from models.card import card_page, model_card
from models.card_text import FIGURES
from models.estimator import Provenance
from models.run_files import as_json

METRICS = {
    "auc": 0.71234,
    "auc_low": 0.66,
    "auc_high": 0.76,
    "gini": 0.42468,
    "brier": 0.021,
    "brier_constant": 0.024,
    "calibration_slope": 0.97,
    "applications": 800.0,
    "bads": 31.0,
    "gained_value": 0.25,
    "gained_low": 0.1,
    "gained_high": 0.4,
    "unheard_of": 3.0,
    "not_there": math.nan,
    "additivity_gap": 2.3e-13,
}
COUNTS = {"training": 2000, "holdout": 800, "declined": 70, "withdrawn": 5, "not_observed_to_the_end": 150}


class Balance(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def card_of(model, *, origin="observed", metrics=METRICS, note=""):
    model.provenance_ = Provenance(
        label_origin=origin, demonstration=False, training={"dataset_hash": "abc123", "holdout_share": 0.2}
    )
    return model_card(
        model,
        name="green-credit",
        version="7",
        run_id="r1",
        metrics=metrics,
        counts=COUNTS,
        stability_note=note,
    )


@pytest.fixture(scope="module")
def trained(model):
    """The session's model has provenance of its own; what is set here must not be seen elsewhere."""
    kept = model.provenance_
    yield model
    model.provenance_ = kept


def test_figures_stand_with_their_intervals_and_nothing_is_lost(trained):
    figures = {one["metric"]: one for one in card_of(trained)["figures"]}
    assert (figures["auc"]["value"], figures["auc"]["low"], figures["auc"]["high"]) == (0.71234, 0.66, 0.76)
    assert (figures["gained"]["value"], figures["gained"]["low"], figures["gained"]["high"]) == (
        0.25,
        0.1,
        0.4,
    )
    assert figures["gini"]["low"] is None
    assert set(figures) == {
        *(set(METRICS) - {"auc_low", "auc_high", "gained_value", "gained_low", "gained_high", "not_there"}),
        "gained",
    }
    named = [name for name in figures if name in FIGURES]
    assert named == [name for name in FIGURES if name in figures]
    assert list(figures)[: len(named)] == named


def test_directions_are_those_of_the_booster(trained):
    card = card_of(trained)
    text = trained.booster_.model_to_string()
    constraints = re.search(r"^monotone_constraints=(.*)$", text, re.MULTILINE)
    held = [int(sign) for sign in constraints[1].split()]
    # LightGBM constrains risk, the card tells which way the score goes.
    assert [one["direction"] for one in card["indicators"]] == [-sign for sign in held]
    assert [one["indicator"] for one in card["indicators"]] == list(trained.preparation_.features)
    for one in card["indicators"]:
        assert one["en"] == CATALOGUE[one["indicator"]].en
        assert one["missing_is_worst"] == (one["direction"] != 0)
    assert card["missing_rule"] == "worst"


def test_simulated_labels_are_said_plainly_in_both_files(trained):
    simulated, observed = card_of(trained, origin="simulated"), card_of(trained)
    assert simulated["labels"]["simulated"] is True
    assert simulated["limits"][0] == {name: simulated["labels"][name] for name in ("en", "zh")}
    assert "THE LABELS ARE SIMULATED" in card_page(simulated)
    assert observed["labels"]["simulated"] is False
    page = card_page(observed)
    assert "imulated" not in page.replace("simulated_ceiling", "")
    assert "observed outcomes of loans" in page


@pytest.mark.parametrize(
    ("metrics", "told"),
    [
        ({"auc_low": 0.47}, "better than chance is not shown"),
        ({"calibration_slope": 0.5}, "The calibration slope on the holdout is 0.50"),
        ({"calibration_slope": None}, "Calibration on the holdout could not be measured"),
        ({}, "The holdout has 31 defaults: the AUC is known to lie between 0.660 and 0.760"),
        ({}, "75 declined or withdrawn applications have no outcome and 150 were not observed"),
    ],
)
def test_limits_follow_from_the_figures(trained, metrics, told):
    changed = {name: value for name, value in {**METRICS, **metrics}.items() if value is not None}
    said = [one["en"] for one in card_of(trained, metrics=changed)["limits"]]
    assert any(told in one for one in said)
    if metrics:
        assert not any(told in one["en"] for one in card_of(trained)["limits"])


def test_silence_that_pays_and_unmeasured_reasons_are_limits(trained, portfolio, new_model):
    learned = new_model(missing="learned", n_estimators=5).fit(
        portfolio.X, portfolio.y, as_of=portfolio.as_of, firm_id=portfolio.firm_id
    )
    card = card_of(learned, note="It was not asked for.")
    said = " ".join(one["en"] for one in card["limits"])
    assert "can gain by handing in less" in said
    assert "It was not asked for." in said
    assert not any(one["missing_is_worst"] for one in card["indicators"])
    assert "withholding can pay" in card_page(card)
    assert "withholding it never pays" in card_page(card_of(trained))


def test_the_page_is_balanced_escaped_and_asks_nothing_of_the_outside(trained):
    card = card_of(trained)
    card["model"]["name"] = "<script>x</script>"
    page = card_page(card, pictures={"roc": '<svg xmlns="http://www.w3.org/2000/svg"><g></g></svg>'})
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert not [tag for tag, _ in parser.seen if tag in {"script", "link", "img"}]
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= {"http://www.w3.org/2000/svg"}
    for heading in ("Intended use <small>适用", "Limits <small>局限", "abc123", "0.660 to 0.760", "2.3e-13"):
        assert heading in page


def test_the_card_is_json_and_the_same_for_the_same_run(trained):
    one, two = as_json(card_of(trained)), as_json(card_of(trained))
    assert one == two
    assert json.loads(one)["data"]["dataset_hash"] == "abc123"
    assert json.loads(one)["data"]["rows"] == trained.split_counts_
