"""What should be re-validated: the findings of monitoring, told as tasks in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.catalogue import CATALOGUE, FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.drift import Drift, Shift
    from models.outcome_drift import OutcomeDrift
    from models.reference_profile import ReferenceProfile

__all__ = ["advice", "shift_name"]

_OUTCOME = {
    "calibration_level": (
        (
            "Calibration: the probabilities no longer add up to the defaults. Fit a and b anew on recent outcomes "
            "and check the cut-offs of the grades."
        ),
        "校准：预测违约数与实际违约数不符。请用近期结果重新拟合 a、b，并复核等级分界。",
    ),
    "calibration_slope": (
        (
            "Calibration: the probabilities are spread too widely or too narrowly. Fit a and b anew and check the "
            "safest and the riskiest grade."
        ),
        "校准：概率的离散程度不当。请重新拟合 a、b，并复核最优与最差等级。",
    ),
    "discrimination": (
        "Discrimination: the order of applicants separates less than at training. Train a challenger and compare.",
        "区分能力：排序能力低于训练时。请训练挑战者模型并比较。",
    ),
}


def shift_name(shift: Shift) -> tuple[str, str]:
    """Return the English and Chinese name of what was compared."""
    if shift.kind == "score":
        return "Score", "分数"
    if shift.kind == "family":
        return FAMILIES[shift.name].en, FAMILIES[shift.name].zh
    return CATALOGUE[shift.name].en, CATALOGUE[shift.name].zh


def advice(
    batches: Sequence[tuple[str, Drift, OutcomeDrift | None]], profile: ReferenceProfile
) -> tuple[dict[str, str], ...]:
    """Tell what to re-validate.

    Parameters
    ----------
    batches
        Name, drift and outcomes of each batch.
    profile
        Of the training population.

    Returns
    -------
    tuple of dict
        ``what_en``, ``what_zh``, ``why`` (figures), ``batch``, ``kind`` and ``name``; outcomes first, then score, families,
        indicators and missingness, the largest PSI first.
    """
    order = ("score", "family", "indicator", "missing")
    found: list[dict[str, str]] = []
    for name, _, outcomes in batches:
        found += list(_of_outcomes(name, outcomes))
    shifts = [(name, shift) for name, drift, _ in batches for shift in drift.drifted]
    for name, shift in sorted(shifts, key=lambda pair: (order.index(pair[1].kind), -pair[1].psi)):
        what_en, what_zh = _task(shift, profile)
        found.append(
            {
                "what_en": what_en,
                "what_zh": what_zh,
                "why": f"PSI {shift.psi:.3f}; from noise alone at most {shift.noise.limit:.3f}",
                "batch": name,
                "kind": shift.kind,
                "name": shift.name,
            }
        )
    return tuple(found)


def _of_outcomes(batch: str, outcomes: OutcomeDrift | None) -> Iterator[dict[str, str]]:
    if outcomes is None:
        return
    m = outcomes.metrics
    why = {
        "calibration_level": "{observed_defaults:.0f} defaults, {expected_defaults:.1f} expected",
        "calibration_slope": "slope {calibration_slope:.2f} ({calibration_slope_low:.2f} to {calibration_slope_high:.2f})",
        "discrimination": "AUC {auc:.3f} ({auc_low:.3f} to {auc_high:.3f})",
    }
    for finding in outcomes.findings:
        what_en, what_zh = _OUTCOME[finding]
        yield {
            "what_en": what_en,
            "what_zh": what_zh,
            "why": why[finding].format_map(m),
            "batch": batch,
            "kind": "outcome",
            "name": finding,
        }


def _task(shift: Shift, profile: ReferenceProfile) -> tuple[str, str]:
    en, zh = shift_name(shift)
    if shift.kind == "score":
        return (
            "Score: the population moved across the grades. Check calibration, cut-offs and the policy's limits.",
            "分数：客群分布已移动。请复核校准、等级分界与政策限额。",
        )
    if shift.kind == "family":
        return (
            f"{en}: its contributions moved. Check its indicators, and whether its reasons still hold.",
            f"{zh}：贡献分布已移动。请复核其指标与理由。",
        )
    if shift.kind == "missing":
        before, now = (counts[1] / max(sum(counts), 1) for counts in (shift.reference, shift.recent))
        return (
            (
                f"{en}: not handed in by {100 * now:.1f} % instead of {100 * before:.1f} %. Check the intake of its "
                "tables, and how the model treats silence."
            ),
            f"{zh}：未提供比例由 {100 * before:.1f} % 变为 {100 * now:.1f} %。请复核数据接入及缺失处理。",
        )
    weight = profile.weights.get(shift.name, 0.0)
    return (
        (
            f"{en}: its values moved; it gives {weight:.1f} points on average. Check source, unit and mapping, then "
            "its effect on recent outcomes."
        ),
        f"{zh}：取值分布已移动，平均贡献 {weight:.1f} 分。请复核来源、单位与映射，再以近期结果检验其作用。",
    )
