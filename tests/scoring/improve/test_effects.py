"""Every action of the catalogue: what it does to the clean tables, against arithmetic by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

import polars as pl
import pytest

from features import reference
from features.intake import validate_tables
from scoring.improve.catalogue import NOT_OFFERED, actions
from scoring.improve.costs import parse_costs
from scoring.improve.dataset import edited_dataset, of_applications
from scoring.improve.effects import EFFECTS

DAY = dt.date(2024, 9, 30)
ENERGY = {
    ("raw_coal", "purchased"): 1000.0,
    ("electricity", "purchased"): 1200.0,
    ("natural_gas", "purchased"): 50.0,
    ("heat", "purchased"): 3000.0,
    ("diesel", "purchased"): 10.0,
}
TCE = {
    "raw_coal": 0.7143, "electricity": 0.1229, "natural_gas": 13.3, "heat": 0.03412, "diesel": 1.4571,
    "biomass": 0.5323, "municipal_waste": 0.3412,
}  # fmt: skip
CO2 = {
    "raw_coal": 1.9003,
    "natural_gas": 21.6219,
    "diesel": 3.1451,
    "biomass": 0.0,
    "municipal_waste": 0.9167,
}
HEAT_CO2 = 0.11
CLINKER, PROCESS, PRODUCT_TCE = 200.0, 0.535, 30.0
SCOPE1 = {"CO2e": 3000.0, "CO2": 2990.0}
SCOPE2 = {"2-location": 700.0, "2-market": 650.0}
WATER, REUSED, WASTE, RECYCLED = 10_000.0, 2_000.0, 500.0, 100.0
GREEN = 100.0

BOILER = {"boiler": [(2000, 3)]}
FURNACE = {"furnace": [(1500, 3)]}
KILN = {"kiln": [(1500, 3)]}
MACHINES = {
    "motor": [(100, 3), (60, 2), (40, 1)],
    "compressor": [(50, 1)],
    "fan": [(30, None)],
    "pump": [(20, 2)],
    "transformer": [(1000, 1), (500, 3), (500, 2)],
}


PARKS = [
    {},
    BOILER,
    FURNACE,
    KILN,
    MACHINES,
    {**BOILER, **KILN},
    {**BOILER, **FURNACE},
    {"motor": [(100, 1)]},
    {"motor": [(100, 3), (None, 2)]},
    {"transformer": [(100, 1)]},
    {"motor": [(100, 3)]},
]


def rows(**columns):
    return pl.DataFrame(
        {name: [None if v is None else str(v) for v in values] for name, values in columns.items()}
    )


def raw(firm, park):
    """One firm that reports coal by site, electricity by month, and the rest by year; with a restated year of gas."""
    energy = [
        ("2023", "raw_coal", "East", 600, "t", "metered"),
        ("2023", "raw_coal", "West", 400, "t", "metered"),
    ]
    energy += [(f"2023-{m:02d}", "electricity", None, 100, "MWh", "invoiced") for m in range(1, 13)]
    energy += [
        ("2023", "natural_gas", None, 50, "万m3", "metered"),
        ("2023", "heat", None, 3000, "GJ", "estimated"),
        ("2023", "diesel", None, 10, "t", "metered"),
        ("2022", "raw_coal", None, 900, "t", "metered"),
        ("2022", "electricity", None, 1100, "MWh", "metered"),
    ]
    period, carrier, site, quantity, unit, basis = zip(*energy, strict=True)
    emissions = [
        ("2023", "1", gas, amount, "tCO2e" if gas == "CO2e" else "t") for gas, amount in SCOPE1.items()
    ]
    emissions += [("2023", scope, "CO2", amount, "t") for scope, amount in SCOPE2.items()]
    when, scope, substance, amount, of = zip(*emissions, strict=True)
    machines = [(kind, power, grade) for kind, group in park.items() for power, grade in group]
    tables = {
        "firms": rows(firm_id=[firm], id_scheme=["bank"], industry=["3011"], region=["330000"], founded_on=["2001-01-01"]),
        "applications": rows(application_id=[f"A{firm}"], firm_id=[firm], as_of=[DAY]),
        "annual": rows(
            firm_id=[firm, firm], year=[2022, 2023], published_on=["2023-04-01", "2024-04-01"], revenue=[9e7, 1e8],
            water_withdrawn=[9000, WATER], water_reused=[1000, REUSED], waste=[400, WASTE], waste_recycled=[50, RECYCLED],
        ),
        "energy": rows(
            firm_id=[firm] * len(energy), period=period, carrier=carrier, site=site, quantity=quantity, unit=unit,
            basis=basis, published_on=["2024-03-01"] * len(energy),
        ),
        "emissions": rows(
            firm_id=[firm] * len(emissions), period=when, scope=scope, substance=substance, quantity=amount, unit=of,
            assurance=["none"] * len(emissions), published_on=["2024-05-01"] * len(emissions),
        ),
        "production": rows(
            firm_id=[firm], period=["2023"], product=["cement_clinker"], quantity=[CLINKER], unit=["t"],
            energy=[PRODUCT_TCE], energy_unit=["tce"], published_on=["2024-03-01"],
        ),
        "certifications": rows(
            firm_id=[firm, firm], scheme=["iso14001", "gec"], certificate_no=["E1", "G1"], period=[None, "2023"],
            issued_on=["2021-07-01", "2023-12-31"], expires_on=["2024-06-30", None], site_coverage=[0.7, None],
            quantity=[None, GREEN], unit=[None, "MWh"], retired_on=[None, "2024-02-01"],
        ),
        "incidents": rows(
            firm_id=[firm, firm], incident_id=["I1", "I2"], occurred_on=["2024-01-10", "2024-01-11"],
            kind=["environmental", "safety"], severity=[3, 3], recorded_on=["2024-02-01", "2024-02-01"],
        ),
    }  # fmt: skip
    if machines:
        kind, power, grade = zip(*machines, strict=True)
        tables["equipment"] = rows(
            firm_id=[firm] * len(machines), equipment_id=[f"E{n}" for n in range(len(machines))], kind=kind,
            rated_power=power, efficiency_grade=grade, commissioned_on=["2010-01-01"] * len(machines),
            published_on=["2020-01-01"] * len(machines),
        )  # fmt: skip
    return tables


@cache
def every_firm():
    """A firm of each park, in one dataset that is read once."""
    parts = [raw(f"F{number}", park) for number, park in enumerate(PARKS)]
    names = {name for part in parts for name in part}
    tables = {name: pl.concat([part[name] for part in parts if name in part]) for name in names}
    found = validate_tables(tables, source="a test")
    assert found.quarantine.is_empty(), found.quarantine
    return found


def dataset(park):
    """The firm with these machines; its application is A."""
    own = of_applications(every_firm(), [f"AF{PARKS.index(park)}"])
    named = own.tables["applications"].with_columns(application_id=pl.lit("A"))
    return replace(own, tables={**own.tables, "applications": named})


def energy_of(data, year=2023):
    own = data.tables["energy"].filter(pl.col("period_start").dt.year() == year)
    return {
        (carrier, flow): quantity
        for carrier, flow, quantity in own.group_by("carrier", "flow")
        .agg(pl.col("quantity").sum())
        .iter_rows()
    }


def grid():
    table = reference.table("grid_factors").filter(
        (pl.col("code") == "330000") & (pl.col("kind") == "average") & (pl.col("year") == 2023)
    )
    return table["factor"][0]


def emissions_after(energy, *, captured=0.0, uncovered=1.0):
    """Scope 1 and 2 by hand: a saving counts by the share that was reported, an increase in full."""

    def own(of):
        return sum(of.get((c, "purchased"), 0.0) * factor for c, factor in CO2.items())

    def bought(of):
        return of.get(("electricity", "purchased"), 0) * grid() + of.get(("heat", "purchased"), 0) * HEAT_CO2

    saved1, saved2 = own(ENERGY) - own(energy), bought(ENERGY) - bought(energy)
    # The CO2 makes the CO2e but for a third of a percent, so it is what counts as reported.
    reported1 = min(1.0, 2990.0 / (own(ENERGY) + CLINKER * PROCESS))
    reported2 = min(1.0, 700.0 / bought(ENERGY))
    off1 = saved1 * (reported1 if saved1 > 0 else 1.0) + captured
    off2 = saved2 * (reported2 if saved2 > 0 else 1.0)
    return {
        ("1", "CO2e"): 3000.0 - off1,
        ("1", "CO2"): 2990.0 - off1,
        ("2-location", "CO2"): 700.0 - off2,
        ("2-market", "CO2"): (650.0 - off2) * uncovered,
    }


def tce(energy):
    return sum(q * TCE[carrier] for (carrier, flow), q in energy.items() if flow == "purchased")


def scaled(factor, *carriers):
    return {k: v * (factor if k[0] in carriers else 1.0) for k, v in ENERGY.items()}


def electric(share, percent, most_kw):
    """Electricity after saving a percentage of what a group of machines uses."""
    used = min(1200.0 * share, most_kw * 8.76)
    return scaled(1 - used * percent / 100 / 1200.0, "electricity")


COAL_TCE = 1000 * 0.7143
ELECTRIC_KW = 100 + 60 + 40 + 50 + 30 + 20
CASES = {
    "coal_boiler_gas": (
        BOILER,
        {**scaled(0, "raw_coal"), ("natural_gas", "purchased"): 50 + COAL_TCE * 0.80 / 0.925 / 13.3},
        False,
    ),
    "coal_boiler_biomass": (
        BOILER,
        {**scaled(0, "raw_coal"), ("biomass", "purchased"): COAL_TCE * 0.80 / 0.84 / 0.5323},
        False,
    ),
    "alt_fuel_kiln": (
        KILN,
        {**scaled(0.8, "raw_coal"), ("municipal_waste", "purchased"): COAL_TCE * 0.2 / 0.3412},
        False,
    ),
    "boiler_economiser": (BOILER, scaled(0.94, "raw_coal", "natural_gas"), True),
    "steam_traps": ({}, scaled(0.95, "heat"), True),
    "whr_flue": (FURNACE, scaled(0.94, "raw_coal", "natural_gas"), True),
    "regenerative_burner": (FURNACE, scaled(0.80, "natural_gas"), True),
    "motor_old_ie3": (MACHINES, electric(100 / ELECTRIC_KW, 5, 100), True),
    "motor_ie3_ie5": (MACHINES, electric(60 / ELECTRIC_KW, 2.5, 60), True),
    "transformer_s22": (MACHINES, electric(1000 / 2000, 0.5, 1000), True),
    "vsd": (MACHINES, electric(30 / ELECTRIC_KW, 25, 30), True),
    "compressed_air": (MACHINES, electric(50 / ELECTRIC_KW, 15, 50), True),
    "enms": ({}, scaled(0.95, *TCE), True),
    "cleaner_production": ({}, scaled(0.97, *TCE), True),
    "whr_kiln_power": (
        {},
        {
            **scaled(1 - CLINKER * 28 / 1000 / 1200, "electricity"),
            ("waste_heat_power", "self_generated"): CLINKER * 28 / 1000,
        },
        False,
    ),
    "rooftop_pv": ({}, {**scaled(0.8, "electricity"), ("solar_power", "self_generated"): 240.0}, False),
}
"""Action to machines, energy afterwards, and whether the product's energy falls with the energy bought."""


@pytest.mark.parametrize("action", sorted(CASES))
def test_energy_and_its_emissions(action):
    park, expected, product = CASES[action]
    before = dataset(park)
    after = edited_dataset(before, "A", [action])
    assert energy_of(before) == pytest.approx(ENERGY)
    assert energy_of(after) == pytest.approx(expected)
    assert energy_of(after, 2022) == energy_of(before, 2022), "an earlier year stays as it was"
    emitted = {
        (scope, gas): q
        for scope, gas, q in after.tables["emissions"].select("scope", "substance", "quantity").iter_rows()
    }
    assert emitted == pytest.approx(emissions_after(expected))
    share = tce(expected) / tce(ENERGY) if product else 1.0
    assert after.tables["production"]["energy"].to_list() == pytest.approx([PRODUCT_TCE * share])
    # Months and sites keep their shares.
    coal = after.tables["energy"].filter((pl.col("carrier") == "raw_coal") & pl.col("site").is_not_null())
    assert coal.sort("site")["quantity"].to_list() == pytest.approx(
        [0.6 * expected["raw_coal", "purchased"], 0.4 * expected["raw_coal", "purchased"]]
    )
    months = after.tables["energy"].filter(pl.col("period").str.len_chars() == 7)["quantity"]
    assert months.to_list() == pytest.approx([expected["electricity", "purchased"] / 12] * 12)


def machines_after(action):
    after = edited_dataset(dataset(MACHINES), "A", [action]).tables["equipment"].sort("equipment_id")
    new = after.filter(pl.col("commissioned_on") == DAY)
    assert new["efficiency_grade"].to_list() == [1] * new.height
    assert after.filter(pl.col("commissioned_on") != DAY).height + new.height == 9
    return new.select("kind", "rated_power").rows()


def test_machines_that_are_replaced_are_new_and_of_grade_1():
    assert machines_after("motor_old_ie3") == [("motor", 100.0)]
    assert machines_after("motor_ie3_ie5") == [("motor", 60.0)]
    assert machines_after("transformer_s22") == [("transformer", 500.0), ("transformer", 500.0)]
    assert machines_after("vsd") == machines_after("compressed_air") == []


def test_a_retrofit_brings_the_product_to_its_advanced_level():
    after = edited_dataset(dataset({}), "A", ["retrofit_benchmark"])
    level = reference.table("sector_benchmarks").filter(pl.col("id") == "cement_clinker")
    advanced = float(level["advanced"][-1]) / 1000 * CLINKER
    assert level["unit"][-1] == "kgce/t"
    assert after.tables["production"]["energy"].to_list() == pytest.approx([advanced])
    factor = 1 - (PRODUCT_TCE - advanced) / tce(ENERGY)
    assert energy_of(after) == pytest.approx({k: v * factor for k, v in ENERGY.items()})


def test_green_power_comes_with_certificates_and_changes_scope_2_by_market_only():
    before = dataset({})
    after = edited_dataset(before, "A", ["green_power"])
    new = after.tables["certifications"].filter(pl.col("scheme") == "green_power_trade").row(0, named=True)
    assert (new["quantity"], new["unit"], new["period"], new["retired_on"]) == (600.0, "MWh", "2023", DAY)
    assert energy_of(after) == pytest.approx(ENERGY)
    left = (1200 - GREEN - 600) / (1200 - GREEN)
    emitted = dict(
        after.tables["emissions"].select("scope", "quantity").filter(pl.col("scope") != "1").iter_rows()
    )
    assert emitted == pytest.approx({"2-location": 700.0, "2-market": 650.0 * left})


def test_certificates_end_at_what_is_bought_and_not_covered():
    costs = parse_costs(
        'version = "t"\n[[quotes]]\naction = "green_power"\nunit = "10k CNY"\nlow = 1\nsize = 1.0\nsource = "t"',
        file="t",
    )
    after = edited_dataset(dataset({}), "A", ["green_power", "rooftop_pv"], costs=costs)
    new = after.tables["certifications"].filter(pl.col("scheme") == "green_power_trade")
    assert new["quantity"].to_list() == pytest.approx([1200 * 0.8 - GREEN])


def test_capture_takes_off_what_is_stored_and_takes_power_and_heat():
    costs = parse_costs(
        'version = "t"\n[[quotes]]\naction = "carbon_capture"\nunit = "10k CNY"\nlow = 1\nsize = 0.5\nsource = "t"',
        file="t",
    )
    before = dataset({})
    assert energy_of(edited_dataset(before, "A", [])) == pytest.approx(ENERGY)
    after = edited_dataset(before, "A", ["carbon_capture"], costs=costs)
    stored = 0.5 * 3000
    expected = {
        **ENERGY,
        ("electricity", "purchased"): 1200 + stored * 0.2,
        ("heat", "purchased"): 3000 + stored * 3.25,
    }
    assert energy_of(after) == pytest.approx(expected)
    emitted = {
        (scope, gas): q
        for scope, gas, q in after.tables["emissions"].select("scope", "substance", "quantity").iter_rows()
    }
    assert emitted == pytest.approx(emissions_after(expected, captured=stored))
    assert after.tables["ecology"].select("kind", "amount", "unit").rows() == [
        ("co2_stored", stored, "tCO2e")
    ]


def annual_after(action):
    after = edited_dataset(dataset({}), "A", [action]).tables["annual"].sort("year")
    names = ("water_withdrawn", "water_reused", "waste", "waste_recycled")
    assert after.select(names).row(0) == (9000.0, 1000.0, 400.0, 50.0)
    return after.select(names).row(1)


def test_water_and_waste():
    assert annual_after("water_reuse") == pytest.approx((6000.0, 6000.0, WASTE, RECYCLED))
    assert annual_after("waste_recycling") == pytest.approx((WATER, REUSED, WASTE, 300.0))
    assert annual_after("cleaner_production") == pytest.approx((9700.0, REUSED, 485.0, RECYCLED))


def test_metering_and_verifying():
    metered = edited_dataset(dataset({}), "A", ["meter_energy"])
    assert metered.tables["energy"]["basis"].unique().sort().to_list() == ["invoiced", "metered"]
    assert energy_of(metered) == pytest.approx(ENERGY)
    assert "estimated" not in edited_dataset(dataset({}), "A", ["enms"]).tables["energy"]["basis"]
    verified = edited_dataset(dataset({}), "A", ["ghg_verification"]).tables["emissions"]
    assert verified["assurance"].to_list() == ["limited"] * 4
    assert verified["quantity"].sort().to_list() == [650.0, 700.0, 2990.0, 3000.0]


@pytest.mark.parametrize(
    ("action", "scheme", "coverage", "ends"),
    [
        ("certify_iso50001", "iso50001", 1.0, dt.date(2027, 9, 29)),
        ("certify_iso45001", "iso45001", 1.0, dt.date(2027, 9, 29)),
        ("footprint", "iso14067", None, None),
        ("renew_certificate", "iso14001", 0.7, dt.date(2027, 9, 29)),
    ],
)
def test_certificates(action, scheme, coverage, ends):
    before = dataset({})
    after = edited_dataset(before, "A", [action])
    new = after.tables["certifications"].filter(pl.col("issued_on") == DAY)
    assert new.select("scheme", "status", "site_coverage", "expires_on", "verified_on").rows() == [
        (scheme, "valid", coverage, ends, DAY)
    ]
    assert after.tables["certifications"].height == before.tables["certifications"].height + 1


def test_a_scheme_that_lapsed_is_renewed_and_not_certified_anew():
    before = dataset({})
    after = edited_dataset(before, "A", ["certify_iso14001"])
    assert after.tables["certifications"].equals(before.tables["certifications"])
    never = before.tables["certifications"].filter(pl.col("scheme") != "iso14001")
    without = replace(before, tables={**before.tables, "certifications": never})
    new = edited_dataset(without, "A", ["certify_iso14001"]).tables["certifications"]
    assert new.filter(pl.col("scheme") == "iso14001")["site_coverage"].to_list() == [1.0]


def test_open_environmental_incidents_are_rectified_and_no_others():
    after = edited_dataset(dataset({}), "A", ["rectify_incident"]).tables["incidents"]
    assert dict(after.select("incident_id", "rectified_on").iter_rows()) == {"I1": DAY, "I2": None}


@pytest.mark.parametrize(
    ("action", "park"),
    [
        ("coal_boiler_gas", {**BOILER, **KILN}),
        ("boiler_economiser", {}),
        ("whr_flue", {**BOILER, **FURNACE}),
        ("regenerative_burner", KILN),
        ("motor_old_ie3", {"motor": [(100, 1)]}),
        ("motor_old_ie3", {"motor": [(100, 3), (None, 2)]}),
        ("transformer_s22", {"transformer": [(100, 1)]}),
        ("compressed_air", {"motor": [(100, 3)]}),
        ("carbon_capture", {}),
    ],
)
def test_who_cannot_do_it_changes_nothing(action, park):
    before = dataset(park)
    after = edited_dataset(before, "A", [action])
    for name, table in before.tables.items():
        assert after.tables[name].drop("row").sort(pl.all()).equals(table.drop("row").sort(pl.all())), name


def test_every_action_of_the_catalogue_is_offered_or_named_with_its_reason():
    assert set(actions()) == set(EFFECTS) | set(NOT_OFFERED)
    assert not set(EFFECTS) & set(NOT_OFFERED)
    for en, zh in NOT_OFFERED.values():
        assert en.endswith(".")
        assert zh.endswith("。")
    assert "loses" in NOT_OFFERED["storage"][0]
    assert "Not available commercially" in NOT_OFFERED["inert_anode"][0]
