"""Scoring a firm again from what its batch rested on, or from other facts under the same factors, policy and model."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.errors import GreenCreditError
from features.intake.dataset import COUNTS_SCHEMA
from scoring.evaluate import evaluate

if TYPE_CHECKING:
    from features.intake import Dataset
    from scoring.basis.read import Basis
    from scoring.improve.costs import Costs
    from scoring.results import Results

__all__ = ["firm_of", "rescored"]


def firm_of(basis: Basis, firm_id: str) -> Dataset:
    """Return the kept facts of a firm, as a dataset of its own; the holdings of others in it and of its own are among them.

    Raises
    ------
    GreenCreditError
        If the basis has no application of that firm.
    """
    facts = basis.facts.firm(firm_id)
    if facts.tables["applications"].is_empty():
        raise GreenCreditError(
            f"The basis of the batch holds no application of the firm {firm_id}.",
            where=str(basis.folder),
            mend="Restore the folder from a backup of the batch.",
        )
    return replace(
        facts, tables=MappingProxyType({**facts.tables, "ownership": basis.facts.holdings_of(firm_id)})
    )


def rescored(basis: Basis, facts: Dataset, *, costs: Costs | None = None) -> Results:
    """Score facts under the factors, the policy, the settings and the model of a batch.

    Parameters
    ----------
    basis
        Of the batch.
    facts
        From :func:`firm_of`, edited or not.
    costs
        Quotes for the way to the next grade.

    Returns
    -------
    Results
        Of every application in ``facts``; what was kept gives the same decisions again, bit for bit.
    """
    with basis.in_force():
        return evaluate(
            _counted(facts), model=basis.model, policy=basis.policy, settings=basis.settings, costs=costs
        )


def _counted(facts: Dataset) -> Dataset:
    """Kept facts passed intake before: every row in is a row accepted."""
    rows = [(name, table.height, table.height, 0, 0) for name, table in facts.tables.items() if table.height]
    counts = pl.DataFrame(rows, schema=dict(COUNTS_SCHEMA), orient="row")
    return replace(facts, counts=counts)
