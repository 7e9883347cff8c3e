"""The audit: searched, verified, and each record as it was sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from scoring.workbench.audit import KINDS, export_head, head_of, read_record, verify
from scoring.workbench.audit.search import Search, search
from scoring.workbench.people.permissions import Permission
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["pages"]

pages = Pages()


@pages.page("/audit", access=Permission.read_audit)
def listed(visit: Visit) -> Response:
    """Search the records, latest first."""
    before = visit.query("before")
    asked = Search(
        kind=visit.query("kind"),
        actor=visit.query("actor").strip(),
        batch_id=visit.query("batch").strip(),
        application_id=visit.query("application").strip(),
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )
    with visit.workbench.store.read() as connection:
        found = search(connection, asked)
        head = head_of(connection, visit.workbench.key)
    return visit.render("audit.html.jinja", asked=asked, found=found, head=head, kinds=KINDS)


@pages.page("/audit/records/{sequence}", access=Permission.read_audit)
def one(visit: Visit, sequence: int) -> Response:
    """Show a record."""
    with visit.workbench.store.read() as connection:
        record = read_record(connection, sequence)
    return visit.render("record.html.jinja", record=record, kinds=KINDS)


@pages.page("/audit/verify", access=Permission.read_audit)
def verified(visit: Visit) -> Response:
    """Read the whole audit and seal it anew."""
    with visit.workbench.store.read() as connection:
        verification = verify(connection, key=visit.workbench.key)
    return visit.render("audit_verified.html.jinja", verification=verification)


@pages.page("/audit/head", access=Permission.read_audit)
def head(visit: Visit) -> Response:
    """Give the audit's end as a file."""
    with visit.workbench.store.read() as connection:
        text = export_head(head_of(connection, visit.workbench.key))
    return PlainTextResponse(
        text,
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="audit_head.json"'},
    )
