"""The indicator catalogue as text for a terminal, generated from its one declaration."""

from __future__ import annotations

from features.catalogue import CATALOGUE, FAMILIES, PILLARS, Indicator

__all__ = ["BETTER", "catalogue_text"]

BETTER = {
    "higher": "higher is better 越高越好",
    "lower": "lower is better 越低越好",
    "none": "no direction 无方向",
}
"""What ``Indicator.better`` reads like."""


def catalogue_text(*, family: str | None = None) -> str:
    """Return every indicator with names, unit, direction, definition and source.

    Parameters
    ----------
    family
        Only the indicators of this family; ``None`` for all.

    Examples
    --------
    >>> print(catalogue_text(family="disclosure").splitlines()[0])
    Disclosure 信息披露 (pillar G: Governance 治理)
    """
    blocks: list[str] = []
    for member in FAMILIES.values():
        if family not in {None, member.id}:
            continue
        en, zh = PILLARS[member.pillar]
        lines = [f"{member.en} {member.zh} (pillar {member.pillar}: {en} {zh})"]
        lines += [_indicator(item) for item in CATALOGUE.values() if item.family == member.id]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _indicator(item: Indicator) -> str:
    used = "" if item.used_by_model else "; shown, not used by the model"
    lines = [
        f"  {item.id}  {item.en} {item.zh}",
        f"    unit: {item.unit}; {BETTER[item.better]}{used}",
        f"    {item.definition}",
    ]
    if item.neutral is not None:
        lines.append(f"    where it does not apply: {item.neutral:g}")
    lines.append(f"    source: {item.source}")
    return "\n".join(lines)
