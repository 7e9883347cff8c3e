"""Standard forms read as datasets: what a firm fills in for its bank, in a layout that others publish.

In: one file. Out: a :class:`~features.intake.Dataset` through the same validation as a bank's own tables, each fact with
the file and the place it was read at. ``vsme`` is the EFRAG digital template for small and medium-sized firms in the EU.
"""

from __future__ import annotations

from features.forms import vsme

__all__ = ["vsme"]
