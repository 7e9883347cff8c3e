"""One application: the memo, every contribution, its peers, the evidence, and where each figure comes from."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import polars as pl
from markupsafe import Markup
from starlette.responses import Response

from features.asof import facts as asof_facts
from features.catalogue import CATALOGUE, FAMILIES
from scoring.memo import MemoForm, one_memo
from scoring.memo.html import TONES
from scoring.memo.strings import shown
from scoring.memo.view import memo_view
from scoring.workbench.applicant import basis_of
from scoring.workbench.applicant.contributions import AGAINST, contribution_view
from scoring.workbench.applicant.factors import factors_of
from scoring.workbench.applicant.kept import own_dataset
from scoring.workbench.applicant.lineage import fact_tables, known_indicators
from scoring.workbench.applicant.peers import peer_strips
from scoring.workbench.applicant.timeline import time_line
from scoring.workbench.people.permissions import Permission
from scoring.workbench.web.application import opened_for, show_application
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from typing import Any

    from scoring.workbench.applicant import Opened
    from scoring.workbench.web.visit import VisitOf

__all__ = ["APPLICATION", "pages"]

pages = Pages()

APPLICATION = "/applications/{batch_id}/{application_id:path}"
"""A bank's ids may hold a slash. Registered behind every page below it."""

_MEMO_POLICY = (
    "default-src 'none'; style-src 'sha256-{style}'; img-src data:; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""Of the printable memo, which carries its style with it: this one and no other."""


@pages.page(APPLICATION + "/memo.html", access=Permission.read_scores)
def printable(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Give the memo in both languages as one page that prints on A4."""
    page = one_memo(opened_for(visit, batch_id, application_id).results, form=MemoForm())
    return Response(
        page,
        media_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": _MEMO_POLICY.format(style=_style_hash(page))},
    )


@pages.page(APPLICATION + "/memo.pdf", access=Permission.read_scores)
def pdf(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Give the memo in both languages as PDF."""
    content = one_memo(opened_for(visit, batch_id, application_id).results, form=MemoForm(pdf=True))
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="memo.pdf"'},
    )


@pages.page(APPLICATION + "/contributions", access=Permission.read_scores)
def contributions(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Show every contribution, against the portfolio or against the sector."""
    opened = opened_for(visit, batch_id, application_id)
    against = next((one for one in AGAINST if one == visit.query("against")), AGAINST[0])
    return show_application(
        visit,
        opened,
        "contributions",
        "applicant_contributions.html.jinja",
        against=against,
        choices=AGAINST,
        view=contribution_view(opened.results, visit.lang, against=against),
        sector=_sector(opened, visit),
    )


@pages.page(APPLICATION + "/peers", access=Permission.read_scores)
def peers(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Show where the firm stands among its peers."""
    opened = opened_for(visit, batch_id, application_id)
    basis = basis_of(opened.folder)
    distributions = None if basis is None else basis.model.model.distributions_
    strips = [] if distributions is None else peer_strips(opened.results, distributions, visit.lang)
    return show_application(
        visit,
        opened,
        "peers",
        "applicant_peers.html.jinja",
        kept=basis is not None,
        strips=strips,
        sector=_sector(opened, visit),
    )


@pages.page(APPLICATION + "/evidence", access=Permission.read_scores)
def evidence(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Show the certificates on a time line, and what contradicts itself."""
    opened = opened_for(visit, batch_id, application_id)
    results = opened.results
    recorded = bool(results.certificates.columns)
    checks = results.cross_checks.sort(
        pl.col("severity") != "warning", "check", f"text_{visit.lang}", maintain_order=True
    )
    return show_application(
        visit,
        opened,
        "evidence",
        "applicant_evidence.html.jinja",
        recorded=recorded,
        line=time_line(results.certificates, opened.memo["as_of"], visit.lang) if recorded else None,
        tones=TONES,
        checks=[
            (check["severity"], shown(check[f"text_{visit.lang}"], most=1000))
            for check in checks.iter_rows(named=True)
        ],
    )


@pages.page(APPLICATION + "/lineage", access=Permission.read_scores)
def lineage(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Show how each indicator is known; of one that is asked for its facts, factors and sources."""
    opened = opened_for(visit, batch_id, application_id)
    asked = visit.query("indicator")
    known = known_indicators(opened.results, visit.lang)
    chosen = next((one for one in known if one.indicator == asked), None)
    basis = None if chosen is None else basis_of(opened.folder)
    tables: list[tuple[Any, Any]] = []
    if chosen is not None and basis is not None:
        own = own_dataset(basis, opened.firm_id, opened.application_id)
        with basis.in_force():
            facts = asof_facts(own, basis.settings)
            tables = [
                (table, factors_of(facts, table.table, visit.lang))
                for table in fact_tables(facts, chosen.indicator, visit.lang)
            ]
    return show_application(
        visit,
        opened,
        "lineage",
        "applicant_lineage.html.jinja",
        known=known,
        families={family.id: family.zh if visit.lang == "zh" else family.en for family in FAMILIES.values()},
        chosen=chosen,
        item=None if chosen is None else CATALOGUE[chosen.indicator],
        kept=basis is not None,
        tables=tables,
        documents=[] if chosen is None else _documents(opened, chosen.family, visit),
    )


@pages.page(APPLICATION, access=Permission.read_scores)
def memo(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Show the memo."""
    opened = opened_for(visit, batch_id, application_id)
    view = memo_view(opened.memo, visit.lang, opened.context)
    return show_application(
        visit,
        opened,
        "",
        "applicant.html.jinja",
        memo={**view, "scale": Markup(view["scale"])},  # noqa: S704  (own SVG; every text in it is escaped)
        tones=TONES,
    )


def _sector(opened: Opened, visit: VisitOf) -> str:
    division = opened.row["industry_division"]
    return "" if division is None else shown(opened.context.sector(division, visit.lang), most=80)


def _documents(opened: Opened, family: str, visit: VisitOf) -> list[str]:
    """Return the documents in which facts of a family were read, as the data-quality record names them."""
    rows = opened.results.data_quality.filter(
        (pl.col("family") == family)
        & pl.col("status").is_in(["documented", "recalled", "defaulted"])
        & pl.col("indicator").is_null()
    )
    return [shown(text, most=400) for text in rows[f"detail_{visit.lang}"].drop_nulls()]


def _style_hash(page: bytes) -> str:
    """Return the SHA-256 of the page's own style, as a content security policy names it."""
    _, _, behind = page.partition(b"<style>")
    style, _, _ = behind.partition(b"</style>")
    return base64.b64encode(hashlib.sha256(style).digest()).decode()
