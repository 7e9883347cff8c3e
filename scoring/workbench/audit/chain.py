"""The hash chain: what seals a record, as pure functions of text and a key.

Two hashes, so that what a record says can be erased by rule while the chain still verifies::

    content_hash = HMAC-SHA256(salt, content)               a salt of its own, erased together with the content
    seal         = HMAC-SHA256(key, sequence | kind | at | content_hash | previous seal)

Without the key nobody can seal a record anew after altering it; without the salt nobody can guess an erased content from
its hash. Sources: FIPS 198-1 (HMAC), FIPS 180-4 (SHA-256).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from features.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GENESIS", "KEY_VARIABLE", "AuditKey", "Head", "Link", "canonical", "content_hash"]

GENESIS = "0" * 64
"""What stands for the seal before the first record."""

KEY_VARIABLE = "GREENCREDIT_AUDIT_KEY"
"""Environment variable that holds the key: it never stands in the store or beside it."""

_LEAST_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class AuditKey:
    """The secret that seals records.

    Parameters
    ----------
    secret
        At least 32 bytes.
    """

    secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> AuditKey:
        """Read a key of hexadecimal digits.

        Raises
        ------
        StoreError
            If it is not hexadecimal, or shorter than 32 bytes.
        """
        stripped = text.strip()
        if not re.fullmatch(r"(?:[0-9a-fA-F]{2})+", stripped) or len(stripped) < 2 * _LEAST_KEY_BYTES:
            raise StoreError(
                f"The audit key must be at least {2 * _LEAST_KEY_BYTES} hexadecimal digits.",
                where=KEY_VARIABLE,
                mend="Make one with `openssl rand -hex 32`, and keep it where the database is not.",
            )
        return cls(secret=bytes.fromhex(stripped))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> AuditKey:
        """Read the key from the environment.

        Raises
        ------
        StoreError
            If it is not there or not a key.
        """
        text = environment.get(KEY_VARIABLE, "")
        if not text:
            raise StoreError(
                "There is no audit key: records can be neither sealed nor verified without it.",
                where=f"environment variable {KEY_VARIABLE}",
                mend="Set it to at least 64 hexadecimal digits; `openssl rand -hex 32` makes one.",
            )
        return cls.parse(text)

    @property
    def fingerprint(self) -> str:
        """Eight digits that tell one key from another and say nothing about it."""
        return hmac.new(self.secret, b"greencredit audit key", hashlib.sha256).hexdigest()[:8]

    def sign(self, message: bytes) -> str:
        """HMAC-SHA256 of a message, hexadecimal."""
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Link:
    """What the seal of a record covers.

    Parameters
    ----------
    sequence
        1 for the first record, one more for each.
    kind
        What happened.
    at
        When, ISO 8601 in UTC with microseconds.
    content_hash
        Of what the record says.
    previous
        Seal of the record before; :data:`GENESIS` for the first.
    """

    sequence: int
    kind: str
    at: str
    content_hash: str
    previous: str

    def seal(self, key: AuditKey) -> str:
        """Return the seal, 64 hexadecimal digits.

        The parts are joined as a JSON list, so that no two different links give one text.
        """
        return key.sign(
            canonical([self.sequence, self.kind, self.at, self.content_hash, self.previous]).encode()
        )


@dataclass(frozen=True, kw_only=True)
class Head:
    """The end of the chain at some time: kept elsewhere, it finds records that were cut off later.

    Parameters
    ----------
    sequence
        Records so far.
    seal
        Seal of the last one.
    key
        Fingerprint of the key.
    """

    sequence: int
    seal: str
    key: str


def canonical(content: Any) -> str:  # noqa: ANN401  (whatever JSON holds)
    """Write JSON in one form only: sorted keys, no blanks, characters as they are."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_hash(salt: str, content: str) -> str:
    """Return the hash of what a record says, 64 hexadecimal digits.

    Parameters
    ----------
    salt
        Hexadecimal digits, drawn for this record.
    content
        Canonical JSON.
    """
    return hmac.new(bytes.fromhex(salt), content.encode(), hashlib.sha256).hexdigest()
