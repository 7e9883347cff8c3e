from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest

from features.catalogue import CATALOGUE
from features.errors import InputError
from models import store
from models.distributions import QUANTILES, SectorDistributions
from models.scorecard_file import read_scorecard

SHOWN = ("control_spend", "electrification")
"""Two indicators that the model does not use."""


def training_rows(model, portfolio):
    """The boosting rows again: every day before the calibration slice, and no firm of it."""
    late = portfolio.as_of >= np.sort(portfolio.as_of)[int(0.85 * len(portfolio.y))]
    firms = set(portfolio.firm_id[late])
    early = ~late & np.array([firm not in firms for firm in portfolio.firm_id])
    assert early.sum() == model.split_counts_["boosting"]
    return portfolio[np.flatnonzero(early)]


def naive_quantile(values, q):
    """Linear between the two nearest of the sorted values."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def naive_values(rows, column, section_of):
    """Values and firms by level and name, one row at a time."""
    values, firms = {}, {}
    for division, value, firm in zip(rows.X["industry_division"], column, rows.firm_id, strict=True):
        if value is None or (isinstance(value, float) and math.isnan(value)):
            continue
        keys = [("all", "")]
        if isinstance(division, str):
            keys.append(("group", division))
            if division in section_of:
                keys.append(("section", section_of[division]))
        for key in keys:
            values.setdefault(key, []).append(value)
            firms.setdefault(key, set()).add(firm)
    return {key: own for key, own in values.items() if key[0] == "all" or len(firms[key]) >= 30}


def at(distributions, key):
    level, name = key
    return {
        "all": {"": distributions.overall},
        "group": distributions.groups,
        "section": distributions.sections,
    }[level][name]


def test_the_quantiles_are_those_of_the_training_rows(model, portfolio):
    rows = training_rows(model, portfolio)
    found = model.distributions_
    ratios = model.preparation_.indicators(rows.X)
    for name in (
        "coal_share",
        "energy_intensity",
        "energy_vs_sector",
        "firm_age",
        "certificates_lapsed",
        *SHOWN,
    ):
        column = rows.X[name] if name in rows.X.columns else ratios[name]
        expected = naive_values(rows, column.astype(float), model.sections)
        stored = {("all", "")} if name in found.overall.quantiles else set()
        stored |= {("group", key) for key, part in found.groups.items() if name in part.quantiles}
        stored |= {("section", key) for key, part in found.sections.items() if name in part.quantiles}
        assert stored == set(expected)
        for key, values in expected.items():
            assert at(found, key).quantiles[name] == pytest.approx(
                [naive_quantile(values, q) for q in QUANTILES], rel=1e-12, abs=1e-15
            )
            assert (at(found, key).quantiles[name][0], at(found, key).quantiles[name][-1]) == (
                min(values),
                max(values),
            )
    assert len(found.groups) > 1
    assert set(found.indicators) == {
        name for name in CATALOGUE if name in ratios.columns or name in rows.X.columns
    } - {name for name in CATALOGUE if CATALOGUE[name].is_category}


def test_the_shares_of_a_category_are_those_of_the_training_rows(model, portfolio):
    rows = training_rows(model, portfolio)
    for name in ("region_group", "purpose_group", "industry_division"):
        expected = naive_values(rows, rows.X[name], model.sections)
        for key, words in expected.items():
            own = at(model.distributions_, key).shares[name]
            assert own == pytest.approx({word: words.count(word) / len(words) for word in set(words)})
    assert model.distributions_.shares("26", "region_group")[0] == "group"
    assert model.distributions_.shares(None, "region_group") == (
        "all",
        model.distributions_.overall.shares["region_group"],
    )
    assert model.distributions_.shares("26", "coal_share") is None


def fitted(values, group, firm, section_of):
    return SectorDistributions.fit(
        [("coal_share", np.array(values))], {}, pd.Series(group), np.array(firm), section_of=section_of
    )


def test_few_firms_fall_back_to_their_section_then_to_all_by_indicator():
    # 26 has rows enough and 10 firms; 06 has 30 firms of which one handed nothing in.
    values = [1.0] * 30 + [3.0] * 40 + [5.0] * 29 + [math.nan]
    group = ["25"] * 30 + ["26"] * 40 + ["06"] * 30
    firm = [*range(30), *(30 + k % 10 for k in range(40)), *range(40, 70)]
    found = fitted(values, group, firm, {"25": "C", "26": "C", "06": "B"})
    assert found.of("25", "coal_share") == ("group", (1.0,) * 9)
    level, own = found.of("26", "coal_share")
    assert (level, own[0], own[-1]) == ("section", 1.0, 3.0)
    for name in ("06", "unheard of", None):
        level, own = found.of(name, "coal_share")
        assert (level, own[0], own[-1]) == ("all", 1.0, 5.0)
    assert found.of("25", "water_intensity") is None
    divisions = pd.Series(["26", None, "25"])
    assert found.rows(divisions, ["coal_share", "water_intensity"], 1.0, rows=3).tolist() == [
        [3.0, pytest.approx(math.nan, nan_ok=True)],
        [5.0, pytest.approx(math.nan, nan_ok=True)],
        [1.0, pytest.approx(math.nan, nan_ok=True)],
    ]
    assert found.levels(divisions, "coal_share", rows=3).tolist() == [["section"], ["all"], ["group"]]
    assert found.rows(None, "coal_share", 0.0, rows=2).tolist() == [[1.0], [1.0]]


def test_nothing_handed_in_is_told_as_nothing():
    found = fitted([math.nan] * 3, ["25"] * 3, [0, 1, 2], {})
    assert found.indicators == ("coal_share",)
    assert found.of("25", "coal_share") is None
    assert np.isnan(found.rows(None, "coal_share", 0.5, rows=1)).all()
    with pytest.raises(InputError, match=r"must be one of 0.0, 0.05"):
        found.rows(None, "coal_share", 0.4, rows=1)


def test_large_values_do_not_overflow():
    found = fitted([-1.7e308, 1.7e308] * 30, ["25"] * 60, range(60), {})
    level, own = found.of("25", "coal_share")
    assert level == "group"
    assert own == tuple(sorted(own))
    assert np.isfinite(own).all()


def test_the_calibration_slice_and_the_order_of_rows_play_no_part(model, portfolio, new_model):
    late = portfolio.as_of >= np.sort(portfolio.as_of)[int(0.85 * len(portfolio.y))]
    table = portfolio.X.copy()
    numbers = [name for name in table.columns if not CATALOGUE[name].is_category]
    table[numbers] = table[numbers].astype(float)
    table.loc[late, numbers] *= 1000.0
    shuffled = np.random.default_rng(0).permutation(len(table))
    again = new_model(n_estimators=2).fit(
        pl.from_pandas(table.iloc[shuffled]),
        portfolio.y[shuffled],
        as_of=portfolio.as_of[shuffled],
        firm_id=portfolio.firm_id[shuffled],
    )
    assert again.distributions_ == model.distributions_


def test_they_are_stored_bit_for_bit_and_an_older_model_has_none(model, tmp_path):
    store.save(model, tmp_path)
    assert store.load(tmp_path).distributions_ == model.distributions_
    path = tmp_path / store.PARAMETERS
    content = json.loads(path.read_text())
    del content["distributions"], content["content_sha256"]
    content["schema_version"] = 3
    content["content_sha256"] = store._content_hash(content)
    path.write_text(json.dumps(content))
    assert store.load(tmp_path).distributions_ is None
    assert read_scorecard().distributions_ is None


def test_a_table_of_ones_own_has_them_too(new_model):
    rng = np.random.default_rng(5)
    numbers = rng.normal(size=(400, 3))
    fitted_model = new_model(n_estimators=3).fit(numbers, (rng.random(400) < 0.3).astype(int))
    assert fitted_model.distributions_.indicators == ("x0", "x1", "x2")
    level, own = fitted_model.distributions_.of(None, "x1")
    assert level == "all"
    assert own == tuple(sorted(own))
