"""The energy family against a twin in plain Python, and its edges one by one."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections import defaultdict
from pathlib import Path

import pytest

from features import energy
from features.asof import facts
from features.settings import Settings

REFERENCE = Path(__file__).resolve().parents[2] / "features" / "reference"
PRIMARY = {
    "raw_coal",
    "anthracite",
    "bituminous_coal",
    "lignite",
    "coal_gangue",
    "crude_oil",
    "natural_gas",
    "municipal_waste",
}
ENERGY_CERTIFICATES = {"gec", "green_power_trade", "irec", "go_eu"}
AS_OF = dt.date(2024, 6, 30)
# kgce/t, kgce/t, kWh/t and MWh/MWh in tce per unit of output: baseline, advanced.
LEVELS = {
    "cement_clinker": (0.117, 0.100),
    "converter_steel": (-0.010, -0.030),
    "electrolytic_aluminium": (13350 * 0.1229 / 1000, 13000 * 0.1229 / 1000),
    "data_centre": (1.50 * 0.1229, 1.20 * 0.1229),
    "ethylene_naphtha": (0.640 * 10 / 7, 0.590 * 10 / 7),
}


def rows_of(name):
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CARRIERS = {row["id"]: row for row in rows_of("energy_carriers")}


def use(carrier, quantity, flow="purchased", period="2023", **more):
    return {"carrier": carrier, "quantity": quantity, "flow": flow, "period": period, **more}


def money(year="2023", **columns):
    return {"year": year, **columns}


def made(product, quantity, tce=None, period="2023", unit="t"):
    return {"product": product, "quantity": quantity, "energy": tce, "period": period, "unit": unit}


def green(number, mwh, period="2023", retired=dt.date(2024, 3, 1), **more):
    return {
        "scheme": "gec",
        "certificate_no": number,
        "quantity": mwh,
        "period": period,
        "issued_on": dt.date(2024, 1, 5),
        "retired_on": retired,
        **more,
    }


FULL = [money("2021", revenue=90.0, value_added=20.0), money("2022", revenue=95.0, value_added=25.0)]
ASKED = {"table": "certifications", "checked_on": dt.date(2024, 5, 1)}

FIRMS = {
    "plain": {
        "annual": [*FULL, money(revenue=100.0, value_added=30.0)],
        "energy": [
            use("raw_coal", 10.0, period="2021"),
            use("raw_coal", 11.0, period="2022"),
            use("raw_coal", 9.0),
            use("coke", 2.0),
            use("electricity", 40.0),
            use("diesel", 1.0, flow="feedstock"),
        ],
        "production": [made("cement_clinker", 100.0, 11.0)],
        "checks": [ASKED],
    },
    "value added missing": {
        "annual": [money("2022", revenue=95.0, value_added=25.0), money(revenue=100.0)],
        "energy": [use("raw_coal", 11.0, period="2022"), use("raw_coal", 9.0)],
    },
    "value added negative": {
        "annual": [money(revenue=100.0, value_added=-5.0)],
        "energy": [use("natural_gas", 1.0), use("electricity", 0.0)],
        "checks": [{**ASKED, "kind": "gec", "from": dt.date(2023, 2, 1)}],
    },
    "a power station": {
        "industry": "4411",
        "annual": [*FULL, money(revenue=100.0, value_added=30.0)],
        "energy": [
            use("raw_coal", 1000.0),
            use("electricity", 2200.0, flow="self_generated"),
            use("electricity", 2000.0, flow="sold"),
            use("electricity", 50.0),
            use("heat", 70.0, flow="sold"),
        ],
    },
    "waste heat and own gas": {
        "annual": [money(revenue=100.0, value_added=30.0)],
        "energy": [
            use("washed_coal", 100.0),
            use("waste_heat_power", 30.0, flow="self_generated"),
            use("coke_oven_gas", 2.0, flow="self_generated"),
            use("coke", 60.0, flow="sold"),
            use("electricity", 20.0),
        ],
        "production": [made("converter_steel", 50.0, -1.0), made("cement_clinker", 10.0, 1.5)],
        "certifications": [green("1", 12.0), green("2", 12.0)],
    },
    "sun on the roof": {
        "annual": [money(value_added=10.0)],
        "energy": [
            use("solar_power", 100.0, flow="self_generated"),
            use("solar_power", 30.0, flow="sold"),
            use("electricity", 50.0),
            use("electricity", 20.0, flow="sold"),
            use("biomass", 3.0, flow="self_generated"),
        ],
        "certifications": [green("1", 80.0)],
    },
    "sun and no certificates": {
        "annual": [money(value_added=10.0)],
        "energy": [use("wind_power", 10.0, flow="self_generated"), use("electricity", 50.0)],
    },
    "certificates that do not count": {
        "annual": [money(value_added=10.0)],
        "energy": [use("electricity", 50.0)],
        "certifications": [
            green("later", 9.0, retired=dt.date(2024, 7, 1)),
            green("held", 9.0, retired=None),
            green("other year", 9.0, period="2022"),
            green("bare", None),
            {**green("void", 9.0), "status": "withdrawn"},
            green("counts", 6.0),
            # The same certificate, told again when it was retired.
            green("twice", 7.0, retired=None, status_on=dt.date(2024, 1, 5)),
            green("twice", None, status_on=dt.date(2024, 3, 5), retired=dt.date(2024, 3, 5)),
        ],
    },
    "nothing used": {
        "industry": "1811",
        "annual": [money(revenue=5.0, value_added=1.0)],
        "energy": [use("electricity", 0.0), use("raw_coal", 0.0)],
    },
    "sold more than came in": {
        "annual": [money(revenue=5.0, value_added=1.0)],
        "energy": [use("electricity", 10.0), use("electricity", 90.0, flow="sold")],
    },
    "the last year is not complete": {
        "annual": [*FULL, money(revenue=100.0, value_added=30.0)],
        "energy": [
            use("raw_coal", 10.0, period="2022"),
            use("raw_coal", 4.0),
            *(use("electricity", 4.0, period=f"2023-{m:02d}") for m in range(1, 12)),
        ],
        "production": [
            made("electrolytic_aluminium", 100.0, 164.0, period="2022"),
            made("electrolytic_aluminium", 100.0),
        ],
    },
    "a data centre": {
        "industry": "6450",
        "annual": [money(revenue=100.0)],
        "energy": [use("electricity", 4.0, period=f"2023-{m:02d}") for m in range(1, 13)],
        "production": [made("data_centre", 40.0, 48.0 * 0.1229, unit="MWh")],
    },
    "idle": {
        "annual": [money("2022", revenue=1.0), money(revenue=0.0)],
        "energy": [use("raw_coal", 1.0, period="2022"), use("raw_coal", 2.0)],
        "production": [made("ethylene_naphtha", 0.0, 1.0)],
    },
    "nothing handed in": {},
}


def year_total(rows):
    """Quantity of a carrier and flow in a year: the year's row, or twelve months; None if neither."""
    months = [r["quantity"] for r in rows if len(r["period"]) == 7]
    if len(months) == 12:
        return sum(months)
    whole = [r["quantity"] for r in rows if len(r["period"]) == 4]
    return whole[0] if whole else None


def balance(firm, year):
    """(carrier, flow) -> quantity of a year, or None where nothing was handed in for it."""
    groups = defaultdict(list)
    for row in firm.get("energy", []):
        if row["period"][:4] == year:
            groups[row["carrier"], row["flow"]].append(row)
    return {key: year_total(rows) for key, rows in groups.items()} or None


def twin_totals(quantities):
    """The sums of a year in tce and MWh; None where a quantity is not known."""
    if any(q is None for (_, flow), q in quantities.items() if flow != "feedstock"):
        return None
    sums = defaultdict(float)
    for (carrier, flow), quantity in quantities.items():
        row = CARRIERS[carrier]
        tce = quantity * float(row["tce_per_unit"])
        electric, renewable = row["kind"] == "electricity", row["renewable"] == "1"
        own = flow == "self_generated"
        if electric and flow != "feedstock":
            sums[flow, "green" if renewable else "other"] += quantity
        if flow == "feedstock" or (own and not renewable and carrier not in PRIMARY):
            continue
        if flow != "sold":
            sums["rows"] += 1
        sign = -1.0 if flow == "sold" else 1.0
        sums["energy"] += sign * tce
        if not electric:
            sums["kind", row["kind"]] += sign * tce
            if renewable and (own or flow == "sold"):
                sums["own fuel"] += sign * tce
    green_net = (
        sums["self_generated", "green"]
        - sums["sold", "green"]
        - max(0.0, sums["sold", "other"] - sums["self_generated", "other"])
    )
    bought = sums["purchased", "green"] + sums["purchased", "other"]
    made_here = sums["self_generated", "green"] + sums["self_generated", "other"]
    has_electricity = any(
        CARRIERS[c]["kind"] == "electricity" and f in {"purchased", "self_generated"} for c, f in quantities
    )
    used_electricity = max(0.0, bought + green_net) * 0.1229
    fuels = {k[1]: max(0.0, v) for k, v in sums.items() if isinstance(k, tuple) and k[0] == "kind"}
    return {
        "energy": sums["energy"] if sums["energy"] >= 0 else None,
        "handed in": sums["rows"] > 0,
        "has electricity": has_electricity,
        "used": sum(fuels.values()) + used_electricity,
        "coal": fuels.get("coal", 0.0),
        "used electricity": used_electricity,
        "own green": max(0.0, green_net),
        "own green tce": max(0.0, green_net) * 0.1229 + max(0.0, sums["own fuel"]),
        "purchased": max(0.0, bought + min(0.0, green_net)),
        "electricity": max(0.0, bought + made_here - sums["sold", "green"] - sums["sold", "other"]),
    }


def twin_certificates(firm, year):
    """MWh retired for a year; None where nothing is known."""
    latest = {}
    rows = [r for r in firm.get("certifications", []) if r["period"] == year]
    for row in sorted(rows, key=lambda r: r.get("status_on") or dt.date(1, 1, 1)):
        known = latest.setdefault(row["certificate_no"], {})
        retired = row.get("retired_on")
        if retired is not None and retired <= AS_OF:
            known["retired"] = retired
        if row["quantity"] is not None:
            known["mwh"] = row["quantity"]
        known["status"] = row.get("status", "valid")
    if rows:
        return sum(c.get("mwh", 0.0) for c in latest.values() if c["status"] == "valid" and "retired" in c)
    for check in firm.get("checks", []):
        about = check.get("kind") is None or check["kind"] in ENERGY_CERTIFICATES
        reaches = check.get("from") is None or check["from"] <= dt.date(int(year), 1, 1)
        if about and reaches and check["checked_on"] >= dt.date(int(year), 12, 31):
            return 0.0
    return None


def over(numerator, denominator):
    if numerator is None or denominator is None or denominator <= 0:
        return None
    return numerator / denominator


def first(*values):
    return next((v for v in values if v is not None), None)


def latest_of(by_year):
    known = {y: v for y, v in by_year.items() if v is not None}
    return known[max(known)] if known else None


def twin_trend(by_year, last):
    window = {y: v for y, v in by_year.items() if v is not None and last - 3 < y <= last}
    before = sorted(set(window) - {last})
    if last not in window or not before or window[last] <= 0 or window[before[0]] <= 0:
        return None
    return (math.log(window[last]) - math.log(window[before[0]])) / (last - before[0])


def twin_benchmark(firm):
    products = [r for r in firm.get("production", []) if r["product"] in LEVELS]
    for year in sorted({r["period"] for r in products}, reverse=True):
        rows = [r for r in products if r["period"] == year]
        if all(r["quantity"] == 0 for r in rows):
            return 0.5, 0.0
        if any(r["energy"] is None for r in rows):
            continue
        weights = [(LEVELS[r["product"]][0] - LEVELS[r["product"]][1]) * r["quantity"] for r in rows]
        saved = [LEVELS[r["product"]][0] * r["quantity"] - r["energy"] for r in rows]
        worse = sum(w for w, s in zip(weights, saved, strict=True) if s < 0)
        return max(-2.0, min(2.0, sum(saved) / sum(weights))), worse / sum(weights)
    if not products and firm.get("industry", "3011") in {"1811", "4411"}:
        return 0.5, 0.0
    return None, None


def twin(firm):
    annual = {int(r["year"]): r for r in firm.get("annual", [])}
    by = defaultdict(dict)
    for year in sorted({r["period"][:4] for r in firm.get("energy", [])}):
        y, totals = int(year), twin_totals(balance(firm, year))
        if totals is None:
            continue
        for name in ("value_added", "revenue"):
            by[name][y] = over(totals["energy"], annual.get(y, {}).get(name))
        by["intensity"][y] = first(by["value_added"][y], by["revenue"][y])
        if not totals["handed in"]:
            continue
        used, electricity = totals["used"], totals["electricity"]
        certificates = twin_certificates(firm, year)
        fuel = None if certificates is None else min(certificates, totals["purchased"]) * 0.1229
        power = None if certificates is None else min(certificates, totals["purchased"])
        if fuel is None and totals["own green tce"] > 0:
            fuel = 0.0
        if power is None and totals["own green"] > 0:
            power = 0.0
        by["coal"][y] = 0.3 if used == 0 else totals["coal"] / used
        by["renewable"][y] = (
            0.05 if used == 0 else None if fuel is None else (totals["own green tce"] + fuel) / used
        )
        if totals["has electricity"]:
            by["electrification"][y] = over(totals["used electricity"], used)
            by["green"][y] = (
                0.1
                if electricity == 0
                else None
                if power is None
                else min(1.0, (totals["own green"] + power) / electricity)
            )
    known = [y for y, v in by["intensity"].items() if v is not None]
    trend = None
    if known:
        trend = first(twin_trend(by["value_added"], max(known)), twin_trend(by["revenue"], max(known)))
    position, below = twin_benchmark(firm)
    return {
        "energy_intensity": latest_of(by["intensity"]),
        "energy_intensity_trend": trend,
        "benchmark_position": position,
        "below_baseline_share": below,
        "coal_share": latest_of(by["coal"]),
        "renewable_share": latest_of(by["renewable"]),
        "green_power_share": latest_of(by["green"]),
        "electrification": latest_of(by["electrification"]),
    }


def with_firm(rows, firm_id):
    return [{"firm_id": firm_id, **row} for row in rows]


def run(make_dataset, firms):
    tables = {"applications": [], "firms": []}
    for firm_id, firm in firms.items():
        tables["applications"].append({"application_id": firm_id, "firm_id": firm_id, "as_of": AS_OF})
        tables["firms"].append({"firm_id": firm_id, "industry": firm.get("industry", "3011")})
        for name in ("annual", "energy", "production", "certifications", "checks"):
            tables.setdefault(name, []).extend(with_firm(firm.get(name, []), firm_id))
    seen = facts(make_dataset(**tables), Settings())
    return energy.indicators(seen), energy.cross_checks(seen)


@pytest.fixture(scope="module")
def result(make_dataset):
    return run(make_dataset, FIRMS)


@pytest.mark.parametrize("firm_id", FIRMS)
def test_every_indicator_equals_its_twin(result, firm_id):
    found = result[0].values.filter(application_id=firm_id).drop("application_id").row(0, named=True)
    expected = twin(FIRMS[firm_id])
    assert set(found) == set(expected)
    for name, value in expected.items():
        if value is None:
            assert found[name] is None, name
        else:
            assert found[name] == pytest.approx(value, rel=1e-12), name


def test_the_cases_are_not_idle():
    """Each indicator is missing for some firms and differs between others."""
    expected = [twin(firm) for firm in FIRMS.values()]
    for name in expected[0]:
        values = {e[name] for e in expected}
        assert None in values, name
        assert len(values) >= 3, name


def test_figures_worked_by_hand(result):
    values = {row["application_id"]: row for row in result[0].values.iter_rows(named=True)}
    plain = values["plain"]
    # 9 t coal, 2 t coke, 40 MWh over a value added of 30.
    assert plain["energy_intensity"] == pytest.approx((9 * 0.7143 + 2 * 0.9714 + 40 * 0.1229) / 30)
    assert plain["benchmark_position"] == pytest.approx((11.7 - 11.0) / 1.7)
    # 70 MWh of own sun and 50 MWh bought of which 30 carry certificates that count at most: 20 are resold.
    sun = values["sun on the roof"]
    assert sun["green_power_share"] == pytest.approx((50 + 50) / 100)
    assert values["certificates that do not count"]["green_power_share"] == pytest.approx(13 / 50)
    assert values["a power station"]["coal_share"] == pytest.approx(714.3 / (714.3 + 50 * 0.1229))


def notes_of(result, firm_id, indicator):
    notes = result[0].notes.filter(application_id=firm_id, indicator=indicator)
    return notes.select("status", "detail_en").rows()


def test_notes_say_why(result):
    assert notes_of(result, "value added missing", "energy_intensity") == [
        ("defaulted", "Revenue of 2023 (100.0 x 10,000 CNY) stands for value added.")
    ]
    assert notes_of(result, "nothing used", "coal_share") == [
        ("not_applicable", "The total of 2023 was handed in as zero.")
    ]
    assert notes_of(result, "nothing used", "benchmark_position") == [
        ("not_applicable", "No product of industry 1811 has an energy benchmark.")
    ]
    assert notes_of(result, "idle", "benchmark_position")[0][0] == "not_applicable"
    assert notes_of(result, "plain", "green_power_share")[0][0] == "zero"
    assert notes_of(result, "sun and no certificates", "green_power_share")[0][0] == "estimated"
    levels = notes_of(result, "the last year is not complete", "benchmark_position")
    assert levels == [
        ("defaulted", "Levels of edition 2023 stand in for 2022."),
        (
            "reported",
            (
                "Electrolytic aluminium (liquid aluminium AC power): 13344.182 kWh/t, advanced 13000.0, "
                "baseline 13350.0, retrofit deadline 2025-12-31."
            ),
        ),
    ]
    recalled = result[0].notes.filter(application_id="plain", status="recalled")
    assert recalled["indicator"].null_count() == recalled.height == 2
    assert set(result[0].notes["detail_zh"].str.len_chars() > 0) == {True}


def test_neutral_values_stand_only_where_they_are_told(result):
    told = result[0].notes.filter(status="not_applicable").select("application_id", "indicator").rows()
    values = {row["application_id"]: row for row in result[0].values.iter_rows(named=True)}
    neutral = {
        "coal_share": 0.3,
        "renewable_share": 0.05,
        "green_power_share": 0.1,
        "benchmark_position": 0.5,
    }
    assert {(f, i) for f, i in told if i in neutral} == {
        (f, i) for f, row in values.items() for i, n in neutral.items() if row[i] == n
    }


def test_contradictions_are_told(result):
    found = result[1].select("application_id", "check").rows()
    assert ("sold more than came in", "energy_sold_beyond_intake") in found
    assert ("sun on the roof", "green_power_beyond_purchases") in found
    assert ("waste heat and own gas", "green_power_beyond_purchases") in found
    assert not [f for f, _ in found if f == "plain"]


@pytest.mark.parametrize(
    ("industry", "expected"),
    [("3011", None), ("30", None), ("3021", 0.5), ("18", 0.5), ("6450", None), ("0610", None), (None, None)],
)
def test_the_benchmark_does_not_apply_by_industry_never_by_an_empty_table(make_dataset, industry, expected):
    found, _ = run(make_dataset, {"F": {"industry": industry}})
    assert found.values["benchmark_position"].to_list() == [expected]


def test_an_output_in_the_wrong_unit_is_missing(make_dataset):
    firm = {"production": [made("data_centre", 40.0, 5.9, unit="t")]}
    found, _ = run(make_dataset, {"F": firm})
    assert found.values.select("benchmark_position", "below_baseline_share").row(0) == (None, None)


@pytest.mark.parametrize(
    ("tce", "position", "below"), [(11.7, 0.0, 0.0), (11.8, -1 / 17, 1.0), (1e6, -2.0, 1.0)]
)
def test_at_the_baseline_is_not_below_it(make_dataset, tce, position, below):
    found, _ = run(make_dataset, {"F": {"production": [made("cement_clinker", 100.0, tce)]}})
    row = found.values.row(0, named=True)
    assert row["benchmark_position"] == pytest.approx(position, abs=1e-12)
    assert row["below_baseline_share"] == below
