"""Every table of the store, declared once; the migrations bring a database to what stands here, and a test compares.

Days and times are texts in ISO 8601 (UTC, microseconds): they sort, and both databases give them back as they were.
"""

from __future__ import annotations

import sqlalchemy as sa

__all__ = [
    "METADATA",
    "attempts",
    "batches",
    "chain_head",
    "people",
    "records",
    "reviews",
    "scored",
    "sessions",
    "summaries",
]

METADATA = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

records = sa.Table(
    "records",
    METADATA,
    sa.Column("sequence", _BIG, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
    # What the record says, canonical JSON; null once it was erased by rule.
    sa.Column("content", sa.Text),
    sa.Column("salt", sa.String(64)),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("seal", sa.String(64), nullable=False, unique=True),
    # Copies of the content, to search by; null once it was erased.
    sa.Column("batch_id", sa.String(64)),
    sa.Column("application_id", sa.String(200)),
    sa.Column("actor", sa.String(120)),
    sa.Index(None, "batch_id", "application_id"),
    sa.Index(None, "actor"),
    sa.Index(None, "kind"),
)
"""The audit: append-only, each row sealed with the one before it."""

chain_head = sa.Table(
    "chain_head",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sequence", _BIG, nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
    sa.CheckConstraint("id = 1", name="one_row"),
)
"""One row: the end of the chain, locked by whoever appends."""

batches = sa.Table(
    "batches",
    METADATA,
    sa.Column("batch_id", sa.String(64), primary_key=True),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("done", _BIG, nullable=False),
    sa.Column("total", _BIG, nullable=False),
    sa.Column("started_at", sa.String(32), nullable=False),
    sa.Column("finished_at", sa.String(32)),
    sa.Column("rows_in", _BIG, nullable=False),
    sa.Column("scored", _BIG, nullable=False),
    sa.Column("quarantined", _BIG, nullable=False),
    sa.Column("model_version", sa.String(120), nullable=False),
    sa.Column("policy_version", sa.String(120), nullable=False),
    sa.Column("label_origin", sa.String(20), nullable=False),
    sa.Column("demonstration", sa.Boolean, nullable=False),
    sa.Column("manifest", sa.Text, nullable=False),
)
"""Batches that the workbench knows; ``state`` is running, done or failed."""

scored = sa.Table(
    "scored",
    METADATA,
    sa.Column("batch_id", sa.String(64), sa.ForeignKey("batches.batch_id"), primary_key=True),
    sa.Column("application_id", sa.String(200), primary_key=True),
    sa.Column("firm_id", sa.String(200), nullable=False),
    sa.Column("firm_name", sa.Text),
    sa.Column("as_of", sa.String(10), nullable=False),
    sa.Column("industry_division", sa.String(8)),
    sa.Column("points_shown", sa.Integer, nullable=False),
    sa.Column("grade", sa.String(20), nullable=False),
    sa.Column("risk_class", sa.String(1), nullable=False),
    # Of the application, 10,000 CNY.
    sa.Column("amount", sa.Float),
    sa.Column("review", sa.Boolean, nullable=False),
    sa.Column("review_reasons", sa.Text, nullable=False),
    sa.Column("record_hash", sa.String(64)),
    sa.Index(None, "batch_id", "points_shown", "application_id"),
    sa.Index(None, "firm_id"),
    sa.Index(None, "batch_id", "firm_name"),
)
"""One row per scored application: what lists show. Everything else stands in the batch's result folder."""

reviews = sa.Table(
    "reviews",
    METADATA,
    sa.Column("batch_id", sa.String(64), primary_key=True),
    sa.Column("application_id", sa.String(200), primary_key=True),
    sa.Column("state", sa.String(24), nullable=False),
    sa.Column("origin", sa.String(16), nullable=False),
    sa.Column("points_shown", sa.Integer, nullable=False),
    sa.Column("policy_grade", sa.String(20), nullable=False),
    sa.Column("grade", sa.String(20), nullable=False),
    sa.Column("override_grade", sa.String(20)),
    sa.Column("expires_on", sa.String(10)),
    sa.Column("proposal", sa.Text),
    sa.Column("signers", sa.Text, nullable=False),
    sa.Column("signatures_needed", sa.Integer, nullable=False),
    sa.Column("sequence", _BIG, nullable=False),
    sa.Index(None, "batch_id", "state", "points_shown", "application_id"),
    sa.Index(None, "expires_on"),
)
"""Where each reviewed application stands: what its records add up to, kept beside them so that lists are quick."""

people = sa.Table(
    "people",
    METADATA,
    sa.Column("login", sa.String(120), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("password_hash", sa.Text),
    sa.Column("subject", sa.String(255), unique=True),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
)
"""Who may sign in; ``subject`` is the identity of an outside provider."""

sessions = sa.Table(
    "sessions",
    METADATA,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("login", sa.String(120), sa.ForeignKey("people.login"), nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Column("used_at", sa.String(32), nullable=False),
    sa.Column("expires_at", sa.String(32), nullable=False),
    sa.Index(None, "login"),
)
"""Sessions that are open; only a hash of the cookie's token is kept."""

attempts = sa.Table(
    "attempts",
    METADATA,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("what", sa.String(160), nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Index(None, "what", "at"),
)
"""Failed sign-ins, by login and by address, for the lock-out."""

tokens = sa.Table(
    "tokens",
    METADATA,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("login", sa.String(120), sa.ForeignKey("people.login"), nullable=False),
    # Permissions, a JSON list; never more than the person's role has at the time of use.
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Column("expires_at", sa.String(32), nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False),
    sa.Index(None, "login"),
)
"""Tokens of the API; only their hashes are kept."""

answers = sa.Table(
    "answers",
    METADATA,
    sa.Column("key_hash", sa.String(64), primary_key=True),
    sa.Column("request_hash", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Index(None, "at"),
)
"""Answers of the API under an idempotency key: a repeated request gets the same one."""

summaries = sa.Table(
    "summaries",
    METADATA,
    # Empty for what is counted over every batch.
    sa.Column("batch_id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
)
"""What pages show of whole batches, computed once: nothing rests on it, and it may be emptied at any time."""
