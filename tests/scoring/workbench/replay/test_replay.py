"""Replay says identical of what nobody touched, and names the fact, the file or the row that somebody did touch."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest
import sqlalchemy as sa

from features.errors import GreenCreditError, StoreError
from scoring.basis import BASIS, firm_of, read_basis, rescored
from scoring.results import one_application, read_results
from scoring.workbench.audit import erase
from scoring.workbench.replay import replay_application, replay_text
from scoring.workbench.replay.compare import ABSENT, hash_with_labels_of, moved, versions
from scoring.workbench.store.schema import records


def altered(decided, table: str, change):
    """Write a table of the kept facts anew: ``change`` takes the firm's rows and gives them back."""
    file = decided.folder / BASIS / "facts" / f"{table}.parquet"
    frame = pl.read_parquet(file)
    own = pl.col("firm_id") == decided.firm
    pl.concat([frame.filter(~own), change(frame.filter(own))]).sort("firm_id").write_parquet(file)


def first(column: str, value: pl.Expr):
    """Give the first row another value."""
    return lambda rows: rows.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(value).otherwise(pl.col(column)).alias(column)
    )


def files(replay) -> list[tuple[str, str]]:
    return [(file.kind, file.name) for file in replay.files]


def test_what_nobody_touched_is_identical_bit_for_bit(decided):
    found = decided.replayed()
    stored = read_results(decided.folder).decisions.filter(pl.col("application_id") == decided.application)
    assert found.verdict == "identical"
    assert found.hash_recorded == found.hash_kept == found.hash_again == stored["record_hash"][0]
    assert found.compared > 300
    assert not found.versions
    assert "Identical" in replay_text(found)
    assert "一致" in replay_text(found)


def test_a_firm_that_holds_others_is_identical_too(two_batches):
    folder = two_batches[1]
    decisions = read_results(folder).decisions
    ownership = pl.read_parquet(folder / BASIS / "facts" / "ownership.parquet")
    holding = decisions.filter(pl.col("firm_id").is_in(ownership["parent_id"].to_list()))
    assert not holding.is_empty()
    for application in holding["application_id"].head(3):
        assert replay_application(folder, application).verdict == "identical", application


def test_one_altered_figure_is_named_by_table_row_and_column(decided):
    thrice = first("quantity", pl.col("quantity") * 3)
    # The largest figure of the latest year: the score rests on it.
    altered(decided, "energy", lambda rows: thrice(rows.sort("period_end", "quantity", descending=True)))
    now = firm_of(read_basis(decided.folder), decided.firm).tables["energy"]
    found = decided.replayed()
    (fact,) = found.facts
    assert (fact.table, fact.what, list(fact.now)) == ("energy", "altered", ["quantity"])
    assert decided.firm in fact.row
    assert float(fact.now["quantity"]) in now["quantity"].to_list()
    assert files(found) == [("facts", "basis/facts/energy.parquet")]
    assert found.verdict == "moved"
    assert any(value.part == "indicator" for value in found.moved)
    assert found.hash_again != found.hash_recorded
    assert "energy" in replay_text(found)
    assert "quantity is now" in replay_text(found)


def test_a_last_bit_is_named(decided):
    altered(decided, "energy", first("quantity", pl.col("quantity") * (1 + 2**-52)))
    assert [list(fact.now) for fact in decided.replayed().facts] == [["quantity"]]


def test_an_altered_fact_that_no_score_rests_on_is_named_beside_an_identical_decision(decided):
    altered(decided, "energy", first("page", pl.lit("a page that nobody wrote")))
    found = decided.replayed()
    assert found.verdict == "identical_altered"
    assert dict(found.facts[0].now) == {"page": "a page that nobody wrote"}


def test_rows_taken_out_put_in_and_emptied_are_named(decided):
    altered(decided, "energy", lambda rows: rows.tail(-1))
    assert [(fact.table, fact.what) for fact in decided.replayed().facts] == [("energy", "gone")]
    annual = first("revenue", pl.lit(None, dtype=pl.Float64))
    altered(decided, "annual", lambda rows: annual(rows.sort(pl.col("revenue").is_null(), "year")))
    emptied = next(fact for fact in decided.replayed().facts if fact.table == "annual")
    # A value that is gone has no digits that could tell its column.
    assert (emptied.what, dict(emptied.now)) == ("altered", {})


def test_an_added_row_is_named(decided):
    altered(
        decided, "energy", lambda rows: pl.concat([rows, rows.head(1).with_columns(site=pl.lit("new site"))])
    )
    (fact,) = decided.replayed().facts
    assert fact.what == "added"
    assert "new site" in fact.row


def test_rows_of_one_key_are_told_apart(decided):
    twice = lambda rows: pl.concat([rows, rows.head(1).with_columns(pl.col("quantity") + 1)])  # noqa: E731
    altered(decided, "energy", twice)
    assert [fact.what for fact in decided.replayed().facts] == ["added"]


def test_an_altered_factor_policy_and_model_are_named(decided):
    basis = decided.folder / BASIS
    factor = basis / "factors" / "grid_factors.parquet"
    pl.read_parquet(factor).tail(-1).write_parquet(factor)
    (basis / "policy.json").write_text("{}", encoding="utf-8")
    model = next(path for path in sorted((basis / "model").iterdir()) if path.is_file())
    model.write_bytes(model.read_bytes() + b"\n")
    found = decided.replayed()
    name = factor.relative_to(decided.folder).as_posix()
    assert {
        ("factors", name),
        ("policy", "basis/policy.json"),
        ("model", f"basis/model/{model.name}"),
    } <= set(files(found))
    assert found.verdict == "not_computed"
    assert "cannot be computed" in replay_text(found)


def test_who_alters_the_list_of_hashes_as_well_is_found_by_the_audit(decided):
    hashes = decided.folder / BASIS / "hashes.json"
    hashes.write_text(json.dumps(json.loads(hashes.read_text("utf-8"))), encoding="utf-8")
    assert files(decided.replayed()) == [("hashes", "basis/hashes.json")]
    # Without the audit nobody remembers what the list was.
    assert replay_application(decided.folder, decided.application).verdict == "identical"
    manifest = decided.folder / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8") + "\n", encoding="utf-8")
    assert ("manifest", "manifest.json") in files(decided.replayed())


def test_an_altered_result_row_is_found_and_the_decision_is_still_the_recorded_one(decided):
    file = decided.folder / "decisions.parquet"
    own = pl.col("application_id") == decided.application
    points = pl.when(own).then(pl.col("points") + 40).otherwise("points")
    pl.read_parquet(file).with_columns(points=points).write_parquet(file)
    found = decided.replayed()
    assert found.verdict == "identical_altered"
    assert files(found) == [("results", "decisions.parquet")]
    assert [(value.part, value.name) for value in found.moved] == [("decision", "points")]
    assert found.hash_kept != found.hash_again == found.hash_recorded


def test_an_altered_record_is_told(decided):
    with decided.store.write() as connection:
        # Whoever has the database can do that; the key is not in it.
        connection.execute(sa.text("DROP TRIGGER records_erase_only"))
        row = connection.execute(records.select().where(records.c.sequence == decided.record)).one()
        text = row.content.replace('"actor":"wang"', '"actor":"li"')
        connection.execute(
            records.update().where(records.c.sequence == decided.record).values(content=text, actor="li")
        )
    found = decided.replayed()
    assert [finding.what for finding in found.known.findings] == ["its content was altered"]
    assert found.verdict == "identical_altered"


def test_a_record_of_no_application_and_an_erased_one_cannot_be_replayed(decided, key, noon):
    with pytest.raises(StoreError, match="about no application"):
        decided.replayed(1)
    with decided.store.write() as connection:
        erase(connection, [decided.record], key=key, rule="ten years", actor="test", at=noon)
    with pytest.raises(StoreError, match="erased by rule"):
        decided.replayed()
    with pytest.raises(StoreError, match="no record 99"):
        decided.replayed(99)


def test_a_later_release_with_more_columns_and_other_labels_is_no_difference(decided):
    basis = read_basis(decided.folder)
    kept = one_application(read_results(decided.folder), decided.application)
    again = one_application(rescored(basis, firm_of(basis, decided.firm)), decided.application)
    later = replace(
        again,
        decisions=again.decisions.with_columns(policy_version=pl.lit("later"), something_new=pl.lit(1.0)),
        indicators=again.indicators.with_columns(new_indicator=pl.lit(2.0)),
        reasons=again.reasons.with_columns(new_text=pl.lit("x")),
        manifest={**again.manifest, "product_version": "99.0"},
    )
    assert moved(kept, later) == ()
    assert hash_with_labels_of(kept, later) == kept.decisions["record_hash"][0]
    assert [(one.name, one.now) for one in versions(kept, later)] == [("product_version", "99.0")]
    # What is no longer computed is told.
    fewer = replace(later, indicators=later.indicators.drop("leverage"))
    assert [(one.name, one.now) for one in moved(kept, fewer)] == [("leverage", ABSENT)]


def test_an_earlier_batch_whose_tables_lack_a_column_is_read(decided):
    file = decided.folder / BASIS / "facts" / "energy.parquet"
    frame = pl.read_parquet(file)
    frame.drop("site").with_columns(gone_since=pl.lit("x")).write_parquet(file)
    assert read_basis(decided.folder).facts.firm(decided.firm).tables["energy"].columns == frame.columns


def test_results_without_a_basis_cannot_be_computed(decided):
    (decided.folder / BASIS).rename(decided.folder.parent / "elsewhere")
    found = decided.replayed()
    assert found.verdict == "not_computed"
    assert isinstance(found.problem, GreenCreditError)
    assert "kept no basis" in found.problem.what
