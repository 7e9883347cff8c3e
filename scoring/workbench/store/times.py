"""Times as the store keeps them: texts in ISO 8601, UTC, microseconds, which sort as the times do."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["utc_text"]


def utc_text(at: datetime) -> str:
    """Return a time with its zone as the store keeps it.

    Examples
    --------
    >>> from datetime import datetime, timedelta, timezone
    >>> utc_text(datetime(2026, 3, 2, 20, 0, tzinfo=timezone(timedelta(hours=8))))
    '2026-03-02T12:00:00.000000+00:00'
    """
    return at.astimezone(UTC).isoformat(timespec="microseconds")
