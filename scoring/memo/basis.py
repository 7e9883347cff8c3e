"""What the decision rests on: reference population, versions, origin of the labels, and the hash of the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoring.memo.record import HASH
from scoring.texts import text, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.memo.context import MemoContext
    from scoring.texts import Language

__all__ = ["basis_lines"]


def basis_lines(row: Mapping[str, Any], lang: Language, context: MemoContext) -> list[tuple[str, str]]:
    """Return label and value of everything the decision rests on."""
    manifest = context.manifest
    model, policy = manifest["model"], manifest["policy"]
    library = texts()
    approved = (
        text(
            "texts_approved", lang, version=library.version, who=library.approved_by, day=library.approved_on
        )
        if library.approved_by
        else text("texts_unapproved", lang, version=library.version)
    )
    return [
        (text("reference_population", lang), _population(row, lang, model)),
        (text("model", lang), text("model_value", lang, name=model["name"], version=model["version"])),
        (text("label_origin", lang), _origin(model["label_origin"], lang)),
        (
            text("policy", lang),
            text("policy_value", lang, version=policy["version_id"], day=policy["valid_from"]),
        ),
        (text("factors", lang), manifest["factor_set"]),
        (text("product_and_texts", lang), f"greencredit {manifest['product_version']}; {approved}"),
        (text("record_hash", lang), row[HASH]),
    ]


def _population(row: Mapping[str, Any], lang: Language, model: Mapping[str, Any]) -> str:
    counts = model.get("training_applications") or {}
    told = (
        text("population_count", lang, count=f"{sum(counts.values()):,}")
        if counts
        else text("population_unknown", lang)
    )
    level = row["sector_level"]
    return told + (text(f"population_{level}", lang) if level else text("population_no_sector", lang))


def _origin(origin: str, lang: Language) -> str:
    code = f"origin_{origin}"
    return text(code, lang) if code in texts().texts else origin
