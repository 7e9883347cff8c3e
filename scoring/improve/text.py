"""The way to the next grade as text for a loan officer, in English, in Chinese, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from features import reference
from scoring.improve.catalogue import NOT_OFFERED, actions
from scoring.improve.lines import library, shown

if TYPE_CHECKING:
    from scoring.texts import Language

__all__ = ["headline", "not_offered_lines", "support_lines", "way_text"]


def headline(row: dict[str, Any], lang: Language, *, most: int) -> str:
    """Return the sentence on top of a set: what it reaches, or that none reaches a better grade.

    Parameters
    ----------
    row
        A row of improvements.parquet.
    lang
        ``en`` or ``zh``.
    most
        The policy's largest set.
    """
    texts = library()
    if not row["actions"]:
        return texts.text("no_action", lang, grade=row["grade_before"])
    if not row["reaches"]:
        gained = shown(row["points_after_exact"] - row["points_before_exact"])
        return texts.text("none_reaches", lang, most=most, grade=row["grade_before"], points=gained)
    names = [actions()[name].name_en if lang == "en" else actions()[name].name_zh for name in row["actions"]]
    listed = ("; " if lang == "en" else "；").join(names)
    return texts.text("reaches", lang, before=row["grade_before"], after=row["grade_after"], actions=listed)


def support_lines(measures: list[str], lang: Language) -> list[str]:
    """Return the support measures with their conditions; those written from memory say so."""
    rows = reference.table("support_measures").filter(pl.col("id").is_in(measures)).sort("id")
    return [
        library().text(
            "support_recalled" if row["verified"] == "recalled" else "support",
            lang,
            name=row[f"name_{lang}"],
            conditions=row["conditions" if lang == "en" else "conditions_zh"] or row["conditions"],
        )
        for row in rows.iter_rows(named=True)
    ]


def not_offered_lines(lang: Language) -> list[str]:
    """Return the actions of the catalogue that are never offered, each with its reason."""
    place = ("en", "zh").index(lang)
    return [
        library().text(
            "not_offered", lang, name=getattr(actions()[name], f"name_{lang}"), reason=reasons[place]
        )
        for name, reasons in NOT_OFFERED.items()
    ]


def way_text(found: pl.DataFrame, lang: Language, *, grade: str, most: int) -> str:
    """Return the offered sets of one application.

    Parameters
    ----------
    found
        Its rows of improvements.parquet; none where it has the best grade.
    lang
        ``en`` or ``zh``.
    grade
        Its grade today, as it may be shown.
    most
        The policy's largest set.
    """
    texts = library()
    if found.is_empty():
        return texts.text("best_already", lang, grade=grade)
    blocks = [_block(row, lang, most=most) for row in found.sort("rank").iter_rows(named=True)]
    head = texts.text("not_offered_head", lang)
    return "\n".join(["\n\n".join(blocks), "", head, *(f"  - {line}" for line in not_offered_lines(lang))])


def _block(row: dict[str, Any], lang: Language, *, most: int) -> str:
    texts = library()
    lines = [f"{row['rank']}. {headline(row, lang, most=most)}"]
    if not row["actions"]:
        return lines[0]
    lines += [f"   - {line}" for line in row[f"effects_{lang}"]]
    lines.append(
        "   "
        + texts.text(
            "sum_points", lang, before=row["points_before"], after=row["points_after"], months=row["months"]
        )
    )
    lines.append("   " + _cost(row, lang))
    for code, name in (("sum_energy", "energy_saved_tce"), ("sum_emissions", "emissions_saved_tco2e")):
        # A set that saves nothing says nothing of it.
        if row[name]:
            lines.append("   " + texts.text(code, lang, amount=shown(row[name])))
    measures = support_lines(row["support"], lang)
    if measures:
        lines.append("   " + texts.text("support_head", lang))
        lines += [f"   - {line}" for line in measures]
    return "\n".join(lines)


def _cost(row: dict[str, Any], lang: Language) -> str:
    texts = library()
    if row["cost_unknown"]:
        names = [getattr(actions()[name], f"name_{lang}") for name in row["cost_unknown"]]
        return texts.text("sum_cost_unknown", lang, names=("; " if lang == "en" else "；").join(names))
    return texts.text("sum_cost", lang, low=shown(row["cost_low"]), high=shown(row["cost_high"]))
