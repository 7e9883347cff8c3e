"""A score held against its own sector, as text for a terminal; the whole points add up on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.catalogue import CATALOGUE, PILLARS
from scoring.rounding import largest_remainder
from scoring.sectors import against_sector
from scoring.telling import sector_name, signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.results import Results

__all__ = ["sector_text"]

_NAMES = {pillar: f"{en} {zh}" for pillar, (en, zh) in PILLARS.items()}
_FALLBACK = {
    "group": ("", ""),
    "section": (" (fewer than 30 training firms: its section)", "（训练企业不足30家，按门类）"),
    "all": (" (fewer than 30 training firms: all industries)", "（训练企业不足30家，按全行业）"),
}


def sector_text(own: Results, decision: Mapping[str, Any]) -> str:
    """Return how the score adds up from the base of the firm's own sector; empty where the model has none.

    Parameters
    ----------
    own
        The results of one application.
    decision
        Its row of the decisions.
    """
    against = against_sector(own)
    if against.is_empty():
        return ""
    row = against.row(0, named=True)
    sums = {
        pillar: sum(
            value for name, value in row.items() if name in CATALOGUE and CATALOGUE[name].pillar == pillar
        )
        for pillar in PILLARS
    }
    whole = largest_remainder({"base": row["sector_base"], **sums}, total=decision["points_shown"])
    en, zh = sector_name(decision["industry_division"], own=own.own_industry_names)
    fallback = (
        _FALLBACK[row["level"]] if decision["industry_division"] else (": all industries", "，按全行业")
    )
    lines = [
        "Against its own sector 与本行业相比",
        f"  {whole['base']:>6}  Base: the average training application of {en}{fallback[0]} {zh}{fallback[1]}基础分",
    ]
    lines += [f"  {signed(whole[pillar]):>6}  {name}" for pillar, name in _NAMES.items()]
    lines += [f"  {'=' * 6}", f"  {decision['points_shown']:>6}  Score 分数"]
    return "\n".join(lines)
