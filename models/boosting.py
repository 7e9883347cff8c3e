"""Growing the trees: LightGBM with the declared directions and, where asked for, interaction constraints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np

from models.interactions import InteractionTest, allowed_groups, find_pairs, find_triples
from models.trees import canonical_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from models.interactions import TestedGroup

__all__ = ["GrownTrees", "grow"]


@dataclass(frozen=True, kw_only=True)
class GrownTrees:
    """Trees, and what they were allowed to mix.

    Parameters
    ----------
    text
        LightGBM's text; the number of threads leaves no trace in it.
    groups
        Indicators that a tree path may mix, ``None`` where it may mix all.
    tested
        Pairs and triples that were tested, strongest first; empty where none were.
    """

    text: str
    groups: tuple[tuple[str, ...], ...] | None
    tested: tuple[TestedGroup, ...]


def grow(
    matrix: NDArray[np.float64],
    bad: NDArray[np.float64],
    *,
    directions: Mapping[str, int],
    codes: Sequence[int],
    settings: Mapping[str, Any],
    trees: int,
    interactions: str,
    most_interactions: int,
) -> GrownTrees:
    """Grow trees on prepared rows that stand in an order of their own content.

    Parameters
    ----------
    matrix
        Shape (n, k), prepared.
    bad
        Shape (n,): 1 for bad, 0 for good.
    directions
        Name of each of the k columns, in their order, to +1 (higher is better), -1 (lower is better) or 0.
    codes
        Positions of the categories.
    settings
        LightGBM's parameters beside constraints.
    trees
        Number of trees.
    interactions
        One of ``models.interactions.INTERACTIONS``.
    most_interactions
        Pairs, and triples, at most.
    """
    features, codes = list(directions), list(codes)

    def train(groups: tuple[tuple[str, ...], ...] | None) -> lightgbm.Booster:
        # A Dataset is bound to the parameters it was first used with, so each training has its own.
        data = lightgbm.Dataset(
            matrix, bad, feature_name=features, categorical_feature=codes, params={"verbosity": -1}
        )
        return lightgbm.train({**settings, **_constraints(directions, groups)}, data, num_boost_round=trees)

    def left_over(groups: tuple[tuple[str, ...], ...] | None) -> InteractionTest:
        simpler = train(groups).predict(matrix, num_threads=settings["num_threads"])
        return InteractionTest(
            names=tuple(features),
            matrix=matrix,
            bad=bad,
            probability=np.asarray(simpler),
            codes=codes,
            least=settings["min_data_in_leaf"],
            seed=settings["seed"],
        )

    tested: tuple[TestedGroup, ...] = ()
    if interactions in {"pairs", "triples"}:
        tested = find_pairs(left_over(allowed_groups("additive", features)), most=most_interactions)
    if interactions == "triples" and any(pair.found for pair in tested):
        paired = left_over(allowed_groups("pairs", features, tested))
        tested += find_triples(paired, tested, most=most_interactions)
    groups = allowed_groups(interactions, features, tested)
    return GrownTrees(text=canonical_text(train(groups).model_to_string()), groups=groups, tested=tested)


def _constraints(directions: Mapping[str, int], groups: tuple[tuple[str, ...], ...] | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        # A probability of default falls where an indicator rises in its better direction.
        "monotone_constraints": [-sign for sign in directions.values()],
        # LightGBM keeps interaction constraints under this method only (its issue 4044).
        "monotone_constraints_method": "basic",
    }
    if groups is not None:
        place = {name: position for position, name in enumerate(directions)}
        found["interaction_constraints"] = [[place[name] for name in group] for group in groups]
    return found
