"""Financed emissions: every figure of hand-made firms worked out again, coverage, and a score that knows no loans."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import polars as pl
import pytest

from features.errors import GreenCreditError
from features.intake import validate_tables
from features.simulate import simulate
from models.distributions import QUANTILES
from scoring import outputs
from scoring.batch import score
from scoring.policy import load_policy
from scoring.portfolio import portfolio
from scoring.portfolio.page import portfolio_page
from scoring.portfolio.sums import coverage_table
from scoring.portfolio.told import portfolio_text

DAY = dt.date(2024, 12, 31)
EMITTING = {"scope1": 100.0, "scope2": 50.0}
# id: what the firm handed in
FIRMS = {
    "LISTED": {**EMITTING, "evic": 1000.0, "total_equity": 1.0, "total_debt": 1.0, "assurance": "reasonable"},
    "PRIVATE": {**EMITTING, "total_equity": 300.0, "total_debt": 100.0, "credits": 30.0},
    "NEGATIVE": {**EMITTING, "total_equity": -50.0, "total_debt": 200.0},
    "NO-EQUITY": {**EMITTING, "total_debt": 200.0, "total_assets": 500.0},
    "NOTHING": {**EMITTING},
    "BEYOND": {**EMITTING, "total_equity": 5.0, "total_debt": 5.0},
    "SILENT": {"total_equity": 300.0, "total_debt": 100.0, "value_added": 10.0},
    "UNSTATED": {**EMITTING, "total_equity": 300.0, "total_debt": 100.0},
    "ALONE": {"scope1": 100.0, "total_equity": 300.0, "total_debt": 100.0},
    "STRANGER": {},
}
OWED = dict.fromkeys(FIRMS, 40.0) | {"UNSTATED": None}
SCORED = ("LISTED", "PRIVATE", "NEGATIVE", "NO-EQUITY", "NOTHING", "BEYOND", "SILENT", "UNSTATED")
GRADES = dict(zip(SCORED, ("A", "A", "A", "B", "B", "B", "B", "C"), strict=True))
INTENSITY = 2.5


class Medians:
    """Distributions of a training population: a median of carbon intensity for every division."""

    def of(self, division, indicator):
        assert (division, indicator) == ("34", "carbon_intensity")
        return ("group", tuple(INTENSITY if q == 0.5 else 99.0 for q in QUANTILES))


def rows_of():
    known = {name: facts for name, facts in FIRMS.items() if facts is not None}
    annual, emissions, ecology = [], [], []
    for name, facts in known.items():
        money = {
            k: v
            for k, v in facts.items()
            if k in {"evic", "total_equity", "total_debt", "total_assets", "value_added"}
        }
        annual.append({"firm_id": name, "year": "2023", "currency": "万元", "revenue": 100.0, **money})
        for scope, key in (("1", "scope1"), ("2-location", "scope2")):
            if key in facts:
                emissions.append(
                    {"firm_id": name, "period": "2023", "scope": scope, "substance": "CO2e", "quantity": facts[key],
                     "unit": "tCO2e", "assurance": facts.get("assurance", "none"), "verifier": "CQC"}
                )  # fmt: skip
        if "credits" in facts:
            ecology.append(
                {
                    "firm_id": name,
                    "period": "2023",
                    "kind": "sink_credits",
                    "amount": facts["credits"],
                    "unit": "tCO2e",
                }
            )
    return {
        "firms": pl.DataFrame([{"firm_id": n, "id_scheme": "bank", "industry": "3411", "region": "370100"} for n in known]),
        "annual": pl.DataFrame(annual, infer_schema_length=None),
        "emissions": pl.DataFrame(emissions),
        "ecology": pl.DataFrame(ecology),
        "applications": pl.DataFrame([{"application_id": f"A-{n}", "firm_id": n, "as_of": "2024-12-01"} for n in SCORED]),
        "loans": pl.DataFrame(
            [{"loan_id": f"L-{n}", "firm_id": n, "as_of": "2024-12-31", "outstanding": o, "currency": "万元"} for n, o in OWED.items()]
        ),
        "ownership": pl.DataFrame([{"firm_id": "PRIVATE", "parent_id": "LISTED", "share": 0.8}]),
    }  # fmt: skip


@pytest.fixture(scope="module")
def book():
    return validate_tables(rows_of(), source="a test")


@pytest.fixture(scope="module")
def scores(synthetic_results):
    decisions = pl.DataFrame(
        {
            "application_id": [f"A-{n}" for n in SCORED],
            "firm_id": list(SCORED),
            "as_of": [dt.date(2024, 12, 1)] * len(SCORED),
            "grade": [GRADES[n] for n in SCORED],
        }
    )
    return replace(synthetic_results, decisions=decisions)


@pytest.fixture(scope="module")
def view(book, scores):
    assert book.quarantine.is_empty(), book.quarantine["what_en"].to_list()
    return portfolio(book, scores, as_of=DAY, distributions=Medians())


def naive(name):
    """PCAF by hand: rule and share."""
    facts = FIRMS[name] or {}
    equity, debt = facts.get("total_equity"), facts.get("total_debt")
    if facts.get("evic"):
        rule, below = "evic", facts["evic"]
    elif equity is not None and debt is not None:
        rule, below = ("equity_and_debt", equity + debt) if equity >= 0 else ("negative_equity", debt)
    elif facts.get("total_assets"):
        rule, below = "total_assets", facts["total_assets"]
    else:
        return "no_denominator", None
    owed = OWED[name]
    return rule, None if owed is None else min(owed / below, 1.0)


def test_each_firm_is_attributed_by_the_rule_that_fits(view):
    found = {row["firm_id"]: row for row in view.book.iter_rows(named=True)}
    assert set(found) == set(FIRMS)
    for name, row in found.items():
        rule, share = naive(name)
        assert (row["attribution_rule"], row["attribution"]) == (rule, share), name
        facts = FIRMS[name] or {}
        both = "scope1" in facts and "scope2" in facts
        assert row["financed_scope1"] == (share * 100.0 if both and share is not None else None), name
        assert row["financed_scope2"] == (share * 50.0 if both and share is not None else None), name
        # credits stand beside the emissions, and nothing is taken off
        assert row["financed_credits"] == (3.0 if name == "PRIVATE" else None), name
    assert found["BEYOND"]["attribution"] == 1.0
    assert [name for name, row in found.items() if row["bounded"]] == ["BEYOND"]
    assert found["PRIVATE"]["group"] == "LISTED"
    assert found["STRANGER"]["group"] == "STRANGER"


def test_quality_is_pcaf_by_basis_and_estimates_stand_apart(view):
    basis = dict(view.book.select("firm_id", "basis").iter_rows())
    assert basis == {
        **dict.fromkeys(FIRMS, "reported"),
        "LISTED": "verified",
        "SILENT": "estimated",
        "ALONE": "none",
        "STRANGER": "none",
    }
    silent = view.book.row(by_predicate=pl.col("firm_id") == "SILENT", named=True)
    assert silent["estimated"] == 10.0 * INTENSITY
    assert silent["financed_estimated"] == 40.0 / 400.0 * 10.0 * INTENSITY
    assert silent["financed_scope1"] is None
    whole = view.total
    # by hand: verified 1, four reported 2, one estimated 4; forty each, the one without a denominator left out
    assert whole["pcaf"] == pytest.approx((1 * 40 + 2 * 40 * 4 + 4 * 40) / (40 * 6))
    assert whole["financed_estimated"] == silent["financed_estimated"]
    assert whole["estimated_on"] == 40.0


def test_sums_add_up_by_every_dimension(view):
    shares = [naive(name)[1] for name in FIRMS if {"scope1", "scope2"} <= set(FIRMS[name] or {})]
    scope1 = sum(share * 100.0 for share in shares if share is not None)
    assert view.total["financed_scope1"] == pytest.approx(scope1)
    for dimension in ("industry", "region", "group", "grade"):
        rows = view.table.filter(pl.col("dimension") == dimension)
        assert rows["financed_scope1"].sum() == pytest.approx(scope1)
        assert rows["outstanding"].sum() == 40.0 * 9
        assert rows["firms"].sum() == len(FIRMS)
    by_grade = {row["key"]: row for row in view.table.filter(dimension="grade").iter_rows(named=True)}
    a = [naive(name)[1] for name in ("LISTED", "PRIVATE", "NEGATIVE")]
    assert by_grade["A"]["intensity"] == pytest.approx(sum(a) * 150.0 / 120.0)
    assert by_grade["unknown"]["firms"] == 2
    assert by_grade["C"]["intensity"] is None


def test_coverage_adds_up_to_the_loan_book(view, book):
    found = {(r["standing"], r["coverage"]): (r["firms"], r["loans"], r["outstanding"], r["unstated"])
             for r in view.coverage.iter_rows(named=True) if r["firms"]}  # fmt: skip
    assert found == {
        ("scored", "reported"): (6, 6, 200.0, 1),
        ("scored", "estimated_only"): (1, 1, 40.0, 0),
        ("scored", "no_denominator"): (1, 1, 40.0, 0),
        ("not_asked", "no_emissions"): (2, 2, 80.0, 0),
    }
    assert view.coverage["loans"].sum() == book.tables["loans"].height
    assert view.coverage["outstanding"].sum() == book.tables["loans"]["outstanding"].sum()
    with pytest.raises(GreenCreditError, match="the book holds 11"):
        coverage_table(view.book, loans=11, outstanding=[40.0] * 9)


def test_a_refused_applicant_is_told_as_refused(scores):
    tables = rows_of()
    bad = pl.DataFrame([{"application_id": "A-ALONE", "firm_id": "ALONE", "as_of": "soon"}])
    tables["applications"] = pl.concat([tables["applications"], bad])
    nobody = {
        "loan_id": "L-NOBODY",
        "firm_id": "NOBODY",
        "as_of": "2024-12-31",
        "outstanding": 7.0,
        "currency": "万元",
    }
    earlier = {**nobody, "as_of": "2023-12-31", "outstanding": 9.0}
    tables["loans"] = pl.concat([tables["loans"], pl.DataFrame([nobody, earlier])])
    dataset = validate_tables(tables, source="a test")
    found = portfolio(dataset, scores, as_of=DAY)
    standing = dict(found.book.select("firm_id", "standing").iter_rows())
    assert standing["ALONE"] == "refused"
    assert standing["STRANGER"] == "not_asked"
    assert found.summary["loans_refused"] == [{"currency": "万元", "loans": 1, "outstanding_as_written": 7.0}]
    assert "1 loans were refused by intake" in portfolio_text(found)
    # without sector medians nothing is estimated
    assert (
        found.book.row(by_predicate=pl.col("firm_id") == "SILENT", named=True)["coverage"] == "no_emissions"
    )


def test_page_and_text_tell_the_figures_in_both_languages(view):
    page, text = portfolio_page(view), portfolio_text(view)
    for told in (page, text):
        assert "demonstration" in told.lower()
        assert "演示" in told
        assert f"{view.total['financed_scope1']:,.0f}" in told
        assert "owe more than they are worth" in told
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert page.count("<svg") == 2
    assert json.dumps(view.summary)


def test_a_day_without_loans_is_told(book, scores):
    found = portfolio(book, scores, as_of=dt.date(2020, 1, 1))
    assert found.total == {}
    assert "Nobody owes anything" in portfolio_text(found)
    assert "Nobody owes anything" in portfolio_page(found)


def test_loans_change_no_byte_of_a_decision(tmp_path, registered):
    tables = simulate(firms=25, seed=5, new_applicants=True).tables
    many = tables["loans"].with_columns(pl.col("loan_id") + "-2", outstanding=pl.lit(1e6))
    written = {}
    for name, loans in (
        ("few", tables["loans"]),
        ("many", pl.concat([tables["loans"], many], how="vertical_relaxed")),
    ):
        dataset = validate_tables({**tables, "loans": loans}, source="a test")
        score(dataset, model=registered, policy=load_policy(), out=tmp_path / name)
        written[name] = (tmp_path / name / outputs.DECISIONS).read_bytes()
    assert many.height > 0
    assert written["few"] == written["many"]
