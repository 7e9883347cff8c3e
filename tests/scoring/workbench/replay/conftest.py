"""A copy of a batch that may be altered, with a store in which somebody agreed with one of its decisions."""

from __future__ import annotations

import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from scoring.basis import fact_seals, firm_of, read_basis
from scoring.policy import load_policy
from scoring.results import read_results
from scoring.workbench.batches import take_in
from scoring.workbench.replay import replay_record
from scoring.workbench.review import FACT_SEALS, Act, act, open_review
from scoring.workbench.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def decided(two_batches: tuple[Path, Path], tmp_path: Path, key, noon) -> Iterator[SimpleNamespace]:
    folder = tmp_path / "scores"
    shutil.copytree(two_batches[0], folder)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = open_store(url)
    batch = take_in(store, folder, key=key, actor="test", at=noon)
    decisions = read_results(folder).decisions
    energy = read_basis(folder).facts.firms(decisions["firm_id"].to_list()).tables["energy"]
    # A firm with energy whose application the policy may have decided by itself or not.
    row = next(r for r in decisions.iter_rows(named=True) if r["firm_id"] in set(energy["firm_id"]))
    application, firm = row["application_id"], row["firm_id"]
    seals = fact_seals(firm_of(read_basis(folder), firm))
    with store.write() as connection:
        open_review(connection, batch, application, origin="policy")
        move = Act(
            kind="agree",
            batch_id=batch,
            application_id=application,
            actor="wang",
            says={},
            computed={FACT_SEALS: seals},
        )
        _, record = act(connection, move, key=key, policy=load_policy(), at=noon)

    def replayed(sequence: int = record.link.sequence):
        with store.read() as connection:
            return replay_record(connection, sequence, key=key)

    yield SimpleNamespace(
        folder=folder, store=store, url=url, batch=batch, application=application, firm=firm,
        record=record.link.sequence, replayed=replayed,
    )  # fmt: skip
    store.close()
