"""The outcome of a replay as text, in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.memo.strings import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scoring.workbench.replay.again import Replay

__all__ = ["MOST_SHOWN", "replay_text"]

MOST_SHOWN = 40
"""Values that are listed of those that moved; all are counted."""

_VERDICTS = {
    "identical": (
        "Identical: the decision computed again is the recorded one, bit for bit.",
        "一致：重算结果与记录逐位相同。",
    ),
    "identical_altered": (
        "The decision computed again is the recorded one, bit for bit; but something stored was altered since.",
        "重算结果与记录逐位相同，但存储内容此后被改动。",
    ),
    "moved": (
        "Moved: the decision computed again is not the recorded one.",
        "不一致：重算结果与记录不同。",
    ),
    "not_computed": ("The decision cannot be computed again.", "无法重算。"),
}


def replay_text(replay: Replay) -> str:
    """Return the outcome as lines of text."""
    return "\n".join(_lines(replay))


def _lines(replay: Replay) -> Iterator[str]:
    known = replay.known
    named = (
        f"Record {known.record} ({known.kind}), application" if known.record is not None else "Application"
    )
    yield f"{named} {shown(replay.application_id, most=200)} of batch {replay.batch}"
    yield "  ".join(_VERDICTS[replay.verdict])
    if replay.problem is not None:
        yield f"  {replay.problem}"
    for finding in known.findings:
        yield f"  Record {finding.sequence}: {finding.what}. {finding.what_zh}。"
    for fact in replay.facts:
        columns = ", ".join(f"{name} is now {shown(value)}" for name, value in fact.now.items())
        yield f"  Stored fact {fact.what}: {fact.table}, row {shown(fact.row, most=200)}" + (
            f", {columns}" if columns else ""
        )
    for file in replay.files:
        yield f"  Stored file altered ({file.kind}): {file.name}"
    for value in replay.moved[:MOST_SHOWN]:
        yield f"  {value.part} {shown(value.name, most=200)}: was {shown(value.was, most=200)}, is now {shown(value.now, most=200)}"
    if len(replay.moved) > MOST_SHOWN:
        yield f"  ... and {len(replay.moved) - MOST_SHOWN:,} more values"
    for value in replay.versions:
        yield f"  Another version: {value.name} was {shown(value.was)}, is now {shown(value.now)}"
    if replay.problem is None:
        yield f"  {replay.compared:,} values compared, {len(replay.moved):,} moved."
        yield f"  Hash recorded {replay.hash_recorded or '-'}"
        yield f"  Hash computed {replay.hash_again or '-'}"
    if known.record is not None and known.seals is None:
        yield "  The record sealed no facts: an altered one shows by its file only. 该记录未封存数据。"
