"""People: what is taken and what is not, sign-ins and their lock-out, sessions and their ends."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from features.errors import StoreError
from scoring.workbench.audit import AuditKey, read_record, verify
from scoring.workbench.people import (
    ROLES,
    Permission,
    Role,
    add_person,
    change_person,
    end_session,
    passwords,
    person_of,
    read_session,
    sign_in,
    start_session,
)
from scoring.workbench.people.lockout import LOGIN_FAILURES, WINDOW
from scoring.workbench.people.passwords import check_password, hash_password, matches
from scoring.workbench.people.permissions import PERMISSIONS, ROLE_NAMES
from scoring.workbench.people.sessions import IDLE, LIFE, csrf_of, use_session

if TYPE_CHECKING:
    from scoring.workbench.store import Store

PASSWORD = "四月的雨 and nine grey geese"  # noqa: S105  (of nobody)

WRONG = "wrong"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes a hash slow is not what is tested here."""
    passwords._nobody.cache_clear()
    monkeypatch.setattr(
        passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    )


@pytest.fixture
def staffed(store: Store, key: AuditKey, noon: dt.datetime) -> Store:
    with store.write() as connection:
        for login, role in (("chief", "administrator"), ("wang", "officer")):
            add_person(
                connection,
                login=login,
                name=login.title(),
                role=role,
                password=PASSWORD,
                key=key,
                actor="first start",
                at=noon,
            )
    return store


def attempt(
    store: Store, now: dt.datetime, password: str = PASSWORD, login: str = "wang", address: str = "::1"
) -> bool:
    return sign_in(store, login=login, password=password, address=address, now=now) is not None


def test_the_right_password_signs_in_however_the_login_is_typed(staffed: Store, noon: dt.datetime) -> None:
    assert attempt(staffed, noon, login=" Wang ")
    # Full-width digits and letters are the same characters on another keyboard.
    assert attempt(staffed, noon, password=PASSWORD.replace("and", "ａｎｄ"))


@pytest.mark.parametrize(
    ("login", "password"), [("wang", PASSWORD + "!"), ("nobody", PASSWORD), ("", ""), ("wang", "x" * 100_000)]
)
def test_anything_else_does_not(staffed: Store, noon: dt.datetime, login: str, password: str) -> None:
    assert not attempt(staffed, noon, login=login, password=password)


def test_too_many_failures_lock_a_login_for_a_while_even_for_the_right_password(
    staffed: Store, noon: dt.datetime
) -> None:
    for _ in range(LOGIN_FAILURES):
        assert not attempt(staffed, noon, password=WRONG)
    assert not attempt(staffed, noon)
    assert attempt(staffed, noon, login="chief", address="10.0.0.9")
    assert attempt(staffed, noon + WINDOW + dt.timedelta(seconds=1))


def test_an_address_that_tries_many_logins_is_locked(staffed: Store, noon: dt.datetime) -> None:
    for number in range(50):
        attempt(staffed, noon, login=f"guess{number}", password=WRONG, address="10.0.0.7")
    assert not attempt(staffed, noon, address="10.0.0.7")
    assert attempt(staffed, noon, address="10.0.0.8")


def test_a_sign_in_clears_the_failures_before_it(staffed: Store, noon: dt.datetime) -> None:
    for _ in range(3):
        for _ in range(LOGIN_FAILURES - 1):
            attempt(staffed, noon, password=WRONG)
        assert attempt(staffed, noon)


@pytest.mark.parametrize(
    "password", ["short", "password1234", "aaaaaaaaaaaaaaaa", "administrator1", "wangwangwangwang", "x" * 129]
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(StoreError, match="not taken"):
        check_password(password, login="wang")


def test_a_hash_says_nothing_and_only_fits_its_password() -> None:
    hashed = hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$")
    assert hashed != hash_password(PASSWORD)
    assert matches(hashed, PASSWORD)
    assert not matches(hashed, PASSWORD + " ")
    assert not matches("no hash", PASSWORD)
    assert not matches(None, PASSWORD)


def test_changes_are_in_the_audit_without_a_password(
    staffed: Store, key: AuditKey, noon: dt.datetime
) -> None:
    with staffed.write() as connection:
        change_person(
            connection, "wang", key=key, actor="chief", at=noon, role="reviewer", password=PASSWORD + "2"
        )
        assert person_of(connection, "wang").role is Role.reviewer
        assert read_record(connection, 3).content == {
            "actor": "chief",
            "login": "wang",
            "change": {"role": "reviewer", "password": "changed"},
        }
        assert verify(connection, key=key).whole
        texts = connection.execute(sa.text("SELECT content FROM records")).scalars().all()
    assert not any("argon2" in text or "geese" in text for text in texts)


@pytest.mark.parametrize("change", [{"active": False}, {"role": "officer"}])
def test_somebody_must_be_left_to_administrate(
    staffed: Store, key: AuditKey, noon: dt.datetime, change: dict[str, Any]
) -> None:
    with pytest.raises(StoreError, match="Nobody would be left"), staffed.write() as connection:
        change_person(connection, "chief", key=key, actor="chief", at=noon, **change)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"login": "Wang Li"}, "small letters"),
        ({"login": "wang"}, "exists"),
        ({"role": "oficer"}, "officer"),
        ({"name": " "}, "name"),
        ({"password": "short"}, "not taken"),
    ],
)
def test_what_makes_no_person_is_refused(
    staffed: Store, key: AuditKey, noon: dt.datetime, given: dict[str, Any], word: str
) -> None:
    whole = {"login": "li", "name": "Li", "role": "officer", "password": PASSWORD, **given}
    with pytest.raises(StoreError, match=word), staffed.write() as connection:
        add_person(connection, key=key, actor="chief", at=noon, **whole)


def test_a_session_lasts_while_it_is_used_and_no_longer_than_a_day_of_work(
    staffed: Store, key: AuditKey, noon: dt.datetime
) -> None:
    with staffed.write() as connection:
        wang = person_of(connection, "wang")
        token = start_session(connection, wang, now=noon)
        session = read_session(connection, token, now=noon)
        assert session.person == wang
        assert session.csrf == csrf_of(token) != csrf_of(token + "x")
        assert read_session(connection, token + "x", now=noon) is None
        assert read_session(connection, token, now=noon + IDLE) is None
        now = noon
        while now + IDLE / 2 < noon + LIFE:
            now += IDLE / 2
            assert read_session(connection, token, now=now).stale
            use_session(connection, token, now=now)
            assert not read_session(connection, token, now=now).stale
        assert read_session(connection, token, now=noon + LIFE) is None
        # The token itself stands nowhere.
        assert token not in str(connection.execute(sa.text("SELECT * FROM sessions")).all())


def test_signing_out_and_being_changed_end_a_session(
    staffed: Store, key: AuditKey, noon: dt.datetime
) -> None:
    with staffed.write() as connection:
        wang = person_of(connection, "wang")
        one, two = (start_session(connection, wang, now=noon) for _ in range(2))
        end_session(connection, one)
        assert read_session(connection, one, now=noon) is None
        assert read_session(connection, two, now=noon) is not None
        change_person(connection, "wang", key=key, actor="chief", at=noon, active=False)
        assert read_session(connection, two, now=noon) is None
    assert not attempt(staffed, noon)


def test_an_auditor_reads_only_and_whoever_gives_rights_does_not_decide() -> None:
    acting = {
        Permission.decide,
        Permission.sign,
        Permission.correct,
        Permission.upload,
        Permission.score,
    }
    managing = {Permission.manage_people, Permission.manage_batches}
    assert not ROLES[Role.auditor] & (acting | managing)
    assert not ROLES[Role.administrator] & acting
    assert all(not ROLES[role] & managing for role in Role if role is not Role.administrator)


def test_every_role_and_permission_has_a_name_in_both_languages() -> None:
    assert set(PERMISSIONS) == set(Permission)
    assert set(ROLE_NAMES) == set(ROLES) == set(Role)
    assert all(en and zh for en, zh in (*PERMISSIONS.values(), *ROLE_NAMES.values()))
