"""One-sided telling: what was handed in beside what was left out, so that the rest looks better than the firm.

Every check compares statements of the firm with one another; where one of them was not handed in there is nothing to
compare. Bounds are wide: what lies outside them is a fact left out or mistaken rather than an unusual firm. Where a
bound is no standard's, it is this product's own reading, measured on clean data by the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.certification.ledger import ledger
from features.context import latest_annual
from features.contract import CONTRACT
from features.disclosure.expected_facts import due_year
from features.emissions.derived import derived_emissions
from features.emissions.totals import emissions_by_year, pollutants_by_year
from features.energy.balance import energy_balance, energy_by_year
from features.facts import cross_check
from features.intensity import intensity, latest
from features.text import formatted

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = [
    "DUE",
    "EARLIEST_REPORT_DAYS",
    "GRACE_DAYS",
    "HIGH_MARGIN_DIVISIONS",
    "LAST_SECTION_WITH_PLANTS",
    "LEAST_OF_DERIVED",
    "MOST_INCOME_PER_EMPLOYEE",
    "MOST_OF_DERIVED",
    "MOST_OF_DERIVED_PROCESS",
    "MOST_REVENUE_PER_EMPLOYEE",
    "MOST_TONNES_OF_SERVICES",
    "MOST_VALUE_ADDED_OF_REVENUE",
    "OF_AIR",
    "OF_FIRES",
    "PROCESS_DIVISIONS",
    "RECORDED_WITHIN_MONTHS",
    "cross_checks",
]

MOST_OF_DERIVED = 1.25
"""Reported scope over what the energy handed in implies: above it, energy was left out."""

LEAST_OF_DERIVED = 0.75
"""Reported scope over what the energy handed in implies: below it, emissions were left out or netted."""

MOST_OF_DERIVED_PROCESS = 1.75
"""The same for scope 1 of industries whose processes emit beside their fuel."""

PROCESS_DIVISIONS = ("06", "07", "25", "26", "30", "31", "32", "46", "77")
"""Divisions of GB/T 4754 that emit from processes or leaks: coal and oil extraction, refining and coking, chemicals, mineral
products, iron and steel, non-ferrous metals, water treatment, waste."""

EARLIEST_REPORT_DAYS = 10
"""Days after the end of a year before which nobody has closed its accounts."""

MOST_REVENUE_PER_EMPLOYEE = 5_000.0
"""Revenue over employees, in 10,000 CNY: 50 million CNY a head."""

MOST_INCOME_PER_EMPLOYEE = 80.0
"""Value added beyond EBITDA over employees, in 10,000 CNY: by the income approach that is pay and taxes on production, and
nobody's average is 800,000 CNY."""

MOST_VALUE_ADDED_OF_REVENUE = 0.6
"""Value added over revenue of a manufacturer; whole industries lie between 0.15 and 0.45."""

HIGH_MARGIN_DIVISIONS = ("15", "16", "27")
"""Drinks, tobacco and medicines: value added there may be most of revenue."""

RECORDED_WITHIN_MONTHS = 12
"""Months from an incident to its record; a later one was dated back."""

OF_FIRES = ("SO2", "NOx")
"""Pollutants that a firm that burns fuel gives off, beside whatever else."""

OF_AIR = ("SO2", "NOx", "PM")
"""Pollutants of the air; a firm that tells of water alone has told of another medium."""

DUE = ("annual", "energy", "emissions", "production")
"""Tables of which a firm that once reported goes on reporting."""

GRACE_DAYS = 60
"""Days beyond the contract's usual reporting delay that a report may take."""

LAST_SECTION_WITH_PLANTS = "H"
"""Last section of GB/T 4754 (hotels and restaurants) whose firms may burn coal on site; behind it stand information,
finance, offices and public services."""

MOST_TONNES_OF_SERVICES = 1.0
"""Tonnes of SO2 or NOx that the boiler of an office gives off in a year at most."""

_YEAR = ["application_id", "year"]
_SCOPE = ("scope", "year", "reported", "derived")


def cross_checks(facts: Facts) -> pl.DataFrame:
    """Return what was told one-sidedly.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`features.facts.CROSS_CHECK_SCHEMA`, all of severity ``warning``. ``check`` is
        ``value_added_missing``, ``value_added_beyond_income``, ``value_added_beyond_revenue``,
        ``revenue_beyond_employees``, ``debt_without_interest``,
        ``without_water_or_waste``, ``without_energy``, ``scope_below_derived``, ``energy_below_emissions``, ``published_too_soon``,
        ``incident_remedied_after_record``, ``incident_recorded_late``, ``assurance_without_verifier``,
        ``pollutants_incomplete``, ``design_without_project``, ``industry_against_facts``, ``certificate_without_coverage``,
        ``certificate_without_expiry``, ``latest_year_missing`` or ``green_power_claimed_twice``.
    """
    return pl.concat(
        [
            _value_added(facts),
            *_accounts(facts),
            _no_energy(facts),
            *_scopes(facts),
            _too_soon(facts),
            *_incidents(facts),
            _assurance(facts),
            _pollutants(facts),
            _design(facts),
            _industry(facts),
            *_certificates(facts),
            _latest_year(facts),
            _claimed_twice(facts),
        ]
    )


def _warning(rows: pl.DataFrame, check: str, en: pl.Expr, zh: pl.Expr) -> pl.DataFrame:
    return cross_check(rows, check=check, severity="warning", en=en, zh=zh)


def _value_added(facts: Facts) -> pl.DataFrame:
    """Return the firms whose intensities stand over revenue, which is larger, for want of value added."""
    energy = energy_by_year(facts).select(*_YEAR, amount=pl.when(pl.col("energy") > 0).then("energy"))
    emissions = emissions_by_year(facts).select(*_YEAR, amount=pl.col("scope1") + pl.col("scope2_location"))
    by_revenue = [
        latest(intensity(facts, amounts)).filter(pl.col("by_value_added").is_null()).select(_YEAR)
        for amounts in (energy, emissions)
    ]
    year = latest_annual(facts)
    by_revenue += [year.filter(pl.col("value_added").is_null() & (pl.col("revenue") > 0)).select(_YEAR)]
    return _warning(
        pl.concat(by_revenue).unique().sort(_YEAR),
        "value_added_missing",
        formatted(
            "Value added of {} was not handed in: intensities over revenue look several times lower.", "year"
        ),
        formatted("未提供{}年增加值：按营业收入计算的强度明显偏低。", "year"),
    )


def _accounts(facts: Facts) -> list[pl.DataFrame]:
    """Return what the accounts of the latest year say against one another."""
    year = latest_annual(facts)
    staff = pl.col("employees")
    money = [pl.col(c).round(1) for c in ("revenue", "value_added", "ebitda", "total_debt")]
    shown = year.with_columns(money)
    beyond = pl.col("value_added") > pl.col("ebitda") + MOST_INCOME_PER_EMPLOYEE * staff
    # Debt that was not handed in is no debt of zero.
    indebted = (pl.col("total_debt") > 0).fill_null(value=True)
    making = facts.applications.filter(
        (pl.col("section") == "C") & ~pl.col("division").is_in(HIGH_MARGIN_DIVISIONS)
    )
    industrial = facts.applications.filter(pl.col("section").is_in(["B", "C", "D"]))
    dry = (pl.col("water_withdrawn") == 0) & (staff > 0)
    spotless = (pl.col("waste") == 0) & pl.col("application_id").is_in(industrial["application_id"].implode())
    return [
        _warning(
            shown.filter((staff > 0) & (pl.col("revenue") > MOST_REVENUE_PER_EMPLOYEE * staff)),
            "revenue_beyond_employees",
            formatted("Revenue of {} is {} x 10,000 CNY with {} employees.", "year", "revenue", "employees"),
            formatted("{}年营业收入{}万元，员工仅{}人。", "year", "revenue", "employees"),
        ),
        _warning(
            shown.filter((staff > 0) & beyond),
            "value_added_beyond_income",
            formatted(
                "Value added of {} is {} x 10,000 CNY; EBITDA of {} and {} employees do not make it.",
                "year",
                "value_added",
                "ebitda",
                "employees",
            ),
            formatted(
                "{}年增加值{}万元，与息税折旧摊销前利润{}万元、员工{}人不符。",
                "year",
                "value_added",
                "ebitda",
                "employees",
            ),
        ),
        _warning(
            shown.filter(pl.col("value_added") > MOST_VALUE_ADDED_OF_REVENUE * pl.col("revenue")).join(
                making, on="application_id", how="semi"
            ),
            "value_added_beyond_revenue",
            formatted(
                "A manufacturer states value added of {} x 10,000 CNY for {} on revenue of {}.",
                "value_added",
                "year",
                "revenue",
            ),
            formatted(
                "制造业企业申报增加值{}万元（{}年），营业收入{}万元。", "value_added", "year", "revenue"
            ),
        ),
        _warning(
            shown.filter((pl.col("interest_expense") == 0) & indebted).with_columns(
                pl.col("total_debt").cast(pl.String).fill_null("-")
            ),
            "debt_without_interest",
            formatted("Interest of {} is zero; debt: {} x 10,000 CNY.", "year", "total_debt"),
            formatted("{}年利息支出为零；有息负债{}万元。", "year", "total_debt"),
        ),
        _warning(
            shown.filter(dry.fill_null(value=False) | spotless.fill_null(value=False)),
            "without_water_or_waste",
            formatted("No water at all, or of an industrial firm no waste at all, is stated for {}.", "year"),
            formatted("申报{}年取水量为零，或工业企业废物量为零。", "year"),
        ),
    ]


def _no_energy(facts: Facts) -> pl.DataFrame:
    """Return the years of which energy was handed in as nothing at all."""
    rows = energy_by_year(facts).filter((pl.col("energy") == 0) & pl.col("has_intake"))
    return _warning(
        rows.select(_YEAR).sort(_YEAR),
        "without_energy",
        formatted("The energy of {} was handed in as zero.", "year"),
        formatted("{}年能源消费申报为零。", "year"),
    )


def _scopes(facts: Facts) -> list[pl.DataFrame]:
    """Return the scopes that lie far from what the energy handed in implies: each by itself."""
    reported = emissions_by_year(facts).select(*_YEAR, "scope1", "scope2_location")
    process = facts.applications.select(
        "application_id",
        most=pl.when(pl.col("division").is_in(PROCESS_DIVISIONS) | pl.col("division").is_null())
        .then(MOST_OF_DERIVED_PROCESS)
        .otherwise(MOST_OF_DERIVED),
    )
    both = (
        derived_emissions(facts)
        .join(reported, on=_YEAR, how="inner")
        .join(process, on="application_id", how="left")
        .with_columns(
            own=pl.col("combustion") + pl.col("process"), bought=pl.col("electricity_co2") + pl.col("heat")
        )
    )
    year = ["application_id", "year", "scope", "reported", "derived"]
    own = both.filter(pl.col("scope1") > pl.col("most") * pl.col("own")).select(
        *year[:2], scope=pl.lit("1"), reported="scope1", derived="own"
    )
    bought = both.filter(pl.col("scope2_location") > MOST_OF_DERIVED * pl.col("bought")).select(
        *year[:2], scope=pl.lit("2"), reported="scope2_location", derived="bought"
    )
    low_own = both.filter(pl.col("scope1") < LEAST_OF_DERIVED * pl.col("own")).select(
        *year[:2], scope=pl.lit("1"), reported="scope1", derived="own"
    )
    low_bought = both.filter(pl.col("scope2_location") < LEAST_OF_DERIVED * pl.col("bought")).select(
        *year[:2], scope=pl.lit("2"), reported="scope2_location", derived="bought"
    )

    def shown(*parts: pl.DataFrame) -> pl.DataFrame:
        return pl.concat(parts).sort(year).with_columns(pl.col("reported", "derived").round(1))

    return [
        _warning(
            shown(own, bought),
            "energy_below_emissions",
            formatted(
                "Scope {} of {} is {} tCO2e; the energy handed in implies {}: energy may have been left out.",
                *_SCOPE,
            ),
            formatted("范围{}（{}年）排放{}吨，按所报能源推算仅{}吨：可能少报能源。", *_SCOPE),
        ),
        _warning(
            shown(low_own, low_bought),
            "scope_below_derived",
            formatted("Scope {} of {} is {} tCO2e; the energy handed in implies {}.", *_SCOPE),
            formatted("范围{}（{}年）排放{}吨，按所报能源推算为{}吨。", *_SCOPE),
        ),
    ]


def _too_soon(facts: Facts) -> pl.DataFrame:
    """Return the accounts and emission reports of a year that were published before the year could be closed."""
    earliest = pl.col("period_end").dt.offset_by(f"{EARLIEST_REPORT_DAYS}d")
    early = pl.concat(
        [
            frame.filter(
                (pl.col("period_end").dt.month() == 12) & (pl.col("first_published_on") < earliest)
            ).select("application_id", "period_end", published_on="first_published_on")
            for frame in (facts.annual, facts.emissions)
        ]
    )
    return _warning(
        early.unique().sort("application_id", "period_end", "published_on"),
        "published_too_soon",
        formatted("Figures up to {} are said to be published on {}.", "period_end", "published_on"),
        formatted("截至{}的数据称于{}已发布。", "period_end", "published_on"),
    )


def _incidents(facts: Facts) -> list[pl.DataFrame]:
    rows = facts.incidents.sort("application_id", "incident_id")
    late = pl.col("recorded_on") > pl.col("occurred_on").dt.offset_by(f"{RECORDED_WITHIN_MONTHS}mo")
    return [
        _warning(
            rows.filter(pl.col("rectified_on") > pl.col("recorded_on")),
            "incident_remedied_after_record",
            formatted(
                "Incident {}: recorded on {}, yet the record tells of a remedy on {}.",
                "incident_id",
                "recorded_on",
                "rectified_on",
            ),
            formatted("事件{}：记录于{}，却载明{}已整改。", "incident_id", "recorded_on", "rectified_on"),
        ),
        _warning(
            # The record of a remedy comes late by nature.
            rows.filter(late & pl.col("rectified_on").is_null()),
            "incident_recorded_late",
            formatted("Incident {}: recorded on {} as of {}.", "incident_id", "recorded_on", "occurred_on"),
            formatted("事件{}：记录于{}，称发生于{}。", "incident_id", "recorded_on", "occurred_on"),
        ),
    ]


def _assurance(facts: Facts) -> pl.DataFrame:
    """Return the years whose emissions are said to be assured, and by nobody."""
    nobody = pl.col("verifier").is_null() | (pl.col("verifier").str.strip_chars() == "")
    rows = facts.emissions.filter(pl.col("assurance").is_in(["limited", "reasonable"]) & nobody)
    years = rows.select("application_id", year="fact_year").unique().sort(_YEAR)
    return _warning(
        years,
        "assurance_without_verifier",
        formatted("Emissions of {} are said to be assured, and no verifier is named.", "year"),
        formatted("{}年排放称经鉴证，但未注明鉴证机构。", "year"),
    )


def _pollutants(facts: Facts) -> pl.DataFrame:
    """Return the years in which fuel was burnt and some pollutants were told, and not all that a fire gives off."""
    told = pollutants_by_year(facts).group_by(_YEAR).agg(pl.col("substance").unique())
    rows = (
        derived_emissions(facts)
        .filter(pl.col("combustion") > 0)
        .join(told, on=_YEAR, how="inner")
        .with_columns(
            # Of the frame's own height: a list that is a literal has one row even where there is none.
            lacking=pl.concat_list(
                pl.when(~pl.col("substance").list.contains(name)).then(pl.lit(name))
                for name in sorted(OF_FIRES)
            ).list.drop_nulls()
        )
        .filter(
            (pl.col("lacking").list.len() > 0)
            & pl.col("substance").list.set_intersection(list(OF_AIR)).list.len().gt(0)
        )
        .sort(_YEAR)
        .with_columns(pl.col("lacking").list.join(", "))
    )
    return _warning(
        rows,
        "pollutants_incomplete",
        formatted("Fuel was burnt in {}, and pollutants were handed in without {}.", "year", "lacking"),
        formatted("{}年有燃料燃烧，所报污染物缺少{}。", "year", "lacking"),
    )


def _design(facts: Facts) -> pl.DataFrame:
    """Return the applications that hand in the design of a line that they are said not to finance."""
    designed = pl.col("design_energy").is_not_null() & (pl.col("project_kind") == "working_capital")
    return _warning(
        facts.applications.filter(designed),
        "design_without_project",
        pl.lit("The design of a line was handed in, and the loan is said to be working capital."),
        pl.lit("提交了项目设计能耗，贷款用途却为流动资金。"),
    )


def _industry(facts: Facts) -> pl.DataFrame:
    """Return the firms of a service industry that burn coal, run kilns or furnaces, or give off tonnes as a plant does."""
    coal = energy_balance(facts).filter((pl.col("kind") == "coal") & (pl.col("quantity") > 0))
    kilns = facts.equipment.filter(pl.col("kind").is_in(["kiln", "furnace"]))
    plumes = pollutants_by_year(facts).filter(
        pl.col("substance").is_in(list(OF_FIRES)) & (pl.col("tonnes") > MOST_TONNES_OF_SERVICES)
    )
    found = pl.concat(
        [
            rows.select("application_id", fact_en=pl.lit(en), fact_zh=pl.lit(zh))
            for rows, en, zh in (
                (coal, "coal", "煤炭"),
                (kilns, "kilns or furnaces", "窑炉"),
                (plumes, "tonnes of SO2 or NOx", "数吨二氧化硫或氮氧化物"),
            )
        ]
    )
    services = facts.applications.filter(pl.col("section") > LAST_SECTION_WITH_PLANTS)
    told = (
        found.unique()
        .join(services.select("application_id", "division"), on="application_id", how="inner")
        .sort("application_id", "fact_en")
    )
    return _warning(
        told,
        "industry_against_facts",
        formatted("Industry {} is a service, and the firm has {}.", "division", "fact_en"),
        formatted("行业{}为服务业，企业却有{}。", "division", "fact_zh"),
    )


def _certificates(facts: Facts) -> list[pl.DataFrame]:
    """Return the certificates in force that do not say which sites they cover, or until when."""
    valid = ledger(facts).filter(pl.col("standing") == "valid")
    managed = valid.filter(pl.col("scheme_kind") == "management_system")
    number = pl.col("certificate_no").fill_null("-")
    return [
        _warning(
            managed.filter(pl.col("site_coverage").is_null()),
            "certificate_without_coverage",
            formatted("Certificate {} {} does not say which share of the sites it covers.", "scheme", number),
            formatted("证书{} {}未注明覆盖场所的比例。", "scheme", number),
        ),
        _warning(
            managed.filter(pl.col("expiry") != "stated"),
            "certificate_without_expiry",
            formatted("Certificate {} {} does not say until when it holds.", "scheme", number),
            formatted("证书{} {}未注明有效期。", "scheme", number),
        ),
    ]


def _latest_year(facts: Facts) -> pl.DataFrame:
    """Return the tables of which earlier years were handed in and the latest one due was not."""
    asked = facts.applications.select("application_id", "as_of")
    parts = []
    for name in DUE:
        delay = CONTRACT[name].reporting_delay_days or 0
        parts.append(
            getattr(facts, name)
            .group_by("application_id")
            .agg(last=pl.col("fact_year").max())
            .join(asked, on="application_id")
            .with_columns(due=due_year(pl.col("as_of"), delay_days=delay + GRACE_DAYS))
            .filter(pl.col("last") < pl.col("due"))
            .select("application_id", "last", "due", table=pl.lit(name))
        )
    rows = pl.concat(parts).sort("application_id", "table")
    return _warning(
        rows,
        "latest_year_missing",
        formatted("Of the table {} {} was handed in, and {} is due.", "table", "last", "due"),
        formatted("{}表仅提供至{}年，应提供{}年。", "table", "last", "due"),
    )


def _claimed_twice(facts: Facts) -> pl.DataFrame:
    """Return the energy certificates whose one number stands for several years."""
    rows = ledger(facts).filter(
        (pl.col("scheme_kind") == "energy_attribute") & pl.col("certificate_no").is_not_null()
    )
    years = (
        rows.with_columns(year=pl.col("of_period").str.head(4))
        .group_by("application_id", "scheme", "certificate_no")
        .agg(years=pl.col("year").drop_nulls().unique().sort())
        .filter(pl.col("years").list.len() > 1)
        .sort("application_id", "scheme", "certificate_no")
        .with_columns(pl.col("years").list.join(", "))
    )
    return _warning(
        years,
        "green_power_claimed_twice",
        formatted("Energy certificate {} {} is used for {}.", "scheme", "certificate_no", "years"),
        formatted("绿证{} {}重复用于{}年。", "scheme", "certificate_no", "years"),
    )
