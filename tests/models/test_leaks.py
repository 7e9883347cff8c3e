from __future__ import annotations

import datetime as dt
import itertools
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ModelError
from models.leak_guards import LEAST, alone, examine, filled_for_bad, known_later, same_firm
from models.leaks import Finding, LeakBounds, Waiver, judge, load_bounds
from models.training import split_labelled, train

OPTIONS = {"n_estimators": 5, "learning_rate": 0.1, "min_child_samples": 20, "n_jobs": 1}
NUMBERS = ("coal_share", "leverage", "interest_cover")


@pytest.fixture(scope="module")
def clean(portfolio):
    ids = [f"a{k:05}" for k in range(len(portfolio.y))]
    values = pl.from_pandas(portfolio.X).with_columns(
        application_id=pl.Series(ids),
        firm_id=pl.Series(portfolio.firm_id.astype(str)),
        as_of=pl.Series(portfolio.as_of).cast(pl.Date),
    )
    labels = pl.DataFrame(
        {"application_id": ids, "bad": portfolio.y.astype(int), "reason": ["observed"] * len(ids)}
    )
    return values, labels


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("store")
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        yield folder


def trained(values, labels, **how):
    return train(
        values,
        labels,
        label_origin="observed",
        dataset_hash="0123",
        options=OPTIONS,
        stability=False,
        refits=False,
        **how,
    )


def plant_too_good(values, labels):
    noise = np.random.default_rng(0).normal(size=values.height) * 0.3
    return values.with_columns(interest_cover=pl.Series(noise - labels["bad"].to_numpy()))


def plant_too_good_category(values, labels):
    return values.with_columns(
        region_group=pl.when(labels["bad"] == 1).then(pl.lit("written off")).otherwise("region_group")
    )


def plant_filled_for_bad(values, labels):
    seen = (labels["bad"] == 1) & (pl.int_range(values.height, eager=True) % 2 == 0)
    return values.with_columns(coal_share=pl.when(seen).then(0.4))


def plant_missing_for_bad(values, labels):
    gone = (labels["bad"] == 1) & (pl.int_range(values.height, eager=True) % 2 == 0)
    return values.with_columns(coal_share=pl.when(gone).then(None).otherwise(pl.lit(0.4)))


def plant_later_fact(values, _labels):
    return values.with_columns(rated_on=pl.col("as_of").dt.offset_by("-3d")).with_columns(
        rated_on=pl.when(pl.col("application_id") == "a00007")
        .then(pl.col("as_of").dt.offset_by("40d"))
        .otherwise("rated_on")
    )


def plant_other_spelling(values, _labels):
    late = pl.col("as_of") > dt.date(2023, 10, 1)
    return values.with_columns(
        firm_id=pl.when(late).then(pl.col("firm_id").str.to_uppercase() + " ").otherwise("firm_id")
    )


def plant_twin(values, _labels):
    first = values.sort("as_of").head(1)
    last = values.sort("as_of")["application_id"][-1]
    numbers = [name for name, kind in values.schema.items() if kind == pl.Float64]
    return values.with_columns(
        pl.when(pl.col("application_id") == last).then(first[name][0]).otherwise(name).alias(name)
        for name in numbers
    )


PLANTED = {
    plant_too_good: ("alone", "interest_cover", r"AUC of 0\.9\d+ over 3,000 applications"),
    plant_too_good_category: ("alone", "region_group", r"AUC of [01]\.\d+ over"),
    plant_filled_for_bad: ("filled_for_bad", "coal_share", r"bad and 0 of [\d,]+ good"),
    plant_missing_for_bad: ("filled_for_bad", "coal_share", r"handed in for \d+ of \d+ bad"),
    plant_later_fact: (
        "known_later",
        "rated_on",
        r"1 of 3,000 applications .* a00007: \d{4}-\d\d-\d\d after",
    ),
    plant_other_spelling: ("same_firm", "firm_id", r"stand on both sides .*'FIRM-\d+ ' and 'firm-\d+'"),
    plant_twin: ("same_firm", "firm_id", r"1 applications of the holdout have, to the last bit"),
}


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_leak_stops_the_run_with_its_name_and_evidence(clean, store, plant):
    values, labels = clean
    guard, indicator, evidence = PLANTED[plant]
    with pytest.raises(ModelError, match=rf"{indicator} \({guard}\): .*{evidence}") as stopped:
        trained(plant(values, labels), labels)
    assert indicator in stopped.value.where
    assert "waive it with a reason" in stopped.value.mend


def test_a_waived_leak_is_logged_with_its_reason_and_an_unused_waiver_is_told(clean, store):
    import mlflow  # noqa: PLC0415  (takes seconds)

    values, labels = clean
    guard, indicator, _ = PLANTED[plant_too_good]
    waivers = (
        Waiver(guard=guard, indicator=indicator, reason="报告日之前已知 known before", by="Li Wei"),
        Waiver(guard="alone", indicator="leverage", reason="once needed", by="Li Wei"),
    )
    result = trained(plant_too_good(values, labels), labels, leak_bounds=LeakBounds(waivers=waivers))
    assert [(found.guard, found.indicator) for found, _ in result.leaks.waived] == [(guard, indicator)]
    assert result.leaks.unused == (waivers[1],)
    path = mlflow.artifacts.download_artifacts(
        run_id=result.run_id,
        artifact_path="guards/leaks.json",
        tracking_uri=f"sqlite:///{store / 'mlflow.db'}",
    )
    logged = json.loads(Path(path).read_text("utf-8"))
    assert logged == json.loads(json.dumps(result.leaks.as_dict()))
    assert logged["waived"][0]["reason"] == "报告日之前已知 known before"
    assert logged["waived"][0]["by"] == "Li Wei"
    assert logged["waived"][0]["figures"] != {}
    assert logged["unused_waivers"] == [
        {"guard": "alone", "indicator": "leverage", "reason": "once needed", "by": "Li Wei"}
    ]
    assert logged["bounds"] == {"highest_auc": 0.9, "highest_odds_ratio": 10.0}


def test_a_clean_table_passes_and_a_bound_can_be_drawn_tighter(clean):
    report = examine(*split_labelled(*clean), bounds=LeakBounds())
    assert (report.waived, report.unused, report.not_examined) == ((), (), {"alone": ()})
    with pytest.raises(ModelError, match=r"interest_cover \(alone\): .* the bound is 0.550"):
        trained(*clean, leak_bounds=LeakBounds(highest_auc=0.55))


def test_what_was_found_before_is_judged_too(clean):
    values, labels = clean
    found = Finding(guard="known_later", indicator="coal_share", evidence="Another value without later rows.")
    with pytest.raises(ModelError, match=r"coal_share \(known_later\): Another value without later rows\."):
        trained(values, labels, findings=[found])


def naive_auc(bad, risk):
    pairs = [
        1.0 if b > g else 0.5 if b == g else 0.0
        for b, g in itertools.product(
            [r for y, r in zip(bad, risk, strict=True) if y],
            [r for y, r in zip(bad, risk, strict=True) if not y],
        )
    ]
    return sum(pairs) / len(pairs)


@given(data=st.lists(st.tuples(st.booleans(), st.none() | st.integers(0, 5)), min_size=60, max_size=120))
def test_alone_is_the_area_over_the_rows_with_a_value(data):
    rows = pl.DataFrame(
        {
            "application_id": [f"a{k}" for k in range(len(data))],
            "leverage": pl.Series([x for _, x in data], dtype=pl.Float64),
        }
    )
    bad = np.array([float(y) for y, _ in data])
    known = [(y, x) for y, x in data if x is not None]
    found, not_examined = alone(rows, bad, ["leverage"], bounds=LeakBounds(highest_auc=0.5))
    bads = sum(y for y, _ in known)
    if min(bads, len(known) - bads) < LEAST:
        assert (found, not_examined) == ([], ("leverage",))
        return
    expected = naive_auc(*zip(*known, strict=True))
    expected = max(expected, 1 - expected)
    assert not_examined == ()
    if expected <= 0.5:
        assert found == []
    else:
        assert found[0].figures["auc"] == pytest.approx(expected, abs=1e-12)


def test_a_category_of_many_words_is_not_too_good_by_counting_itself():
    rng = np.random.default_rng(3)
    bad = (rng.random(2_000) < 0.1).astype(float)
    rows = pl.DataFrame(
        {
            "application_id": [f"a{k}" for k in range(2_000)],
            "region_group": [f"r{k}" for k in rng.integers(0, 1_500, 2_000)],
        }
    )
    found, _ = alone(rows, bad, ["region_group"], bounds=LeakBounds(highest_auc=0.6))
    assert found == []


@pytest.mark.parametrize(
    ("filled_bad", "filled_good", "stops"), [(3, 0, False), (40, 0, True), (40, 500, False)]
)
def test_few_bads_raise_no_alarm_by_chance(filled_bad, filled_good, stops):
    bad = np.r_[np.ones(60), np.zeros(1_900)]
    filled = np.r_[np.arange(60) < filled_bad, np.arange(1_900) < filled_good]
    rows = pl.DataFrame({"coal_share": [0.5 if here else None for here in filled]})
    found = filled_for_bad(rows, bad, ["coal_share"], bounds=LeakBounds())
    assert bool(found) == stops
    a, b, c, d = filled_bad + 0.5, 60.5 - filled_bad, filled_good + 0.5, 1900.5 - filled_good
    if found:
        assert found[0].figures["odds_ratio"] == pytest.approx(a * d / (b * c))
        width = 3.2905 * (1 / a + 1 / b + 1 / c + 1 / d) ** 0.5
        assert found[0].figures["odds_ratio_at_least"] == pytest.approx(
            np.exp(np.log(a * d / (b * c)) - width)
        )


def test_days_up_to_as_of_are_no_leak():
    rows = pl.DataFrame(
        {
            "application_id": ["a", "b", "c"],
            "as_of": [dt.date(2022, 1, 5)] * 3,
            "seen": [dt.date(2022, 1, 5), None, dt.date(2020, 1, 1)],
            "stamped": [dt.datetime(2022, 1, 5, 23), dt.datetime(2022, 1, 6, 1), None],  # noqa: DTZ001
        }
    )
    assert [found.indicator for found in known_later(rows)] == ["stamped"]


@given(
    firms=st.lists(
        st.tuples(st.sampled_from(["a1", "A1", "ａ１", "b 1", "b1", "c"]), st.booleans()),
        min_size=2,
        max_size=8,
    )
)
def test_one_firm_however_it_is_spelt(firms):
    plain = [name.replace(" ", "").replace("ａ１", "a1").upper() for name, _ in firms]
    sides = {
        name: {side for other, (_, side) in zip(plain, firms, strict=True) if other == name} for name in plain
    }
    spelt = {
        name: {raw for other, (raw, _) in zip(plain, firms, strict=True) if other == name} for name in plain
    }
    expected = [name for name in sides if len(sides[name]) > 1 or len(spelt[name]) > 1]
    early = np.array([side for _, side in firms])
    rows = pl.DataFrame({"firm_id": [name for name, _ in firms]})
    found = same_firm(rows, early=early, late=~early, names=[])
    assert [f.figures["firms"] for f in found] == ([float(len(expected))] if expected else [])
    if found:
        assert found[0].figures["firms_on_both_sides"] == sum(len(sides[name]) > 1 for name in expected)


WAIVER = """
highest_auc = 0.85
[[waivers]]
guard = "alone"
indicator = "leverage"
reason = "audited"
by = "Li Wei"
"""


def test_the_file_of_bounds_and_waivers(tmp_path):
    path = tmp_path / "leaks.toml"
    path.write_text(WAIVER, encoding="utf-8")
    assert load_bounds(path) == LeakBounds(
        highest_auc=0.85,
        waivers=(Waiver(guard="alone", indicator="leverage", reason="audited", by="Li Wei"),),
    )


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("highest_auc", "highest_ayc", r"Unknown key 'highest_ayc'.*Did you mean highest_auc"),
        ("0.85", "0.3", r"highest_auc bound .* from 0.5 to 1.0. Got 0.3"),
        ("0.85", "true", r"Got True"),
        ('guard = "alone"', 'guard = "lonely"', r"no leak guard 'lonely'.*waivers\[1\]\.guard"),
        ('"audited"', '" "', r"reason of a waiver must be a text"),
        ('by = "Li Wei"', "", r"by of a waiver"),
        ("reason", "reasons", r"Unknown key 'reasons'"),
        ("[[waivers]]", "[waivers]", r"waivers must be a list"),
        ("= 0.85", "", r"cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_by_its_key(tmp_path, old, new, match):
    path = tmp_path / "leaks.toml"
    path.write_text(WAIVER.replace(old, new), encoding="utf-8")
    with pytest.raises(ModelError, match=match) as refused:
        load_bounds(path)
    assert "leaks.toml" in refused.value.where


def test_an_absent_file_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"cannot be read.*none\.toml"):
        load_bounds(tmp_path / "none.toml")


def test_every_open_finding_is_told_at_once():
    findings = [Finding(guard="alone", indicator=name, evidence="Too good.") for name in NUMBERS]
    waiver = Waiver(guard="alone", indicator="leverage", reason="r", by="b")
    with pytest.raises(ModelError, match=r"coal_share.*interest_cover") as stopped:
        judge(findings, LeakBounds(waivers=(waiver,)))
    assert "leverage" not in str(stopped.value)
