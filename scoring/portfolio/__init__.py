"""The portfolio view: financed emissions of the loan book by PCAF, and how far they cover it.

Loans and scores go in, sums come out, and nothing goes back: a firm's score never knows how many loans it has.
Scopes stand apart, removals and credits beside them and never netted, estimates apart from what firms told themselves.
"""

from __future__ import annotations

from scoring.portfolio.view import Portfolio, portfolio

__all__ = ["Portfolio", "portfolio"]
