"""What was asked of a register or source: the difference between a zero and a missing fact.

A row of the table ``checks`` says that the source behind a table was asked for a firm, and which days the answer
covers. No row of a fact and an answer that covers the window is a zero; no row and no answer is missing.

An answer cannot cover days after it was asked: ``to`` counts at most up to ``checked_on``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.contract import CONTRACT
from features.reference import normalise, normalise_expr, scheme_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.facts import Facts

__all__ = [
    "ANSWER_MONTHS",
    "GRACE_MONTHS",
    "answers",
    "asked_for_all",
    "asked_throughout",
    "certificate_answers",
]

ANSWER_MONTHS = 12
"""Months for which an answer about certificates stays good."""

GRACE_MONTHS = 3
"""Months before ``as_of`` that an answer about incidents may leave open: registers publish penalties with some
delay, and a bank asks some time before it decides."""


_DAYS_TO_TELL_APART = 2**32
"""More days than lie between any two dates."""


def answers(facts: Facts, *, table: str) -> pl.DataFrame:
    """Return what was asked about a table, one row per answer.

    Parameters
    ----------
    facts
        As-of facts; only checks made on or before ``as_of`` are among them.
    table
        ``incidents`` or ``certifications``.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``as_of``, ``kind`` (incident kind or scheme id; null for all), ``from`` (null where not
        stated), ``to``. A kind that the contract does not know answers nothing and is left out.
    """
    return facts.once(f"answers_{table}", lambda every: _answers(every, table))


def _answers(facts: Facts, table: str) -> pl.DataFrame:
    known = _kinds(table)
    spelling = normalise_expr(pl.col("kind"))
    everything = spelling.is_null() | (spelling == "")
    return (
        facts.checks.filter(pl.col("table") == table)
        .select(
            "application_id",
            "as_of",
            "from",
            kind=spelling.replace_strict(known, default=None, return_dtype=pl.String),
            to=pl.min_horizontal(pl.col("to").fill_null(pl.col("checked_on")), "checked_on"),
            everything=everything,
        )
        .filter(pl.col("everything") | pl.col("kind").is_not_null())
        .filter(pl.col("from").is_null() | (pl.col("from") <= pl.col("to")))
        .select("application_id", "as_of", "kind", "from", "to")
        .unique()
        .sort("application_id", "kind", "from", "to")
    )


def asked_throughout(facts: Facts, *, table: str, kind: str, months: int) -> pl.DataFrame:
    """Return the applications for which answers cover the whole window ``(as_of - months, as_of]``.

    Several answers may cover it together, if they leave no day between them. The last :data:`GRACE_MONTHS` may
    be open. An answer without ``from`` covers its last day only: which days it speaks for was not handed in.

    Parameters
    ----------
    facts
        As-of facts.
    table, kind
        What must have been asked; answers about all kinds count.
    months
        Length of the window.

    Returns
    -------
    pl.DataFrame
        ``application_id`` and ``asked_to`` (the last day covered), sorted by ``application_id``.
    """
    every = facts.once(
        f"asked_throughout_{table}_{months}", lambda these: _asked_throughout(these, table, months)
    )
    return every.filter(pl.col("kind") == kind).select("application_id", "asked_to")


def _asked_throughout(facts: Facts, table: str, months: int) -> pl.DataFrame:
    """Return ``application_id``, ``kind`` and ``asked_to`` of every kind at once; an answer about all counts for each."""
    kinds = sorted(set(_kinds(table).values()))
    numbers = pl.LazyFrame(
        {"kind": [*kinds, *[None] * len(kinds)], "number": [*range(len(kinds))] * 2},
        schema={"kind": pl.String, "number": pl.Int64},
    )
    start = pl.col("as_of").dt.offset_by(f"-{months}mo").dt.offset_by("1d")
    # Answers lie in the order of the applications, so a number tells application and kind apart, and rises from row to
    # row. With a multiple of it before the day, the latest day so far is that of one application and kind alone.
    of = pl.col("application").cast(pl.Int64) * len(kinds) + pl.col("number")
    before = pl.col("of") * _DAYS_TO_TELL_APART
    reached = (before + _day("to")).cum_max().shift(1) - before
    gap = _day("from") > pl.max_horizontal(reached + 1, _day("start"))
    broken = (pl.col("of") * 2 + gap.cast(pl.Int64)).cum_max() > pl.col("of") * 2
    return (
        answers(facts, table=table)
        .lazy()
        .with_columns(pl.col("from").fill_null(pl.col("to")), start=start)
        .filter(pl.col("to") >= pl.col("start"))
        .with_columns(application=pl.col("application_id").rle_id())
        .join(numbers, on="kind", how="inner", nulls_equal=True)
        .with_columns(of=of)
        .sort("of", "from", "to")
        .filter(~broken)
        .group_by("of", maintain_order=True)
        .agg(pl.col("application_id", "as_of", "number").first(), asked_to=pl.col("to").max())
        .filter(pl.col("asked_to") >= pl.col("as_of").dt.offset_by(f"-{GRACE_MONTHS}mo"))
        .select(
            "application_id",
            pl.lit(pl.Series(kinds, dtype=pl.String)).gather("number").alias("kind"),
            "asked_to",
        )
        .collect()
    )


def _day(column: str) -> pl.Expr:
    return pl.col(column).to_physical().cast(pl.Int64)


def asked_for_all(facts: Facts) -> pl.DataFrame:
    """Return the applications for which all certificates were asked for in the 12 months before ``as_of``.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``from`` (earliest day the answers cover; null where one of them does not state it: a
        register of certificates then shows ended ones too) and ``asked_to``, sorted by ``application_id``.
    """
    return facts.once("asked_for_all", _asked_for_all)


def _asked_for_all(facts: Facts) -> pl.DataFrame:
    unstated = pl.col("from").is_null().any()
    return (
        certificate_answers(facts)
        .filter(pl.col("kind").is_null())
        .group_by("application_id", maintain_order=True)
        .agg(pl.when(~unstated).then(pl.col("from").min()).alias("from"), asked_to=pl.col("to").max())
        .sort("application_id")
    )


def certificate_answers(facts: Facts) -> pl.DataFrame:
    """Return the answers about certificates of the 12 months before ``as_of``; columns as of :func:`answers`."""
    return facts.once("certificate_answers", _certificate_answers)


def _certificate_answers(facts: Facts) -> pl.DataFrame:
    oldest = pl.col("as_of").dt.offset_by(f"-{ANSWER_MONTHS}mo")
    return answers(facts, table="certifications").filter(pl.col("to") > oldest)


def _kinds(table: str) -> Mapping[str, str]:
    """Normalised spelling of each kind that can be asked about a table, to its id."""
    if table == "certifications":
        return scheme_ids()
    choices = CONTRACT[table].column("kind").choices
    return {normalise(name): kind for kind, others in choices.items() for name in (kind, *others)}
