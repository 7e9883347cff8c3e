"""What stands beside an application: the firm's group, its other scores with what moved them, and what people did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import GreenCreditError
from scoring.workbench.applicant import address_of, basis_of
from scoring.workbench.applicant.group import groups_of_firm
from scoring.workbench.applicant.history import firm_scores, ledger_between, scored_in_batch
from scoring.workbench.audit import KINDS
from scoring.workbench.audit.search import history as records_of
from scoring.workbench.people.permissions import Permission
from scoring.workbench.web.application import opened_for, show_application
from scoring.workbench.web.pages.applicant import APPLICATION
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

    from scoring.workbench.applicant import Opened
    from scoring.workbench.applicant.history import Compared
    from scoring.workbench.web.visit import VisitOf

__all__ = ["pages"]

pages = Pages()

BETWEEN = "~"
"""Between batch and application in the address of the score that is compared with; no batch's id holds it."""


@pages.page(APPLICATION + "/group", access=Permission.read_scores)
def group(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Show the groups that the firm belongs to."""
    opened = opened_for(visit, batch_id, application_id)
    basis = basis_of(opened.folder)
    if basis is None:
        return show_application(
            visit, opened, "group", "applicant_no_basis.html.jinja", title="applicant_group"
        )
    with basis.in_force():
        found = groups_of_firm(basis, opened.firm_id, opened.results, visit.lang, as_of=opened.memo["as_of"])
    members = {member.firm_id for one in found for member in one.members} - {opened.firm_id}
    with visit.workbench.store.read() as connection:
        scored = scored_in_batch(connection, batch_id, members)
    return show_application(
        visit,
        opened,
        "group",
        "applicant_group.html.jinja",
        groups=found,
        links={firm: address_of(batch_id, application) for firm, application in scored.items()},
    )


@pages.page(APPLICATION + "/history", access=Permission.read_scores)
def history(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Show the firm's scores, what moved them between two batches, and the records of the application."""
    opened = opened_for(visit, batch_id, application_id)
    with visit.workbench.store.read() as connection:
        scores = firm_scores(connection, opened.firm_id)
        records = records_of(connection, batch_id, application_id)
    others = [
        (f"{row['batch_id']}{BETWEEN}{row['application_id']}", row)
        for row in scores
        if row["batch_id"] != batch_id
    ]
    asked = visit.query("with")
    compared, error = _compared(visit, opened, asked) if asked in dict(others) else (None, None)
    return show_application(
        visit,
        opened,
        "history",
        "applicant_history.html.jinja",
        status=200 if error is None else 400,
        scores=scores,
        address_of=address_of,
        others=others,
        asked=asked,
        compared=compared,
        error=error,
        records=records,
        kinds=KINDS,
    )


def _compared(visit: VisitOf, opened: Opened, asked: str) -> tuple[Compared | None, GreenCreditError | None]:
    """Return what moved the score from the one that is asked for, or why that cannot be told."""
    batch_id, _, application_id = asked.partition(BETWEEN)
    other = opened_for(visit, batch_id, application_id)
    if other.firm_id != opened.firm_id:
        return None, None
    # From the earlier day to the later one; of one day, from the other to this one.
    earlier = str(other.row["as_of"]) <= str(opened.row["as_of"])
    pair = (other, opened) if earlier else (opened, other)
    try:
        return ledger_between(*pair, visit.lang), None
    except GreenCreditError as error:
        return None, error
