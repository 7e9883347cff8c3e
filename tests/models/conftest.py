"""A small synthetic portfolio for the tests of the models; no borrower stands behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from features.catalogue import CATALOGUE
from models.estimator import GreenCreditModel

PLAIN = tuple(name for name, indicator in CATALOGUE.items() if indicator.base is None)
SECTIONS = {"06": "B", "25": "C", "26": "C", "30": "C", "31": "C", "32": "C", "44": "D", "45": "D"}
VOCABULARIES = {
    "industry_division": (*SECTIONS, "6450"),
    "region_group": ("north", "east", "south"),
    "purpose_group": ("working_capital", "new_line", "retrofit"),
    "emerging_industry": ("yes", "no"),
}


@dataclass(frozen=True)
class Portfolio:
    """Indicators, labels, days and firms of synthetic applications."""

    X: pd.DataFrame
    y: np.ndarray
    as_of: np.ndarray
    firm_id: np.ndarray

    def __getitem__(self, rows):
        return Portfolio(self.X.iloc[rows], self.y[rows], self.as_of[rows], self.firm_id[rows])


def make_portfolio(rows: int, seed: int, *, bad_share: float = 0.06) -> Portfolio:
    """Draw applications: heavy-tailed intensities, shares, counts, categories, a tenth of the facts missing."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=rows)
    columns = {}
    for name in PLAIN:
        indicator = CATALOGUE[name]
        if indicator.is_category:
            words = np.array(VOCABULARIES[name], dtype=object)
            weights = np.array([1 / (1 + k) for k in range(len(words))])
            column = rng.choice(words, size=rows, p=weights / weights.sum())
        elif indicator.unit in {"count", "weighted count", "level", "0 or 1"}:
            column = rng.poisson(0.7, size=rows).astype(float)
        elif indicator.unit == "share":
            column = 1 / (1 + np.exp(-(rng.normal(size=rows) + 0.5 * indicator.direction * quality)))
        elif indicator.unit.startswith(("tce", "tCO2", "equivalents")):
            column = np.exp(rng.normal(size=rows) - 0.5 * quality)
        else:
            column = rng.normal(size=rows) + 0.5 * indicator.direction * quality
        missing = rng.random(rows) < 0.1
        columns[name] = (
            np.where(missing, None, column) if indicator.is_category else np.where(missing, np.nan, column)
        )
    X = pd.DataFrame(columns)  # noqa: N806
    log_odds = (
        -1.0 * quality
        + 0.8 * (np.nan_to_num(X["coal_share"].to_numpy(), nan=0.9) > 0.6)
        - 0.7 * np.nan_to_num(X["interest_cover"].to_numpy(), nan=-1.0)
        + 0.5 * (X["industry_division"] == "06").to_numpy()
    )
    intercept = np.log(bad_share / (1 - bad_share)) - np.log(np.mean(np.exp(log_odds - log_odds.mean())))
    y = (rng.random(rows) < 1 / (1 + np.exp(-(intercept + log_odds - log_odds.mean())))).astype(float)
    as_of = np.datetime64("2020-01-01") + rng.integers(0, 1460, size=rows).astype("timedelta64[D]")
    firm_id = np.array([f"firm-{k:05d}" for k in rng.integers(0, int(rows * 0.8), size=rows)], dtype=object)
    return Portfolio(X, y, as_of, firm_id)


def small_model(**options) -> GreenCreditModel:
    """An estimator that fits in a blink."""
    defaults = {
        "n_estimators": 60,
        "learning_rate": 0.1,
        "min_child_samples": 20,
        "sections": SECTIONS,
        "n_jobs": 1,
    }
    return GreenCreditModel(**(defaults | options))


@pytest.fixture(scope="session")
def draw_portfolio():
    return make_portfolio


@pytest.fixture(scope="session")
def new_model():
    return small_model


@pytest.fixture(scope="session")
def portfolio() -> Portfolio:
    return make_portfolio(3_000, seed=11)


@pytest.fixture(scope="session")
def applicants() -> Portfolio:
    return make_portfolio(600, seed=12)


@pytest.fixture(scope="session")
def model(portfolio) -> GreenCreditModel:
    p = portfolio
    return small_model().fit(p.X, p.y, as_of=p.as_of, firm_id=p.firm_id)
