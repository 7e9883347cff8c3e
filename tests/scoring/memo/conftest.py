"""A batch with everything that a memo can show, put together by hand on the synthetic results."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest

from features.catalogue import CATALOGUE, FAMILIES
from scoring.memo.certificates import CERTIFICATE_SCHEMA
from scoring.memo.context import MemoContext, memo_context
from scoring.memo.record import with_record_hash
from scoring.memo.rows import memo_rows
from scoring.reasons import COLUMNS, reason_library

if TYPE_CHECKING:
    from scoring.results import Results

LEAD = {"coal_share": "energy", "metered_share": "disclosure", "leverage": "context"}


def made_reasons(results: Results) -> pl.DataFrame:
    """Families as reasons: those led by one of three indicators are printed, what was not handed in as silence."""
    rows = []
    values = {row["application_id"]: row for row in results.indicators.iter_rows(named=True)}
    shown = dict(results.decisions.select("application_id", "points_shown").iter_rows())
    for own in results.contributions.iter_rows(named=True):
        application = own["application_id"]
        parts = {family: own[f"family_{family}"] for family in FAMILIES}
        whole = {family: round(points) for family, points in parts.items()}
        # Whatever rounding leaves falls to the family that is never printed.
        whole["labour"] += shown[application] - round(own["base"]) - sum(whole.values())
        ranks = {"up": 0, "down": 0}
        for family in sorted(parts, key=lambda name: (-abs(parts[name]), name)):
            direction = "up" if parts[family] >= 0 else "down"
            ranks[direction] += 1
            lead = next((name for name, of in LEAD.items() if of == family), None)
            value = values[application][lead] if lead else None
            silent = lead is not None and value is None
            code = f"{family}_not_handed_in" if silent else f"{lead}_{direction}" if lead else "none"
            rows.append(
                {
                    "application_id": application,
                    "direction": direction,
                    "rank": ranks[direction],
                    "code": code,
                    "kind": "not_handed_in" if silent else "value",
                    "family": family,
                    "indicator": lead or next(i.id for i in CATALOGUE.values() if i.family == family),
                    "value": value,
                    "value_text": None,
                    "sector_median": None if silent or lead is None else 0.4,
                    "sector_level": None if silent or lead is None else "group",
                    "missing": [lead] if silent else None,
                    "points": parts[family],
                    "points_shown": whole[family],
                    "rescore_points": None,
                    "printed": lead is not None and code in reason_library().texts,
                }
            )
    return pl.DataFrame(rows, schema=dict(COLUMNS))


def certificate(application: str, **changed: object) -> dict:
    """One row of the table of certificates; valid for a year unless told otherwise."""
    day = dt.date(2024, 6, 1)
    return {
        "application_id": application,
        "scheme": "iso14001",
        "name_en": "Environmental management system",
        "name_zh": "环境管理体系认证",
        "kind": "management_system",
        "certificate_no": "C-1",
        "valid_from": day - dt.timedelta(days=700),
        "valid_to": day + dt.timedelta(days=365),
        "expiry": "stated",
        "status": "valid",
        "ended_on": None,
        "months_to_expiry": 12.0,
        "replaced": None,
        **changed,
    }


def standings(application: str) -> list[dict]:
    """Certificates of every standing."""
    ended = {"months_to_expiry": None, "replaced": False, "ended_on": dt.date(2024, 1, 2)}
    return [
        certificate(application),
        certificate(application, scheme="soon", months_to_expiry=3.0, expiry="scheme"),
        certificate(application, scheme="open", valid_to=None, expiry="open", months_to_expiry=None),
        certificate(application, scheme="late", status="expired", valid_to=dt.date(2024, 1, 1), **ended),
        certificate(application, scheme="gone", status="withdrawn", valid_to=dt.date(2024, 1, 1), **ended),
        certificate(application, scheme="rest", status="suspended", months_to_expiry=None),
    ]


def more_standings(application: str) -> list[dict]:
    """An unclear certificate and a replaced one, and more than a page shows."""
    return [
        certificate(application, status="unknown", expiry="open", valid_to=None, months_to_expiry=None),
        certificate(
            application, scheme="old", status="expired", replaced=True, valid_from=None, months_to_expiry=None
        ),
        *(certificate(application, certificate_no=f"C-{number}") for number in range(2, 6)),
    ]


def way(application: str, rank: int, **changed: object) -> dict:
    """One row of the improvements."""
    return {
        "application_id": application,
        "rank": rank,
        "actions": ["pv_rooftop", "coal_boiler_gas"],
        "reaches": True,
        "grade_before": "BB",
        "grade_after": "BBB",
        "points_before": 610,
        "points_after": 622,
        "cost_low": 120.0,
        "cost_high": 180.0,
        "cost_unknown": [],
        "months": 6.0,
        "energy_saved_tce": 1234.0,
        "emissions_saved_tco2e": 4321.0,
        "emissions_basis": "reported",
        "support": ["vat_refund_resources"],
        **changed,
    }


def ask(application: str, rank: int, low: int | None, high: int | None, worst: str, best: str) -> dict:
    """One row of the asks."""
    return {
        "application_id": application,
        "rank": rank,
        "document": "energy_bills",
        "name_en": "energy bills of the whole year",
        "name_zh": "全年能源账单",
        "facts": ["energy.electricity"],
        "indicators": ["coal_share"],
        "points_low": low,
        "points_high": high,
        "grade_low": worst,
        "grade_high": best,
    }


@pytest.fixture(scope="session")
def memo_results(synthetic_results: Results) -> Results:
    """The synthetic batch with reasons, ranges, asks, improvements, certificates and hashes."""
    one, two, three, four = synthetic_results.decisions["application_id"][:4].to_list()
    decisions = synthetic_results.decisions.with_columns(
        points_low=pl.col("points_shown") - 12,
        points_high=pl.col("points_shown") + 9,
        grade_low=pl.lit("CC"),
        grade_high=pl.lit("A"),
    )
    manifest = {
        **synthetic_results.manifest,
        "reasons": {"against": "sector_mean"},
        "model": {
            **synthetic_results.manifest["model"],
            "training_applications": {"boosting": 2500, "calibration": 500},
        },
    }
    full = replace(
        synthetic_results,
        decisions=decisions,
        manifest=manifest,
        reasons=made_reasons(synthetic_results),
        asks=pl.DataFrame(
            [ask(one, 1, 600, 640, "BB", "A"), ask(one, 2, 610, 615, "BB", "BB"), ask(one, 3, 612, 612, "BB", "BB"),
             ask(two, 1, None, None, "BB", "BB")],
            schema_overrides={"points_low": pl.Int32, "points_high": pl.Int32},
        ),
        improvements=pl.DataFrame(
            [way(one, 1), way(one, 2, emissions_basis="derived", actions=["pv_rooftop"], cost_low=90.0, cost_high=90.0),
             way(two, 1, reaches=False, cost_low=None, cost_high=None, cost_unknown=["pv_rooftop"], months=None,
                 energy_saved_tce=None, emissions_saved_tco2e=None, support=[]),
             way(three, 1, cost_low=None, cost_high=None)],
        ),
        certificates=pl.DataFrame([*standings(one), *more_standings(two)], schema=CERTIFICATE_SCHEMA),
        cross_checks=pl.DataFrame(
            [(four, f"check_{number}", "warning" if number % 2 else "notice", f"Reported {number} t, derived 9 t.",
              f"报告{number}吨，推算9吨。") for number in range(5)],
            schema=["application_id", "check", "severity", "text_en", "text_zh"], orient="row",
        ),
    )  # fmt: skip
    return replace(full, decisions=with_record_hash(full))


@pytest.fixture(scope="session")
def memo_frame(memo_results: Results) -> list[dict]:
    """Its rows, one per application."""
    return memo_rows(memo_results).to_dicts()


@pytest.fixture(scope="session")
def context(memo_results: Results) -> MemoContext:
    """What its memos share."""
    return memo_context(memo_results.manifest)
