"""JSON Schemas of what the API takes and gives; tables and columns are those of the data contract."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from features.contract import CONTRACT, PROVENANCE
from scoring.workbench.review.standing import ORIGINS, STATES
from scoring.workbench.web.api.examples import ALONE, SEVERAL, WITH_ERRORS
from scoring.workbench.web.api.problems import MEDIA_TYPE, PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.contract import Column, Table

__all__ = [
    "BATCH",
    "BATCHES",
    "CATALOGUE_ANSWER",
    "COMPONENTS",
    "DECISION",
    "DECISIONS",
    "DECISION_FIELDS",
    "EXPLAINED",
    "HEALTH",
    "PROBLEM",
    "SCORED",
    "SCORE_BODY",
    "STANDING_ANSWER",
    "problems",
    "shown",
]

Schema = dict[str, Any]


def _of(kind: str, told: str = "", *, empty: bool = False) -> Schema:
    schema: Schema = {"type": [kind, "null"] if empty else kind}
    return {**schema, "description": told} if told else schema


def _list(of: Schema, told: str = "") -> Schema:
    return {"type": "array", "items": of, **({"description": told} if told else {})}


def _record(told: str = "", /, **fields: Schema) -> Schema:
    return {
        "type": "object",
        **({"description": told} if told else {}),
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _open(record: Schema) -> Schema:
    """Return a record that may hold further fields."""
    return {**record, "additionalProperties": True}


_TEXT, _MAYBE_TEXT, _NUMBER = _of("string"), _of("string", empty=True), _of("number")
_DAY: Schema = {"type": "string", "format": "date"}
_TEXTS = _list(_TEXT)

PROBLEM = _open(
    _record(
        "A problem as of RFC 9457.",
        type=_of("string", "What kind of problem: urn:greencredit:problem:KIND."),
        title=_of("string", "The kind in words."),
        status=_of("integer"),
        detail=_of("string", "What is wrong with this request."),
        instance=_of("string", "The path that was asked for."),
        hint=_of("string", "What to do."),
    )
)
PROBLEM["properties"]["errors"] = _list(
    {"$ref": "#/components/schemas/RowError"}, "What is wrong with which cell."
)

DECISION_FIELDS: Mapping[str, Schema] = MappingProxyType(
    {
        "application_id": _TEXT,
        "firm_id": _TEXT,
        "firm_name": _MAYBE_TEXT,
        "as_of": _DAY,
        "amount": _of("number", "Applied for, 10,000 CNY.", empty=True),
        "industry_division": _MAYBE_TEXT,
        "probability": _of("number", "Of default within the model's window."),
        "points": _of("number", "The exact score."),
        "points_shown": _of("integer", "The score in whole points."),
        "esg_points": _of("number", "The part of the ESG indicators in points."),
        "points_low": _of(
            "integer", "Lowest score over what is plausible for what is not known.", empty=True
        ),
        "points_high": _of("integer", "Highest score over it.", empty=True),
        "points_low_exact": _of("number", empty=True),
        "points_high_exact": _of("number", empty=True),
        "grade_low": _MAYBE_TEXT,
        "grade_high": _MAYBE_TEXT,
        "outside_training_range": _of("integer", "Indicators outside what the model saw.", empty=True),
        "grade": _of("string", "Of the policy. Show grade_label where a person reads it."),
        "grade_label": _of("string", "The grade as it may be shown: says so where it is a demonstration."),
        "grade_before_caps": _TEXT,
        "vetoed": _of("boolean"),
        "risk_class": _of("string", "Environmental and social risk class: A, B or C."),
        "risk_class_basis": _TEXT,
        "risk_class_unconfirmed": _of("boolean"),
        "watch_list": _of("boolean"),
        "benchmark_status": _MAYBE_TEXT,
        "labels": _TEXTS,
        "label_candidates": _TEXTS,
        "price_basis_points": _of("integer", "On the bank's list price.", empty=True),
        "conditions_precedent": _TEXTS,
        "covenants": _TEXTS,
        "support": _TEXTS,
        "rules_fired": _list(_TEXT, "Ids of the policy's rules."),
        "review": _of("boolean", "Whether a person must look."),
        "review_reasons": _list(_TEXT, "Why: ids of the policy's rules."),
        "policy_in_force": _of("boolean", "Whether the policy held on the day of the decision."),
        "label_origin": _of("string", "Where the labels come from that the model learned from."),
        "demonstration": _of("boolean", "Whether the grade may only demonstrate."),
        "model_version": _TEXT,
        "policy_version": _TEXT,
        "record_hash": _of("string", "SHA-256 of the canonical decision record."),
    }
)
"""Columns of a decision, each with its schema."""

DECISION: Schema = {
    "type": "object",
    "properties": dict(DECISION_FIELDS),
    "required": ["application_id", "grade", "grade_label", "points_shown", "label_origin", "demonstration"],
    "additionalProperties": True,
}
"""Of one application; results of an earlier release lack columns."""

_CELL: Schema = {"type": ["string", "number", "boolean", "null"]}
_FREE: Schema = {"type": "object", "additionalProperties": True}

_EXPLANATION = _record(
    "Base and contributions add up to the score; so do base and families, and base and pillars.",
    base=_of("number", "Points of the average application."),
    contributions=_list(
        _record(
            indicator=_of("string", "Id in the catalogue."),
            points=_NUMBER,
            value={"type": ["number", "string", "null"], "description": "Null where it is not known."},
        )
    ),
    families={"type": "object", "additionalProperties": _NUMBER},
    pillars={"type": "object", "additionalProperties": _NUMBER},
    reasons=_list(_FREE, "As tested by a re-score; printed tells which ones may be said to the applicant."),
    data_quality=_list(_FREE),
    cross_checks=_list(_FREE, "Contradictions, with their figures."),
    certificates=_list(_FREE),
    asks=_list(_FREE, "Documents to ask for."),
    improvements=_list(_FREE, "Ways to the next grade, where they were looked for."),
)

_ROW_ERROR = _record(
    table=_TEXT,
    row=_of("integer", "Of the table as handed in; the first is 1."),
    column=_TEXT,
    value=_MAYBE_TEXT,
    rule=_TEXT,
    what_en=_TEXT,
    what_zh=_TEXT,
    mend_en=_TEXT,
    mend_zh=_TEXT,
)

_HEAD = {
    "demonstration": DECISION_FIELDS["demonstration"],
    "label_origin": DECISION_FIELDS["label_origin"],
}

_RESULT = _record(decision=DECISION)
_RESULT["properties"]["explanation"] = {"$ref": "#/components/schemas/Explanation"}

SCORED = _record(
    **_HEAD,
    model=_record(name=_TEXT, version=_TEXT),
    policy_version=_TEXT,
    factor_set=_of("string", "Hash of the reference tables."),
    product_version=_TEXT,
    applications=_record(**{"in": _of("integer"), "scored": _of("integer")}),
    results=_list(_RESULT, "By application_id."),
    errors=_list({"$ref": "#/components/schemas/RowError"}, "Cells that were refused, with their rows."),
    notices=_list(_FREE, "What was left out without harm: unknown tables and columns, data on persons."),
)

_BATCH_FIELDS = {
    "batch_id": _TEXT,
    "state": {"type": "string", "enum": ["running", "done", "failed"]},
    "started_at": _TEXT,
    "finished_at": _MAYBE_TEXT,
    "rows_in": _of("integer"),
    "scored": _of("integer"),
    "quarantined": _of("integer"),
    "model_version": _TEXT,
    "policy_version": _TEXT,
    **_HEAD,
}
BATCH = _record(**_BATCH_FIELDS, applications=_FREE, exactness=_FREE)
BATCHES = _record(batches=_list(_record(**_BATCH_FIELDS), "Latest first."))

_ROW = _record(
    application_id=_TEXT,
    firm_id=_TEXT,
    firm_name=_MAYBE_TEXT,
    as_of=_DAY,
    industry_division=_MAYBE_TEXT,
    points_shown=_of("integer"),
    grade=_of("string", "Of the policy."),
    grade_label=DECISION_FIELDS["grade_label"],
    grade_in_force=_of("string", "The policy's, or that of an override which has not ended."),
    risk_class=_TEXT,
    state={"type": "string", "enum": list(STATES)},
    origin={"type": ["string", "null"], "enum": [*ORIGINS, None]},
    **_HEAD,
)
DECISIONS = _record(
    **_HEAD,
    decisions=_list(_ROW, "Lowest points first."),
    after=_of("string", "Hand it in as after for the next page; null on the last one.", empty=True),
)

_STANDING = _record(
    state={"type": "string", "enum": list(STATES)},
    origin={"type": ["string", "null"], "enum": [*ORIGINS, None]},
    grade_in_force=_TEXT,
    override_grade=_MAYBE_TEXT,
    expires_on=_MAYBE_TEXT,
    signers=_TEXTS,
    signatures_needed=_of("integer"),
    last_record=_of("integer", "Number of the last record in the audit; 0 where there is none."),
)
STANDING_ANSWER = _record(batch_id=_TEXT, decision=DECISION, standing=_STANDING, **_HEAD)
EXPLAINED = _record(
    batch_id=_TEXT,
    decision=DECISION,
    explanation={"$ref": "#/components/schemas/Explanation"},
    **_HEAD,
)

CATALOGUE_ANSWER = _record(
    pillars=_list(_record(id=_TEXT, en=_TEXT, zh=_TEXT)),
    families=_list(_record(id=_TEXT, pillar=_TEXT, en=_TEXT, zh=_TEXT)),
    indicators=_list(
        _open(
            _record(
                id=_TEXT,
                family=_TEXT,
                en=_TEXT,
                zh=_TEXT,
                unit=_TEXT,
                better={"type": "string", "enum": ["higher", "lower", "none"]},
                definition=_TEXT,
                source=_TEXT,
                used_by_model=_of("boolean"),
            )
        )
    ),
)

HEALTH = _record(status={"type": "string", "enum": ["ok"]})


def _column(column: Column) -> Schema:
    """Return the schema of a cell: any plain value, for intake reads texts and numbers alike and says what is wrong."""
    told = f"{column.zh}. {column.meaning}"
    if column.unit:
        told += f" Unit: {column.unit}."
    if column.choices:
        told += f" One of {', '.join(column.choices)}."
    return {**_CELL, "description": told}


def _table(table: Table) -> Schema:
    return {
        "type": "array",
        "minItems": 1,
        "description": f"{table.zh}. {table.meaning}",
        "items": {
            "type": "object",
            "properties": {column.name: _column(column) for column in (*table.columns, *PROVENANCE)},
            "required": list(table.required_columns),
            "additionalProperties": _CELL,
        },
    }


_BODY: Schema = {
    "type": "object",
    "properties": {
        "tables": {
            "type": "object",
            "description": "The tables of the data contract under their English names; Chinese names and headers are taken as well.",
            "properties": {name: _table(table) for name, table in CONTRACT.items() if name != "outcomes"},
            "required": ["firms", "applications"],
        },
        "explain": {"type": "boolean", "default": False},
    },
    "required": ["tables"],
    "additionalProperties": False,
}

SCORE_BODY: Schema = {
    "required": True,
    "content": {
        "application/json": {
            "schema": _BODY,
            "examples": {
                "alone": {"summary": "One application, with its explanation", "value": ALONE},
                "several": {"summary": "Several applications, Chinese headers", "value": SEVERAL},
                "with_errors": {
                    "summary": "A row that is refused, told by table, row and column",
                    "value": WITH_ERRORS,
                },
            },
        }
    },
}

COMPONENTS: Mapping[str, Schema] = MappingProxyType(
    {"Problem": PROBLEM, "Explanation": _EXPLANATION, "RowError": _ROW_ERROR}
)
"""Schemas that others refer to."""


def shown(told: str, schema: Schema) -> Schema:
    """Return the response object of an answer in JSON."""
    return {"description": told, "content": {"application/json": {"schema": schema}}}


def problems(*statuses: int) -> dict[int, Schema]:
    """Return the response objects of the problems that a route may answer with, beside those that every route has."""
    return {
        status: {
            "description": "; ".join(kind.title for kind in PROBLEMS.values() if kind.status == status),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }
