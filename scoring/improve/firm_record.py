"""What actions read of a firm's machines, certificates and incidents; it is the same in each of the firm's years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from features.certification.family import FOOTPRINTS
from features.certification.lapse import LAPSE_MONTHS
from features.certification.ledger import HELD_KINDS, ledger
from features.incident_weights import incidents_of
from features.transformation.equipment import equipment_in_service
from features.transformation.support import EFFICIENT_GRADE
from scoring.improve.amounts import SCHEMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.facts import Facts

__all__ = ["SOON_MONTHS", "equipment_columns", "open_incident", "record_columns", "renewable", "replaced"]

SOON_MONTHS = 6
"""A certificate that ends within so many months lapses soon."""

_ELECTRIC = ("motor", "compressor", "pump", "fan", "chiller", "server")
"""Kinds of equipment that use electricity: the electricity bought is shared out over them by rated power."""

_MWH_A_KW = 8.76
"""A kilowatt through a whole year, MWh."""


def replaced() -> dict[str, pl.Expr]:
    """Return which machines each group of :data:`scoring.improve.amounts.MACHINES` holds; no grade counts as 3."""
    grade, kind = pl.col("efficiency_grade").fill_null(3), pl.col("kind")
    return {
        "motor_low": (kind == "motor") & (grade > EFFICIENT_GRADE),
        "motor_2": (kind == "motor") & (grade == EFFICIENT_GRADE),
        "transformer_low": (kind == "transformer") & (grade > 1),
    }


def equipment_columns(facts: Facts, rows: pl.DataFrame) -> dict[str, NDArray[Any]]:
    """Return the fields of :class:`~scoring.improve.amounts.Known` about machines in service, in the order of the rows."""
    power, kind = pl.col("rated_power"), pl.col("kind")
    grade = pl.col("efficiency_grade").fill_null(3)
    groups = {
        **replaced(),
        "fan_pump": kind.is_in(["fan", "pump"]) & (grade > EFFICIENT_GRADE),
        "compressor": kind == "compressor",
    }
    all_of = {
        name: kind == "transformer" if name == "transformer_low" else kind.is_in(_ELECTRIC) for name in groups
    }
    found = (
        equipment_in_service(facts)
        .group_by("application_id", maintain_order=True)
        .agg(
            *((kind == name).any().alias(name) for name in ("boiler", "kiln", "furnace", "generator")),
            *(power.filter(group).sum().alias(name) for name, group in groups.items()),
            *(
                # A machine that states no power may be the largest of them.
                pl.when(power.filter(whole).null_count() == 0)
                .then(power.filter(whole).sum())
                .alias(f"{name}_of")
                for name, whole in all_of.items()
            ),
        )
        .with_columns(
            *(
                pl.when(pl.col(f"{n}_of") > 0).then(pl.col(n) / pl.col(f"{n}_of")).alias(f"{n}_share")
                for n in groups
            )
        )
    )
    joined = rows.join(found, on="application_id", how="left", maintain_order="left")
    columns: dict[str, NDArray[Any]] = {
        name: joined[name].fill_null(value=False).to_numpy()
        for name in ("boiler", "kiln", "furnace", "generator")
    }
    for name in groups:
        columns[name] = joined[f"{name}_share"].fill_null(float("nan")).to_numpy()
        columns[f"{name}_mwh"] = (joined[name].fill_null(0.0) * _MWH_A_KW).to_numpy()
    return columns


def renewable() -> pl.Expr:
    """Return which certificates of the ledger can be renewed: lapsed in the last 24 months, or ending within six.

    What a body withdrew or suspended is not renewed by asking, and a footprint is declared anew, with its own figure.
    """
    day, ends = pl.col("as_of"), pl.col("expires_on")
    lapsed = (pl.col("standing") == "expired") & (pl.col("ended_on") > day.dt.offset_by(f"-{LAPSE_MONTHS}mo"))
    ending = (pl.col("standing") == "valid") & (ends <= day.dt.offset_by(f"{SOON_MONTHS}mo"))
    kinds = [kind for kind in HELD_KINDS if kind not in {"target", "assurance"}]
    held = pl.col("scheme_kind").is_in(kinds) & ~pl.col("scheme").is_in(list(FOOTPRINTS))
    return held & (lapsed | ending).fill_null(value=False)


def open_incident() -> pl.Expr:
    """Return which rows of the as-of incidents can be rectified: environmental and still open."""
    return (pl.col("kind") == "environmental") & pl.col("rectified_on").is_null()


def record_columns(facts: Facts, rows: pl.DataFrame) -> dict[str, NDArray[Any]]:
    """Return the fields of :class:`~scoring.improve.amounts.Known` about certificates and incidents."""
    scheme, standing = pl.col("scheme"), pl.col("standing")
    same = {
        name: scheme.is_in(list(FOOTPRINTS)) if name == "iso14067" else scheme == name for name in SCHEMES
    }
    held = (
        ledger(facts)
        .group_by("application_id", maintain_order=True)
        .agg(
            *(
                (which & standing.is_in(["valid", "unknown"])).any().alias(f"holds_{n}")
                for n, which in same.items()
            ),
            *((which & renewable()).any().alias(f"lapsing_{n}") for n, which in same.items()),
            to_renew=renewable().sum(),
            audited=scheme.str.starts_with("cp_").any(),
        )
    )
    incidents = (
        incidents_of(facts, "environmental")
        .filter(open_incident())
        .group_by("application_id")
        .agg(open_incidents=pl.len())
    )
    joined = rows.join(held, on="application_id", how="left", maintain_order="left").join(
        incidents, on="application_id", how="left", maintain_order="left"
    )

    def flags(prefix: str) -> NDArray[Any]:
        names = [f"{prefix}_{name}" for name in SCHEMES]
        return joined.select(pl.col(names).fill_null(value=False)).to_numpy()

    return {
        "holds": flags("holds"),
        "lapsing": flags("lapsing"),
        "to_renew": joined["to_renew"].fill_null(0).cast(pl.Int64).to_numpy(),
        "audited": joined["audited"].fill_null(value=False).to_numpy(),
        "open_incidents": joined["open_incidents"].fill_null(0).cast(pl.Int64).to_numpy(),
    }
