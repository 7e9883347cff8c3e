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
from scoring.policy.facts import FIRM_FACTS
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
        *(severity.alias(name) for name in FIRM_FACTS),
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
            "kernel": "lightgbm",
            "exactness": {"additivity_gap_points": 1e-13, "booster_gap_points": 2e-13, "rows": 400,
                          "sampled_rows": 400},
            "product_version": "0.1.0",
        },
    )  # fmt: skip
