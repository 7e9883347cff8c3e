"""Which document to ask each applicant for next: by how far what it states could move the score.

A document is asked for where it states a fact that is not in hand and can exist, and that fact either completes an
indicator that is missing or is expected of the firm. An indicator takes facts of several documents where it holds one
figure against another (energy against revenue): a document completes it where a fact of each of the others is in hand. What
does not apply to the firm is not missing and not expected, so it is never asked for.

How far a document could move the score: the indicators it completes stand at the ends of what is plausible in the firm's
sector (:mod:`scoring.plausible`), the share of expected facts rises by those it states, and what it can only better stands
between today's value and the best plausible one. The score of today lies within, as in the range of the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.catalogue import CATALOGUE
from features.disclosure.expected_facts import expected_facts
from models.estimator import GreenCreditModel
from scoring.asks.documents import documents
from scoring.asks.in_hand import facts_in_hand
from scoring.plausible import plausible_values
from scoring.ranges import with_grades

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from features.facts import Facts
    from models.stored import AnyModel
    from scoring.asks.documents import Documents
    from scoring.policy import Policy

__all__ = ["ASK_SCHEMA", "COVERAGE", "ask_table"]

COVERAGE = "disclosure_coverage"
"""Share of the expected facts that were handed in: every expected fact raises it."""

ASK_SCHEMA = pl.Schema(
    {
        "application_id": pl.String(),
        "rank": pl.Int32(),
        "document": pl.String(),
        "name_en": pl.String(),
        "name_zh": pl.String(),
        "facts": pl.List(pl.String),
        "indicators": pl.List(pl.String),
        "points_low": pl.Int32(),
        "points_high": pl.Int32(),
        "grade_low": pl.String(),
        "grade_high": pl.String(),
    }
)
"""Columns of :func:`ask_table`."""


def ask_table(
    model: AnyModel,
    values: pl.DataFrame,
    points: pl.Series,
    facts: Facts,
    *,
    policy: Policy,
    declared: Documents | None = None,
) -> pl.DataFrame:
    """Return the documents to ask each applicant for, the one that could move the score furthest first.

    Parameters
    ----------
    model
        A trained model. One without distributions, or a declared scorecard, ranks by the number of indicators that a
        document completes, and gives no points.
    values
        ``application_id`` and the catalogue's indicators that are not relative, sorted by application.
    points
        Exact scores, in the order of ``values``.
    facts
        What each application may see; its applications are those of ``values``.
    policy
        For the grades, and how many documents each (``policy.asks.most``).
    declared
        The documents; those of the product where ``None``.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`ASK_SCHEMA`, sorted by application and rank (from 1). ``name_en`` and ``name_zh`` are the document's, ``facts`` are those of the document that are
        not in hand and serve, ``indicators`` those that it completes. ``points_low`` and ``points_high`` (whole points) are
        the ends of the score over what the document may say, ``grade_low`` and ``grade_high`` their grades by the cut-offs
        alone. A document that could not move the score is asked for only where it states an expected fact.
    """
    chosen = declared or documents()
    evidence = _Evidence.of(model, values, facts, chosen)
    pairs = evidence.pairs()
    low, high = _ends(model, values, points, evidence, pairs)
    reach = high - low
    # What is sorted by must not hang on the last bits of two sums.
    serves = np.where(np.isnan(reach), pairs.completes.sum(axis=1), np.round(reach, 9))
    kept = (serves > 0) | pairs.settles
    order = np.lexsort((pairs.document, -serves, pairs.row))
    order = order[kept[order]]
    rows = pairs.row[order]
    first = np.searchsorted(rows, rows, side="left")
    rank = np.arange(len(rows)) - first + 1
    order, rank = order[rank <= policy.asks.most], rank[rank <= policy.asks.most]
    ids, every = values["application_id"], list(chosen.documents.values())
    frame = pl.DataFrame(
        {
            "application_id": ids.gather(pairs.row[order]),
            "rank": pl.Series(rank, dtype=pl.Int32),
            **{
                column: pl.Series([getattr(one, key) for one in every], dtype=pl.String).gather(
                    pairs.document[order]
                )
                for column, key in (("document", "id"), ("name_en", "en"), ("name_zh", "zh"))
            },
            "facts": _lists(pairs.asked[order], list(chosen.facts)),
            "indicators": _lists(pairs.completes[order], evidence.names),
            "points_low_exact": pl.Series(low[order]).fill_nan(None),
            "points_high_exact": pl.Series(high[order]).fill_nan(None),
        }
    )
    return with_grades(frame, policy=policy).select(
        pl.col(name).cast(dtype) for name, dtype in ASK_SCHEMA.items()
    )


@dataclass(frozen=True, kw_only=True)
class _Pairs:
    """An application and a document each, m of them.

    Parameters
    ----------
    row, document
        Shape (m,): places of application and document.
    completes
        Shape (m, indicators): missing indicators that the document completes.
    betters
        Shape (m, indicators): known indicators that it can only better.
    asked
        Shape (m, facts): facts asked for.
    settles
        Shape (m,): whether an expected fact is among them.
    coverage
        Shape (m,): share of the expected facts handed in, the document's included.
    """

    row: NDArray[np.intp]
    document: NDArray[np.intp]
    completes: NDArray[np.bool_]
    betters: NDArray[np.bool_]
    asked: NDArray[np.bool_]
    settles: NDArray[np.bool_]
    coverage: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Evidence:
    """What n applications have and lack, as arrays over facts, documents and the numbers that the model reads."""

    names: list[str]
    """The k indicators."""
    missing: NDArray[np.bool_]
    """Shape (n, k)."""
    in_hand: NDArray[np.bool_]
    """Shape (n, facts)."""
    askable: NDArray[np.bool_]
    """Shape (n, facts): not in hand, and it can exist."""
    lacks: NDArray[np.bool_]
    """Shape (n, expected): expected of the firm and not handed in."""
    wanted: NDArray[np.int64]
    """Shape (n,): number of expected facts."""
    gives: NDArray[np.bool_]
    """Shape (facts, k)."""
    improves: NDArray[np.bool_]
    """Shape (facts, k)."""
    settled: NDArray[np.bool_]
    """Shape (facts, expected)."""
    stated: NDArray[np.bool_]
    """Shape (documents, facts)."""

    @classmethod
    def of(cls, model: AnyModel, values: pl.DataFrame, facts: Facts, declared: Documents) -> _Evidence:
        names = [n for n in model.preparation_.inputs if n in CATALOGUE and not CATALOGUE[n].is_category]
        every = list(declared.facts.values())
        has = facts_in_hand(facts, every)
        in_hand = has.select(f"{fact.id} in_hand" for fact in every).to_numpy()
        exists = has.select(f"{fact.id} exists" for fact in every).to_numpy()
        expected = expected_facts(facts)
        known = expected["fact"].unique().sort().to_list()
        places = {name: place for place, name in enumerate(known)}
        lacks = np.zeros((values.height, len(known)), dtype=np.bool_)
        row = has.select("application_id", row=pl.int_range(pl.len()))
        located = expected.join(row, on="application_id", how="left", maintain_order="left")
        absent = located.filter(~pl.col("handed_in"))
        lacks[absent["row"].to_numpy(), [places[name] for name in absent["fact"]]] = True
        never = set(declared.not_asked)
        return cls(
            names=names,
            missing=values.select(pl.col(name).is_null() for name in names).to_numpy(),
            in_hand=in_hand,
            askable=~in_hand & exists,
            lacks=lacks,
            wanted=np.bincount(located["row"].to_numpy(), minlength=values.height),
            gives=np.array(
                [[n in fact.gives and n not in never for n in names] for fact in every], dtype=np.bool_
            ),
            improves=np.array([[n in fact.improves for n in names] for fact in every], dtype=np.bool_),
            settled=np.array([[name in fact.expected for name in known] for fact in every], dtype=np.bool_),
            stated=np.array(
                [[fact.id in one.facts for fact in every] for one in declared.documents.values()],
                dtype=np.bool_,
            ),
        )

    def pairs(self) -> _Pairs:
        """Return every document that serves an application."""
        # Of each document: which indicators take a fact of it, and of which applications such a fact is in hand.
        takes = [_any(stated, self.gives) for stated in self.stated]
        lacking = [
            take & ~_any(self.in_hand & stated, self.gives)
            for stated, take in zip(self.stated, takes, strict=True)
        ]
        lacked = np.sum(lacking, axis=0)
        parts = []
        for place, stated in enumerate(self.stated):
            new = self.askable & stated
            alone = lacked - lacking[place] == 0
            completes = self.missing & alone & _any(new, self.gives)
            settling = _any(self.lacks, self.settled.T) & new
            asked = settling | (new & _any(completes, self.gives.T))
            rows = np.flatnonzero(asked.any(axis=1))
            settled = self.lacks[rows] & _any(asked[rows], self.settled)
            still = self.lacks[rows].sum(axis=1) - settled.sum(axis=1)
            parts.append(
                _Pairs(
                    row=rows,
                    document=np.full(len(rows), place, dtype=np.intp),
                    completes=completes[rows],
                    betters=_any(asked[rows], self.improves) & ~self.missing[rows],
                    asked=asked[rows],
                    settles=settling[rows].any(axis=1),
                    coverage=1.0 - still / np.maximum(self.wanted[rows], 1),
                )
            )
        return _Pairs(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in _Pairs.__dataclass_fields__
            }
        )


def _ends(
    model: AnyModel, values: pl.DataFrame, points: pl.Series, evidence: _Evidence, pairs: _Pairs
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of the score over what each document may say, shape (m,), points; NaN where the model has no ends."""
    if not isinstance(model, GreenCreditModel) or model.distributions_ is None:
        nothing = np.full(len(pairs.row), np.nan)
        return nothing, nothing
    read = plausible_values(model, model.distributions_, values)
    order = [evidence.names.index(name) for name in read.names]
    known = {COVERAGE: pairs.coverage} if COVERAGE in read.names else {}
    return read.ends(
        pairs.row,
        (pairs.completes | pairs.betters)[:, order],
        points=points.to_numpy()[pairs.row],
        better=known,
    )


def _any(rows: NDArray[np.bool_], of: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell whether any true entry of each row meets a true entry of a column: the matrix product of truths."""
    # Small whole numbers are exact in 32 bits, and their product is the processor's fastest.
    found: NDArray[np.bool_] = (rows.astype(np.float32) @ of.astype(np.float32)) > 0
    return found


def _lists(chosen: NDArray[np.bool_], names: Sequence[str]) -> pl.Series:
    """Return the names of the true entries of each row, in order."""
    rows, places = np.nonzero(chosen)
    flat = pl.DataFrame(
        {"row": rows, "name": pl.Series(list(names), dtype=pl.String).gather(places)},
        schema={"row": pl.Int64, "name": pl.String},
    )
    grouped = flat.group_by("row", maintain_order=True).agg("name")
    every = pl.DataFrame({"row": np.arange(len(chosen))}, schema={"row": pl.Int64})
    joined = every.join(grouped, on="row", how="left", maintain_order="left")
    return joined["name"].fill_null(pl.Series([[]], dtype=pl.List(pl.String)))
