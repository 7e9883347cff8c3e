"""The model card of a training run: what the model is for, what it rests on, how good it is, and where it ends.

Made from the run alone, so that the card and the run cannot contradict each other. The headings follow Mitchell et
al., "Model cards for model reporting", FAT* 2019, with what a bank's validators ask for besides.
"""

from __future__ import annotations

import importlib.metadata
import math
import platform
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from features.catalogue import CATALOGUE
from models.card_text import FIGURES, INTENDED, LABELS, PURPOSE, UNINTENDED, limits
from models.columns import family_of
from models.pages import page_environment
from models.reference_profile import booster_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.estimator import GreenCreditModel

__all__ = ["CARD_HTML", "CARD_JSON", "PICTURES", "SCHEMA_VERSION", "card_page", "model_card"]

CARD_JSON, CARD_HTML = "model_card.json", "model_card.html"
PICTURES = ("calibration", "roc")
"""Pictures of the run that the page shows; see :mod:`models.plots`."""

SCHEMA_VERSION = 1
_PACKAGES = ("greencredit", "lightgbm", "mlflow", "numpy", "pandas", "polars", "scikit-learn")
_INTERVAL = ("_low", "_high")


def model_card(
    model: GreenCreditModel,
    *,
    name: str,
    version: str,
    run_id: str,
    metrics: Mapping[str, float],
    counts: Mapping[str, int],
    stability_note: str = "",
) -> dict[str, Any]:
    """Put the card together.

    Parameters
    ----------
    model
        The registered model; its provenance says where its labels come from and what it was trained on.
    name, version, run_id
        In the registry.
    metrics
        Of the run; ``x_low`` and ``x_high`` are the interval of ``x``.
    counts
        Applications by use and by label reason.
    stability_note
        Why the stability of the reasons is not known; empty where it is.

    Returns
    -------
    dict
        What ``model_card.json`` holds; every text stands in English and Chinese.
    """
    provenance = model.provenance_
    origin = provenance.label_origin
    training = dict(provenance.training)
    return {
        "schema_version": SCHEMA_VERSION,
        "model": {
            "name": name,
            "version": version,
            "run_id": run_id,
            "booster_sha256": booster_hash(model),
            "points_scale": {
                "points": model.points_scale.points,
                "odds": model.points_scale.odds,
                "pdo": model.points_scale.pdo,
            },
        },
        "labels": {
            "origin": origin,
            "simulated": origin == "simulated",
            "demonstration": provenance.demonstration,
            **_told(LABELS[origin]),
        },
        "purpose": _told(PURPOSE),
        "intended_use": [_told(one) for one in INTENDED],
        "unintended_use": [_told(one) for one in UNINTENDED],
        "data": {
            "dataset_hash": training.pop("dataset_hash", ""),
            "applications": dict(counts),
            "rows": dict(model.split_counts_),
            "training": training,
        },
        "figures": _figures(metrics),
        "limits": [
            _told(one)
            for one in limits(
                metrics=metrics,
                counts=counts,
                missing=model.missing,
                label_origin=origin,
                stability_note=stability_note,
            )
        ],
        "missing_rule": model.missing,
        "indicators": _indicators(model),
        "parameters": _parameters(model),
        "versions": {
            "python": platform.python_version(),
            **{package: importlib.metadata.version(package) for package in _PACKAGES},
        },
    }


def card_page(card: Mapping[str, Any], *, pictures: Mapping[str, str] | None = None) -> str:
    """Return a card as HTML, without links to anything outside it.

    Parameters
    ----------
    card
        As :func:`model_card` gives it.
    pictures
        Name to SVG, as :mod:`models.plots` draws them.
    """
    return (
        page_environment("models")
        .get_template("model_card.html.jinja")
        .render(
            card=card,
            pictures={title: Markup(svg) for title, svg in (pictures or {}).items()},  # noqa: S704  (own SVG)
            figure=_figure,
        )
    )


def _told(text: tuple[str, str]) -> dict[str, str]:
    return {"en": text[0], "zh": text[1]}


def _figures(metrics: Mapping[str, float]) -> list[dict[str, Any]]:
    """Figures with their intervals, the named ones first; what is not finite is left out.

    A figure ``x`` stands in the metrics as ``x`` or ``x_value``, its interval as ``x_low`` and ``x_high``.
    """
    known = {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
    stems = {name.removesuffix("_value"): value for name, value in known.items()}
    own = [
        name
        for name in stems
        if not any(name.endswith(end) and name.removesuffix(end) in stems for end in _INTERVAL)
    ]
    ordered = [name for name in FIGURES if name in own] + sorted(name for name in own if name not in FIGURES)
    return [
        {
            "metric": name,
            **_told(FIGURES.get(name, (name.replace("_", " "), ""))),
            "value": stems[name],
            "low": known.get(f"{name}_low"),
            "high": known.get(f"{name}_high"),
        }
        for name in ordered
    ]


def _indicators(model: GreenCreditModel) -> list[dict[str, Any]]:
    """List the model's indicators with the direction that its trees hold to."""
    found = []
    for name in model.preparation_.features:
        item, direction = CATALOGUE.get(name), model.preparation_.roles.directions[name]
        found.append(
            {
                "indicator": name,
                **_told((item.en, item.zh) if item else (name, "")),
                "family": family_of(name),
                "unit": item.unit if item else "",
                "direction": direction,
                # Silence about a directed indicator stands just beyond the worst value, or where LightGBM puts it.
                "missing_is_worst": bool(direction) and model.missing == "worst",
            }
        )
    return found


def _parameters(model: GreenCreditModel) -> dict[str, Any]:
    """Parameters of the estimator that are plain values."""
    return {
        name: value
        for name, value in sorted(model.get_params(deep=False).items())
        if value is None or isinstance(value, (str, int, float, bool))
    }


def _figure(value: float) -> str:
    """Write a figure as short as it can be read: counts whole, gaps with their power of ten.

    Examples
    --------
    >>> _figure(1234.0), _figure(0.73456), _figure(2.3e-13)
    ('1,234', '0.735', '2.3e-13')
    """
    if value == int(value) and abs(value) >= 1.0:
        return f"{value:,.0f}"
    return f"{value:.1e}" if 0.0 < abs(value) < 1e-4 else f"{value:.3f}"
