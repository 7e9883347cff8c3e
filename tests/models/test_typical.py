from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest

from models.typical import TypicalFirms


@pytest.fixture(scope="module")
def divisions():
    return np.array(["31", None, "26", "31", "99"], dtype=object)


@pytest.fixture(scope="module")
def typical(model, divisions):
    return TypicalFirms.of(model, divisions, rows=len(divisions))


def test_every_row_has_the_medians_of_its_own_sector(model, divisions, typical):
    for name in ("coal_share", "leverage", "firm_age"):
        place = model.preparation_.features.index(name)
        for row, division in enumerate(divisions):
            level, quantiles = model.distributions_.of(division, name)
            sector = typical.codes[row]
            assert typical.values[sector, place] == quantiles[4]
            assert typical.levels[sector, place] == level


def test_a_ratio_to_the_sector_moves_with_its_base(model, divisions, typical):
    features = model.preparation_.features
    base, ratio = features.index("energy_intensity"), features.index("energy_vs_sector")
    for row, division in enumerate(divisions):
        sector = typical.codes[row]
        # A firm of unknown industry is held against one of the commonest.
        shares = model.distributions_.shares(None, "industry_division")[1]
        known = division or max(sorted(shares), key=shares.get)
        _, median = model.preparation_.peers["energy_vs_sector"].level(known)
        assert typical.values[sector, ratio] == typical.values[sector, base] / median


def test_the_matrix_and_the_points_are_those_of_an_applicant_with_these_values(model, typical):
    prepared = model.preparation_
    shares = model.distributions_.shares("31", "purpose_group")[1]
    table = {
        name: [typical.values[typical.codes[0], prepared.features.index(name)]]
        for name in prepared.inputs
        if name not in prepared.roles.categories
    }
    for name in prepared.roles.categories:
        own = model.distributions_.shares("31", name)[1]
        table[name] = ["31" if name == "industry_division" else max(sorted(own), key=own.get)]
    applicant = pd.DataFrame(table)[list(prepared.inputs)]
    assert table["purpose_group"][0] in shares
    np.testing.assert_array_equal(prepared.matrix(applicant)[0], typical.matrix[typical.codes[0]])
    sector = typical.codes[0]
    assert typical.points[sector] == pytest.approx(model.predict_points(applicant)[0], abs=1e-12)
    added = model.base_points + typical.contributions[sector].sum()
    assert added == pytest.approx(typical.points[sector], abs=1e-9)


def test_rows_do_not_depend_on_the_others(model, typical):
    alone = TypicalFirms.of(model, np.array(["26"], dtype=object), rows=1)
    np.testing.assert_array_equal(alone.matrix[alone.codes[0]], typical.matrix[typical.codes[2]])


def test_a_model_of_an_earlier_release_has_no_typical_firm(model):
    old = copy.copy(model)
    old.distributions_ = None
    assert TypicalFirms.of(old, None, rows=3) is None


def test_without_any_division_all_firms_are_one_sector(model):
    found = TypicalFirms.of(model, None, rows=3)
    assert found.codes.tolist() == [0, 0, 0]
    assert set(found.levels.ravel()) <= {"all", None}
