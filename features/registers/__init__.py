"""Public registers read as datasets: real firms with whatever facts the register holds, everything else missing.

In: the folder of a register's files as published, or one of the files. Out: a :class:`~features.intake.Dataset` through
the same validation as a bank's own tables, with the register's contradictions as findings.
"""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

from features.errors import RegisterError
from features.registers import cea, ghgrp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from features.intake import Dataset

__all__ = ["REGISTERS", "read_register"]

REGISTERS: Mapping[str, Callable[[Path | str], Dataset]] = MappingProxyType(
    {"cea": cea.read, "ghgrp": ghgrp.read}
)
"""Name of a register to its reader."""


def read_register(name: str, path: Path | str) -> Dataset:
    """Return a public register as a dataset.

    Parameters
    ----------
    name
        One of :data:`REGISTERS`.
    path
        Folder of its files, or one of them.

    Raises
    ------
    RegisterError
        If the register is unknown, the path is wrong, or a file is not as published.

    Examples
    --------
    >>> read_register("ghgpr", "somewhere")
    Traceback (most recent call last):
    features.errors.RegisterError: There is no register 'ghgpr'. To mend it: Did you mean ghgrp? The registers are cea, ghgrp.
    """
    reader = REGISTERS.get(name)
    if reader is None:
        close = get_close_matches(name, sorted(REGISTERS), n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise RegisterError(
            f"There is no register {name!r}.", mend=f"{hint}The registers are {', '.join(sorted(REGISTERS))}."
        )
    return reader(path)
