"""The model card of a registered version: fetched from its run, written beside each other as page and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features.errors import GreenCreditError, ModelError
from models import registry
from models.card import CARD_HTML, CARD_JSON
from models.run_reading import run_text
from scoring.columns_text import columns_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Card", "card_text", "fetch_card", "write_card"]

_MEND = "A declared scorecard has no training run, and a model that an earlier release trained has no card: train it again."
_TOLD = ("auc", "brier", "calibration_slope", "reasons_changed_by_indicator")


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card as its run logged it.

    Parameters
    ----------
    text
        ``model_card.json``.
    page
        ``model_card.html``.
    """

    text: str
    page: str

    @property
    def content(self) -> dict[str, Any]:
        """What the JSON holds."""
        content: dict[str, Any] = json.loads(self.text)
        return content


def fetch_card(uri: str | None = None) -> Card:
    """Fetch the card of a version.

    Parameters
    ----------
    uri
        As :func:`models.registry.load` takes it; the champion where ``None``.

    Raises
    ------
    ModelError
        If there is no such model, or its run has no card.
    """
    found = registry.load(uri)
    if not found.run_id:
        raise ModelError(
            "A model in a plain folder has no card; the card is kept with its training run.",
            where=found.uri,
            mend="Name a registered version: greencredit card models:/green-credit/VERSION.",
        )
    text, page = (
        run_text(found.run_id, name, what="model card", mend=_MEND) for name in (CARD_JSON, CARD_HTML)
    )
    return Card(text=text, page=page)


def write_card(card: Card, out: Path) -> Path:
    """Write the card's two files into a folder, and return the page.

    Raises
    ------
    GreenCreditError
        If they cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / CARD_JSON).write_text(card.text, encoding="utf-8")
        (out / CARD_HTML).write_text(card.page, encoding="utf-8")
    except OSError as error:
        raise GreenCreditError(
            f"The card cannot be written ({error.strerror or error}).",
            where=str(out),
            mend="Name a folder that you may write with --out.",
        ) from None
    return out / CARD_HTML


def card_text(content: Mapping[str, Any]) -> str:
    """Return the head of a card as text: labels, the main figures with intervals, and limits."""
    figures = {one["metric"]: one for one in content["figures"]}
    rows = [
        [figures[name]["en"], f"{figures[name]['value']:.3f}", _interval(figures[name])]
        for name in _TOLD
        if name in figures
    ]
    model = content["model"]
    return "\n".join(
        [
            f"{model['name']} version {model['version']}, run {model['run_id']}",
            content["labels"]["en"],
            content["labels"]["zh"],
            "",
            columns_text(rows, right=(1,)),
            "",
            "Limits 局限:",
            *(f"  {one['en']}" for one in content["limits"]),
        ]
    )


def _interval(figure: Mapping[str, Any]) -> str:
    if figure["low"] is None or figure["high"] is None:
        return ""
    return f"95 % interval {figure['low']:.3f} to {figure['high']:.3f}"
