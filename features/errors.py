"""The errors of the whole product: one small tree, each error with its mend.

Exception tree::

    GreenCreditError
    ├── DatasetError          a dataset as a whole cannot be used
    ├── UnitError             a unit is unknown, or of the wrong physical dimension
    ├── ReferenceDataError    a reference table is broken or lacks what was asked for
    ├── RegisterError         a public register's file is not as published
    ├── ModelError            a model cannot be fitted, stored, loaded or trusted
    │   ├── InputError        a table, label or parameter is not what a model takes
    │   └── ExactnessError    base plus contributions is not the score
    ├── PolicyError           a policy file is wrong
    ├── ScenarioError         a scenario file is wrong
    └── StoreError            the workbench's database or its audit cannot be opened, or is not whole

``features`` is the bottom of the house, so the tree stands here; ``models`` and ``scoring`` raise from it.
The command line prints these errors as one message and exits with status 1; anything else is a defect.
"""

from __future__ import annotations

__all__ = [
    "DatasetError",
    "ExactnessError",
    "GreenCreditError",
    "InputError",
    "ModelError",
    "PolicyError",
    "ReferenceDataError",
    "RegisterError",
    "ScenarioError",
    "StoreError",
    "UnitError",
]


class GreenCreditError(Exception):
    """What went wrong, where, and how to mend it.

    Parameters
    ----------
    what
        One sentence: what is wrong, with the value that was found.
    where
        File, table, row or column; empty where the whole call is meant.
    mend
        One sentence: what the reader can do about it.

    Examples
    --------
    >>> print(GreenCreditError("The table has no rows.", where="firms.csv", mend="Export it again."))
    The table has no rows. Where: firms.csv. To mend it: Export it again.
    """

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what = what
        self.where = where
        self.mend = mend
        parts = [what]
        if where:
            parts.append(f"Where: {where}.")
        if mend:
            parts.append(f"To mend it: {mend}")
        super().__init__(" ".join(parts))


class DatasetError(GreenCreditError):
    """A dataset as a whole cannot be used: not found, unreadable, or a required table or column is missing."""


class UnitError(GreenCreditError):
    """A unit is unknown, or of the wrong physical dimension for its quantity.

    Parameters
    ----------
    what, where, mend
        As in :class:`GreenCreditError`.
    what_zh, mend_zh
        The same in Chinese: a clerk reads them in the quarantine beside the cell.
    """

    def __init__(self, what: str, *, where: str = "", mend: str = "", what_zh: str, mend_zh: str) -> None:
        self.what_zh = what_zh
        self.mend_zh = mend_zh
        super().__init__(what, where=where, mend=mend)


class ReferenceDataError(GreenCreditError):
    """A reference table is broken, or lacks what was asked for."""


class RegisterError(GreenCreditError):
    """A public register's file is not as published."""


class ModelError(GreenCreditError):
    """A model cannot be fitted, stored, loaded or trusted."""


class InputError(ModelError, ValueError, TypeError):
    """A table, a label or a parameter is not what a model takes; scikit-learn's tools expect a ValueError or TypeError."""


class ExactnessError(ModelError):
    """Base plus contributions is not the score: the explanation or the stored model is broken."""


class PolicyError(GreenCreditError):
    """A policy file is wrong."""


class ScenarioError(GreenCreditError):
    """A scenario file is wrong."""


class StoreError(GreenCreditError):
    """The workbench's database or its audit cannot be opened, or is not whole."""
