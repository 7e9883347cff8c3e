"""A simulated portfolio put together: firms, their years, what they report, their loans, and the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.errors import DatasetError
from features.simulate.applications import Applications, day_number, draw_applications
from features.simulate.assumptions import as_dict
from features.simulate.certificates import certificate_rows, draw_certificates, draw_green_power
from features.simulate.columns import constant, dates, labels
from features.simulate.ecology import draw_ecology, ecology_rows
from features.simulate.emission_table import emission_rows
from features.simulate.energy_table import energy_rows
from features.simulate.equipment import draw_park, equipment_rows
from features.simulate.firms import draw_firms, firms_table
from features.simulate.incidents import draw_incidents, incident_rows
from features.simulate.loans import earlier_loans, granted_loans
from features.simulate.messy import SPOILED_SCHEMA, spoil
from features.simulate.outcomes import Outcomes, draw_outcomes, true_facts, true_risk, truth_table
from features.simulate.ownership import ownership_rows
from features.simulate.panel import draw_panel
from features.simulate.projects import Lines, draw_lines, line_columns
from features.simulate.reporting import draw_reporting, reports
from features.simulate.streams import Streams
from features.simulate.tables import Source, annual_rows, production_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.simulate.types import Booleans, Integers

__all__ = ["Portfolio", "simulate"]

_TRAINING = {
    "first_day": day_number(2020, 7, 1),
    "last_day": day_number(2023, 12, 31),
    "extract": day_number(2025, 6, 30),
    "first_year": 2018,
}
_APPLICANTS = {
    "first_day": day_number(2025, 1, 1),
    "last_day": day_number(2025, 6, 30),
    "extract": day_number(2025, 6, 30),
    "first_year": 2019,
}
_PANEL_YEARS = 6


def _nothing_spoiled() -> pl.DataFrame:
    return pl.DataFrame(schema=SPOILED_SCHEMA)


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """A simulated portfolio. None of it is a real borrower.

    Parameters
    ----------
    tables
        Tables of the contract in raw form, by name.
    truth
        One row per application: ``true_probability`` of default within 12 months, ``true_log_odds`` and its
        visible and hidden part, the firm's ``management_quality`` and whether a default was drawn. It never
        enters a dataset.
    assumptions
        Every assumption: name to value, unit and reason.
    settings
        What was asked for: firms, seed and flags.
    spoiled
        Which cells ``messy`` spoiled: table, row (1 is the first data row), column, kind and the rule under which
        the quarantine must hold it; no rule where the cell must still read correctly, or the row is an exact
        duplicate.
    """

    tables: Mapping[str, pl.DataFrame]
    truth: pl.DataFrame
    assumptions: Mapping[str, Mapping[str, float | str]]
    settings: Mapping[str, int | bool]
    spoiled: pl.DataFrame = field(default_factory=_nothing_spoiled)


def simulate(*, firms: int, seed: int, messy: bool = False, new_applicants: bool = False) -> Portfolio:
    """Simulate a portfolio with known true risk.

    Parameters
    ----------
    firms
        Number of firms, at least 1.
    seed
        Seed, 0 or more. The result depends on the arguments only; a firm stays the same when more follow it.
    messy
        Also put in what real files bring: mixed units, Chinese headers, duplicates, impossible values and so on.
    new_applicants
        Other firms of the same world that apply in the first half of 2025, with no decision and no outcome.

    Raises
    ------
    DatasetError
        Where ``firms`` or ``seed`` is out of range.

    Examples
    --------
    >>> portfolio = simulate(firms=20, seed=7)
    >>> sorted(portfolio.tables)[:3]
    ['annual', 'applications', 'certifications']
    >>> portfolio.truth["true_probability"].is_between(0, 1).all()
    True
    """
    if firms < 1 or seed < 0:
        raise DatasetError(
            f"Cannot simulate {firms} firms with seed {seed}.",
            mend="Ask for at least 1 firm and a seed of 0 or more.",
        )
    plan = _APPLICANTS if new_applicants else _TRAINING
    streams = Streams(seed=seed, batch=int(new_applicants))
    who = draw_firms(streams, firms)
    panel = draw_panel(streams, who)
    histories = draw_certificates(streams, who)
    green = draw_green_power(streams, who, panel)
    incidents = draw_incidents(streams, who)
    reporting = draw_reporting(streams, who)
    asked = draw_applications(
        streams, who, first_day=plan["first_day"], last_day=plan["last_day"], single=new_applicants
    )
    park, ecology = draw_park(streams, who, panel), draw_ecology(streams, who, panel)
    lines = draw_lines(streams, who, asked)
    facts = true_facts(who, panel, histories, green, incidents, park, ecology, lines, asked)
    facts["reporting_delay"] = reporting.delay_days[asked.firm] / 30.4
    risk = true_risk(streams, who, asked, facts)
    outcomes = draw_outcomes(streams, who, asked, risk, last_day=plan["extract"])
    truth = truth_table(_ids(asked, new_applicants=new_applicants), who, asked, risk, outcomes)
    # a firm in default gets no further loan
    keep = np.flatnonzero(_solvent(asked, outcomes))

    years = tuple(range(plan["first_year"], plan["first_year"] + _PANEL_YEARS))
    source = Source(
        streams=streams, firms=who, panel=panel, reporting=reporting, years=years, last_day=plan["extract"]
    )
    tables = {
        "firms": firms_table(who),
        "annual": annual_rows(source),
        "energy": energy_rows(source),
        "production": production_rows(source),
        "emissions": emission_rows(source),
        "certifications": certificate_rows(
            streams,
            who,
            histories,
            green,
            panel,
            handed_in=reports(streams, reporting, "certificates", logit=3.0)[:, 0],
            years=years,
            last_day=plan["extract"],
        ),
        "incidents": incident_rows(who, incidents, last_day=plan["extract"]),
        "checks": _checks(source, asked),
        "equipment": equipment_rows(source, park),
        "ecology": ecology_rows(source, ecology),
        "ownership": ownership_rows(streams, who, last_day=plan["extract"]),
        "applications": _applications_table(
            source, asked, lines, outcomes, truth["application_id"], new_applicants=new_applicants
        )[keep],
        "loans": _loans(source, asked, outcomes, keep, new_applicants=new_applicants),
    }
    if not new_applicants:
        tables["outcomes"] = _outcomes_table(truth["application_id"], outcomes, keep)
    spoiled = _nothing_spoiled()
    if messy:
        tables, spoiled = spoil(streams, tables)
    return Portfolio(
        tables=tables,
        truth=truth[keep],
        assumptions=as_dict(),
        settings={"firms": firms, "seed": seed, "messy": messy, "new_applicants": new_applicants},
        spoiled=spoiled,
    )


def _ids(asked: Applications, *, new_applicants: bool) -> pl.Series:
    prefix = "SIM-N" if new_applicants else "SIM-A"
    slot = np.arange(asked.count) - np.searchsorted(asked.firm, asked.firm)
    return (
        pl.select(
            pl.format(
                "{}{}-{}",
                pl.lit(prefix),
                pl.Series(asked.firm + 1).cast(pl.String).str.zfill(7),
                pl.Series(slot + 1),
            )
        )
        .to_series()
        .alias("application_id")
    )


def _solvent(asked: Applications, outcomes: Outcomes) -> Booleans:
    """Return which applications come before any default of an earlier loan of the firm."""
    real = np.where(outcomes.decision == 0, outcomes.defaulted, outcomes.never)
    good = np.ones(asked.count, dtype=bool)
    for back in (1, 2):
        same = asked.firm[back:] == asked.firm[:-back]
        good[back:] &= ~(same & (real[:-back] <= asked.as_of[back:]))
    return good


def _loans(
    source: Source, asked: Applications, outcomes: Outcomes, keep: Integers, *, new_applicants: bool
) -> pl.DataFrame:
    if new_applicants:
        return earlier_loans(source.streams, source.firms, last_day=source.last_day)
    granted = outcomes.decision[keep] == 0
    return granted_loans(source.firms, asked.take(keep), granted, last_day=source.last_day)


def _applications_table(
    source: Source,
    asked: Applications,
    lines: Lines,
    outcomes: Outcomes,
    ids: pl.Series,
    *,
    new_applicants: bool,
) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "application_id": ids,
            "firm_id": labels(source.firms.firm_id, asked.firm),
            "as_of": dates(asked.as_of),
            "amount": asked.amount,
            "currency": constant("万元", asked.count),
            "tenor_months": asked.tenor_months,
            "purpose": pl.Series(asked.purpose, dtype=pl.String),
            "project_kind": pl.Series(asked.project_kind, dtype=pl.String),
            **line_columns(source.firms, asked, lines),
        }
    )
    if new_applicants:
        return frame
    approved = outcomes.decision == 0
    return frame.with_columns(
        decision=labels(["approved", "declined", "withdrawn"], outcomes.decision),
        disbursed_on=pl.when(pl.Series(approved)).then(dates(asked.as_of + 7)).otherwise(None),
        observed_until=pl.when(pl.Series(approved)).then(dates(outcomes.observed_until)).otherwise(None),
    )


def _outcomes_table(ids: pl.Series, outcomes: Outcomes, keep: Integers) -> pl.DataFrame:
    parts = []
    for event, day in (("default", outcomes.defaulted), ("environmental", outcomes.environmental)):
        seen = (outcomes.decision == 0) & (day <= outcomes.observed_until)
        rows = keep[seen[keep]]
        parts.append(
            pl.DataFrame(
                {
                    "application_id": ids[rows],
                    "event": constant(event, len(rows)),
                    "occurred_on": dates(day[rows]),
                    "label_origin": constant("simulated", len(rows)),
                }
            )
        )
    return pl.concat(parts).sort("application_id", "event")


def _checks(source: Source, asked: Applications) -> pl.DataFrame:
    """Return the registers that the bank asked shortly before each application, less often for small firms."""
    parts = []
    for table, logit in (("incidents", 2.6), ("certifications", 2.2)):
        done = reports(source.streams, source.reporting, "check_" + table, logit=logit, on_willingness=0.6)
        slot = np.arange(asked.count) - np.searchsorted(asked.firm, asked.firm)
        rows = np.flatnonzero(done[asked.firm, slot])
        back = 2 + (source.streams.uniform("check_day_" + table, source.firms.count)[asked.firm[rows]] * 20)
        day = asked.as_of[rows] - back.astype(np.int64)
        parts.append(
            pl.DataFrame(
                {
                    "firm_id": labels(source.firms.firm_id, asked.firm[rows]),
                    "table": constant(table, len(rows)),
                    "kind": constant(None, len(rows)),
                    "source": constant("模拟公共登记 (simulated)", len(rows)),
                    "from": dates(day - 5 * 365),
                    "to": dates(day),
                    "checked_on": dates(day),
                }
            )
        )
    return pl.concat(parts).unique().sort("firm_id", "table", "checked_on")
