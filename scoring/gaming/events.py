"""Moves on certificates, incidents, days and the firm itself: stacking, backdating, remedies claimed, firms split."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from scoring.gaming.move import Move, with_tables

if TYPE_CHECKING:
    from features.intake import Dataset

__all__ = ["EVENTS"]

_MANAGEMENT = ("iso14001", "iso50001", "iso45001", "iso37001")
_ENERGY_CERTIFICATES = ("gec", "green_power_trade", "irec")
_VALID = pl.col("status") == "valid"


def _applicants(dataset: Dataset) -> pl.DataFrame:
    """Return each firm with the day of its latest application."""
    return dataset.tables["applications"].group_by("firm_id").agg(pl.col("as_of").max()).sort("firm_id")


def _added(dataset: Dataset, table: str, rows: pl.DataFrame) -> Dataset:
    frame = dataset.tables[table]
    return with_tables(
        dataset, **{table: pl.concat([frame, rows], how="diagonal_relaxed").select(frame.columns)}
    )


def _stacked(dataset: Dataset) -> Dataset:
    """Hand every certificate in twice more, under other numbers."""
    rows = dataset.tables["certifications"]
    copies = [rows.with_columns(certificate_no=pl.col("certificate_no") + f"-{i}") for i in (2, 3)]
    held = ~pl.col("scheme").is_in(list(_ENERGY_CERTIFICATES))
    return _added(dataset, "certifications", pl.concat(copies).filter(held))


def _boiler_plate(dataset: Dataset) -> Dataset:
    """Add a valid certificate of every management system, without the sites that it covers."""
    firms = _applicants(dataset)
    issued = pl.col("as_of").dt.offset_by("-6mo")
    rows = firms.join(pl.DataFrame({"scheme": _MANAGEMENT}), how="cross").select(
        "firm_id",
        "scheme",
        certificate_no=pl.lit("BOILER-PLATE-") + pl.col("scheme"),
        issued_on=issued,
        expires_on=issued.dt.offset_by("3y"),
        status=pl.lit("valid"),
        status_on=issued,
        published_on=issued,
        known_on=issued,
        known_on_defaulted=pl.lit(value=False),
        row=pl.lit(1_000_000, dtype=pl.Int64),
    )
    return _added(dataset, "certifications", rows)


def _short_for_long(dataset: Dataset) -> Dataset:
    """Let every valid certificate end the day after the decision: it is held on the day, and only then."""
    frame = dataset.tables["certifications"]
    rows = frame.join(_applicants(dataset), on="firm_id", how="left")
    runs = _VALID & (pl.col("expires_on") > pl.col("as_of").dt.offset_by("1d"))
    short = rows.with_columns(
        expires_on=pl.when(runs).then(pl.col("as_of").dt.offset_by("1d")).otherwise("expires_on")
    )
    return with_tables(dataset, certifications=short.select(frame.columns))


def _lapsed_extended(dataset: Dataset) -> Dataset:
    """Write a later expiry into certificates that have lapsed."""
    frame = dataset.tables["certifications"]
    rows = frame.join(_applicants(dataset), on="firm_id", how="left")
    lapsed = _VALID & (pl.col("expires_on") < pl.col("as_of"))
    later = pl.when(lapsed).then(pl.col("as_of").dt.offset_by("1y")).otherwise("expires_on")
    return with_tables(dataset, certifications=rows.with_columns(expires_on=later).select(frame.columns))


def _withdrawals_hidden(dataset: Dataset) -> Dataset:
    frame = dataset.tables["certifications"]
    return with_tables(dataset, certifications=frame.filter(_VALID.fill_null(value=True)))


def _green_power_claimed_twice(dataset: Dataset) -> Dataset:
    """Use the energy certificates of one year again in the year after."""
    frame = dataset.tables["certifications"]
    rows = frame.filter(
        pl.col("scheme").is_in(list(_ENERGY_CERTIFICATES)) & pl.col("period_start").is_not_null()
    )
    again = rows.with_columns(
        period=(pl.col("period_start").dt.year() + 1).cast(pl.String),
        period_start=pl.col("period_start").dt.offset_by("1y"),
        period_end=pl.col("period_end").dt.offset_by("1y"),
    )
    return _added(dataset, "certifications", again)


def _green_power_beyond_use(dataset: Dataset) -> Dataset:
    """Buy more energy certificates than a firm has power: a thousand times as many."""
    green = pl.col("scheme").is_in(list(_ENERGY_CERTIFICATES))
    more = pl.when(green).then(pl.col("quantity") * 1000.0).otherwise("quantity")
    frame = dataset.tables["certifications"]
    return with_tables(dataset, certifications=frame.with_columns(quantity=more))


def _backdated(dataset: Dataset, days: int) -> Dataset:
    """Date every report that is there so many days after the end of its year; one that is not written cannot be dated."""
    told = {}
    for name in ("annual", "energy", "production", "emissions"):
        frame = dataset.tables[name]
        day = pl.col("period_end").dt.offset_by(f"{days}d")
        early = (pl.col("published_on") > day) & (pl.col("known_on") <= pl.col("as_of"))
        dated = frame.join(_applicants(dataset), on="firm_id", how="left", maintain_order="left")
        told[name] = dated.with_columns(
            published_on=pl.when(early).then(day).otherwise("published_on"),
            known_on=pl.when(early).then(day).otherwise("known_on"),
        ).select(frame.columns)
    return with_tables(dataset, **told)


def _remedies_claimed(dataset: Dataset, days: int | None = None) -> Dataset:
    """Write a day of remedy into every incident that is still open: the day of the decision, or days before its record."""
    frame = dataset.tables["incidents"]
    rows = frame.join(_applicants(dataset), on="firm_id", how="left")
    still = pl.col("rectified_on").is_null() | (pl.col("rectified_on") >= pl.col("as_of"))
    day = (
        pl.col("as_of")
        if days is None
        else pl.max_horizontal("occurred_on", pl.col("recorded_on").dt.offset_by(f"-{days}d"))
    )
    claimed = rows.with_columns(rectified_on=pl.when(still).then(day).otherwise("rectified_on"))
    return with_tables(dataset, incidents=claimed.select(frame.columns))


def _incidents_redated(dataset: Dataset) -> Dataset:
    """Move every incident out of the window of 36 months: four years before the decision, and remedied since."""
    frame = dataset.tables["incidents"]
    rows = frame.join(_applicants(dataset), on="firm_id", how="left")
    day = pl.col("as_of").dt.offset_by("-4y")
    recent = pl.col("occurred_on") > day
    moved = rows.with_columns(
        occurred_on=pl.when(recent).then(day).otherwise("occurred_on"),
    )
    return with_tables(dataset, incidents=moved.select(frame.columns))


def _industry_claimed(dataset: Dataset) -> Dataset:
    """Call every firm a software house."""
    frame = dataset.tables["firms"]
    return with_tables(
        dataset, firms=frame.with_columns(industry=pl.lit("6510"), industry_scheme=pl.lit("GBT4754"))
    )


def _split(dataset: Dataset) -> Dataset:
    """Leave coal, scope 1, output and incidents to a sister firm, and ask with the rest and half of the money."""
    tables = dataset.tables
    asking = _applicants(dataset)
    sister = pl.col("firm_id") + "-SISTER"

    def divided(name: str, dirty: pl.Expr) -> pl.DataFrame:
        frame = tables[name]
        goes = dirty & pl.col("firm_id").is_in(asking["firm_id"].implode())
        return frame.with_columns(firm_id=pl.when(goes).then(sister).otherwise("firm_id"))

    founded = asking.select(
        firm_id=sister,
        parent_id=pl.col("firm_id"),
        share=pl.lit(1.0),
        valid_from=pl.col("as_of").dt.offset_by("-12mo"),
        known_on=pl.col("as_of").dt.offset_by("-12mo"),
        known_on_defaulted=pl.lit(value=False),
        row=pl.lit(1_000_000, dtype=pl.Int64),
    )
    firms = tables["firms"].with_columns(firm_id=sister, founded_on=pl.lit(None, dtype=pl.Date))
    coal = pl.col("carrier").str.contains("coal|anthracite|lignite|coke")
    parted = with_tables(
        dataset,
        energy=divided("energy", coal),
        emissions=divided("emissions", pl.col("scope").is_in(["none"])),
        incidents=divided("incidents", pl.lit(value=True)),
        firms=pl.concat([tables["firms"], firms]),
    )
    return _added(parted, "ownership", founded)


EVENTS: tuple[Move, ...] = (
    Move(
        id="certificates_stacked",
        en="Hands every certificate in three times, under other numbers.",
        zh="同一证书以不同编号提交三次。",
        apply=_stacked,
        stopped_by="construction",
    ),
    Move(
        id="boiler_plate_certificates",
        en="Adds management-system certificates that do not say which sites they cover.",
        zh="提交未注明覆盖场所的管理体系证书。",
        apply=_boiler_plate,
        stopped_by="cross_check",
        witnesses=("certificate_without_coverage",),
    ),
    Move(
        id="short_certificate_for_long",
        en="Holds certificates that end the day after the decision.",
        zh="证书在决策次日即到期。",
        apply=_short_for_long,
        stopped_by="construction",
    ),
    Move(
        id="lapsed_certificates_extended",
        en="Writes a later expiry into certificates that have lapsed.",
        zh="将已失效证书的有效期改后。",
        apply=_lapsed_extended,
        stopped_by="cross_check",
        witnesses=("certificate_unusually_long",),
    ),
    Move(
        id="withdrawals_hidden",
        en="Leaves out that certificates were suspended or withdrawn.",
        zh="隐瞒证书被暂停或撤销。",
        apply=_withdrawals_hidden,
        stopped_by="open",
        why_open="Only the register knows: ask it within 12 months of the decision.",
        most=0.05,
    ),
    Move(
        id="green_power_claimed_twice",
        en="Uses the energy certificates of a year again in the year after.",
        zh="同一绿证在次年重复使用。",
        apply=_green_power_claimed_twice,
        stopped_by="cross_check",
        witnesses=("green_power_claimed_twice",),
    ),
    Move(
        id="green_power_beyond_use",
        en="Buys more energy certificates than it uses power.",
        zh="购买的绿证超过用电量。",
        apply=_green_power_beyond_use,
        stopped_by="cross_check",
        witnesses=("green_power_beyond_purchases",),
    ),
    Move(
        id="reports_backdated_to_the_next_day",
        en="Dates every report on the day after the year's end.",
        zh="将报告日期倒签至年末次日。",
        apply=partial(_backdated, days=1),
        stopped_by="cross_check",
        witnesses=("published_too_soon",),
    ),
    Move(
        id="reports_backdated",
        en="Dates every report 45 days after the year's end.",
        zh="将报告日期倒签至年末后45天。",
        apply=partial(_backdated, days=45),
        stopped_by="open",
        witnesses=("published_too_soon",),
        why_open="A bank knows when it received a report, and the facts do not: let the bank fill in published_on.",
        most=0.12,
    ),
    Move(
        id="remedies_claimed",
        en="Writes a day of remedy into incidents that are still open.",
        zh="为未整改事件填写整改日期。",
        apply=_remedies_claimed,
        stopped_by="cross_check",
        witnesses=("incident_remedied_after_record",),
        why_open="An incident recorded on the day of the decision may be remedied on it.",
        most=0.005,
    ),
    Move(
        id="incidents_redated",
        en="Moves its incidents out of the window of 36 months.",
        zh="将事件发生日期移出36个月区间。",
        apply=_incidents_redated,
        stopped_by="cross_check",
        witnesses=("incident_recorded_late",),
        why_open="The days of incidents come from registers, not from the firm: ask the register.",
        most=0.1,
    ),
    Move(
        id="industry_claimed",
        en="Calls itself a software house.",
        zh="自称软件企业。",
        apply=_industry_claimed,
        stopped_by="cross_check",
        witnesses=("industry_against_facts",),
        why_open="A maker of light goods looks like an office. The industry stands in the business register under the credit code, not in what the firm says: read it there.",
        most=0.08,
    ),
    Move(
        id="firm_split",
        en="Leaves coal, pollutants and incidents to a new subsidiary.",
        zh="将煤炭、污染物和事件转移至新设子公司。",
        apply=_split,
        stopped_by="review_rule",
        witnesses=("group_changed_lately",),
    ),
)
"""Moves on events and on the firm."""
