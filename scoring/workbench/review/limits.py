"""What a move must say, and how many people must sign it: the policy's limits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from features.errors import StoreError
from scoring.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.policy import Policy

__all__ = ["checked"]

_LEAST_TEXT = 10
"""Characters of a reason: less says nothing to whoever reads the audit."""

_NEEDS_TEXT = frozenset({"override", "send_back", "appeal", "refusal", "correction"})


def checked(
    kind: str, says: Mapping[str, Any], *, policy: Policy, amount: float | None, today: dt.date
) -> dict[str, Any]:
    """Return what a move says, checked, with the number of people who must sign it.

    Parameters
    ----------
    kind
        The move.
    says
        What the person wrote.
    policy
        Grades, reasons and limits.
    amount
        Amount of the application, 10,000 CNY; ``None`` where it is not known.
    today
        Day of the move.

    Raises
    ------
    StoreError
        If something is missing or not as the policy allows.
    """
    told = {name: value for name, value in says.items() if value not in (None, "", [], {})}
    if kind in _NEEDS_TEXT and len(str(told.get("text", "")).strip()) < _LEAST_TEXT:
        raise _refused(
            "text",
            f"a reason in words of at least {_LEAST_TEXT} characters is needed",
            "Write why, for whoever reads it later.",
        )
    if kind == "override":
        _check_override(told, policy=policy, today=today)
    if kind == "correction" and not (told.get("facts") and told.get("document")):
        raise _refused(
            "document",
            "a correction needs the facts and the document they are read from",
            "Name the document.",
        )
    if kind in {"agree", "override", "correction"}:
        told["signatures_needed"] = _needed(kind, policy=policy, amount=amount)
    return told


def _check_override(told: Mapping[str, Any], *, policy: Policy, today: dt.date) -> None:
    if told.get("grade") not in policy.grade_names:
        grade = str(told.get("grade", ""))
        raise _refused("grade", f"unknown grade {grade!r}", did_you_mean(grade, policy.grade_names))
    reasons = [reason.id for reason in policy.signatures.override_reasons]
    if told.get("reason") not in reasons:
        reason = str(told.get("reason", ""))
        raise _refused("reason", f"unknown reason {reason!r}", did_you_mean(reason, reasons))
    try:
        last = dt.date.fromisoformat(str(told.get("expires_on", "")))
    except ValueError:
        raise _refused(
            "expires_on", "an override needs the last day on which it holds", "Write it as YYYY-MM-DD."
        ) from None
    latest = today + dt.timedelta(days=policy.signatures.most_override_days)
    if not today <= last <= latest:
        raise _refused(
            "expires_on",
            f"an override holds until {latest} at most, and not into the past; got {last}",
            f"Write a day from {today} to {latest}.",
        )


def _needed(kind: str, *, policy: Policy, amount: float | None) -> int:
    if kind == "override":
        return policy.signatures.override
    if kind == "correction":
        # A second eye always: it changes what the score rests on.
        return 2
    limit = policy.signatures.agree_from_amount
    # An amount that nobody knows might be any.
    return 2 if limit is not None and (amount is None or amount >= limit) else 1


def _refused(where: str, what: str, mend: str) -> StoreError:
    return StoreError(f"Not recorded: {what}.", where=where, mend=mend)
