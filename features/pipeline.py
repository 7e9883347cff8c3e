"""The pipeline: a dataset in, one row of indicators per application out; the only module that knows every family.

It works on shards: a shard is a set of firms with all their rows and applications. A firm's indicators read that
firm's rows only, so the result does not depend on how the firms are cut into shards.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from itertools import pairwise
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
    one_sided,
    plausibility,
    resources,
    safety,
    transformation,
)
from features.asof import facts as asof_facts
from features.catalogue import CATALOGUE
from features.ecology import ecology_differences
from features.errors import GreenCreditError
from features.facts import CROSS_CHECK_SCHEMA, NOTE_SCHEMA, cross_check, without_rows
from features.intake.clean_folder import CleanFolder
from features.lineage import document_rows
from features.periods import parse_period
from features.quality import QUALITY_SCHEMA, data_quality, handed_in_defaults
from features.settings import Settings
from features.totals import difference_checks, production_selections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from features.facts import Facts, FamilyResult
    from features.intake import Dataset

__all__ = ["Indicators", "compute", "compute_shards", "family_values", "shards"]

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
        ``recalled`` per set of factors that were written from memory of a standard, one row ``defaulted``
        per default of intake that the application rests on, and one row ``documented`` per document that facts behind the
        family's indicators were read in (:mod:`features.lineage`).
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
    parts = list(
        compute_shards(dataset, settings=settings, firms_per_shard=firms_per_shard, progress=progress)
    )
    return Indicators(
        values=pl.concat([p.values for p in parts]).sort("application_id"),
        data_quality=_by_application([p.data_quality for p in parts]),
        cross_checks=pl.concat([p.cross_checks for p in parts]).sort(list(CROSS_CHECK_SCHEMA)),
    )


def compute_shards(
    source: Dataset | CleanFolder,
    *,
    settings: Settings | None = None,
    firms_per_shard: int | None = None,
    shards_at_once: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Indicators]:
    """Compute the indicators shard by shard, and keep none of them.

    Parameters
    ----------
    source
        What intake gave; or clean tables on disk (:func:`features.intake.write_clean`), of which one shard at a time is
        read: then the memory is that of a shard, however many firms there are.
    settings, firms_per_shard, progress
        As of :func:`compute`.
    shards_at_once
        Shards computed side by side, each in the memory of its own; they are yielded in order all the same.

    Yields
    ------
    Indicators
        Of some firms, in the order of the firms' ids; an application is in one of them.

    Raises
    ------
    GreenCreditError
        If ``firms_per_shard`` is not positive.
    """
    chosen = settings or Settings()
    total = source.applications if isinstance(source, CleanFolder) else source.tables["applications"].height
    done = 0
    for part in _side_by_side(shards(source, firms_per_shard), chosen, at_once=shards_at_once):
        done += part.values.height
        if progress is not None:
            progress(done, total)
        yield part


def _side_by_side(parts: Iterator[Dataset], settings: Settings, *, at_once: int) -> Iterator[Indicators]:
    """Compute shards by threads, in order, with no more of them read than are computed at once.

    Polars does the work outside the interpreter's lock, but one shard's many small steps keep one core busy only.
    """
    waiting: deque[Future[Indicators]] = deque()
    with ThreadPoolExecutor(at_once) as pool:
        for part in parts:
            if len(waiting) == at_once:
                yield waiting.popleft().result()
            # A thread has a context of its own: the reference tables in force are the caller's.
            waiting.append(pool.submit(copy_context().run, _compute_shard, part, settings))
        while waiting:
            yield waiting.popleft().result()


def shards(source: Dataset | CleanFolder, firms_per_shard: int | None) -> Iterator[Dataset]:
    """Yield the dataset cut by firms that have applications, in the order of their ids.

    Firms without applications may be in a shard, too; nothing is computed of them. A dataset without applications is
    one shard, so that there is always a result of the right shape.

    Raises
    ------
    GreenCreditError
        If ``firms_per_shard`` is not positive.
    """
    if firms_per_shard is not None and firms_per_shard < 1:
        raise GreenCreditError(
            f"The firms_per_shard parameter must be at least 1. Got {firms_per_shard!r} instead.",
            where="features.pipeline",
            mend="Hand in a positive number, or None for one shard.",
        )
    if isinstance(source, CleanFolder):
        yield from source.shards(firms_per_shard or max(source.applications, 1))
    elif firms_per_shard is None:
        yield source
    else:
        yield from _slices(source, firms_per_shard)


def _slices(dataset: Dataset, firms_per_shard: int) -> Iterator[Dataset]:
    """Sort every table by firm once; a shard is then a slice of each, which copies nothing."""
    tables = {n: _by_firm(t) if "firm_id" in t.columns else t for n, t in dataset.tables.items()}
    defaults, findings = _by_firm(dataset.defaults), _by_firm(dataset.findings)
    firms = tables["applications"]["firm_id"].unique(maintain_order=True)
    firsts = firms.gather_every(firms_per_shard).to_list()
    for first, behind in pairwise([*firsts, None] if firsts else [None, None]):
        yield replace(
            dataset,
            tables=MappingProxyType({n: _between(t, first, behind) for n, t in tables.items()}),
            defaults=_between(defaults, first, behind),
            findings=_between(findings, first, behind),
        )


def family_values(facts: Facts, families: Sequence[str]) -> pl.DataFrame:
    """Return the indicators of some families, without data-quality record and cross-checks.

    For scoring a firm under other facts, many times over: of what was not asked for nothing is computed.

    Parameters
    ----------
    facts
        As-of facts.
    families
        Families of the catalogue.

    Returns
    -------
    pl.DataFrame
        ``application_id`` and the families' indicators that are not relative; one row per application, in order.

    Raises
    ------
    KeyError
        If there is no such family.
    """
    values = facts.applications.select("application_id")
    for family in families:
        result = _FAMILY_MODULES[family](facts)
        _check_family(family, result, values)
        values = values.hstack(result.values.drop("application_id"))
    return values


def _by_firm(frame: pl.DataFrame) -> pl.DataFrame:
    return frame if frame["firm_id"].is_sorted() else frame.sort("firm_id", maintain_order=True)


def _between(frame: pl.DataFrame, first: str | None, behind: str | None) -> pl.DataFrame:
    """Return the firms from ``first`` up to the one before ``behind`` of a frame that is sorted by firm."""
    if "firm_id" not in frame.columns or frame.is_empty():
        return frame
    ids = frame["firm_id"]
    start = 0 if first is None else int(ids.search_sorted(first, side="left"))
    end = ids.len() if behind is None else int(ids.search_sorted(behind, side="left"))
    return frame.slice(start, end - start)


def _compute_shard(dataset: Dataset, settings: Settings) -> Indicators:
    """Compute a shard with numbers for the applications' ids, in their order: they sort and join much faster."""
    applications = dataset.tables["applications"].sort("application_id")
    ids = applications["application_id"]
    numbered = applications.with_columns(application_id=pl.int_range(pl.len(), dtype=pl.UInt32))
    tables = MappingProxyType({**dataset.tables, "applications": numbered})
    found = _compute_numbered(replace(dataset, tables=tables), settings)
    named = pl.lit(ids).gather("application_id").alias("application_id")
    return Indicators(
        values=found.values.with_columns(named),
        data_quality=found.data_quality.with_columns(named),
        cross_checks=found.cross_checks.with_columns(named),
    )


def _compute_numbered(dataset: Dataset, settings: Settings) -> Indicators:
    facts = asof_facts(dataset, settings)
    values = facts.applications.select("application_id", "firm_id", "as_of")
    notes = [without_rows({**NOTE_SCHEMA, "family": pl.String}, of=values)]
    for family, indicators in _FAMILY_MODULES.items():
        result = indicators(facts)
        _check_family(family, result, values)
        # The rows of a family are those of the applications, in their order: _check_family has looked.
        values = values.hstack(result.values.drop("application_id"))
        if not result.notes.is_empty():
            notes.append(result.notes.select(*NOTE_SCHEMA, family=pl.lit(family)))
    noted = pl.concat(notes)
    ordered = [i.id for i in CATALOGUE.values() if i.relative_to is None]
    values = values.select("application_id", "firm_id", "as_of", *ordered)
    return Indicators(
        values=values,
        data_quality=data_quality(
            values,
            noted.filter(pl.col("indicator").is_not_null()).drop("family"),
            others=pl.concat(
                [
                    _family_notes(noted.filter(pl.col("indicator").is_null())),
                    handed_in_defaults(facts, dataset.defaults),
                    *document_rows(dataset, facts, values, noted),
                ]
            ),
        ),
        cross_checks=pl.concat(
            [
                energy.cross_checks(facts),
                emissions.cross_checks(facts),
                _production_checks(facts),
                difference_checks(ecology_differences(facts), check="ecology_total_and_parts"),
                certification.certificate_checks(facts),
                plausibility.cross_checks(facts),
                one_sided.cross_checks(facts),
                _findings(facts, dataset.findings),
            ]
        ),
    )


def _check_family(family: str, result: FamilyResult, applications: pl.DataFrame) -> None:
    """Refuse a family that does not give exactly its indicators, one row per application, all of them finite."""
    declared = {i.id for i in CATALOGUE.values() if i.family == family and i.relative_to is None}
    given = set(result.values.columns) - {"application_id"}
    same = result.values["application_id"].equals(applications["application_id"])
    finite = all(column.all() for column in result.values.select(pl.selectors.float().is_finite()))
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
    if findings.is_empty():
        return without_rows(CROSS_CHECK_SCHEMA, of=facts.applications)
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


def _by_application(records: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Put the shards' data-quality records together by application; within an application they are in order."""
    record = pl.concat(records)
    if record["application_id"].is_sorted():
        return record
    return record.sort("application_id", maintain_order=True)
