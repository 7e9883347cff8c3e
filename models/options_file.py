"""Options of the estimator as a TOML file: what tuning writes and training takes.

The file has one table::

    [model]
    max_depth = 4
    learning_rate = 0.05
"""

from __future__ import annotations

import difflib
import json
import tomllib
from typing import TYPE_CHECKING, Any

from features.errors import ModelError
from models.estimator import GreenCreditModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["options_text", "plain_defaults", "read_options"]

_TABLE = "model"


def plain_defaults() -> dict[str, int | float | str]:
    """Return the options of the estimator that a file can hold, with their defaults; the seed is none of them."""
    return {
        name: value
        for name, value in GreenCreditModel().get_params(deep=False).items()
        if isinstance(value, (int, float, str)) and not isinstance(value, bool) and name != "random_state"
    }


def options_text(options: Mapping[str, int | float | str], *, notes: Sequence[str] = ()) -> str:
    """Write options as TOML; every number comes back to the last bit.

    Parameters
    ----------
    options
        Names and values.
    notes
        Lines that stand above as comments.

    Examples
    --------
    >>> print(options_text({"max_depth": 4, "missing": "worst"}, notes=["The best of 3."]), end="")
    # The best of 3.
    <BLANKLINE>
    [model]
    max_depth = 4
    missing = "worst"
    """
    # A basic string of TOML is written like one of JSON; repr writes a float that reads back as itself.
    lines = [
        f"{name} = {json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)}"
        for name, value in options.items()
    ]
    return "\n".join([*(f"# {note}" for note in notes), *([""] if notes else []), f"[{_TABLE}]", *lines, ""])


def read_options(path: Path) -> dict[str, Any]:
    """Read options from a TOML file.

    Raises
    ------
    ModelError
        If the file cannot be read, or an option is unknown or of the wrong type. Bounds are checked by the estimator.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # ValueError: no UTF-8, no TOML, or a number of too many digits
        raise ModelError(
            f"The file of options cannot be read: {error}.",
            where=str(path),
            mend="Hand in the TOML file that greencredit tune wrote.",
        ) from error
    options = content.get(_TABLE)
    if set(content) != {_TABLE} or not isinstance(options, dict):
        raise ModelError(
            f"A file of options holds the table [{_TABLE}] and nothing else. Got {', '.join(content) or 'nothing'}.",
            where=str(path),
            mend=f"Put the options under [{_TABLE}].",
        )
    known = plain_defaults()
    for name, value in options.items():
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=1)
            raise ModelError(
                f"The model has no option {name!r}.",
                where=f"{path}, {_TABLE}",
                mend=f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}.",
            )
        kind = type(known[name])
        taken = (int, float) if kind is float else (kind,)
        if isinstance(value, bool) or not isinstance(value, taken):
            raise ModelError(
                f"The option {name} must be {'a number' if kind is float else f'of type {kind.__name__}'}. "
                f"Got {value!r} instead.",
                where=f"{path}, {_TABLE}.{name}",
                mend=f"Its default is {known[name]!r}.",
            )
    return options
