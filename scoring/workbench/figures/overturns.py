"""What people did with the decisions they looked at: overturned or agreed, by industry, rule and reason.

A rate stands with the number it rests on and its 95 % Wilson interval (Wilson, JASA 22, 1927). Only the decisions that were
drawn tell how often the automatic ones are wrong; those that a rule sent to review tell of the rule.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from scoring.workbench.batches.sampling import share_of, upper_rate
from scoring.workbench.store.schema import records, reviews, scored

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["OVERTURNS", "overturns", "wilson"]

OVERTURNS = "overturns.1"
"""Name of the summary, over every batch."""

_DECIDED = ("agreed", "overridden", "corrected")


def overturns(connection: Connection, *, least_share: float) -> dict[str, Any]:
    """Count what people did.

    Parameters
    ----------
    connection
        To the store.
    least_share
        Share that is drawn where nothing was overturned yet.

    Returns
    -------
    dict
        ``states`` (applications by origin and state); ``sectors``: of the decisions that were drawn, by industry division, with
        the share that is drawn next; ``rules``: of those that a rule sent to review, by rule; ``reasons``: overrides by
        reason, all that were recorded and those that stand. A rate is ``looked_at``, ``overturned``, ``rate``, ``low`` and ``high``.
    """
    together = sa.and_(
        reviews.c.batch_id == scored.c.batch_id, reviews.c.application_id == scored.c.application_id
    )
    counted = connection.execute(
        sa.select(
            reviews.c.origin,
            reviews.c.state,
            scored.c.industry_division,
            scored.c.review_reasons,
            sa.func.count(),
        )
        .select_from(reviews.join(scored, together))
        .group_by(reviews.c.origin, reviews.c.state, scored.c.industry_division, scored.c.review_reasons)
    )
    states: dict[tuple[str, str], int] = defaultdict(int)
    sectors: dict[str | None, list[int]] = defaultdict(lambda: [0, 0])
    rules: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for origin, state, division, reasons, count in counted:
        states[origin, state] += count
        if state not in _DECIDED:
            continue
        touched = [sectors[division]] if origin == "sample" else []
        if origin == "policy":
            touched = [rules[rule] for rule in reasons.split()]
        for pair in touched:
            pair[0] += count
            pair[1] += count if state == "overridden" else 0
    return {
        "states": [
            {"origin": origin, "state": state, "count": count}
            for (origin, state), count in sorted(states.items())
        ],
        "sectors": [
            {
                "division": division,
                **wilson(overturned, looked_at),
                "share": share_of(looked_at, overturned, least_share=least_share),
            }
            for division, (looked_at, overturned) in sorted(
                sectors.items(), key=lambda item: (-item[1][0], item[0] or "")
            )
        ],
        "rules": [
            {"rule": rule, **wilson(overturned, looked_at)}
            for rule, (looked_at, overturned) in sorted(
                rules.items(), key=lambda item: (-item[1][0], item[0])
            )
        ],
        "reasons": _by_reason(connection),
    }


def wilson(hits: int, of: int) -> dict[str, Any]:
    """Return a rate with what it rests on and its 95 % Wilson interval; no rate of nothing.

    Examples
    --------
    >>> {name: round(value, 4) for name, value in wilson(5, 100).items()}
    {'looked_at': 100, 'overturned': 5, 'rate': 0.05, 'low': 0.0215, 'high': 0.1118}
    >>> wilson(0, 0)["rate"] is None
    True
    """
    if not of:
        return {"looked_at": 0, "overturned": 0, "rate": None, "low": None, "high": None}
    return {
        "looked_at": of,
        "overturned": hits,
        "rate": hits / of,
        # The lower end of a rate is the upper end of its complement.
        "low": 1 - upper_rate(of - hits, of),
        "high": upper_rate(hits, of),
    }


def _by_reason(connection: Connection) -> list[dict[str, Any]]:
    """Count overrides by the reason that was given: as recorded, and as they stand today."""
    made: dict[str, int] = defaultdict(int)
    latest: dict[tuple[str, str], str] = {}
    told = connection.execute(
        sa.select(records.c.batch_id, records.c.application_id, records.c.content)
        .where(records.c.kind == "override", records.c.content.is_not(None))
        .order_by(records.c.sequence)
    )
    for batch_id, application_id, content in told:
        reason = str(json.loads(content).get("reason", ""))
        made[reason] += 1
        latest[batch_id, application_id] = reason
    standing: dict[str, int] = defaultdict(int)
    for pair in connection.execute(
        sa.select(reviews.c.batch_id, reviews.c.application_id).where(reviews.c.state == "overridden")
    ):
        standing[latest.get((pair[0], pair[1]), "")] += 1
    return [
        {"reason": reason, "recorded": made.get(reason, 0), "standing": standing.get(reason, 0)}
        for reason in sorted({*made, *standing}, key=lambda one: (-made.get(one, 0), one))
    ]
