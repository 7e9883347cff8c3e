"""Honest firms and a judge that needs no training: what the tests of gaming moves share."""

from __future__ import annotations

import pytest

from features.intake import validate_tables
from features.simulate import simulate
from models.scorecard_file import read_scorecard
from scoring.gaming.library import MOVES
from scoring.gaming.trial import trial
from scoring.policy import load_policy

FIRMS, SEED = 80, 78


@pytest.fixture(scope="session")
def honest():
    return validate_tables(simulate(firms=FIRMS, seed=SEED, new_applicants=True).tables, source="a test")


@pytest.fixture(scope="session")
def card():
    return read_scorecard()


@pytest.fixture(scope="session")
def tried(honest, card):
    return trial(honest, MOVES, model=card, policy=load_policy())
