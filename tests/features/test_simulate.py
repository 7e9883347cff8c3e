"""The simulated portfolio: its shape, its truth and what may never happen to it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from features.catalogue import CATALOGUE
from features.contract import CONTRACT
from features.errors import DatasetError
from features.identifiers import valid_uscc
from features.intake import validate_tables
from features.simulate import ASSUMPTIONS, LIMITS, simulate
from features.simulate.assumptions import INDICATORS_WITH_EFFECT, number


@pytest.fixture(scope="module")
def portfolio():
    return simulate(firms=800, seed=5)


@pytest.fixture(scope="module")
def applicants():
    return simulate(firms=300, seed=5, new_applicants=True)


def assert_same(left, right):
    assert list(left) == list(right)
    for name in left:
        assert left[name].equals(right[name], null_equal=True), name


def test_equal_arguments_give_equal_tables(portfolio):
    again = simulate(firms=800, seed=5)
    assert_same(portfolio.tables, again.tables)
    assert portfolio.truth.equals(again.truth)
    assert not portfolio.truth.equals(simulate(firms=1500, seed=6).truth)


def test_hash_seed_does_not_matter():
    code = (
        "import hashlib;from features.simulate import simulate;p=simulate(firms=40,seed=3,messy=True);"
        "print(hashlib.sha256(''.join(p.tables[t].write_csv() for t in sorted(p.tables)).encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_a_firm_stays_the_same_when_more_follow(portfolio):
    small = simulate(firms=200, seed=5)
    firms = small.tables["firms"]["firm_id"]
    for name in (
        *("firms", "annual", "energy", "applications", "certifications"),
        *("equipment", "ecology", "loans", "ownership"),
    ):
        whole = portfolio.tables[name].filter(pl.col("firm_id").is_in(firms.implode()))
        assert whole.sort(whole.columns).equals(small.tables[name].sort(whole.columns), null_equal=True), name
    truth = portfolio.truth.join(small.truth, on="application_id", how="semi")
    assert truth.equals(small.truth)


def test_intake_takes_every_row_of_a_clean_portfolio(portfolio, applicants):
    for one in (portfolio, applicants):
        dataset = validate_tables(one.tables, source="simulation")
        assert dataset.quarantine.is_empty(), dataset.quarantine
        assert dataset.counts["duplicates"].sum() == 0
        assert dataset.notices.is_empty()


def test_columns_are_those_of_the_contract(portfolio):
    for name, frame in portfolio.tables.items():
        assert set(frame.columns) <= {c.name for c in CONTRACT[name].columns}
        assert set(CONTRACT[name].required_columns) <= set(frame.columns)


def test_ids_are_valid_and_distinct(portfolio, applicants):
    ids = pl.concat([portfolio.tables["firms"]["firm_id"], applicants.tables["firms"]["firm_id"]])
    assert ids.n_unique() == len(ids)
    assert ids.to_frame().select(valid_uscc(pl.col("firm_id")).all()).item()


def test_the_truth_is_in_no_table(portfolio):
    truth = set(portfolio.truth.columns) - {"application_id"}
    odds = portfolio.truth["true_log_odds"].to_numpy()
    for frame in portfolio.tables.values():
        assert not truth & set(frame.columns)
        if "application_id" in frame.columns:
            whole = portfolio.truth.join(frame, on="application_id", how="left", maintain_order="left")
            for column in frame.select(pl.selectors.numeric()).columns:
                assert abs(np.corrcoef(whole[column].fill_null(0).to_numpy(), odds)[0, 1]) < 0.9


def test_truth_matches_the_applications(portfolio, applicants):
    for one in (portfolio, applicants):
        assert sorted(one.truth["application_id"]) == sorted(one.tables["applications"]["application_id"])
        odds = one.truth["true_log_odds"].to_numpy()
        np.testing.assert_allclose(one.truth["true_probability"], 1 / (1 + np.exp(-odds)))
        parts = one.truth["visible_log_odds"] + one.truth["hidden_log_odds"]
        np.testing.assert_allclose(parts, odds)


def test_outcomes_are_simulated_and_fit_the_loans(portfolio):
    outcomes = portfolio.tables["outcomes"]
    assert outcomes["label_origin"].unique().to_list() == ["simulated"]
    both = outcomes.join(portfolio.tables["applications"], on="application_id")
    assert both.height == outcomes.height
    assert both["decision"].unique().to_list() == ["approved"]
    assert (both["occurred_on"] > both["as_of"]).all()
    assert (both["occurred_on"] <= both["observed_until"]).all()
    defaults = both.filter(pl.col("event") == "default").with_columns(
        soon=pl.col("occurred_on") <= pl.col("as_of").dt.offset_by("12mo")
    )
    drawn = portfolio.truth.filter("drawn_default")["application_id"].to_list()
    assert set(defaults.filter("soon")["application_id"]) <= set(drawn)
    assert not set(defaults.filter(~pl.col("soon"))["application_id"]) & set(drawn)


def test_no_firm_in_default_gets_another_loan(portfolio):
    applications, outcomes = portfolio.tables["applications"], portfolio.tables["outcomes"]
    first = (
        outcomes.filter(pl.col("event") == "default")
        .join(applications, on="application_id")
        .group_by("firm_id")
        .agg(pl.col("occurred_on").min())
    )
    later = applications.join(first, on="firm_id").filter(pl.col("as_of") > pl.col("occurred_on"))
    assert later.is_empty()


def test_declined_applications_are_riskier(portfolio):
    risk = portfolio.truth.join(portfolio.tables["applications"], on="application_id")
    mean = dict(risk.group_by("decision").agg(pl.col("true_log_odds").mean()).iter_rows())
    assert mean["declined"] > mean["approved"]


def test_small_and_worse_firms_report_less():
    one = simulate(firms=2500, seed=8)
    firms = one.tables["firms"].select("firm_id")
    quality = (
        one.tables["applications"]
        .join(one.truth, on="application_id")
        .group_by("firm_id")
        .agg(pl.col("management_quality").first())
    )
    size = (
        one.tables["annual"]
        .with_columns(
            tens=pl.when(pl.col("currency") == "CNY").then(pl.col("revenue") / 1e4).otherwise("revenue")
        )
        .group_by("firm_id")
        .agg(pl.col("tens").median())
    )
    told = (
        one.tables["emissions"]
        .filter(pl.col("scope") == "1")
        .group_by("firm_id")
        .agg(pl.col("period").n_unique().alias("years"))
    )
    frame = (
        firms.join(told, on="firm_id", how="left")
        .fill_null(0)
        .join(size, on="firm_id")
        .join(quality, on="firm_id")
    )
    rank = frame.select(pl.all().exclude("firm_id").rank()).to_numpy()
    correlation = np.corrcoef(rank, rowvar=False)
    assert correlation[0, 1] > 0.15  # years told, size
    assert correlation[0, 2] > 0.05  # years told, quality


def test_new_applicants_have_no_outcome_and_apply_in_2025(applicants):
    assert "outcomes" not in applicants.tables
    applications = applicants.tables["applications"]
    assert "decision" not in applications.columns
    assert applications["firm_id"].n_unique() == applications.height == 300
    assert applications["as_of"].dt.year().unique().to_list() == [2025]
    assert applications["as_of"].dt.month().max() <= 6


def test_restatements_come_later_and_differ(portfolio):
    energy = portfolio.tables["energy"].drop_nulls("published_on")
    key = ["firm_id", "period", "carrier", "flow", "site"]
    twice = energy.group_by(key).agg(
        pl.len(), pl.col("published_on").n_unique().alias("days"), pl.col("quantity")
    )
    twice = twice.filter(pl.col("len") > 1)
    assert 0.01 < twice.height / energy.height < 0.1
    assert (twice["len"] == twice["days"]).all()
    assert twice["quantity"].list.n_unique().gt(1).mean() > 0.95


def test_certificates_lapse_are_withdrawn_and_stay_in_their_term(portfolio):
    rows = portfolio.tables["certifications"]
    assert set(rows["status"].unique()) == {"valid", "withdrawn"}
    assert (rows["issued_on"] < rows["expires_on"]).all()
    gone = rows.filter(pl.col("status") == "withdrawn")
    assert (gone["status_on"] <= gone["expires_on"]).all()
    assert (
        rows.filter(pl.col("retired_on").is_not_null())["scheme"]
        .is_in(["gec", "green_power_trade", "irec"])
        .all()
    )


def test_a_third_of_the_catalogue_has_no_effect():
    assert set(INDICATORS_WITH_EFFECT) <= set(CATALOGUE)
    assert len(set(INDICATORS_WITH_EFFECT)) == len(INDICATORS_WITH_EFFECT)
    assert 1 - len(INDICATORS_WITH_EFFECT) / len(CATALOGUE) >= LIMITS["indicators_without_effect_share"][0]
    assert all(CATALOGUE[name].used_by_model for name in INDICATORS_WITH_EFFECT)


def test_assumptions_are_documented(portfolio):
    assert set(portfolio.assumptions) == set(ASSUMPTIONS)
    assert all(a.unit and a.why for a in ASSUMPTIONS.values())
    assert all(number(name) >= 0 for name in ASSUMPTIONS if name.startswith("effect_"))


@pytest.mark.parametrize(("firms", "seed"), [(0, 1), (-5, 1), (10, -1)])
def test_impossible_requests_are_refused(firms, seed):
    with pytest.raises(DatasetError, match="Cannot simulate"):
        simulate(firms=firms, seed=seed)


def test_one_firm_is_enough():
    for seed in range(8):
        one = simulate(firms=1, seed=seed, messy=True)
        assert one.tables["firms"].height >= 1
