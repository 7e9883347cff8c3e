from __future__ import annotations

import numpy as np
import pytest

from features.catalogue import CATALOGUE, FAMILIES
from models.reasons import KINDS, SIDELESS, find_reasons, ranks, sides


@pytest.fixture(scope="module")
def drawn():
    """Differences, missing values and sides of 200 applications in every indicator of the catalogue."""
    rng = np.random.default_rng(5)
    features = tuple(name for name, item in CATALOGUE.items() if item.used_by_model)
    shape = (200, len(features))
    differences = np.round(rng.normal(size=shape), 2)
    differences[rng.random(shape) < 0.2] = 0.0
    side = rng.choice(np.array([-1, 0, 1, SIDELESS], dtype=np.int8), size=shape)
    return features, differences, rng.random(shape) < 0.3, rng.normal(600, 20, size=200), side


def naive_reasons(features, differences, missing, sides_of=None):
    """Sums, leads and coherence of one application, indicator by indicator."""
    found = {}
    for name, difference, gone in zip(features, differences, missing, strict=True):
        key = (CATALOGUE[name].family, "not_handed_in" if gone else "value")
        found.setdefault(key, []).append((name, difference))
    told = {}
    for (family, kind), entries in found.items():
        total = 0.0
        for _, difference in entries:
            total += difference
        if total == 0.0:
            continue
        sign = 1 if total > 0 else -1
        towards = [(name, sign * difference) for name, difference in entries if sign * difference > 0]
        if kind == "value" and sides_of is not None:
            fitting = [entry for entry in towards if sides_of[entry[0]] in (sign, SIDELESS)]
        else:
            fitting = towards
        lead = max(fitting or towards, key=lambda entry: entry[1])[0]
        told[family, kind] = (total, lead, bool(fitting))
    return told


def test_grouping_and_leads_are_those_of_the_naive_sums(drawn):
    features, differences, missing, base, side = drawn
    found = find_reasons(differences, missing, features=features, base=base, side=side)
    assert found.names == tuple((family, kind) for family in FAMILIES for kind in KINDS)
    for row in range(len(differences)):
        beside = dict(zip(features, side[row], strict=True))
        naive = naive_reasons(features, differences[row], missing[row], beside)
        told = {
            name: (
                found.points[row, place],
                features[found.lead[row, place]],
                bool(found.coherent[row, place]),
            )
            for place, name in enumerate(found.names)
            if found.points[row, place] != 0.0
        }
        assert told == naive, row


def test_base_plus_reasons_is_what_the_differences_add_up_to(drawn):
    features, differences, missing, base, _ = drawn
    found = find_reasons(differences, missing, features=features, base=base)
    assert np.abs(found.base + found.points.sum(axis=1) - (base + differences.sum(axis=1))).max() < 1e-9


def test_an_application_alone_has_the_same_bits(drawn):
    features, differences, missing, base, side = drawn
    whole = find_reasons(differences, missing, features=features, base=base, side=side)
    alone = find_reasons(differences[7:8], missing[7:8], features=features, base=base[7:8], side=side[7:8])
    assert (whole.points[7] == alone.points[0]).all()
    assert (whole.lead[7] == alone.lead[0]).all()


def test_columns_that_are_no_indicators_are_a_family_of_their_own():
    found = find_reasons(
        np.array([[1.0, 2.0, 4.0]]),
        np.array([[False, False, True]]),
        features=("coal_share", "house_price", "house_age"),
        base=np.array([600.0]),
    )
    assert dict(zip(found.names, found.points[0].tolist(), strict=True)) == {
        ("energy", "value"): 1.0,
        ("energy", "not_handed_in"): 0.0,
        ("other", "value"): 2.0,
        ("other", "not_handed_in"): 4.0,
    }
    assert found.lead[0].tolist() == [0, -1, 1, 2]


def test_ranks_are_those_of_sorting_each_direction():
    rng = np.random.default_rng(6)
    points = np.round(rng.normal(size=(300, 9)), 1)
    found = ranks(points)
    for row, ranked in zip(points, found, strict=True):
        for sign in (1, -1):
            own = [place for place, value in enumerate(row) if np.sign(value) == sign]
            order = sorted(own, key=lambda place: (-abs(row[place]), place))
            assert [int(ranked[place]) for place in order] == list(range(1, len(own) + 1))
        assert (ranked[row == 0.0] == 0).all()


def test_sides_know_the_direction():
    values = np.array([[1.0, 1.0, 1.0, np.nan, 2.0]])
    medians = np.array([[2.0, 2.0, 2.0, 2.0, 2.0]])
    names = ["lower", "higher", "neither", "lower", "higher"]
    directions = {"lower": -1, "higher": 1, "neither": 0}
    assert sides(values, medians, features=names, directions=directions).tolist() == [
        [1, -1, SIDELESS, SIDELESS, 0]
    ]
