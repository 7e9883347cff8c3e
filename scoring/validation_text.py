"""What a validator asks first of a model, as lines for a terminal: what ESG adds, what silence pays, is it monotone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoring.columns_text import columns_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.evaluation_report import EvaluationReport

__all__ = ["validation_lines"]

_BLOCKS = {"context_only": ("context only", "ESG"), "esg_only": ("ESG only", "context")}
_RULES = {"worst": "silence stands beyond the worst", "learned": "silence has a learned branch"}


def validation_lines(report: EvaluationReport) -> list[str]:
    """Return the headline figures of an evaluation; the whole of it is the run's evaluation.json."""
    content = report.content
    holdout, proof = content["holdout"], content["monotonicity"]
    rows = [
        ["calibration slope", *_interval(holdout["calibration_slope"], digits=2)],
        ["Brier score", *_interval(holdout["brier"], digits=4)],
        ["  of the constant", *_interval(holdout["brier_constant"], digits=4)],
        *(
            [f"lift, riskiest {100 * entry['riskiest_share']:.0f} %", *_interval(entry["lift"], digits=2)]
            for entry in content["lift"]
        ),
    ]
    lines = [columns_text(rows, right=(1,)), ""]
    if proof["proven"]:
        lines.append(
            f"  Monotone: proven for all {proof['indicators']} directed indicators in use, over {proof['trees']:,} trees "
            f"and {proof['pairs']:,} pairs of leaves."
        )
    else:
        names = sorted({found["indicator"] for found in proof["violations"]})
        lines.append(f"  NOT proven monotone: {', '.join(names)}.")
    lines += (
        _blocks(content["blocks"]) + _rules(content["missing_rules"]) + _challengers(content["challengers"])
    )
    silent = [
        name
        for name, segments in content["segments"].items()
        if any(segment["figures"] is None for segment in segments)
    ]
    if silent:
        lines.append(f"  Some segments have too few bads for a figure: {', '.join(silent)}.")
    lines.append(
        "  Segments, curves and small firms against large stand in the run's evaluation/evaluation.json."
    )
    return lines


def _blocks(blocks: Mapping[str, Any] | None) -> list[str]:
    if blocks is None:
        return ["  What ESG adds: not measured (--no-refits)."]
    lines = []
    for name, (told, other) in _BLOCKS.items():
        part = blocks[name]
        if "gain" not in part:
            lines.append(f"  With {told} no model came about: {part['why']}")
            continue
        gain = part["gain"]["auc"]
        shown = gain["low"] is not None and gain["low"] > 0.0
        lines.append(
            f"  AUC with {told} {_number(part['auc']['value'], 3)}; {other} adds {_number(gain['value'], 3)} "
            f"({_number(gain['low'], 3)} to {_number(gain['high'], 3)})"
            + ("." if shown else f": these data do not show that {other} adds anything.")
        )
    return lines


def _rules(rules: Mapping[str, Any] | None) -> list[str]:
    if rules is None:
        return []
    lines = []
    for rule, told in _RULES.items():
        part = rules[rule]
        if "withholding" not in part:
            lines.append(f"  Where {told} no model came about: {part['why']}")
            continue
        gain = part["withholding"]
        lines.append(
            f"  Where {told} ({rule}): AUC {_number(part['auc']['value'], 3)}; {100 * gain['share_of_firms']:.0f} % of "
            f"{gain['firms']:,} firms gain by handing in less, {gain['largest_points']:.1f} points at most."
        )
    return lines


def _challengers(challengers: Mapping[str, Any] | None) -> list[str]:
    lines = []
    for name, part in (challengers or {}).items():
        if not (isinstance(part, dict) and "model_less_challenger" in part):
            continue
        less = part["model_less_challenger"]["auc"]
        lines.append(
            f"  Challenger, {name.replace('_', ' ')}: AUC {_number(part['auc']['value'], 3)}; model less challenger "
            f"{_number(less['value'], 3)} ({_number(less['low'], 3)} to {_number(less['high'], 3)})."
        )
    return lines


def _interval(figure: Mapping[str, float | None], *, digits: int) -> list[str]:
    ends = (
        f"95 % interval {_number(figure['low'], digits)} to {_number(figure['high'], digits)}"
        if figure["low"] is not None
        else ""
    )
    return [_number(figure["value"], digits), ends]


def _number(value: float | None, digits: int) -> str:
    return "not known" if value is None else f"{value:.{digits}f}"
