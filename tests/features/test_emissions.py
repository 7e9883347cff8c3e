"""The emissions family against a twin in plain Python, and its edges one by one."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest

from features import emissions, reference
from features.asof import facts
from features.settings import Settings

REFERENCE = Path(__file__).resolve().parents[2] / "features" / "reference"
AS_OF = dt.date(2024, 12, 31)
METHANE = 28.0
PRICE = 80.0
EURO = {"2022": 7.0721, "2023": 7.6425}
THRESHOLDS = {  # tCO2e/t: the strictest that names the product
    "cement_clinker": 0.722,
    "electrolytic_aluminium": 1.484,
    "eaf_ge_50t": 0.209,
    "tax_eaf_high_alloy": 0.266,
    "tax_cement": 0.469,
}
GOODS = {"25231000": 0.693, "7201": 1.288, "760110": 1.464}
CLEAN = {"SO2": 0.95, "NOx": 0.95, "PM": 2.18, "COD": 1.0, "NH3-N": 0.8}
ELSEWHERE = {
    "allowance_shortfall",
    "carbon_cost_share",
    "capture_share",
    "footprint_ratio",
}  # tests of their own
PROCESS = {"cement_clinker": 0.535, "electrolytic_aluminium": 1.6, "eaf_ge_50t": 0.08}


def rows_of(name):
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CARRIERS = {row["id"]: row for row in rows_of("energy_carriers")}
GRID = {
    (row["code"], row["year"]): float(row["factor"])
    for row in rows_of("grid_factors")
    if row["kind"] == "average" and row["level"] in {"province", "country"}
}


def euro(year):
    """CNY for a euro: the mean rate of the year, else of the latest year before."""
    rates = {r["year"]: float(r["cny_per_unit"]) for r in rows_of("exchange_rates") if r["currency"] == "EUR"}
    return rates[max(y for y in rates if y <= year)]


def gas(quantity, scope="1", substance="CO2e", period="2023", unit="tCO2e", **more):
    return {
        "quantity": quantity,
        "scope": scope,
        "substance": substance,
        "period": period,
        "unit": unit,
        **more,
    }


def two(one, other, period="2023", **more):
    return [gas(one, period=period, **more), gas(other, scope="2-location", period=period, **more)]


def upstream(quantity, period="2023", without=()):
    return [gas(quantity, scope="3", category=c, period=period) for c in range(1, 9) if c not in without]


def dirt(substance, tonnes, period="2023"):
    return gas(tonnes, scope="none", substance=substance, unit="t", period=period)


def made(product, quantity, emitted=None, period="2023", **more):
    return {"product": product, "quantity": quantity, "emissions": emitted, "period": period, **more}


def power(mwh, period="2023"):
    return made("electricity", mwh, period=period, unit="MWh")


def use(carrier, quantity, flow="purchased", period="2023"):
    return {"carrier": carrier, "quantity": quantity, "flow": flow, "period": period}


def money(year="2023", **columns):
    return {"year": year, **columns}


FULL = [money("2021", revenue=90.0, value_added=20.0), money("2022", revenue=95.0, value_added=25.0)]

FIRMS = {
    "plain": {
        "annual": [*FULL, money(revenue=100.0, value_added=30.0, eu_export_share=0.2)],
        "emissions": [
            *two(80.0, 20.0, "2021"),
            *two(70.0, 20.0, "2022"),
            *two(60.0, 20.0, assurance="limited"),
            *upstream(5.0),
            gas(1.0, substance="CH4", unit="t"),
            *(dirt(s, 0.01 * n) for n, s in enumerate(CLEAN, start=1)),
        ],
        "energy": [use("raw_coal", 20.0), use("electricity", 100.0), use("heat", 10.0)],
        "production": [made("cement_clinker", 100.0, 80.0, cn_code="2523 10 00")],
    },
    "scope 2 missing in the last year": {
        "annual": [*FULL, money(revenue=100.0, value_added=30.0)],
        "emissions": [*two(70.0, 20.0, "2021"), *two(60.0, 20.0, "2022"), gas(10.0)],
    },
    "scope 2 never given": {
        "annual": [money("2022", revenue=95.0), money(revenue=100.0)],
        "emissions": [gas(50.0, period="2021"), gas(40.0), gas(9.0, scope="2-market")],
        "energy": [use("raw_coal", 20.0)],
    },
    "value added missing": {
        "annual": [money("2022", revenue=95.0), money(revenue=100.0)],
        "emissions": [*two(40.0, 10.0, "2022"), *two(0.0, 30.0, assurance="reasonable")],
        "energy": [use("electricity", 50.0, period="2022"), use("electricity", 90.0)],
        "region": "540000",
    },
    "nothing emitted": {
        "industry": "1811",
        "annual": [money(revenue=100.0, value_added=30.0)],
        "emissions": [
            *two(5.0, 1.0, "2022"),
            *two(0.0, 0.0),
            *upstream(0.0),
            gas(0.0, substance="CH4", unit="t"),
            dirt("SO2", 0.0),
        ],
        "energy": [use("electricity", 10.0)],
    },
    "a power station": {
        "industry": "4411",
        "annual": [money(revenue=100.0)],
        "emissions": [gas(900.0, substance="CO2", unit="t"), gas(3.0, substance="CH4", unit="t")],
        "production": [power(1000.0)],
    },
    "a power station in CO2e": {
        "industry": "44",
        "emissions": [gas(900.0), gas(800.0, period="2022")],
        "production": [power(1000.0, "2022")],
    },
    "a station that stopped": {
        "industry": "4411",
        "emissions": [
            gas(1.0, substance="CO2", unit="t"),
            gas(800.0, period="2022", substance="CO2", unit="t"),
        ],
        "production": [power(0.0), power(1000.0, "2022")],
    },
    "a station that did not run": {
        "industry": "4411",
        "emissions": [gas(1.0, substance="CO2", unit="t")],
        "production": [power(0.0)],
    },
    "steel": {
        "industry": "3120",
        "annual": [
            money("2022", revenue=95.0, eu_export_share=0.5),
            money(revenue=100.0, eu_export_share=0.3),
        ],
        "emissions": [*two(30.0, 10.0, assurance="none"), *upstream(5.0, without=(3,)), dirt("SO2", 1.0)],
        "production": [
            made("eaf_ge_50t", 100.0, 30.0, cn_code="7201 50"),
            made("bricks", 9.0, 4.0, cn_code="7201", taxonomy_id="tax_cement"),
            made("eaf_ge_50t", 100.0, 30.0, period="2022", taxonomy_id="tax_eaf_high_alloy", cn_code="7201"),
        ],
        "energy": [
            use("coke", 10.0),
            use("coke_oven_gas", 1.0, flow="sold"),
            use("coke_oven_gas", 9.0, flow="self_generated"),
            use("biomass", 5.0),
            use("electricity", 40.0, flow="sold"),
            use("electricity", 60.0),
        ],
    },
    "a good that is not listed": {
        "industry": "3216",
        "annual": [money(revenue=100.0, eu_export_share=0.3)],
        "emissions": [*two(70.0, 20.0), *upstream(5.0)],
        "production": [
            made("electrolytic_aluminium", 10.0, 20.0, cn_code="7601 10"),
            made("plates", 3.0, 1.0, cn_code="7213"),
        ],
        "energy": [use("raw_coal", 5.0), use("methanol", 1.0)],
    },
    "aluminium": {
        "industry": "3216",
        "annual": [
            money(revenue=100.0, eu_export_share=0.3),
            money("2022", revenue=50.0, eu_export_share=0.1),
        ],
        "production": [
            made("electrolytic_aluminium", 10.0, 20.0, cn_code="7601 10"),
            made("electrolytic_aluminium", 10.0, 14.0, cn_code="7601 10", period="2022"),
            made("electrolytic_aluminium", 10.0, period="2021"),
        ],
    },
    "no exports": {
        "industry": "3216",
        "annual": [money(revenue=100.0, eu_export_share=0.0)],
        "production": [made("electrolytic_aluminium", 0.0)],
    },
    "a pollutant drops out": {
        "annual": [money("2022", revenue=95.0), money(revenue=0.0), money("2021", revenue=80.0)],
        "emissions": [
            dirt("SO2", 1.0, "2021"),
            dirt("COD", 2.0, "2021"),
            dirt("SO2", 0.5, "2022"),
            dirt("SO2", 0.5),
            dirt("COD", 2.0),
        ],
    },
    "nothing handed in": {},
}


def over(numerator, denominator):
    if numerator is None or denominator is None or denominator <= 0:
        return None
    return numerator / denominator


def plus(*parts):
    return None if any(p is None for p in parts) else sum(parts)


def first(*values):
    return next((v for v in values if v is not None), None)


def latest_of(by_year):
    known = {y: v for y, v in by_year.items() if v is not None}
    return known[max(known)] if known else None


def trend(by_year, last):
    window = {y: v for y, v in by_year.items() if v is not None and last - 3 < y <= last}
    before = sorted(set(window) - {last})
    if last not in window or not before or window[last] <= 0 or window[before[0]] <= 0:
        return None
    return (math.log(window[last]) - math.log(window[before[0]])) / (last - before[0])


def scope_of(firm, year, scope, category=None):
    """A scope's total, its CO2 and its CH4, in tCO2e; the cases state a total or gases that are not all."""
    rows = [
        r
        for r in firm.get("emissions", [])
        if r["period"] == year and r["scope"] == scope and r.get("category") == category
    ]
    one = {
        r["substance"]: r["quantity"] * (METHANE if r["unit"] == "t" and r["substance"] == "CH4" else 1.0)
        for r in rows
    }
    total = one.get("CO2e")
    if total is None and "CO2" in one:
        total = sum(one.values())
    return total, one.get("CO2"), one.get("CH4")


def derived(firm, year):
    """What energy and output imply."""
    rows = [r for r in firm.get("energy", []) if r["period"] == year]
    if not rows:
        return None
    burnt = electricity = heat = 0.0
    for row in rows:
        carrier, quantity, flow = CARRIERS[row["carrier"]], row["quantity"], row["flow"]
        if flow in {"feedstock", "self_generated"}:
            continue
        if carrier["kind"] == "electricity":
            if flow == "purchased":
                place = firm.get("region", "370000")
                place = place if (place, "2023") in GRID else "CN"
                electricity += quantity * GRID[place, year]
            continue
        factor = 0.0 if carrier["biogenic"] == "1" else carrier["co2_t_per_unit"]
        if factor == "":
            return None
        co2 = quantity * float(factor)
        if carrier["kind"] == "heat":
            heat += co2 if flow == "purchased" else 0.0
        else:
            burnt += -co2 if flow == "sold" else co2
    products = [r for r in firm.get("production", []) if r["period"] == year]
    process = sum(r["quantity"] * PROCESS.get(r["product"], 0.0) for r in products)
    return max(0.0, burnt) + electricity + heat + process


def carbon_ratio(firm):
    years = defaultdict(list)
    for row in firm.get("production", []):
        threshold = THRESHOLDS.get(row.get("taxonomy_id")) or THRESHOLDS.get(row["product"])
        if threshold:
            years[row["period"]].append((row, threshold))
    for year in sorted(years, reverse=True):
        rows = years[year]
        if all(r["quantity"] == 0 for r, _ in rows):
            return 1.0
        if all(r["emissions"] is not None for r, _ in rows):
            return sum(r["emissions"] for r, _ in rows) / sum(t * r["quantity"] for r, t in rows)
    return 1.0 if not years and firm.get("industry", "3011") in {"1811", "4411", "44"} else None


def border_cost(firm):
    exposed = firm.get("industry", "3011")[:2] in {"30", "31", "32", "44"}
    if not exposed:
        return 0.0
    annual = {r["year"]: r for r in firm.get("annual", [])}
    for year in sorted(annual, reverse=True):
        share = annual[year].get("eu_export_share")
        if share == 0:
            return 0.0
        above = []
        for row in firm.get("production", []):
            if row["period"] == year:
                code = (row.get("cn_code") or "").replace(" ", "")
                known = [g for g in (*GOODS, "7601") if code and code.startswith(g)]
                level = {**GOODS, "7601": 1.464}.get(max(known, key=len)) if known else None
                known_all = level is not None and row["emissions"] is not None
                above.append(max(0.0, row["emissions"] - level * row["quantity"]) if known_all else None)
        if share is None or not above or None in above or not annual[year].get("revenue"):
            continue
        return share * sum(above) * PRICE * EURO[year] / 10_000 / annual[year]["revenue"]
    return None


def twin(firm):
    annual = {r["year"]: r for r in firm.get("annual", [])}
    years = sorted({r["period"] for r in firm.get("emissions", [])})
    by = defaultdict(dict)
    ever = {r["substance"] for r in firm.get("emissions", []) if r["scope"] == "none"}
    given2 = any(r["scope"] == "2-location" for r in firm.get("emissions", []))
    for year in years:
        y, money_of = int(year), annual.get(year, {})
        one, co2, ch4 = scope_of(firm, year, "1")
        both = plus(one, scope_of(firm, year, "2-location")[0])
        for name in ("value_added", "revenue"):
            by[name][y] = over(both, money_of.get(name))
        by["intensity"][y] = first(by["value_added"][y], by["revenue"][y])
        by["absolute"][y] = both if given2 else one
        eight = [scope_of(firm, year, "3", c)[0] for c in range(1, 9)]
        by["scope3"][y] = over(plus(*eight), money_of.get("revenue"))
        by["methane"][y] = 0.0 if one == 0 else over(ch4, one)
        mwh = [
            r["quantity"]
            for r in firm.get("production", [])
            if r["product"] == "electricity" and r["period"] == year
        ]
        if mwh and first(co2, one) is not None:
            # No generation is no intensity, and no earlier year stands in for it.
            by["power"][y] = over(first(co2, one), mwh[0])
        implied = derived(firm, year)
        by["under"][y] = None if both is None or not implied else max(0.0, implied - both) / implied
        rows = [
            r
            for r in firm["emissions"]
            if r["period"] == year and r["scope"] in {"1", "2-location"} and r["substance"] in {"CO2e", "CO2"}
        ]
        tonnes = sum(r["quantity"] for r in rows)
        weights = {"limited": 0.5, "reasonable": 1.0}
        if rows and tonnes == 0:
            by["assured"][y] = 0.5
        elif any(r.get("assurance") for r in rows):
            by["assured"][y] = (
                sum(r["quantity"] * weights.get(r.get("assurance"), 0.0) for r in rows) / tonnes
            )
        dirty = {
            r["substance"]: r["quantity"]
            for r in firm["emissions"]
            if r["period"] == year and r["scope"] == "none"
        }
        if dirty and set(dirty) == ever:
            units = sum(1000 * t / CLEAN[s] for s, t in dirty.items())
            by["pollutants"][y] = over(units, money_of.get("revenue"))
    known = [y for y, v in by["intensity"].items() if v is not None]
    absolute = [y for y, v in by["absolute"].items() if v is not None]
    power_station = firm.get("industry", "3011").startswith("44")
    return {
        "carbon_intensity": latest_of(by["intensity"]),
        "carbon_intensity_trend": first(
            trend(by["value_added"], max(known)), trend(by["revenue"], max(known))
        )
        if known
        else None,
        "emissions_trend": trend(by["absolute"], max(absolute)) if absolute else None,
        "product_carbon_ratio": carbon_ratio(firm),
        "scope3_intensity": latest_of(by["scope3"]),
        "methane_share": latest_of(by["methane"]),
        "power_carbon": by["power"].get(max(by["power"], default=None)) if power_station else 0.6,
        "cbam_cost_share": border_cost(firm),
        "under_reporting": latest_of(by["under"]),
        "assured_share": latest_of(by["assured"]),
        "pollutant_intensity": latest_of(by["pollutants"]),
    }


def run(make_dataset, firms, **options):
    tables = {"applications": [], "firms": []}
    for firm_id, firm in firms.items():
        tables["applications"].append({"application_id": firm_id, "firm_id": firm_id, "as_of": AS_OF})
        tables["firms"].append(
            {
                "firm_id": firm_id,
                "industry": firm.get("industry", "3011"),
                "region": firm.get("region", "370100"),
            }
        )
        for name in ("annual", "energy", "production", "emissions"):
            rows = [{"firm_id": firm_id, **row} for row in firm.get(name, [])]
            tables.setdefault(name, []).extend(rows)
    seen = facts(make_dataset(**tables), Settings(**options))
    return emissions.indicators(seen), emissions.cross_checks(seen)


@pytest.fixture(scope="module")
def result(make_dataset):
    return run(make_dataset, FIRMS)


def value(result, firm_id, indicator):
    return result[0].values.filter(application_id=firm_id)[indicator].item()


@pytest.mark.parametrize("firm_id", FIRMS)
def test_every_indicator_equals_its_twin(result, firm_id):
    found = result[0].values.filter(application_id=firm_id).drop("application_id").row(0, named=True)
    expected = twin(FIRMS[firm_id])
    assert set(found) == set(expected) | ELSEWHERE
    for name, figure in expected.items():
        if figure is None:
            assert found[name] is None, name
        else:
            assert found[name] == pytest.approx(figure, rel=1e-12), name


def test_the_cases_are_not_idle():
    expected = [twin(firm) for firm in FIRMS.values()]
    for name in expected[0]:
        values = {e[name] for e in expected}
        assert None in values, name
        assert len(values) >= 3, name


def test_figures_worked_by_hand(result):
    assert value(result, "plain", "carbon_intensity") == pytest.approx(80 / 30)
    assert value(result, "plain", "emissions_trend") == pytest.approx(math.log(80 / 100) / 2)
    assert value(result, "plain", "product_carbon_ratio") == pytest.approx(80 / 72.2)
    assert value(result, "a power station", "power_carbon") == pytest.approx(0.9)
    assert value(result, "a power station in CO2e", "power_carbon") == pytest.approx(0.8)
    assert value(result, "a station that stopped", "power_carbon") is None
    # The lower of the grey and the white benchmark of one CN code.
    cost = 0.2 * (80 - 69.3) * 80 * 7.6425 / 10_000 / 100
    assert value(result, "plain", "cbam_cost_share") == pytest.approx(cost)
    implied = 20 * 1.9003 + 100 * GRID["370000", "2023"] + 10 * 0.11 + 53.5
    assert value(result, "plain", "under_reporting") == pytest.approx((implied - 80) / implied)


def test_missing_is_never_a_smaller_sum(result):
    assert value(result, "scope 2 missing in the last year", "carbon_intensity") == pytest.approx(80 / 25)
    assert value(result, "scope 2 never given", "carbon_intensity") is None
    assert value(result, "steel", "scope3_intensity") is None
    # Methanol has no emission factor on record.
    assert value(result, "a good that is not listed", "under_reporting") is None
    assert value(result, "a good that is not listed", "cbam_cost_share") is None


def notes_of(result, firm_id, indicator):
    return (
        result[0]
        .notes.filter(application_id=firm_id, indicator=indicator)
        .select("status", "detail_en")
        .rows()
    )


def test_notes_say_why(result):
    assert notes_of(result, "scope 2 never given", "emissions_trend") == [
        ("estimated", "Scope 1 alone, 2021 to 2023: scope 2 was never given.")
    ]
    assert notes_of(result, "a power station in CO2e", "power_carbon")[0][0] == "estimated"
    assert notes_of(result, "plain", "power_carbon")[0][0] == "not_applicable"
    assert notes_of(result, "no exports", "cbam_cost_share") == [
        ("not_applicable", "Exports to the EU were handed in as zero for 2023.")
    ]
    assert notes_of(result, "no exports", "product_carbon_ratio")[0][0] == "not_applicable"
    assert notes_of(result, "nothing emitted", "methane_share")[0][0] == "not_applicable"
    assert notes_of(result, "value added missing", "under_reporting") == [
        ("defaulted", "Grid factor grid_cn_average_2023 stands in for the firm's province in 2023.")
    ]
    assert not result[0].notes["detail_zh"].is_null().any()


def test_contradictions_are_told(result):
    told = set(result[1].select("application_id", "check").rows())
    assert ("plain", "emissions_below_derived") in told
    assert ("value added missing", "emissions_below_derived") in told
    text = result[1].filter(application_id="plain", check="emissions_below_derived")["text_en"].item()
    assert text.startswith("Reported 80.0 tCO2e in 2023; energy and output imply 15")


@pytest.mark.parametrize(
    ("industry", "carbon_ratio_applies", "border_applies", "power_applies"),
    [
        ("3011", True, True, False),
        ("3071", False, True, False),
        ("30", True, True, False),
        ("2614", True, True, False),
        ("18", False, False, False),
        ("4411", False, True, True),
        ("4430", False, True, False),
        (None, True, True, True),
    ],
)
def test_not_applicable_by_industry_never_by_an_empty_table(
    make_dataset, industry, carbon_ratio_applies, border_applies, power_applies
):
    found, _ = run(make_dataset, {"F": {"industry": industry}})
    row = found.values.row(0, named=True)
    assert row["product_carbon_ratio"] == (None if carbon_ratio_applies else 1.0)
    assert row["cbam_cost_share"] == (None if border_applies else 0.0)
    assert row["power_carbon"] == (None if power_applies else 0.6)


def test_no_methane_is_zero_only_where_the_other_gases_make_the_total(make_dataset):
    firms = {
        "whole": {"emissions": [gas(100.0), gas(100.0, substance="CO2", unit="t")]},
        "part": {"emissions": [gas(100.0), gas(50.0, substance="CO2", unit="t")]},
        "alone": {"emissions": [gas(100.0, substance="CO2", unit="t")]},
        "impossible": {
            "emissions": [gas(1.0, substance="CO2", unit="t"), gas(9.0, substance="CH4", site="N")]
        },
    }
    found, _ = run(make_dataset, firms)
    shares = dict(found.values.select("application_id", "methane_share").rows())
    assert shares == {"whole": 0.0, "part": None, "alone": None, "impossible": None}


def test_the_nearest_earlier_grid_factor_is_flagged(make_dataset):
    firm = {
        "emissions": two(1.0, 1.0, "2024") + two(1.0, 1.0, "2023"),
        "energy": [use("electricity", 10.0, period="2024")],
    }
    later = dt.date(2026, 1, 1)
    dataset = make_dataset(
        applications=[{"application_id": "F", "as_of": later}],
        firms=[{"region": "110000"}],
        emissions=firm["emissions"],
        energy=firm["energy"],
    )
    found = emissions.indicators(facts(dataset, Settings()))
    implied = 10.0 * 0.5554
    assert found.values["under_reporting"].item() == pytest.approx((implied - 2.0) / implied)
    assert found.notes.filter(indicator="under_reporting")["detail_en"].to_list() == [
        "Grid factor grid_110000_average_2023 stands in for the firm's province in 2024."
    ]


def test_a_firm_abroad_has_no_grid_factor(make_dataset):
    firm = {"region": "US-TX", "emissions": two(1.0, 1.0), "energy": [use("electricity", 10.0)]}
    found, _ = run(make_dataset, {"F": firm})
    assert found.values["under_reporting"].item() is None


def test_the_certificate_price_is_the_settings_price(make_dataset, result):
    dearer, _ = run(make_dataset, {"plain": FIRMS["plain"]}, cbam_certificate_price=160.0)
    before = value(result, "plain", "cbam_cost_share")
    assert dearer.values["cbam_cost_share"].item() == pytest.approx(2 * before)


@pytest.mark.parametrize(
    ("year", "benchmark", "flagged"),
    [("2020", None, False), ("2022", 0.693, False), ("2025", 0.693, False), ("2026", 0.693, True)],
)
def test_the_border_benchmark_is_of_the_year_or_an_earlier_one_never_a_later_one(
    make_dataset, year, benchmark, flagged
):
    """The benchmarks on record are those of Implementing Regulation (EU) 2021/447, for 2021 to 2025."""
    dataset = make_dataset(
        applications=[{"application_id": "F", "as_of": dt.date(2027, 12, 31)}],
        annual=[{"year": year, "revenue": 100.0, "eu_export_share": 0.2}],
        production=[{**made("cement_clinker", 100.0, 80.0, cn_code="25231000"), "period": year}],
    )
    found = emissions.indicators(facts(dataset, Settings()))
    cost = None if benchmark is None else 0.2 * (80 - 100 * benchmark) * PRICE * euro(year) / 10_000 / 100
    got = found.values["cbam_cost_share"].item()
    assert got == (cost if cost is None else pytest.approx(cost))
    told = found.notes.filter(indicator="cbam_cost_share")["detail_en"].to_list()
    assert (
        any(text.startswith("Border-adjustment benchmarks of another time stand in") for text in told)
        == flagged
    )


def test_a_good_with_a_later_benchmark_does_not_borrow_that_of_a_wider_code(make_dataset, tmp_path):
    """A bank's benchmark of 2523 holds from 2018 on, that of clinker only from 2021 on: in 2020 clinker has none."""
    shipped = reference.table("cbam_goods").filter(pl.col("id") == "cbam_clinker_grey")
    wide = shipped.with_columns(
        id=pl.lit("cbam_wide"),
        cn_code=pl.lit("2523"),
        etc_benchmark=pl.lit(0.5),
        valid_from=pl.lit(dt.date(2018, 1, 1)),
    )
    folder = tmp_path / "own"
    folder.mkdir()
    wide.write_csv(folder / "cbam_goods.csv")
    dataset = make_dataset(
        annual=[{"year": "2020", "revenue": 100.0, "eu_export_share": 0.2}],
        production=[
            {**made("cement_clinker", 100.0, 80.0, cn_code="25231000"), "period": "2020"},
        ],
    )
    elsewhere = make_dataset(
        annual=[{"year": "2020", "revenue": 100.0, "eu_export_share": 0.2}],
        production=[{**made("cement_clinker", 100.0, 80.0, cn_code="25239999"), "period": "2020"}],
    )
    with reference.overlaid(folder):
        own, other = (
            emissions.indicators(facts(d, Settings())).values["cbam_cost_share"].item()
            for d in (dataset, elsewhere)
        )
    assert own is None
    assert other == pytest.approx(0.2 * (80 - 50) * PRICE * euro("2020") / 10_000 / 100)
