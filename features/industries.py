"""From an industry code of any accepted classification to the division that peers are drawn from.

GB/T 4754-2017 codes map by their own first two digits (``6450``, data centres, stands apart; divisions outside
industry fall back to their section letter). Codes of ISIC, NACE and NAICS map by the longest prefix in
``industry_map.csv``, an own concordance whose ``borderline`` rows straddle divisions.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.reference import table
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["map_industries"]

_SECTIONS: Mapping[str, range] = MappingProxyType(
    {
        "A": range(1, 6),
        "B": range(6, 13),
        "C": range(13, 44),
        "D": range(44, 47),
        "E": range(47, 51),
        "F": range(51, 53),
        "G": range(53, 61),
        "H": range(61, 63),
        "I": range(63, 66),
        "J": range(66, 70),
        "K": range(70, 71),
        "L": range(71, 73),
        "M": range(73, 76),
        "N": range(76, 80),
        "O": range(80, 83),
        "P": range(83, 84),
        "Q": range(84, 86),
        "R": range(86, 91),
        "S": range(91, 97),
    }
)
"""Sections of GB/T 4754-2017 by their divisions; T, international organisations, has no peers and maps to null."""

_LONGEST = 6


def _home_divisions() -> pl.DataFrame:
    """Return GB/T two-digit division -> product division code and section."""
    own = set(table("industries")["code"])
    rows = [
        {"two": f"{d:02d}", "division": f"{d:02d}" if f"{d:02d}" in own else letter, "section": letter}
        for letter, divisions in _SECTIONS.items()
        for d in divisions
        if f"{d:02d}" in own or letter in own
    ]
    return pl.DataFrame(rows, schema={"two": pl.String, "division": pl.String, "section": pl.String})


def _bare(code: pl.Expr) -> pl.Expr:
    """Return a code without blanks, dots and the section letter that ISIC, NACE and GB/T writers put in front."""
    text = code.cast(pl.String).str.normalize("NFKC").str.replace_all(r"[\s.]", "").str.to_uppercase()
    return pl.when(text.str.contains("^[A-U][0-9]+$")).then(text.str.slice(1)).otherwise(text)


def _gb(pairs: pl.DataFrame) -> pl.DataFrame:
    industries = table("industries")
    classes = industries.filter(pl.col("code").str.len_chars() == 4)["code"].to_list()
    letters = industries.filter(pl.col("code").str.contains("^[A-Z]$"))["code"].to_list()
    code = pl.col("bare")
    whole = code.str.contains("^[0-9]{2,4}$")
    return (
        pairs.with_columns(pl.when(whole).then(code.str.slice(0, 2)).alias("two"))
        .join(_home_divisions(), on="two", how="left")
        .with_columns(
            pl.when(code.is_in(classes) | code.is_in(letters))
            .then(code)
            .otherwise("division")
            .alias("division"),
            pl.when(code.is_in(letters)).then(code).otherwise("section").alias("section"),
            pl.when(whole & (code.str.len_chars() == 4) & pl.col("division").is_not_null())
            .then(code)
            .alias("class4"),
            pl.lit(value=False).alias("borderline"),
            pl.when(code.is_not_null() & pl.col("division").is_null() & ~code.is_in(letters))
            .then(formatted("GB/T 4754 code {} is unknown.", "industry"))
            .alias("mapping_note"),
        )
        .drop("two")
    )


def _foreign(pairs: pl.DataFrame) -> pl.DataFrame:
    concordance = table("industry_map").select(
        pl.col("scheme").alias("industry_scheme"),
        pl.col("code").str.replace_all(".", "", literal=True).alias("prefix"),
        pl.col("division").alias("mapped"),
        pl.col("borderline").cast(pl.Boolean).alias("straddles"),
        pl.col("alt_divisions").alias("others"),
    )
    found = pairs.with_columns(
        *(pl.lit(None, dtype=pl.String).alias(c) for c in ("division", "prefix_used", "others_used")),
        pl.lit(None, dtype=pl.Boolean).alias("borderline"),
    )
    for length in range(_LONGEST, 1, -1):
        found = (
            found.with_columns(
                pl.when(pl.col("bare").str.len_chars() >= length)
                .then(pl.col("bare").str.slice(0, length))
                .alias("prefix")
            )
            .join(concordance, on=["industry_scheme", "prefix"], how="left")
            .with_columns(
                pl.when(pl.col("division").is_null() & pl.col("mapped").is_not_null())
                .then("prefix")
                .otherwise("prefix_used")
                .alias("prefix_used"),
                pl.when(pl.col("division").is_null())
                .then("others")
                .otherwise("others_used")
                .alias("others_used"),
                pl.when(pl.col("division").is_null())
                .then("straddles")
                .otherwise("borderline")
                .alias("borderline"),
                pl.coalesce("division", "mapped").alias("division"),
            )
            .drop("prefix", "mapped", "straddles", "others")
        )
    own_sections = (
        pl.concat(
            [
                _home_divisions().select("division", "section"),
                table("industries").select(pl.col("code").alias("division"), "section"),
            ]
        )
        .unique()
        .sort("division")
    )
    straddling = formatted(
        "{} {} mapped to division {} by prefix {} of an own concordance; it straddles {}.",
        "industry_scheme",
        "industry",
        "division",
        "prefix_used",
        pl.col("others_used").fill_null("several divisions"),
    )
    plain = formatted(
        "{} {} mapped to division {} by prefix {} of an own concordance.",
        "industry_scheme",
        "industry",
        "division",
        "prefix_used",
    )
    return (
        found.join(own_sections, on="division", how="left")
        .with_columns(
            pl.lit(None, dtype=pl.String).alias("class4"),
            pl.col("borderline").fill_null(value=False),
            pl.when(pl.col("bare").is_null())
            .then(None)
            .when(pl.col("division").is_null())
            .then(formatted("{} code {} is not in the concordance.", "industry_scheme", "industry"))
            .when(pl.col("borderline"))
            .then(straddling)
            .otherwise(plain)
            .alias("mapping_note"),
        )
        .drop("prefix_used", "others_used")
    )


def map_industries(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with the division, section and class of each row's industry; row order is kept.

    Parameters
    ----------
    frame
        With text columns ``industry`` and ``industry_scheme`` (a choice of the contract; null counts as GBT4754).

    Returns
    -------
    pl.DataFrame
        Added: ``division`` (GB/T 4754 division such as ``31``, ``6450`` for data centres, the section letter outside
        industry; null where unknown), ``section``, ``class4`` (GB/T 4754 class of four digits, else null),
        ``borderline`` (Boolean: the mapped code straddles divisions) and ``mapping_note`` (how a foreign code was
        mapped, or that a code is unknown; null otherwise).

    Examples
    --------
    >>> firms = pl.DataFrame({"industry": ["3011", "221112", "8610"], "industry_scheme": ["GBT4754", "NAICS2017", None]})
    >>> map_industries(firms).select("division", "section", "class4", "borderline").rows()
    [('30', 'C', '3011', False), ('44', 'D', None, False), ('R', 'R', '8610', False)]
    """
    added = ["division", "section", "class4", "borderline", "mapping_note"]
    pairs = (
        frame.select(
            pl.col("industry").cast(pl.String).alias("industry_given"),
            pl.col("industry_scheme").alias("scheme_given"),
        )
        .unique()
        .sort("industry_given", "scheme_given")
        .with_columns(
            pl.col("industry_given").alias("industry"),
            pl.col("scheme_given").fill_null("GBT4754").alias("industry_scheme"),
            _bare(pl.col("industry_given")).alias("bare"),
        )
    )
    home = pl.col("industry_scheme") == "GBT4754"
    order = ["industry_given", "scheme_given", *added]
    foreign = pairs.filter(~home)
    mapped = _gb(pairs.filter(home)).select(order)
    if not foreign.is_empty():
        mapped = pl.concat([mapped, _foreign(foreign).select(order)])
    return (
        frame.drop(added, strict=False)
        .with_columns(
            pl.col("industry").cast(pl.String).alias("industry_given"),
            pl.col("industry_scheme").alias("scheme_given"),
        )
        .join(
            mapped, on=["industry_given", "scheme_given"], how="left", nulls_equal=True, maintain_order="left"
        )
        .drop("industry_given", "scheme_given")
    )
