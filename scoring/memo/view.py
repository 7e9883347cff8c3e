"""A memo as plain values in one language: every figure and sentence is decided here, the templates only place them.

HTML and PDF show the same view, so they cannot differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoring.memo.basis import basis_lines
from scoring.memo.evidence import NOW, certificate_lines, check_lines
from scoring.memo.head import firm_lines, score_facts, sentence
from scoring.memo.reasons import reason_view
from scoring.memo.ruling import rule_lines, ruling_lines
from scoring.memo.scale import scale_chart
from scoring.memo.strings import shown
from scoring.memo.ways import ask_lines, way_lines
from scoring.texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scoring.memo.context import MemoContext
    from scoring.texts import Language

__all__ = ["memo_view"]


def memo_view(
    row: Mapping[str, Any], lang: Language, context: MemoContext, *, font: str = ""
) -> dict[str, Any]:
    """Return a memo in one language.

    Parameters
    ----------
    row
        One row of :func:`scoring.memo.rows.memo_rows`.
    lang
        ``en`` or ``zh``.
    context
        Of the batch.
    font
        Family of the letters in the chart; that of the page where empty.

    Returns
    -------
    dict
        Texts, numbers, and lists of them; nothing in it is markup but ``scale``, an SVG of own making.
    """
    reasons = reason_view(row, lang, context)
    certificates, certificate_note = certificate_lines(row, lang)
    titles = ("why", "way", "ask", "checks", "certificates", "policy", "basis", "memo")
    view: dict[str, Any] = {
        "lang": lang,
        "html_lang": "en" if lang == "en" else "zh-Hans",
        "title": {name: text(f"{name}_title", lang) for name in titles},
        "banner": text("demonstration_banner", lang) if context.demonstration else "",
        "name": shown(row["firm_name"]) or text("no_name", lang),
        "firm": firm_lines(row, lang, context),
        "points": str(row["points_shown"]),
        "points_unit": text("points_unit", lang),
        "grade_label": text("grade", lang),
        "grade": context.grade(row["grade"], lang),
        "scale": scale_chart(row, lang, context, font=font),
        "facts": score_facts(row, lang, context),
        "sentence": sentence(row, reasons, lang, context),
        "reasons": [vars(line) for line in reasons.lines],
        "why_points": text("why_points", lang),
        "why_note": text("why_note", lang),
        "way": way_lines(row, lang, context),
        "asks": ask_lines(row, lang),
        "checks": check_lines(row, lang),
        "certificates": [vars(line) for line in certificates],
        "certificate_note": certificate_note,
        "certificates_axis": text("certificates_axis", lang),
        "now": NOW,
        "ruling": ruling_lines(row, lang, context),
        "rules": rule_lines(row, lang, context),
        "basis": basis_lines(row, lang, context),
    }
    return view | {"density": _density(view)}


_COLUMN = {"en": (62, 52), "zh": (33, 27)}
"""Characters that a line of the left and of the right column holds, at the usual size of the letters."""

_SETTINGS = (("", 150.0, 5.4, 28.0, 3.6, 30.0), ("dense", 119.0, 4.0, 24.0, 3.0, 32.0))
"""How closely a page may be set: class, height without the columns, a line and the headings of the left and of the right
column (mm). Measured on some hundred sheets in Chromium, rounded up; a page that fits neither is set ``tight``."""

_TALL = 292.0
"""Height of A4 less what different fonts may need (mm)."""


def _density(view: Mapping[str, Any]) -> str:
    """Return how closely an HTML page is set: without scripts it cannot fit itself, so its lines are counted."""
    wide_left, wide_right = _COLUMN[view["lang"]]
    names = [f"{line['name']} {line['detail']}" for line in view["reasons"]]
    certificates = [f"{line['name']} {line['told']}" for line in view["certificates"]]
    lists = [view[name] for name in ("way", "asks", "checks", "ruling", "rules")]
    left = _lines([*names, *certificates], wide_left)
    right = _lines([f"{head} {detail}" for items in lists for head, detail in items], wide_right)
    for name, rest, left_line, left_heads, right_line, right_heads in _SETTINGS:
        if rest + max(left * left_line + left_heads, right * right_line + right_heads) <= _TALL:
            return name
    return "tight"


def _lines(texts: Sequence[str], wide: int) -> int:
    return sum(max(-(-len(told) // wide), 1) for told in texts)
