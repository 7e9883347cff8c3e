"""Passwords: Argon2id hashes, and which passwords are taken (OWASP ASVS 5, 6.2: length over composition)."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from features.errors import StoreError

__all__ = ["check_password", "hash_password", "matches", "needs_new_hash"]

_LEAST, _MOST = 12, 128
_WEAK = frozenset(
    {"password", "greencredit", "administrator", "123456", "qwerty", "11111", "00000", "letmein"}
)


@cache
def _hasher() -> PasswordHasher:
    # The library's defaults are those of RFC 9106, low-memory profile.
    return PasswordHasher()


def check_password(password: str, *, login: str) -> None:
    """Refuse a password that is short, long, weak, or the login itself.

    Raises
    ------
    StoreError
        Saying which.
    """
    plain = _normal(password)
    if not _LEAST <= len(plain) <= _MOST:
        raise _refused(f"it has {len(plain)} characters", f"Choose one of {_LEAST} to {_MOST} characters.")
    folded = plain.casefold()
    rest = folded
    for word in (*sorted(_WEAK), login.casefold()):
        rest = rest.replace(word, "") if word else rest
    if len(set(folded)) < 5 or len(rest) < _LEAST // 2:
        raise _refused("it is easily guessed", "Choose a few words that do not belong together.")


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password, with its parameters and salt."""
    return _hasher().hash(_normal(password))


def matches(hashed: str | None, password: str) -> bool:
    """Whether a password is the one that was hashed; takes as long where there is no hash to compare with."""
    if len(password) > 4 * _MOST:
        return False
    try:
        return _hasher().verify(hashed or _nobody(), _normal(password)) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_new_hash(hashed: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(hashed)


@cache
def _nobody() -> str:
    return hash_password("a login that does not exist takes as long as one that does")


def _normal(password: str) -> str:
    # The same characters typed on another keyboard are the same password.
    return unicodedata.normalize("NFKC", password)


def _refused(what: str, mend: str) -> StoreError:
    return StoreError(f"The password is not taken: {what}.", where="password", mend=mend)
