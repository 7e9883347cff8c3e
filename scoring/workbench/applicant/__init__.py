"""What the workbench shows of one application: read from its batch's folder, each part a plain view in one language.

- ``opened``: the application with its results and where it stands; ``kept``: the basis of its batch.
- ``contributions``, ``peers``, ``timeline``, ``lineage``: why the score is what it is, and from which facts.
- ``trial``: another value or an action, scored by the real model; nothing of it is stored. ``changeable``: what may be tried.
- ``way``: the way to the next grade and what to ask for; ``group``: whom the firm belongs to; ``history``: its other scores.
"""

from __future__ import annotations

from scoring.workbench.applicant.kept import basis_of
from scoring.workbench.applicant.opened import SECTIONS, Opened, address_of, open_application

__all__ = ["SECTIONS", "Opened", "address_of", "basis_of", "open_application"]
