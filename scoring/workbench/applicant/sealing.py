"""What a decision rests on, sealed fact by fact, for the record of the person who decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoring.basis import fact_seals, firm_of
from scoring.workbench.applicant.kept import basis_of
from scoring.workbench.review import FACT_SEALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.workbench.applicant.opened import Opened

__all__ = ["sealed_facts"]


def sealed_facts(opened: Opened) -> Mapping[str, Any]:
    """Return what :class:`scoring.workbench.review.Act` records as computed; nothing where the batch kept no basis.

    Raises
    ------
    GreenCreditError
        If a file of the basis cannot be read: a decision must not be recorded on facts that nobody can look at.
    """
    basis = basis_of(opened.folder)
    return {} if basis is None else {FACT_SEALS: fact_seals(firm_of(basis, opened.firm_id))}
