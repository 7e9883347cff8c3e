"""The first tables, and what keeps the audit append-only in the database itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_KEPT = ("sequence", "kind", "at", "content_hash", "previous", "seal")
"""Columns of a record that nothing may change; its content may be blanked, and nothing else."""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "answers",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_at"), "answers", ["at"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("what", sa.String(length=160), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_what_at"), "attempts", ["what", "at"], unique=False)
    op.create_table(
        "batches",
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("done", _BIG, nullable=False),
        sa.Column("total", _BIG, nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("finished_at", sa.String(length=32), nullable=True),
        sa.Column("rows_in", _BIG, nullable=False),
        sa.Column("scored", _BIG, nullable=False),
        sa.Column("quarantined", _BIG, nullable=False),
        sa.Column("model_version", sa.String(length=120), nullable=False),
        sa.Column("policy_version", sa.String(length=120), nullable=False),
        sa.Column("label_origin", sa.String(length=20), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batches")),
    )
    op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", _BIG, nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_head")),
    )
    op.create_table(
        "people",
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_people")),
        sa.UniqueConstraint("subject", name=op.f("uq_people_subject")),
    )
    op.create_table(
        "records",
        sa.Column("sequence", _BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("salt", sa.String(length=64), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=True),
        sa.Column("application_id", sa.String(length=200), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_records")),
        sa.UniqueConstraint("seal", name=op.f("uq_records_seal")),
    )
    op.create_index(op.f("ix_records_actor"), "records", ["actor"], unique=False)
    op.create_index(
        op.f("ix_records_batch_id_application_id"), "records", ["batch_id", "application_id"], unique=False
    )
    op.create_index(op.f("ix_records_kind"), "records", ["kind"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("application_id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("points_shown", sa.Integer(), nullable=False),
        sa.Column("policy_grade", sa.String(length=20), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("override_grade", sa.String(length=20), nullable=True),
        sa.Column("expires_on", sa.String(length=10), nullable=True),
        sa.Column("proposal", sa.Text(), nullable=True),
        sa.Column("signers", sa.Text(), nullable=False),
        sa.Column("signatures_needed", sa.Integer(), nullable=False),
        sa.Column("sequence", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "application_id", name=op.f("pk_reviews")),
    )
    op.create_index(
        op.f("ix_reviews_batch_id_state_points_shown_application_id"),
        "reviews",
        ["batch_id", "state", "points_shown", "application_id"],
        unique=False,
    )
    op.create_index(op.f("ix_reviews_expires_on"), "reviews", ["expires_on"], unique=False)
    op.create_table(
        "summaries",
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "name", name=op.f("pk_summaries")),
    )
    op.create_table(
        "scored",
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("application_id", sa.String(length=200), nullable=False),
        sa.Column("firm_id", sa.String(length=200), nullable=False),
        sa.Column("firm_name", sa.Text(), nullable=True),
        sa.Column("as_of", sa.String(length=10), nullable=False),
        sa.Column("industry_division", sa.String(length=8), nullable=True),
        sa.Column("points_shown", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("risk_class", sa.String(length=1), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("review_reasons", sa.Text(), nullable=False),
        sa.Column("record_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.batch_id"], name=op.f("fk_scored_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "application_id", name=op.f("pk_scored")),
    )
    op.create_index(op.f("ix_scored_batch_id_firm_name"), "scored", ["batch_id", "firm_name"], unique=False)
    op.create_index(
        op.f("ix_scored_batch_id_points_shown_application_id"),
        "scored",
        ["batch_id", "points_shown", "application_id"],
        unique=False,
    )
    op.create_index(op.f("ix_scored_firm_id"), "scored", ["firm_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("used_at", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["people.login"], name=op.f("fk_sessions_login")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_login"), "sessions", ["login"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.String(length=32), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["people.login"], name=op.f("fk_tokens_login")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_tokens")),
    )
    op.create_index(op.f("ix_tokens_login"), "tokens", ["login"], unique=False)
    head = sa.table("chain_head", sa.column("id"), sa.column("sequence"), sa.column("seal"))
    op.execute(head.insert().values(id=1, sequence=0, seal="0" * 64))
    for statement in _POSTGRES if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(sa.text(statement))


_SAME = " AND ".join(f"NEW.{name} = OLD.{name}" for name in _KEPT)
_ERASES = f"NEW.content IS NULL AND NEW.salt IS NULL AND {_SAME}"
_REFUSED = "records are append-only"

_SQLITE = (
    f"CREATE TRIGGER records_no_delete BEFORE DELETE ON records BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    (
        f"CREATE TRIGGER records_erase_only BEFORE UPDATE ON records WHEN NOT ({_ERASES}) "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    ),
)

_POSTGRES = (
    (
        "CREATE FUNCTION records_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF TG_OP = 'UPDATE' AND {_ERASES} THEN RETURN NEW; END IF; "
        f"RAISE EXCEPTION '{_REFUSED}'; END $$"
    ),
    (
        "CREATE TRIGGER records_append_only BEFORE UPDATE OR DELETE ON records "
        "FOR EACH ROW EXECUTE FUNCTION records_refuse()"
    ),
)
