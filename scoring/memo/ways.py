"""What could change: the way to the next grade, and which document to ask for next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoring.asks import moves_text
from scoring.memo.strings import shown
from scoring.texts import text
from scoring.texts.values import indicator_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.memo.context import MemoContext
    from scoring.texts import Language

__all__ = ["ask_lines", "way_lines"]

_MOST_ASKS = 3
_MOST_SETS = 2


def way_lines(row: Mapping[str, Any], lang: Language, context: MemoContext) -> list[tuple[str, str]]:
    """Return the cheapest sets of actions that reach the next grade, or the best there is: headline and details."""
    found = row["improvements"]
    if row["grade"] == context.grades[0][0]:
        return [(text("way_best_already", lang), "")]
    if not found:
        return [(text("way_not_searched", lang), "")]
    if not any(way["actions"] for way in found):
        return [(text("way_no_action", lang), "")]
    reaching = [way for way in found if way["reaches"]]
    lines = [] if reaching else [(text("way_none_reaches", lang), "")]
    for way in (reaching or found)[:_MOST_SETS]:
        names = text("list_join", lang).join(context.name(action, lang) for action in way["actions"])
        head = text(
            "way_reaches" if way["reaches"] else "way_best",
            lang,
            actions=names,
            points=way["points_after"],
            before=way["points_before"],
            grade=context.grade(way["grade_after"], lang),
        )
        lines.append((head, _way_details(way, lang, context)))
    return lines


def _way_details(way: Mapping[str, Any], lang: Language, context: MemoContext) -> str:
    details = [_cost(way, lang)]
    if way.get("cost_unknown"):
        names = text("list_join", lang).join(context.name(action, lang) for action in way["cost_unknown"])
        details.append(text("way_cost_unknown", lang, actions=names))
    if way.get("months") is not None:
        details.append(text("way_months", lang, months=_plain(way["months"])))
    if way.get("energy_saved_tce"):
        details.append(text("way_energy", lang, tce=f"{way['energy_saved_tce']:,.0f}"))
    if way.get("emissions_saved_tco2e"):
        code = "way_emissions_derived" if way.get("emissions_basis") == "derived" else "way_emissions"
        details.append(text(code, lang, tco2e=f"{way['emissions_saved_tco2e']:,.0f}"))
    if way.get("support"):
        names = text("list_join", lang).join(context.name(measure, lang) for measure in way["support"])
        details.append(text("way_support", lang, measures=names))
    return text("detail_join", lang).join(detail for detail in details if detail)


def _cost(way: Mapping[str, Any], lang: Language) -> str:
    low, high = way.get("cost_low"), way.get("cost_high")
    if low is None or high is None:
        return "" if way.get("cost_unknown") else text("way_cost_open", lang)
    if low == high:
        return text("way_cost", lang, cost=f"{low:,.0f}")
    return text("way_cost_range", lang, low=f"{low:,.0f}", high=f"{high:,.0f}")


def _plain(number: float) -> str:
    return f"{number:g}"


def ask_lines(row: Mapping[str, Any], lang: Language) -> list[tuple[str, str]]:
    """Return the documents to ask for, the one that could move most first: headline and details."""
    asks = row["asks"]
    if asks:
        return [(shown(ask[f"name_{lang}"]), moves_text(ask, lang)) for ask in asks[:_MOST_ASKS]]
    missing = (row["quality"] or {}).get("first") or []
    if not missing:
        return [(text("ask_nothing", lang), "")]
    more = row["quality"]["missing"] - len(missing)
    names = text("list_join", lang).join(indicator_name(name, lang) for name in missing)
    told = text("ask_missing", lang, names=names)
    return [(told + (text("and_more", lang, count=more) if more else ""), "")]
