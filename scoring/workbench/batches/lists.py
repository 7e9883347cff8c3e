"""Lists of batches and of applications: a page at a time, found by an index however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from scoring.workbench.store.schema import batches, reviews, scored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

__all__ = ["Filters", "Page", "applications", "batch_rows", "latest_batch", "queue", "state_counts"]

ROWS = 50
"""Rows of a page."""

_MOST_COUNTED = 10_000
"""Counting stops there: nobody reads further, and it would take as long as reading."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list shows.

    Parameters
    ----------
    batch_id
        One batch.
    states
        States of the queue; empty for applications in any.
    origin, rule, industry_division, grade
        Only these; empty for all.
    search
        Beginning of an application's or a firm's id, or of a firm's name.
    after
        Points and application id of the last row of the page before; ``None`` for the first page.
    """

    batch_id: str
    states: tuple[str, ...] = ()
    origin: str = ""
    rule: str = ""
    industry_division: str = ""
    grade: str = ""
    search: str = ""
    after: tuple[int, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """Rows of a list.

    Parameters
    ----------
    rows
        At most :data:`ROWS`.
    after
        What the next page begins after; ``None`` on the last one.
    """

    rows: Sequence[sa.RowMapping]
    after: tuple[int, str] | None


def batch_rows(connection: Connection, *, most: int = 200, before: str = "") -> Sequence[sa.RowMapping]:
    """Return the batches, latest first, without their manifests; those that began before a time, where one is given."""
    columns = [column for column in batches.c if column.name != "manifest"]
    query = sa.select(*columns).order_by(batches.c.started_at.desc(), batches.c.batch_id).limit(most)
    if before:
        query = query.where(batches.c.started_at < before)
    return connection.execute(query).mappings().all()


def latest_batch(connection: Connection) -> str | None:
    """Return the id of the batch that was taken in last; ``None`` where there is none."""
    return connection.execute(
        sa.select(batches.c.batch_id).order_by(batches.c.started_at.desc(), batches.c.batch_id).limit(1)
    ).scalar_one_or_none()


def queue(connection: Connection, filters: Filters) -> Page:
    """Return a page of the applications that people look at, lowest points first."""
    together = sa.and_(
        reviews.c.batch_id == scored.c.batch_id, reviews.c.application_id == scored.c.application_id
    )
    query = _filtered(
        sa.select(*_SHOWN, reviews.c.state, reviews.c.origin, reviews.c.grade.label("grade_in_force"))
        .select_from(reviews.join(scored, together))
        .where(reviews.c.batch_id == filters.batch_id, reviews.c.state.in_(filters.states)),
        filters,
        by=reviews.c,
    )
    if filters.origin:
        query = query.where(reviews.c.origin == filters.origin)
    return _page(connection, query)


def applications(connection: Connection, filters: Filters) -> Page:
    """Return a page of all applications of a batch, lowest points first."""
    query = _filtered(sa.select(*_SHOWN).where(scored.c.batch_id == filters.batch_id), filters, by=scored.c)
    return _page(connection, query)


def state_counts(connection: Connection, batch_id: str) -> dict[str, int]:
    """Return how many applications of a batch are in each state of the queue; counted up to ten thousand."""
    counts = {}
    for state in connection.execute(
        sa.select(reviews.c.state).where(reviews.c.batch_id == batch_id).distinct()
    ).scalars():
        some = (
            sa.select(reviews.c.application_id)
            .where(reviews.c.batch_id == batch_id, reviews.c.state == state)
            .limit(_MOST_COUNTED)
            .subquery()
        )
        counts[state] = connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    return counts


_SHOWN = (
    scored.c.application_id,
    scored.c.firm_id,
    scored.c.firm_name,
    scored.c.as_of,
    scored.c.industry_division,
    scored.c.points_shown,
    scored.c.grade,
    scored.c.risk_class,
    scored.c.amount,
    scored.c.review_reasons,
)


def _filtered(query: sa.Select[Any], filters: Filters, *, by: Any) -> sa.Select[Any]:  # noqa: ANN401  (columns)
    if filters.industry_division:
        query = query.where(scored.c.industry_division == filters.industry_division)
    if filters.grade:
        query = query.where(scored.c.grade == filters.grade)
    if filters.rule:
        # The ids stand with a blank between them.
        padded = sa.literal(" ").concat(scored.c.review_reasons).concat(" ")
        query = query.where(padded.contains(f" {filters.rule} ", autoescape=True))
    if filters.search:
        query = query.where(
            sa.or_(
                *(
                    _begins(column, filters.search)
                    for column in (scored.c.application_id, scored.c.firm_id, scored.c.firm_name)
                )
            )
        )
    if filters.after is not None:
        points, application_id = filters.after
        query = query.where(
            sa.or_(
                by.points_shown > points,
                sa.and_(by.points_shown == points, by.application_id > application_id),
            )
        )
    return query.order_by(by.points_shown, by.application_id).limit(ROWS + 1)


def _begins(column: sa.ColumnElement[Any], beginning: str) -> sa.ColumnElement[bool]:
    """Return what an index can answer, unlike LIKE."""
    return sa.and_(column >= beginning, column < beginning + "\U0010ffff")


def _page(connection: Connection, query: sa.Select[Any]) -> Page:
    rows = connection.execute(query).mappings().all()
    more = len(rows) > ROWS
    shown = rows[:ROWS]
    last = shown[-1] if more else None
    return Page(rows=shown, after=None if last is None else (last["points_shown"], last["application_id"]))
