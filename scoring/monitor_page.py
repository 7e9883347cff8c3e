"""The page of monitoring: ``monitor.html``, from the comparisons alone; no script, no network and no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from features.catalogue import CATALOGUE
from models.drift import CONFIDENCE, LARGE, MATERIAL
from models.pages import page_environment
from models.psi import SMOOTHING
from scoring import charts
from scoring.monitor_advice import shift_name

if TYPE_CHECKING:
    from models.drift import Drift, Shift
    from scoring.monitor import BatchDrift, Monitoring

__all__ = ["KINDS", "VERDICTS", "monitor_page"]

KINDS = {
    "score": ("Score", "分数"),
    "family": ("Family contributions", "指标族贡献"),
    "indicator": ("Indicators", "指标取值"),
    "missing": ("Not handed in", "缺失情况"),
}
"""Kinds of comparisons, in the order of the page."""

VERDICTS = {
    "noise": ("within noise", "属抽样波动"),
    "small": ("beyond noise, small", "超出波动，幅度小"),
    "drift": ("drift", "漂移"),
    "large": ("large drift", "显著漂移"),
}

_TRAINING, _BATCH = "#8b95a1", "#2b7f5e"
_DRAWN = 12
_HALF, _TALL = 500, 190


def monitor_page(found: Monitoring) -> str:
    """Return the page as HTML, without links to anything outside it."""
    return page_environment("scoring").get_template("monitor.html.jinja").render(_context(found))


def _context(found: Monitoring) -> dict[str, Any]:
    shifts = [shift for batch in found.batches for shift in batch.drift.shifts]
    return {
        "found": found,
        "profile": found.profile,
        "kinds": KINDS,
        "verdicts": VERDICTS,
        "material": MATERIAL,
        "large": LARGE,
        "confidence": CONFIDENCE,
        "smoothing": SMOOTHING,
        "comparisons": len(shifts),
        "drifted": sum(shift.drifted for shift in shifts),
        "scored": sum(batch.drift.applications for batch in found.batches),
        "labelled": sum(batch.outcomes.labelled for batch in found.batches if batch.outcomes),
        "colours": (_TRAINING, _BATCH),
        "batches": [_batch(batch) for batch in found.batches],
        "score_by_batch": Markup(_score_by_batch(found)),  # noqa: S704  (own SVG; every text in it is escaped)
    }


def _batch(batch: BatchDrift) -> dict[str, Any]:
    drawn = [shift for shift in batch.drift.shifts if shift.kind == "score"]
    drawn += [shift for shift in batch.drift.drifted if shift.kind != "score"][:_DRAWN]
    return {
        "name": batch.name,
        "quiet": batch.quiet,
        "drift": batch.drift,
        "outcomes": batch.outcomes,
        "undrawn": max(sum(shift.kind != "score" for shift in batch.drift.drifted) - _DRAWN, 0),
        "charts": [
            {**_row(shift), "svg": Markup(_chart(shift))}  # noqa: S704  (as above)
            for shift in drawn
        ],
        "rows": _rows(batch.drift),
        "not_compared": [
            (CATALOGUE[name].en, CATALOGUE[name].zh, why) for name, why in batch.drift.not_compared.items()
        ],
        "deciles": None
        if batch.outcomes is None or batch.outcomes.deciles is None
        else _calibration(batch.outcomes.deciles.to_dicts()),
    }


def _rows(drift: Drift) -> dict[str, list[dict[str, Any]]]:
    """Every comparison by kind, the largest PSI first."""
    ordered = sorted(drift.shifts, key=lambda shift: (-shift.psi, shift.name))
    return {kind: [_row(shift) for shift in ordered if shift.kind == kind] for kind in KINDS}


def _row(shift: Shift) -> dict[str, Any]:
    en, zh = shift_name(shift)
    return {
        "shift": shift,
        "en": en,
        "zh": zh,
        "kind": KINDS[shift.kind],
        "verdict": VERDICTS[shift.verdict],
        "reference": sum(shift.reference),
        "recent": sum(shift.recent),
    }


def _chart(shift: Shift) -> str:
    reference, recent = sum(shift.reference), sum(shift.recent)
    return charts.paired(
        [
            (name, before / reference, now / recent)
            for name, before, now in zip(shift.bins, shift.reference, shift.recent, strict=True)
        ],
        names=("training", "batch"),
        colours=(_TRAINING, _BATCH),
        title=f"{shift_name(shift)[0]}: training population and batch",
        width=_HALF,
        height=_TALL,
    )


def _calibration(deciles: list[dict[str, Any]]) -> Markup:
    drawn = charts.paired(
        [(str(row["decile"]), row["mean_probability"], row["bad_share"]) for row in deciles],
        names=("expected", "observed"),
        colours=(_TRAINING, _BATCH),
        title="Expected and observed share of defaults by decile",
        width=_HALF,
        height=_TALL,
    )
    return Markup(drawn)  # noqa: S704  (as above)


def _score_by_batch(found: Monitoring) -> str:
    return charts.bars(
        [
            charts.Bar(
                label=batch.name,
                sub=f"{VERDICTS[shift.verdict][0]}; 99 % of the noise {shift.noise.q99:.3f}",
                value=shift.psi,
                text=f"{shift.psi:.3f}",
                colour=_BATCH if not shift.drifted else "#c45f34",
            )
            for batch in found.batches
            for shift in batch.drift.shifts
            if shift.kind == "score"
        ],
        title="PSI of the score by batch",
        width=1040,
        label_width=420,
    )
