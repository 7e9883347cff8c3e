"""The substances that the emissions table knows, and how a bank may spell them.

Gases come from ``global_warming_potentials.csv``; the five pollutants with their tax equivalents from
``pollution_equivalents.csv``. What those tables cannot hold (baskets, the CO2e total, biogenic CO2) is declared here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import polars as pl

from features.errors import ReferenceDataError
from features.reference._active import per_set
from features.reference._load import table
from features.reference._text import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["POLLUTANTS", "SubstanceKind", "substance_kinds", "substance_spellings"]

SubstanceKind = Literal["gas", "basket", "total", "biogenic", "pollutant"]

_OWN: Mapping[str, tuple[SubstanceKind, tuple[str, ...]]] = MappingProxyType(
    {
        "CO2e": (
            "total",
            (
                "CO2eq",
                "CO2-eq",
                "CO2-e",
                "CO2 equivalent",
                "CO2当量",
                "二氧化碳当量",
                "碳当量",
                "GHG",
                "温室气体",
                "温室气体总量",
                "碳排放",
                "碳排放总量",
            ),
        ),
        "CO2_biogenic": (
            "biogenic",
            ("biogenic CO2", "CO2 biogenic", "生物源CO2", "生物源二氧化碳", "生物质CO2"),
        ),
        "HFCs": ("basket", ("HFC", "hydrofluorocarbons", "氢氟碳化物")),
        "PFCs": ("basket", ("PFC", "perfluorocarbons", "全氟碳化物", "全氟化碳")),
        "HFEs": ("basket", ("HFE", "hydrofluoroethers", "氢氟醚")),
        "other_fluorinated": ("basket", ("other fully fluorinated GHG", "其他含氟气体", "其他全氟温室气体")),
        "very_short_lived": ("basket", ("very short-lived compounds", "极短寿命化合物")),
        "other_ghg": ("basket", ("other GHGs", "其他温室气体")),
    }
)

POLLUTANTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "SO2": ("sulphur dioxide",),
        "NOx": ("氮氧化物(以NO2计)",),
        "PM": ("particulate matter", "particulates", "颗粒物", "soot", "粉尘"),
        "COD": ("CODcr",),
        "NH3-N": ("NH3N", "ammonia-nitrogen"),
    }
)
"""The contract's pollutants with further spellings beside the names in ``pollution_equivalents.csv``."""


def _declared() -> list[tuple[str, SubstanceKind, list[str]]]:
    rows: list[tuple[str, SubstanceKind, list[str]]] = []
    for gas in table("global_warming_potentials").sort("substance").iter_rows(named=True):
        names = [gas["substance"], *(gas["aliases"] or "").split(";")]
        rows.append((gas["substance"], "gas", names))
    rows.extend((own, kind, [own, *names]) for own, (kind, names) in _OWN.items())
    taxed = table("pollution_equivalents").filter(pl.col("contract_substance").is_not_null())
    for pollutant, further in POLLUTANTS.items():
        named = taxed.filter(pl.col("contract_substance") == pollutant)
        if named.is_empty():
            raise ReferenceDataError(
                f"The pollutant {pollutant} has no row.",
                where="pollution_equivalents.csv, column contract_substance",
                mend="Restore the file of this release.",
            )
        names = [pollutant, *named["name_en"].to_list(), *named["name_zh"].to_list(), *further]
        rows.append((pollutant, "pollutant", names))
    return rows


@per_set(maxsize=1)
def substance_kinds() -> Mapping[str, SubstanceKind]:
    """Return every substance id with what it is: a gas, a basket of gases, the total, biogenic CO2 or a pollutant.

    Examples
    --------
    >>> substance_kinds()["CH4"], substance_kinds()["HFCs"], substance_kinds()["NOx"]
    ('gas', 'basket', 'pollutant')
    """
    return MappingProxyType({substance: kind for substance, kind, _ in _declared()})


def substance_spellings() -> list[tuple[str, str]]:
    """Return pairs of normalised spelling and substance id, repeats included."""
    return [(normalise(name), substance) for substance, _, names in _declared() for name in names if name]
