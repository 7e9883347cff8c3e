"""From parsed values to canonical ones: ids of carriers, schemes and substances, canonical units, money in 10,000 CNY."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from features.contract import CONTRACT
from features.errors import UnitError
from features.industries import map_industries
from features.intake.cells import choices, filled, respell
from features.intake.parse import choice_hint
from features.intake.per_product import design_energy, footprints, is_unit
from features.intake.quarantine import raw
from features.reference import resolve, substance_kinds
from features.reference import table as reference_table
from features.units import CONVERSION_SCHEMA, convert, money_factor, money_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from features.intake.quarantine import Ledger

__all__ = ["COMPENSATION", "canonical"]

_Known = Literal["carrier", "scheme", "product", "substance"]
_Measured = Literal["energy", "emissions", "production", "energy_total"]

_MONEY_DAY = {"annual": "period_start", "incidents": "occurred_on", "applications": "as_of", "loans": "as_of"}
"""The day whose year's mean rate turns a row's money into yuan."""

COMPENSATION = ("compensation_due", "compensation_paid", "compensation_received")
"""Kinds of the table ecology whose amount is money; the others are tCO2e."""

_RATE_SCHEMA = {"_factor": pl.Float64, "_other_year": pl.Boolean, "_en": pl.String, "_zh": pl.String}


def canonical(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Return the rows with canonical ids, units, money and defaults.

    Parameters
    ----------
    work
        Parsed rows of :func:`features.intake.parse.parse`.
    ledger
        Takes what cannot be converted, and every default.
    """
    special = _SPECIAL.get(ledger.table.name)
    if special is not None:
        work = special(work, ledger)
    for column in ledger.table.columns:
        if (
            column.default is not None
            and column.kind == "choice"
            and (ledger.table.name, column.name) not in _OWN
        ):
            work = _default(work, ledger, column.name, pl.col(column.name).is_null(), pl.lit(column.default))
    if ledger.table.name in _MONEY_DAY:
        work = _money(work, ledger)
    return work


def _default(
    work: pl.DataFrame,
    ledger: Ledger,
    column: str,
    where: pl.Expr,
    value: pl.Expr,
    reason: str = "contract_default",
) -> pl.DataFrame:
    work = work.with_columns(
        pl.when(where).then(value).otherwise(pl.col(column)).alias(column), where.alias("_where")
    )
    ledger.default(work.filter("_where"), column, reason)
    return work.drop("_where")


def _known(work: pl.DataFrame, ledger: Ledger, column: str, kind: _Known) -> pl.DataFrame:
    """Turn the spellings of a column into ids; refuse the unknown ones."""
    work = work.with_columns(resolve(kind, pl.col(column)).alias("_id"))
    ledger.refuse(
        work.filter(pl.col(column).is_not_null() & pl.col("_id").is_null()), column, f"unknown_{kind}"
    )
    return work.with_columns(pl.col("_id").alias(column)).drop("_id")


def _product(work: pl.DataFrame, column: str) -> pl.DataFrame:
    """Turn the spellings of a product column into ids where they match; free text stays."""
    return work.with_columns(pl.coalesce(resolve("product", pl.col(column)), pl.col(column)).alias(column))


def _measure(
    work: pl.DataFrame,
    ledger: Ledger,
    kind: _Measured,
    *,
    quantity: str = "quantity",
    unit: str = "unit",
    of: str | None = None,
    where: pl.Expr | None = None,
) -> pl.DataFrame:
    """Convert a quantity to its canonical unit; refuse unknown units and wrong dimensions.

    Parameters
    ----------
    of
        Column of ids; rows without one are left alone, but for products, where it means free text.
    where
        Rows to convert; all where it is not given.
    """
    asked = pl.lit(value=True) if where is None else where
    if not ledger.table.column(unit).required:
        lacking = asked & pl.col(quantity).is_not_null() & pl.col(unit).is_null()
        ledger.refuse(
            work.filter(lacking),
            unit,
            "missing_required",
            hint=(f"{quantity} needs a unit.", "数量须有单位。"),
        )
    ids = pl.lit(None, dtype=pl.String) if of is None else pl.col(of)
    if kind == "production":
        ids = pl.when(resolve("product", ids).is_not_null()).then(ids)
    elif of is not None:
        asked &= ids.is_not_null()
    asked &= pl.col(quantity).is_not_null() & pl.col(unit).is_not_null()
    work = work.with_columns(ids.alias("_of"), pl.when(asked).then(pl.col(unit)).alias("_unit"))
    if kind == "energy":
        work = work.with_columns(_year=pl.col("period_start").dt.year())
    work = convert(
        work,
        kind=kind,
        unit="_unit",
        of=None if of is None else "_of",
        year="_year" if kind == "energy" else None,
    ).drop("_year", strict=False)
    spelled = work.get_column("_unit").drop_nulls().unique().sort().to_list()
    known_units = [text for text in spelled if is_unit(text)]
    refused = work.filter(pl.col("_unit").is_not_null() & pl.col("unit_error").is_not_null())
    known = pl.col("_unit").is_in(known_units)
    ledger.refuse(
        refused.filter(~known), unit, "unknown_unit", hint=(pl.col("unit_mend"), pl.col("unit_mend_zh"))
    )
    ledger.refuse(
        refused.filter(known),
        unit,
        "wrong_dimension",
        hint=(
            pl.concat_str("unit_error", "unit_mend", separator=" "),
            pl.concat_str("unit_error_zh", "unit_mend_zh"),
        ),
    )
    ledger.default(
        work.filter(pl.col("heat_value").fill_null(value=False)),
        quantity,
        "heat_value",
        value=pl.col("_unit"),
    )
    converted = pl.col("factor").is_not_null()
    return work.with_columns(
        pl.when(converted)
        .then(pl.col(quantity) * pl.col("factor"))
        .otherwise(pl.col(quantity))
        .alias(quantity),
        pl.when(converted).then(pl.col("canonical_unit")).otherwise(pl.col(unit)).alias(unit),
    ).drop("_of", "_unit", *CONVERSION_SCHEMA)


def _money(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Turn a row's money into 10,000 CNY at the mean rate of its year."""
    columns = [column.name for column in ledger.table.columns if column.kind == "money"]
    has_money = pl.any_horizontal(pl.col(columns).is_not_null())
    work = _default(work, ledger, "currency", pl.col("currency").is_null() & has_money, pl.lit("CNY"))
    work = work.with_columns(pl.col(_MONEY_DAY[ledger.table.name]).dt.year().alias("_year"))
    work = _with_rates(work, ledger, currency="currency", told="currency", where=has_money)
    codes = respell(work.get_column("currency"), _code)
    return work.with_columns(
        *(pl.col(column) * pl.col("_factor") for column in columns), codes.alias("currency")
    ).drop("_year", *_RATE_SCHEMA)


def _with_rates(
    work: pl.DataFrame, ledger: Ledger, *, currency: str, told: str, where: pl.Expr
) -> pl.DataFrame:
    """Add ``_RATE_SCHEMA``: the factor from the row's currency to 10,000 CNY at the mean rate of its ``_year``.

    Parameters
    ----------
    currency
        Column with the currency and its multiple.
    told
        Column of the contract under which refusals and defaults are recorded.
    where
        Rows that hold money.
    """
    pairs = work.filter(where).select(currency, "_year").drop_nulls().unique().sort(currency, "_year")
    answers = [_rate(spelled, year) for spelled, year in pairs.rows()]
    rates = pairs.hstack(pl.DataFrame(answers, schema=_RATE_SCHEMA, orient="row"))
    work = work.join(rates, on=[currency, "_year"], how="left", maintain_order="left")
    ledger.refuse(
        work.filter(pl.col("_en").is_not_null() & where),
        told,
        "unknown_currency",
        hint=(pl.col("_en"), pl.col("_zh")),
    )
    ledger.default(work.filter(pl.col("_other_year") & where), told, "exchange_rate")
    return work


def _rate(currency: str, year: int) -> tuple[float | None, bool, str | None, str | None]:
    try:
        found = money_factor(currency, year)
    except UnitError as error:
        return None, False, error.mend, error.mend_zh
    if found.factor is None:
        return None, False, f"There is no rate for {year} or before.", f"没有 {year} 年及以前的汇率。"
    return found.factor, found.note is not None, None, None


def _code(currency: str) -> str | None:
    try:
        return money_unit(currency)[0]
    except UnitError:
        return None


def _firms(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    work = _default(
        work,
        ledger,
        "industry_scheme",
        pl.col("industry").is_not_null() & pl.col("industry_scheme").is_null(),
        pl.lit(CONTRACT["firms"].column("industry_scheme").default),
    )
    mapped = map_industries(work.select("row", "firm_id", "industry", "industry_scheme"))
    ledger.default(
        mapped.filter(pl.col("industry").is_not_null() & pl.col("division").is_null()),
        "industry",
        "unknown_industry",
    )
    return work


def _energy(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    return _measure(_known(work, ledger, "carrier", "carrier"), ledger, "energy", of="carrier")


def _production(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    work = _measure(_product(work, "product"), ledger, "production", of="product")
    work = _measure(work, ledger, "energy_total", quantity="energy", unit="energy_unit")
    work = work.with_columns(pl.lit("CO2e").alias("_total"))
    return _measure(work, ledger, "emissions", quantity="emissions", unit="emissions_unit", of="_total").drop(
        "_total"
    )


def _emissions(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    work = _known(work, ledger, "substance", "substance")
    declared = ledger.table.column("scope")
    kinds = substance_kinds()
    substance, scope = pl.col("substance"), pl.col("scope")
    # Biogenic CO2 is reported beside the scopes, pollutants know none; any other gas counts only under its scope.
    gas = substance.is_in([name for name, kind in kinds.items() if kind not in {"pollutant", "biogenic"}])
    pollutant = substance.is_in([name for name, kind in kinds.items() if kind == "pollutant"])
    ledger.refuse(
        work.filter(gas & filled(raw("scope")).is_null()),
        "scope",
        "missing_required",
        hint=("A greenhouse gas counts only under its scope.", "温室气体须注明范围。"),
    )
    scopes = [choice for choice in declared.choices if choice != declared.default]
    ledger.refuse(
        work.filter(gas & (scope == declared.default)),
        "scope",
        "not_a_choice",
        hint=(", ".join(scopes), "、".join(scopes)),
    )
    none = pl.lit(declared.default)
    work = _default(work, ledger, "scope", pollutant & (scope != none), none, "pollutant_scope")
    work = _default(work, ledger, "scope", ~gas & scope.is_null(), none)
    return _measure(work, ledger, "emissions", of="substance")


def _certifications(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    work = _product(_known(work, ledger, "scheme", "scheme"), "product")
    schemes = (
        reference_table("certifications")
        .filter(pl.col("kind") == "energy_attribute")
        .get_column("id")
        .to_list()
    )
    work = work.with_columns(pl.lit("electricity").alias("_carried"))
    work = _measure(work, ledger, "production", of="_carried", where=pl.col("scheme").is_in(schemes))
    work = footprints(work.drop("_carried"), ledger)
    return _date_from(work, ledger, "status_on", "issued_on")


def _checks(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    kinds = CONTRACT["incidents"].column("kind")
    incident = choices(work.get_column("kind"), kinds).alias("_incident")
    work = work.with_columns(incident, resolve("scheme", pl.col("kind")).alias("_scheme"))
    of_incidents, of_schemes = pl.col("table") == "incidents", pl.col("table") == "certifications"
    given = pl.col("kind").is_not_null()
    ledger.refuse(
        work.filter(of_incidents & given & pl.col("_incident").is_null()),
        "kind",
        "not_a_choice",
        hint=choice_hint(kinds),
    )
    ledger.refuse(work.filter(of_schemes & given & pl.col("_scheme").is_null()), "kind", "unknown_scheme")
    known = pl.when(of_incidents).then(pl.col("_incident")).otherwise(pl.col("_scheme"))
    work = work.with_columns(known.alias("kind")).drop("_incident", "_scheme")
    return _date_from(work, ledger, "to", "checked_on")


def _date_from(work: pl.DataFrame, ledger: Ledger, column: str, other: str) -> pl.DataFrame:
    """Take the row's other date where one is empty."""
    empty = pl.col(column).is_null() & pl.col(other).is_not_null()
    return _default(work, ledger, column, empty, pl.col(other), "from_other_date")


def _ecology(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Compensation is money, everything else carbon dioxide; one cannot be written in the unit of the other."""
    paid = pl.col("kind").is_in(COMPENSATION)
    carbon = pl.col("kind").is_not_null() & ~paid
    # A tonne of CO2 is a tCO2e, and what is stored or used is written in either.
    work = work.with_columns(pl.lit("CO2").alias("_gas"))
    work = _measure(work, ledger, "emissions", quantity="amount", of="_gas", where=carbon).drop("_gas")
    work = work.with_columns(
        pl.when(paid).then("unit").alias("_money"), pl.col("period_start").dt.year().alias("_year")
    )
    work = _with_rates(work, ledger, currency="_money", told="unit", where=pl.col("_money").is_not_null())
    converted = pl.col("_factor").is_not_null()
    return work.with_columns(
        pl.when(converted).then(pl.col("amount") * pl.col("_factor")).otherwise("amount").alias("amount"),
        pl.when(converted).then(pl.lit("10k CNY")).otherwise(pl.lit("tCO2e")).alias("unit"),
    ).drop("_money", "_year", *_RATE_SCHEMA)


def _applications(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    return design_energy(_product(work, "project_product"), ledger)


_OWN = frozenset({("firms", "industry_scheme"), ("emissions", "scope")})
"""Choices whose default depends on the row and is taken by the table's own function."""

_SPECIAL: Mapping[str, Callable[[pl.DataFrame, Ledger], pl.DataFrame]] = {
    "firms": _firms,
    "energy": _energy,
    "production": _production,
    "emissions": _emissions,
    "certifications": _certifications,
    "checks": _checks,
    "applications": _applications,
    "ecology": _ecology,
}
