"""Which facts are expected of each firm, and which of them were handed in.

The declarations stand in ``expected_facts.csv``:

- ``industries`` is ``all``, ``section B;C;D``, codes of divisions or classes (``06;07``, ``6450``), or a flag of the
  industry table (``high_energy_consuming=1``, ``cbam_exposed=1``; ``ets_covered``: from its first year on).
- ``per`` is ``firm``, or ``firm,year``: the fact of the latest calendar year that is due on ``as_of``, which is the
  latest one whose end plus the usual reporting delay of the fact's table has passed, or of a later year that is over. A
  firm that stops reporting loses coverage. What was due before the firm was founded is not expected of it.
- ``fact`` is ``table.what``. A fact of a table that the contract does not carry is not expected.

A year counts as handed in where the whole year was (12 months, 4 quarters or the year), a zero included. Of a firm
whose industry is not known, everything that hangs on a section is expected: silence on the industry must not shrink the
list. A check counts where it was made in the 12 months before ``as_of``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.checks import ANSWER_MONTHS, answers
from features.contract import CONTRACT
from features.ecology import ECOLOGY_KINDS, ecology_by_year
from features.energy.balance import energy_balance
from features.errors import ReferenceDataError
from features.reference import table
from features.totals import annual_by_year, finest_periods, production_by_year

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.facts import Facts

__all__ = ["OUTSIDE_SCOPES", "due_year", "expected_facts", "whole_years"]

_POLLUTANTS = ("SO2", "NOx", "PM", "COD", "NH3-N")
OUTSIDE_SCOPES = "CO2_biogenic"
"""The substance that is reported beside the scopes, not in them."""

_NO_FUEL = ("electricity", "heat")


def due_year(as_of: pl.Expr, *, delay_days: int) -> pl.Expr:
    """Return the latest calendar year whose end plus a delay has passed.

    Examples
    --------
    >>> import datetime as dt
    >>> days = pl.DataFrame({"as_of": [dt.date(2024, 4, 28), dt.date(2024, 4, 29), dt.date(2024, 12, 31)]})
    >>> days.select(due_year(pl.col("as_of"), delay_days=120)).to_series().to_list()
    [2022, 2023, 2023]
    """
    return as_of.dt.offset_by(f"-{delay_days}d").dt.offset_by("1d").dt.year() - 1


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
    declared = [
        row for row in table("expected_facts").iter_rows(named=True) if _table(row["fact"]) in CONTRACT
    ]
    wanted = pl.concat([_wanted(facts.applications, **_declaration(row)) for row in declared])
    given = _handed_in(facts, sorted({row["fact"] for row in declared}))
    latest = (
        given.join(facts.applications.select("application_id", "as_of"), on="application_id")
        .filter(pl.col("year").is_null() | (pl.date(pl.col("year"), 12, 31) <= pl.col("as_of")))
        .group_by("application_id", "fact")
        .agg(latest_year=pl.col("year").max(), found=pl.lit(value=True).first())
    )
    in_time = pl.col("found") & (pl.col("year").is_null() | (pl.col("latest_year") >= pl.col("year")))
    return (
        wanted.unique()
        .join(latest, on=["application_id", "fact"], how="left")
        .select("application_id", "fact", "year", handed_in=in_time.fill_null(value=False))
        .sort("application_id", "fact")
    )


def _table(fact: str) -> str:
    return fact.partition(".")[0]


def _declaration(row: dict[str, str]) -> dict[str, str]:
    return {"industries": row["industries"], "per": row["per"], "fact": row["fact"]}


def _refuse(what: str, fact: str, mend: str) -> ReferenceDataError:
    return ReferenceDataError(what, where=f"expected_facts.csv, fact {fact}", mend=mend)


def _wanted(applications: pl.DataFrame, *, industries: str, per: str, fact: str) -> pl.DataFrame:
    """Applications of which one declared fact is expected, with its year."""
    delay = CONTRACT[_table(fact)].reporting_delay_days
    if per == "firm":
        year: pl.Expr = pl.lit(None, dtype=pl.Int32)
        exists = pl.lit(value=True)
    elif per == "firm,year" and delay is not None:
        year = due_year(pl.col("as_of"), delay_days=delay).cast(pl.Int32)
        exists = (pl.col("founded_on").dt.year() <= year).fill_null(value=True)
    else:
        raise _refuse(
            f"{per!r} says not how often.", fact, "Write firm, or firm,year where the table is dated."
        )
    due = due_year(pl.col("as_of"), delay_days=delay or 0)
    return applications.filter(_applies(industries, fact, due) & exists).select(
        "application_id", year.alias("year"), pl.lit(fact).alias("fact")
    )


def _applies(industries: str, fact: str, due: pl.Expr) -> pl.Expr:
    if industries == "all":
        return pl.lit(value=True)
    if industries.startswith("section "):
        sections = [part.strip() for part in industries.removeprefix("section ").split(";")]
        return pl.col("section").is_in(sections).fill_null(value=True)
    flag = industries.removesuffix("=1")
    if flag == "ets_covered":
        return (pl.col("ets_covered") <= due).fill_null(value=False)
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


def _handed_in(facts: Facts, names: Sequence[str]) -> pl.DataFrame:
    """Return ``application_id``, ``year`` and ``fact`` of everything declared that was handed in."""
    found = [pl.DataFrame(schema={"application_id": pl.String, "year": pl.Int32, "fact": pl.String})]
    frames = {
        "annual": _annual(facts),
        "energy": energy_balance(facts).filter(pl.col("quantity").is_not_null() & (pl.col("flow") != "sold")),
        "emissions": whole_years(facts.emissions, fact=["scope", "category", "substance", "site"]),
        "production": production_by_year(facts).filter(pl.col("quantity").is_not_null()),
        "checks": _checks(facts),
        "equipment": facts.equipment.select("application_id", pl.lit(None, dtype=pl.Int32).alias("year")),
        "ecology": ecology_by_year(facts),
    }
    for fact in names:
        name, _, what = fact.partition(".")
        meets = _predicate(name, what)
        if meets is None:
            raise _refuse(
                f"{fact!r} is not a fact that can be looked for.",
                fact,
                "Write a column of annual, energy.electricity, energy.any_fuel, emissions.scope1, emissions.scope2, "
                "emissions.pollutants, a substance, production.any, a product, equipment.any, a kind of ecology, or checks and a table.",
            )
        found.append(frames[name].filter(meets).select("application_id", "year", pl.lit(fact).alias("fact")))
    return pl.concat(found).unique()


def _predicate(name: str, what: str) -> pl.Expr | None:
    """Return which rows of a table's frame hand a fact in; None where it cannot be told."""
    given, everything, substance = pl.col(what).is_not_null(), pl.lit(value=True), pl.col("substance")
    energy = {
        "electricity": pl.col("kind") == "electricity",
        "any_fuel": ~pl.col("kind").is_in(list(_NO_FUEL)),
    }
    scopes = {
        "scope1": (pl.col("scope") == "1") & (substance != OUTSIDE_SCOPES),
        "scope2": pl.col("scope").is_in(["2-location", "2-market"]),
        "pollutants": substance.is_in(list(_POLLUTANTS)),
    }
    rows = {
        "annual": given if what in CONTRACT["annual"].clean_schema else None,
        "energy": energy.get(what),
        "emissions": scopes.get(what, substance == what),
        "production": everything if what == "any" else pl.col("product") == what,
        "checks": pl.col("checked_table") == what,
        "equipment": everything if what == "any" else None,
        "ecology": given if what in ECOLOGY_KINDS else None,
    }
    return rows.get(name)


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
