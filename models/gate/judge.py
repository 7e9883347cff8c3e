"""Judging a challenger: every rule of the gate measured on the same applications."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.errors import ExactnessError, ModelError
from models.calibration import fit_logistic, sigmoid
from models.estimator import GreenCreditModel
from models.gate.figures import intercept_in_the_large, moved, paired_difference
from models.gate.result import Finding
from models.gate.segments import judge_segments, segment_names
from models.gate.withholding import withholding_gain
from models.monotonicity import prove_monotone
from models.scorecard import LABEL_ORIGIN as DECLARED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from models.gate.rules import Gate
    from models.stored import AnyModel

__all__ = ["Case", "judge"]

_MOST_SHOWN = 20
"""Violations kept in the evidence; all are counted."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A challenger, its champion, and what they are judged on.

    Parameters
    ----------
    challenger, champion
        The models.
    table
        Shape (n, indicators): applications with a label that neither was fitted on.
    bad
        Shape (n,): 1 for bad, 0 for good.
    firm, as_of
        Shape (n,): firm and day of decision.
    grades
        Positions of the grade by points under champion and challenger, each of shape (m,): of every application,
        with or without a label.
    sections
        Industry division to section.
    stability
        The challenger's ``reasons_replaced_by_*`` as its run logged them; empty where it was not measured.
    origins
        Label origins of challenger and of the outcomes that judge.
    demonstration
        Whether simulated outcomes are allowed, for demonstration.
    """

    challenger: AnyModel
    champion: AnyModel
    table: pd.DataFrame
    bad: NDArray[np.float64]
    firm: NDArray[Any]
    as_of: NDArray[Any]
    grades: tuple[NDArray[np.int64], NDArray[np.int64]]
    sections: Mapping[str, str]
    stability: Mapping[str, float]
    origins: tuple[str, str]
    demonstration: bool


_Measured = tuple[dict[str, Any], list[str]]


def judge(
    case: Case, gate: Gate, *, progress: Callable[[int, int], None] | None = None
) -> tuple[Finding, ...]:
    """Measure every rule.

    Parameters
    ----------
    case
        What is judged.
    gate
        The thresholds.
    progress
        Called with rules done and in all.

    Raises
    ------
    ModelError
        If nothing can be judged: no good or no bad is among the applications.
    """
    log_odds = case.challenger.decision_function(case.table)
    measures: dict[str, Callable[[Mapping[str, Any]], _Measured]] = {
        "discrimination": lambda t: _discrimination(case, log_odds, t),
        "calibration": lambda t: _calibration(case.bad, log_odds, t),
        "monotonicity": lambda t: _monotonicity(case.challenger, t),
        "withholding": lambda t: _withholding(case, t),
        "stability": lambda t: _stability(case, t),
        "segments": lambda t: _segments(case, log_odds, t),
        "swap_set": lambda t: _swap_set(case, t),
        "exactness": lambda t: _exactness(case, t),
        "label_origin": lambda t: _label_origin(case, t),
    }
    found = []
    for done, (name, rule) in enumerate(gate.rules.items(), start=1):
        figures, problems = measures[name](rule.thresholds)
        found.append(
            Finding(
                rule=name,
                problems=tuple(problems),
                figures=figures,
                thresholds=rule.thresholds,
                waived=rule.waived,
            )
        )
        if progress:
            progress(done, len(gate.rules))
    return tuple(found)


def _discrimination(case: Case, log_odds: NDArray[np.float64], asked: Mapping[str, Any]) -> _Measured:
    found = paired_difference(
        case.bad,
        log_odds,
        case.champion.decision_function(case.table),
        case.firm,
        confidence=asked["confidence"],
        replicates=asked["replicates"],
    )
    figures = {
        "challenger_auc": found.challenger,
        "champion_auc": found.champion,
        "difference": found.difference,
        "difference_low": _plain(found.low),
        "difference_high": _plain(found.high),
    }
    # Written so that an interval that is no number is refused too.
    if found.low >= -asked["margin"]:
        return figures, []
    return figures, [
        (
            f"its AUC may lie {-found.low:.4f} below the champion's ({found.challenger:.4f} against "
            f"{found.champion:.4f}), more than {asked['margin']:g}"
        )
    ]


def _calibration(
    bad: NDArray[np.float64], log_odds: NDArray[np.float64], asked: Mapping[str, Any]
) -> _Measured:
    share = float(bad.mean())
    ratio = float(np.mean((sigmoid(log_odds) - bad) ** 2)) / (share * (1.0 - share))
    intercept = intercept_in_the_large(bad, log_odds)
    problems = []
    try:
        slope: float | None = fit_logistic(log_odds, bad)[1]
    except ModelError as error:
        slope = None
        problems.append(f"its slope cannot be measured: {error.what}")
    if slope is not None and not asked["lowest_slope"] <= slope <= asked["highest_slope"]:
        problems.append(
            f"its slope is {slope:.3f}, not from {asked['lowest_slope']:g} to {asked['highest_slope']:g}"
        )
    if abs(intercept) > asked["largest_intercept"]:
        problems.append(
            f"its intercept is {intercept:+.3f} log-odds, farther from 0 than {asked['largest_intercept']:g}"
        )
    if ratio > asked["highest_brier_ratio"]:
        problems.append(
            f"its Brier score is {ratio:.3f} of the constant's, more than {asked['highest_brier_ratio']:g}"
        )
    return {"slope": slope, "intercept": intercept, "brier_ratio": ratio, "bad_share": share}, problems


def _monotonicity(model: AnyModel, asked: Mapping[str, Any]) -> _Measured:
    if not isinstance(model, GreenCreditModel):
        # Marks that fall are refused where a scorecard is read.
        return {"violations": 0, "proven_by": "declaration", "examples": []}, []
    proof = prove_monotone(model)
    found = proof.violations
    figures = {
        "violations": len(found),
        "proven_by": f"{proof.pairs} pairs of leaves of {proof.trees} trees, {proof.indicators} indicators",
        "examples": [asdict(violation) for violation in found[:_MOST_SHOWN]],
    }
    if len(found) <= asked["most_violations"]:
        return figures, []
    worst = max(found, key=lambda violation: violation.gap)
    return figures, [
        (
            f"it is not proven monotone: {len(found)} violations over {len({v.indicator for v in found})} indicators, the "
            f"widest in {worst.indicator} (tree {worst.tree}, leaves {worst.worse_leaf} and {worst.better_leaf})"
        )
    ]


def _withholding(case: Case, asked: Mapping[str, Any]) -> _Measured:
    found = withholding_gain(case.challenger, case.table, case.firm)
    figures = {
        "firms": found.firms,
        "share": found.share,
        "largest_points": found.largest,
        "indicator": found.indicator,
    }
    problems = []
    if found.share > asked["most_firms"]:
        problems.append(
            f"{found.share:.1%} of the firms gain by deleting one fact, more than {asked['most_firms']:.1%}"
        )
    if found.largest > asked["most_points"]:
        problems.append(
            f"deleting {found.indicator} gains up to {found.largest:.3g} points, more than {asked['most_points']:g}"
        )
    return figures, problems


def _stability(case: Case, asked: Mapping[str, Any]) -> _Measured:
    if not isinstance(case.challenger, GreenCreditModel):
        # Nothing was fitted, so no other training data would give other reasons.
        return {"measured": False, "why": "declared, not fitted"}, []
    levels = ("indicator", "family")
    figures = {level: case.stability.get(f"reasons_replaced_by_{level}") for level in levels}
    told = {"measured": None not in figures.values()} | {f"replaced_by_{k}": v for k, v in figures.items()}
    problems = [
        f"{value:.1%} of the top reasons by {level} would be others, more than {most:.1%}"
        for level, value in figures.items()
        if value is not None and value > (most := asked[f"most_replaced_by_{level}"])
    ]
    if None in figures.values():
        problems.append("its run did not measure it: train with --stability")
    return told, problems


def _segments(case: Case, log_odds: NDArray[np.float64], asked: Mapping[str, Any]) -> _Measured:
    found = judge_segments(
        segment_names(case.table, case.as_of, case.sections),
        case.bad,
        log_odds,
        least_bads=asked["least_bads"],
    )
    problems = []
    for segment in found:
        if segment.auc is not None and segment.auc < asked["lowest_auc"]:
            problems.append(f"{segment.name}: AUC {segment.auc:.3f}, below {asked['lowest_auc']:g}")
        if segment.intercept is not None and abs(segment.intercept) > asked["largest_intercept"]:
            problems.append(
                f"{segment.name}: intercept {segment.intercept:+.3f} log-odds, farther from 0 than "
                f"{asked['largest_intercept']:g}"
            )
    return {
        "judged": sum(segment.auc is not None for segment in found),
        "segments": [asdict(segment) for segment in found],
    }, problems


def _swap_set(case: Case, asked: Mapping[str, Any]) -> _Measured:
    share, further = moved(*case.grades)
    figures = {"applications": len(case.grades[0]), "moved": share, "moved_further": further}
    problems = [
        f"{value:.1%} of the applications change {what}, more than {most:.1%}"
        for value, what, most in (
            (share, "their grade", asked["most_moved"]),
            (further, "by more than one grade", asked["most_moved_further"]),
        )
        if value > most
    ]
    return figures, problems


def _exactness(case: Case, asked: Mapping[str, Any]) -> _Measured:
    try:
        explained = case.challenger.explain(case.table)
    except ExactnessError as error:
        return {"measured": False, "why": str(error)}, [str(error)]
    figures = {
        "measured": True,
        "additivity_gap": explained.additivity_gap,
        "booster_gap": explained.booster_gap,
        "contribution_gap": explained.contribution_gap,
        "kernel": explained.kernel,
    }
    problems = [
        f"the {what} gap is {gap:.3g} points, more than {most:g}"
        for gap, what, most in (
            (explained.additivity_gap, "additivity", asked["largest_additivity_gap"]),
            (
                max(explained.booster_gap, explained.contribution_gap),
                "booster",
                asked["largest_booster_gap"],
            ),
        )
        if not gap <= most
    ]
    if asked["compiled"] and explained.kernel not in {"compiled", "scorecard"}:
        problems.append(f"the explanation comes from {explained.kernel}, not from the compiled kernel")
    return figures, problems


def _label_origin(case: Case, asked: Mapping[str, Any]) -> _Measured:
    origin, outcomes = case.origins
    figures = {"challenger": origin, "outcomes": outcomes, "demonstration": case.demonstration}
    problems = []
    if origin not in {"observed", "simulated", DECLARED}:
        problems.append(f"nobody says where the challenger's labels come from ({origin or 'nothing'})")
    if origin == DECLARED and not asked["declared_may_pass"]:
        problems.append("no outcomes stand behind the challenger, it is declared")
    if "simulated" in case.origins and not case.demonstration:
        problems.append("simulated outcomes stand behind it: that is for --demonstration only")
    return figures, problems


def _plain(value: float) -> float | None:
    """JSON knows no NaN."""
    return value if math.isfinite(value) else None
