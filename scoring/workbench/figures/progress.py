"""How long a running batch still takes, from how long it has taken."""

from __future__ import annotations

import datetime as dt

__all__ = ["seconds_left"]


def seconds_left(*, started_at: str, done: int, total: int, now: dt.datetime) -> float | None:
    """Return the seconds that a batch still needs if it goes on as it went; ``None`` where nothing is done yet.

    Parameters
    ----------
    started_at
        ISO 8601 with its time zone.
    done, total
        Applications.
    now
        With its time zone.

    Examples
    --------
    >>> seconds_left(started_at="2026-03-01T12:00:00+00:00", done=250, total=1000,
    ...     now=dt.datetime(2026, 3, 1, 12, 1, tzinfo=dt.UTC))
    180.0
    """
    if done <= 0 or total <= 0:
        return None
    elapsed = (now - dt.datetime.fromisoformat(started_at)).total_seconds()
    return max(elapsed, 0.0) * max(total - done, 0) / done
