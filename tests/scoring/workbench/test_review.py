"""What people decide: allowed moves, second signatures, ends of overrides; and records that give the standing back."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from features.errors import StoreError
from scoring.policy import Policy, load_policy
from scoring.policy.sections import SignatureRules
from scoring.workbench.audit import AuditKey, read_record, verify
from scoring.workbench.review import Act, Standing, act, open_review, replayed, standing_of
from scoring.workbench.review.standing import STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoring.workbench.store import Store

WHY = "The boiler was replaced in February, invoice seen."
OVERRIDE = {"grade": "BBB", "reason": "recent_event", "text": WHY, "expires_on": "2026-09-01"}
CORRECTION = {"facts": [{"table": "energy", "value": 1}], "document": "invoice 7", "text": WHY}

Do = "Callable[..., Standing]"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy().model_copy(update={"signatures": SignatureRules(agree_from_amount=5000.0)})


@pytest.fixture
def do(with_batch: Store, key: AuditKey, noon: dt.datetime, policy: Policy) -> Callable[..., Standing]:
    def made(
        kind: str,
        actor: str,
        application: str = "A1",
        *,
        seen: int | None = None,
        at: dt.datetime = noon,
        **says: Any,
    ) -> Standing:
        move = Act(kind=kind, batch_id="b1", application_id=application, actor=actor, says=says, seen=seen)
        with with_batch.write() as connection:
            if standing_of(connection, "b1", application).state == "automatic" and kind == "agree":
                open_review(connection, "b1", application, origin="policy")
            return act(connection, move, key=key, policy=policy, at=at)[0]

    return made


def test_one_person_agrees_to_a_small_amount(do: Do, with_batch: Store, key: AuditKey) -> None:
    after = do("agree", "wang", text="all seen")
    assert (after.state, after.grade, after.signers) == ("agreed", "BB", ("wang",))
    with with_batch.read() as connection:
        assert standing_of(connection, "b1", "A1") == after
        content = read_record(connection, 1).content
        assert verify(connection, key=key).whole
    assert content is not None
    assert (content["actor"], content["application_id"], content["record_hash"]) == ("wang", "A1", "1" * 64)


@pytest.mark.parametrize("application", ["A2", "A3"])  # an amount that is not known, and a large one
def test_a_large_or_unknown_amount_asks_for_two_people(do: Do, application: str) -> None:
    assert do("agree", "wang", application).state == "awaiting_signature"
    with pytest.raises(StoreError, match="Nobody signs twice"):
        do("signature", "wang", application)
    assert do("signature", "li", application).state == "agreed"


def test_an_override_holds_once_a_second_person_signed_and_until_its_last_day(
    do: Do, with_batch: Store
) -> None:
    waiting = do("override", "wang", "A0", **OVERRIDE)
    assert (waiting.state, waiting.grade) == ("awaiting_signature", "BB")
    after = do("signature", "li", "A0")
    assert (after.state, after.grade, after.signers) == ("overridden", "BBB", ("wang", "li"))
    assert after.on(dt.date(2026, 9, 1)).grade == "BBB"
    over = after.on(dt.date(2026, 9, 2))
    assert (over.state, over.grade) == ("open", "BB")
    late = dt.datetime(2026, 9, 2, tzinfo=dt.UTC)
    assert do("agree", "wang", "A0", at=late).grade == "BB"


def test_who_refuses_to_sign_sends_it_back_into_the_queue(do: Do) -> None:
    do("override", "wang", **OVERRIDE)
    after = do("refusal", "li", text="The invoice is of another firm.")
    assert (after.state, after.grade, after.signers) == ("open", "BB", ())
    # Whoever refused may decide, and the first may sign then.
    do("override", "li", **OVERRIDE)
    assert do("signature", "wang").grade == "BBB"


def test_evidence_is_asked_for_and_then_decided_upon(do: Do) -> None:
    do("agree", "wang")
    do("appeal", "zhao", text="The firm says its meter was wrong.")
    assert (
        do("send_back", "wang", text="Please hand in the invoices.", documents=["energy_bills"]).state
        == "sent_back"
    )
    assert do("agree", "li").state == "agreed"


def test_a_correction_always_needs_a_second_eye_and_is_no_override(do: Do) -> None:
    waiting = do("correction", "wang", **CORRECTION)
    assert waiting.state == "awaiting_signature"
    after = do("signature", "li")
    assert (after.state, after.override_grade) == ("corrected", None)


@pytest.mark.parametrize(
    ("kind", "says", "word"),
    [
        ("override", {**OVERRIDE, "grade": "BBBB"}, "BBB"),
        ("override", {**OVERRIDE, "reason": "resent_event"}, "recent_event"),
        ("override", {**OVERRIDE, "text": "ok"}, "words"),
        ("override", {**OVERRIDE, "expires_on": "2026-03-01"}, "2026-03-02"),
        ("override", {**OVERRIDE, "expires_on": "2027-03-03"}, "2027-03-02"),
        ("override", {**OVERRIDE, "expires_on": "soon"}, "YYYY-MM-DD"),
        ("override", {}, "words"),
        ("send_back", {}, "words"),
        ("correction", {"text": WHY}, "document"),
    ],
)
def test_what_says_too_little_is_not_recorded(
    do: Do, with_batch: Store, key: AuditKey, kind: str, says: dict[str, Any], word: str
) -> None:
    do("agree", "wang")
    do("appeal", "zhao", text="The firm says its meter was wrong.")
    with pytest.raises(StoreError, match=word):
        do(kind, "wang", **says)
    with with_batch.read() as connection:
        assert verify(connection, key=key).records == 2


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        ([], "signature"),
        ([], "refusal"),
        ([("agree", "wang", {})], "agree"),
        ([("agree", "wang", {})], "send_back"),
        ([("override", "wang", OVERRIDE)], "override"),
        ([("override", "wang", OVERRIDE)], "agree"),
        ([("override", "wang", OVERRIDE)], "appeal"),
        ([("override", "wang", OVERRIDE), ("signature", "li", {})], "signature"),
    ],
)
def test_a_move_that_is_not_allowed_from_here_is_refused(
    do: Do, before: list[tuple[str, str, dict[str, Any]]], kind: str
) -> None:
    for made, actor, says in before:
        do(made, actor, **says)
    says = {**OVERRIDE, **CORRECTION} if kind == "override" else {"text": WHY}
    with pytest.raises(StoreError, match="cannot be done now"):
        do(kind, "chen", **says)


def test_who_looked_at_an_older_page_is_told_so(do: Do) -> None:
    first = do("agree", "wang", seen=0)
    do("appeal", "zhao", text="The firm says its meter was wrong.", seen=first.sequence)
    with pytest.raises(StoreError, match="since the page was loaded"):
        do("override", "li", seen=first.sequence, **OVERRIDE)


def test_of_two_people_who_decide_at_the_same_time_one_is_refused(
    do: Do, with_batch: Store, key: AuditKey
) -> None:
    def attempt(name: str) -> bool:
        try:
            do("send_back", name, "A1", seen=0, text="Please hand in the invoices.")
        except StoreError:
            return False
        return True

    with with_batch.write() as connection:
        open_review(connection, "b1", "A1", origin="policy")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(attempt, ["wang", "li", "zhao", "chen"]))
    assert sum(made) == 1
    with with_batch.read() as connection:
        assert verify(connection, key=key).records == 1


def test_the_records_give_the_standing_back(do: Do, with_batch: Store) -> None:
    do("agree", "wang")
    do("appeal", "zhao", text="The firm says its meter was wrong.")
    do("override", "wang", **OVERRIDE)
    do("refusal", "li", text="The invoice is of another firm.")
    do("override", "wang", **OVERRIDE)
    kept = do("signature", "li")
    with with_batch.read() as connection:
        records = [read_record(connection, number) for number in range(1, 7)]
    assert all(record.content is not None for record in records)
    again = replayed(
        Standing(state="open", origin="policy", policy_grade="BB", points_shown=611),
        [(r.link.sequence, r.link.kind, r.content or {}) for r in records],
    )
    assert again == kept


def test_an_application_that_is_not_there_is_refused(do: Do) -> None:
    with pytest.raises(StoreError, match="no application X"):
        do("override", "wang", "X", **OVERRIDE)


def test_opening_a_review_twice_changes_nothing(do: Do, with_batch: Store) -> None:
    done = do("agree", "wang")
    with with_batch.write() as connection:
        open_review(connection, "b1", "A1", origin="sample")
        assert standing_of(connection, "b1", "A1") == done
        assert connection.execute(sa.text("SELECT count(*) FROM reviews")).scalar() == 1


def test_every_state_has_a_name_in_both_languages() -> None:
    assert all(en and zh for en, zh in STATES.values())
