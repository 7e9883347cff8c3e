"""The body of a request that scores: JSON of one shape, with every wrong part named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Never

from features.errors import DatasetError, GreenCreditError
from features.intake.records import Records, read_records
from scoring.workbench.web.api.problems import Problem

__all__ = ["MOST_APPLICATIONS", "ScoreRequest", "read_score_request", "refused"]

MOST_APPLICATIONS = 1_000
"""Of one request; more is a batch, for ``greencredit score``."""

_KEYS = ("tables", "explain")
_SOURCE = "the request"


@dataclass(frozen=True, kw_only=True)
class ScoreRequest:
    """What is asked for.

    Parameters
    ----------
    records
        The tables.
    explain
        Whether reasons and contributions are wanted.
    """

    records: Records
    explain: bool


def read_score_request(body: bytes) -> ScoreRequest:
    """Read the body of a request.

    Raises
    ------
    Problem
        If it is no JSON, is of another shape, or lacks tables or columns without which nothing can be scored.
    """
    content = _json(body)
    if not isinstance(content, dict) or not isinstance(content.get("tables"), dict):
        raise Problem("bad-request", 'The body must be a record with "tables", a record of tables.')
    unknown = sorted(set(content) - set(_KEYS))
    explain = content.get("explain", False)
    if unknown or not isinstance(explain, bool):
        raise Problem(
            "bad-request",
            f"Unknown keys: {', '.join(unknown)[:200]}." if unknown else '"explain" must be true or false.',
            hint=f"The body has the keys {' and '.join(_KEYS)}; explain may be left out.",
        )
    try:
        records = read_records(content["tables"], source=_SOURCE)
    except DatasetError as error:
        raise refused(error) from None
    if records.applications > MOST_APPLICATIONS:
        raise Problem(
            "too-large",
            f"The request holds {records.applications} applications; at most {MOST_APPLICATIONS} are scored at once.",
            hint="Send them in several requests, or score them as a batch with greencredit score.",
        )
    return ScoreRequest(records=records, explain=explain)


def refused(error: GreenCreditError) -> Problem:
    """Return the problem of a dataset that cannot be used as a whole."""
    where = f" ({error.where})" if error.where else ""
    return Problem("refused", f"{error.what}{where}", hint=error.mend)


def _json(body: bytes) -> Any:  # noqa: ANN401  (whatever was sent)
    try:
        content = json.loads(body.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise Problem("bad-request", f"The body is no JSON in UTF-8: {reason}.") from None
    # Half a surrogate pair can be written in JSON, and is no text.
    if b"\\ud" in body.lower():
        try:
            json.dumps(content, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Problem(
                "bad-request", "A text of the body holds half a character (a lone surrogate)."
            ) from None
    return content


def _no_number(constant: str) -> Never:
    message = f"{constant} is no number of JSON"
    raise ValueError(message)
