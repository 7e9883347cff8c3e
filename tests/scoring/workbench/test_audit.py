"""The audit: whatever is done to a record behind the product's back is found, and nothing else is called wrong."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from features.errors import StoreError
from scoring.workbench.audit import (
    GENESIS,
    AuditKey,
    Head,
    append,
    erase,
    export_head,
    head_of,
    read_head,
    read_record,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scoring.workbench.store import Store


def unguard(connection: sa.Connection) -> None:
    """Take away what keeps the table append-only, as whoever owns the database could."""
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("DROP TRIGGER records_no_delete"))
        connection.execute(sa.text("DROP TRIGGER records_erase_only"))
    else:
        connection.execute(sa.text("DROP TRIGGER records_append_only ON records"))


def tamper(store: Store, *statements: str) -> None:
    with store.write() as connection:
        unguard(connection)
        for statement in statements:
            connection.execute(sa.text(statement))


def findings(store: Store, key: AuditKey, *known: Head) -> list[tuple[int, str]]:
    with store.read() as connection:
        return [(found.sequence, found.what) for found in verify(connection, key=key, known=known).findings]


def test_a_whole_chain_verifies(written: Store, key: AuditKey) -> None:
    with written.read() as connection:
        found = verify(connection, key=key, known=[head_of(connection, key)])
    assert found.whole
    assert (found.records, found.erased, found.head.sequence) == (10, 0, 10)


def test_seals_are_what_the_formula_says(written: Store, key: AuditKey) -> None:
    # A twin that imports nothing of the chain.
    with written.read() as connection:
        rows = connection.execute(sa.text("SELECT * FROM records ORDER BY sequence")).mappings().all()
    previous = "0" * 64
    for row in rows:
        content = hmac.new(bytes.fromhex(row["salt"]), row["content"].encode(), hashlib.sha256).hexdigest()
        sealed = f'[{row["sequence"]},"{row["kind"]}","{row["at"]}","{content}","{previous}"]'
        previous = hmac.new(bytes.fromhex("5e" * 32), sealed.encode(), hashlib.sha256).hexdigest()
        assert row["seal"] == previous
    assert len(rows) == 10


@pytest.mark.parametrize(
    ("statement", "sequence", "word"),
    [
        (
            "UPDATE records SET content = replace(content, 'APP4', 'APP9') WHERE sequence = 5",
            5,
            "content was altered",
        ),
        ("UPDATE records SET kind = 'override' WHERE sequence = 5", 5, "seal does not fit"),
        (
            "UPDATE records SET at = '2026-03-02T12:00:00.000000+00:00' WHERE sequence = 5",
            5,
            "seal does not fit",
        ),
        ("UPDATE records SET application_id = 'APP9' WHERE sequence = 5", 5, "searched by differs"),
        ("UPDATE records SET content = NULL, salt = NULL WHERE sequence = 5", 5, "no erasure names it"),
        ("UPDATE records SET content = '{', salt = '' WHERE sequence = 5", 5, "content was altered"),
        ("DELETE FROM records WHERE sequence = 5", 5, "missing"),
        ("DELETE FROM records WHERE sequence = 1", 1, "missing"),
        ("DELETE FROM records WHERE sequence > 7", 7, "ends here"),
        ("UPDATE chain_head SET sequence = 9", 10, "ends here"),
    ],
)
def test_tampering_is_found_where_it_was_done(
    written: Store, key: AuditKey, statement: str, sequence: int, word: str
) -> None:
    tamper(written, statement)
    found = findings(written, key)
    assert any(at == sequence and word in what for at, what in found), found
    # What was not touched is not called wrong: a break reaches the next record at most.
    assert all(abs(at - sequence) <= 1 for at, _ in found), found


def test_two_records_that_changed_places_are_found(written: Store, key: AuditKey) -> None:
    tamper(
        written,
        "UPDATE records SET sequence = 99 WHERE sequence = 4",
        "UPDATE records SET sequence = 4 WHERE sequence = 5",
        "UPDATE records SET sequence = 5 WHERE sequence = 99",
    )
    assert {at for at, _ in findings(written, key)} >= {4, 5}


def test_an_end_cut_off_with_the_memory_of_it_is_found_by_an_exported_head(
    written: Store, key: AuditKey, tmp_path: Path
) -> None:
    with written.read() as connection:
        (tmp_path / "head.json").write_text(export_head(head_of(connection, key)), encoding="utf-8")
    tamper(
        written,
        "DELETE FROM records WHERE sequence > 7",
        "UPDATE chain_head SET sequence = 7, seal = (SELECT seal FROM records WHERE sequence = 7)",
    )
    # Nothing in the database tells: this is why heads are exported.
    assert findings(written, key) == []
    found = findings(written, key, read_head(tmp_path / "head.json"))
    assert [at for at, _ in found] == [10]


def test_a_record_added_without_the_key_is_found(written: Store, key: AuditKey, noon: dt.datetime) -> None:
    with written.write() as connection:
        other = AuditKey.parse("00" * 32)
        append(connection, key=other, kind="agree", content={"actor": "x"}, at=noon)
    assert [at for at, _ in findings(written, key)] == [11]


def test_erasing_leaves_a_chain_that_verifies_and_nothing_of_what_was_said(
    written: Store, key: AuditKey, noon: dt.datetime
) -> None:
    with written.write() as connection:
        erase(connection, [3, 4], key=key, rule="10 years after the loan", actor="admin", at=noon)
    with written.read() as connection:
        found = verify(connection, key=key)
        rows = connection.execute(sa.text("SELECT * FROM records WHERE sequence IN (3, 4)")).mappings().all()
        assert read_record(connection, 3).content is None
        assert read_record(connection, 11).content == {
            "actor": "admin",
            "rule": "10 years after the loan",
            "erased": [3, 4],
        }
    assert found.whole
    assert (found.records, found.erased) == (11, 2)
    for row in rows:
        assert {row[name] for name in ("content", "salt", "batch_id", "application_id", "actor")} == {None}


def test_erasures_and_records_that_are_not_there_cannot_be_erased(
    written: Store, key: AuditKey, noon: dt.datetime
) -> None:
    with written.write() as connection:
        erase(connection, [3], key=key, rule="r", actor="admin", at=noon)
    for sequence in (11, 99):
        with pytest.raises(StoreError, match=str(sequence)), written.write() as connection:
            erase(connection, [sequence], key=key, rule="r", actor="admin", at=noon)
    assert findings(written, key) == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM records WHERE sequence = 3",
        "UPDATE records SET kind = 'override' WHERE sequence = 3",
        "UPDATE records SET content = '{}' WHERE sequence = 3",
        "UPDATE records SET seal = 'x', content = NULL, salt = NULL WHERE sequence = 3",
    ],
)
def test_the_database_itself_refuses_what_is_not_an_erasure(
    written: Store, key: AuditKey, statement: str
) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), written.write() as connection:
        connection.execute(sa.text(statement))
    assert findings(written, key) == []


def test_what_fails_after_a_record_takes_the_record_back(
    written: Store, key: AuditKey, noon: dt.datetime
) -> None:
    def fail() -> None:
        with written.write() as connection:
            append(connection, key=key, kind="agree", content={"actor": "li"}, at=noon)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with written.read() as connection:
        assert verify(connection, key=key).records == 10


def test_writers_at_the_same_time_give_one_chain(store: Store, key: AuditKey, noon: dt.datetime) -> None:
    def write(number: int) -> None:
        with store.write() as connection:
            append(connection, key=key, kind="agree", content={"actor": f"p{number}"}, at=noon)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(60)))
    with store.read() as connection:
        found = verify(connection, key=key)
        actors = connection.execute(sa.text("SELECT actor FROM records")).scalars().all()
    assert found.whole
    assert sorted(actors) == sorted(f"p{number}" for number in range(60))


def test_a_record_needs_a_kind_and_a_time_zone(store: Store, key: AuditKey, noon: dt.datetime) -> None:
    for kind, at in (("gossip", noon), ("agree", noon.replace(tzinfo=None))):
        with pytest.raises(StoreError, match="kind"), store.write() as connection:
            append(connection, key=key, kind=kind, content={}, at=at)


def test_times_are_kept_in_utc(store: Store, key: AuditKey) -> None:
    beijing = dt.datetime(2026, 3, 2, 20, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    with store.write() as connection:
        record = append(connection, key=key, kind="agree", content={}, at=beijing)
    assert record.link.at == "2026-03-02T12:00:00.000000+00:00"
    assert record.link.previous == GENESIS


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "ab" * 31, "ab" * 31 + "a"])
def test_a_key_that_is_none_is_refused_and_never_shown(text: str) -> None:
    with pytest.raises(StoreError, match="hexadecimal"):
        AuditKey.from_environment({"GREENCREDIT_AUDIT_KEY": text} if text else {})
    assert "5e5e" not in repr(AuditKey.parse("5e" * 32))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-5],
        lambda _: "[]",
        lambda _: "\x00",
        lambda text: json.dumps({**json.loads(text), "seal": "x"}),
        lambda text: json.dumps({**json.loads(text), "sequence": -1}),
    ],
)
def test_a_head_file_that_is_none_is_refused_by_name(tmp_path: Path, spoil: Callable[[str], str]) -> None:
    file = tmp_path / "head.json"
    file.write_text(spoil(export_head(Head(sequence=1, seal="a" * 64, key="k"))), encoding="utf-8")
    with pytest.raises(StoreError, match=r"head\.json"):
        read_head(file)
