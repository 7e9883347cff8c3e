"""Idempotency keys: a request that is sent again under its key is answered as it was the first time.

Two that come at the same time are both computed, to the same result, and both answered with what was kept first.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from scoring.workbench.store.schema import answers
from scoring.workbench.store.times import utc_text
from scoring.workbench.web.api.problems import Problem

if TYPE_CHECKING:
    from scoring.workbench.store import Store

__all__ = ["KEPT", "LONGEST_KEY", "Repeatable", "keep_answer", "kept_answer"]

KEPT = dt.timedelta(hours=24)
"""How long an answer is kept."""

LONGEST_KEY = 200


@dataclass(frozen=True, kw_only=True)
class Repeatable:
    """A request that may be sent again.

    Parameters
    ----------
    key_hash
        Of the token, the route and the key: a key of one token says nothing to another.
    request_hash
        Of the body.
    """

    key_hash: str
    request_hash: str

    @classmethod
    def of(cls, key: str, *, token_id: str, route: str, body: bytes) -> Repeatable:
        """Return what tells a request from others.

        Raises
        ------
        Problem
            If the key is empty or too long.
        """
        if not key.strip() or len(key) > LONGEST_KEY:
            raise Problem(
                "bad-request",
                f"An idempotency key has 1 to {LONGEST_KEY} characters.",
                hint="Make a random one for every new request, such as a UUID.",
            )
        return cls(
            key_hash=_hash(f"{token_id}\x00{route}\x00{key}".encode()),
            request_hash=_hash(body),
        )


def kept_answer(store: Store, request: Repeatable, *, now: dt.datetime) -> tuple[int, str] | None:
    """Return status and body of the answer that was kept; ``None`` where there is none.

    Raises
    ------
    Problem
        If the key was used for another request.
    """
    with store.read() as connection:
        row = connection.execute(
            sa.select(answers.c.request_hash, answers.c.status, answers.c.body).where(
                answers.c.key_hash == request.key_hash, answers.c.at > utc_text(now - KEPT)
            )
        ).one_or_none()
    if row is None:
        return None
    if row.request_hash != request.request_hash:
        raise Problem("key-used", "Under this idempotency key another body was sent before.")
    return row.status, row.body


def keep_answer(
    store: Store, request: Repeatable, status: int, body: str, *, now: dt.datetime
) -> tuple[int, str]:
    """Keep an answer, and return the one to give: that of a twin which was quicker, where there is one.

    Answers that are too old are forgotten.

    Raises
    ------
    Problem
        If the twin was another request.
    """
    try:
        with store.write() as connection:
            connection.execute(answers.delete().where(answers.c.at <= utc_text(now - KEPT)))
            connection.execute(
                answers.insert().values(
                    key_hash=request.key_hash,
                    request_hash=request.request_hash,
                    status=status,
                    body=body,
                    at=utc_text(now),
                )
            )
    except sa.exc.IntegrityError:
        return kept_answer(store, request, now=now) or (status, body)
    return status, body


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
