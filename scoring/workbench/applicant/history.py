"""The firm's other scores over the batches of the store, and the ledger between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from features.catalogue import FAMILIES
from scoring.basis import firm_of, read_basis
from scoring.ledger import CAUSES, POINT_CAUSES, Side, ledger
from scoring.workbench.applicant.contributions import hundredths
from scoring.workbench.applicant.kept import basis_of
from scoring.workbench.store.schema import batches, scored

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from features.intake import Dataset
    from models.registry import RegisteredModel
    from scoring.texts import Language
    from scoring.workbench.applicant.opened import Opened

__all__ = ["Compared", "firm_scores", "ledger_between", "scored_in_batch"]

_MOST = 60
"""Scores of a firm that are shown, latest first."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What moved the firm's score from one batch to another.

    Parameters
    ----------
    points_old, points_new, grade_old, grade_new
        Whole points and grades of the policy.
    change, parts
        Hundredths of a point: the change, and its parts by cause (``data``, ``factors``, ``model``).
    families
        Family's name, and the parts of data and of factors in it (points), where either moved something.
    steps
        Cause to steps of grades down (negative is up), where they are divided; else ``None``.
    differing
        Causes that differ between the batches at all.
    note
        Why steps are not divided; empty where they are.
    """

    points_old: int
    points_new: int
    grade_old: str
    grade_new: str
    change: int
    parts: Mapping[str, int]
    families: tuple[tuple[str, float, float], ...]
    steps: Mapping[str, float] | None
    differing: tuple[str, ...]
    note: str


def firm_scores(connection: Connection, firm_id: str) -> Sequence[sa.RowMapping]:
    """Return the firm's scores, latest first: of the store's rows, with the batch's versions."""
    query = (
        sa.select(
            scored.c.batch_id,
            scored.c.application_id,
            scored.c.as_of,
            scored.c.points_shown,
            scored.c.grade,
            scored.c.risk_class,
            batches.c.started_at,
            batches.c.model_version,
            batches.c.policy_version,
        )
        .select_from(scored.join(batches, scored.c.batch_id == batches.c.batch_id))
        .where(scored.c.firm_id == firm_id)
        .order_by(scored.c.as_of.desc(), batches.c.started_at.desc(), scored.c.application_id)
        .limit(_MOST)
    )
    return connection.execute(query).mappings().all()


def scored_in_batch(connection: Connection, batch_id: str, firm_ids: Collection[str]) -> dict[str, str]:
    """Return the application of each of some firms in a batch, the latest where it has several."""
    query = (
        sa.select(scored.c.firm_id, scored.c.application_id)
        .where(scored.c.firm_id.in_(sorted(firm_ids)), scored.c.batch_id == batch_id)
        .order_by(scored.c.as_of, scored.c.application_id)
    )
    return {row.firm_id: row.application_id for row in connection.execute(query)}


def ledger_between(old: Opened, new: Opened, lang: Language) -> Compared:
    """Divide what changed between two scores of a firm among data, factors, model and policy.

    Parameters
    ----------
    old, new
        Applications of one firm.
    lang
        Language of the families' names.

    Raises
    ------
    GreenCreditError
        If a basis is needed and a batch kept none, or the parts do not belong together.
    """
    found = ledger(_side(old, "old"), _side(new, "new"))
    row = found.both.row(0, named=True)
    exact = {name: row[name] for name in POINT_CAUSES}
    parts = hundredths(exact)
    moved = [
        (
            family.en if lang == "en" else family.zh,
            row[f"data_{family.id}"],
            row[f"factors_{family.id}"],
        )
        for family in FAMILIES.values()
    ]
    divided = not found.grades_not_divided
    return Compared(
        points_old=row["points_shown_old"],
        points_new=row["points_shown_new"],
        grade_old=row["grade_old"],
        grade_new=row["grade_new"],
        change=sum(parts.values()),
        parts=parts,
        families=tuple(line for line in moved if abs(line[1]) >= 0.005 or abs(line[2]) >= 0.005),
        steps={name: row[f"steps_{name}"] for name in CAUSES} if divided else None,
        differing=found.differences.causes,
        note=found.grades_not_divided,
    )


def _side(opened: Opened, name: str) -> Side:
    basis = basis_of(opened.folder)
    reads: dict[str, Any] = {}
    if basis is not None:
        read: Callable[[], Dataset] = partial(firm_of, basis, opened.firm_id)
        reads = {"read_dataset": read, "factors": basis.factors}

    def model() -> RegisteredModel:
        if basis is None:
            # Says that none was kept, and what to do.
            return read_basis(opened.folder).model
        return basis.model

    return Side(name=name, results=opened.results, files={}, load_model=model, **reads)
