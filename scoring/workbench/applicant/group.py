"""The firm's group: who owns it and whom it owns, and the group's sums and indicators beside the firm's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import polars as pl

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError
from features.groups import groups
from scoring.memo.strings import shown
from scoring.texts.values import indicator_name, value_text
from scoring.workbench.applicant.lineage import plain

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from features.groups import GroupView
    from features.intake import Dataset
    from scoring.basis import Basis
    from scoring.results import Results
    from scoring.texts import Language

__all__ = ["Group", "GroupIndicator", "Member", "groups_of_firm", "related_firms"]

MOST_FIRMS = 500
"""Firms tied to one another by holdings that are computed on a page; more are for ``features.groups`` over the batch."""

_TOTALS = ("energy", "electricity", "scope1", "scope2_location", "revenue", "employees")


@dataclass(frozen=True, kw_only=True)
class Member:
    """A firm of the group: its id, its name, the group's share in it (told; empty where unknown), steps from the parent, notes."""

    firm_id: str
    name: str
    share: str
    level: int
    note: str


@dataclass(frozen=True, kw_only=True)
class GroupIndicator:
    """An indicator of the group beside the firm's own, both as told to a person."""

    name: str
    own: str
    group: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group that the firm belongs to.

    Parameters
    ----------
    parent_id, parent_name
        Its ultimate parent.
    members
        Its firms, the parent first.
    year, totals
        The year of which most sums are known, the latest of several, and its sums: column to figure.
    loans, outstanding
        What the bank lends to the group; empty where not known.
    indicators
        Those that are known of the group.
    findings
        What is not plain about its holdings.
    """

    parent_id: str
    parent_name: str
    members: tuple[Member, ...]
    year: int | None
    totals: Mapping[str, str]
    loans: str
    outstanding: str
    indicators: tuple[GroupIndicator, ...]
    findings: tuple[str, ...]


def related_firms(basis: Basis, firm_id: str) -> set[str]:
    """Return the firms tied to one by holdings, directly or through others, itself among them.

    Raises
    ------
    GreenCreditError
        If they are more than :data:`MOST_FIRMS`.
    """
    file = basis.facts.folder / "ownership.parquet"
    if not file.is_file():
        return {firm_id}
    ties = _ties(file, file.stat().st_mtime_ns)
    found, new = {firm_id}, {firm_id}
    while new:
        new = {other for one in new for other in ties.get(one, ())} - found
        found |= new
        if len(found) > MOST_FIRMS:
            raise GreenCreditError(
                f"More than {MOST_FIRMS} firms are tied to this one by holdings: too many for a page.",
                where="ownership",
                mend="Compute the groups of the batch with features.groups.",
            )
    return found


def groups_of_firm(
    basis: Basis, firm_id: str, results: Results, lang: Language, *, as_of: dt.date
) -> list[Group]:
    """Return the groups that a firm belongs to on a day; none where nobody owns it and it owns nobody.

    Parameters
    ----------
    basis
        Of the batch; call this within :meth:`~scoring.basis.Basis.in_force`.
    firm_id
        The firm.
    results
        Of the application, for the firm's own indicators.
    lang
        ``en`` or ``zh``.
    as_of
        Day of the score.

    Raises
    ------
    GreenCreditError
        As of :func:`related_firms`.
    """
    firms = related_firms(basis, firm_id)
    if len(firms) == 1:
        return []
    dataset = basis.facts.firms(sorted(firms))
    view = groups(dataset, as_of=as_of, settings=basis.settings)
    of_firm = view.members.filter(pl.col("firm_id") == firm_id)["parent_id"]
    names = _names(dataset)
    whole = view.members.filter(pl.col("parent_id").is_in(of_firm.to_list()))
    return [
        _group(parent, view, names, results, lang)
        for parent, members in sorted(whole.group_by("parent_id").len().iter_rows())
        if members > 1
    ]


def _group(parent: str, view: GroupView, names: Mapping[str, str], results: Results, lang: Language) -> Group:
    own = pl.col("parent_id") == parent
    latest = _fullest_year(view.totals.filter(own))
    loans = view.loans.filter(own).to_dicts()
    column = "text_zh" if lang == "zh" else "text_en"
    firms = set(view.members.filter(own)["firm_id"])
    found = view.findings.filter(pl.col("firm_id").is_in(list(firms)))
    return Group(
        parent_id=shown(parent),
        parent_name=shown(names.get(parent)) or shown(parent),
        members=tuple(
            Member(
                firm_id=row["firm_id"],
                name=shown(names.get(row["firm_id"])) or shown(row["firm_id"]),
                share="" if row["share"] is None else f"{100 * row['share']:.1f} %",
                level=row["level"],
                note=row["note"].replace("_", " "),
            )
            for row in view.members.filter(own).sort("level", "firm_id").to_dicts()
        ),
        year=None if latest is None else latest["year"],
        totals={} if latest is None else {name: plain(latest[name]) for name in _TOTALS},
        loans=plain(loans[0]["loans"]) if loans else "",
        outstanding=plain(loans[0]["outstanding"]) if loans else "",
        indicators=_indicators(view.indicators.filter(own), results, lang),
        findings=tuple(shown(text, most=300) for text in found[column].unique(maintain_order=True))
        if column in found.columns
        else (),
    )


def _fullest_year(totals: pl.DataFrame) -> dict[str, Any] | None:
    """Return the sums of the year in which most are known, of several the latest; ``None`` where none is."""
    known = pl.sum_horizontal(pl.col(name).is_not_null().cast(pl.Int32) for name in _TOTALS)
    ranked = totals.with_columns(known=known).filter(pl.col("known") > 0).sort("known", "year")
    return None if ranked.is_empty() else ranked.row(-1, named=True)


def _indicators(group: pl.DataFrame, results: Results, lang: Language) -> tuple[GroupIndicator, ...]:
    if group.is_empty():
        return ()
    row, own = group.row(0, named=True), results.indicators.row(0, named=True)
    return tuple(
        GroupIndicator(
            name=indicator_name(name, lang),
            own=value_text(name, own.get(name), lang),
            group=value_text(name, row[name], lang),
        )
        for name in CATALOGUE
        if row.get(name) is not None
    )


def _names(dataset: Dataset) -> dict[str, str]:
    """Return the latest name of every firm; of a parent that handed nothing in, the one that its holding states."""
    owned = dataset.tables["ownership"].select("parent_id", "parent_name").drop_nulls()
    firms = dataset.tables["firms"].sort("known_on", nulls_last=False).select("firm_id", "name").drop_nulls()
    return dict(owned.iter_rows()) | dict(firms.iter_rows())


@lru_cache(maxsize=8)
def _ties(file: Path, _changed: int) -> Mapping[str, tuple[str, ...]]:
    """Return who is tied to whom by a holding, either way."""
    edges = pl.read_parquet(file, columns=["firm_id", "parent_id"])
    both = pl.concat([edges, edges.select(firm_id="parent_id", parent_id="firm_id")])
    gathered = both.group_by("firm_id").agg(pl.col("parent_id").unique())
    return {firm: tuple(others) for firm, others in gathered.iter_rows()}
