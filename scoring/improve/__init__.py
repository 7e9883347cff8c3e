"""The way to the next grade: the firm's facts under the actions of the catalogue, scored by the real model.

Data walks through in this order::

    reading       as-of facts -> amounts by year (arrays)
    effects       what each action does to the amounts, and for whom
    consequences  what a change of the energy does to the emissions
    editing       changed amounts -> edited tables: of variants, or of the whole dataset
    rebuilding    edited tables -> indicators, by the real families of ``features``
    search        sets of actions -> the cheapest that reaches a better grade, exactly

- :func:`improvements` does it for many applications at once; :func:`edited_dataset` gives the dataset after some actions.
- :func:`load_costs` reads a bank's or a customer's quotes.

No indicator is ever edited: facts are, and the pipeline rebuilds what they mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.doors import opener

if TYPE_CHECKING:
    from scoring.improve.costs import Costs, load_costs
    from scoring.improve.dataset import edited_dataset
    from scoring.improve.way import improvements

__all__ = ["Costs", "edited_dataset", "improvements", "load_costs"]

_HOMES = {
    "Costs": "scoring.improve.costs",
    "edited_dataset": "scoring.improve.dataset",
    "improvements": "scoring.improve.way",
    "load_costs": "scoring.improve.costs",
}

__getattr__ = opener(__name__, {name: (home, name) for name, home in _HOMES.items()})
