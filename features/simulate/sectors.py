"""What the simulation knows of industries beyond the statistics: fuel mixes, benchmark products, classes.

All of it is assumption, written for a plausible shape; none of it is a peer median shown to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CARRIERS",
    "DIVISION_GROUP",
    "EMERGING_CLASSES",
    "FOREIGN_CODES",
    "GROUPS",
    "GROUP_INCIDENTS",
    "GROUP_MIX",
    "GROUP_POLLUTANTS",
    "GROUP_RISK",
    "POLLUTANTS",
    "PRODUCTS",
    "PROVINCES",
    "Product",
]

CARRIERS: tuple[str, ...] = ("coal", "coke", "natural_gas", "diesel", "electricity", "heat", "biomass")
"""Parts of a firm's energy mix; ``coal`` becomes the firm's own sort of coal."""

GROUPS: tuple[str, ...] = ("light", "equipment", "chemicals", "minerals", "metals", "power", "mining", "data")

DIVISION_GROUP: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("06", "07", "08", "09", "10"), "mining"),
        **dict.fromkeys(("25", "26", "28", "29"), "chemicals"),
        **dict.fromkeys(("30",), "minerals"),
        **dict.fromkeys(("31", "32"), "metals"),
        **dict.fromkeys(("44",), "power"),
        **dict.fromkeys(("33", "34", "35", "36", "37", "38", "39", "40", "43"), "equipment"),
        "6450": "data",
    }
)
"""Industry division to its group; ``light`` where it is not listed."""

GROUP_MIX: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {  # logits of CARRIERS in tce
        "light": (-0.6, -9.0, 0.0, -1.6, 1.2, -0.3, -2.8),
        "equipment": (-2.2, -5.0, 0.2, -0.8, 1.9, -1.6, -6.0),
        "chemicals": (0.9, -3.0, 0.2, -2.2, 0.8, 0.4, -5.0),
        "minerals": (1.4, -3.0, 0.3, -1.8, 0.6, -3.0, -4.0),
        "metals": (0.4, 0.9, 0.0, -2.2, 1.2, -2.0, -8.0),
        "power": (0.6, -9.0, -0.8, -3.0, 0.4, -1.5, -2.5),
        "mining": (0.3, -9.0, -1.0, 0.4, 1.2, -2.5, -9.0),
        "data": (-9.0, -9.0, -4.0, -3.5, 3.0, -3.0, -9.0),
    }
)

POLLUTANTS: tuple[str, ...] = ("SO2", "NOx", "PM", "COD", "NH3-N")

GROUP_POLLUTANTS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {  # kg per 10,000 CNY of revenue, of POLLUTANTS
        "light": (0.02, 0.02, 0.008, 0.06, 0.004),
        "equipment": (0.005, 0.008, 0.004, 0.006, 0.0005),
        "chemicals": (0.06, 0.06, 0.03, 0.04, 0.004),
        "minerals": (0.10, 0.25, 0.12, 0.005, 0.0005),
        "metals": (0.12, 0.15, 0.10, 0.01, 0.001),
        "power": (0.10, 0.14, 0.02, 0.004, 0.0004),
        "mining": (0.02, 0.02, 0.05, 0.03, 0.001),
        "data": (0.0005, 0.002, 0.0002, 0.001, 0.0001),
    }
)

GROUP_INCIDENTS: Mapping[str, float] = MappingProxyType(
    {
        "light": 0.8, "equipment": 0.6, "chemicals": 1.8, "minerals": 1.6,
        "metals": 1.7, "power": 1.1, "mining": 1.7, "data": 0.2,
    }
)  # fmt: skip
"""Environmental incidents against the mean of all firms."""

GROUP_RISK: Mapping[str, float] = MappingProxyType(
    {
        "light": 0.3, "equipment": -0.3, "chemicals": 0.2, "minerals": 1.2,
        "metals": 0.8, "power": -1.6, "mining": 0.4, "data": -1.0,
    }
)  # fmt: skip
"""Standard scores of the industries' own risk of default."""

EMERGING_CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"34": ("3415", "3463"), "35": ("3591",), "36": ("3612",), "38": ("3825", "3841"), "42": ("4210", "4220")}
)
"""Classes of emerging industries by division."""

FOREIGN_CODES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "17": (("NACE2", "13"), ("ISIC4", "13")),
        "20": (("NACE2", "16"), ("ISIC4", "16")),
        "22": (("NACE2", "17"), ("ISIC4", "17")),
        "27": (("NACE2", "21"), ("ISIC4", "21")),
        "29": (("NACE2", "22"), ("ISIC4", "22")),
        "33": (("NACE2", "25"), ("ISIC4", "25")),
    }
)
"""Codes under which a foreign-owned firm of a division hands in its industry."""


@dataclass(frozen=True, kw_only=True)
class Product:
    """A benchmark product that a simulated firm can make.

    Parameters
    ----------
    id
        Id in ``sector_benchmarks``: its levels and its industry class are read there.
    energy_unit, quantity_unit
        Units in which its energy and its output are handed in.
    process
        Process emissions in tCO2 per unit of output that do not overlap with fuel.
    taxonomy
        Id in ``taxonomy_thresholds``; empty where none fits.
    cn_code
        Combined Nomenclature code under the border adjustment; empty where none.
    """

    id: str
    energy_unit: str = "tce"
    quantity_unit: str = "t"
    process: float = 0.0
    taxonomy: str = ""
    cn_code: str = ""


PRODUCTS: tuple[Product, ...] = (
    Product(id="coal_underground"),
    Product(id="coking_top_charged", taxonomy="tax_coke"),
    Product(id="coking_stamp_charged", taxonomy="tax_coke"),
    Product(id="methanol_bituminous"),
    Product(id="coal_to_ethylene_glycol", taxonomy="tax_eo_glycols"),
    Product(id="caustic_soda_liquid30"),
    Product(id="soda_ash_ammonia_light", taxonomy="tax_soda_ash"),
    Product(id="soda_ash_dual_dense", taxonomy="tax_soda_ash"),
    Product(id="calcium_carbide"),
    Product(id="yellow_phosphorus"),
    Product(id="ammonia_anthracite_lump", cn_code="2814"),
    Product(id="ammonia_natural_gas", cn_code="2814"),
    Product(id="map_slurry_granular"),
    Product(id="dap_slurry_granular"),
    Product(id="pvc_carbide"),
    Product(id="cement_clinker", process=0.535, taxonomy="tax_grey_clinker", cn_code="2523 10 00"),
    Product(id="flat_glass_gt800", quantity_unit="weight-case"),
    Product(id="ceramic_tile_e_le_0_5", quantity_unit="m2"),
    Product(id="sanitary_ceramics"),
    Product(id="blast_furnace_iron", taxonomy="tax_hot_metal", cn_code="7201"),
    Product(id="eaf_ge_50t", process=0.08, taxonomy="tax_eaf_carbon", cn_code="7207"),
    Product(id="ferrosilicon"),
    Product(id="silicomanganese"),
    Product(id="copper_conc_cathode"),
    Product(id="lead_smelting"),
    Product(id="zinc_hydro_with_residue"),
    Product(
        id="electrolytic_aluminium", energy_unit="MWh", process=1.6, taxonomy="tax_al_ghg", cn_code="7601"
    ),
    Product(id="data_centre", energy_unit="MWh", quantity_unit="MWh"),
)
"""Products in the order of the benchmark table; process emissions as in ``process_emission_factors``."""

PROVINCES: Mapping[str, float] = MappingProxyType(
    {
        "110000": 1.5, "120000": 1.8, "130000": 4.5, "140000": 2.0, "150000": 1.6, "210000": 3.0,
        "220000": 1.2, "230000": 1.2, "310000": 3.5, "320000": 13.0, "330000": 12.0, "340000": 4.8,
        "350000": 4.8, "360000": 3.8, "370000": 9.5, "410000": 6.0, "420000": 4.5, "430000": 4.5,
        "440000": 14.5, "450000": 2.2, "460000": 0.3, "500000": 2.2, "510000": 4.2, "520000": 1.5,
        "530000": 1.5, "540000": 0.1, "610000": 2.0, "620000": 0.9, "630000": 0.3, "640000": 0.6,
        "650000": 1.5,
    }
)  # fmt: skip
"""Weights of provinces (GB/T 2260), about their share of industrial firms."""
