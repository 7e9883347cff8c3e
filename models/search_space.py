"""What the tuning may change, with bounds, in one place.

The bounds are wide around the defaults and narrow where a bank cannot follow: trees deeper than six splits are no
longer told in a memo, and a learning rate below 0.01 only buys time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SPACE", "Bounds", "space_as_dict", "suggest"]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Bounds of one option of :class:`models.estimator.GreenCreditModel`, both included.

    Parameters
    ----------
    low, high
        Whole numbers for an option that counts.
    log
        Whether the option is drawn evenly on a logarithmic scale.
    """

    low: float
    high: float
    log: bool = False


SPACE: Mapping[str, Bounds] = {
    "max_depth": Bounds(low=2, high=6),
    "n_estimators": Bounds(low=50, high=600, log=True),
    "learning_rate": Bounds(low=0.01, high=0.2, log=True),
    "min_child_samples": Bounds(low=20, high=1000, log=True),
    "reg_lambda": Bounds(low=0.1, high=100.0, log=True),
    "colsample": Bounds(low=0.1, high=1.0),
}
"""Option to its bounds, in the order in which a trial draws them."""


def suggest(trial: Any, space: Mapping[str, Bounds] = SPACE) -> dict[str, Any]:  # noqa: ANN401  (Optuna is imported late)
    """Draw the options of a trial.

    Parameters
    ----------
    trial
        An ``optuna.Trial``.
    space
        From where.
    """
    return {
        name: trial.suggest_int(name, bounds.low, bounds.high, log=bounds.log)
        if isinstance(bounds.low, int)
        else trial.suggest_float(name, bounds.low, bounds.high, log=bounds.log)
        for name, bounds in space.items()
    }


def space_as_dict(space: Mapping[str, Bounds] = SPACE) -> dict[str, dict[str, Any]]:
    """Return the bounds as plain values, for the record of a study."""
    return {name: asdict(bounds) for name, bounds in space.items()}
