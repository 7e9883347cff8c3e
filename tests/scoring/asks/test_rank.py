"""The ranking of documents against a twin that goes through rows and documents one by one."""

from __future__ import annotations

import polars as pl
import pytest

from features.asof import facts
from features.catalogue import CATALOGUE
from features.disclosure.expected_facts import expected_facts
from features.intake import validate_tables
from features.pipeline import compute
from features.settings import Settings
from features.simulate import simulate
from models.scorecard_file import read_scorecard
from scoring.asks import ask_table, asks, documents
from scoring.asks.in_hand import facts_in_hand
from scoring.asks.rank import ASK_SCHEMA, COVERAGE
from scoring.policy import load_policy


def rules(**changes):
    policy = load_policy()
    return policy.model_copy(update={"asks": policy.asks.model_copy(update=changes)})


EVERYTHING = rules(applicants="all", most=50)


@pytest.fixture(scope="module")
def dataset():
    return validate_tables(simulate(firms=24, seed=11, new_applicants=True).tables, source="a test")


@pytest.fixture(scope="module")
def values(dataset):
    return compute(dataset).values


def scored(model, values, *, review=True):
    columns = [name for name in values.columns if name in CATALOGUE]
    return values.select(
        "application_id",
        points=pl.Series(model.predict_points(values.select(columns).to_pandas())),
        review=pl.lit(value=review),
    )


@pytest.fixture(scope="module")
def found(dataset, values, small_model):
    return asks(dataset, values, scored(small_model, values), model=small_model, policy=EVERYTHING)


def naive_asks(row, has, lacked, wanted, points, *, model, naive_ends):
    """One applicant's documents: (document, facts, indicators, low, high), the furthest-reaching first."""
    declared = documents()
    read = [name for name in model.preparation_.inputs if not CATALOGUE[name].is_category]
    of_document = {fact: name for name, one in declared.documents.items() for fact in one.facts}
    told = []
    for place, (name, one) in enumerate(declared.documents.items()):
        new = [fact for fact in one.facts if not has[f"{fact} in_hand"] and has[f"{fact} exists"]]
        completes = []
        for indicator in read:
            if row[indicator] is not None or indicator in declared.not_asked:
                continue
            if not any(indicator in declared.facts[fact].gives for fact in new):
                continue
            others = {}  # documents that it takes besides this one, to whether a fact of each is in hand
            for fact, entry in declared.facts.items():
                if indicator in entry.gives and of_document[fact] != name:
                    others[of_document[fact]] = others.get(of_document[fact], False) or has[f"{fact} in_hand"]
            if all(others.values()):
                completes.append(indicator)
        settles = [fact for fact in new if set(declared.facts[fact].expected) & lacked]
        asked = [fact for fact in new if fact in settles or set(declared.facts[fact].gives) & set(completes)]
        if not asked:
            continue
        betters = {i for fact in asked for i in declared.facts[fact].improves if row.get(i) is not None}
        still = lacked - {e for fact in asked for e in declared.facts[fact].expected}
        known = {COVERAGE: 1 - len(still) / wanted} if COVERAGE in read else {}
        low, high = naive_ends(model, row, [*completes, *(b for b in betters if b in read)], known=known)
        low, high = min(low, points), max(high, points)
        if round(high - low, 9) > 0 or settles:
            told.append((-round(high - low, 9), place, name, asked, completes, low, high))
    return [entry[2:] for entry in sorted(told)]


def test_the_documents_are_those_of_a_search_by_rows_and_documents(
    dataset, values, found, small_model, naive_ends
):
    seen = facts(dataset, Settings())
    has = facts_in_hand(seen, list(documents().facts.values()))
    expected = expected_facts(seen)
    points = scored(small_model, values)["points"]
    several = 0
    for place, row in enumerate(values.iter_rows(named=True)):
        own = expected.filter(pl.col("application_id") == row["application_id"])
        naive = naive_asks(
            {name: value for name, value in row.items() if name in small_model.preparation_.inputs},
            has.row(place, named=True),
            set(own.filter(~pl.col("handed_in"))["fact"]),
            own.height,
            points[place],
            model=small_model,
            naive_ends=naive_ends,
        )
        told = found.filter(pl.col("application_id") == row["application_id"])
        assert told["document"].to_list() == [entry[0] for entry in naive]
        assert told["rank"].to_list() == list(range(1, len(naive) + 1))
        for one, (_, asked, completes, low, high) in zip(told.iter_rows(named=True), naive, strict=True):
            assert one["facts"] == asked
            assert one["indicators"] == completes
            assert (one["points_low"], one["points_high"]) == (int(low + 0.5), int(high + 0.5))
        several += len(naive) > 2
    assert several > 5
    assert found["document"].n_unique() > 8


def test_the_columns_are_those_declared_and_names_are_the_documents_own(found):
    assert found.schema == ASK_SCHEMA
    for name, en, zh in found.select("document", "name_en", "name_zh").unique().iter_rows():
        assert (en, zh) == (documents().documents[name].en, documents().documents[name].zh)


def test_the_policy_says_for_whom_and_how_many(dataset, values, found, small_model):
    decisions = scored(small_model, values).with_columns(review=pl.int_range(pl.len()) % 2 == 0)
    reviewed = asks(dataset, values, decisions, model=small_model, policy=rules(applicants="review", most=2))
    named = decisions.filter("review")["application_id"].to_list()
    expected = found.filter(pl.col("application_id").is_in(named) & (pl.col("rank") <= 2))
    assert reviewed.equals(expected)
    nobody = asks(dataset, values, decisions, model=small_model, policy=rules(applicants="none"))
    assert nobody.is_empty()
    assert nobody.schema == ASK_SCHEMA


def test_what_was_handed_in_and_what_does_not_apply_is_never_asked_for(dataset, found):
    seen = facts(dataset, Settings())
    has = facts_in_hand(seen, list(documents().facts.values()))
    flat = found.explode("facts").join(has, on="application_id", how="left")
    for row in flat.iter_rows(named=True):
        assert not row[f"{row['facts']} in_hand"]
    quality = compute(dataset).data_quality.filter(pl.col("status") == "not_applicable")
    pairs = found.explode("indicators").select("application_id", indicator="indicators")
    assert pairs.join(quality, on=["application_id", "indicator"], how="semi").is_empty()
    # Outside emissions trading nobody is asked for an account, without a project for no study.
    trading = found.filter(pl.col("document") == "emissions_trading_account")["application_id"]
    covered = seen.applications.filter(pl.col("ets_covered").is_not_null())["application_id"]
    assert set(trading) <= set(covered)
    studies = found.filter(pl.col("document") == "feasibility_study")["application_id"]
    projects = seen.applications.filter(pl.col("project_kind") != "working_capital")["application_id"]
    assert set(studies) <= set(projects)


def bare_firm(**changes):
    """A firm with nothing but a name and an industry."""
    tables = {
        "firms": pl.DataFrame(
            {"firm_id": ["F"], "id_scheme": ["bank"], "name": ["某企业"], "industry": ["3110"]}
        ),
        "applications": pl.DataFrame({"application_id": ["A"], "firm_id": ["F"], "as_of": ["2024-06-30"]}),
    }
    return validate_tables(tables | changes, source="a test")


def test_a_firm_with_nothing_but_a_name_and_an_industry_is_told_what_is_missing(small_model):
    dataset = bare_firm()
    values = compute(dataset).values
    found = asks(dataset, values, scored(small_model, values), model=small_model, policy=EVERYTHING)
    # The documents that a firm of its industry is expected to hand in are all there, each with what is missing.
    assert {
        "audited_accounts", "energy_bills", "emissions_report", "production_report", "equipment_list",
        "pollution_report", "certificates", "environmental_statement", "credit_record",
        "social_insurance_statement",
    } <= set(found["document"])  # fmt: skip
    assert found["points_high"][0] > found["points_low"][0]
    reach = (found["points_high"] - found["points_low"]).to_list()
    assert max(reach) - reach[0] <= 1  # rounding of both ends
    bills = found.filter(pl.col("document") == "energy_bills").row(0, named=True)
    assert bills["facts"] == ["energy.electricity", "energy.any_fuel"]
    assert "coal_share" in bills["indicators"]
    assert "energy_intensity" not in bills["indicators"]  # it takes the accounts too
    with_accounts = bare_firm(
        annual=pl.DataFrame(
            {"firm_id": ["F"], "year": ["2023"], "revenue": ["5000000"], "published_on": ["2024-04-01"]}
        )
    )
    values = compute(with_accounts).values
    found = asks(with_accounts, values, scored(small_model, values), model=small_model, policy=EVERYTHING)
    bills = found.filter(pl.col("document") == "energy_bills").row(0, named=True)
    assert "energy_intensity" in bills["indicators"]
    accounts = found.filter(pl.col("document") == "audited_accounts").row(0, named=True)
    assert "annual.revenue" not in accounts["facts"]


def test_handing_in_the_document_that_was_asked_for_ends_the_asking(small_model):
    dataset = bare_firm(
        energy=pl.DataFrame(
            {
                "firm_id": ["F", "F"],
                "period": ["2023", "2023"],
                "carrier": ["electricity", "raw_coal"],
                "quantity": ["900", "100"],
                "unit": ["MWh", "t"],
                "basis": ["metered", "invoiced"],
                "published_on": ["2024-02-01", "2024-02-01"],
            }
        )
    )
    values = compute(dataset).values
    found = asks(dataset, values, scored(small_model, values), model=small_model, policy=EVERYTHING)
    assert "energy_bills" not in found["document"].to_list()
    assert "audited_accounts" in found["document"].to_list()


def test_a_scorecard_ranks_by_what_a_document_completes_and_gives_no_points(dataset, values):
    card = read_scorecard()
    found = asks(dataset, values, scored(card, values), model=card, policy=EVERYTHING)
    assert found.height > 20
    assert found.select(pl.col("points_low", "points_high", "grade_low", "grade_high").null_count()).row(
        0
    ) == ((found.height,) * 4)
    completed = found.with_columns(pl.col("indicators").list.len()).group_by(
        "application_id", maintain_order=True
    )
    for _, own in completed:
        assert own["indicators"].is_sorted(descending=True)


def test_the_order_of_rows_plays_no_part(dataset, values, found, small_model):
    shuffled = scored(small_model, values).sample(fraction=1.0, shuffle=True, seed=3)
    again = asks(dataset, values.reverse(), shuffled, model=small_model, policy=EVERYTHING)
    assert again.equals(found)


def test_no_applicant_gives_no_rows(dataset, values, small_model):
    seen = facts(dataset, Settings())
    nobody = type(seen)(
        **{
            name: getattr(seen, name).clear()
            for name in seen.__dataclass_fields__
            if name not in {"settings", "_memory"}
        }
    )
    empty = ask_table(small_model, values.clear(), pl.Series([], dtype=pl.Float64), nobody, policy=EVERYTHING)
    assert empty.is_empty()
    assert empty.schema == ASK_SCHEMA
