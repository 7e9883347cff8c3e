"""What a batch rests on gives its decisions again, bit for bit, and tells which file is no longer what it was."""

from __future__ import annotations

import shutil
from dataclasses import replace
from types import MappingProxyType

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features import reference
from features.errors import GreenCreditError
from features.intake import read_dataset
from features.settings import Settings
from features.simulate import simulate, write
from scoring.basis import BASIS, fact_seals, firm_of, read_basis, rescored
from scoring.batch import score
from scoring.policy import load_policy
from scoring.results import read_results

RATE = "currency,year,cny_per_unit,source,verified,seen_in,note,confirmed_by,confirmed_on\n"


@pytest.fixture(scope="module")
def batch(registered, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    write(simulate(firms=30, seed=4, new_applicants=True), folder)
    own = folder / "own"
    own.mkdir()
    (own / "exchange_rates.csv").write_text(
        RATE + "USD,2024,7.25,treasury,seen,,,Li Na,2026-01-05\n", encoding="utf-8"
    )
    with reference.overlaid(own):
        dataset = read_dataset(str(folder / "dataset"), purpose="score")
        score(
            dataset,
            model=registered,
            policy=load_policy(),
            settings=Settings(carbon_price=150.0),
            out=folder / "scores",
        )
    return folder / "scores"


def test_every_firm_gets_the_same_decisions_again(batch):
    basis, before = read_basis(batch), read_results(batch)
    assert basis.settings.carbon_price == 150.0
    firms = before.decisions["firm_id"].unique(maintain_order=True).head(4)
    for firm in firms:
        again = rescored(basis, firm_of(basis, firm))
        own = pl.col("application_id").is_in(again.decisions["application_id"].to_list())
        for name in (
            "decisions",
            "contributions",
            "indicators",
            "data_quality",
            "cross_checks",
            "reasons",
            "certificates",
        ):
            assert_frame_equal(
                getattr(again, name),
                getattr(before, name).filter(own),
                check_exact=True,
                check_row_order=True,
            )
    # The batch's own tables were in force, and only then.
    assert again.manifest["factor_overlay"] == before.manifest["factor_overlay"] != {}
    assert reference.overlay_version() == {}


def test_other_facts_give_other_scores_under_the_same_factors(batch):
    basis = read_basis(batch)
    everybody = next(basis.facts.shards(1000))
    energy = everybody.tables["energy"].with_columns(quantity=pl.col("quantity") * 50)
    other = replace(everybody, tables=MappingProxyType({**everybody.tables, "energy": energy}))
    assert (rescored(basis, other).decisions["points"] != read_results(batch).decisions["points"]).any()


def test_seals_name_the_fact_that_changed(batch):
    basis = read_basis(batch)
    facts = firm_of(basis, read_results(batch).decisions["firm_id"][0])
    seals = fact_seals(facts)
    assert fact_seals(facts) == seals
    assert sum(map(len, seals.values())) == sum(
        table.height for name, table in facts.tables.items() if "firm_id" in table.columns
    )
    energy = facts.tables["energy"]
    altered = energy.with_columns(
        quantity=pl.when(pl.int_range(pl.len()) == 2).then(pl.col("quantity") + 1e-9).otherwise("quantity")
    )
    moved = energy.with_columns(row=pl.col("row") + 100)
    after = fact_seals(replace(facts, tables=MappingProxyType({**facts.tables, "energy": altered})))
    assert len(set(seals["energy"].items()) ^ set(after["energy"].items())) == 2
    assert {name for name in seals if seals[name] != after[name]} == {"energy"}
    # Where a row stood in its file is no part of the fact.
    assert fact_seals(replace(facts, tables=MappingProxyType({**facts.tables, "energy": moved}))) == seals


def test_an_altered_a_lost_and_an_added_file_are_named(batch, tmp_path):
    kept = tmp_path / "scores"
    shutil.copytree(batch, kept)
    assert read_basis(kept).changed_files() == []
    file = kept / BASIS / "facts" / "energy.parquet"
    pl.read_parquet(file).with_columns(quantity=pl.col("quantity") * 2).write_parquet(file)
    (kept / BASIS / "facts" / "annual.parquet").unlink()
    (kept / BASIS / "note.txt").write_text("x", encoding="utf-8")
    assert read_basis(kept).changed_files() == ["facts/annual.parquet", "facts/energy.parquet", "note.txt"]


def test_what_cannot_be_read_says_so(batch, tmp_path):
    kept = tmp_path / "scores"
    shutil.copytree(batch, kept)
    (kept / BASIS / "policy.json").write_text("{}", encoding="utf-8")
    with pytest.raises(GreenCreditError, match="cannot be read"):
        read_basis(kept)
    (kept / BASIS / "registered.json").write_text("[", encoding="utf-8")
    with pytest.raises(GreenCreditError, match=r"registered\.json"):
        read_basis(kept)
    shutil.rmtree(kept / BASIS)
    with pytest.raises(GreenCreditError, match="kept no basis"):
        read_basis(kept)
    with pytest.raises(GreenCreditError, match="no application of the firm nobody"):
        firm_of(read_basis(batch), "nobody")


def test_a_batch_may_keep_none(registered, tmp_path):
    write(simulate(firms=5, seed=4, new_applicants=True), tmp_path)
    dataset = read_dataset(str(tmp_path / "dataset"), purpose="score")
    done = score(dataset, model=registered, policy=load_policy(), out=tmp_path / "scores", basis=False)
    assert not (done.out / BASIS).exists()
