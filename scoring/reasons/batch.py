"""The reasons of a batch: from contributions and values to the long table, the failed re-scores and the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from models.estimator import GreenCreditModel
from models.sectors import GROUP
from models.told_reasons import Explained, told_reasons
from models.typical import TypicalFirms
from scoring.reasons.sentences import library_sha256, reason_library
from scoring.reasons.table import reason_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.faithfulness import Faithfulness
    from models.stored import AnyModel
    from scoring.policy.sections import ReasonRules

__all__ = ["BatchReasons", "batch_reasons"]

_BLOCK = 16_384
"""Applications at a time: bounds the memory of the re-scores, changes no result."""


@dataclass(frozen=True, kw_only=True)
class BatchReasons:
    """The reasons of a batch.

    Parameters
    ----------
    table
        A row per reason; see :data:`scoring.reasons.table.COLUMNS`.
    failed
        ``application_id`` and ``reasons_failed`` (Int32): reasons that would be printed and do not pass their own
        re-score; null where nothing can be scored again.
    record
        What ``manifest.json`` says of them.
    """

    table: pl.DataFrame
    failed: pl.DataFrame
    record: dict[str, Any]


def batch_reasons(
    model: AnyModel,
    explained: pl.DataFrame,
    shown: pl.DataFrame,
    *,
    data_quality: pl.DataFrame,
    rules: ReasonRules,
) -> BatchReasons:
    """Find, test and tabulate the reasons of a batch.

    Parameters
    ----------
    model
        What scored.
    explained, shown
        As :func:`scoring.contributions.contributions` gives them: one order of applications.
    data_quality
        Of the indicators: which of them do not apply to a firm.
    rules
        The policy's numbers.

    Returns
    -------
    BatchReasons
        Sorted as ``explained`` is.
    """
    features = model.preparation_.features
    tables: list[pl.DataFrame] = []
    failed: list[NDArray[np.int64]] = []
    counts: list[Faithfulness | None] = []
    against = ""
    not_applicable = _not_applicable(data_quality, explained["application_id"], features=features)
    typical = TypicalFirms.of(model, _divisions(shown, features), rows=shown.height)
    # An empty batch still gives a table with its columns.
    for start in range(0, max(explained.height, 1), _BLOCK):
        block, values = explained.slice(start, _BLOCK), shown.slice(start, _BLOCK)
        own = _explained(model, block, values)
        told = told_reasons(
            model,
            own,
            typical=None if typical is None else typical.part(slice(start, start + _BLOCK)),
            matrix=_matrix(model, values),
            most_up=rules.most_up,
            most_down=rules.most_down,
            minimum_points=rules.minimum_points,
        )
        tables.append(
            reason_table(
                told,
                own,
                ids=block["application_id"],
                features=features,
                texts={name: values[name] for name in features if CATALOGUE[name].is_category},
                not_applicable=not_applicable[start : start + _BLOCK],
                relative=model.preparation_.roles.relative if isinstance(model, GreenCreditModel) else {},
            )
        )
        failed.append(told.failed)
        counts.append(told.faithfulness)
        against = told.against
    total = _total(counts)
    number = pl.Series("reasons_failed", np.concatenate(failed), dtype=pl.Int32)
    return BatchReasons(
        table=pl.concat(tables),
        failed=explained.select("application_id").with_columns(
            number if total is not None else pl.lit(None, pl.Int32).alias("reasons_failed")
        ),
        record=_record(total, against=against, rules=rules),
    )


def _matrix(model: AnyModel, values: pl.DataFrame) -> NDArray[np.float64] | None:
    """Give the applications as the booster reads them, shape (n, k); a scorecard has no booster."""
    if not isinstance(model, GreenCreditModel) or model.distributions_ is None:
        return None
    return model.preparation_.matrix(values.select(model.preparation_.inputs))


def _explained(model: AnyModel, block: pl.DataFrame, values: pl.DataFrame) -> Explained:
    features = model.preparation_.features
    is_number = np.array([not CATALOGUE[name].is_category for name in features])
    numbers = np.full((block.height, len(features)), np.nan, order="F")
    numeric = values.select(
        pl.col(name).cast(pl.Float64) for name in features if not CATALOGUE[name].is_category
    )
    # What is null becomes NaN on the way.
    numbers[:, is_number] = numeric.to_numpy()
    missing = np.isnan(numbers)
    for place in np.flatnonzero(~is_number):
        missing[:, place] = values[features[place]].is_null().to_numpy()
    base = block["base"].head(1).to_list()
    return Explained(
        base=base[0] if base else 0.0,
        contributions=block.select(features).to_numpy(),
        points=block["points"].to_numpy(),
        numbers=numbers,
        missing=missing,
        divisions=_divisions(values, features),
    )


def _divisions(values: pl.DataFrame, features: tuple[str, ...]) -> NDArray[np.object_] | None:
    """Give the industry division of each application; ``None`` where the model knows no division."""
    return np.array(values[GROUP].to_list(), dtype=object) if GROUP in features else None


def _not_applicable(
    data_quality: pl.DataFrame, ids: pl.Series, *, features: tuple[str, ...]
) -> NDArray[np.bool_]:
    """Tell which indicators do not apply to which firm, shape (n, k)."""
    found = np.zeros((len(ids), len(features)), dtype=np.bool_)
    places = pl.DataFrame({"indicator": features, "place": np.arange(len(features))})
    rows = pl.DataFrame({"application_id": ids, "row": np.arange(len(ids))})
    told = (
        data_quality.lazy()
        .filter(pl.col("status") == "not_applicable")
        .select("application_id", "indicator")
        .join(rows.lazy(), on="application_id")
        .join(places.lazy(), on="indicator")
        .collect()
    )
    found[told["row"].to_numpy(), told["place"].to_numpy()] = True
    return found


def _total(counts: list[Faithfulness | None]) -> Faithfulness | None:
    known = [count for count in counts if count is not None]
    return sum(known[1:], known[0]) if known else None


def _record(total: Faithfulness | None, *, against: str, rules: ReasonRules) -> dict[str, Any]:
    library = reason_library()
    approved = library.approved_on.isoformat() if library.approved_on else None
    return {
        "against": against,
        "most_up": rules.most_up,
        "most_down": rules.most_down,
        "minimum_points": rules.minimum_points,
        # None where the model has no distributions by sector: no reason can be scored again, and none was left out.
        "faithfulness": None if total is None else total.as_dict(),
        "library": {
            "version": library.version,
            "sha256": library_sha256(),
            "approved_by": library.approved_by,
            "approved_on": approved,
        },
    }
