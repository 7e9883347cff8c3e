"""A small model and a small batch on synthetic indicators, shared by the tests of this folder."""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType

import numpy as np
import polars as pl
import pytest

from features import reference
from features.catalogue import CATALOGUE, FAMILIES
from models.estimator import GreenCreditModel
from models.registry import RegisteredModel
from scoring.contributions import contributions
from scoring.policy import decide, load_policy
from scoring.policy.handed_out import handed_out
from scoring.results import Results
from scoring.sectors import sector_table

CATEGORIES = MappingProxyType(
    {
        "industry_division": ["06", "25", "26", "30", "31", "39", "44", "6450"],
        "region_group": ["north", "east"],
        "purpose_group": ["working_capital", "new_line", "retrofit"],
        "emerging_industry": ["yes", "no"],
    }
)


def synthetic_values(*, rows: int, seed: int) -> pl.DataFrame:
    """Random indicators, one in ten missing."""
    random = np.random.default_rng(seed)
    columns: dict[str, object] = {
        "application_id": [f"APP{number:06d}" for number in range(rows)],
        "firm_id": [f"F{number:06d}" for number in range(rows)],
        "as_of": [dt.date(2024, 1, 1) + dt.timedelta(days=int(day)) for day in random.integers(0, 300, rows)],
    }
    for name, item in CATALOGUE.items():
        if item.base is not None:
            continue
        missing = random.random(rows) < 0.1
        if item.is_category:
            drawn = random.choice(CATEGORIES[name], rows)
            columns[name] = [None if gone else str(value) for value, gone in zip(drawn, missing, strict=True)]
        else:
            drawn = random.gamma(2.0, 0.25, rows)
            columns[name] = [None if gone else float(v) for v, gone in zip(drawn, missing, strict=True)]
    return pl.DataFrame(columns)


@pytest.fixture(scope="session")
def training_values() -> pl.DataFrame:
    return synthetic_values(rows=3000, seed=1)


@pytest.fixture(scope="session")
def small_model(training_values: pl.DataFrame) -> GreenCreditModel:
    values = training_values
    random = np.random.default_rng(2)
    odds = (
        -2.6
        + 1.5 * (values["coal_share"].fill_null(1.5).to_numpy() - 0.5)
        - 1.5 * (values["metered_share"].fill_null(0.0).to_numpy() - 0.5)
        + 1.0 * (values["leverage"].fill_null(1.5).to_numpy() - 0.5)
    )
    bad = (random.random(values.height) < 1 / (1 + np.exp(-odds))).astype(int)
    model = GreenCreditModel(n_estimators=40, learning_rate=0.1, min_child_samples=20, n_jobs=1)
    sections = dict(reference.table("industries").select("code", "section").iter_rows())
    model.set_params(sections=sections)
    indicators = values.select(name for name in CATALOGUE if name in values.columns)
    return model.fit(
        indicators.to_pandas(), bad, as_of=values["as_of"].to_numpy(), firm_id=values["firm_id"].to_numpy()
    )


@pytest.fixture(scope="session")
def registered(small_model: GreenCreditModel) -> RegisteredModel:
    return RegisteredModel(
        model=small_model,
        name="green-credit",
        version="1",
        run_id="run",
        uri="models:/green-credit/1",
        label_origin="simulated",
        demonstration=True,
    )


@pytest.fixture(scope="session")
def synthetic_results(small_model: GreenCreditModel) -> Results:
    """The result tables of a batch on synthetic indicators, put together without reading a dataset."""
    policy = load_policy()
    values = synthetic_values(rows=400, seed=3)
    explained, _, _ = contributions(small_model, values)
    scored = values.join(
        explained.select("application_id", "points", "probability", "esg_points"), on="application_id"
    )
    severity = pl.Series(
        [4 if row % 40 == 0 else 3 if row % 23 == 0 else None for row in range(400)], dtype=pl.Int32
    )
    scored = scored.with_columns(
        open_environmental_severity=severity,
        recent_environmental_severity=severity,
        cross_check_warnings=pl.lit(0, dtype=pl.Int32),
        firm_name=pl.lit("模拟企业"),
    )
    decisions = decide(scored, policy=policy).with_columns(
        grade_label=pl.col("grade") + " (demonstration)", label_origin=pl.lit("simulated")
    )
    indicator_names = [name for name in values.columns if name in CATALOGUE]
    quality = pl.concat(
        [
            values.select(
                "application_id",
                family=pl.lit(CATALOGUE[name].family),
                indicator=pl.lit(name),
                status=pl.when(pl.col(name).is_null()).then(pl.lit("missing")).otherwise(pl.lit("reported")),
                detail_en=pl.lit(None, dtype=pl.String),
                detail_zh=pl.lit(None, dtype=pl.String),
                grade=pl.lit(None, dtype=pl.Float64),
            )
            for name in indicator_names
        ]
        + [
            values.select(
                "application_id",
                family=pl.lit(family),
                indicator=pl.lit(None, dtype=pl.String),
                status=pl.lit("pcaf"),
                detail_en=pl.lit(None, dtype=pl.String),
                detail_zh=pl.lit(None, dtype=pl.String),
                grade=pl.lit(2.5),
            )
            for family in FAMILIES
        ]
    )
    return Results(
        decisions=decisions,
        contributions=explained.drop("points", "probability", "esg_points"),
        sectors=sector_table(small_model, decisions["industry_division"]),
        indicators=values,
        data_quality=quality,
        cross_checks=pl.DataFrame(
            [("APP000001", "emissions_against_energy", "warning", "Reported 5 t, derived 9 t.", "报告5吨，推算9吨。")],
            schema=["application_id", "check", "severity", "text_en", "text_zh"],
            orient="row",
        ),
        quarantine=pl.DataFrame(
            [
                ("applications", 3, "as_of", "soon", "not_a_date", "as_of is no day: <soon>.", "日期有误。",
                 "Write the day as 2023-05-01.", "请按 2023-05-01 填写。", '{"application_id": "APP-BAD"}'),
            ],
            schema=["table", "row", "column", "value", "rule", "what_en", "what_zh", "mend_en", "mend_zh", "record"],
            orient="row",
        ),
        manifest={
            "demonstration": True,
            "applications": {"in": 402, "scored": 400, "refused": 1, "duplicates": 1,
                             "refused_by_rule": {"not_a_date": 1}},
            "input": {"tables": {"applications": {"rows_in": 402, "accepted": 400, "quarantined": 1,
                                                  "duplicates": 1, "content_sha256": "ab" * 32}}},
            "notices": [],
            "settings": {"warming_potentials": "ar5"},
            "factor_set": "abcdef123456",
            "model": {"name": "green-credit", "version": "1", "run_id": "run", "label_origin": "simulated",
                      "booster_sha256": "cd" * 32},
            "policy": {"version_id": policy.version_id, **policy.content()},
            "policy_rows": handed_out(policy),
            "kernel": "lightgbm",
            "exactness": {"additivity_gap_points": 1e-13, "booster_gap_points": 2e-13, "rows": 400,
                          "sampled_rows": 400},
            "product_version": "0.1.0",
        },
    )  # fmt: skip


def naive_ends(
    model: GreenCreditModel, row: dict, open_names: list[str], *, known: dict | None = None
) -> tuple:
    """Lowest and highest score of one application over what is plausible, one value at a time by ``predict_points``."""
    stored, grid = model.distributions_, (0.05, 0.10, 0.25, 0.5, 0.75, 0.90, 0.95)
    at = {q: place for place, q in enumerate((0.0, 0.05, 0.10, 0.25, 0.5, 0.75, 0.90, 0.95, 1.0))}
    names = [name for name in CATALOGUE if name in row]

    def points(changed: dict) -> float:
        frame = pl.DataFrame([{name: changed[name] for name in names}], schema={
            name: pl.String if CATALOGUE[name].is_category else pl.Float64 for name in names
        })  # fmt: skip
        return float(model.predict_points(frame)[0])

    today, reached = points(row), []
    for sign in (-1, 1):
        tried = row | (known or {})
        plausible = {}
        for name in open_names:
            held = stored.of(row["industry_division"], name)
            plausible[name] = held and {q: held[1][at[q]] for q in grid}
            better = CATALOGUE[name].direction
            if not better or held is None:
                continue
            worst, best = (plausible[name][q] for q in ((0.05, 0.95) if better > 0 else (0.95, 0.05)))
            if row[name] is None:
                # Silence is the worst already.
                tried[name] = (None if model.missing == "worst" else worst) if sign < 0 else best
            elif sign > 0:
                tried[name] = max(row[name], best) if better > 0 else min(row[name], best)
        found = points(tried)
        for name in [n for n in CATALOGUE if n in open_names and not CATALOGUE[n].direction]:
            for value in (plausible[name] or {}).values():
                changed = tried | {name: value}
                if sign * points(changed) > sign * found:
                    tried, found = changed, points(changed)
        reached.append(found)
    return min(today, *reached), max(today, *reached)


@pytest.fixture(scope="session", name="naive_ends")
def _naive_ends():
    return naive_ends
