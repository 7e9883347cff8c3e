"""What a batch did not search for an applicant, worked out from its basis when somebody asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from features.catalogue import CATALOGUE
from scoring import outputs
from scoring.asks import asks
from scoring.basis.read import read_basis
from scoring.basis.rescore import firm_of

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from features.intake import Dataset
    from scoring.basis.read import Basis
    from scoring.results import Results

__all__ = ["searched_asks", "searched_ways", "with_ways"]


def with_ways(own: Results, folder: Path) -> Results:
    """Return the results of one application with the way to its next grade.

    Parameters
    ----------
    own
        Of one application; as it is where the batch searched for it, or kept no basis.
    folder
        The batch's results.
    """
    if own.improvements.height or not (folder / outputs.BASIS).is_dir():
        return own
    basis = read_basis(folder)
    decision = own.decisions.row(0, named=True)
    with basis.in_force():
        found = searched_ways(firm_of(basis, decision["firm_id"]), decision["application_id"], basis)
    return replace(own, improvements=found)


def searched_ways(dataset: Dataset, application_id: str, basis: Basis) -> pl.DataFrame:
    """Search the way to the next grade; call this within :meth:`~scoring.basis.Basis.in_force`."""
    from scoring.improve.on_demand import way_of  # noqa: PLC0415  (heavy: only where it is asked for)

    _, found = way_of(
        dataset, application_id, model=basis.model.model, policy=basis.policy, settings=basis.settings
    )
    return found


def searched_asks(
    dataset: Dataset, values: pl.DataFrame, decisions: pl.DataFrame, basis: Basis
) -> pl.DataFrame:
    """Work out what to ask one applicant for, whomever the policy names; within :meth:`~scoring.basis.Basis.in_force`.

    Parameters
    ----------
    dataset
        Of the application and its firm.
    values, decisions
        Indicators and decision of the application.
    basis
        Of its batch.
    """
    asked = basis.policy.asks.model_copy(update={"applicants": "all"})
    plain = [name for name in values.columns if name not in CATALOGUE or CATALOGUE[name].base is None]
    return asks(
        dataset,
        values.select(plain),
        decisions,
        model=basis.model.model,
        policy=basis.policy.model_copy(update={"asks": asked}),
        settings=basis.settings,
    )
