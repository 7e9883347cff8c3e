"""Reading a result folder back: what ``score`` wrote, as one object for texts and pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from features.errors import GreenCreditError
from scoring import outputs
from scoring.spelling import close_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Results", "one_application", "read_results"]


_MOST_COMPARED = 20_000


@dataclass(frozen=True, kw_only=True)
class Results:
    """The tables of a batch and its manifest; a table that has a default has no columns in results that lack its file."""

    decisions: pl.DataFrame
    contributions: pl.DataFrame
    sectors: pl.DataFrame
    indicators: pl.DataFrame
    data_quality: pl.DataFrame
    cross_checks: pl.DataFrame
    quarantine: pl.DataFrame
    manifest: Mapping[str, Any]
    policy_facts: pl.DataFrame = field(default_factory=pl.DataFrame)
    certificates: pl.DataFrame = field(default_factory=pl.DataFrame)
    reasons: pl.DataFrame = field(default_factory=pl.DataFrame)
    asks: pl.DataFrame = field(default_factory=pl.DataFrame)
    improvements: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def own_industry_names(self) -> Mapping[str, tuple[str, str]]:
        """English and Chinese names of industry divisions as the bank's own table had them when the batch was scored."""
        names: Mapping[str, list[str]] = self.manifest.get("own_industry_names", {})
        return {division: (en, zh) for division, (en, zh) in names.items()}

    @property
    def demonstration(self) -> bool:
        """Whether the grades rest on simulated outcomes."""
        return bool(self.manifest["demonstration"])


def read_results(folder: Path) -> Results:
    """Read the results of a batch.

    Parameters
    ----------
    folder
        What ``score`` was given as ``out``.

    Raises
    ------
    GreenCreditError
        If the folder holds no results, or some of them are missing or unreadable.
    """
    missing = [name for name in outputs.FILES if not (folder / name).is_file()]
    if missing:
        raise GreenCreditError(
            f"The folder holds no complete results of a batch; missing: {', '.join(missing)}.",
            where=str(folder),
            mend="Name the folder that was given to `greencredit score --out`, or score again.",
        )
    try:
        return Results(
            decisions=pl.read_parquet(folder / outputs.DECISIONS),
            contributions=pl.read_parquet(folder / outputs.CONTRIBUTIONS),
            sectors=pl.read_parquet(folder / outputs.SECTORS),
            indicators=pl.read_parquet(folder / outputs.INDICATORS),
            data_quality=pl.read_parquet(folder / outputs.DATA_QUALITY),
            cross_checks=pl.read_parquet(folder / outputs.CROSS_CHECKS),
            quarantine=pl.read_parquet(folder / outputs.QUARANTINE),
            manifest=json.loads((folder / outputs.MANIFEST).read_text(encoding="utf-8")),
            policy_facts=_optional(folder / outputs.POLICY_FACTS),
            certificates=_optional(folder / outputs.CERTIFICATES),
            reasons=_optional(folder / outputs.REASONS),
            asks=_optional(folder / outputs.ASKS),
            improvements=_optional(folder / outputs.IMPROVEMENTS),
        )
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise GreenCreditError(
            f"A result file cannot be read ({str(error).splitlines()[0]}).",
            where=str(folder),
            mend="Score the batch again.",
        ) from None


def _optional(path: Path) -> pl.DataFrame:
    """Return the table of a file that results may lack; a table without columns then."""
    return pl.read_parquet(path) if path.is_file() else pl.DataFrame()


def one_application(results: Results, application_id: str) -> Results:
    """Return the results of one application.

    Raises
    ------
    GreenCreditError
        If the application was not scored; the message says whether it was refused, or names close ids.
    """

    def own(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("application_id") == application_id)

    def own_if_there(frame: pl.DataFrame) -> pl.DataFrame:
        return own(frame) if frame.columns else frame

    decisions = own(results.decisions)
    if decisions.is_empty():
        raise _not_scored(results, application_id)
    return Results(
        decisions=decisions,
        contributions=own(results.contributions),
        sectors=results.sectors,
        indicators=own(results.indicators),
        data_quality=own(results.data_quality),
        cross_checks=own(results.cross_checks),
        quarantine=results.quarantine.clear(),
        manifest=results.manifest,
        policy_facts=own_if_there(results.policy_facts),
        certificates=own_if_there(results.certificates),
        reasons=own_if_there(results.reasons),
        asks=own_if_there(results.asks),
        improvements=own_if_there(results.improvements),
    )


def _not_scored(results: Results, application_id: str) -> GreenCreditError:
    refused = results.quarantine.filter(
        (pl.col("table") == "applications")
        & (pl.col("record").str.contains(json.dumps(application_id, ensure_ascii=False), literal=True))
    )
    if not refused.is_empty():
        first = refused.row(0, named=True)
        return GreenCreditError(
            f"The application {application_id} was refused: {first['what_en']}",
            where=f"{outputs.QUARANTINE}, applications row {first['row']}",
            mend=str(first["mend_en"]),
        )
    close = close_to(application_id, _alike(results.decisions, application_id), most=5)
    near = f"Close ids: {', '.join(close)}." if close else "The ids stand in decisions.parquet."
    return GreenCreditError(
        f"No application {application_id!r} was scored in this batch.", where=outputs.DECISIONS, mend=near
    )


def _alike(decisions: pl.DataFrame, application_id: str) -> list[str]:
    """Return ids that begin or end like the one asked for; comparing every id of a large batch takes long."""
    half = max(len(application_id) // 2, 1)
    folded = pl.col("application_id").str.to_lowercase()
    asked = application_id.lower()
    alike = decisions.filter(folded.str.starts_with(asked[:half]) | folded.str.ends_with(asked[-half:]))
    return alike["application_id"].head(_MOST_COMPARED).to_list()
