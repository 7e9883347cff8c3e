"""What the pages of one application share: opening it, its head and its tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoring.memo.strings import shown
from scoring.workbench.applicant import SECTIONS, open_application
from scoring.workbench.people.permissions import Permission
from scoring.workbench.review.standing import ORIGINS, STATES

if TYPE_CHECKING:
    import datetime as dt

    from starlette.responses import HTMLResponse

    from scoring.workbench.applicant import Opened
    from scoring.workbench.web.visit import VisitOf

__all__ = ["opened_for", "show_application", "today"]


def today(visit: VisitOf) -> dt.date:
    """Return the day of the server's clock."""
    return visit.workbench.clock().date()


def opened_for(visit: VisitOf, batch_id: str, application_id: str) -> Opened:
    """Return the application that a page is about.

    Raises
    ------
    StoreError
        If there is none.
    """
    with visit.workbench.store.read() as connection:
        return open_application(connection, batch_id, application_id, on=today(visit))


def show_application(
    visit: VisitOf,
    opened: Opened,
    section: str,
    template: str,
    *,
    status: int = 200,
    **values: Any,  # noqa: ANN401  (whatever a template shows)
) -> HTMLResponse:
    """Return a page of an application under its head and its tabs.

    Parameters
    ----------
    opened
        The application.
    section
        One of :data:`scoring.workbench.applicant.SECTIONS`.
    template, status, values
        As of :meth:`scoring.workbench.web.visit.VisitOf.render`.
    """
    language = 1 if visit.lang == "zh" else 0
    standing = opened.standing
    tabs = [
        (name or "memo", opened.address(name), name == section)
        for name in SECTIONS
        if name != "decide" or visit.may(Permission.decide) or visit.may(Permission.sign)
    ]
    return visit.render(
        template,
        status=status,
        opened=opened,
        application_shown=shown(opened.application_id, most=80),
        firm_shown=shown(opened.firm_id, most=80),
        standing=standing,
        state_name=STATES[standing.state][language],
        origin_name=ORIGINS[standing.origin][language] if standing.origin else "",
        tabs=tabs,
        demonstration=opened.demonstration,
        **values,
    )
