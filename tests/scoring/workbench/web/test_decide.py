"""Deciding in the browser: who sees which form, what is recorded, what is refused and kept."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from scoring.basis import fact_seals, firm_of, read_basis
from scoring.workbench.applicant import address_of
from scoring.workbench.audit import verify
from scoring.workbench.audit.search import history
from scoring.workbench.batches import take_in
from scoring.workbench.review import FACT_SEALS, open_review, standing_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scoring.workbench.web import Workbench

WHY = "A guarantee was handed in <script>alert(1)</script> =1+1 \u202e"
UNTIL = "2026-06-30"


@pytest.fixture
def case(workbench: Workbench, two_batches: tuple[Path, Path], hostile: tuple[str, str]) -> Any:
    """Batch and application, waiting for a person."""
    batch = take_in(workbench.store, two_batches[1], key=workbench.key, actor="test", at=workbench.clock())
    with workbench.store.write() as connection:
        open_review(connection, batch, hostile[0], origin="upload")
    return batch, hostile[0]


@pytest.fixture
def send(signed_in: Callable, case: Any) -> Callable[..., Any]:
    """Send a form of the page as a person: ``send(login, kind, field=value)``; what was seen is on the page."""

    def sent(login: str, kind: str, *, seen: str | None = None, **fields: Any) -> Any:
        browser = signed_in(login)
        page = browser.get(address_of(*case, "decide")).text
        found = re.search(r'name="seen" value="(\d+)"', page)
        last = seen if seen is not None else found[1] if found else "0"
        where = "sign" if kind in {"signature", "refusal"} else "decide"
        return browser.fill_in(address_of(*case, where), kind=kind, seen=last, **fields)

    return sent


@pytest.fixture
def standing(workbench: Workbench, case: Any) -> Callable[[], Any]:
    def now() -> Any:
        with workbench.store.read() as connection:
            return standing_of(connection, *case)

    return now


@pytest.fixture
def records(workbench: Workbench, case: Any) -> Callable[[], list[dict[str, Any]]]:
    def found() -> list[dict[str, Any]]:
        with workbench.store.read() as connection:
            return list(history(connection, *case))

    return found


def override(send: Callable, login: str = "officer", **changed: Any) -> Any:
    return send(
        login, "override", **({"grade": "BBB", "reason": "other", "expires_on": UNTIL, "text": WHY} | changed)
    )


@pytest.mark.parametrize(
    ("login", "sees"),
    [
        ("officer", True),
        ("reviewer", True),
        ("modeller", False),
        ("auditor", False),
        ("administrator", False),
    ],
)
def test_who_may_not_decide_sees_no_form(signed_in: Callable, case: Any, login: str, sees: bool) -> None:
    text = signed_in(login).get(address_of(*case, "decide")).text
    assert ('name="kind" value="agree"' in text) is sees
    assert ("does not decide" in text) is not sees


def test_agreeing_is_recorded_with_the_facts_it_rests_on(
    send: Callable, standing: Callable, records: Callable, case: Any, two_batches: Any, signed_in: Callable
) -> None:
    answer = send("officer", "agree", text="")
    assert answer.status_code == 303
    page = signed_in("officer").get(answer.headers["location"]).text
    (record,) = records()
    assert f"Recorded as number {record['sequence']}." in page
    assert standing().state == "agreed"
    basis = read_basis(two_batches[1])
    decisions = pl.read_parquet(two_batches[1] / "decisions.parquet")
    firm = decisions.filter(pl.col("application_id") == case[1])["firm_id"][0]
    assert record["content"][FACT_SEALS] == fact_seals(firm_of(basis, firm))
    assert len(record["content"][FACT_SEALS]["energy"]) > 3


def test_an_override_waits_for_another_person(
    send: Callable,
    standing: Callable,
    signed_in: Callable,
    case: Any,
    records: Callable,
    workbench: Workbench,
) -> None:
    assert override(send, "reviewer").status_code == 303
    now = standing()
    assert (now.state, now.override_grade) == ("awaiting_signature", None)
    # What waits says nothing of the seals: they are for the record.
    assert FACT_SEALS not in now.proposal
    own = signed_in("reviewer").get(address_of(*case, "decide")).text
    assert "second signature must be another person" in own
    assert 'value="signature"' not in own
    # Sent all the same, it is refused.
    assert send("reviewer", "signature").status_code == 400
    # An officer may not sign at all.
    assert send("officer", "signature").status_code == 403
    assert len(records()) == 1
    with workbench.store.read() as connection:
        assert verify(connection, key=workbench.key).whole


def test_the_second_signature_puts_the_override_in_force(
    send: Callable, standing: Callable, signed_in: Callable, case: Any, records: Callable
) -> None:
    override(send)
    waiting = signed_in("reviewer").get(address_of(*case, "decide")).text
    assert "Waits for a second signature" in waiting
    assert "&lt;script&gt;" in waiting
    assert "<script>alert" not in waiting
    assert send("reviewer", "signature", text="").status_code == 303
    now = standing()
    assert (now.state, now.grade, now.expires_on) == ("overridden", "BBB", dt.date.fromisoformat(UNTIL))
    assert [row["kind"] for row in records()] == ["override", "signature"]
    page = signed_in("auditor").get(address_of(*case)).text
    assert "instead of" in page


def test_a_refused_signature_opens_the_application_again(send: Callable, standing: Callable) -> None:
    override(send)
    assert send("reviewer", "refusal", text="no").status_code == 400
    assert send("reviewer", "refusal", text="The guarantee is not signed.").status_code == 303
    assert standing().state == "open"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"text": "short"}, "reason in words"),
        ({"grade": "Z"}, "unknown grade"),
        ({"reason": ""}, "unknown reason"),
        ({"expires_on": ""}, "last day"),
        ({"expires_on": "2020-01-01"}, "not into the past"),
        ({"expires_on": "2099-01-01"}, "at most"),
    ],
)
def test_what_is_wrong_is_told_at_the_form_and_what_was_typed_is_kept(
    send: Callable, records: Callable, changed: dict[str, str], told: str
) -> None:
    answer = override(send, **changed)
    assert answer.status_code == 400
    form = answer.text.partition('id="override"')[2].partition("</section>")[0]
    assert told in form
    assert 'role="alert"' in form
    if "text" not in changed:
        assert "A guarantee was handed in &lt;script&gt;" in form
    if "grade" not in changed:
        assert 'value="BBB" selected' in form
    if "expires_on" not in changed:
        assert f'value="{UNTIL}"' in form
    assert answer.text.count('role="alert"') == 1
    assert records() == []


def test_sending_back_names_documents(send: Callable, standing: Callable, records: Callable) -> None:
    documents = re.findall(
        r'name="documents" value="([a-z_0-9]+)"', send("officer", "send_back", text="no").text
    )
    assert len(documents) == len(set(documents)) > 5
    chosen = documents[:2]
    sent = send(
        "officer", "send_back", documents=[*chosen, "no_such_document"], text="The reports are missing."
    )
    assert sent.status_code == 303
    assert standing().state == "sent_back"
    assert records()[-1]["content"]["documents"] == chosen


def test_an_appeal_opens_what_was_decided(send: Callable, standing: Callable) -> None:
    assert send("officer", "appeal", text="Before anything was decided.").status_code == 400
    send("officer", "agree", text="")
    assert send("officer", "appeal", text="The firm sent its meter readings.").status_code == 303
    assert (standing().state, standing().origin) == ("open", "appeal")


def test_somebody_who_acted_meanwhile_is_a_conflict_and_nothing_typed_is_lost(
    send: Callable, records: Callable
) -> None:
    send("officer", "agree", text="")
    answer = override(send, "reviewer", seen="0")
    assert answer.status_code == 400
    assert "Somebody acted on this application" in answer.text
    assert "A guarantee was handed in" in answer.text
    assert len(records()) == 1


@pytest.mark.parametrize(
    "fields", [{"kind": "signature"}, {"kind": "correction"}, {"kind": ""}, {"seen": "x"}]
)
def test_a_form_that_the_page_does_not_have_is_refused(
    signed_in: Callable, case: Any, records: Callable, fields: dict[str, str]
) -> None:
    answer = signed_in("reviewer").fill_in(
        address_of(*case, "decide"), **({"kind": "agree", "seen": "0", "text": ""} | fields)
    )
    assert answer.status_code == 400
    assert records() == []


def test_a_form_cannot_say_what_the_server_finds_out(send: Callable, records: Callable) -> None:
    send("officer", "agree", text="", fact_seals="forged", grade="AAA", record_hash="forged", actor="nobody")
    content = records()[-1]["content"]
    assert content[FACT_SEALS] != "forged"
    assert "grade" not in content
    assert content["record_hash"] != "forged"
    assert content["actor"] == "officer"
