"""Check characters of firm identifiers: the unified social credit code and the legal entity identifier.

Sources: GB 32100-2015 (18 characters, modulus 31, weights 3^(i-1) mod 31, alphabet without I, O, S, V, Z) and
ISO 17442-1 (20 characters, ISO 7064 MOD 97-10 as in an IBAN).
"""

from __future__ import annotations

import re

import polars as pl

from features.errors import DatasetError

__all__ = ["make_lei", "make_uscc", "tidy_identifier", "valid_lei", "valid_uscc"]

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
# Registering department and kind, six digits of the place of registration, nine of the organisation, one check.
_USCC_FORM = f"^[{_USCC_ALPHABET}]{{2}}[0-9]{{6}}[{_USCC_ALPHABET}]{{10}}$"
_LEI_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LEI_FORM = "^[0-9A-Z]{18}[0-9]{2}$"


def tidy_identifier(expr: pl.Expr) -> pl.Expr:
    """Return identifiers half-width, in capitals, without blanks; vectorised.

    Examples
    --------
    >>> pl.select(tidy_identifier(pl.lit(" ９１４４０３００１９２２０３８２１６ "))).item()
    '914403001922038216'
    """
    return expr.cast(pl.String).str.normalize("NFKC").str.replace_all(r"\s", "").str.to_uppercase()


def make_uscc(first17: str) -> str:
    """Return the unified social credit code: the 17 characters with their check character.

    Raises
    ------
    DatasetError
        If there are not 17 characters of the code's alphabet with six digits from the third on.

    Examples
    --------
    >>> make_uscc("91440300192203821")
    '914403001922038216'
    """
    if not re.fullmatch(_USCC_FORM, f"{first17}0"):
        raise DatasetError(
            f"{first17!r} cannot begin a unified social credit code.",
            where="GB 32100-2015",
            mend=f"Give 17 characters of {_USCC_ALPHABET}, the third to the eighth of them digits.",
        )
    weighted = sum(_USCC_ALPHABET.index(c) * w for c, w in zip(first17, _USCC_WEIGHTS, strict=True))
    return first17 + _USCC_ALPHABET[-weighted % 31]


def valid_uscc(expr: pl.Expr) -> pl.Expr:
    """Return whether each text is a unified social credit code with a right check character; null stays null.

    Examples
    --------
    >>> codes = pl.DataFrame({"c": ["914403001922038216", "914403001922038217", None]})
    >>> codes.select(valid_uscc(pl.col("c")))["c"].to_list()
    [True, False, None]
    """
    values = [
        expr.str.slice(i, 1).replace_strict(
            list(_USCC_ALPHABET), list(range(31)), default=None, return_dtype=pl.Int64
        )
        for i in range(18)
    ]
    weighted = pl.sum_horizontal(
        *(value * weight for value, weight in zip(values, (*_USCC_WEIGHTS, 1), strict=True)),
        ignore_nulls=False,
    )
    sound = expr.str.contains(_USCC_FORM) & (weighted % 31 == 0).fill_null(value=False)
    return pl.when(expr.is_not_null()).then(sound)


def make_lei(first18: str) -> str:
    """Return the legal entity identifier: the 18 characters with their two check digits.

    Raises
    ------
    DatasetError
        If there are not 18 digits or capital letters.

    Examples
    --------
    >>> make_lei("HWUPKR0MPOU8FGXBT3")
    'HWUPKR0MPOU8FGXBT394'
    """
    if not re.fullmatch(_LEI_FORM, f"{first18}00"):
        raise DatasetError(
            f"{first18!r} cannot begin a legal entity identifier.",
            where="ISO 17442",
            mend="Give 18 digits or capital letters.",
        )
    number = int("".join(str(_LEI_ALPHABET.index(c)) for c in f"{first18}00"))
    return f"{first18}{98 - number % 97:02d}"


def valid_lei(expr: pl.Expr) -> pl.Expr:
    """Return whether each text is a legal entity identifier with right check digits; null stays null.

    Examples
    --------
    >>> codes = pl.DataFrame({"c": ["HWUPKR0MPOU8FGXBT394", "HWUPKR0MPOU8FGXBT395", None]})
    >>> codes.select(valid_lei(pl.col("c")))["c"].to_list()
    [True, False, None]
    """
    # A letter stands for two digits. Four pieces of ten digits keep every step inside 64 bits.
    digits = expr.str.replace_many(list(_LEI_ALPHABET[10:]), [str(n) for n in range(10, 36)]).str.zfill(40)
    remainder: pl.Expr = pl.lit(0, dtype=pl.Int64)
    for start in range(0, 40, 10):
        remainder = (remainder * 10**10 + digits.str.slice(start, 10).cast(pl.Int64, strict=False)) % 97
    sound = expr.str.contains(_LEI_FORM) & (remainder == 1).fill_null(value=False)
    return pl.when(expr.is_not_null()).then(sound)
