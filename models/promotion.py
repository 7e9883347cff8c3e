"""Promoting a version to champion, and taking that back: who approved, why, and from which day it holds.

The registry keeps the terms of the champions (:mod:`models.champions`) and one event per decision, in tags of the
registered model: ``event_0001`` and on, JSON each. No event is ever changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features.errors import ModelError
from models.champions import CHAMPIONS, Term, as_text, read_terms
from models.gate.record import read_result
from models.registry import CHALLENGER, CHAMPION, NAME, PREVIOUS, version_of
from models.tracking import connect

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

__all__ = ["Change", "promote", "rollback"]

_EVENT = "event_"
_MOST_TEXT = 1_000
"""Characters of a name or a reason; a tag of the registry holds 5,000."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a promotion or a rollback did.

    Parameters
    ----------
    champion, previous
        Versions after it; ``previous`` is ``None`` where none was before.
    former
        Champion before it.
    holds_from
        First day of the champion's term; ``None`` where it held from the start.
    demonstration
        Whether the champion may only demonstrate.
    """

    champion: str
    previous: str | None
    former: str | None
    holds_from: dt.date | None
    demonstration: bool


def promote(
    version: str, *, approver: str, reason: str, holds_from: dt.date, demonstration: bool = False
) -> Change:
    """Make a version champion, where the gate has let it pass against the present champion.

    Parameters
    ----------
    version
        Number in the registry.
    approver, reason
        Who approves and why; neither may be empty.
    holds_from
        First day on which it is used; the former champion is used until then.
    demonstration
        Whether a model behind which simulated outcomes stand may become champion.

    Raises
    ------
    ModelError
        If a name or reason is missing, the version does not exist or is champion already, the gate has not let it
        pass, was held against another champion, or simulated outcomes stand behind it and ``demonstration`` does not
        say so.
    """
    approver, reason = _given("approver", approver), _given("reason", reason)
    with connect() as mlflow:
        client = mlflow.MlflowClient()
        found = version_of(mlflow, version)
        aliases, terms = _terms(client)
        champion = aliases.get(CHAMPION)
        if champion == version:
            raise ModelError(
                f"Version {version} is champion already.", where=NAME, mend="Name another version."
            )
        result = _passed(read_result(mlflow, version), version=version, champion=champion)
        simulated = bool(result["demonstration"]) or found.tags.get("label_origin") == "simulated"
        if simulated and not demonstration:
            raise ModelError(
                f"Simulated outcomes stand behind version {version}.",
                where=f"version {version}",
                mend="Promote it with --demonstration, which every output then shows, or train on observed outcomes.",
            )
        if terms and terms[-1].holds_from is not None and terms[-1].holds_from > holds_from:
            raise ModelError(
                f"Version {terms[-1].version} holds from {terms[-1].holds_from}, after {holds_from}.",
                where="--from",
                mend="Name that day or a later one, or roll that promotion back first.",
            )
        terms = (*terms, Term(version=version, holds_from=holds_from))
        event = {
            "action": "promote",
            "version": version,
            "former": champion,
            "approver": approver,
            "reason": reason,
            "holds_from": holds_from.isoformat(),
            "gate_sha256": result["gate_sha256"],
            "demonstration": simulated,
        }
        _log(client, event)
        for name, value in {
            "approver": approver,
            "promotion_reason": reason,
            "holds_from": holds_from.isoformat(),
        }.items():
            client.set_model_version_tag(NAME, version, name, value)
        _set(client, terms, aliases)
        return _change(terms, former=champion, demonstration=simulated)


def rollback(*, approver: str, reason: str) -> Change:
    """Put the former champion back, at once.

    Parameters
    ----------
    approver, reason
        Who approves and why; neither may be empty.

    Raises
    ------
    ModelError
        If a name or reason is missing, or there is no former champion.
    """
    approver, reason = _given("approver", approver), _given("reason", reason)
    with connect() as mlflow:
        client = mlflow.MlflowClient()
        aliases, terms = _terms(client)
        if len(terms) < 2:
            raise ModelError(
                "There is no former champion to put back.",
                where=NAME,
                mend="Promote another version: greencredit promote VERSION.",
            )
        former, terms = terms[-1].version, terms[:-1]
        restored = version_of(mlflow, terms[-1].version)
        _log(
            client,
            {
                "action": "rollback",
                "version": terms[-1].version,
                "former": former,
                "approver": approver,
                "reason": reason,
            },
        )
        client.set_model_version_tag(NAME, former, "rolled_back_by", approver)
        client.set_model_version_tag(NAME, former, "rollback_reason", reason)
        _set(client, terms, aliases)
        return _change(terms, former=former, demonstration=restored.tags.get("label_origin") == "simulated")


def _given(name: str, text: str) -> str:
    text = text.strip()
    if text and len(text) <= _MOST_TEXT:
        return text
    raise ModelError(
        f"The {name} is missing." if not text else f"The {name} is longer than {_MOST_TEXT:,} characters.",
        where=f"--{name}",
        mend=f'Give --{name} "...": it is kept in the registry.',
    )


def _terms(client: Any) -> tuple[dict[str, str], tuple[Term, ...]]:  # noqa: ANN401  (MLflow is untyped)
    registered = client.get_registered_model(NAME)
    aliases = {name: str(version) for name, version in registered.aliases.items()}
    return aliases, read_terms(registered.tags.get(CHAMPIONS), champion=aliases.get(CHAMPION))


def _passed(result: Mapping[str, Any] | None, *, version: str, champion: str | None) -> Mapping[str, Any]:
    command = f"greencredit compare DATASET --challenger models:/{NAME}/{version}"
    where = f"version {version}"
    if result is None:
        raise ModelError(f"The gate has not judged version {version}.", where=where, mend=f"Run: {command}.")
    if not result["passed"]:
        raise ModelError(
            f"The gate refused version {version}: {', '.join(result['refused_by'])}.",
            where=where,
            mend=f"Train a better one; the evidence: {command}.",
        )
    if champion is not None and result["champion"] != champion:
        raise ModelError(
            f"The gate held version {version} against version {result['champion'] or 'outside the registry'}, and "
            f"version {champion} is champion now.",
            where=where,
            mend=f"Run again: {command}.",
        )
    return result


def _log(client: Any, event: Mapping[str, Any]) -> None:  # noqa: ANN401
    count = sum(name.startswith(_EVENT) for name in client.get_registered_model(NAME).tags)
    client.set_registered_model_tag(
        NAME, f"{_EVENT}{count + 1:04d}", json.dumps(event, ensure_ascii=False, sort_keys=True)
    )


def _set(client: Any, terms: tuple[Term, ...], aliases: Mapping[str, str]) -> None:  # noqa: ANN401
    """Write the terms first: a reader trusts them only where their last one has the alias."""
    client.set_registered_model_tag(NAME, CHAMPIONS, as_text(terms))
    client.set_registered_model_alias(NAME, CHAMPION, terms[-1].version)
    if len(terms) > 1:
        client.set_registered_model_alias(NAME, PREVIOUS, terms[-2].version)
    elif PREVIOUS in aliases:
        client.delete_registered_model_alias(NAME, PREVIOUS)
    if aliases.get(CHALLENGER) == terms[-1].version:
        client.delete_registered_model_alias(NAME, CHALLENGER)


def _change(terms: tuple[Term, ...], *, former: str | None, demonstration: bool) -> Change:
    return Change(
        champion=terms[-1].version,
        previous=terms[-2].version if len(terms) > 1 else None,
        former=former,
        holds_from=terms[-1].holds_from,
        demonstration=demonstration,
    )
