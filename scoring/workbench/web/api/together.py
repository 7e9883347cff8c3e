"""Requests scored together: one dataset, one evaluation, and each request's own answer cut out of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from features.intake.dataset import NOTICES_SCHEMA
from features.intake.records import part_and_row, validate_records
from scoring.evaluate import evaluate
from scoring.workbench.web.api.answers import as_json, explanations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from features.intake.records import Records
    from scoring.workbench.scorer import Scorer
    from scoring.workbench.web.api.body import ScoreRequest

__all__ = ["Scored", "score_together"]

_SOURCE = "the request"
_ERROR = ("table", "row", "column", "value", "rule", "what_en", "what_zh", "mend_en", "mend_zh")

Scored = tuple[int, str, list[dict[str, Any]]]
"""Applications that were scored, the answer as JSON, and the errors of the rows."""


def score_together(requests: Sequence[ScoreRequest], *, scorer: Scorer) -> list[Scored]:
    """Score requests.

    Parameters
    ----------
    requests
        Of which any two may be read together.
    scorer
        Its reference tables are in force already.

    Returns
    -------
    list
        For each request what it would have been given alone.

    Raises
    ------
    GreenCreditError
        If one of them cannot be used as a whole.
    """
    dataset = validate_records([request.records for request in requests], source=_SOURCE)
    results = evaluate(dataset, model=scorer.model, policy=scorer.policy, settings=scorer.settings)
    applications = dataset.tables["applications"].select("application_id", "row")
    place_of = {application: part_and_row(row)[0] for application, row in applications.iter_rows()}
    items: list[list[dict[str, Any]]] = [[] for _ in requests]
    wanted = [application for application, place in place_of.items() if requests[place].explain]
    told = explanations(results, wanted) if wanted else {}
    for decision in results.decisions.to_dicts():
        application = decision["application_id"]
        item: dict[str, Any] = {"decision": decision}
        if application in told:
            item["explanation"] = told[application]
        items[place_of[application]].append(item)
    errors = _errors(dataset.quarantine, len(requests))
    head = _head(results.manifest)
    return [
        (len(own), _answer(request.records, own, refused, head), refused)
        for request, own, refused in zip(requests, items, errors, strict=True)
    ]


def _errors(quarantine: pl.DataFrame, parts: int) -> list[list[dict[str, Any]]]:
    """Return each request's refused cells, its own row numbers on them, in the order of its tables and rows."""
    errors: list[list[dict[str, Any]]] = [[] for _ in range(parts)]
    ordered = quarantine.select(_ERROR).sort("table", "row", "column", "rule", nulls_last=True)
    for row in ordered.iter_rows(named=True):
        place, own = part_and_row(row["row"])
        errors[place].append({**row, "row": own})
    return errors


def _head(manifest: Mapping[str, Any]) -> dict[str, Any]:
    model = manifest["model"]
    return {
        "demonstration": manifest["demonstration"],
        "label_origin": model["label_origin"],
        "model": {"name": model["name"], "version": str(model["version"])},
        "policy_version": manifest["policy"]["version_id"],
        "factor_set": manifest["factor_set"],
        "product_version": manifest["product_version"],
    }


def _answer(
    records: Records, items: list[dict[str, Any]], errors: list[dict[str, Any]], head: Mapping[str, Any]
) -> str:
    content = {
        **head,
        "applications": {"in": records.applications, "scored": len(items)},
        "results": items,
        "errors": errors,
        "notices": [
            dict(zip(NOTICES_SCHEMA, notice, strict=True)) for notice in sorted(set(records.notices))
        ],
    }
    return json.dumps(as_json(content), ensure_ascii=False, allow_nan=False)
