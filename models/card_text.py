"""What a model card says in words, in English and Chinese: uses, limits and the names of figures."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from models.faithfulness import ASKED
from models.outcome_drift import SLOPE_BOUNDS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIGURES", "INTENDED", "LABELS", "PURPOSE", "UNINTENDED", "limits"]

Told = tuple[str, str]

PURPOSE: Told = (
    (
        "Probability that a firm which applies for a loan defaults within the label's window, from environmental, "
        "social and governance indicators and the firm's context, in points with exact reasons."
    ),
    "以环境、社会、治理指标及企业经营背景估计贷款申请企业在标签窗口内违约的概率，以分数表示并附精确原因。",
)

INTENDED: tuple[Told, ...] = (
    ("One input among others to a credit decision that a person makes under the bank's policy.", "作为信贷决策的依据之一，由人员按银行政策作出决定。"),
    ("Telling an applicant and a loan officer which facts raised and lowered the score, and by how many points.", "向申请人与客户经理说明哪些事实提高或降低了分数及其分值。"),
    ("Comparing versions and watching the portfolio: challengers, drift, calibration.", "版本比较与组合监测：挑战者、漂移、校准。"),
)  # fmt: skip

UNINTENDED: tuple[Told, ...] = (
    ("Deciding without a person, or outside the population it was trained on.", "无人参与的自动决策，或用于训练客群以外的对象。"),
    ("Scoring natural persons: no indicator and no check here is made for them.", "对自然人评分：指标与校验均非为此设计。"),
    ("Certifying that a firm or a loan is green: the score is credit risk, the ESG part only a share of it.", "认定企业或贷款为绿色：分数表示信用风险，ESG 部分仅为其中一部分。"),
    ("Reading a contribution as cause: it says what the model used, not what would happen if the fact changed.", "将贡献解读为因果：其说明模型所用，而非事实改变后的结果。"),
)  # fmt: skip

LABELS: Mapping[str, Told] = MappingProxyType(
    {
        "simulated": (
            "THE LABELS ARE SIMULATED. No figure on this card says anything about a real borrower; the model may only demonstrate.",
            "标签为模拟数据。本卡片中的任何数字均不代表真实借款人；模型仅可用于演示。",
        ),
        "observed": (
            "The labels are observed outcomes of loans, as the dataset declares them.",
            "标签为数据集所声明的贷款实际结果。",
        ),
    }
)

FIGURES: Mapping[str, Told] = MappingProxyType(
    {
        "auc": ("AUC", "区分能力 AUC"),
        "gini": ("Gini coefficient", "基尼系数"),
        "ks": ("Kolmogorov-Smirnov distance", "KS 值"),
        "brier": ("Brier score", "Brier 分数"),
        "brier_constant": ("Brier score of a constant", "常数预测的 Brier 分数"),
        "calibration_slope": ("Calibration slope (1 is perfect)", "校准斜率（1 为理想）"),
        "calibration_intercept": ("Calibration intercept (0 is perfect)", "校准截距（0 为理想）"),
        "mean_probability": ("Mean probability of default", "平均违约概率"),
        "bad_share": ("Share that defaulted", "实际违约率"),
        "applications": ("Applications of the holdout", "检验样本申请数"),
        "bads": ("Defaults of the holdout", "检验样本违约数"),
        "reasons_changed_by_indicator": (
            "Applicants whose top reasons change between resamples, by indicator",
            "重抽样后主要原因改变的申请人占比（按指标）",
        ),
        "reasons_changed_by_family": (
            "Applicants whose top reasons change between resamples, by family",
            "重抽样后主要原因改变的申请人占比（按指标族）",
        ),
        "reasons_replaced_by_indicator": (
            "Top reasons that another resample would not tell, by indicator",
            "重抽样后被替换的主要原因占比（按指标）",
        ),
        "reasons_replaced_by_family": (
            "Top reasons that another resample would not tell, by family",
            "重抽样后被替换的主要原因占比（按指标族）",
        ),
        "faithful_reasons_share": (
            "Reasons that pass their own re-score, before those that do not are left out",
            "通过自身重新评分检验的原因占比（剔除未通过者之前）",
        ),
        "lift_5": ("Lift of the riskiest 5 %", "风险最高5%的提升度"),
        "lift_10": ("Lift of the riskiest 10 %", "风险最高10%的提升度"),
        "lift_20": ("Lift of the riskiest 20 %", "风险最高20%的提升度"),
        "auc_context_only": ("AUC with context only, without E, S and G", "仅用经营背景的 AUC"),
        "auc_esg_only": ("AUC with E, S and G only, without context", "仅用 ESG 指标的 AUC"),
        "auc_gain_over_context_only": ("AUC gained by E, S and G over context only", "ESG 指标带来的 AUC 增量"),
        "auc_gain_over_esg_only": ("AUC gained by context over E, S and G only", "经营背景带来的 AUC 增量"),
        "auc_missing_worst": ("AUC, missing ordered beyond the worst", "缺失视同最差时的 AUC"),
        "auc_missing_learned": ("AUC, missing learned", "缺失由模型学习时的 AUC"),
        "withholding_share_of_firms_worst": (
            "Firms that gain by withholding a fact, missing ordered beyond the worst",
            "隐瞒事实可获益的企业占比（缺失视同最差）",
        ),
        "withholding_share_of_firms_learned": (
            "Firms that gain by withholding a fact, missing learned",
            "隐瞒事实可获益的企业占比（缺失由模型学习）",
        ),
        "withholding_largest_points_worst": (
            "Largest gain by withholding, points, missing ordered beyond the worst",
            "隐瞒事实的最大获益（分，缺失视同最差）",
        ),
        "withholding_largest_points_learned": (
            "Largest gain by withholding, points, missing learned",
            "隐瞒事实的最大获益（分，缺失由模型学习）",
        ),
        "monotonicity_violations": ("Breaches of a declared direction, over every threshold", "违反声明方向的次数"),
        "additivity_gap": ("Largest gap of base + contributions to score, points", "基础分加贡献与分数的最大差距（分）"),
        "booster_gap": ("Largest gap of score to the booster's own, points", "分数与提升树自身预测的最大差距（分）"),
        "simulated_ceiling_auc_visible": ("Visible ceiling of the simulation, AUC", "模拟的可见上限 AUC"),
        "simulated_ceiling_auc_true_probability": ("Ceiling of the true probability, AUC", "真实概率的上限 AUC"),
    }
)  # fmt: skip
"""Figures with a name of their own, in the order of the card; any other follows under its metric's name."""


def limits(
    *,
    metrics: Mapping[str, float],
    counts: Mapping[str, Any],
    missing: str,
    label_origin: str,
    stability_note: str,
) -> tuple[Told, ...]:
    """Tell what the model cannot do, as far as its own figures show it.

    Parameters
    ----------
    metrics
        Of the run.
    counts
        Applications by use and by label reason.
    missing
        Rule for missing values.
    label_origin
        ``observed`` or ``simulated``.
    stability_note
        Why the stability of the reasons is not known; empty where it is.
    """
    found: list[Told] = [LABELS[label_origin]] if label_origin == "simulated" else []
    bads = int(metrics["bads"])
    found.append(
        (
            f"The holdout has {bads:,} defaults: the AUC is known to lie between {metrics['auc_low']:.3f} and {metrics['auc_high']:.3f} (95 %), no better.",
            f"检验样本仅有 {bads:,} 笔违约：AUC 的 95 % 区间为 {metrics['auc_low']:.3f} 至 {metrics['auc_high']:.3f}。",
        )
    )
    if metrics["auc_low"] <= 0.5:
        found.append(
            (
                "The interval of the AUC reaches 0.5: that the model ranks better than chance is not shown.",
                "AUC 区间包含 0.5：未能证明模型优于随机排序。",
            )
        )
    refused = int(counts.get("declined", 0)) + int(counts.get("withdrawn", 0))
    unknown = int(counts.get("not_observed_to_the_end", 0))
    found.append(
        (
            f"{refused:,} declined or withdrawn applications have no outcome and {unknown:,} were not observed to the end; none is inferred, so the model knows accepted applicants only.",
            f"{refused:,} 笔被拒或撤回的申请没有结果，{unknown:,} 笔未观察满窗口；均未推断，模型仅了解获批申请人。",
        )
    )
    if "calibration_slope" not in metrics:
        found.append(("Calibration on the holdout could not be measured.", "未能在检验样本上测量校准。"))
    elif not SLOPE_BOUNDS[0] <= metrics["calibration_slope"] <= SLOPE_BOUNDS[1]:
        found.append(
            (
                f"The calibration slope on the holdout is {metrics['calibration_slope']:.2f}, not within {SLOPE_BOUNDS[0]} to {SLOPE_BOUNDS[1]}: the probabilities are spread too widely or too narrowly.",
                f"检验样本的校准斜率为 {metrics['calibration_slope']:.2f}，不在 {SLOPE_BOUNDS[0]} 至 {SLOPE_BOUNDS[1]} 之间：概率离散程度不当。",
            )
        )
    if missing != "worst":
        found.append(
            (
                "Missing values follow LightGBM's own branch: a firm can gain by handing in less.",
                "缺失值按 LightGBM 自身分支处理：企业可能因少提供而获益。",
            )
        )
    faithful = metrics.get("faithful_reasons_share")
    if faithful is not None and faithful < ASKED:
        found.append(
            (
                f"Only {100 * faithful:.1f} % of the reasons pass their own re-score, fewer than the {100 * ASKED:.0f} % asked; those that do not are never printed.",
                f"仅有 {100 * faithful:.1f} % 的原因通过自身重新评分检验，低于要求的 {100 * ASKED:.0f} %；未通过者不予列示。",
            )
        )
    if stability_note:
        found.append(
            (
                f"How stable the reasons are was not measured. {stability_note}",
                f"未测量原因的稳定性。原因（英文）：{stability_note}",
            )
        )
    found.append(
        (
            "It was judged on the latest applications at training; what came after must be watched: greencredit monitor.",
            "模型以训练时最新的申请检验；其后的变化须持续监测：greencredit monitor。",
        )
    )
    return tuple(found)
