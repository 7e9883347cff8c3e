"""What ``explain`` says of a score that rests on a bank's own tables: the class and the names that were used in it."""

from __future__ import annotations

import csv
from dataclasses import fields, replace
from pathlib import Path

import polars as pl
import pytest

from features import reference
from features.intake import read_dataset
from features.settings import Settings
from scoring.contributions import Exactness
from scoring.explain_text import explain_results
from scoring.manifest import manifest
from scoring.policy import decide, load_policy
from scoring.policy.apply import DECIDED

SHIPPED = Path(reference.__file__).parent / "industries.csv"
DIVISION = "39"


@pytest.fixture
def own_tables(tmp_path):
    """Division 39, which no list has as class A, as a bank may see it: class A, under a name of its own."""
    with SHIPPED.open(encoding="utf-8-sig", newline="") as stream:
        row = next(row for row in csv.DictReader(stream) if row["code"] == DIVISION)
    assert row["es_risk_class"] != "A"
    own = row | {
        "es_risk_class": "A",
        "basis": "listed: the bank's own list",
        "name_en": "Own electronics",
        "name_zh": "本行电子",
        "confirmed_by": "Li Wei",
        "confirmed_on": "2026-03-01",
    }
    folder = tmp_path / "own"
    folder.mkdir()
    with (folder / "industries.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(own))
        writer.writeheader()
        writer.writerow(own)
    return folder


def scored(synthetic_results, registered, tmp_path):
    """The synthetic batch decided and recorded under the tables in force."""
    policy = load_policy()
    values = synthetic_results.decisions.drop(
        [name for name in DECIDED if name in synthetic_results.decisions.columns and name != "application_id"]
    )
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "firms.csv").write_text("firm_id,id_scheme\nF-1,bank\n", encoding="utf-8")
    record = manifest(
        read_dataset(tmp_path / "data", purpose="check"),
        model=registered,
        policy=policy,
        settings=Settings(),
        exactness=Exactness(**dict.fromkeys((field.name for field in fields(Exactness)), 0)),
        scored=0,
        demonstration=True,
    )
    return replace(
        synthetic_results,
        decisions=decide(values, policy=policy).with_columns(
            synthetic_results.decisions["grade_label"], synthetic_results.decisions["label_origin"]
        ),
        manifest=record,
    )


def test_the_class_and_the_names_are_those_of_the_score_not_the_shipped_ones(
    synthetic_results, registered, own_tables, tmp_path
):
    of_it = pl.col("industry_division") == DIVISION
    with reference.overlaid(own_tables):
        own = scored(synthetic_results, registered, tmp_path)
    shipped = scored(synthetic_results, registered, tmp_path)
    assert own.own_industry_names == {DIVISION: ("Own electronics", "本行电子")}
    assert shipped.own_industry_names == {}
    assert own.decisions.filter(of_it)["risk_class"].unique().to_list() == ["A"]
    named = 0
    for application in own.decisions.filter(of_it)["application_id"].head(20):
        # The bank's tables are no longer in force here, as when results are read later.
        text, before = (explain_results(results, application) for results in (own, shipped))
        assert f"A; industry {DIVISION}: A (listed)" in text
        assert f"industry {DIVISION}: A" not in before
        assert "Own electronics" not in before
        named += f"{DIVISION} Own electronics" in text
    assert named
