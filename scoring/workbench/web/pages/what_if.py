"""What could be: other values and actions scored by the real model, the way to the next grade, and what to ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import GreenCreditError
from scoring.basis.searched import searched_asks, searched_ways
from scoring.improve.text import not_offered_lines
from scoring.workbench.applicant import basis_of
from scoring.workbench.applicant.changeable import changeable_cells, read_change
from scoring.workbench.applicant.kept import own_dataset
from scoring.workbench.applicant.trial import offers, tried
from scoring.workbench.applicant.way import ask_lines, way_lines
from scoring.workbench.people.permissions import Permission
from scoring.workbench.web.application import opened_for, show_application
from scoring.workbench.web.pages.applicant import APPLICATION
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    import polars as pl
    from starlette.responses import Response

    from scoring.basis import Basis
    from scoring.workbench.applicant import Opened
    from scoring.workbench.web.visit import VisitOf

__all__ = ["pages"]

pages = Pages()

_MOST_CHANGES = 4
"""Figures that a form changes at once."""


@pages.page(APPLICATION + "/what-if", access=Permission.read_scores)
def ask(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Show what may be tried."""
    return _what_if(visit, opened_for(visit, batch_id, application_id), run=False)


@pages.page(APPLICATION + "/what-if", access=Permission.read_scores, method="POST")
def try_it(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Score what was chosen; nothing of it is stored."""
    return _what_if(visit, opened_for(visit, batch_id, application_id), run=True)


@pages.page(APPLICATION + "/way", access=Permission.read_scores)
def way(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Show the way to the next grade and what to ask for, as the batch found them."""
    opened = opened_for(visit, batch_id, application_id)
    return _way(visit, opened, opened.results.improvements, opened.results.asks, searched=False)


@pages.page(APPLICATION + "/way", access=Permission.read_scores, method="POST")
def search_way(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Search both now, whomever the policy names."""
    opened = opened_for(visit, batch_id, application_id)
    basis, results = basis_of(opened.folder), opened.results
    if basis is None:
        return _way(visit, opened, results.improvements, results.asks, searched=False)
    own = own_dataset(basis, opened.firm_id, opened.application_id)
    with basis.in_force():
        found = searched_ways(own, opened.application_id, basis)
        asked = searched_asks(own, results.indicators, results.decisions, basis)
        return _way(visit, opened, found, asked, searched=True)


def _what_if(visit: VisitOf, opened: Opened, *, run: bool) -> Response:
    basis = basis_of(opened.folder)
    if basis is None:
        return show_application(
            visit, opened, "what-if", "applicant_no_basis.html.jinja", title="applicant_what_if"
        )
    with basis.in_force():
        return _tried(visit, opened, basis, run=run)


def _tried(visit: VisitOf, opened: Opened, basis: Basis, *, run: bool) -> Response:
    own = own_dataset(basis, opened.firm_id, opened.application_id)
    cells = changeable_cells(own, visit.lang)
    offered = offers(own, basis, visit.lang)
    possible = {offer.action for offer in offered}
    actions = [str(name) for name in visit.form.getlist("action") if name in possible]
    typed = [
        (visit.field(f"fact{number}", most=300), visit.field(f"value{number}", most=60))
        for number in range(_MOST_CHANGES)
    ]
    found, error = None, None
    if run:
        try:
            changes = [read_change(cells, cell, value) for cell, value in typed if cell]
            found = tried(
                own, opened.application_id, basis, actions=actions, changes=changes, lang=visit.lang
            )
        except GreenCreditError as told:
            error = told
    return show_application(
        visit,
        opened,
        "what-if",
        "applicant_what_if.html.jinja",
        status=200 if error is None else 400,
        offers=offered,
        cells=cells,
        chosen=actions,
        typed=typed,
        trial=found,
        error=error,
    )


def _way(
    visit: VisitOf, opened: Opened, found: pl.DataFrame, asked: pl.DataFrame, *, searched: bool
) -> Response:
    policy = opened.results.manifest["policy"]
    most = policy.get("improvement", {}).get("most_actions", 4)
    return show_application(
        visit,
        opened,
        "way",
        "applicant_way.html.jinja",
        ways=way_lines(found, visit.lang, most=most) if found.columns else [],
        asks=ask_lines(asked, visit.lang) if asked.columns else [],
        searched=searched,
        kept=basis_of(opened.folder) is not None,
        not_offered=not_offered_lines(visit.lang),
    )
