"""Moves that keep silent: every table and every fact of the contract left out, one at a time."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.contract import CONTRACT
from scoring.gaming.move import Move, with_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from features.intake import Dataset
    from scoring.gaming.move import Mechanism

__all__ = ["WITHHOLDING", "withheld_fact", "withheld_table"]

_TABLES = (
    "annual",
    "energy",
    "production",
    "emissions",
    "certifications",
    "incidents",
    "checks",
    "equipment",
    "ecology",
)
_NO_FACT = frozenset({"currency", "unit", "energy_unit", "emissions_unit", "published_on"})
"""Columns that say how a fact is told; without them a row does not pass intake, or a day is defaulted."""

_AGAINST_ITSELF = frozenset(
    {
        # An incident without the day of its remedy is told as open, a certificate without its status as valid by intake
        # (see the move withdrawals_hidden), and what a register answered is the bank's own record.
        ("incidents", "rectified_on"),
        ("certifications", "status"),
        ("checks", "from"),
        ("checks", "to"),
    }
)

_OF_APPLICATIONS = ("purpose", "project_kind", "project_product", "design_energy", "tenor_months", "amount")

_STOPPED: Mapping[str, tuple[Mechanism, tuple[str, ...]]] = MappingProxyType(
    {
        "withhold_annual": ("review_rule", ("revenue_missing",)),
        "withhold_annual_revenue": ("review_rule", ("revenue_missing",)),
        "withhold_annual_employees": ("review_rule", ("employees_missing",)),
        "withhold_annual_value_added": ("cross_check", ("value_added_missing",)),
        "withhold_energy": ("review_rule", ("emissions_unchecked",)),
        "withhold_production": ("review_rule", ("benchmark_unknown",)),
        "withhold_production_energy": ("review_rule", ("benchmark_unknown",)),
        "withhold_incidents": ("review_rule", ("incidents_unknown",)),
        "withhold_certifications_expires_on": ("cross_check", ("certificate_without_expiry",)),
        "withhold_checks": ("open", ()),
        "withhold_certifications": ("open", ()),
        "withhold_emissions_assurance": ("open", ()),
        "withhold_equipment_retired_on": ("open", ()),
        "withhold_firms_region": ("review_rule", ("region_missing",)),
        "withhold_firms_founded_on": ("review_rule", ("age_missing",)),
        "withhold_firms_industry": ("review_rule", ("industry_missing",)),
        "withhold_applications_project_kind": ("review_rule", ("purpose_missing",)),
        "withhold_applications_project_product": ("review_rule", ("design_unknown",)),
        "withhold_applications_design_energy": ("review_rule", ("design_unknown",)),
        "withhold_applications_tenor_months": ("review_rule", ("tenor_missing",)),
    }
)
"""Facts whose silence a monotone model does not punish by itself, because they have no direction, carry a cap or choose a
denominator: what stops that."""


def withheld_table(dataset: Dataset, name: str) -> Dataset:
    """Leave a table out.

    A firm that keeps silent about incidents or certificates keeps silent about what a register said of them, too: an
    answer that holds none is the register's to give.
    """
    emptied = {name: dataset.tables[name].clear()}
    if name in {"incidents", "certifications"}:
        emptied["checks"] = dataset.tables["checks"].filter(pl.col("table") != name)
    return with_tables(dataset, **emptied)


def withheld_fact(dataset: Dataset, table: str, column: str) -> Dataset:
    """Leave one column of a table out."""
    frame = dataset.tables[table]
    return with_tables(
        dataset,
        **{table: frame.with_columns(pl.lit(None, dtype=frame.schema[column]).alias(column))},
    )


_RESTS: Mapping[str, tuple[float, str]] = MappingProxyType(
    {
        "withhold_production": (
            0.01,
            "Output carries process emissions as well: without it an under-reporter looks more honest. Ask for the output.",
        ),
        "withhold_checks": (
            0.005,
            "Without an answer about the latest year an older year with green power stands.",
        ),
        "withhold_certifications": (
            0.005,
            "Without an answer about the latest year an older year with green power stands.",
        ),
        "withhold_emissions_assurance": (
            0.005,
            "A year of no emissions at all then stands for the firm, and has nothing to assure.",
        ),
        "withhold_equipment_retired_on": (0.005, "Machines out of service stay on the list: visit the site."),
    }
)
"""What gets by, as share of the applications and with its reason."""


def _move(name: str, en: str, zh: str, apply: Callable[[Dataset], Dataset]) -> Move:
    mechanism, witnesses = _STOPPED.get(name, ("construction", ()))
    most, why = _RESTS.get(name, (0.0, ""))
    return Move(
        id=name,
        en=en,
        zh=zh,
        apply=apply,
        stopped_by=mechanism,
        witnesses=witnesses,
        most=most,
        why_open=why,
    )


def _moves() -> tuple[Move, ...]:
    tables = [
        _move(
            f"withhold_{name}",
            f"Leaves out the table {name}.",
            f"不提交{CONTRACT[name].zh}表。",
            partial(withheld_table, name=name),
        )
        for name in _TABLES
    ]
    columns = [
        (table, column.name, column.zh)
        for table in _TABLES
        for column in CONTRACT[table].columns
        if not column.required
        and column.name not in {*CONTRACT[table].key, *_NO_FACT}
        and (table, column.name) not in _AGAINST_ITSELF
    ]
    columns += [
        ("firms", name, CONTRACT["firms"].column(name).zh) for name in ("region", "founded_on", "industry")
    ]
    columns += [("applications", name, CONTRACT["applications"].column(name).zh) for name in _OF_APPLICATIONS]
    facts = [
        _move(
            f"withhold_{table}_{column}",
            f"Leaves out {column} of the table {table}.",
            f"不提交{CONTRACT[table].zh}表的{zh}。",
            partial(withheld_fact, table=table, column=column),
        )
        for table, column, zh in columns
    ]
    return (*tables, *facts)


WITHHOLDING = _moves()
"""One move per table and per fact."""
