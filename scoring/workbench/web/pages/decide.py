"""Deciding on an application: agree, override, send back, appeal; and signing what somebody else decided."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from features.errors import GreenCreditError, StoreError
from scoring.asks import documents
from scoring.workbench.applicant.sealing import sealed_facts
from scoring.workbench.applicant.way import ask_lines
from scoring.workbench.people.permissions import Permission
from scoring.workbench.review import Act, act, moves_from
from scoring.workbench.web.application import opened_for, show_application, today
from scoring.workbench.web.pages.applicant import APPLICATION
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Refused, Visit

if TYPE_CHECKING:
    from starlette.responses import Response

    from scoring.policy import Policy
    from scoring.workbench.applicant import Opened
    from scoring.workbench.web.visit import VisitOf

__all__ = ["pages"]

pages = Pages()

_DECIDING = ("agree", "override", "send_back", "appeal")
_SIGNING = ("signature", "refusal")
"""Moves by the permission that they ask for: to decide, or to sign what somebody else decided."""

_LONGEST_TEXT = 4000


@pages.page(APPLICATION + "/decide", access=Permission.read_scores)
def ask(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Show where the application stands, and the forms of what this person may do."""
    return _page(visit, opened_for(visit, batch_id, application_id))


@pages.page(APPLICATION + "/decide", access=Permission.decide, method="POST")
def decide(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Record a decision."""
    return _act(visit, batch_id, application_id, _DECIDING)


@pages.page(APPLICATION + "/sign", access=Permission.sign, method="POST")
def sign(visit: Visit, batch_id: str, application_id: str) -> Response:
    """Record a second signature, or its refusal."""
    return _act(visit, batch_id, application_id, _SIGNING)


def _act(visit: VisitOf, batch_id: str, application_id: str, allowed: tuple[str, ...]) -> Response:
    opened = opened_for(visit, batch_id, application_id)
    kind = visit.field("kind", most=20)
    if kind not in allowed:
        raise Refused(400, "error_request")
    seen = visit.field("seen", most=20)
    if not (seen.isascii() and seen.isdigit()):
        raise Refused(400, "error_request")
    move = Act(
        kind=kind,
        batch_id=batch_id,
        application_id=application_id,
        actor=visit.login,
        says=_says(visit, kind),
        computed=sealed_facts(opened),
        seen=int(seen),
    )
    workbench = visit.workbench
    try:
        with workbench.store.write() as connection:
            _, record = act(
                connection, move, key=workbench.key, policy=workbench.policy, at=workbench.clock()
            )
    except StoreError as error:
        # Where it stands may have changed meanwhile; what was typed is kept.
        try:
            return _page(visit, opened_for(visit, batch_id, application_id), kind=kind, error=error)
        except GreenCreditError:
            # The page around the form cannot be made; why nothing was recorded is told all the same.
            raise error from None
    return visit.go(f"{opened.address('decide')}?recorded={record.link.sequence}")


def _says(visit: VisitOf, kind: str) -> dict[str, Any]:
    """Return what the form of a move says; nothing else of what was sent is looked at."""
    says: dict[str, Any] = {"text": visit.field("text", most=_LONGEST_TEXT)}
    if kind == "override":
        says |= {name: visit.field(name, most=60) for name in ("grade", "reason", "expires_on")}
    if kind == "send_back":
        known = documents().documents
        says["documents"] = [str(name) for name in visit.form.getlist("documents") if name in known]
    return says


def _page(visit: VisitOf, opened: Opened, *, kind: str = "", error: StoreError | None = None) -> Response:
    policy, standing = visit.workbench.policy, opened.standing
    possible = moves_from(standing.state)
    signed_already = visit.session is not None and visit.login in standing.signers
    moves = [
        move
        for permission, of_permission in ((Permission.decide, _DECIDING), (Permission.sign, _SIGNING))
        if visit.may(permission)
        for move in of_permission
        if move in possible and not (move == "signature" and signed_already)
    ]
    asks = opened.results.asks
    suggested = ask_lines(asks, visit.lang) if asks.columns else []
    first = {line.document for line in suggested}
    recorded = visit.query("recorded")
    return show_application(
        visit,
        opened,
        "decide",
        "decide.html.jinja",
        status=200 if error is None else 400,
        moves=moves,
        kind=kind,
        error=error,
        typed=_says(visit, kind) if kind else {},
        grades=[(name, name) for name in policy.grade_names],
        reasons=_reasons(policy, visit),
        suggested=suggested,
        other_documents=[
            (one.id, one.zh if visit.lang == "zh" else one.en)
            for one in documents().documents.values()
            if one.id not in first
        ],
        first_day=today(visit),
        last_day=today(visit) + dt.timedelta(days=policy.signatures.most_override_days),
        two_signatures=policy.signatures.override,
        signed_already=signed_already,
        proposal=_proposal(opened, policy, visit),
        # Only the last record of this application is what was just recorded.
        recorded=standing.sequence if recorded and recorded == str(standing.sequence) else None,
    )


def _reasons(policy: Policy, visit: VisitOf) -> list[tuple[str, str]]:
    return [
        (reason.id, reason.zh if visit.lang == "zh" else reason.en)
        for reason in policy.signatures.override_reasons
    ]


def _proposal(opened: Opened, policy: Policy, visit: VisitOf) -> dict[str, Any] | None:
    """Return what waits for a signature, its reason named."""
    proposal = opened.standing.proposal
    if proposal is None:
        return None
    named = dict(_reasons(policy, visit))
    reason = str(proposal.get("reason", ""))
    return {**proposal, "reason": named.get(reason, reason)}
