"""Declared product footprints against the references of a footprint database (:mod:`features.footprints`).

A declaration counts while its certificate (ISO 14067 or an EPD) is valid on the day of the decision, against the reference
of the year it was issued in. Of a product the latest declaration counts; over several products the mean of their ratios
does, because how much of each was sold is not part of a declaration. A product without a reference stays outside: where
none has one, the indicator is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from features.certification.family import FOOTPRINTS
from features.certification.ledger import ledger
from features.facts import FamilyResult, family_part, note
from features.footprints import reference_footprint
from features.reference_notes import other_edition_note, recalled_note
from features.text import formatted
from features.totals import over_positive

if TYPE_CHECKING:
    from features.facts import Facts

__all__ = ["declared_footprints", "footprint_indicator"]

_CERTIFICATE = ["application_id", "scheme", "certificate_no"]
_MASS, _PER = "kgCO2e", "/"


def declared_footprints(facts: Facts) -> pl.DataFrame:
    """Return the latest valid declaration of each application and product.

    Returns
    -------
    pl.DataFrame
        ``application_id``, ``product``, ``quantity`` (kgCO2e per ``unit`` of product), ``unit`` and ``year`` (Int32: of
        issue, of the decision where that is not stated); sorted.
    """
    valid = ledger(facts).filter((pl.col("standing") == "valid") & pl.col("scheme").is_in(list(FOOTPRINTS)))
    stated = facts.certifications.filter(
        pl.col("product").is_not_null()
        & pl.col("quantity").is_not_null()
        & pl.col("unit").str.starts_with(_MASS + _PER)
    ).select(*_CERTIFICATE, "product", "quantity", "unit", "status_on", "known_on")
    return (
        valid.select(*_CERTIFICATE, "issued_on", "as_of")
        .join(stated, on=_CERTIFICATE, how="inner", nulls_equal=True)
        .filter(pl.col("status_on").is_null() | (pl.col("status_on") <= pl.col("as_of")))
        .sort(
            "application_id",
            "product",
            "issued_on",
            "status_on",
            "known_on",
            "scheme",
            "certificate_no",
            "quantity",
            nulls_last=False,
        )
        .unique(subset=["application_id", "product"], keep="last", maintain_order=True)
        .select(
            "application_id",
            "product",
            "quantity",
            unit=pl.col("unit").str.strip_prefix(_MASS + _PER),
            year=pl.coalesce("issued_on", "as_of").dt.year().cast(pl.Int32),
        )
    )


def footprint_indicator(facts: Facts) -> FamilyResult:
    """Return ``footprint_ratio``."""
    compared = reference_footprint(declared_footprints(facts), unit="unit").with_columns(
        ratio=over_positive(pl.col("quantity"), pl.col("reference_kgco2e_per_unit"))
    )
    known = compared.filter(pl.col("ratio").is_not_null()).sort("application_id", "product")
    values = known.group_by("application_id", maintain_order=True).agg(footprint_ratio=pl.col("ratio").mean())
    outside = compared.filter(pl.col("ratio").is_null()).join(values, on="application_id", how="semi")
    notes = [
        other_edition_note(
            known.filter("reference_other_edition"),
            indicator="footprint_ratio",
            of="product",
            en="Reference footprints",
            zh="参考碳足迹",
        ),
        note(
            outside,
            indicators=["footprint_ratio"],
            status="estimated",
            en=formatted("{} has no reference footprint per {} and is left out.", "product", "unit"),
            zh=formatted("{}无每{}的参考碳足迹，未计入。", "product", "unit"),
        ),
        recalled_note(
            known.filter("reference_recalled"), of="product", en="Reference footprints", zh="参考碳足迹"
        ),
    ]
    return family_part(values, ["footprint_ratio"], notes)
