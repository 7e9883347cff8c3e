"""Changed amounts written back to the tables: every row that a quantity came from changes by the same factor.

So months, sites and restatements keep their shares, and what a sum was made of still makes the sum. A carrier that was not
handed in comes as a row of the year. Rows are told by ``application_id`` and ``fact_year``, as in :class:`features.facts.Facts`;
:mod:`scoring.improve.dataset` gives clean tables these columns for a while.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.certification.family import FOOTPRINTS
from features.certification.ledger import schemes
from scoring.improve.amounts import ANNUAL, GASES, MACHINES, SCHEMES
from scoring.improve.firm_record import open_incident, replaced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from scoring.improve.amounts import Amounts, Known

__all__ = ["GREEN_SCHEME", "edited"]

GREEN_SCHEME = "green_power_trade"
"""Scheme of the certificates that a green-power contract brings."""

_PLANNED = "planned"
"""How the numbers of certificates and documents begin that an action would bring."""


def edited(
    tables: Mapping[str, pl.DataFrame],
    days: pl.DataFrame,
    known: Known,
    before: Amounts,
    after: Amounts,
    *,
    to_renew: pl.DataFrame,
) -> dict[str, pl.DataFrame]:
    """Return the tables after a change of the amounts.

    Parameters
    ----------
    tables
        The tables to edit, by name, each with ``application_id`` (an integer, the position of the application in
        ``known.application``) and, where dated, ``fact_year``.
    days
        ``application_id``, ``firm_id`` and ``as_of``.
    known, before, after
        The amounts as handed in and after a set of actions, consequences included.
    to_renew
        ``application_id``, ``scheme``, ``certificate_no``, ``issuer``, ``scope``, ``site_coverage`` and ``level`` of the
        certificates that can be renewed.

    Returns
    -------
    dict
        The tables that were given, edited; columns and their order as they were.
    """
    rows = pl.DataFrame({"application_id": known.application, "fact_year": known.year}).with_columns(
        pl.col("application_id").cast(pl.UInt32), pl.col("fact_year").cast(pl.Int32)
    )
    work = {
        "energy": _energy,
        "emissions": _emissions,
        "production": _production,
        "annual": _annual,
        "equipment": _equipment,
        "incidents": _incidents,
        "ecology": _ecology,
    }
    done = {
        name: work[name](table, rows, days, known, before, after) if name in work else table
        for name, table in tables.items()
    }
    if "certifications" in tables:
        done["certifications"] = _certifications(
            tables["certifications"], days, known, before, after, to_renew
        )
    return {name: done[name].select(tables[name].columns) for name in tables}


def _factor(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return after over before: NaN where a zero or nothing becomes an amount, so that a new row must say it."""
    changed = ~np.isclose(before, after, rtol=0.0, atol=0.0, equal_nan=True)
    ratio = np.ones(before.shape)
    held = changed & (np.nan_to_num(before) > 0)
    ratio[held] = after[held] / before[held]
    ratio[changed & ~held] = np.nan
    return ratio


def _long(
    rows: pl.DataFrame, values: NDArray[np.float64], keys: Mapping[str, tuple[str, ...]], *, name: str
) -> pl.DataFrame:
    """Return the values that are not 1 by row and key."""
    row, column = np.nonzero(values != 1.0)
    frame = rows[row.astype(np.uint32)] if len(row) else rows.clear()
    return frame.with_columns(
        *(pl.Series(key, [named[p] for p in column], dtype=pl.String) for key, named in keys.items()),
        pl.Series(name, values[row, column], dtype=pl.Float64),
    )


def _multiplied(table: pl.DataFrame, factors: pl.DataFrame, column: str) -> pl.DataFrame:
    """Multiply a column where there is a factor; a row whose factor is NaN goes, a new row takes its place."""
    if factors.is_empty():
        return table
    keys = [c for c in factors.columns if c != "_factor"]
    return (
        table.join(factors, on=keys, how="left", maintain_order="left")
        .filter(~pl.col("_factor").is_nan().fill_null(value=False))
        .with_columns(pl.col(column) * pl.col("_factor").fill_null(1.0))
        .drop("_factor")
    )


def _flag(rows: pl.DataFrame, where: NDArray[np.bool_], name: str) -> pl.DataFrame:
    return rows.filter(pl.Series(where)).with_columns(pl.lit(value=True).alias(name))


def _new_rows(table: pl.DataFrame, rows: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Give new rows the columns of a table: known from the day of the decision, of the whole year where there is one."""
    placed = rows.join(days, on="application_id", how="left", maintain_order="left")
    dated = "fact_year" in rows.columns
    year = pl.col("fact_year")
    filled = placed.with_columns(
        published_on=pl.col("as_of"),
        known_on=pl.col("as_of"),
        first_published_on=pl.col("as_of"),
        known_on_defaulted=pl.lit(value=False),
        row=pl.lit(0, dtype=pl.Int64),
        **(
            {
                "period": year.cast(pl.String),
                "period_start": pl.date(year, 1, 1),
                "period_end": pl.date(year, 12, 31),
            }
            if dated
            else {}
        ),
    )
    return filled.select(
        (pl.col(name) if name in filled.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in table.schema.items()
    )


def _energy(
    table: pl.DataFrame, rows: pl.DataFrame, days: pl.DataFrame, known: Known, before: Amounts, after: Amounts
) -> pl.DataFrame:
    carriers = known.carriers
    factor = _factor(before.energy, after.energy)
    keys = {"carrier": carriers.names, "flow": carriers.flows}
    changed = _multiplied(table, _long(rows, factor, keys, name="_factor"), "quantity")
    metered = _flag(rows, after.metered, "_metered")
    if not metered.is_empty():
        changed = (
            changed.join(metered, on=["application_id", "fact_year"], how="left", maintain_order="left")
            .with_columns(
                basis=pl.when(pl.col("_metered").fill_null(value=False) & (pl.col("basis") == "estimated"))
                .then(pl.lit("metered"))
                .otherwise("basis")
            )
            .drop("_metered")
        )
    new = _long(
        rows, np.where(np.isnan(factor), after.energy, 1.0), keys | {"unit": carriers.units}, name="quantity"
    )
    # What is made on site is metered; a firm that estimates what it buys will do so with another fuel.
    guesses = _flag(rows, (known.estimated > 0) & ~after.metered, "_guesses")
    based = new.join(
        guesses, on=["application_id", "fact_year"], how="left", maintain_order="left"
    ).with_columns(
        basis=pl.when(pl.col("_guesses").fill_null(value=False) & (pl.col("flow") == "purchased"))
        .then(pl.lit("estimated"))
        .otherwise(pl.lit("metered"))
    )
    added = _new_rows(table, based, days)
    return pl.concat([changed, added]) if not added.is_empty() else changed


def _emissions(
    table: pl.DataFrame,
    rows: pl.DataFrame,
    _days: pl.DataFrame,
    _known: Known,
    before: Amounts,
    after: Amounts,
) -> pl.DataFrame:
    # A total that was handed in as zero stays zero.
    factor = np.nan_to_num(_factor(before.emissions, after.emissions), nan=1.0)
    keys = {"scope": tuple(scope for scope, _ in GASES), "substance": tuple(gas for _, gas in GASES)}
    changed = _multiplied(table, _long(rows, factor, keys, name="_factor"), "quantity")
    assured = _flag(rows, after.assured, "_assured")
    if assured.is_empty():
        return changed
    bare = (
        pl.col("_assured").fill_null(value=False)
        & pl.col("scope").is_in(["1", "2-location", "2-market"])
        & ~pl.col("assurance").is_in(["limited", "reasonable"]).fill_null(value=False)
    )
    return (
        changed.join(assured, on=["application_id", "fact_year"], how="left", maintain_order="left")
        .with_columns(assurance=pl.when(bare).then(pl.lit("limited")).otherwise("assurance"))
        .drop("_assured")
    )


def _production(
    table: pl.DataFrame,
    rows: pl.DataFrame,
    _days: pl.DataFrame,
    known: Known,
    before: Amounts,
    after: Amounts,
) -> pl.DataFrame:
    factor = np.nan_to_num(_factor(before.product_energy, after.product_energy), nan=1.0)
    return _multiplied(table, _long(rows, factor, {"product": known.products}, name="_factor"), "energy")


def _annual(
    table: pl.DataFrame,
    rows: pl.DataFrame,
    _days: pl.DataFrame,
    _known: Known,
    before: Amounts,
    after: Amounts,
) -> pl.DataFrame:
    moved = np.flatnonzero(
        (~np.isclose(before.annual, after.annual, rtol=0.0, atol=0.0, equal_nan=True)).any(axis=1)
    )
    if not len(moved):
        return table
    values = rows[moved.astype(np.uint32)].with_columns(
        pl.Series(f"_{name}", after.annual[moved, place]).fill_nan(None) for place, name in enumerate(ANNUAL)
    )
    return (
        table.join(values, on=["application_id", "fact_year"], how="left", maintain_order="left")
        # A cell that was left empty stays empty: another row of the year states the figure.
        .with_columns(
            pl.when(pl.col(name).is_not_null()).then(pl.coalesce(f"_{name}", name)).alias(name)
            for name in ANNUAL
        )
        .drop(f"_{name}" for name in ANNUAL)
    )


def _equipment(
    table: pl.DataFrame,
    rows: pl.DataFrame,
    days: pl.DataFrame,
    _known: Known,
    _before: Amounts,
    after: Amounts,
) -> pl.DataFrame:
    firms = rows.select("application_id").with_columns(
        pl.Series(f"_{name}", after.machines[:, place]) for place, name in enumerate(MACHINES)
    )
    named = [f"_{name}" for name in MACHINES]
    chosen = firms.filter(pl.any_horizontal(named)).unique(subset=["application_id"], maintain_order=True)
    if chosen.is_empty():
        return table
    groups = replaced()
    day = days.select("application_id", _day="as_of")
    running = pl.col("retired_on").is_null() & (
        pl.col("commissioned_on").is_null() | (pl.col("commissioned_on") <= pl.col("_day"))
    )
    new = running & pl.any_horizontal(
        pl.col(f"_{name}").fill_null(value=False) & groups[name] for name in MACHINES
    )
    return (
        table.join(chosen, on="application_id", how="left", maintain_order="left")
        .join(day, on="application_id", how="left", maintain_order="left")
        .with_columns(new.alias("_new"))
        .with_columns(
            efficiency_grade=pl.when("_new").then(pl.lit(1, dtype=pl.Int32)).otherwise("efficiency_grade"),
            commissioned_on=pl.when("_new").then("_day").otherwise("commissioned_on"),
        )
        .drop(*named, "_day", "_new")
    )


def _incidents(
    table: pl.DataFrame,
    rows: pl.DataFrame,
    days: pl.DataFrame,
    _known: Known,
    _before: Amounts,
    after: Amounts,
) -> pl.DataFrame:
    chosen = _flag(rows, after.rectified, "_rectified").select("application_id", "_rectified").unique()
    if chosen.is_empty():
        return table
    happened = pl.col("occurred_on") <= pl.col("_day")
    return (
        table.join(chosen, on="application_id", how="left", maintain_order="left")
        .join(
            days.select("application_id", _day="as_of"),
            on="application_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            rectified_on=pl.when(pl.col("_rectified").fill_null(value=False) & open_incident() & happened)
            .then("_day")
            .otherwise("rectified_on")
        )
        .drop("_rectified", "_day")
    )


def _ecology(
    table: pl.DataFrame,
    rows: pl.DataFrame,
    days: pl.DataFrame,
    _known: Known,
    before: Amounts,
    after: Amounts,
) -> pl.DataFrame:
    stored = after.captured - before.captured
    new = rows.with_columns(pl.Series("amount", stored)).filter(pl.col("amount") > 0)
    if new.is_empty():
        return table
    kind = new.with_columns(kind=pl.lit("co2_stored"), unit=pl.lit("tCO2e"))
    return pl.concat([table, _new_rows(table, kind, days)])


def _certifications(
    table: pl.DataFrame,
    days: pl.DataFrame,
    known: Known,
    before: Amounts,
    after: Amounts,
    to_renew: pl.DataFrame,
) -> pl.DataFrame:
    rows = pl.DataFrame(
        {"application_id": known.application.astype(np.uint32), "fact_year": known.year.astype(np.int32)}
    )
    parts = [
        _green(table, rows, days, after.green_mwh - before.green_mwh),
        _obtained(table, rows, days, after.certified),
        _renewed(table, rows, days, after.renewed, to_renew),
    ]
    filled = [part for part in parts if not part.is_empty()]
    return pl.concat([table, *filled]) if filled else table


def _green(
    table: pl.DataFrame, rows: pl.DataFrame, days: pl.DataFrame, green: NDArray[np.float64]
) -> pl.DataFrame:
    new = rows.with_columns(pl.Series("quantity", green)).filter(
        (pl.col("quantity") > 0) & (pl.col("fact_year") > 0)
    )
    if new.is_empty():
        return table.clear()
    return _new_rows(
        table,
        new.join(days.select("application_id", "as_of"), on="application_id")
        .with_columns(
            scheme=pl.lit(GREEN_SCHEME),
            certificate_no=pl.lit(_PLANNED),
            unit=pl.lit("MWh"),
            status=pl.lit("valid"),
            issued_on=pl.col("as_of"),
            status_on=pl.col("as_of"),
            retired_on=pl.col("as_of"),
            verified_on=pl.col("as_of"),
        )
        .drop("as_of"),
        days,
    )


def _valid_from_now(new: pl.DataFrame) -> pl.DataFrame:
    """Date certificates: valid from the day of the decision, through the scheme's years, confirmed by its register."""
    validity = schemes().select("scheme", "validity_years")
    day = pl.col("as_of")
    return (
        new.join(validity, on="scheme", how="left", maintain_order="left")
        .with_columns(
            status=pl.lit("valid"),
            issued_on=day,
            status_on=day,
            verified_on=day,
            expires_on=day.dt.offset_by(pl.col("validity_years").cast(pl.String) + "y").dt.offset_by("-1d"),
        )
        .drop("as_of", "validity_years")
    )


def _obtained(
    table: pl.DataFrame, rows: pl.DataFrame, days: pl.DataFrame, certified: NDArray[np.bool_]
) -> pl.DataFrame:
    row, column = np.nonzero(certified)
    if not len(row):
        return table.clear()
    new = (
        rows.select("application_id")[row.astype(np.uint32)]
        .with_columns(scheme=pl.Series([SCHEMES[p] for p in column], dtype=pl.String))
        .unique(maintain_order=True)
        .join(days.select("application_id", "as_of"), on="application_id", maintain_order="left")
        .with_columns(
            certificate_no=pl.lit(_PLANNED),
            # A footprint is of a product, not of sites.
            site_coverage=pl.when(~pl.col("scheme").is_in(list(FOOTPRINTS))).then(1.0),
        )
    )
    return _new_rows(table, _valid_from_now(new), days)


def _renewed(
    table: pl.DataFrame,
    rows: pl.DataFrame,
    days: pl.DataFrame,
    renewed: NDArray[np.bool_],
    to_renew: pl.DataFrame,
) -> pl.DataFrame:
    firms = rows.filter(pl.Series(renewed)).select("application_id").unique(maintain_order=True)
    if firms.is_empty():
        return table.clear()
    new = firms.join(to_renew, on="application_id", maintain_order="left").join(
        days.select("application_id", "as_of"), on="application_id", maintain_order="left"
    )
    return _new_rows(table, _valid_from_now(new), days)
