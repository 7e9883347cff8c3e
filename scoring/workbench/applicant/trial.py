"""What if: a firm's facts with other values and after actions, rebuilt, scored by the real model and decided by the policy.

No indicator is ever edited: facts are, and the pipeline rebuilds what they mean (see :mod:`scoring.improve`). Nothing is
stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError
from scoring.basis import rescored
from scoring.improve.costs import Costs
from scoring.improve.dataset import edited_dataset
from scoring.improve.effects import EFFECTS
from scoring.improve.lines import action_line
from scoring.improve.prices import prices_of, sizes_of
from scoring.improve.rebuilding import ACTION_IDS, after_actions, firms_of
from scoring.texts.values import indicator_name, value_text
from scoring.workbench.applicant.changeable import changed_dataset
from scoring.workbench.applicant.contributions import hundredths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.intake import Dataset
    from scoring.basis import Basis
    from scoring.results import Results
    from scoring.texts import Language
    from scoring.workbench.applicant.changeable import Change

__all__ = ["Moved", "Offer", "Trial", "offers", "tried"]

_NOTHING = 1e-9
"""Parts of a value below which a difference is rounding."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """An action that the firm can do: its id, and what it alone would do, in one line."""

    action: str
    line: str


@dataclass(frozen=True, kw_only=True)
class Moved:
    """An indicator that moved.

    Parameters
    ----------
    name, before, after
        Its name and its values as told to a person.
    points
        Hundredths of a point that its contribution changed by.
    """

    name: str
    before: str
    after: str
    points: int


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Before and after.

    Parameters
    ----------
    points_before, points_after, change
        Whole points as shown, and the exact difference (points).
    grade_before, grade_after
        Grades of the policy, caps and vetoes included.
    review_before, review_after
        Whether the policy asks for a person.
    moved
        Indicators whose value changed, the largest change of points first.
    rest
        Hundredths of a point by which the contributions of all others changed: what a value gives hangs on the others.
    """

    points_before: int
    points_after: int
    change: float
    grade_before: str
    grade_after: str
    review_before: bool
    review_after: bool
    moved: tuple[Moved, ...]
    rest: int


def offers(dataset: Dataset, basis: Basis, lang: Language) -> list[Offer]:
    """Return the actions of the catalogue that the firm can do, in the catalogue's order.

    Parameters
    ----------
    dataset
        Of one application and its firm.
    basis
        Of its batch; call this within :meth:`~scoring.basis.Basis.in_force`.
    lang
        Language of the lines.
    """
    firms = firms_of(dataset, basis.settings)
    sizes = sizes_of(firms, Costs())
    rows = len(firms.known.year)
    by_row = {name: np.repeat(size, rows) for name, size in sizes.items()}
    alone = {
        name: after_actions(firms.known, firms.amounts, np.full(rows, 1 << place, dtype=np.int64), by_row)
        for place, name in enumerate(ACTION_IDS)
    }
    prices = prices_of(firms, Costs(), alone)
    return [
        Offer(
            action=name,
            line=action_line(name, 0, firms=firms, after=alone[name], prices=prices, lang=lang),
        )
        for name in ACTION_IDS
        if np.isfinite(sizes[name][0]) and bool(EFFECTS[name].eligible(firms.known, firms.amounts).any())
    ]


def tried(
    dataset: Dataset,
    application_id: str,
    basis: Basis,
    *,
    actions: Sequence[str],
    changes: Sequence[Change],
    lang: Language,
) -> Trial:
    """Score an application after changes of facts and actions.

    Parameters
    ----------
    dataset
        Of the application and its firm.
    application_id
        The application.
    basis
        Of its batch; call this within :meth:`~scoring.basis.Basis.in_force`.
    actions
        Ids of actions; they are done on the changed facts.
    changes
        Other values of facts.
    lang
        Language of names and values.

    Raises
    ------
    GreenCreditError
        If nothing is to be tried, an action is unknown, or two of the actions replace one another.
    """
    if not actions and not changes:
        raise GreenCreditError(
            "Nothing was chosen.", where="what-if", mend="Choose an action, or a figure and another value."
        )
    _check_apart(actions)
    after = _after(changed_dataset(dataset, changes), actions, application_id, basis)
    return _compared(rescored(basis, dataset), rescored(basis, after), lang)


def _check_apart(actions: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for name in actions:
        group = EFFECTS[name].instead_of if name in EFFECTS else ""
        if group and group in seen:
            raise GreenCreditError(
                "Two of the actions replace one another: only one of them can be done.",
                where=f"{seen[group]}, {name}",
                mend="Choose one of the two.",
            )
        seen[group] = name


def _after(dataset: Dataset, actions: Sequence[str], application_id: str, basis: Basis) -> Dataset:
    """Do the actions; who holds whom stays as it is."""
    if not actions:
        return dataset
    edited = edited_dataset(dataset, application_id, actions, settings=basis.settings)
    tables = {**edited.tables, "ownership": dataset.tables["ownership"]}
    return replace(edited, tables=MappingProxyType(tables))


def _compared(before: Results, after: Results, lang: Language) -> Trial:
    was, now = (results.contributions.row(0, named=True) for results in (before, after))
    parts = {name: now[name] - was[name] for name in was if name in CATALOGUE}
    points = hundredths(parts)
    old, new = (results.indicators.row(0, named=True) for results in (before, after))
    changed = [name for name in CATALOGUE if name in old and _differs(old[name], new[name])]
    decided, anew = (results.decisions.row(0, named=True) for results in (before, after))
    moved = [
        Moved(
            name=indicator_name(name, lang),
            before=value_text(name, old[name], lang),
            after=value_text(name, new[name], lang),
            points=points.get(name, 0),
        )
        # Of equal ones the catalogue's order stays.
        for name in sorted(changed, key=lambda name: -abs(points.get(name, 0)))
    ]
    return Trial(
        points_before=decided["points_shown"],
        points_after=anew["points_shown"],
        change=anew["points"] - decided["points"],
        grade_before=decided["grade"],
        grade_after=anew["grade"],
        review_before=decided["review"],
        review_after=anew["review"],
        moved=tuple(moved),
        rest=sum(points.values()) - sum(one.points for one in moved),
    )


def _differs(before: float | str | None, after: float | str | None) -> bool:
    if isinstance(before, float) and isinstance(after, float):
        return abs(after - before) > _NOTHING * max(abs(before), abs(after), 1.0)
    return before != after
