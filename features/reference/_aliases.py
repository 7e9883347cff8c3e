"""From a spelling in a bank's sheet to the id of a reference table."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import polars as pl

from features.errors import ReferenceDataError
from features.reference._active import per_set
from features.reference._load import table
from features.reference._text import normalise, normalise_expr
from features.reference.substances import substance_spellings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Kind", "carrier_ids", "product_ids", "resolve", "scheme_ids", "substance_ids"]

Kind = Literal["carrier", "scheme", "product", "substance"]

ELECTRICITY = ("electricity", "electric power", "电力", "电", "发电", "发电量", "供电量", "上网电量")
"""The product of a power station: no benchmark row, but an id of its own."""


def _index(pairs: Iterable[tuple[str, str]], name: str) -> Mapping[str, str]:
    index: dict[str, str] = {}
    for spelling, identifier in pairs:
        if index.setdefault(spelling, identifier) != identifier:
            raise ReferenceDataError(
                f"The spelling {spelling!r} means both {index[spelling]!r} and {identifier!r}.",
                where=f"{name}.csv, aliases",
                mend="Leave the ambiguous alias out.",
            )
    return MappingProxyType(index)


def _spellings(name: str, *columns: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for row in table(name).sort("id").iter_rows(named=True):
        names = [row["id"], *(row[c] for c in columns), *(row.get("aliases") or "").split(";")]
        pairs.extend((normalise(spelling), row["id"]) for spelling in names if spelling)
    return pairs


@per_set(maxsize=1)
def carrier_ids() -> Mapping[str, str]:
    """Return normalised spelling to id of ``energy_carriers.csv``.

    Examples
    --------
    >>> carrier_ids()[normalise("原煤")], carrier_ids()[normalise("Natural Gas")]
    ('raw_coal', 'natural_gas')
    """
    return _index(_spellings("energy_carriers", "name_en", "name_zh"), "energy_carriers")


@per_set(maxsize=1)
def scheme_ids() -> Mapping[str, str]:
    """Return normalised spelling to id of ``certifications.csv``.

    Examples
    --------
    >>> scheme_ids()[normalise("ISO 14001")], scheme_ids()[normalise("十环认证")]
    ('iso14001', 'cn_env_label')
    """
    return _index(_spellings("certifications", "name_en", "name_zh"), "certifications")


@per_set(maxsize=1)
def product_ids() -> Mapping[str, str]:
    """Return normalised spelling to id of ``sector_benchmarks.csv``, or ``electricity``.

    Examples
    --------
    >>> product_ids()[normalise("水泥熟料")], product_ids()[normalise("发电量")]
    ('cement_clinker', 'electricity')
    """
    pairs = _spellings("sector_benchmarks", "product_en", "product_zh")
    return _index(pairs + [(normalise(name), "electricity") for name in ELECTRICITY], "sector_benchmarks")


@per_set(maxsize=1)
def substance_ids() -> Mapping[str, str]:
    """Return normalised spelling to substance id of the emissions table.

    Examples
    --------
    >>> substance_ids()[normalise("甲烷")], substance_ids()[normalise("CO2-eq")], substance_ids()[normalise("氨氮")]
    ('CH4', 'CO2e', 'NH3-N')
    """
    return _index(substance_spellings(), "global_warming_potentials")


def resolve(kind: Kind, expr: pl.Expr) -> pl.Expr:
    """Return the ids of a column of spellings, vectorised; null where the spelling is unknown.

    Parameters
    ----------
    kind
        ``carrier``, ``scheme``, ``product`` or ``substance``.
    expr
        A text column as handed in.

    Examples
    --------
    >>> pl.DataFrame({"c": ["烟 煤", "Ｃｏｋｅ", "moonlight"]}).select(resolve("carrier", pl.col("c")))["c"].to_list()
    ['bituminous_coal', 'coke', None]
    """
    index = {
        "carrier": carrier_ids,
        "scheme": scheme_ids,
        "product": product_ids,
        "substance": substance_ids,
    }[kind]()
    return normalise_expr(expr).replace_strict(
        list(index), list(index.values()), default=None, return_dtype=pl.String
    )
