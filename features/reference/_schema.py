"""What each reference table looks like: its columns, their types and its key, declared once.

A column that is not named under ``numbers``, ``integers``, ``flags`` or ``dates`` is text. A file whose header is not
exactly these columns is refused: a shifted column would otherwise become a wrong factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CONFIRMATION", "REFERENCE_TABLES", "VERIFIED", "ReferenceTable"]

VERIFIED = frozenset({"seen", "recalled", "own rule"})
"""How a row is known: read somewhere, written from memory of the standard, or a rule of this product."""

CONFIRMATION = ("confirmed_by", "confirmed_on")
"""What a bank's own table may add to the declared columns: the person who stands for the row, and since when."""


@dataclass(frozen=True, kw_only=True)
class ReferenceTable:
    """The declared shape of one reference CSV.

    Parameters
    ----------
    columns
        Header of the file, in order.
    key
        Columns that identify a row; never empty, never repeated.
    numbers, integers, flags, dates
        Columns read as Float64, Int32, Int8 (0 or 1) and Date.
    series
        Columns that the editions of one row share: of a series one row holds on any day.
    closed
        Text columns whose values the product asks for by name: a value that no shipped row has would be laid over
        and never be used.
    """

    columns: tuple[str, ...]
    key: tuple[str, ...]
    numbers: frozenset[str] = frozenset()
    integers: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    series: tuple[str, ...] = ()
    closed: frozenset[str] = frozenset()

    @property
    def dated(self) -> bool:
        """Whether the rows say from when to when they hold."""
        return "valid_from" in self.columns

    @property
    def edition(self) -> tuple[str, ...]:
        """Columns that tell one edition of one row from every other: the key, with ``valid_from`` where there is one."""
        return (*(c for c in self.key if c != "valid_from"), *(["valid_from"] if self.dated else []))

    @property
    def units(self) -> tuple[str, ...]:
        """Text columns that hold a unit."""
        named = (c for c in self.columns if c == "unit" or c.endswith("_unit"))
        return tuple(c for c in named if c not in self.numbers)


def _table(
    columns: str,
    *,
    key: str = "id",
    numbers: str = "",
    integers: str = "",
    flags: str = "",
    dates: str = "",
    series: str = "",
    closed: str = "",
) -> ReferenceTable:
    return ReferenceTable(
        columns=tuple(columns.split()),
        key=tuple(key.split()),
        numbers=frozenset(numbers.split()),
        integers=frozenset(integers.split()),
        flags=frozenset(flags.split()),
        dates=frozenset(dates.split()),
        series=tuple((series or key).split()),
        closed=frozenset(closed.split()),
    )


_HOLDS = "valid_from valid_to"

REFERENCE_TABLES: Mapping[str, ReferenceTable] = MappingProxyType(
    {
        "actions": _table(
            "id name_en name_zh kind affected_carrier effect_formula effect_low effect_typical effect_high "
            "effect_unit capex_low capex_typical capex_high capex_unit capex_basis months eligible_support source "
            "verified seen_in seen_fields",
            numbers="effect_low effect_typical effect_high capex_low capex_typical capex_high months",
        ),
        "cbam_goods": _table(
            "id sector cn_code product_en product_zh indirect_counted default_direct default_indirect default_total "
            "etc_benchmark etc_benchmark_name source verified seen_in benchmark_verified benchmark_seen_in valid_from "
            "valid_to note",
            numbers="default_direct default_indirect default_total etc_benchmark",
            flags="indirect_counted",
            dates=_HOLDS,
        ),
        "certifications": _table(
            "id name_en name_zh standard pillar kind validity_years surveillance_months level issuer_kind register "
            "aliases source verified seen_in seen_fields",
            numbers="validity_years surveillance_months",
            integers="level",
            closed="kind",
        ),
        "china_ets": _table(
            "id kind sector unit_class metric unit value year source verified seen_in valid_from valid_to note",
            numbers="value",
            integers="year",
            dates=_HOLDS,
            series="kind sector unit_class metric",
            closed="kind",
        ),
        "emerging_industries": _table("code name_en name_zh source verified seen_in note", key="code"),
        "energy_carriers": _table(
            "id name_en name_zh kind unit heat_gj_per_unit tce_per_unit emission_heat_gj_per_unit carbon_t_per_gj "
            "oxidation co2_t_per_unit ch4_kg_per_gj n2o_kg_per_gj renewable biogenic aliases source verified seen_in "
            "valid_from valid_to note",
            numbers="heat_gj_per_unit tce_per_unit emission_heat_gj_per_unit carbon_t_per_gj oxidation co2_t_per_unit "
            "ch4_kg_per_gj n2o_kg_per_gj",
            flags="renewable biogenic",
            dates=_HOLDS,
            closed="kind",
        ),
        "exchange_rates": _table(
            "currency year cny_per_unit source verified seen_in note",
            key="currency year",
            numbers="cny_per_unit",
            integers="year",
        ),
        "expected_facts": _table("industries per fact source verified", key="industries per fact"),
        "finance_labels": _table(
            "id kind scheme_en scheme_zh chapter_en chapter_zh source verified seen_in valid_from valid_to note",
            key="id valid_from",
            dates=_HOLDS,
            series="id",
            closed="kind",
        ),
        "global_warming_potentials": _table(
            "substance family formula ar4_gwp100 ar5_gwp100 ar6_gwp100 aliases source verified seen_in note",
            key="substance",
            numbers="ar4_gwp100 ar5_gwp100 ar6_gwp100",
        ),
        "grid_factors": _table(
            "id level code name_en name_zh kind year factor unit method source verified seen_in valid_from valid_to note",
            numbers="factor",
            integers="year",
            dates=_HOLDS,
            series="level code kind",
            closed="level kind method",
        ),
        "industries": _table(
            "code name_en name_zh section nace_rev2 isic_rev4 naics2022 high_energy_consuming ets_covered cbam_exposed "
            "es_risk_class basis source verified seen_in seen_fields",
            key="code",
            integers="ets_covered",
            flags="high_energy_consuming cbam_exposed",
        ),
        "industry_map": _table(
            "scheme code name division borderline alt_divisions digits source verified seen_in seen_fields",
            key="scheme code",
            integers="digits",
            flags="borderline",
        ),
        "industry_statistics": _table(
            "industry_division enterprises revenue_trillion_cny energy_mtce energy_intensity_tce_per_10k_cny_revenue "
            "year source verified seen_in note",
            key="industry_division",
            numbers="enterprises revenue_trillion_cny energy_mtce energy_intensity_tce_per_10k_cny_revenue",
            integers="year",
        ),
        "market_statistics": _table(
            "id industry_division metric value unit year region source verified seen_in valid_from valid_to note",
            numbers="value",
            integers="year",
            dates=_HOLDS,
        ),
        "pollution_equivalents": _table(
            "id medium name_en name_zh equivalent_kg contract_substance source verified seen_in valid_from valid_to note",
            numbers="equivalent_kg",
            dates=_HOLDS,
            closed="medium contract_substance",
        ),
        "process_emission_factors": _table(
            "id name_en name_zh benchmark_id factor unit overlaps_fuel source verified seen_in valid_from valid_to note",
            numbers="factor",
            flags="overlaps_fuel",
            dates=_HOLDS,
        ),
        "product_footprints": _table(
            "product kgco2e_per_unit unit valid_from valid_to source verified seen_in note",
            key="product valid_from",
            numbers="kgco2e_per_unit",
            dates=_HOLDS,
            series="product",
        ),
        "regions": _table(
            "code name_en name_zh iso_3166_2 beijing_tianjin_hebei fenwei_or_yrd_air yangtze_economic_belt "
            "yellow_river_basin eco_compensation_basins green_finance_pilot carbon_market_pilot regional_grid source "
            "verified seen_in seen_fields regional_grid_7",
            key="code",
            flags="beijing_tianjin_hebei fenwei_or_yrd_air yangtze_economic_belt yellow_river_basin carbon_market_pilot",
        ),
        "sector_benchmarks": _table(
            "id product_en product_zh industry unit advanced baseline lower_is_better retrofit_deadline edition source "
            "verified seen_in valid_from valid_to note",
            numbers="advanced baseline",
            flags="lower_is_better",
            dates=f"retrofit_deadline {_HOLDS}",
        ),
        "support_measures": _table(
            "id name_en name_zh kind conditions conditions_zh rate unit applies_to_actions source verified seen_in valid_from valid_to "
            "note",
            dates=_HOLDS,
        ),
        "taxonomy_thresholds": _table(
            "id activity product_en product_zh metric unit threshold direction nace benchmark_id source verified seen_in "
            "valid_from valid_to note",
            numbers="threshold",
            dates=_HOLDS,
            closed="direction",
        ),
    }
)
"""Every reference table by its name (the CSV's name without ``.csv``)."""
