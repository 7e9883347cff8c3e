"""Batches in the workbench: taken in from a result folder, listed, and read one application at a time.

:func:`take_in` registers what ``score`` wrote, puts into the queue whoever the policy or the sample names, records it in
the audit and exports the audit's end beside the results.
"""

from __future__ import annotations

from scoring.workbench.batches.one import application_results
from scoring.workbench.batches.sampling import sample
from scoring.workbench.batches.take_in import HEAD, take_in

__all__ = ["HEAD", "application_results", "sample", "take_in"]
