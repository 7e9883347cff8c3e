"""How often the cross-checks cry wolf on clean data, and how often they find what was planted; both are printed."""

from __future__ import annotations

import polars as pl
import pytest

from features import plausibility
from features.asof import facts as asof_facts
from features.intake import validate_tables
from features.pipeline import compute
from features.settings import Settings
from features.simulate import simulate

FIRMS, SEED = 1500, 11
FIRMS_PER_PLANT = 40

FALSE_ALARMS = {
    "emissions_below_derived": 0.05,
    "emissions_above_derived": 0.02,
    "scope_below_derived": 0.06,
    "value_added_missing": 0.05,
    "latest_year_missing": 0.12,
}
"""Highest share of applications with a false alarm. Some simulated firms do leave emissions out of their reports, and
their years of change do not fit the factors: the first three are not all false. The last two are not false at all: the firm
did not hand the fact in."""
OTHER_FALSE_ALARMS = 0.005
LEAST_FOUND = 0.9

year = pl.col("period").str.slice(0, 4)
by_year = pl.col("period").str.len_chars() == 4


def scaled(tables, firms, factor):
    """All scope 1 and 2 of the firms times a factor."""
    mine = pl.col("firm_id").is_in(firms) & pl.col("scope").is_in(["1", "2-location"])
    return {
        "emissions": tables["emissions"].with_columns(
            quantity=pl.when(mine).then(pl.col("quantity") * factor).otherwise("quantity")
        )
    }


def more(table, tables, rows):
    return {table: pl.concat([tables[table], rows.select(tables[table].columns)], how="vertical_relaxed")}


def of(frame, firms):
    return frame.filter(pl.col("firm_id").is_in(firms))


def gases(tables, firms):
    """A CO2e total of three times the CO2 beside it."""
    rows = of(tables["emissions"], firms).filter(CO2)
    rows = rows.with_columns(
        substance=pl.lit("CO2e"), unit=pl.lit("tCO2e"), quantity=pl.col("quantity") * 3.0
    )
    others = tables["emissions"].filter(~(pl.col("firm_id").is_in(firms) & TOTAL))
    return more("emissions", {"emissions": others}, rows)


def sites(table, where):
    def plant(tables, firms):
        rows = of(tables[table], firms).filter(where & pl.col("site").is_null())
        halves = [
            rows.with_columns(site=pl.lit(name), quantity=pl.col("quantity") * 0.75)
            for name in ("东厂", "西厂")
        ]
        return more(table, tables, pl.concat(halves))

    return plant


def parts(table, labels, where):
    """Months or quarters that make 1.4 times the year."""

    def plant(tables, firms):
        rows = of(tables[table], firms).filter(where & by_year)
        finer = [
            rows.with_columns(
                period=pl.col("period") + label, quantity=pl.col("quantity") * 1.4 / len(labels)
            )
            for label in labels
        ]
        return more(table, tables, pl.concat(finer))

    return plant


def sold(tables, firms):
    rows = of(tables["energy"], firms).filter(BOUGHT & by_year)
    return more("energy", tables, rows.with_columns(flow=pl.lit("sold"), quantity=pl.lit(5e8)))


def certificates(tables, firms):
    bought = of(tables["energy"], firms).filter(BOUGHT & by_year)
    bought = bought.unique(subset=["firm_id", "period"], keep="first", maintain_order=True)
    empty = {
        name: pl.lit(None, dtype=kind).alias(name)
        for name, kind in tables["certifications"].schema.items()
        if name not in bought.columns
    }
    rows = bought.with_columns(**empty).with_columns(
        scheme=pl.lit("gec"),
        certificate_no=pl.format("PLANTED-{}", "period"),
        quantity=pl.col("quantity") * 8.0 + 1.0,
        unit=pl.lit("MWh"),
        retired_on=pl.format("{}-12-31", "period").str.to_date(),
    )
    return more(
        "certifications", tables, rows.with_columns(published_on="retired_on", status=pl.lit("valid"))
    )


def changed(**columns):
    """Certificates of the firms with other cells."""

    def plant(tables, firms):
        frame = tables["certifications"]
        mine = pl.col("firm_id").is_in(firms) & DATED
        cells = {c: pl.when(mine).then(value).otherwise(pl.col(c)) for c, value in columns.items()}
        return {"certifications": frame.with_columns(**cells)}

    return plant


def every_other_year(table, where):
    """Eight times as much in odd years."""

    def plant(tables, firms):
        odd = year.cast(pl.Int32) % 2 == 1
        mine = pl.col("firm_id").is_in(firms) & where & odd
        times = pl.when(mine).then(pl.col("quantity") * 8.0).otherwise("quantity")
        return {table: tables[table].with_columns(quantity=times)}

    return plant


def products(column, times):
    def plant(tables, firms):
        mine = pl.col("firm_id").is_in(firms)
        more_of_it = pl.when(mine).then(pl.col(column) * times).otherwise(column).alias(column)
        return {"production": tables["production"].with_columns(more_of_it)}

    return plant


def small_panels(tables, firms):
    """A solar roof of one kilowatt beside whatever the firm says it makes of it."""
    panels = pl.DataFrame(
        {
            "firm_id": firms,
            "equipment_id": "PLANTED",
            "kind": "photovoltaic",
            "rated_power": 1.0,
            "published_on": pl.Series(["2018-01-31"] * len(firms)).str.to_date(),
        }
    )
    mine = pl.col("firm_id").is_in(firms) & (pl.col("kind") == "photovoltaic")
    return {"equipment": pl.concat([tables["equipment"].filter(~mine), panels], how="diagonal_relaxed")}


def ecology_quarters(tables, firms):
    """Quarters that make 1.4 times the year."""
    rows = of(tables["ecology"], firms)
    finer = [rows.with_columns(period=pl.col("period") + q, amount=pl.col("amount") * 0.35) for q in QUARTERS]
    return more("ecology", tables, pl.concat(finer))


def revived(tables, firms):
    rows = of(tables["certifications"], firms).filter(DATED)
    rows = rows.unique(subset=["firm_id", "scheme", "certificate_no"], keep="first", maintain_order=True)
    events = [
        rows.with_columns(status=pl.lit(status), status_on=pl.col("issued_on").dt.offset_by(days))
        for status, days in (("withdrawn", "40d"), ("valid", "80d"))
    ]
    return more("certifications", tables, pl.concat(events).with_columns(published_on="status_on"))


KNOWN = ("under_reporting", "energy_intensity_trend", "carbon_intensity_trend")
"""Indicators that are there only where both sides of a contradiction were handed in."""

BOUGHT = (pl.col("carrier") == "electricity") & (pl.col("flow") == "purchased")
DATED = pl.col("issued_on").is_not_null() & pl.col("expires_on").is_not_null()
CO2, TOTAL = ((pl.col("scope") == "1") & (pl.col("substance") == s) for s in ("CO2", "CO2e"))
EVERY, SCOPES = pl.lit(value=True), pl.col("scope").is_in(["1", "2-location"])
ALLOCATED = pl.col("energy").is_not_null()
SOLAR = (pl.col("carrier") == "solar_power") & (pl.col("flow") == "self_generated")
MONTHS = [f"-{month:02}" for month in range(1, 13)]
QUARTERS = ["Q1", "Q2", "Q3", "Q4"]
ISSUED, EXPIRES = pl.col("issued_on"), pl.col("expires_on")

# what is planted: the check that must find it; the table and the rows, or the indicator known, that can carry it; how
PLANTS = {
    "emissions at 0.3 of derived": (
        "emissions_below_derived",
        None,
        "under_reporting",
        lambda t, f: scaled(t, f, 0.3),
    ),
    "emissions at 3 times derived": (
        "emissions_above_derived",
        None,
        "under_reporting",
        lambda t, f: scaled(t, f, 3.0),
    ),
    "gases against their total": ("emissions_total_and_parts", "emissions", CO2, gases),
    "emission sites against the firm": (
        "emissions_total_and_parts",
        "emissions",
        TOTAL,
        sites("emissions", TOTAL),
    ),
    "energy months against the year": (
        "energy_total_and_parts",
        "energy",
        BOUGHT & by_year,
        parts("energy", MONTHS, BOUGHT),
    ),
    "energy sites against the firm": (
        "energy_total_and_parts",
        "energy",
        BOUGHT & by_year,
        sites("energy", BOUGHT),
    ),
    "output quarters against the year": (
        "production_total_and_parts",
        "production",
        by_year,
        parts("production", QUARTERS, by_year),
    ),
    "quarters of ecology against the year": (
        "ecology_total_and_parts",
        "ecology",
        pl.col("amount") > 0,
        ecology_quarters,
    ),
    "energy sold beyond intake": ("energy_sold_beyond_intake", "energy", BOUGHT & by_year, sold),
    "certificates beyond purchases": (
        "green_power_beyond_purchases",
        "energy",
        BOUGHT & by_year,
        certificates,
    ),
    "confirmed before issue": (
        "certificate_confirmed_before_issue",
        "certifications",
        DATED,
        changed(verified_on=ISSUED.dt.offset_by("-40d")),
    ),
    "withdrawn before issue": (
        "certificate_ended_before_issue",
        "certifications",
        DATED,
        changed(status=pl.lit("withdrawn"), status_on=ISSUED.dt.offset_by("-30d")),
    ),
    "valid after expiry": (
        "certificate_valid_after_expiry",
        "certifications",
        DATED,
        changed(expires_on=ISSUED.dt.offset_by("20d"), verified_on=ISSUED.dt.offset_by("60d")),
    ),
    "valid again after withdrawal": ("certificate_revived", "certifications", DATED, revived),
    "issued before founding": (
        "certificate_before_founding",
        "certifications",
        DATED,
        changed(issued_on=pl.date(1950, 1, 1)),
    ),
    "twenty years of validity": (
        "certificate_unusually_long",
        "certifications",
        DATED,
        changed(expires_on=ISSUED.dt.offset_by("20y")),
    ),
    "energy up and down eightfold": (
        "energy_jump",
        None,
        "energy_intensity_trend",
        every_other_year("energy", EVERY),
    ),
    "emissions up and down eightfold": (
        "emissions_jump",
        None,
        "carbon_intensity_trend",
        every_other_year("emissions", SCOPES),
    ),
    "product energy times 20": (
        "product_energy_beyond_intake",
        "production",
        ALLOCATED,
        products("energy", 20.0),
    ),
    "output times 20": ("energy_below_production", "production", ALLOCATED, products("quantity", 20.0)),
    "solar power of one kilowatt": ("self_generated_beyond_capacity", "energy", SOLAR, small_panels),
}
REVERSED = changed(expires_on=ISSUED.dt.offset_by("-100d"))
"""Dates within one row that contradict one another do not reach the checks: intake refuses the row."""


def checked(tables):
    """Return the applications, and the checks of each firm."""
    dataset = validate_tables(tables, source="a test")
    found = compute(dataset)
    firm = found.values.select("application_id", "firm_id", *KNOWN)
    hardly_possible = plausibility.cross_checks(asof_facts(dataset, Settings()))
    raised = pl.concat([found.cross_checks, hardly_possible]).unique()
    return dataset, firm, raised.join(firm, on="application_id")


@pytest.fixture(scope="module")
def clean():
    tables = simulate(firms=FIRMS, seed=SEED).tables
    return tables, *checked(tables)


def test_false_alarms_on_clean_data_are_rare(clean, tell):
    _, dataset, applications, raised = clean
    assert dataset.quarantine.is_empty()
    names = sorted({*raised["check"], *(check for check, *_ in PLANTS.values())})
    rates = {
        name: raised.filter(pl.col("check") == name)["application_id"].n_unique() / applications.height
        for name in names
    }
    tell(
        f"False alarms of the cross-checks on {applications.height} clean simulated applications:",
        *(
            f"  {name:<40}{rate:8.2%}   (at most {FALSE_ALARMS.get(name, OTHER_FALSE_ALARMS):.1%})"
            for name, rate in rates.items()
        ),
    )
    over = {name: rate for name, rate in rates.items() if rate > FALSE_ALARMS.get(name, OTHER_FALSE_ALARMS)}
    assert over == {}


def eligible(tables, applications, raised, check, table, where):
    """Firms that can carry the contradiction, were seen with the fact, and do not raise the check by themselves."""
    if table is None:
        firms = applications.filter(pl.col(where).is_not_null())["firm_id"]
    else:
        last = tables["applications"].group_by("firm_id").agg(pl.col("as_of").max())
        known = pl.col("published_on") <= pl.col("as_of").dt.offset_by("-6mo")
        firms = tables[table].filter(where).join(last, on="firm_id").filter(known)["firm_id"]
    before = raised.filter(pl.col("check") == check)["firm_id"]
    return [f for f in firms.unique().sort() if f not in set(before)]


def test_planted_contradictions_are_found(clean, tell):
    tables, _, applications, raised = clean
    selling = set(tables["energy"].filter(pl.col("flow") == "sold")["firm_id"])
    planted, used = dict(tables), set(selling)
    chosen = {}
    for plant, (check, table, where, put) in PLANTS.items():
        firms = [f for f in eligible(tables, applications, raised, check, table, where) if f not in used]
        chosen[plant] = firms[:FIRMS_PER_PLANT]
        used |= set(chosen[plant])
        planted |= put(planted, chosen[plant])
    dataset, _, found = checked(planted)
    assert dataset.quarantine["what_en"].unique().sort().to_list() == []
    rates = {}
    for plant, firms in chosen.items():
        hit = found.filter((pl.col("check") == PLANTS[plant][0]) & pl.col("firm_id").is_in(firms))
        rates[plant] = hit["firm_id"].n_unique() / len(firms)
    tell(
        "Planted contradictions that the cross-checks found:",
        *(
            f"  {plant:<36}{PLANTS[plant][0]:<40}{len(chosen[plant]):4} firms{rate:8.1%}   (at least {LEAST_FOUND:.0%})"
            for plant, rate in rates.items()
        ),
    )
    assert min(len(firms) for firms in chosen.values()) >= 20
    assert {plant: rate for plant, rate in rates.items() if rate < LEAST_FOUND} == {}


def test_a_certificate_that_ends_before_it_begins_does_not_get_past_intake(clean):
    tables, _, _, _ = clean
    rows = tables["certifications"].filter(DATED)
    firms = rows["firm_id"].unique().sort().head(FIRMS_PER_PLANT).to_list()
    dataset = validate_tables({**tables, **REVERSED(tables, firms)}, source="a test")
    refused = dataset.quarantine.filter(pl.col("column") == "expires_on")
    assert refused["rule"].unique().to_list() == ["out_of_range"]
    assert refused["row"].n_unique() == of(rows, firms).height
