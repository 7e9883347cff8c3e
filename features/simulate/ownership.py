"""The table ``ownership``: which firms of the portfolio belong to another one of it.

The parent of a firm stands before it, so that nobody owns himself and a firm's parent stays when more firms follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from features.simulate.assumptions import number
from features.simulate.columns import dates, labels

if TYPE_CHECKING:
    from features.simulate.firms import Firms
    from features.simulate.streams import Streams

__all__ = ["ownership_rows"]

_NEVER = 99_999
_LATEST = 18_262  # 2020-01-01


def ownership_rows(streams: Streams, firms: Firms, *, last_day: int) -> pl.DataFrame:
    """Return the contract's table ``ownership`` in raw form."""
    count = firms.count
    place = np.arange(count)
    owned = (streams.uniform("owned", count) < number("subsidiary_share")) & (place > 0)
    parent = np.floor(streams.uniform("parent", count) * place).astype(np.int64)
    whole = streams.uniform("owned_whole", count) < 0.45
    share = np.where(whole, 1.0, np.round(0.34 + 0.65 * streams.uniform("owned_share", count), 2))
    since = np.maximum(firms.founded, firms.founded[parent])
    begun = since + np.floor(streams.uniform("owned_since", count) * np.maximum(_LATEST - since, 1)).astype(
        np.int64
    )
    sold = streams.uniform("owned_sold", count) < 0.08
    ended = begun + 900 + np.floor(2500 * streams.uniform("owned_until", count)).astype(np.int64)
    rows = np.flatnonzero(owned & (begun <= last_day))
    gone = sold[rows] & (ended[rows] <= last_day)
    ends = dates(np.where(gone, ended[rows], _NEVER))
    return pl.DataFrame(
        {
            "firm_id": labels(firms.firm_id, rows),
            "parent_id": labels(firms.firm_id, parent[rows]),
            "share": share[rows],
            "valid_from": dates(begun[rows]),
            "valid_to": ends.set(pl.Series(~gone), None),
        }
    ).sort("firm_id")
