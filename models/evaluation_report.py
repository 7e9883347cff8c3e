"""Everything a validator asks of a model, on its holdout, as one JSON document and a few metrics.

Every interval is a 95 % bootstrap over firms, with the same draws throughout, so differences are paired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.bootstrap import LEVEL, REPLICATES, FirmBootstrap, figure
from models.evaluation import area_under_curve
from models.evaluation_figures import calibration_curve, holdout_figures, lift_table
from models.evaluation_refits import Refits, one_row_per_firm
from models.evaluation_segments import by_segment, segments_of, size_at_equal_risk, size_edges
from models.monotonicity import prove_monotone
from models.withholding import withholding_gain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from models.estimator import GreenCreditModel
    from models.evaluation_refits import LabelledRows

__all__ = ["FILE", "EvaluationReport", "evaluation_report"]

FILE = "evaluation.json"
"""Name of the document among a run's files."""


@dataclass(frozen=True, kw_only=True)
class EvaluationReport:
    """The document, and its headline figures by the names under which a run logs them.

    Parameters
    ----------
    content
        As JSON takes it: ``bootstrap``, ``holdout``, ``calibration_curve``, ``lift``, ``segments``, ``ceilings``,
        ``monotonicity``, ``withholding``, ``size_at_equal_risk``, ``blocks``, ``missing_rules`` and ``challengers``. The
        last three are ``None`` where refits were not asked for.
    """

    content: Mapping[str, Any]

    def metrics(self) -> dict[str, float]:
        """Figures that are known, as MLflow takes them."""
        content = self.content
        found: dict[str, float | None] = {
            "monotonicity_violations": float(len(content["monotonicity"]["violations"])),
            "withholding_share_of_firms": content["withholding"]["share_of_firms"],
            "withholding_largest_points": content["withholding"]["largest_points"],
        }
        for name in ("brier", "calibration_intercept", "calibration_slope", "gini", "ks"):
            found |= {f"{name}_{end}": content["holdout"][name][end] for end in ("low", "high")}
        for entry in content["lift"]:
            found[f"lift_{100 * entry['riskiest_share']:.0f}"] = entry["lift"]["value"]
        for name, part in _parts(content["blocks"], "gain"):
            found |= _compared(name, part, part["gain"], named="gain_over")
        for rule, part in _parts(content["missing_rules"], "withholding"):
            found[f"auc_missing_{rule}"] = part["auc"]["value"]
            found[f"withholding_share_of_firms_{rule}"] = part["withholding"]["share_of_firms"]
            found[f"withholding_largest_points_{rule}"] = part["withholding"]["largest_points"]
        for name, part in _parts(content["challengers"], "model_less_challenger"):
            found |= _compared(name, part, part["model_less_challenger"], named="less")
        return {name: float(value) for name, value in found.items() if value is not None}


def _parts(section: Mapping[str, Any] | None, needed: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Give the parts of a section that came about: those that have the figure that is needed."""
    return [
        (name, part) for name, part in (section or {}).items() if isinstance(part, dict) and needed in part
    ]


def _compared(
    name: str, part: Mapping[str, Any], difference: Mapping[str, Any], *, named: str
) -> dict[str, float | None]:
    """AUC of a part, and the model's AUC less it with the ends of the interval."""
    return {
        f"auc_{name}": part["auc"]["value"],
        f"auc_{named}_{name}": difference["auc"]["value"],
        **{f"auc_{named}_{name}_{end}": difference["auc"][end] for end in ("low", "high")},
    }


def evaluation_report(
    model: GreenCreditModel,
    *,
    early: LabelledRows,
    holdout: LabelledRows,
    seed: int,
    ceilings: Mapping[str, float] | None = None,
    refits: bool = True,
    replicates: int = REPLICATES,
) -> EvaluationReport:
    """Judge a model on its holdout.

    Parameters
    ----------
    model
        Fitted on ``early``.
    early, holdout
        Rows it was fitted on, and the later ones of other firms.
    seed
        Of the bootstrap.
    ceilings
        AUC that nothing can exceed on this simulation, by name.
    refits
        Whether to fit the model again without the ESG block, without context, and under the other missing rule, and
        two challengers beside it.
    replicates
        Draws of the bootstrap.

    Raises
    ------
    ModelError
        If the holdout lacks good or bad applications.
    """
    draws = FirmBootstrap.of(holdout.firm, seed=seed, replicates=replicates)
    bad, log_odds = holdout.bad, model.decision_function(holdout.table)
    edges = None
    if "log_revenue" in early.table.columns:
        edges = size_edges(early.table["log_revenue"].to_numpy(dtype=np.float64, na_value=np.nan))
    segments = segments_of(holdout.table, holdout.as_of, edges=edges, sections=model.sections or {})
    again = Refits(model, early=early, holdout=holdout, draws=draws) if refits else None
    content = {
        "bootstrap": {"replicates": replicates, "level": LEVEL, "unit": "firm", "seed": seed},
        "holdout": holdout_figures(bad, log_odds, draws),
        "calibration_curve": calibration_curve(bad, log_odds, draws),
        "lift": lift_table(bad, log_odds, draws),
        "segments": {name: by_segment(bad, log_odds, of, draws) for name, of in segments.items()},
        "size_edges_log_revenue": None if edges is None else list(edges),
        "ceilings": {
            name: {"auc": ceiling, "share_of_the_way": _share(bad, log_odds, draws, ceiling=ceiling)}
            for name, ceiling in (ceilings or {}).items()
        },
        "monotonicity": prove_monotone(model).as_dict(),
        "withholding": withholding_gain(model, one_row_per_firm(holdout)).as_dict(),
        "size_at_equal_risk": size_at_equal_risk(bad, log_odds, segments["size"], draws)
        if "size" in segments
        else None,
        "blocks": again.blocks() if again else None,
        "missing_rules": again.missing_rules() if again else None,
        "challengers": again.challengers() if again else None,
    }
    return EvaluationReport(content=content)


def _share(
    bad: NDArray[np.float64], log_odds: NDArray[np.float64], draws: FirmBootstrap, *, ceiling: float
) -> dict[str, float | None]:
    """Share of the way from chance (0.5) to a ceiling, with its interval."""
    if ceiling <= 0.5:
        return {"value": None, "low": None, "high": None}
    return figure(lambda weight: (area_under_curve(bad, log_odds, weight) - 0.5) / (ceiling - 0.5), draws)
