"""Files that a bank writes in TOML: their text, and what it holds, or a refusal that says which file and how to mend it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from features.errors import GreenCreditError, ModelError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["parsed", "text_of"]


def text_of(file: Path, *, what: str, mend: str, error: type[GreenCreditError] = ModelError) -> str:
    """Return the text of a file, without a byte-order mark.

    Parameters
    ----------
    file
        To read.
    what
        Name of the file in a message, as ``The gate file``.
    mend
        What to do where it is not found.
    error
        Raised where it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise error(f"{what} was not found.", where=str(file), mend=mend) from None
    except (OSError, UnicodeDecodeError) as cause:
        raise error(
            f"{what} cannot be read ({cause}).", where=str(file), mend="Save it as UTF-8 text (TOML)."
        ) from None


def parsed(text: str, *, what: str, where: str, error: type[GreenCreditError] = ModelError) -> dict[str, Any]:
    """Return what a text in TOML holds.

    Examples
    --------
    >>> parsed("rate = 0.5", what="The gate", where="gate.toml")
    {'rate': 0.5}
    """
    try:
        return tomllib.loads(text)
    except ValueError as cause:
        # TOMLDecodeError, or a whole number of more digits than Python reads.
        raise error(
            f"{what} is not valid TOML: {cause}.",
            where=where,
            mend="Mend the line that is named; texts stand in double quotes, lists in square brackets.",
        ) from None
