"""What moved a grade: the same division among causes, with the policy as one more cause, in steps of grades.

A grade's value is its place, 0 for the best, so a change is a number of steps down. Where two policies have different
grades, a step of one is none of the other, and nothing is divided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.errors import GreenCreditError
from scoring.ledger.causes import CAUSES
from scoring.ledger.indicated import in_force
from scoring.ledger.shapley import corners, shapley
from scoring.policy import decide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scoring.ledger.rescore import Rescorer
    from scoring.ledger.shapley import Corner
    from scoring.policy import Policy

__all__ = ["grade_steps"]

_OTHER_GRADES = (
    "The two policies have different grades, so changes of grade are not divided among causes. "
    "两政策的等级不同，等级变动不作归因。"
)


def grade_steps(
    rescorer: Rescorer, *, causes: tuple[str, ...], rows: int
) -> tuple[dict[str, pl.Series], str]:
    """Divide the change of each grade among its causes.

    Parameters
    ----------
    rescorer
        Has scored the corners.
    causes
        Causes that differ, the policy last.
    rows
        Number of compared applications.

    Returns
    -------
    steps : dict
        ``steps`` (Int32) and ``steps_<cause>`` (Float64) of every cause of a change of grade; null where nothing is divided.
    why_not : str
        Why nothing is divided; empty where it is.
    """
    policies = (rescorer.side(new=False).policy, rescorer.side(new=True).policy)
    nothing = {"steps": pl.Series([None] * rows, dtype=pl.Int32)}
    nothing |= {f"steps_{cause}": pl.Series([None] * rows, dtype=pl.Float64) for cause in CAUSES}
    if policies[0].grade_names != policies[1].grade_names:
        return nothing, _OTHER_GRADES
    try:
        places = {
            corner: _places(rescorer, corner, causes=causes, policies=policies)
            for corner in corners(len(causes))
        }
    except GreenCreditError as error:
        return nothing, f"Changes of grade are not divided among causes 等级变动未作归因: {error}"
    first, last = (places[(new,) * len(causes)] for new in (False, True))
    parts = shapley(places, causes)
    steps = {"steps": pl.Series((last - first).astype(np.int32))}
    return steps | {f"steps_{cause}": pl.Series(parts.get(cause, np.zeros(rows))) for cause in CAUSES}, ""


def _places(
    rescorer: Rescorer, corner: Corner, *, causes: tuple[str, ...], policies: tuple[Policy, Policy]
) -> NDArray[np.float64]:
    """Return the place of each grade at a corner, 0 for the best."""
    new = dict(zip(causes, corner, strict=True))
    of_points = tuple(state for cause, state in new.items() if cause != "policy")
    state = rescorer.state(of_points)
    if len(set(corner)) < 2:
        # What the batch decided; a batch that differs in the policy alone holds its own grades, too.
        results = rescorer.side(new=bool(corner) and corner[0]).results
        grades = rescorer.ordered(results.decisions.select("application_id", "grade"), of_points)["grade"]
    else:
        policy = policies[new.get("policy", state.data)]
        judged = rescorer.judged(of_points, policy=policy)
        # Whether a row that a rule rests on is confirmed stands in the tables.
        with in_force(rescorer.side(new=state.factors)):
            grades = decide(judged, policy=policy)["grade"]
    place = {name: position for position, name in enumerate(policies[0].grade_names)}
    return grades.replace_strict(place, return_dtype=pl.Float64).to_numpy()
