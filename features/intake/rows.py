"""Rules that look at a whole row or at several rows: the order of dates, ids, known firms, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.contract import PROVENANCE
from features.identifiers import valid_lei, valid_uscc
from features.intake.quarantine import RAW
from features.text import formatted

if TYPE_CHECKING:
    from features.intake.quarantine import Ledger

__all__ = ["check_dates", "check_firm_ids", "check_known_firms", "settle_keys", "with_known_on"]

_IN_ORDER = {
    "ownership": (("valid_from", "valid_to"),),
    "certifications": (("issued_on", "expires_on"),),
    "incidents": (
        ("occurred_on", "recorded_on"),
        ("occurred_on", "rectified_on"),
        ("occurred_on", "published_on"),
    ),
    "checks": (("from", "to"),),
    "equipment": (("commissioned_on", "retired_on"),),
    "loans": (("originated_on", "matures_on"),),
}
"""Pairs of dates of which the second cannot come before the first."""

_NEVER_UNDATED = {
    "certifications": ("issued_on", "The certificate has no date at all.", "该证书没有任何日期。"),
    "equipment": (
        "published_on",
        "Neither published_on nor commissioned_on is filled.",
        "披露日期与投运日期均为空。",
    ),
}
"""Tables without a period: the column that is asked for where nothing says when a row could be seen, and the hint."""

_DIFFERS = "differs:"
_COMPARED = "compared:"

_USCC_LIKE, _LEI_LIKE = "^[0-9A-Z]{18}$", "^[0-9A-Z]{20}$"


def check_dates(work: pl.DataFrame, ledger: Ledger) -> None:
    """Refuse rows whose dates cannot stand in this order, such as published before the period began."""
    pairs = _IN_ORDER.get(ledger.table.name, ())
    for earlier, later in pairs:
        _in_order(work, ledger, earlier, later, ledger.table.column(earlier).zh)
    if "period_start" in work.columns and "published_on" in work.columns:
        _in_order(work, ledger, "period_start", "published_on", "期间起始日")


def _in_order(work: pl.DataFrame, ledger: Ledger, earlier: str, later: str, zh: str) -> None:
    english = formatted("it is before {} {}", pl.lit(earlier), pl.col(earlier))
    chinese = formatted("早于{} {}", pl.lit(zh), pl.col(earlier))
    late = pl.col(later) < pl.col(earlier)
    ledger.refuse(
        work.filter(late),
        later,
        "out_of_range",
        value=pl.col(later).cast(pl.String),
        hint=(english, chinese),
    )


def with_known_on(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Add ``known_on``, the day from which an application may see the row, and ``known_on_defaulted``.

    The first filled column of ``known_by``; else the period's end plus the table's reporting delay (for
    certificates, which have no usual delay, the period's end). A certificate or a machine without any date is refused,
    because nothing says when it could be seen; a firm or a holding without ``valid_from`` holds since ever.
    """
    table = ledger.table
    if not table.known_by:
        return work
    known = pl.coalesce(*table.known_by)
    usual = pl.lit(None, dtype=pl.Date)
    if "period_end" in work.columns:
        usual = pl.col("period_end") + pl.duration(days=table.reporting_delay_days or 0)
    work = work.with_columns(
        pl.coalesce(known, usual).alias("known_on"),
        (known.is_null() & usual.is_not_null()).alias("known_on_defaulted"),
    )
    if table.name in _NEVER_UNDATED:
        column, english, chinese = _NEVER_UNDATED[table.name]
        undated = work.filter(pl.col("known_on").is_null())
        ledger.refuse(undated, column, "missing_required", hint=(english, chinese))
    return work


def check_firm_ids(work: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Return the firms with what their id is, and refuse ids whose check characters do not fit.

    Where ``id_scheme`` is empty, 18 letters and digits are a unified social credit code, 20 are an LEI, and anything
    else is the bank's own number, which is recorded as a default.
    """
    firm, scheme = pl.col("firm_id"), pl.col("id_scheme")
    told = (
        pl.when(firm.str.contains(_USCC_LIKE))
        .then(pl.lit("uscc"))
        .when(firm.str.contains(_LEI_LIKE))
        .then(pl.lit("lei"))
        .when(firm.is_not_null())
        .then(pl.lit("bank"))
    )
    assumed = work.filter(scheme.is_null() & (told == "bank"))
    work = work.with_columns(pl.coalesce(scheme, told).alias("id_scheme"))
    ledger.default(assumed, "id_scheme", "bank_id", value=pl.lit("bank"))
    ids = work.select(firm.drop_nulls().unique().sort()).select(
        "firm_id", valid_uscc(firm).alias("_uscc"), valid_lei(firm).alias("_lei")
    )
    checked = work.join(ids, on="firm_id", how="left", maintain_order="left")
    ledger.refuse(
        checked.filter((scheme == "uscc") & ~pl.col("_uscc")),
        "firm_id",
        "invalid_id",
        hint=(
            "a unified social credit code has 18 characters of which the last checks the others (GB 32100-2015)",
            "统一社会信用代码应为 18 位且校验码正确（GB 32100-2015）",
        ),
    )
    ledger.refuse(
        checked.filter((scheme == "lei") & ~pl.col("_lei")),
        "firm_id",
        "invalid_id",
        hint=(
            "an LEI has 20 characters of which the last two check the others (ISO 17442)",
            "LEI 应为 20 位且校验位正确（ISO 17442）",
        ),
    )
    return work


def check_known_firms(work: pl.DataFrame, ledger: Ledger, firms: pl.Series) -> None:
    """Refuse rows of firms that have no accepted row in the table ``firms``."""
    known = pl.col("firm_id").is_in(firms.implode())
    ledger.refuse(work.filter(pl.col("firm_id").is_not_null() & ~known), "firm_id", "unknown_firm")


def settle_keys(work: pl.DataFrame, ledger: Ledger) -> tuple[pl.DataFrame, int]:
    """Return the sound rows, one per key, and how many repeated others; refuse rows of one key that disagree.

    Rows are compared by their values, numbers to twelve digits, so ``1.23 亿元`` and ``12,300 万元`` of one key agree
    though their conversions differ in the last bit. Where the same fact was read in several documents, one stays.

    Parameters
    ----------
    work
        Parsed and canonical rows of the whole table.
    """
    table = ledger.table
    provenance = [column.name for column in PROVENANCE]
    facts = [column for column in table.clean_schema if column not in {"row", *provenance}]
    sound = work.filter(~pl.col("row").is_in(ledger.broken().implode()))
    measured = [column for column in facts if table.clean_schema[column] is pl.Float64]
    rounded = {_COMPARED + column: pl.col(column).round_sig_figs(12) for column in measured}
    compared = [_COMPARED + column if column in measured else column for column in facts]
    once = sound = sound.with_columns(**rounded)
    if sound.select(compared).is_duplicated().any():
        taken = ledger.defaults().group_by("row").agg(pl.len().alias("_taken"))
        # The row that had most handed in stays, whatever order the rows came in.
        order = [
            "_taken",
            *provenance,
            *sorted(column for column in sound.columns if column.startswith(RAW)),
            "row",
        ]
        once = (
            sound.join(taken, on="row", how="left")
            .with_columns(pl.col("_taken").fill_null(0))
            .sort(order)
            .unique(subset=compared, keep="first", maintain_order=True)
            .drop("_taken")
        )
    repeated = sound.height - once.height
    key = list(table.key)
    clashing = once.filter(pl.len().over(key) > 1)
    if clashing.is_empty():
        return once, repeated
    others = [
        column
        for column in facts
        if column not in {*key, "period_start", "period_end", "known_on", "known_on_defaulted"}
    ]
    differs = [
        (pl.col(_COMPARED + column if column in measured else column).n_unique() > 1)
        .over(key)
        .alias(_DIFFERS + column)
        for column in others
    ]
    clashing = clashing.with_columns(differs)
    names = _listed({column: pl.lit(column) for column in others})
    values = _listed({column: pl.col(column).cast(pl.String).fill_null("-") for column in others})
    restated = table.known_by[0] if table.known_by else ""
    ledger.refuse(
        clashing,
        table.key[0],
        "conflicting_rows",
        value=values,
        names=names,
        hint=(f"A restatement needs its own later {restated}.", f"更正数据须填写更晚的日期（{restated}）。")
        if restated
        else ("", ""),
    )
    return once.filter(~pl.col("row").is_in(clashing.get_column("row").implode())), repeated


def _listed(texts: dict[str, pl.Expr]) -> pl.Expr:
    """Return the texts of the columns that differ, as one text."""
    shown = [pl.when(pl.col(_DIFFERS + column)).then(text) for column, text in texts.items()]
    return pl.concat_str(shown, separator=", ", ignore_nulls=True)
