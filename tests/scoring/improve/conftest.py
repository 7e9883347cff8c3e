"""Simulated firms, a declared scorecard that needs no training, and the naive way to try sets of actions."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import polars as pl
import pytest

from features.intake import validate_tables
from features.settings import Settings
from features.simulate import simulate
from models.registry import RegisteredModel
from models.scorecard_file import read_scorecard
from scoring.improve.costs import Costs
from scoring.improve.dataset import edited_from, of_applications
from scoring.improve.on_demand import judged_applications
from scoring.improve.prices import sizes_of
from scoring.improve.rebuilding import firms_of
from scoring.policy import load_policy


@pytest.fixture(scope="session")
def applicants():
    portfolio = simulate(firms=60, seed=7, new_applicants=True)
    return validate_tables(portfolio.tables, source="a simulation")


@pytest.fixture(scope="session")
def card():
    return read_scorecard()


@pytest.fixture(scope="session")
def declared(card):
    return RegisteredModel(
        model=card,
        name="green-credit",
        version="1",
        run_id="run",
        uri="models:/green-credit/1",
        label_origin="declared",
        demonstration=False,
    )


@pytest.fixture(scope="session")
def policy():
    return load_policy()


@pytest.fixture(scope="session")
def judged(applicants, card, policy):
    return judged_applications(applicants, model=card, policy=policy)


@pytest.fixture(scope="session")
def firms(applicants):
    return firms_of(applicants, Settings())


@pytest.fixture(scope="session")
def sizes(firms):
    return sizes_of(firms, Costs())


def renamed(dataset, number):
    """The dataset of one application under names of its own, so that many lie side by side."""
    tables = {}
    for name, table in dataset.tables.items():
        new = table
        for column in ("firm_id", "application_id"):
            if column in table.columns:
                new = new.with_columns((pl.col(column) + f"#{number:05d}").alias(column))
        tables[name] = new
    return tables


def side_by_side(datasets):
    """Put datasets of one application each into one; the application of the first ends in ``#00000``."""
    parts = [renamed(dataset, number) for number, dataset in enumerate(datasets)]
    tables = {name: pl.concat([part[name] for part in parts]) for name in parts[0]}
    return replace(datasets[0], tables=MappingProxyType(tables))


@pytest.fixture(scope="session")
def naive(applicants):
    """``naive(application_id, sets)``: the edited datasets of the sets, side by side, in their order."""

    def tried(application_id, sets):
        own = of_applications(applicants, [application_id])
        firms = firms_of(own, Settings())
        every = sizes_of(firms, Costs())
        return side_by_side([edited_from(own, firms, names, sizes=every) for names in sets])

    return tried
