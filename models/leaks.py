"""Leak guards: what is found is judged against the bank's own bounds and waivers, and stops the run or is logged.

A leak is a column that knows the outcome: a field written after the default, an indicator filled in for bad loans only,
a firm that is trained on and judged by. The guards themselves are in :mod:`models.leak_guards`; here stand the bounds,
the waivers and the verdict. A waiver names guard, indicator, reason and by whom::

    highest_auc = 0.9
    highest_odds_ratio = 10.0

    [[waivers]]
    guard = "alone"
    indicator = "interest_cover"
    reason = "Known before the decision: taken from the audited report."
    by = "Li Wei, model risk"
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from features.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["GUARDS", "Finding", "LeakBounds", "LeakReport", "Waiver", "judge", "load_bounds"]

GUARDS = ("alone", "filled_for_bad", "known_later", "same_firm")
"""What is looked for: too good alone, silence that tells the outcome, facts of later days, a firm on both sides."""


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A finding that somebody answers for.

    Parameters
    ----------
    guard
        One of ``GUARDS``.
    indicator
        The indicator or column that the finding names.
    reason, by
        Why it is no leak, and who says so. Both are logged with the run.
    """

    guard: str
    indicator: str
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class LeakBounds:
    """From where on a figure is a leak.

    Parameters
    ----------
    highest_auc
        AUC of one indicator alone, in its better orientation: 0.5 to 1. Financial ratios alone reach 0.7 to 0.8;
        0.9 of one figure is a fact of the default itself.
    highest_odds_ratio
        Odds of "handed in" among the bad over those among the good, or the inverse; above 1. The lower end of its
        99.9 % interval counts, so that few bads do not raise an alarm by chance.
    waivers
        Findings that somebody answers for.

    Raises
    ------
    ModelError
        If a bound or a waiver cannot hold.
    """

    highest_auc: float = 0.9
    highest_odds_ratio: float = 10.0
    waivers: tuple[Waiver, ...] = ()

    def __post_init__(self) -> None:
        for name, low, high in (("highest_auc", 0.5, 1.0), ("highest_odds_ratio", 1.0, float("inf"))):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise ModelError(
                    f"The {name} bound of the leak guards must be from {low} to {high}. Got {value!r} instead.",
                    where=name,
                    mend=f"Set {name} within these bounds, or leave it out.",
                )
        for number, waiver in enumerate(self.waivers, start=1):
            place = f"waivers[{number}]"
            for key, text in dataclasses.asdict(waiver).items():
                if not isinstance(text, str) or not text.strip():
                    raise ModelError(
                        f"The {key} of a waiver must be a text that says something. Got {text!r} instead.",
                        where=f"{place}.{key}",
                        mend="A waiver names guard, indicator, reason and by whom.",
                    )
            if waiver.guard not in GUARDS:
                raise ModelError(
                    f"There is no leak guard {waiver.guard!r}.",
                    where=f"{place}.guard",
                    mend=f"Name one of {', '.join(GUARDS)}.",
                )


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a guard found.

    Parameters
    ----------
    guard
        One of ``GUARDS``.
    indicator
        The indicator or column.
    evidence
        One sentence with the figures.
    figures
        The same as numbers.
    """

    guard: str
    indicator: str
    evidence: str
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LeakReport:
    """The verdict of a run that went on.

    Parameters
    ----------
    bounds
        With which it was judged.
    waived
        Findings with their waivers.
    unused
        Waivers of things that were not found: to be taken out of the file.
    not_examined
        Indicators with too few bads or goods to say anything, by guard.
    """

    bounds: LeakBounds
    waived: tuple[tuple[Finding, Waiver], ...] = ()
    unused: tuple[Waiver, ...] = ()
    not_examined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as plain values, for the run's files."""
        return {
            "bounds": {
                "highest_auc": self.bounds.highest_auc,
                "highest_odds_ratio": self.bounds.highest_odds_ratio,
            },
            "guards": list(GUARDS),
            "waived": [
                {**dataclasses.asdict(finding), "reason": waiver.reason, "by": waiver.by}
                for finding, waiver in self.waived
            ],
            "unused_waivers": [dataclasses.asdict(waiver) for waiver in self.unused],
            "not_examined": {guard: list(names) for guard, names in self.not_examined.items()},
        }


def judge(
    findings: Sequence[Finding],
    bounds: LeakBounds,
    *,
    not_examined: Mapping[str, tuple[str, ...]] | None = None,
) -> LeakReport:
    """Stop where a finding is not waived.

    Parameters
    ----------
    findings
        Of all guards.
    bounds
        With the waivers.
    not_examined
        See :class:`LeakReport`.

    Raises
    ------
    ModelError
        Naming every finding that nobody answers for, with its evidence.

    Examples
    --------
    >>> judge([Finding(guard="alone", indicator="coal_share", evidence="Alone it has an AUC of 0.99.")], LeakBounds())
    Traceback (most recent call last):
    features.errors.ModelError: The training data know the outcome: coal_share (alone): Alone it has an AUC of 0.99. ...
    """
    answered = {(waiver.guard, waiver.indicator): waiver for waiver in bounds.waivers}
    open_findings = [finding for finding in findings if (finding.guard, finding.indicator) not in answered]
    if open_findings:
        told = " ".join(f"{found.indicator} ({found.guard}): {found.evidence}" for found in open_findings)
        raise ModelError(
            f"The training data know the outcome: {told}",
            where=f"columns {', '.join(dict.fromkeys(found.indicator for found in open_findings))}",
            mend="Take the column out or mend its dates; where it is no leak, waive it with a reason in the file of --leaks.",
        )
    found = {(finding.guard, finding.indicator) for finding in findings}
    return LeakReport(
        bounds=bounds,
        waived=tuple((finding, answered[finding.guard, finding.indicator]) for finding in findings),
        unused=tuple(waiver for waiver in bounds.waivers if (waiver.guard, waiver.indicator) not in found),
        not_examined=not_examined or {},
    )


def load_bounds(path: Path) -> LeakBounds:
    """Read bounds and waivers from a TOML file.

    Raises
    ------
    ModelError
        If the file cannot be read, holds a key that is not known, or a bound or waiver that cannot hold.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # ValueError: no UTF-8, no TOML, or a number of too many digits
        raise ModelError(
            f"The file of the leak guards cannot be read: {error}.",
            where=str(path),
            mend="Hand in a TOML file with highest_auc, highest_odds_ratio and [[waivers]].",
        ) from error
    _only_known(content, [entry.name for entry in dataclasses.fields(LeakBounds)], where=str(path))
    handed_in = content.get("waivers", [])
    if not isinstance(handed_in, list) or not all(isinstance(entry, dict) for entry in handed_in):
        raise ModelError(
            "waivers must be a list of tables.", where=str(path), mend="Begin each waiver with [[waivers]]."
        )
    waivers = []
    for entry in handed_in:
        known = [part.name for part in dataclasses.fields(Waiver)]
        _only_known(entry, known, where=f"{path}, waivers")
        waivers.append(Waiver(**{name: entry.get(name, "") for name in known}))
    try:
        return LeakBounds(**{**content, "waivers": tuple(waivers)})
    except ModelError as error:
        raise ModelError(error.what, where=f"{path}, {error.where}", mend=error.mend) from None


def _only_known(content: Mapping[str, Any], known: Sequence[str], *, where: str) -> None:
    for key in content:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise ModelError(
                f"Unknown key {key!r}.",
                where=where,
                mend=f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}.",
            )
