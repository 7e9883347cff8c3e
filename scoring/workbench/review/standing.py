"""Where an application stands: a pure function of its records, in their order.

::

    automatic ──────────────── appeal ──────────────┐
        │ (policy, sample, upload)                  ▼
        └────────────────► open ── send_back ─► sent_back ── (anything that open allows)
                             │
             agree / override / correction
                             │
              one signature ─┴─ two signatures
                    │                 │
                    ▼                 ▼
       agreed, overridden,   awaiting_signature ── signature (another person) ─► agreed, overridden, corrected
       corrected                      └─────────── refusal ─► open

An override ends by itself after its last day: the policy's grade is then in force again and the application open.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from features.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "DECIDES",
    "FACT_SEALS",
    "ORIGINS",
    "STATES",
    "Standing",
    "moves_from",
    "replayed",
    "standing_after",
]

FACT_SEALS = "fact_seals"
"""Key of a record with the hash of every fact that the decision rests on (:func:`scoring.basis.fact_seals`): it names a fact
that was altered since. It is for the record alone; no standing carries it."""

STATES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "automatic": ("Decided by the policy", "系统自动决定"),
        "open": ("Needs a person", "待人工复核"),
        "awaiting_signature": ("Needs a second signature", "待第二人签字"),
        "sent_back": ("Sent back for evidence", "退回补充材料"),
        "agreed": ("Agreed", "已同意"),
        "overridden": ("Overridden", "已推翻"),
        "corrected": ("Fact corrected, scored again", "数据已更正并重新评分"),
    }
)
"""States with their names in English and Chinese."""

ORIGINS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "policy": ("A rule of the policy", "政策规则"),
        "sample": ("Drawn for review", "抽样复核"),
        "upload": ("A workbook that was handed in", "上传文件"),
        "appeal": ("Appeal of the applicant", "申请人申诉"),
        "person": ("Taken up by a person", "人工发起"),
    }
)
"""Why a person looks at an application."""

DECIDES: Mapping[str, str] = MappingProxyType(
    {"agree": "agreed", "override": "overridden", "correction": "corrected"}
)
"""Moves that decide, and the state that each leads to once everybody signed who must."""

_FROM: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "agree": frozenset({"open", "sent_back"}),
        "override": frozenset({"automatic", "open", "sent_back", "agreed", "overridden"}),
        "correction": frozenset({"automatic", "open", "sent_back", "agreed", "overridden"}),
        "send_back": frozenset({"open", "sent_back"}),
        "appeal": frozenset({"automatic", "agreed", "overridden", "corrected"}),
        "signature": frozenset({"awaiting_signature"}),
        "refusal": frozenset({"awaiting_signature"}),
    }
)
"""States from which each move may be made."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an application stands.

    Parameters
    ----------
    state
        One of :data:`STATES`.
    origin
        One of :data:`ORIGINS`; empty where nobody needed to look.
    policy_grade
        Grade of the policy.
    points_shown
        Points of the score, whole.
    override_grade
        Grade of an override that everybody signed; ``None`` without one.
    expires_on
        Last day of the override.
    proposal
        Move that waits for a signature, with what it says; ``None`` where none waits.
    signers
        People who signed the proposal, or the decision.
    signatures_needed
        People who must sign.
    sequence
        Number of the last record; 0 where there is none.
    """

    state: str
    origin: str
    policy_grade: str
    points_shown: int
    override_grade: str | None = None
    expires_on: dt.date | None = None
    proposal: Mapping[str, Any] | None = None
    signers: tuple[str, ...] = ()
    signatures_needed: int = 1
    sequence: int = 0

    def on(self, day: dt.date) -> Standing:
        """Return the standing on a day: an override is over after its last one."""
        if self.override_grade is None or self.expires_on is None or day <= self.expires_on:
            return self
        state = "open" if self.state == "overridden" else self.state
        return replace(self, state=state, override_grade=None, expires_on=None)

    @property
    def grade(self) -> str:
        """The grade in force."""
        return self.override_grade or self.policy_grade


def standing_after(standing: Standing, kind: str, content: Mapping[str, Any], *, sequence: int) -> Standing:
    """Return where the application stands after one more record.

    Parameters
    ----------
    standing
        Before it.
    kind
        One of the audit's kinds; those that move nothing leave the standing as it is.
    content
        What the record says: ``actor`` always; ``signatures_needed`` of a move that decides; ``grade`` and
        ``expires_on`` of an override.
    sequence
        Its number.

    Raises
    ------
    StoreError
        If the move may not be made from where the application stands, or by this person.
    """
    if kind not in _FROM:
        return standing
    _check_allowed(standing, kind, content)
    moved = replace(standing, sequence=sequence)
    if kind == "appeal":
        return replace(moved, state="open", origin="appeal", proposal=None, signers=())
    if kind == "send_back":
        return replace(moved, state="sent_back", proposal=None, signers=())
    if kind == "refusal":
        return replace(moved, state="open", proposal=None, signers=(), signatures_needed=1)
    if kind == "signature":
        signed = replace(moved, signers=(*standing.signers, str(content["actor"])))
    else:
        signed = replace(
            moved,
            proposal={"kind": kind, **{key: value for key, value in content.items() if key != FACT_SEALS}},
            signers=(str(content["actor"]),),
            signatures_needed=int(content["signatures_needed"]),
            origin=standing.origin or "person",
        )
    if len(signed.signers) < signed.signatures_needed:
        return replace(signed, state="awaiting_signature")
    return _decided(signed)


def moves_from(state: str) -> frozenset[str]:
    """Return the moves that may be made from a state.

    Examples
    --------
    >>> sorted(moves_from("awaiting_signature"))
    ['refusal', 'signature']
    """
    return frozenset(kind for kind, states in _FROM.items() if state in states)


def replayed(standing: Standing, records: Iterable[tuple[int, str, Mapping[str, Any]]]) -> Standing:
    """Return where an application stands after all its records (number, kind, content), in their order."""
    for sequence, kind, content in records:
        standing = standing_after(standing, kind, content, sequence=sequence)
    return standing


def _decided(signed: Standing) -> Standing:
    proposal = signed.proposal or {}
    state = DECIDES[proposal["kind"]]
    decided = replace(signed, state=state, proposal=None)
    if state == "overridden":
        expires = dt.date.fromisoformat(str(proposal["expires_on"]))
        return replace(decided, override_grade=str(proposal["grade"]), expires_on=expires)
    if state == "agreed":
        return replace(decided, override_grade=None, expires_on=None)
    return decided


def _check_allowed(standing: Standing, kind: str, content: Mapping[str, Any]) -> None:
    if standing.state not in _FROM[kind]:
        raise StoreError(
            f"This cannot be done now: the application is in the state “{STATES[standing.state][0]}”.",
            where=f"{content.get('batch_id', '')}/{content.get('application_id', '')}, {kind}",
            mend="Load the page again: somebody may have decided meanwhile.",
        )
    if kind == "signature" and content["actor"] in standing.signers:
        raise StoreError(
            "Nobody signs twice: the second signature must be another person's.",
            where=f"{content.get('batch_id', '')}/{content.get('application_id', '')}",
            mend="Ask a colleague with the right to sign.",
        )
