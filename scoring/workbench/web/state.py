"""What the server holds while it runs: the store, the key, the clock, and links that sign in once."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from itsdangerous import BadSignature, TimestampSigner

from scoring.workbench.people.sessions import LIFE

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoring.policy import Policy
    from scoring.workbench.audit import AuditKey
    from scoring.workbench.scorer import Scorer
    from scoring.workbench.store import Store

__all__ = ["Workbench"]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, kw_only=True)
class Workbench:
    """What every page may use.

    Parameters
    ----------
    store
        Batches, people, audit.
    key
        Seals records; cookies are signed with a key made from it.
    policy
        Limits, reasons and grades of what people decide.
    secure
        Whether browsers reach the server by HTTPS: cookies then never travel without it.
    clock
        Gives now, with its time zone; tests have their own.
    scorer
        What scores applications that are handed in; ``None`` where the server was started without a model.
    """

    store: Store
    key: AuditKey
    policy: Policy
    secure: bool = False
    clock: Callable[[], dt.datetime] = _now
    scorer: Scorer | None = None
    _links: dict[str, str] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def cookie(self) -> str:
        """Name of the session's cookie; the prefix makes browsers refuse it from elsewhere, and needs HTTPS."""
        return "__Host-greencredit" if self.secure else "greencredit"

    def signed(self, token: str) -> str:
        """Sign a session's token for its cookie, with the time."""
        return self._signer().sign(token).decode()

    def token_of(self, cookie: str) -> str | None:
        """Return the token of a cookie that this server signed and that is not too old."""
        try:
            return self._signer().unsign(cookie, max_age=int(LIFE.total_seconds())).decode()
        except (BadSignature, UnicodeDecodeError):
            return None

    def one_time_link(self, login: str) -> str:
        """Return the path of a link that signs a person in once."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._links[hashlib.sha256(secret.encode()).hexdigest()] = login
        return f"/sign-in/once/{secret}"

    def spend_link(self, secret: str) -> str | None:
        """Return whom a link signs in, and let it be used no more."""
        with self._lock:
            return self._links.pop(hashlib.sha256(secret.encode()).hexdigest(), None)

    def _signer(self) -> TimestampSigner:
        key = hmac.new(self.key.secret, b"greencredit cookies", hashlib.sha256).digest()
        return TimestampSigner(key, salt="greencredit.session", digest_method=hashlib.sha256)
