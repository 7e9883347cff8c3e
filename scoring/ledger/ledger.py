"""The ledger between two batches: what moved each firm's points and grade, who is new and who is gone.

A change of points is divided exactly among data, factors and model, a change of grade also to the policy, by the Shapley
values of :mod:`scoring.ledger.shapley`: no order of the causes is chosen. A cause that does not differ between the
batches gets exactly zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from features.catalogue import FAMILIES
from features.errors import ExactnessError
from scoring.ledger.causes import CAUSES, POINT_CAUSES, differences
from scoring.ledger.grade_steps import grade_steps
from scoring.ledger.matching import BOTH, match
from scoring.ledger.rescore import Rescorer
from scoring.ledger.shapley import shapley
from scoring.manifest import product_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from scoring.ledger.causes import Differences
    from scoring.ledger.matching import MatchBy, Matched
    from scoring.ledger.shapley import Corner
    from scoring.ledger.sides import Side

__all__ = ["TOLERANCE", "Ledger", "ledger"]

TOLERANCE = 1e-9
"""Largest gap (points) between the parts of a change and the change."""

_TOLD = ("firm_name", "as_of", "industry_division", "points", "points_shown", "grade", "review")
"""Columns of the decisions that the table shows of both batches."""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What changed between two batches.

    Parameters
    ----------
    table
        One row per firm (or application), sorted by ``firm_id``: ``status`` (``both``, ``new``, ``gone``), ``refused``
        (of one that is new or gone: whether the other batch refused an application of it), ids, ``firm_name``, and of
        either batch (``_old``, ``_new``; null where it is not there) ``as_of``, ``industry_division``, ``points``,
        ``points_shown``, ``grade`` and ``review``. For ``both``: ``change`` (points) and its parts ``data``, ``factors`` and
        ``model``; ``data_<family>`` and ``factors_<family>`` (points), the parts of data and factors; ``steps`` (grades
        down, negative up) and its parts ``steps_data``, ``steps_factors``, ``steps_model`` and ``steps_policy``, null where
        they are not divided (``grades_not_divided`` says why); and ``crosses`` (Boolean: another grade).
    differences
        What differs between the batches.
    matched
        Who was compared with whom.
    by
        ``firm`` or ``application``.
    largest_gap
        Largest gap (points) between the parts and the change.
    grades_not_divided
        Why changes of grade are not divided among causes; empty where they are.
    old, new
        Manifests of the batches.
    """

    table: pl.DataFrame
    differences: Differences
    matched: Matched
    by: MatchBy
    largest_gap: float
    grades_not_divided: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]

    @property
    def demonstration(self) -> bool:
        """Whether grades of either batch rest on simulated outcomes."""
        return bool(self.old["demonstration"]) or bool(self.new["demonstration"])

    @property
    def both(self) -> pl.DataFrame:
        """The rows that are in both batches."""
        return self.table.filter(pl.col("status") == BOTH)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``ledger.json`` holds: versions, differences, counts and sums."""
        found = self.differences
        return {
            "product_version": product_version(),
            "demonstration": self.demonstration,
            "by": self.by,
            "old": _versions(self.old),
            "new": _versions(self.new),
            "differing": list(found.causes),
            "settings": {name: list(pair) for name, pair in found.settings.items()},
            "reference_tables": list(found.reference_tables),
            "product_versions": list(found.product_versions) if found.product_versions else None,
            "counts": {
                "both": self.matched.count("both"),
                "new": self.matched.count("new"),
                "gone": self.matched.count("gone"),
                "applications_old": self.matched.applications[0],
                "applications_new": self.matched.applications[1],
                "earlier_old": self.matched.earlier[0],
                "earlier_new": self.matched.earlier[1],
                "cross": int(self.both["crosses"].sum()),
            },
            "mean_points": {name: _mean(self.both[name]) for name in ("change", *POINT_CAUSES)},
            "largest_gap_points": self.largest_gap,
            "grades_not_divided": self.grades_not_divided,
        }


def ledger(
    old: Side,
    new: Side,
    *,
    by: MatchBy = "firm",
    progress: Callable[[str, int, int], None] | None = None,
) -> Ledger:
    """Divide what changed between two batches among its causes.

    Parameters
    ----------
    old, new
        The batches, as :func:`scoring.ledger.sides.read_side` gives them. Their datasets are read only where both the data
        and the factors or settings differ, their models only where more than one cause differs and one of them is the
        model or the factors.
    by
        What is compared; see :func:`scoring.ledger.matching.match`.
    progress
        Called with phase, done and total.

    Raises
    ------
    GreenCreditError
        If a dataset, a set of factors or a model is needed and is not there or is another one, or nothing is in both.
    ExactnessError
        If the parts do not add up to the change.
    """
    found = differences(old, new)
    matched = match(old.results, new.results, by=by)
    pairs = matched.table.filter(pl.col("status") == BOTH)
    rescorer = Rescorer(
        old,
        new,
        causes=found.of_points,
        applications=(pairs["application_id_old"], pairs["application_id_new"]),
        progress=progress or _silent,
    )
    scored = rescorer.scored()
    points = _point_parts(scored, found.of_points)
    steps, why_not = grade_steps(rescorer, causes=found.causes, rows=pairs.height)
    table = _table(matched, old, new).join(
        pairs.select("key").with_columns(**points, **steps), on="key", how="left", validate="1:1"
    )
    gap = _gap(table)
    if gap > TOLERANCE:
        raise ExactnessError(
            f"The parts of a change do not add up to it: the largest gap is {gap:.3g} points.",
            where="ledger",
            mend="Do not use this ledger; score both batches again with one release and compare those.",
        )
    return Ledger(
        table=table.drop("key").sort("firm_id", "application_id_old", "application_id_new"),
        differences=found,
        matched=matched,
        by=by,
        largest_gap=gap,
        grades_not_divided=why_not,
        old=old.results.manifest,
        new=new.results.manifest,
    )


def _point_parts(scored: Mapping[Corner, pl.DataFrame], causes: tuple[str, ...]) -> dict[str, pl.Series]:
    """Return the parts of the points, and of data and factors by family."""
    families = [f"family_{name}" for name in FAMILIES]
    # A family that a model does not use gives nothing.
    arrays: dict[Corner, NDArray[np.float64]] = {
        corner: np.column_stack(
            [
                table[name].to_numpy() if name in table.columns else np.zeros(table.height)
                for name in ("points", *families)
            ]
        )
        for corner, table in scored.items()
    }
    rows = next(iter(arrays.values())).shape[0]
    parts = shapley(arrays, causes)
    nothing = np.zeros((rows, 1 + len(families)))
    columns: dict[str, NDArray[np.float64]] = {name: parts.get(name, nothing)[:, 0] for name in POINT_CAUSES}
    for cause in ("data", "factors"):
        # The base belongs to the model, so what data or factors move is moved in the families.
        columns |= {
            f"{cause}_{name}": parts.get(cause, nothing)[:, position]
            for position, name in enumerate(FAMILIES, start=1)
        }
    return {name: pl.Series(name, column, dtype=pl.Float64) for name, column in columns.items()}


def _table(matched: Matched, old: Side, new: Side) -> pl.DataFrame:
    """Put what the two batches say of each firm side by side."""
    table = matched.table
    for suffix, side in (("old", old), ("new", new)):
        decisions = side.results.decisions.select("application_id", "firm_id", *_TOLD)
        renamed = {name: f"{name}_{suffix}" for name in decisions.columns}
        table = table.join(
            decisions.rename(renamed), on=f"application_id_{suffix}", how="left", maintain_order="left"
        )
    sides = [f"{name}_{suffix}" for name in _TOLD if name != "firm_name" for suffix in ("old", "new")]
    return table.select(
        "key",
        firm_id=pl.coalesce("firm_id_new", "firm_id_old"),
        firm_name=pl.coalesce("firm_name_new", "firm_name_old"),
        status="status",
        refused="refused",
        application_id_old="application_id_old",
        application_id_new="application_id_new",
        **{name: pl.col(name) for name in sides},
        change=pl.col("points_new") - pl.col("points_old"),
        crosses=pl.col("grade_new") != pl.col("grade_old"),
    )


def _gap(table: pl.DataFrame) -> float:
    """Return the largest gap (points) of the parts, and of the families, from what they are parts of."""
    both = table.filter(pl.col("status") == BOTH)
    wholes = {"change": list(POINT_CAUSES)}
    wholes |= {cause: [f"{cause}_{name}" for name in FAMILIES] for cause in ("data", "factors")}
    gaps = [
        abs(both[whole].to_numpy() - both.select(parts).to_numpy().sum(axis=1)).max(initial=0.0)
        for whole, parts in wholes.items()
    ]
    steps = both.filter(pl.col("steps").is_not_null())
    summed = steps.select(f"steps_{cause}" for cause in CAUSES).to_numpy().sum(axis=1)
    gaps.append(abs(steps["steps"].to_numpy() - summed).max(initial=0.0))
    return float(max(gaps))


def _versions(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "product_version": manifest["product_version"],
        "model": {key: manifest["model"][key] for key in ("name", "version", "label_origin")},
        "policy": manifest["policy"]["version_id"],
        "factor_set": manifest["factor_set"],
        "settings": dict(manifest["settings"]),
    }


def _mean(values: pl.Series) -> float | None:
    return None if values.is_empty() else float(values.to_numpy().mean())


def _silent(_phase: str, _done: int, _total: int) -> None:
    """Say nothing."""
