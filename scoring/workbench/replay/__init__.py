"""Replay: a decision computed again from the facts, factors, policy and model that its batch kept, and compared bit for bit.

- ``compare``: what differs between the rows that were kept and those that were computed again.
- ``altered``: which stored facts and files are no longer what they were.
- ``again``: both together for one application of a batch, or for a record of the audit.
- ``text``: the outcome on the command line.
"""

from __future__ import annotations

from scoring.workbench.replay.again import Replay, replay_application, replay_record
from scoring.workbench.replay.altered import AlteredFact, AlteredFile
from scoring.workbench.replay.compare import Moved
from scoring.workbench.replay.text import replay_text

__all__ = [
    "AlteredFact",
    "AlteredFile",
    "Moved",
    "Replay",
    "replay_application",
    "replay_record",
    "replay_text",
]
