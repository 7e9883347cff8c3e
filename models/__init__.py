"""Indicators and outcomes in; probability, points and exact contributions in points out.

What comes in: one row of catalogue indicators per application (a pandas table, as ``features`` gives it) and, to
train, the label of each application. What goes out: a fitted :class:`GreenCreditModel`, stored as text and JSON
(:mod:`models.store`), kept and named in MLflow (:mod:`models.registry`), trained by :func:`models.training.train`.

LightGBM, scikit-learn, MLflow and shap are imported when they are first needed, not with this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.doors import opener
from models.points import PointsScale

if TYPE_CHECKING:
    from models.estimator import GreenCreditModel
    from models.explain import Contributions
    from models.labels import label
    from models.registry import RegisteredModel
    from models.registry import load as load_registered
    from models.training import TrainingResult, train

__all__ = [
    "Contributions",
    "GreenCreditModel",
    "PointsScale",
    "RegisteredModel",
    "TrainingResult",
    "label",
    "load_registered",
    "train",
]

_DOORS = {
    "Contributions": ("models.explain", "Contributions"),
    "GreenCreditModel": ("models.estimator", "GreenCreditModel"),
    "RegisteredModel": ("models.registry", "RegisteredModel"),
    "TrainingResult": ("models.training", "TrainingResult"),
    "label": ("models.labels", "label"),
    "load_registered": ("models.registry", "load"),
    "train": ("models.training", "train"),
}

__getattr__ = opener(__name__, _DOORS)
