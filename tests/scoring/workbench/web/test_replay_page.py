"""The page of a replay: linked from the record, in both languages, harmless with hostile ids."""

from __future__ import annotations

import shutil

import polars as pl
import pytest

from scoring.basis import BASIS, fact_seals, firm_of, read_basis
from scoring.results import read_results
from scoring.workbench.batches import take_in
from scoring.workbench.review import FACT_SEALS, Act, act, open_review


@pytest.fixture
def case(workbench, two_batches, hostile, tmp_path):
    """Number of a record on the hostile application, its firm and the folder of the batch."""
    folder = tmp_path / "scores"
    shutil.copytree(two_batches[1], folder)
    batch = take_in(workbench.store, folder, key=workbench.key, actor="test", at=workbench.clock())
    own = read_results(folder).decisions.filter(pl.col("application_id") == hostile[0])
    seals = fact_seals(firm_of(read_basis(folder), own["firm_id"][0]))
    move = Act(
        kind="agree", batch_id=batch, application_id=hostile[0], actor="wang", computed={FACT_SEALS: seals}
    )
    with workbench.store.write() as connection:
        open_review(connection, batch, hostile[0], origin="policy")
        _, record = act(connection, move, key=workbench.key, policy=workbench.policy, at=workbench.clock())
    return record.link.sequence, own["firm_id"][0], folder


def test_an_auditor_replays_from_the_record(signed_in, case):
    browser = signed_in("auditor")
    path = f"/audit/records/{case[0]}/replay"
    assert path in browser.get(f"/audit/records/{case[0]}").text
    page = browser.get(path)
    assert page.status_code == 200
    assert "bit for bit" in page.text
    assert "<b>" not in page.text
    assert "逐位相同" in browser.get(path, headers={"accept-language": "zh"}).text


def test_an_altered_fact_is_named_on_the_page(signed_in, case):
    _, firm, folder = case
    file = folder / BASIS / "facts" / "firms.parquet"
    frame = pl.read_parquet(file)
    name = pl.when(pl.col("firm_id") == firm).then(pl.lit("<script>alert(2)</script>")).otherwise("name")
    frame.with_columns(name=name).write_parquet(file)
    page = signed_in("reviewer").get(f"/audit/records/{case[0]}/replay").text
    assert "basis/facts/firms.parquet" in page
    assert "name: <bdi>&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_a_record_without_an_application_says_so(signed_in, case):
    answer = signed_in("auditor").get("/audit/records/1/replay")
    assert answer.status_code == 400
    assert "about no application" in answer.text
