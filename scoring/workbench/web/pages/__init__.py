"""The pages, one file for each part; ``ALL`` is what the application serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.workbench.web.pages import (
    applicant,
    audit,
    batches,
    decide,
    drift,
    me,
    model,
    people,
    portfolio,
    quarantine,
    queue,
    related,
    replay,
    sign_in,
    tokens,
    what_if,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoring.workbench.web.routing import Pages

__all__ = ["ALL"]

ALL: Sequence[Pages] = (
    sign_in.pages,
    me.pages,
    queue.pages,
    batches.pages,
    audit.pages,
    replay.pages,
    # Before the people, whose addresses begin alike.
    tokens.pages,
    people.pages,
    decide.pages,
    what_if.pages,
    related.pages,
    quarantine.pages,
    model.pages,
    drift.pages,
    portfolio.pages,
    # Last: the address of an application takes whatever stands behind it that is no page of its own.
    applicant.pages,
)
