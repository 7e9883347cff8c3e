"""What each column of a table is to the model: a number with or without a direction, a category, or a ratio to peers.

Indicators of the catalogue declare themselves. Columns of other tables are declared by the estimator's arguments,
and by this rule where those say nothing:

- a catalogue indicator is what the catalogue says; indicators that the model may not use are left out;
- a column of a table without any catalogue indicator is a number without direction;
- a column that is no indicator, beside indicators or under a name that nearly is one, is refused: it is more often
  a slip of the pen than a feature.

A column that is no catalogue indicator belongs to the family and the pillar ``other`` in every sum, and never counts
in the ESG part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from features.catalogue import CATALOGUE
from features.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OTHER", "ColumnRoles", "Directions", "family_of", "named", "pillar_of"]

OTHER = "other"
"""Family and pillar of a column that is no catalogue indicator."""

_NEARLY = 0.85
"""Likeness (``difflib``) at which an unknown name is taken for a misspelt indicator."""

Directions = Mapping[str, int] | Sequence[int]
"""Direction by name, or one per column: +1 higher is better, -1 lower is better, 0 neither."""


def family_of(name: str) -> str:
    """Family of an indicator, ``other`` for a column that is none."""
    return CATALOGUE[name].family if name in CATALOGUE else OTHER


def pillar_of(name: str) -> str:
    """Pillar of an indicator, ``other`` for a column that is none."""
    return CATALOGUE[name].pillar if name in CATALOGUE else OTHER


def named(names: Sequence[str], known: Sequence[str] | Mapping[str, object]) -> str:
    """List names, each with the nearest known one.

    Examples
    --------
    >>> named(["coal_shar", "x"], ["coal_share"])
    'coal_shar (did you mean coal_share?), x'
    """
    told = []
    for name in names:
        near = get_close_matches(name, list(known), n=1)
        told.append(f"{name} (did you mean {near[0]}?)" if near else name)
    return ", ".join(told)


@dataclass(frozen=True, kw_only=True)
class ColumnRoles:
    """The columns that a model reads and computes.

    Parameters
    ----------
    inputs
        Columns asked of every table: catalogue indicators in the order of the catalogue, then the others in the
        order of the training table.
    features
        Columns of the booster's matrix: inputs and relative ones, in the same order; relative ones that the
        catalogue does not know stand last.
    directions
        Feature to +1 (higher is better), -1 (lower is better) or 0.
    categories
        Inputs that are categories.
    relative
        Relative feature to its base and its group, both inputs: it is the base over the median of its group.
    """

    inputs: tuple[str, ...]
    features: tuple[str, ...]
    directions: Mapping[str, int]
    categories: tuple[str, ...]
    relative: Mapping[str, tuple[str, str]]

    @classmethod
    def declared(
        cls,
        columns: Sequence[str],
        *,
        directions: Directions | None = None,
        categories: Sequence[str | int] | None = None,
        relative: Mapping[str, tuple[str, str]] | None = None,
    ) -> ColumnRoles:
        """Find the role of every column of a training table.

        Parameters
        ----------
        columns
            Names of the table's columns.
        directions
            By name (the catalogue says the rest), or one per column; ``None`` is the catalogue.
        categories
            Names or positions of categories; ``None`` is the catalogue.
        relative
            Relative feature to base and group; ``None`` is the catalogue.

        Raises
        ------
        InputError
            Naming every column that has no role, or two.

        Examples
        --------
        >>> ColumnRoles.declared(["age", "coal_share"], directions={"age": 1}).directions
        {'coal_share': -1, 'age': 1}
        >>> ColumnRoles.declared(["coal_shar"])
        Traceback (most recent call last):
        features.errors.InputError: The training table has columns that are no indicators of the catalogue: coal_shar
        (did you mean coal_share?). ...
        """
        signs = _signs(columns, directions)
        chosen = _categories(columns, categories)
        _refuse_unknown(columns, told={*signs, *chosen})
        _refuse_relative(columns)
        used = [
            name
            for name in columns
            if name not in CATALOGUE or CATALOGUE[name].used_by_model or signs.get(name) or name in chosen
        ]
        if not used:
            raise InputError(
                "The training table has no indicator that the model may use.", where="columns of X"
            )
        inputs = (*(name for name in CATALOGUE if name in used), *(n for n in used if n not in CATALOGUE))
        if categories is None:
            chosen = tuple(name for name in inputs if name in CATALOGUE and CATALOGUE[name].is_category)
        ratios = _relative(inputs, chosen, relative)
        known = {*inputs, *ratios}
        features = (
            *(name for name in CATALOGUE if name in known),
            *(name for name in (*inputs, *ratios) if name not in CATALOGUE),
        )
        found = {}
        for name in features:
            own = signs.get(name)
            if own is None and name in CATALOGUE:
                own = CATALOGUE[name].direction
            elif own is None and name in ratios:
                base = ratios[name][0]
                own = signs.get(base, CATALOGUE[base].direction if base in CATALOGUE else 0)
            found[name] = own or 0
        if both := [name for name in chosen if found.get(name)]:
            raise InputError(
                f"A category has no direction: {', '.join(both)}.",
                where="directions and categories",
                mend="Leave it out of one of the two.",
            )
        return cls(
            inputs=inputs,
            features=features,
            directions=found,
            categories=tuple(name for name in inputs if name in chosen),
            relative=ratios,
        )

    @classmethod
    def of_catalogue(cls, inputs: Sequence[str], features: Sequence[str]) -> ColumnRoles:
        """Give the roles of a model that was stored when it could read catalogue indicators only."""
        return cls(
            inputs=tuple(inputs),
            features=tuple(features),
            directions={name: CATALOGUE[name].direction for name in features},
            categories=tuple(name for name in inputs if CATALOGUE[name].is_category),
            relative={
                name: (str(CATALOGUE[name].base), str(CATALOGUE[name].relative_to))
                for name in features
                if CATALOGUE[name].base is not None
            },
        )


def _signs(columns: Sequence[str], directions: Directions | None) -> dict[str, int]:
    """Directions that were declared by name or by position."""
    if directions is None:
        return {}
    if isinstance(directions, Mapping):
        found = {str(name): int(sign) for name, sign in directions.items()}
    else:
        given: Sequence[int] | NDArray = directions  # type: ignore[type-arg]
        if len(given) != len(columns):
            raise InputError(
                f"The directions parameter must have one entry per column of X, {len(columns)}. "
                f"Got {len(given)} instead.",
                where="directions",
                mend="Give +1, -1 or 0 for every column, or a mapping by name.",
            )
        found = {name: int(sign) for name, sign in zip(columns, given, strict=True)}
    if wrong := [name for name, sign in found.items() if sign not in {-1, 0, 1}]:
        raise InputError(
            f"A direction must be +1, -1 or 0; that of {', '.join(wrong)} is not.",
            where="directions",
            mend="+1 means that a higher value is better, -1 a lower one.",
        )
    return found


def _categories(columns: Sequence[str], categories: Sequence[str | int] | None) -> tuple[str, ...]:
    """Names of the declared categories."""
    names = []
    for entry in categories or ():
        if isinstance(entry, str):
            names.append(entry)
            continue
        if not 0 <= int(entry) < len(columns):
            raise InputError(
                f"The categories parameter names column {entry} of a table of {len(columns)} columns.",
                where="categories",
                mend="Positions count from 0.",
            )
        names.append(columns[int(entry)])
    if absent := [name for name in names if name not in columns]:
        raise InputError(
            f"The categories parameter names columns that the table lacks: {named(absent, columns)}.",
            where="categories",
            mend="Name columns of X.",
        )
    return tuple(names)


def _relative(
    inputs: Sequence[str], categories: Sequence[str], relative: Mapping[str, tuple[str, str]] | None
) -> dict[str, tuple[str, str]]:
    """Relative features to base and group, declared or of the catalogue."""
    if relative is None:
        return {
            name: (str(item.base), str(item.relative_to))
            for name, item in CATALOGUE.items()
            if item.base in inputs and item.relative_to in categories and item.used_by_model
        }
    for name, (base, group) in relative.items():
        if base not in inputs or base in categories or group not in categories or name in inputs:
            raise InputError(
                f"The relative parameter says that {name} is {base} over the median of its {group}; that needs a "
                f"number {base} and a category {group} in X, and no column {name}.",
                where="relative",
                mend="Use relative={new name: (number, category)}.",
            )
    return {str(name): (str(base), str(group)) for name, (base, group) in relative.items()}


def _refuse_unknown(columns: Sequence[str], *, told: set[str]) -> None:
    """Refuse columns that are no indicators and were not declared; see the rule of the module."""
    beside = any(name in CATALOGUE for name in columns)
    unknown = [
        name
        for name in columns
        if name not in CATALOGUE
        and name not in told
        and (beside or get_close_matches(name, CATALOGUE, n=1, cutoff=_NEARLY))
    ]
    if unknown:
        raise InputError(
            "The training table has columns that are no indicators of the catalogue: "
            f"{named(unknown, CATALOGUE)}.",
            where="columns of X",
            mend="Declare them in directions or categories; identifiers and days go into firm_id and as_of.",
        )
    known = {*columns, *CATALOGUE}
    if absent := sorted(told - known):
        raise InputError(
            f"The directions parameter names columns that the table lacks: {named(absent, columns)}.",
            where="directions",
            mend="Name columns of X.",
        )


def _refuse_relative(columns: Sequence[str]) -> None:
    relative = [name for name in columns if name in CATALOGUE and CATALOGUE[name].base is not None]
    if relative:
        raise InputError(
            f"The training table has relative indicators, which the model computes itself: {', '.join(relative)}.",
            where="columns of X",
            mend="Leave them out; hand in their base.",
        )
