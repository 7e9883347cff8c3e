"""Support measures for renewing equipment: which of them a firm's inefficient machines may be eligible for.

``support_measures.csv`` names the actions that a measure applies to; :data:`RENEWALS` says by which of them a kind of
equipment is renewed. A measure is told where it holds on the day of the decision; whether the firm meets its conditions is
for a person to find out. The measures are of China, and so are the firms that are told of them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features import reference
from features.facts import note
from features.reference_notes import recalled_note
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.facts import Facts

__all__ = ["EFFICIENT_GRADE", "RENEWALS", "renewal_support"]

EFFICIENT_GRADE = 2
"""The last grade that counts as efficient."""

RENEWALS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "boiler": ("coal_boiler_gas", "coal_boiler_biomass", "coal_boiler_heat_pump", "boiler_economiser"),
        "motor": ("motor_old_ie3", "motor_ie3_ie5"),
        "transformer": ("transformer_s22",),
        "compressor": ("compressed_air",),
        "pump": ("vsd",),
        "fan": ("vsd",),
        "kiln": ("whr_kiln_power",),
        "furnace": ("regenerative_burner", "eaf_scrap"),
    }
)
"""Kind of equipment to the actions (ids of ``actions.csv``) that renew it."""


def renewal_support(facts: Facts, running: pl.DataFrame) -> pl.DataFrame:
    """Return a note on ``efficient_equipment_share`` for firms with machines below grade 2.

    Parameters
    ----------
    facts
        As-of facts.
    running
        Equipment in service.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`features.facts.NOTE_SCHEMA`: the measures by name, and the ones recalled of them.
    """
    inefficient = (pl.col("efficiency_grade") > EFFICIENT_GRADE).fill_null(value=True)
    at_home = facts.applications.filter(pl.col("country") == "CN").select("application_id")
    offered = (
        running.filter(inefficient)
        .join(at_home, on="application_id", how="semi")
        .join(_measures(), on="kind", how="inner")
        .filter(
            (pl.col("valid_from").is_null() | (pl.col("valid_from") <= pl.col("as_of")))
            & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("as_of")))
        )
        .sort("application_id", "measure", "kind")
        .group_by("application_id", maintain_order=True)
        .agg(
            pl.col("kind", "name_en", "name_zh").unique(maintain_order=True),
            recalled=pl.col("name_en").filter(pl.col("recalled")).unique(maintain_order=True).str.join("; "),
            recalled_zh=pl.col("name_zh")
            .filter(pl.col("recalled"))
            .unique(maintain_order=True)
            .str.join("、"),
        )
        .with_columns(
            kinds=pl.col("kind").list.sort().list.join(", "),
            named_en=pl.col("name_en").list.join("; "),
            named_zh=pl.col("name_zh").list.join("、"),
        )
    )
    return pl.concat(
        [
            note(
                offered,
                indicators=["efficient_equipment_share"],
                status="reported",
                en=formatted(
                    "Support for renewing equipment below grade 2 ({}), to be asked about: {}.",
                    "kinds",
                    "named_en",
                ),
                zh=formatted("低于2级能效设备（{}）更新可了解的支持政策：{}。", "kinds", "named_zh"),
            ),
            recalled_note(
                offered.filter(pl.col("recalled") != ""),
                of="recalled",
                of_zh="recalled_zh",
                en="Support measures",
                zh="支持政策",
            ),
        ]
    )


def _measures() -> pl.DataFrame:
    """Return one row per kind of equipment and support measure that applies to renewing it."""
    renewed_by = pl.DataFrame(
        [(kind, action) for kind, actions in RENEWALS.items() for action in actions],
        schema={"kind": pl.String, "action": pl.String},
        orient="row",
    )
    return (
        reference.table("support_measures")
        .select(
            pl.col("id").alias("measure"),
            "name_en",
            "name_zh",
            "valid_from",
            "valid_to",
            recalled=pl.col("verified") == "recalled",
            action=pl.col("applies_to_actions").str.split(";"),
        )
        .explode("action")
        .join(renewed_by, on="action", how="inner")
        .drop("action")
        .unique()
        .sort("kind", "measure")
    )
