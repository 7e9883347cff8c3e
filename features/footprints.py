"""The store of reference product carbon footprints: what a unit of a product usually emits, by product and date.

The product ships none, because it can source none that is free to pass on; a bank imports its footprint database as the
table ``product_footprints`` of its own reference tables (:func:`features.reference.overlaid`). A product without a row has
no reference: missing, never zero.
"""

from __future__ import annotations

import polars as pl

from features import reference
from features.editions import edition_of_year
from features.errors import ReferenceDataError, UnitError
from features.units import convert_factor

__all__ = ["FOOTPRINT_SCHEMA", "footprint_editions", "reference_footprint"]

FOOTPRINT_SCHEMA: dict[str, type[pl.DataType]] = {
    "reference_kgco2e_per_unit": pl.Float64,
    "reference_unit": pl.String,
    "reference_source": pl.String,
    "reference_recalled": pl.Boolean,
    "reference_other_edition": pl.Boolean,
}
"""Columns that :func:`reference_footprint` adds."""


def _product_key(product: pl.Expr) -> pl.Expr:
    """Return what products are compared by: the benchmark id of a spelling, else the spelling without case and blanks."""
    return pl.coalesce(reference.resolve("product", product), reference.normalise_expr(product))


def footprint_editions(store: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the rows of the store with the key that products are compared by.

    Parameters
    ----------
    store
        Rows of the table ``product_footprints``; those in force where it is not given.

    Returns
    -------
    pl.DataFrame
        The columns of the table and ``product_key``.

    Raises
    ------
    ReferenceDataError
        If two spellings of one product stand in the store: which of them holds could not be told.
    """
    rows = reference.table("product_footprints") if store is None else store
    keyed = rows.with_columns(product_key=_product_key(pl.col("product")))
    spellings = keyed.group_by("product_key").agg(pl.col("product").unique().sort()).sort("product_key")
    for row in spellings.filter(pl.col("product").list.len() > 1).head(1).to_dicts():
        raise ReferenceDataError(
            f"{' and '.join(repr(name) for name in row['product'])} are one product.",
            where="product_footprints.csv, column product",
            mend="Write one spelling of the product in all its rows.",
        )
    return keyed


def _per_given_unit(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return how much of the store's unit each given unit is; null where the one does not convert to the other."""
    factors: list[float | None] = []
    for given, stored in pairs.iter_rows():
        try:
            factors.append(convert_factor(given, stored))
        except UnitError:
            factors.append(None)
    return pairs.with_columns(pl.Series("_factor", factors, dtype=pl.Float64))


def reference_footprint(
    frame: pl.DataFrame, *, product: str = "product", year: str = "year", unit: str | None = None
) -> pl.DataFrame:
    """Return the frame with the reference footprint of each row's product in its year; row order is kept.

    The edition that holds at the year's end, or was the last to hold within it; where none does, the nearest earlier
    one, else the earliest later one, and ``reference_other_edition`` says so.

    Parameters
    ----------
    frame
        Rows with the columns named below.
    product
        Text: an id or name of a benchmark product, or a bank's own name; case, width and blanks do not count.
    year
        Calendar year of the fact (integer).
    unit
        Text: the unit of product that the fact is about, such as ``t``. Where it is given the reference is converted to
        it; one of another dimension gives null.

    Returns
    -------
    pl.DataFrame
        Added: the columns of :data:`FOOTPRINT_SCHEMA`. ``reference_kgco2e_per_unit`` is in kgCO2e per
        ``reference_unit``; ``reference_recalled``: the row was neither read in a source nor confirmed by a person. All
        are null where the store has no row of the product, or product or year are null.

    Raises
    ------
    ReferenceDataError
        As :func:`footprint_editions`.

    Examples
    --------
    >>> facts = pl.DataFrame({"product": ["cement_clinker"], "year": [2024]})
    >>> reference_footprint(facts).select("product", "reference_kgco2e_per_unit").rows()
    [('cement_clinker', None)]
    """
    asked = frame.select(
        pl.col(product).cast(pl.String).alias("_product"), pl.col(year).cast(pl.Int32).alias("_year")
    )
    editions = edition_of_year(
        footprint_editions(), key=["product_key"], years=asked["_year"].unique().to_list()
    ).select(
        _year="year",
        _key="product_key",
        reference_kgco2e_per_unit="kgco2e_per_unit",
        reference_unit="unit",
        reference_source="source",
        reference_recalled=pl.col("verified") == "recalled",
        reference_other_edition="other_edition",
    )
    found = asked.with_columns(_key=_product_key(pl.col("_product"))).join(
        editions, on=["_key", "_year"], how="left", maintain_order="left"
    )
    if unit is not None:
        found = _in_unit(found.with_columns(_unit=frame[unit].cast(pl.String)))
    return frame.drop(list(FOOTPRINT_SCHEMA), strict=False).hstack(found.select(list(FOOTPRINT_SCHEMA)))


def _in_unit(found: pl.DataFrame) -> pl.DataFrame:
    """Return the references per the row's own unit, null where they do not convert to it."""
    columns = ["_unit", "reference_unit"]
    pairs = _per_given_unit(found.select(columns).drop_nulls().unique().sort(columns))
    return found.join(pairs, on=columns, how="left", maintain_order="left").with_columns(
        pl.col("reference_kgco2e_per_unit") * pl.col("_factor"),
        reference_unit=pl.when(pl.col("_factor").is_not_null()).then("_unit").otherwise("reference_unit"),
    )
