"""What is said of an action: every text reached, in both languages, with the firm's own figures."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features import reference
from scoring.improve.catalogue import NOT_OFFERED, actions
from scoring.improve.costs import Costs
from scoring.improve.effects import EFFECTS
from scoring.improve.lines import action_line, library, shown
from scoring.improve.prices import Prices, prices_of
from scoring.improve.rebuilding import ACTION_IDS, after_actions
from scoring.improve.text import headline, not_offered_lines, support_lines, way_text
from scoring.improve.way import improvements


@pytest.fixture(scope="module")
def after(firms, sizes):
    known = firms.known
    rows = {name: np.nan_to_num(size, nan=0.5)[known.application] for name, size in sizes.items()}
    return {
        name: after_actions(known, firms.amounts, np.full(len(known.year), 1 << place, dtype=np.int64), rows)
        for place, name in enumerate(ACTION_IDS)
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("action", ACTION_IDS)
def test_every_action_has_a_line_with_figures(action, lang, firms, after):
    prices = prices_of(firms, Costs(), after)
    eligible = EFFECTS[action].eligible(firms.known, firms.amounts)
    application = int(firms.known.application[eligible][0]) if eligible.any() else 0
    line = action_line(action, application, firms=firms, after=after[action], prices=prices, lang=lang)
    name = actions()[action].name_en if lang == "en" else actions()[action].name_zh
    assert line.startswith(name)
    assert line.endswith("." if lang == "en" else "。")
    assert str(actions()[action].months) in line
    assert "{" not in line
    assert "nan" not in line
    if eligible.any() and action in {"rooftop_pv", "green_power", "water_reuse", "enms", "coal_boiler_gas"}:
        figure = line.split("；" if lang == "zh" else "; ")[0]
        assert any(c in figure for c in "123456789")


def test_the_figure_of_photovoltaics_by_hand(firms, after):
    eligible = EFFECTS["rooftop_pv"].eligible(firms.known, firms.amounts)
    application = int(firms.known.application[eligible][-1])
    row = firms.starts[application + 1] - 1
    bought = firms.amounts.energy[row, firms.known.carriers.one("electricity", "purchased")]
    prices = Prices(
        low={"rooftop_pv": np.full(len(firms.ids), 10.0)}, high={"rooftop_pv": np.full(len(firms.ids), 10.0)}
    )
    line = action_line(
        "rooftop_pv", application, firms=firms, after=after["rooftop_pv"], prices=prices, lang="en"
    )
    assert line == (
        f"Rooftop photovoltaics: makes {shown(0.2 * bought)} MWh of electricity a year, used on site; "
        "4 months; cost 10 (10k CNY); effect from memory of engineering practice, to be confirmed."
    )


def test_every_text_of_the_library_is_used():
    from scoring.improve import lines  # noqa: PLC0415

    used = {code for code, _ in lines._LINES.values()}
    used |= {"months", "cost_unknown", "cost", "cost_range", "recalled"}
    used |= {
        "reaches",
        "none_reaches",
        "no_action",
        "best_already",
        "support",
        "support_recalled",
        "not_offered",
    }
    used |= {
        "sum_points",
        "sum_cost",
        "sum_cost_unknown",
        "sum_energy",
        "sum_emissions",
        "support_head",
        "not_offered_head",
    }
    assert set(library().texts) == used
    assert set(lines._LINES) == set(EFFECTS)


ROW = {
    "rank": 1,
    "actions": ["enms", "rooftop_pv"],
    "reaches": True,
    "grade_before": "BB",
    "grade_after": "BBB",
    "points_before": 615,
    "points_after": 621,
    "points_before_exact": 614.9,
    "points_after_exact": 621.2,
    "cost_low": None,
    "cost_high": None,
    "cost_unknown": ["enms"],
    "months": 9,
    "energy_saved_tce": 120.4,
    "emissions_saved_tco2e": 333.3,
    "support": ["cerf"],
    "effects_en": ["one", "two"],
    "effects_zh": ["一", "二"],
}


def told(lang, **changes):
    return way_text(pl.DataFrame([{**ROW, **changes}]), lang, grade="BB", most=4)


def test_the_ways_are_told_in_both_languages():
    en, zh = told("en"), told("zh")
    assert "1. BB to BBB: Energy management system with metering; Rooftop photovoltaics" in en
    assert "Points: 615 to 621. Time: 9 months" in en
    assert "Cost: unknown, because nobody quoted: Energy management system with metering." in en
    assert "Energy saved: 120 tce a year." in en
    assert "Emissions saved: 333 tCO2e a year." in en
    assert "1. BB升至BBB：能源管理体系与计量；屋顶分布式光伏" in zh
    assert "费用：未知，尚无报价：能源管理体系与计量。" in zh
    assert "节能：每年120吨标准煤。" in zh
    assert "减排：每年333吨二氧化碳当量。" in zh
    cost = {"cost_low": 10.0, "cost_high": 12.5, "cost_unknown": []}
    assert "Cost: 10 to 12.5 (10k CNY)." in told("en", **cost)
    assert "费用：10至12.5万元。" in told("zh", **cost)
    assert "Energy saved" not in told("en", energy_saved_tce=0.0)
    assert "减排：" not in told("zh", emissions_saved_tco2e=None)


def test_where_nothing_reaches_a_better_grade_it_is_said():
    row = {**ROW, "reaches": False}
    assert headline(row, "en", most=4) == (
        "No set of up to 4 actions reaches a better grade than BB; the best found gives 6.3 points."
    )
    assert headline(row, "zh", most=4) == "最多4项措施的组合均无法提升BB等级；其中最好的组合可提高6.3分。"
    none = {**row, "actions": []}
    assert headline(none, "en", most=4).startswith(
        "No action of the catalogue that the firm can do gives a point"
    )
    assert headline(none, "zh", most=4).startswith("企业可行的措施均不能加分")
    best = pl.DataFrame(schema={"rank": pl.Int32})
    assert way_text(best, "en", grade="AAA", most=4) == "The grade is AAA, the best there is."
    assert "AAA" in way_text(best, "zh", grade="AAA", most=4)


def test_support_is_told_with_its_conditions_and_that_it_is_recalled(monkeypatch):
    line = support_lines(["cerf"], "en")[0]
    assert line.startswith("Carbon reduction supporting facility (conditions: clean energy")
    assert "written from memory" in line
    assert "凭记忆录入" in support_lines(["cerf"], "zh")[0]
    seen = reference.table("support_measures").with_columns(verified=pl.lit("seen"))
    monkeypatch.setattr(reference, "table", lambda _: seen)
    assert "memory" not in support_lines(["cerf"], "en")[0]


def test_what_is_not_offered_is_named_with_its_reason():
    for lang in ("en", "zh"):
        lines = not_offered_lines(lang)
        assert len(lines) == len(NOT_OFFERED)
        assert all(lines)
    assert "Battery storage behind the meter: Storage saves no energy" in "\n".join(not_offered_lines("en"))


def test_the_offered_support_is_that_of_the_actions_and_of_the_day(applicants, judged, card, policy):
    rule = policy.improvement.model_copy(update={"eligible": 6, "most_actions": 2})
    found = improvements(
        applicants, judged.head(20), model=card, policy=policy.model_copy(update={"improvement": rule})
    )
    table = reference.table("support_measures")
    for row in found.iter_rows(named=True):
        expected = {
            measure
            for measure, applies in table.select("id", "applies_to_actions").iter_rows()
            if set((applies or "").split(";")) & set(row["actions"])
        }
        assert set(row["support"]) == expected
    assert found["support"].list.len().max() > 0
