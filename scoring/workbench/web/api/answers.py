"""What the API tells of an application: its decision and what explains it, the same inline and from a batch."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from features.catalogue import CATALOGUE, FAMILIES, PILLARS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scoring.results import Results

__all__ = ["as_json", "explanations"]

_LISTED = ("reasons", "data_quality", "cross_checks", "certificates", "asks", "improvements")
"""Tables with several rows an application."""


def explanations(results: Results, applications: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what explains the decisions on some applications.

    Parameters
    ----------
    results
        Of a batch, or of one application of it.
    applications
        Their ids.

    Returns
    -------
    dict
        Application id to ``base`` (points), ``contributions`` (indicator, points, value; most points first), ``families``
        and ``pillars`` (sums in points), and a list for each table of reasons, data quality, cross-checks, certificates,
        documents to ask for and ways to the next grade. Base and contributions add up to the score.
    """
    chosen = pl.DataFrame({"application_id": list(applications)}, schema={"application_id": pl.String})
    points = results.contributions.join(chosen, on="application_id", how="semi").to_dicts()
    values = {
        row["application_id"]: row
        for row in results.indicators.join(chosen, on="application_id", how="semi").to_dicts()
    }
    told = {row["application_id"]: _points(row, values[row["application_id"]]) for row in points}
    for name in _LISTED:
        for content in told.values():
            content[name] = []
        table: pl.DataFrame = getattr(results, name)
        if not table.columns:
            # An earlier release wrote the batch, or nothing was looked for.
            continue
        for row in table.join(chosen, on="application_id", how="semi", maintain_order="left").to_dicts():
            told[row.pop("application_id")][name].append(row)
    return told


def as_json(content: Any) -> Any:  # noqa: ANN401  (whatever an answer holds)
    """Return what JSON can hold: days in ISO 8601, and no number that JSON lacks.

    Examples
    --------
    >>> as_json({"as_of": dt.date(2024, 6, 30), "value": float("nan"), "labels": ("a",)})
    {'as_of': '2024-06-30', 'value': None, 'labels': ['a']}
    """
    if isinstance(content, float):
        return content if content - content == 0 else None
    if content is None or isinstance(content, str | int):
        return content
    if isinstance(content, dict):
        return {name: as_json(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [as_json(value) for value in content]
    if isinstance(content, dt.date):
        return content.isoformat()
    return str(content)


def _points(row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    parts = [
        {"indicator": name, "points": row[name], "value": values.get(name)}
        for name in CATALOGUE
        if row.get(name) is not None
    ]
    return {
        "base": row["base"],
        "contributions": sorted(parts, key=lambda part: (-abs(part["points"]), part["indicator"])),
        "families": {name: row[f"family_{name}"] for name in FAMILIES if f"family_{name}" in row},
        "pillars": {name: row[f"pillar_{name}"] for name in PILLARS if f"pillar_{name}" in row},
    }
