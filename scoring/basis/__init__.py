"""What a batch rests on, kept with its results: facts, factors, policy, settings and model; all that a replay needs.

:func:`keep_basis` writes it; :func:`read_basis` gives it back; :func:`rescored` computes the decisions on a firm's
applications again from nothing else.
"""

from __future__ import annotations

from scoring.basis.keep import BASIS, keep_basis
from scoring.basis.read import Basis, changed_files, read_basis
from scoring.basis.rescore import firm_of, rescored
from scoring.basis.seals import column_seals, fact_seals, fact_table_names

__all__ = [
    "BASIS",
    "Basis",
    "changed_files",
    "column_seals",
    "fact_seals",
    "fact_table_names",
    "firm_of",
    "keep_basis",
    "read_basis",
    "rescored",
]
