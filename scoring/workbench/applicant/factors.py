"""The rows of the reference tables that turn the facts of a table into an indicator, each with its source.

A factor stands beside the rows that it is for: a carrier's standard coal and CO2, the grid of the firm's province, the warming
potential of a gas, the levels of a product, the standard of a certificate. They are those of the set in force, so call this
within :meth:`scoring.basis.Basis.in_force`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from features import reference
from features.editions import edition_of_year
from features.emissions.derived import grid_factor_of
from scoring.memo.strings import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from features.facts import Facts
    from scoring.texts import Language

__all__ = ["Factor", "factors_of"]

_LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class Factor:
    """A row of a reference table.

    Parameters
    ----------
    name, value
        What it is of, and its figures with their units.
    year
        Of the facts that it is used for; empty where it holds for any.
    source
        Where it comes from.
    recalled
        Whether it was written from memory of its source and not read in it.
    """

    name: str
    value: str
    year: str
    source: str
    recalled: bool


def factors_of(facts: Facts, table: str, lang: Language) -> list[Factor]:
    """Return the factors behind the facts of a table, each once.

    Parameters
    ----------
    facts
        As-of facts of one application.
    table
        Of the contract; one that needs no factor has none.
    lang
        Language of the names.
    """
    found = _OF_TABLE.get(table)
    if found is None or getattr(facts, table).is_empty():
        return []
    return list(dict.fromkeys(found(facts, lang)))


def _energy(facts: Facts, lang: Language) -> Iterator[Factor]:
    used = facts.energy.select(id="carrier", year="fact_year").unique().drop_nulls()
    editions = edition_of_year(reference.table("energy_carriers"), key=["id"], years=used["year"].to_list())
    for row in used.join(editions, on=["id", "year"]).sort("id", "year").iter_rows(named=True):
        figures = [f"{row['tce_per_unit']:g} tce/{row['unit']}"] if row["tce_per_unit"] is not None else []
        if row["co2_t_per_unit"] is not None:
            figures.append(f"{row['co2_t_per_unit']:g} tCO2/{row['unit']}")
        yield _factor(row, lang, "; ".join(figures))
    if used["id"].is_in(["electricity"]).any():
        yield from _grid(facts, lang)


def _grid(facts: Facts, lang: Language) -> Iterator[Factor]:
    years = facts.energy.select("application_id", year="fact_year").drop_nulls().unique()
    rows = grid_factor_of(facts, years).select("year", id="grid_id")
    named = reference.table("grid_factors").unique(subset=["id"], keep="last", maintain_order=True)
    for row in rows.join(named.drop("year"), on="id").sort("year").iter_rows(named=True):
        yield _factor(row, lang, f"{row['factor']:g} {row['unit']}")


def _production(facts: Facts, lang: Language) -> Iterator[Factor]:
    used = facts.production.select(id="product", year="fact_year").unique().drop_nulls()
    editions = edition_of_year(reference.table("sector_benchmarks"), key=["id"], years=used["year"].to_list())
    for row in used.join(editions, on=["id", "year"]).sort("id", "year").iter_rows(named=True):
        levels = " / ".join(
            "–" if row[level] is None else f"{row[level]:g}" for level in ("advanced", "baseline")
        )
        yield _factor(row, lang, f"{levels} {row['unit']}", name="product")


def _emissions(facts: Facts, _lang: Language) -> Iterator[Factor]:
    column = f"{facts.settings.warming_potentials}_gwp100"
    used = facts.emissions.select("substance").unique()
    named = used.join(reference.table("global_warming_potentials"), on="substance").sort("substance")
    for row in named.iter_rows(named=True):
        if row[column] is not None:
            yield Factor(
                name=row["substance"],
                value=f"{row[column]:g} tCO2e/t ({facts.settings.warming_potentials.upper()})",
                year="",
                source=shown(row["source"], most=_LONGEST),
                recalled=row["verified"] == "recalled",
            )
    weights = reference.table("pollution_equivalents").filter(pl.col("contract_substance").is_not_null())
    released = used.join(weights, left_on="substance", right_on="contract_substance").sort("substance", "id")
    for row in released.iter_rows(named=True):
        yield Factor(
            name=f"{row['substance']} ({row['medium']})",
            value=f"{row['equivalent_kg']:g} kg",
            year="",
            source=shown(row["source"], most=_LONGEST),
            recalled=row["verified"] == "recalled",
        )


def _certifications(facts: Facts, lang: Language) -> Iterator[Factor]:
    used = facts.certifications.select(id="scheme").unique()
    for row in used.join(reference.table("certifications"), on="id").sort("id").iter_rows(named=True):
        years = f"; {row['validity_years']:g} y" if row["validity_years"] is not None else ""
        yield _factor({**row, "year": None}, lang, f"{row['standard'] or row['id']}{years}")


def _factor(row: Mapping[str, Any], lang: Language, value: str, *, name: str = "name") -> Factor:
    return Factor(
        name=shown(row[f"{name}_{lang}"] or row["id"], most=100),
        value=shown(value, most=120),
        year="" if row["year"] is None else str(row["year"]),
        source=shown(row["source"], most=_LONGEST),
        recalled=row["verified"] == "recalled",
    )


_OF_TABLE: Mapping[str, Callable[[Facts, Language], Iterator[Factor]]] = {
    "energy": _energy,
    "production": _production,
    "emissions": _emissions,
    "certifications": _certifications,
}
