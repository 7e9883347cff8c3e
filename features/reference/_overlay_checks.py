"""What a bank's rows must keep to beyond the types of their cells."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from features.errors import ReferenceDataError, UnitError
from features.reference._aliases import carrier_ids, product_ids, scheme_ids, substance_ids
from features.reference._load import shipped
from features.reference._schema import REFERENCE_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["check_rows", "check_use"]

_CARRIED = frozenset({"mass", "volume", "electricity", "heat"})
"""Dimensions in which a carrier can be measured."""

_COUNTED_ONCE = {
    "pollution_equivalents": ("contract_substance", pl.lit(value=True)),
    "process_emission_factors": (
        "benchmark_id",
        (pl.col("overlaps_fuel") == 0) & pl.col("unit").str.starts_with("tCO2/"),
    ),
}
"""Tables of which one key stands for a subject: the column of subjects, and the rows that are added up."""

_IMPOSSIBLE = {
    "energy_carriers": (
        "below zero",
        (
            "tce_per_unit",
            "heat_gj_per_unit",
            "emission_heat_gj_per_unit",
            "carbon_t_per_gj",
            "oxidation",
            "co2_t_per_unit",
        ),
    ),
    "grid_factors": ("below zero", ("factor",)),
    "exchange_rates": ("zero or below", ("cny_per_unit",)),
    "pollution_equivalents": ("zero or below", ("equivalent_kg",)),
}
"""Tables of physical factors and rates: what a figure of them cannot be, and the columns."""

_FIRST, _LAST = dt.date(1, 1, 1), dt.date(9999, 12, 31)


def _where(name: str, row: dict[str, object]) -> str:
    key = ", ".join(str(row[column]) for column in REFERENCE_TABLES[name].edition)
    return f"{name}.csv, row {key}"


def check_rows(name: str, own: pl.DataFrame) -> None:
    """Raise ReferenceDataError where a bank's rows cannot be laid over the shipped table.

    Parameters
    ----------
    name
        The table.
    own
        The bank's rows, typed, with the confirmation.
    """
    _refuse_repeats(name, own)
    _refuse_half_confirmation(name, own)
    _refuse_values_nobody_asks_for(name, own)
    _refuse_impossible_figures(name, own)
    _refuse_other_unit(name, own)
    _refuse_overlap(name, own)


def _refuse_repeats(name: str, own: pl.DataFrame) -> None:
    # As text two spellings of one day or year differ.
    for row in own.filter(pl.struct(REFERENCE_TABLES[name].edition).is_duplicated()).head(1).to_dicts():
        raise ReferenceDataError(
            "The key is written twice.", where=_where(name, row), mend="Leave one row for each key."
        )


def _refuse_half_confirmation(name: str, own: pl.DataFrame) -> None:
    half = own.filter(pl.col("confirmed_by").is_null() != pl.col("confirmed_on").is_null())
    for row in half.head(1).to_dicts():
        lacking = "confirmed_by" if row["confirmed_by"] is None else "confirmed_on"
        raise ReferenceDataError(
            f"The confirmation lacks {lacking}.",
            where=_where(name, row),
            mend="Write who confirmed the row and on which day, or neither.",
        )


def _refuse_values_nobody_asks_for(name: str, own: pl.DataFrame) -> None:
    for column in sorted(REFERENCE_TABLES[name].closed):
        known = shipped(name)[column].drop_nulls().unique().sort().to_list()
        for row in own.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(known)).head(1).to_dicts():
            raise ReferenceDataError(
                f"{row[column]!r} is no {column} that the product asks for.",
                where=f"{_where(name, row)}, column {column}",
                mend=f"Write one of {', '.join(known)}.",
            )


def _refuse_impossible_figures(name: str, own: pl.DataFrame) -> None:
    """Refuse a factor that no fuel, grid or currency has: it would turn a cost into a gain in silence."""
    what, columns = _IMPOSSIBLE.get(name, ("", ()))
    for column in columns:
        figure = pl.col(column)
        wrong = figure <= 0 if what == "zero or below" else figure < 0
        for row in own.filter(wrong).head(1).to_dicts():
            raise ReferenceDataError(
                f"{column} is {row[column]:g}, and it cannot be {what}.",
                where=f"{_where(name, row)}, column {column}",
                mend="Write the figure as its source states it, or leave the cell empty where it is not known.",
            )


def _refuse_other_unit(name: str, own: pl.DataFrame) -> None:
    """Refuse a row whose unit is not that of the other rows of its series: its figure would be read in the old unit."""
    declared = REFERENCE_TABLES[name]
    series = list(declared.series)
    for column in declared.units:
        rows = pl.concat(
            [
                shipped(name).select(*series, column).with_columns(_own=pl.lit(value=False)),
                own.select(*series, column).with_columns(_own=pl.lit(value=True)),
            ]
        )
        units = rows.group_by(series).agg(_units=pl.col(column).drop_nulls().unique().sort())
        known = own.join(units, on=series, how="left", nulls_equal=True, maintain_order="left")
        wrong = (pl.col("_units").list.len() > 1) | (
            pl.col(column).is_null() & (pl.col("_units").list.len() > 0)
        )
        for row in known.filter(wrong).head(1).to_dicts():
            raise ReferenceDataError(
                f"The row is in {row[column] or 'no unit'!r}; its series has {' and '.join(row['_units'])}.",
                where=f"{_where(name, row)}, column {column}",
                mend="Convert the figure to the unit of the series, or write it under a key of its own.",
            )


def _refuse_overlap(name: str, own: pl.DataFrame) -> None:
    """Refuse two rows of one series that hold on the same day, of which the bank wrote at least one."""
    declared = REFERENCE_TABLES[name]
    if not declared.dated:
        return
    for row in own.filter(pl.col("valid_to") < pl.col("valid_from")).head(1).to_dicts():
        raise ReferenceDataError(
            f"The row ends on {row['valid_to']}, before it begins.",
            where=_where(name, row),
            mend="Write the last day on which it holds under valid_to, or leave that empty.",
        )
    series, edition = list(declared.series), list(declared.edition)
    columns = list(dict.fromkeys([*series, *edition, "valid_to"]))
    kept = shipped(name).join(own.select(edition), on=edition, how="anti").select(columns)
    rows = (
        pl.concat([kept, own.select(columns)])
        .join(own.select(series).unique(), on=series, how="semi", nulls_equal=True)
        .with_columns(_ends=pl.col("valid_to").fill_null(_LAST))
        .sort(*series, "valid_from", "_ends", nulls_last=True)
        .with_columns(
            _before=pl.col("_ends").shift().over(series), _began=pl.col("valid_from").shift().over(series)
        )
    )
    for row in rows.filter(pl.col("valid_from") <= pl.col("_before")).head(1).to_dicts():
        shared = ", ".join(str(row[column]) for column in series)
        eve = max(row["valid_from"], _FIRST + dt.timedelta(days=1)) - dt.timedelta(days=1)
        raise ReferenceDataError(
            f"Two rows of {shared} hold on {row['valid_from']}: the other began on {row['_began']} and has "
            + ("no end." if row["_before"] == _LAST else f"its end on {row['_before']}."),
            where=_where(name, row),
            mend=f"Lay the earlier row over as well, with valid_to {eve}, or let this one begin after it.",
        )


def check_use(name: str, own: pl.DataFrame, laid: pl.DataFrame) -> None:
    """Raise ReferenceDataError where the product could not use a row; the bank's set is in force.

    Parameters
    ----------
    name
        The table.
    own
        The bank's rows.
    laid
        The whole table with the bank's rows in it.
    """
    # Each index refuses a spelling that means two things.
    indexes: dict[str, Callable[[], object]] = {
        "energy_carriers": carrier_ids,
        "certifications": scheme_ids,
        "sector_benchmarks": product_ids,
        "global_warming_potentials": substance_ids,
        "pollution_equivalents": substance_ids,
    }
    if name in indexes:
        indexes[name]()
    if name in {"energy_carriers", "sector_benchmarks", "product_footprints"}:
        _readable_units(name, own)
    if name in _COUNTED_ONCE:
        _refuse_second_row(name, laid)
    if name == "product_footprints":
        from features.footprints import footprint_editions  # noqa: PLC0415  (stands above this package)

        footprint_editions(laid)


def _refuse_second_row(name: str, laid: pl.DataFrame) -> None:
    """Refuse two keys for one subject: the product would add both up."""
    subject, counted = _COUNTED_ONCE[name]
    named = laid.filter(counted).with_columns(_subject=pl.col(subject).str.split(";"))
    keys = (
        named.explode("_subject")
        .drop_nulls("_subject")
        .group_by("_subject")
        .agg(_keys=pl.col("id").unique(maintain_order=True))
        .sort("_subject")
    )
    for row in keys.filter(pl.col("_keys").list.len() > 1).head(1).to_dicts():
        raise ReferenceDataError(
            f"{' and '.join(row['_keys'])} are both for {row['_subject']}, which would count twice.",
            where=f"{name}.csv, column {subject}",
            mend=f"Lay the figure over the row {row['_keys'][0]}.",
        )


def _readable_units(name: str, own: pl.DataFrame) -> None:
    from features.units import energy_total_factor, parse_unit  # noqa: PLC0415  (stands above this package)

    for row in own.to_dicts():
        unit: str = row["unit"] or ""
        energy, _, output = unit.partition("/") if name == "sector_benchmarks" else ("kgce", "", unit)
        try:
            energy_total_factor(energy)
            measured = parse_unit(output.strip("()"))
        except UnitError as error:
            raise ReferenceDataError(
                f"The unit {unit!r} cannot be used. {error.what}",
                where=f"{_where(name, row)}, column unit",
                mend=f"{error.mend} A benchmark is energy per output, such as kgce/t."
                if name == "sector_benchmarks"
                else error.mend,
            ) from error
        if name == "energy_carriers" and measured.dimension not in _CARRIED:
            raise ReferenceDataError(
                f"The unit {unit!r} measures no carrier.",
                where=f"{_where(name, row)}, column unit",
                mend="Write t, 1e4m3, MWh or GJ.",
            )
