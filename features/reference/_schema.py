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

__all__ = ["REFERENCE_TABLES", "VERIFIED", "ReferenceTable"]

VERIFIED = frozenset({"seen", "recalled", "own rule"})
"""How a row is known: read somewhere, written from memory of the standard, or a rule of this product."""


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
    """

    columns: tuple[str, ...]
    key: tuple[str, ...]
    numbers: frozenset[str] = frozenset()
    integers: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()


def _table(
    columns: str,
    *,
    key: str = "id",
    numbers: str = "",
    integers: str = "",
    flags: str = "",
    dates: str = "",
) -> ReferenceTable:
    return ReferenceTable(
        columns=tuple(columns.split()),
        key=tuple(key.split()),
        numbers=frozenset(numbers.split()),
        integers=frozenset(integers.split()),
        flags=frozenset(flags.split()),
        dates=frozenset(dates.split()),
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
        ),
        "china_ets": _table(
            "id kind sector unit_class metric unit value year source verified seen_in valid_from valid_to note",
            numbers="value",
            integers="year",
            dates=_HOLDS,
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
        ),
        "exchange_rates": _table(
            "currency year cny_per_unit source verified seen_in note",
            key="currency year",
            numbers="cny_per_unit",
            integers="year",
        ),
        "expected_facts": _table("industries per fact source verified", key="industries per fact"),
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
        ),
        "process_emission_factors": _table(
            "id name_en name_zh benchmark_id factor unit overlaps_fuel source verified seen_in valid_from valid_to note",
            numbers="factor",
            flags="overlaps_fuel",
            dates=_HOLDS,
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
            "id name_en name_zh kind conditions rate unit applies_to_actions source verified seen_in valid_from valid_to "
            "note",
            dates=_HOLDS,
        ),
        "taxonomy_thresholds": _table(
            "id activity product_en product_zh metric unit threshold direction nace benchmark_id source verified seen_in "
            "valid_from valid_to note",
            numbers="threshold",
            dates=_HOLDS,
        ),
    }
)
"""Every reference table by its name (the CSV's name without ``.csv``)."""
