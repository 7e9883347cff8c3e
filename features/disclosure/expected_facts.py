"""Which facts are expected of each firm, and which of them were handed in.

The declarations stand in ``expected_facts.csv``:

- ``industries`` is ``all``, ``section B;C;D``, codes of divisions or classes (``06;07``, ``6450``), or a flag of the
  industry table (``high_energy_consuming=1``, ``cbam_exposed=1``; ``ets_covered``: from its first year on,
  :func:`features.ecology.in_trading`).
- ``per`` is ``firm``, or ``firm,year``: the fact of the latest calendar year that is due on ``as_of``, which is the
  latest one whose end plus the usual reporting delay of the fact's table has passed, or of a later year that is over. A
  firm that stops reporting loses coverage. What was due before the firm was founded is not expected of it.
- ``fact`` is ``table.what``. A fact of a table that the contract does not carry is not expected.

A year counts as handed in where the whole year was (12 months, 4 quarters or the year), a zero included. Of a firm
whose industry is not known, everything that hangs on a section is expected: silence on the industry must not shrink the
list. A check counts where it was made in the 12 months before ``as_of``.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.checks import ANSWER_MONTHS, answers
from features.contract import CONTRACT
from features.ecology import ECOLOGY_KINDS, ecology_by_year, in_trading
from features.energy.balance import energy_balance
from features.errors import ReferenceDataError
from features.periods import due_year
from features.reference import table
from features.totals import annual_by_year, finest_periods, production_by_year

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from features.facts import Facts

__all__ = [
    "OUTSIDE_SCOPES",
    "due_year",
    "expected_facts",
    "handed_in_years",
    "whole_emissions",
    "whole_years",
]

_POLLUTANTS = ("SO2", "NOx", "PM", "COD", "NH3-N")
OUTSIDE_SCOPES = "CO2_biogenic"
"""The substance that is reported beside the scopes, not in them."""

_NO_FUEL = ("electricity", "heat")

_AMOUNTS: Mapping[str, Collection[str]] = MappingProxyType(
    {"annual": CONTRACT["annual"].clean_schema, "ecology": ECOLOGY_KINDS}
)
"""Tables whose facts are columns."""

_ENERGY: Mapping[str, pl.Expr] = MappingProxyType(
    {
        "electricity": pl.col("kind") == "electricity",
        "any_fuel": ~pl.col("kind").is_in(list(_NO_FUEL)),
    }
)
_EMISSIONS: Mapping[str, pl.Expr] = MappingProxyType(
    {
        "scope1": (pl.col("scope") == "1") & (pl.col("substance") != OUTSIDE_SCOPES),
        "scope2": pl.col("scope").is_in(["2-location", "2-market"]),
        "scope3": pl.col("scope") == "3",
        "pollutants": pl.col("substance").is_in(list(_POLLUTANTS)),
    }
)
"""What is looked for under a name of its own; any other fact of emissions is a substance."""


def whole_years(rows: pl.DataFrame, *, fact: Sequence[str]) -> pl.DataFrame:
    """Return the rows of a dated table whose quantity is complete for its year, with ``year`` (Int32).

    Parameters
    ----------
    rows
        Energy, emissions or production facts.
    fact
        Columns that, with the application, tell one fact from another.
    """
    selected = finest_periods(
        rows, fact=["application_id", *fact], value="quantity", label=pl.lit("quantity")
    ).rows
    return selected.filter(pl.col("quantity").is_not_null()).with_columns(
        pl.col("fact_year").cast(pl.Int32).alias("year")
    )


def whole_emissions(facts: Facts) -> pl.DataFrame:
    """Return :func:`whole_years` of the emissions."""
    return facts.once(
        "whole_emissions",
        lambda every: whole_years(every.emissions, fact=["scope", "category", "substance", "site"]),
    )


def expected_facts(facts: Facts) -> pl.DataFrame:
    """Return what is expected of each application's firm.

    Parameters
    ----------
    facts
        As-of facts.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``fact`` (``table.what``), ``year`` (Int32; null for facts per firm), ``handed_in``
        (Boolean); one row per expected fact, sorted.

    Raises
    ------
    ReferenceDataError
        If a declaration names a fact, an industry or a flag that cannot be told.
    """
    declared: dict[tuple[str, str], list[str]] = {}
    for row in table("expected_facts").iter_rows(named=True):
        if _table(row["fact"]) in CONTRACT:
            declared.setdefault((row["fact"], row["per"]), []).append(row["industries"])
    names = sorted({fact for fact, _ in declared})
    wide = facts.applications.lazy()
    for given in _handed_in(facts, names):
        wide = wide.join(given, on="application_id", how="left", maintain_order="left")
    # One place of every fact in the record of each application: the rows come in order, none is sorted.
    places = [_place(fact, per, declared[fact, per]) for fact, per in sorted(declared)]
    listed = pl.lit(pl.Series([fact for fact, _ in sorted(declared)]))
    return (
        wide.select(
            "application_id",
            wanted=pl.concat_arr(place.wanted for place in places),
            year=pl.concat_arr(place.year for place in places),
            handed_in=pl.concat_arr(place.handed_in for place in places),
        )
        .explode("wanted", "year", "handed_in")
        .with_columns(fact=listed.gather(pl.int_range(pl.len()) % len(places)))
        .filter("wanted")
        .select("application_id", "fact", "year", "handed_in")
        .collect()
    )


def handed_in_years(facts: Facts, names: Sequence[str]) -> pl.DataFrame:
    """Return the latest year of which each fact was handed in whole, whether it is expected or not.

    Parameters
    ----------
    facts
        As-of facts.
    names
        Facts as ``expected_facts.csv`` writes them (``table.what``).

    Returns
    -------
    pl.DataFrame
        ``application_id``, and of every name ``NAME found`` (Boolean, never null) and ``NAME year`` (Int32, null where the
        fact has no year); one row per application, sorted.

    Raises
    ------
    ReferenceDataError
        If a name is no fact that can be looked for.
    """
    wide = facts.applications.lazy().select("application_id")
    for given in _handed_in(facts, names):
        wide = wide.join(given, on="application_id", how="left", maintain_order="left")
    return wide.with_columns(pl.col(f"{name} found").fill_null(value=False) for name in names).collect()


@dataclass(frozen=True, kw_only=True)
class _Place:
    """One declared fact: of which applications it is expected, of which year, and whether that was handed in."""

    wanted: pl.Expr
    year: pl.Expr
    handed_in: pl.Expr


def _table(fact: str) -> str:
    return fact.partition(".")[0]


def _refuse(what: str, fact: str, mend: str) -> ReferenceDataError:
    return ReferenceDataError(what, where=f"expected_facts.csv, fact {fact}", mend=mend)


def _place(fact: str, per: str, industries: Sequence[str]) -> _Place:
    """Return one declared fact as expressions over the applications and what :func:`_handed_in` found of them."""
    delay = CONTRACT[_table(fact)].reporting_delay_days
    found = pl.col(f"{fact} found").fill_null(value=False)
    due = due_year(pl.col("as_of"), delay_days=delay or 0)
    applies = reduce(operator.or_, (_applies(those, fact, due) for those in industries))
    if per == "firm":
        return _Place(wanted=applies, year=pl.lit(None, dtype=pl.Int32), handed_in=found)
    if per == "firm,year" and delay is not None:
        year = due.cast(pl.Int32)
        exists = (pl.col("founded_on").dt.year() <= year).fill_null(value=True)
        in_time = (pl.col(f"{fact} year") >= year).fill_null(value=False)
        return _Place(wanted=applies & exists, year=year, handed_in=found & in_time)
    raise _refuse(f"{per!r} says not how often.", fact, "Write firm, or firm,year where the table is dated.")


def _applies(industries: str, fact: str, due: pl.Expr) -> pl.Expr:
    if industries == "all":
        return pl.lit(value=True)
    if industries.startswith("section "):
        sections = [part.strip() for part in industries.removeprefix("section ").split(";")]
        return pl.col("section").is_in(sections).fill_null(value=True)
    flag = industries.removesuffix("=1")
    if flag == "ets_covered":
        return in_trading(due)
    if flag in {"high_energy_consuming", "cbam_exposed"}:
        return pl.col(flag).fill_null(value=False)
    codes = [part.strip() for part in industries.split(";")]
    if all(code.isalnum() for code in codes):
        return (pl.col("division").is_in(codes) | pl.col("class4").is_in(codes)).fill_null(value=False)
    raise _refuse(
        f"{industries!r} names no industries.",
        fact,
        "Write all, section B;C, codes such as 06;07, or a flag.",
    )


def _handed_in(facts: Facts, names: Sequence[str]) -> list[pl.LazyFrame]:
    """Return what of the declared facts was handed in, by table.

    Each has one row per application, with two columns per fact: ``FACT found`` (Boolean) and ``FACT year`` (the latest
    year that is over).
    """
    sought: dict[str, dict[str, pl.Expr]] = {}
    for fact in names:
        name, _, what = fact.partition(".")
        meets = _predicate(name, what)
        if meets is None:
            raise _refuse(
                f"{fact!r} is not a fact that can be looked for.",
                fact,
                "Write a column of annual, energy.electricity, energy.any_fuel, emissions.scope1, emissions.scope2, "
                "emissions.scope3, emissions.pollutants, a substance, production.any, a product, equipment.any, a kind of ecology, or checks and a table.",
            )
        sought.setdefault(name, {})[fact] = meets
    asked = facts.applications.lazy().select("application_id", "as_of")
    over = pl.col("year").is_null() | (pl.date(pl.col("year"), 12, 31) <= pl.col("as_of"))
    return [
        _SOURCES[name](facts)
        .lazy()
        .drop("as_of", strict=False)
        .filter(pl.any_horizontal(*predicates.values()))
        .join(asked, on="application_id")
        .filter(over)
        .group_by("application_id")
        .agg(
            *(meets.any().alias(f"{fact} found") for fact, meets in predicates.items()),
            *(pl.col("year").filter(meets).max().alias(f"{fact} year") for fact, meets in predicates.items()),
        )
        for name, predicates in sought.items()
    ]


def _predicate(name: str, what: str) -> pl.Expr | None:
    """Return which rows of a table's frame hand a fact in; None where it cannot be told."""
    everything = pl.lit(value=True)
    if name in _AMOUNTS:
        return pl.col(what).is_not_null() if what in _AMOUNTS[name] else None
    if name == "energy":
        return _ENERGY.get(what)
    if name == "emissions":
        return _EMISSIONS[what] if what in _EMISSIONS else pl.col("substance") == what
    if name == "production":
        return everything if what == "any" else pl.col("product") == what
    if name == "equipment":
        return everything if what == "any" else None
    return pl.col("checked_table") == what if name == "checks" else None


def _annual(facts: Facts) -> pl.DataFrame:
    whole = (pl.col("period_start").dt.month() == 1) & (pl.col("period_end").dt.month() == 12)
    return annual_by_year(facts).filter(whole)


def _checks(facts: Facts) -> pl.DataFrame:
    recent = pl.col("to") > pl.col("as_of").dt.offset_by(f"-{ANSWER_MONTHS}mo")
    return pl.concat(
        [
            answers(facts, table=name)
            .filter(recent)
            .select(
                "application_id",
                pl.lit(None, dtype=pl.Int32).alias("year"),
                pl.lit(name).alias("checked_table"),
            )
            for name in ("certifications", "incidents")
        ]
    )


def _energy(facts: Facts) -> pl.DataFrame:
    return energy_balance(facts).filter(pl.col("quantity").is_not_null() & (pl.col("flow") != "sold"))


def _production(facts: Facts) -> pl.DataFrame:
    return production_by_year(facts).filter(pl.col("quantity").is_not_null())


def _equipment(facts: Facts) -> pl.DataFrame:
    return facts.equipment.select("application_id", pl.lit(None, dtype=pl.Int32).alias("year"))


_SOURCES: Mapping[str, Callable[[Facts], pl.DataFrame]] = MappingProxyType(
    {
        "annual": _annual,
        "energy": _energy,
        "emissions": whole_emissions,
        "production": _production,
        "checks": _checks,
        "equipment": _equipment,
        "ecology": ecology_by_year,
    }
)
"""Table to the rows in which its facts are looked for: ``application_id``, ``year`` and what the predicates read."""
