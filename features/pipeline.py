"""The pipeline: a dataset in, one row of indicators per application out; the only module that knows every family.

It works on shards: a shard is a set of firms with all their rows and applications. A firm's indicators read that
firm's rows only, so the result does not depend on how the firms are cut into shards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features import (
    business_conduct,
    certification,
    context,
    disclosure,
    emissions,
    energy,
    environmental_conduct,
    labour,
    plausibility,
    resources,
    safety,
    transformation,
)
from features.asof import facts as asof_facts
from features.catalogue import CATALOGUE, FAMILIES
from features.ecology import ecology_differences
from features.errors import GreenCreditError
from features.facts import CROSS_CHECK_SCHEMA, NOTE_SCHEMA, cross_check
from features.periods import parse_period
from features.quality import QUALITY_SCHEMA, data_quality, handed_in_defaults
from features.settings import Settings
from features.totals import difference_checks, production_selections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from features.facts import Facts, FamilyResult
    from features.intake import Dataset

__all__ = ["Indicators", "compute", "shards"]

_FAMILY_MODULES: Mapping[str, Callable[[Facts], FamilyResult]] = MappingProxyType(
    {
        "energy": energy.indicators,
        "emissions": emissions.indicators,
        "resources": resources.indicators,
        "transformation": transformation.indicators,
        "certification": certification.indicators,
        "environmental_conduct": environmental_conduct.indicators,
        "safety": safety.indicators,
        "labour": labour.indicators,
        "business_conduct": business_conduct.indicators,
        "disclosure": disclosure.indicators,
        "context": context.indicators,
    }
)


@dataclass(frozen=True, kw_only=True)
class Indicators:
    """The indicators of every application, and how far they can be trusted.

    Parameters
    ----------
    values
        ``application_id``, ``firm_id``, ``as_of`` and every indicator of the catalogue that is not relative, in the
        catalogue's order; sorted by ``application_id``. Missing is null.
    data_quality
        ``application_id``, ``family``, ``indicator``, ``status``, ``detail_en``, ``detail_zh``, ``grade``: one row per
        indicator with its status; with ``indicator`` null one row ``pcaf`` per family with its grade, one row
        ``recalled`` per set of factors that were written from memory of a standard, and one row ``defaulted``
        per default of intake that the application rests on.
    cross_checks
        ``application_id``, ``check``, ``severity``, ``text_en``, ``text_zh``.
    """

    values: pl.DataFrame
    data_quality: pl.DataFrame
    cross_checks: pl.DataFrame


def compute(
    dataset: Dataset,
    *,
    settings: Settings | None = None,
    firms_per_shard: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Indicators:
    """Compute the indicators of every application of a dataset.

    Parameters
    ----------
    dataset
        What intake gave.
    settings
        How the indicators are computed; the defaults of :class:`~features.settings.Settings` where None.
    firms_per_shard
        Firms that are computed at once, to bound memory; all of them where None. It does not change the result.
    progress
        Called after every shard with the number of applications done and of all.

    Returns
    -------
    Indicators

    Raises
    ------
    GreenCreditError
        If ``firms_per_shard`` is not positive.
    """
    chosen = settings or Settings()
    total = dataset.tables["applications"].height
    parts: list[Indicators] = []
    done = 0
    for shard in shards(dataset, firms_per_shard):
        part = _compute_shard(shard, chosen)
        parts.append(part)
        done += part.values.height
        if progress is not None:
            progress(done, total)
    return Indicators(
        values=pl.concat([p.values for p in parts]).sort("application_id"),
        data_quality=_in_order(pl.concat([p.data_quality for p in parts])),
        cross_checks=pl.concat([p.cross_checks for p in parts]).sort(list(CROSS_CHECK_SCHEMA)),
    )


def shards(dataset: Dataset, firms_per_shard: int | None) -> Iterator[Dataset]:
    """Yield the dataset cut by firms that have applications, in the order of their ids.

    A dataset without applications is one empty shard, so that there is always a result of the right shape.

    Raises
    ------
    GreenCreditError
        If ``firms_per_shard`` is not positive.
    """
    if firms_per_shard is None:
        yield dataset
        return
    if firms_per_shard < 1:
        raise GreenCreditError(
            f"The firms_per_shard parameter must be at least 1. Got {firms_per_shard!r} instead.",
            where="features.pipeline",
            mend="Hand in a positive number, or None for one shard.",
        )
    firms = dataset.tables["applications"]["firm_id"].unique().sort()
    for start in range(0, max(firms.len(), 1), firms_per_shard):
        some = firms.slice(start, firms_per_shard).to_list()
        tables = {
            name: table.filter(pl.col("firm_id").is_in(some)) if "firm_id" in table.columns else table
            for name, table in dataset.tables.items()
        }
        yield replace(
            dataset,
            tables=MappingProxyType(tables),
            defaults=dataset.defaults.filter(pl.col("firm_id").is_in(some)),
            findings=dataset.findings.filter(pl.col("firm_id").is_in(some)),
        )


def _compute_shard(dataset: Dataset, settings: Settings) -> Indicators:
    facts = asof_facts(dataset, settings)
    values = facts.applications.select("application_id", "firm_id", "as_of")
    notes = []
    for family, indicators in _FAMILY_MODULES.items():
        result = indicators(facts)
        _check_family(family, result, values)
        values = values.join(result.values, on="application_id", how="left", maintain_order="left")
        notes.append(result.notes.select(list(NOTE_SCHEMA)).with_columns(family=pl.lit(family)))
    noted = pl.concat(notes)
    ordered = [i.id for i in CATALOGUE.values() if i.relative_to is None]
    values = values.select("application_id", "firm_id", "as_of", *ordered)
    return Indicators(
        values=values,
        data_quality=pl.concat(
            [
                data_quality(values, noted.filter(pl.col("indicator").is_not_null()).drop("family")),
                _family_notes(noted.filter(pl.col("indicator").is_null())),
                handed_in_defaults(facts, dataset.defaults),
            ]
        ),
        cross_checks=pl.concat(
            [
                energy.cross_checks(facts),
                emissions.cross_checks(facts),
                _production_checks(facts),
                difference_checks(ecology_differences(facts), check="ecology_total_and_parts"),
                certification.certificate_checks(facts),
                plausibility.cross_checks(facts),
                _findings(facts, dataset.findings),
            ]
        ),
    )


def _check_family(family: str, result: FamilyResult, applications: pl.DataFrame) -> None:
    """Refuse a family that does not give exactly its indicators, one row per application, all of them finite."""
    declared = {i.id for i in CATALOGUE.values() if i.family == family and i.relative_to is None}
    given = set(result.values.columns) - {"application_id"}
    same = result.values["application_id"].equals(applications["application_id"])
    floats = result.values.select(pl.selectors.float())
    finite = all((floats[c].is_finite() | floats[c].is_null()).all() for c in floats.columns)
    if given != declared or not same or not finite:
        raise GreenCreditError(
            f"The family {family!r} gave indicators {sorted(given ^ declared)} too many or too few, rows that are not "
            "those of the applications, or a value that is not finite.",
            where=f"features.{family}",
            mend="This is a defect of the product; report it with the dataset that shows it.",
        )


def _family_notes(noted: pl.DataFrame) -> pl.DataFrame:
    return noted.with_columns(grade=pl.lit(None, dtype=pl.Float64)).select(list(QUALITY_SCHEMA))


def _production_checks(facts: Facts) -> pl.DataFrame:
    differences = [selection.differences for selection in production_selections(facts).values()]
    return difference_checks(pl.concat(differences), check="production_total_and_parts")


def _findings(facts: Facts, findings: pl.DataFrame) -> pl.DataFrame:
    """Contradictions that intake found in the source, of periods that were over on ``as_of``."""
    _, period_end = parse_period(pl.col("period"))
    told = (
        facts.applications.select("application_id", "firm_id", "as_of")
        .join(findings.with_columns(_end=period_end), on="firm_id", how="inner")
        .filter(pl.col("_end").is_null() | (pl.col("_end") <= pl.col("as_of")))
    )
    return pl.concat(
        [
            cross_check(
                told.filter(pl.col("check") == name),
                check=name,
                severity="warning",
                en=pl.col("text_en"),
                zh=pl.col("text_zh"),
            )
            for name in told["check"].unique().sort()
        ]
        or [cross_check(told, check="", severity="warning", en=pl.col("text_en"), zh=pl.col("text_zh"))]
    )


def _in_order(record: pl.DataFrame) -> pl.DataFrame:
    """Sort the data-quality record: by application, family and indicator as declared, the family's own rows last."""
    return (
        record.with_columns(
            _family=pl.col("family").replace_strict(
                {name: i for i, name in enumerate(FAMILIES)}, return_dtype=pl.Int32
            ),
            _indicator=pl.col("indicator").replace_strict(
                {name: i for i, name in enumerate(CATALOGUE)}, default=None, return_dtype=pl.Int32
            ),
        )
        .with_columns(_graded=pl.col("grade").is_null())
        .sort("application_id", "_family", "_indicator", "_graded", "status", "detail_en", nulls_last=True)
        .drop("_family", "_indicator", "_graded")
    )
