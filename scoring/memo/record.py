"""The decision record of an application in one canonical form, and its hash: declared here and nowhere else.

A record is the decision row, the exact contributions, every reason, and the versions behind them. Its canonical form is
JSON without blanks, keys sorted, and every number that is not whole as the 64 bits of its IEEE 754 double, read as a
signed whole number: no printing of decimals, by whatever library and version, can change the hash. Days are ISO 8601::

    {"contributions":{...},"decision":{...},"reasons":[{...},...],"record":1,"versions":{...}}

Whoever holds the result files can make it again and compare: a row that was changed after the fact no longer fits.
"""

from __future__ import annotations

import hashlib
import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scoring.results import Results

__all__ = [
    "HASH",
    "RECORD_VERSION",
    "canonical_records",
    "record_hashes",
    "record_versions",
    "with_record_hash",
]

HASH = "record_hash"
"""Column of the decisions that carries the hash; the only one that is not part of the record."""

RECORD_VERSION = 1
"""Edition of the canonical form; a later one gets another number, so that old hashes can still be checked."""

_ID = "application_id"
_REASON_KEY = ("family", "kind", "code")
_PLAIN = (pl.Boolean, pl.String, pl.List(pl.String))


def with_record_hash(results: Results) -> pl.DataFrame:
    """Return the decisions of a batch with the hash of each record, last; whatever belongs to a record comes before."""
    hashes = record_hashes(
        results.decisions, results.contributions, results.reasons, manifest=results.manifest
    )
    return results.decisions.with_columns(hashes)


def record_hashes(
    decisions: pl.DataFrame,
    contributions: pl.DataFrame,
    reasons: pl.DataFrame,
    *,
    manifest: Mapping[str, Any],
) -> pl.Series:
    """Return the sha256 of every application's record, hexadecimal, in the order of the decisions.

    Parameters and errors as of :func:`canonical_records`.
    """
    records = canonical_records(decisions, contributions, reasons, manifest=manifest)
    hashes = [hashlib.sha256(record.encode()).hexdigest() for record in records]
    return pl.Series(HASH, hashes, dtype=pl.String)


def canonical_records(
    decisions: pl.DataFrame,
    contributions: pl.DataFrame,
    reasons: pl.DataFrame,
    *,
    manifest: Mapping[str, Any],
) -> pl.Series:
    """Return the canonical form of every application's record, in the order of the decisions.

    Parameters
    ----------
    decisions
        One row per application.
    contributions
        ``application_id``, ``base`` and the indicators' exact points; its sums by family and pillar do not count.
    reasons
        Long table of reasons; without columns where the batch has none.
    manifest
        Of the batch; its versions belong to the record.

    Raises
    ------
    GreenCreditError
        If an application has no contributions, or a column is of a type that the form does not know.
    """
    exact = [name for name in contributions.columns if name == "base" or name in CATALOGUE]
    joined = (
        decisions.select(_ID, _encoded(decisions, [c for c in decisions.columns if c != HASH], "decision"))
        .join(
            contributions.select(_ID, _encoded(contributions, exact, "contributions")),
            on=_ID,
            how="left",
            validate="1:1",
            maintain_order="left",
        )
        .join(_reasons(reasons), on=_ID, how="left", validate="1:1", maintain_order="left")
    )
    if joined["contributions"].null_count():
        raise GreenCreditError(
            "An application has a decision and no contributions.",
            where="contributions.parquet",
            mend="Score the batch again: its files do not belong together.",
        )
    versions = json.dumps(
        _with_bits(record_versions(manifest)), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return joined.select(
        pl.concat_str(
            pl.lit('{"contributions":'),
            "contributions",
            pl.lit(',"decision":'),
            "decision",
            pl.lit(',"reasons":['),
            pl.col("reasons").fill_null(""),
            pl.lit(f'],"record":{RECORD_VERSION},"versions":{versions}}}'),
        ).alias("record")
    )["record"]


def record_versions(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the versions that belong to a record: product, factors, settings, model with its content hash, policy."""
    model = manifest["model"]
    known = ("name", "version", "label_origin", "booster_sha256", "scorecard_sha256")
    return {
        "factor_set": manifest["factor_set"],
        "model": {name: model[name] for name in known if name in model},
        "policy": manifest["policy"]["version_id"],
        "product_version": manifest["product_version"],
        "settings": manifest["settings"],
    }


def _with_bits(value: Any) -> Any:  # noqa: ANN401  (plain JSON values)
    if isinstance(value, float):
        return struct.unpack("<q", struct.pack("<d", value))[0]
    if isinstance(value, dict):
        return {key: _with_bits(item) for key, item in value.items()}
    return [_with_bits(item) for item in value] if isinstance(value, (list, tuple)) else value


def _reasons(reasons: pl.DataFrame) -> pl.DataFrame:
    if reasons.is_empty():
        return pl.DataFrame(schema={_ID: pl.String, "reasons": pl.String})
    return (
        reasons.select(
            _ID, *_REASON_KEY, _encoded(reasons, [c for c in reasons.columns if c != _ID], "reasons")
        )
        .sort(_ID, *_REASON_KEY, nulls_last=True)
        .group_by(_ID, maintain_order=True)
        .agg(pl.col("reasons").str.join(","))
    )


def _encoded(frame: pl.DataFrame, names: Sequence[str], into: str) -> pl.Series:
    """Return the named columns of each row as one JSON object, by name."""
    columns = [_canonical(frame[name]) for name in sorted(names)]
    return pl.DataFrame(columns).to_struct(into).struct.json_encode()


def _canonical(column: pl.Series) -> pl.Series:
    if column.dtype.is_float():
        bits = pl.Series(column.name, column.cast(pl.Float64).fill_null(0.0).to_numpy().view(np.int64))
        return bits.set(column.is_null(), None)
    if column.dtype == pl.Date:
        return column.cast(pl.String)
    if column.dtype.is_integer() or column.dtype in _PLAIN or column.dtype == pl.Null:
        return column
    raise GreenCreditError(
        f"The column {column.name} is of type {column.dtype}, which a decision record does not know.",
        where="scoring.memo.record",
        mend="This is a defect of the product; report it with the columns of the decisions.",
    )
