"""URLs of databases: told from paths, taken apart strictly, and shown without what is secret."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from features.errors import DatasetError
from features.intake.raw import spelled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["POSTGRES", "SQLITE", "ServerUrl", "is_url", "shown", "split_url"]

SQLITE = frozenset({"sqlite", "sqlite+pysqlite"})
POSTGRES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
"""Schemes of the databases that can be read."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LOST = re.compile(rf"({'|'.join(re.escape(scheme) for scheme in sorted(POSTGRES))}):/(?!/)", re.IGNORECASE)
# Strict on purpose: whatever could be a part of a password in the wrong place does not fit.
_SERVER = re.compile(
    r"(?P<scheme>[A-Za-z0-9+.-]+)://"
    r"(?:(?P<user>[^:@/?#]*)(?::(?P<password>[^@/?#]*))?@)?"
    r"(?P<host>[^:@/?#\[\]]*|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/(?P<database>[^@/?#]*))?(?:\?(?P<query>[^@?#]*))?"
)


@dataclass(frozen=True, kw_only=True)
class ServerUrl:
    """The parts of a server's URL, decoded; None where the URL leaves a part out."""

    scheme: str
    user: str | None
    password: str | None = field(repr=False)
    host: str | None
    port: int | None
    database: str | None
    query: Mapping[str, tuple[str, ...]] = field(repr=False)


def is_url(path: str | Path) -> bool:
    """Return whether a dataset is named by URL.

    Examples
    --------
    >>> is_url("sqlite:///bank.db"), is_url("data/bank"), is_url("C:/bank")
    (True, False, False)
    """
    return isinstance(path, str) and _URL.match(path) is not None


def split_url(url: str) -> ServerUrl:
    """Return the parts of a server's URL.

    Raises
    ------
    DatasetError
        If it does not read as one; the message shows nothing of what follows the scheme.
    """
    found = _SERVER.fullmatch(url)
    if found is None:
        raise DatasetError(
            "The URL of the database cannot be read.",
            where=shown(url),
            mend="Write postgresql://user@host:5432/database; in a password @ is %40, : is %3A, / is %2F, ? is %3F "
            "and # is %23.",
        )
    parts = {name: unquote(part) if part else None for name, part in found.groupdict().items()}
    query = parse_qs(found["query"] or "", keep_blank_values=True)
    return ServerUrl(
        scheme=found["scheme"].lower(),
        user=parts["user"],
        password=parts["password"],
        host=(parts["host"] or "").strip("[]") or None,
        port=int(found["port"]) if found["port"] else None,
        database=parts["database"],
        query=MappingProxyType({key: tuple(values) for key, values in query.items()}),
    )


def shown(path: str | Path) -> str:
    """Return a dataset's name for messages and manifests: of a URL neither password nor parameters but the schema.

    Examples
    --------
    >>> shown("postgresql://risk:secret@db.bank:5432/esg?schema=green&sslmode=require")
    'postgresql://risk@db.bank:5432/esg?schema=green'
    >>> shown("postgresql://risk:sec@ret@db.bank/esg"), shown("sqlite:///bank.db"), shown("data/bank")
    ('postgresql://...', 'sqlite:///bank.db', 'data/bank')
    """
    if not isinstance(path, str) or not is_url(path):
        # A URL that became a path on its way has lost a slash, and may still hold a password.
        lost = _LOST.match(str(path))
        return spelled(path) if lost is None else f"{lost[1]}:/..."
    scheme = path.partition("://")[0]
    if scheme.lower() in SQLITE and path.startswith(f"{scheme}:///"):
        return path.partition("?")[0]
    found = _SERVER.fullmatch(path)
    if found is None:
        return f"{scheme}://..."
    user = f"{found['user']}@" if found["user"] else ""
    port = f":{found['port']}" if found["port"] else ""
    database = "" if found["database"] is None else f"/{found['database']}"
    schemas = parse_qs(found["query"] or "").get("schema", [])
    return f"{scheme}://{user}{found['host']}{port}{database}" + (
        f"?schema={','.join(schemas)}" if schemas else ""
    )
