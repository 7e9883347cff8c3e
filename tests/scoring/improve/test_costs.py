"""Quotes: what is refused and how it is told, which quote counts, and that an unknown cost stays unknown."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from features.errors import GreenCreditError
from scoring.improve.costs import load_costs, parse_costs
from scoring.improve.prices import Prices, prices_of, sizes_of
from scoring.improve.rebuilding import ACTION_IDS, after_actions
from scoring.improve.sets import priced, ranked

HEAD = 'version = "2026-01"\n'
GOOD = '[[quotes]]\naction = "rooftop_pv"\nunit = "CNY/Wp"\nlow = 3\nsource = "s"\n'


@pytest.mark.parametrize(
    ("text", "where", "what", "mend"),
    [
        (GOOD, "costs.toml", "version is missing", "version ="),
        (HEAD + "quotes = 3", "costs.toml, line 2, quotes", "tuple", "Correct"),
        (HEAD + "qoutes = []", "costs.toml, line 2, qoutes", "Unknown key 'qoutes'", "quotes"),
        (HEAD + GOOD + "hihg = 4", "line 7, quotes[0].hihg", "Unknown key 'hihg'", "high"),
        (HEAD + GOOD.replace("low = 3\n", ""), "line 2, quotes[0].low", "low is missing", "Add `low`"),
        (
            HEAD + GOOD.replace("= 3", "= -3"),
            "line 5, quotes[0].low",
            "greater than or equal to 0",
            "Correct",
        ),
        (HEAD + GOOD.replace("= 3", "= nan"), "line 5, quotes[0].low", "finite", "Correct"),
        (
            HEAD + GOOD.replace("rooftop_pv", "roof_pv"),
            "line 2, quotes[0]",
            "unknown action 'roof_pv'",
            "rooftop_pv",
        ),
        (
            HEAD + GOOD.replace("rooftop_pv", "storage"),
            "line 2, quotes[0]",
            "storage is not offered",
            "saves no energy",
        ),
        (HEAD + GOOD.replace("rooftop_pv", "enms"), "line 2, quotes[0]", "no peak power", "10k CNY"),
        (
            HEAD + GOOD.replace("rooftop_pv", "enms").replace("Wp", "kWh"),
            "line 2",
            "no electricity",
            "10k CNY",
        ),
        (HEAD + GOOD.replace("CNY/Wp", "CNY/W"), "line 4, quotes[0].unit", "CNY/Wp", "Correct"),
        (HEAD + GOOD + "high = 2", "line 2, quotes[0]", "is below", "Exchange"),
        (HEAD + GOOD + "valid_to = 'soon'", "line 7, quotes[0].valid_to", "date", "Correct"),
        (HEAD + GOOD + GOOD, "line 7, quotes[1]", "quoted twice for every firm", "line 2"),
        (HEAD + (GOOD + 'firm_id = "F"\n') * 2, "line 8, quotes[1]", "quoted twice for firm F", "line 2"),
        (
            HEAD + GOOD.replace("rooftop_pv", "green_power").replace("Wp", "kWh") + "size = 1.2",
            "line 2",
            "is a share, at most 1",
            "Correct",
        ),
        (
            HEAD + GOOD.replace("rooftop_pv", "water_reuse").replace("CNY/Wp", "10k CNY") + "size = 120",
            "line 2",
            "is a percentage, at most 100",
            "Correct",
        ),
        (
            HEAD + GOOD.replace("rooftop_pv", "rectify_incident").replace("CNY/Wp", "10k CNY") + "size = 1",
            "line 2",
            "has no size",
            "Remove",
        ),
        (HEAD + "[[quotes]\n", "costs.toml", "not valid TOML", "line"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_key_and_mend(text, where, what, mend):
    with pytest.raises(GreenCreditError) as error:
        parse_costs(text, file="costs.toml")
    assert where in error.value.where
    assert what in error.value.what
    assert mend in error.value.mend


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(GreenCreditError, match="was not found"):
        load_costs(tmp_path / "none.toml")
    (tmp_path / "costs.toml").write_text(HEAD + GOOD, encoding="utf-8")
    assert load_costs(tmp_path / "costs.toml").quotes[0].highest == 3.0


def test_a_firms_own_quote_counts_before_the_general_one_and_neither_after_its_last_day():
    own = GOOD.replace("= 3", "= 2.5") + 'firm_id = "F"\nvalid_to = 2026-03-31\n'
    costs = parse_costs(HEAD + GOOD + own, file="t")
    day = dt.date(2026, 3, 31)
    assert costs.quote("rooftop_pv", "F", day).low == 2.5
    assert costs.quote("rooftop_pv", "F", day + dt.timedelta(1)).low == 3.0
    assert costs.quote("rooftop_pv", "G", day).low == 3.0
    assert costs.quote("enms", "F", day) is None


def alone(firms, sizes):
    known = firms.known
    rows = {name: size[known.application] for name, size in sizes.items()}
    return {
        name: after_actions(known, firms.amounts, np.full(len(known.year), 1 << place, dtype=np.int64), rows)
        for place, name in enumerate(ACTION_IDS)
    }


def test_costs_by_hand_and_unknown_ones_stay_unknown(firms):
    text = HEAD + (
        '[[quotes]]\naction = "green_power"\nunit = "CNY/kWh"\nlow = 0.02\nhigh = 0.03\nsource = "s"\n'
        '[[quotes]]\naction = "enms"\nunit = "10k CNY"\nlow = 40\nsource = "s"\n'
        f'[[quotes]]\naction = "rooftop_pv"\nunit = "CNY/Wp"\nlow = 3\nsource = "s"\nsize = 500\n'
        f'firm_id = "{firms.facts.applications["firm_id"][0]}"\n'
    )
    costs = parse_costs(text, file="t")
    sizes = sizes_of(firms, costs)
    after = alone(firms, sizes)
    prices = prices_of(firms, costs, after)
    last = firms.starts[1:] - 1
    green = after["green_power"].green_mwh[last]
    np.testing.assert_allclose(prices.low["green_power"], green * 1000 * 0.02 / 10_000)
    np.testing.assert_allclose(prices.high["green_power"], green * 1000 * 0.03 / 10_000)
    assert (prices.low["enms"] == 40).all()
    place = firms.known.carriers.one("electricity", "purchased")
    bought = np.nan_to_num(firms.amounts.energy[last, place])
    if bought[0] > 0:
        assert sizes["rooftop_pv"][0] == pytest.approx(500 * 1100 / 1000 / bought[0])
    assert (
        prices.low["rooftop_pv"][0] == prices.high["rooftop_pv"][0] == pytest.approx(3 * 500 * 1000 / 10_000)
    )
    made = np.nan_to_num(
        after["rooftop_pv"].energy[last, firms.known.carriers.one("solar_power", "self_generated")]
    )
    made -= np.nan_to_num(
        firms.amounts.energy[last, firms.known.carriers.one("solar_power", "self_generated")]
    )
    np.testing.assert_allclose(prices.low["rooftop_pv"][1:], (made * 1000 / 1100 * 2.5 / 10)[1:])
    np.testing.assert_allclose(prices.high["rooftop_pv"][1:], (made * 1000 / 1100 * 4.0 / 10)[1:])
    for name in set(ACTION_IDS) - {"green_power", "enms", "rooftop_pv", "whr_kiln_power"}:
        assert np.isnan(prices.low[name]).all(), name
        assert np.isnan(prices.high[name]).all(), name


def test_a_sum_with_an_unknown_part_is_unknown_and_ranks_by_actions_and_months():
    def column(**known):
        return {name: np.array([known.get(name, np.nan)]) for name in ACTION_IDS}

    prices = Prices(low=column(rooftop_pv=100.0, enms=40.0), high=column(rooftop_pv=120.0, enms=40.0))
    names = [["rooftop_pv"], ["enms"], ["vsd"], ["vsd", "enms"], ["compressed_air"], []]
    masks = np.array([sum(1 << ACTION_IDS.index(n) for n in s) for s in names], dtype=np.int64)
    table = priced(np.zeros(6, dtype=np.int64), masks, prices)
    assert table["cost_low"].to_list() == [100.0, 40.0, None, None, None, 0.0]
    assert table["cost_high"].to_list() == [120.0, 40.0, None, None, None, 0.0]
    assert table["months"].to_list() == [4, 9, 3, 9, 1, 0]
    sets = pl.DataFrame(
        {
            "application": [0] * 6,
            "mask": masks,
            "reaches": [True] * 5 + [False],
            "points": [5.0, 4.0, 9.0, 9.0, 9.0, 10.0],
        }
    ).hstack(table)
    order = ranked(sets)["mask"].to_list()
    assert [names[masks.tolist().index(mask)] for mask in order] == [
        ["enms"],
        ["rooftop_pv"],
        ["compressed_air"],
        ["vsd"],
        ["vsd", "enms"],
        [],
    ]
