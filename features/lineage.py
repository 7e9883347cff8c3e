"""Which documents an indicator rests on: ``source_document`` and ``page`` follow the fact into the data-quality record.

Every indicator declares its inputs (:func:`indicator_inputs`): tables, of some the columns or the kinds of rows. The documents
of an indicator are those of the rows of its inputs that the application may see, as they stand after restatement: of an
annual figure the document of the row that stated *this* figure last, which another report of the same year may not have done.

All years that the firm handed in are named, each beside its document: an indicator reads the latest year in which all its
inputs are known, so the documents named always hold the ones it rests on, and may hold those of other years. What was not
handed in and what does not apply to the firm rests on no document.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from features.asof import known_rows
from features.business_conduct import COMPLIANCE_SCHEMES
from features.catalogue import CATALOGUE
from features.certification.family import FOOTPRINTS, MANAGEMENT_SCHEMES, SITE_LEVELS, label_schemes
from features.emissions.carbon_market import TRADING_KINDS
from features.facts import FACT_TABLES
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from features.facts import Facts
    from features.intake import Dataset

__all__ = ["DOCUMENTS_SCHEMA", "Input", "document_rows", "indicator_documents", "indicator_inputs"]

_BY_CELL = ("annual", "firms")
"""Tables of which each cell stands as it was stated last; of the others the whole row does."""

_OWN_SCOPES = ("1", "2-location", "2-market")

DOCUMENTS_SCHEMA: Mapping[str, type[pl.DataType]] = MappingProxyType(
    {"indicator": pl.String, "document": pl.String, "page": pl.String, "year": pl.Int32}
)
"""Columns beside ``application_id`` of :func:`indicator_documents`."""


class Input(NamedTuple):
    """What an indicator reads of a table.

    Parameters
    ----------
    table
        Table of the contract.
    columns
        Columns that are read; all of them where empty.
    column, values
        Rows are read whose ``column`` has one of ``values``; all rows where ``column`` is empty.
    """

    table: str
    columns: tuple[str, ...] = ()
    column: str = ""
    values: tuple[str, ...] = ()


def _annual(*columns: str) -> Input:
    return Input("annual", columns)


def _emissions(*scopes: str) -> Input:
    return Input("emissions", column="scope", values=scopes)


def _ecology(*kinds: str) -> Input:
    return Input("ecology", column="kind", values=kinds)


def _certified(*schemes: str) -> tuple[Input, ...]:
    return Input("certifications", column="scheme", values=schemes), _asked("certifications")


def _asked(table: str) -> Input:
    return Input("checks", column="table", values=(table,))


def _incidents(kind: str) -> tuple[Input, ...]:
    return Input("incidents", column="kind", values=(kind,)), _asked("incidents")


def indicator_inputs() -> dict[str, tuple[Input, ...]]:
    """Return what each indicator that is not relative reads, under the reference tables in force.

    Examples
    --------
    >>> indicator_inputs()["leverage"]
    (Input(table='annual', columns=('total_assets', 'total_liabilities'), column='', values=()),)
    """
    energy, production, equipment = Input("energy"), Input("production"), Input("equipment")
    certificates, asked = Input("certifications"), _asked("certifications")
    made, revenue = _annual("value_added", "revenue"), _annual("revenue")
    own = _emissions("1", "2-location")
    inputs: dict[str, tuple[Input, ...]] = {
        "energy_intensity": (energy, made),
        "energy_intensity_trend": (energy, made),
        "benchmark_position": (production,),
        "below_baseline_share": (production,),
        "coal_share": (energy,),
        "renewable_share": (energy, certificates, asked),
        "green_power_share": (energy, certificates, asked),
        "electrification": (energy,),
        "carbon_intensity": (own, made),
        "carbon_intensity_trend": (own, made),
        "emissions_trend": (own,),
        "product_carbon_ratio": (production,),
        "footprint_ratio": (Input("certifications", column="scheme", values=FOOTPRINTS),),
        "scope3_intensity": (_emissions("3"), revenue),
        "methane_share": (_emissions("1"),),
        "power_carbon": (
            _emissions("1"),
            Input("production", column="product", values=("electricity",)),
        ),
        "allowance_shortfall": (_ecology(*TRADING_KINDS),),
        "carbon_cost_share": (_ecology(*TRADING_KINDS), revenue),
        "cbam_cost_share": (production, _annual("eu_export_share", "revenue")),
        "under_reporting": (energy, production, _emissions(*_OWN_SCOPES), Input("firms", ("region",))),
        "assured_share": (_emissions(*_OWN_SCOPES),),
        "capture_share": (_ecology("co2_stored"), _emissions("1")),
        "pollutant_intensity": (_emissions("none"), revenue),
        "water_intensity": (_annual("water_withdrawn"), made),
        "water_reuse_rate": (_annual("water_withdrawn", "water_reused"),),
        "waste_intensity": (_annual("waste"), made),
        "recycling_rate": (_annual("waste", "waste_recycled"),),
        "hazardous_waste_share": (_annual("waste", "hazardous_waste"),),
        "efficient_equipment_share": (equipment,),
        "equipment_age": (equipment,),
        "green_revenue_share": (_annual("green_revenue", "revenue"),),
        "green_capex_share": (_annual("green_capex", "capex"),),
        "green_rd_share": (_annual("green_rd", "rd"),),
        "control_spend": (_annual("pollution_control_spend"), _emissions("none")),
        "compensation_paid_of_due": (_ecology("compensation_paid", "compensation_due"),),
        "compensation_received_share": (_ecology("compensation_received"), revenue),
        "sink_credit_share": (_ecology("sink_credits"), own),
        "project_vs_benchmark": (Input("applications"),),
        "green_site_status": _certified(*SITE_LEVELS),
        "green_product_labels": _certified(*label_schemes()),
        "footprint_declared": _certified(*FOOTPRINTS),
        "certificates_lapsed": (certificates, asked),
        "certificate_horizon": (certificates,),
        "environmental_incidents": _incidents("environmental"),
        "unrectified_incidents": _incidents("environmental"),
        "fines_ratio": (*_incidents("environmental"), revenue),
        "injury_rate": (_annual("injuries", "hours_worked"),),
        "safety_incidents": _incidents("safety"),
        "safety_management": _certified("iso45001"),
        "social_insurance_coverage": (_annual("insured_employees", "employees"),),
        "labour_incidents": _incidents("labour"),
        "product_incidents": _incidents("product"),
        "tax_credit_rating": (_annual("tax_credit_rating"),),
        "tax_incidents": _incidents("tax"),
        "dishonesty_records": _incidents("dishonesty"),
        "compliance_management": _certified(*COMPLIANCE_SCHEMES),
        "disclosure_coverage": (
            *(Input(table) for table in FACT_TABLES),
            Input("firms", ("industry", "founded_on")),
        ),
        "reporting_delay": (Input("annual"),),
        "metered_share": (energy,),
        "data_quality": (energy, _emissions(*_OWN_SCOPES), production, revenue),
        "unverified_certificates": (certificates, asked),
        "leverage": (_annual("total_assets", "total_liabilities"),),
        "interest_cover": (_annual("ebitda", "interest_expense"),),
        "return_on_assets": (_annual("ebitda", "total_assets"),),
        "log_revenue": (revenue,),
        "log_employees": (_annual("employees"),),
        "firm_age": (Input("firms", ("founded_on",)),),
        "tenor_months": (Input("applications"),),
        "industry_division": (Input("firms", ("industry",)),),
        "region_group": (Input("firms", ("region",)),),
        "purpose_group": (Input("applications"),),
        "emerging_industry": (Input("firms", ("industry",)),),
    }
    return inputs | {name: _certified(scheme) for name, scheme in MANAGEMENT_SCHEMES.items()}


def indicator_documents(dataset: Dataset, facts: Facts) -> pl.DataFrame:
    """Return the documents behind the inputs of every indicator.

    Parameters
    ----------
    dataset
        Clean tables.
    facts
        As-of facts of the same dataset.

    Returns
    -------
    pl.DataFrame
        ``application_id`` and :data:`DOCUMENTS_SCHEMA`: ``page`` is null where it was not stated, ``year`` where the fact has
        none. Each row once; not sorted.
    """
    tables = _tables(dataset, facts)
    readers = _readers() if tables else {}
    found = [
        cited.join(pl.LazyFrame({"indicator": names}), how="cross")
        for one, names in readers.items()
        if one.table in tables
        for cited in _cited(tables[one.table], one)
    ]
    columns = ["application_id", *DOCUMENTS_SCHEMA]
    if not found:
        ids = facts.applications.select("application_id").clear()
        return ids.with_columns(pl.lit(None, dtype=t).alias(c) for c, t in DOCUMENTS_SCHEMA.items())
    return pl.concat([frame.select(columns) for frame in found]).unique().collect()


def _readers() -> dict[Input, list[str]]:
    """Return the indicators that read each input."""
    readers: dict[Input, list[str]] = {}
    for name, inputs in indicator_inputs().items():
        for one in inputs:
            readers.setdefault(one, []).append(name)
    return readers


def document_rows(
    dataset: Dataset, facts: Facts, values: pl.DataFrame, notes: pl.DataFrame
) -> list[pl.DataFrame]:
    """Return the rows of the data-quality record that name the documents; no frame where no fact names one.

    Parameters
    ----------
    dataset, facts
        As of :func:`indicator_documents`.
    values
        ``application_id`` and the indicators.
    notes
        The families' notes; what does not apply to a firm rests on no document.

    Returns
    -------
    list of pl.DataFrame
        At most one: ``application_id``, ``family``, ``indicator`` (null), ``status`` (``documented``), ``detail_en``, ``detail_zh``, ``grade``
        (null): one row per application, family and document, with pages, years and the names of the indicators.
    """
    found = indicator_documents(dataset, facts)
    if found.is_empty():
        return []
    order = [i.id for i in CATALOGUE.values() if i.relative_to is None]
    declared = pl.LazyFrame(
        [(n, i.family, place, i.en, i.zh) for place, n in enumerate(order) for i in [CATALOGUE[n]]],
        schema=["indicator", "family", "place", "en", "zh"],
        orient="row",
    )
    has_value = (
        values.join(found, on="application_id", how="semi")
        .select("application_id", *(pl.col(name).is_not_null().alias(name) for name in order))
        .unpivot(order, index="application_id", variable_name="indicator", value_name="known")
        .filter("known")
        .join(
            notes.filter(pl.col("status") == "not_applicable"),
            on=["application_id", "indicator"],
            how="anti",
        )
    )
    page, year = pl.col("page"), pl.col("year").cast(pl.String)
    number = page.str.extract(r"(\d+)").cast(pl.Int64, strict=False)
    of = ["application_id", "family", "document"]
    told = (
        found.lazy()
        .join(has_value.lazy(), on=["application_id", "indicator"], how="semi")
        .join(declared, on="indicator")
        .group_by(of)
        .agg(
            pages=page.sort_by(number, page, nulls_last=True).drop_nulls().unique(maintain_order=True),
            years=year.drop_nulls().unique().sort(),
            en=pl.col("en").sort_by("place").unique(maintain_order=True).str.join("; "),
            zh=pl.col("zh").sort_by("place").unique(maintain_order=True).str.join("；"),
        )
        .sort(of)
    )
    rows = told.select(
        "application_id",
        "family",
        indicator=pl.lit(None, dtype=pl.String),
        status=pl.lit("documented"),
        detail_en=formatted(
            "{}{}{}: {}.", "document", _listed("pages", ", page {}"), _listed("years", " ({})"), "en"
        ),
        detail_zh=formatted(
            "{}{}{}：{}。",
            "document",
            _listed("pages", "，第{}页", between="、"),
            _listed("years", "（{}年）", between="、"),
            "zh",
        ),
        grade=pl.lit(None, dtype=pl.Float64),
    )
    return [rows.collect()]


def _listed(column: str, template: str, *, between: str = ", ") -> pl.Expr:
    """Return the members of a list in a text, the empty text where there is none."""
    joined = pl.col(column).list.join(between)
    return pl.when(pl.col(column).list.len() > 0).then(formatted(template, joined)).otherwise(pl.lit(""))


def _tables(dataset: Dataset, facts: Facts) -> dict[str, pl.DataFrame]:
    """Return the rows that the applications see of every table in which a document is named."""
    asked = facts.applications.select("application_id", "firm_id", "as_of")
    seen = {
        name: known_rows(name, dataset.tables[name], asked) if name in _BY_CELL else getattr(facts, name)
        for name in ("applications", *FACT_TABLES, "firms")
        if not _is_empty(dataset.tables[name]["source_document"])
    }
    return {name: rows for name, rows in seen.items() if not _is_empty(rows["source_document"])}


def _is_empty(documents: pl.Series) -> bool:
    return documents.null_count() == documents.len()


def _cited(rows: pl.DataFrame, wanted: Input) -> Iterable[pl.LazyFrame]:
    """Yield ``application_id``, ``document``, ``page`` and ``year`` of what is read of a table; one frame per column by cells."""
    chosen = rows.lazy()
    if wanted.column:
        chosen = chosen.filter(pl.col(wanted.column).is_in(list(wanted.values)))
    if wanted.table not in _BY_CELL or not wanted.columns:
        yield _named(chosen, rows.columns)
        return
    fact = ["application_id", *(c for c in ("year",) if wanted.table == "annual")]
    for column in wanted.columns:
        stated = chosen.filter(pl.col(column).is_not_null())
        yield _named(stated.unique(subset=fact, keep="last", maintain_order=True), rows.columns)


def _named(rows: pl.LazyFrame, columns: Sequence[str]) -> pl.LazyFrame:
    dated = "period_start" in columns
    year = pl.col("period_start").dt.year().cast(pl.Int32) if dated else pl.lit(None, dtype=pl.Int32)
    return (
        rows.filter(pl.col("source_document").is_not_null())
        .select("application_id", document="source_document", page="page", year=year)
        .unique()
    )
