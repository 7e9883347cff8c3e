"""Greenwashing resistance: a library of gaming moves, none of which may raise a decision unnoticed, as a release gate.

A :class:`Move` changes a firm's facts as a firm could, and declares what stops it: the model's construction, a sum that
turns missing, a cross-check or a rule that sends it to a person with the contradiction named. :func:`trial` lets every firm of
a dataset make every move and judges it again; :func:`verdict` holds the declared mechanism against what was seen.

``gaming_gate`` does both. A move may leave a rest: it is declared with its reason and its bound, and reported.
"""

from __future__ import annotations

from scoring.gaming.gate import gaming_gate
from scoring.gaming.library import MOVES, moves_named
from scoring.gaming.move import Move
from scoring.gaming.text import gaming_text
from scoring.gaming.trial import trial
from scoring.gaming.verdict import GamingReport, verdict

__all__ = [
    "MOVES",
    "GamingReport",
    "Move",
    "gaming_gate",
    "gaming_text",
    "moves_named",
    "trial",
    "verdict",
]
