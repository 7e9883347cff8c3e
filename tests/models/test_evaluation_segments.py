from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.bootstrap import FirmBootstrap
from models.evaluation import area_under_curve
from models.evaluation_segments import (
    MINIMUM_BADS,
    SIZES,
    by_segment,
    segments_of,
    size_at_equal_risk,
    size_edges,
)


@pytest.fixture(scope="module")
def scored():
    rng = np.random.default_rng(8)
    log_odds = rng.normal(-1.0, 1.2, size=3_000)
    bad = (rng.random(3_000) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return bad, log_odds, FirmBootstrap.of(np.arange(3_000), seed=0, replicates=60)


def test_rows_are_named_by_sector_section_size_region_and_year():
    table = pd.DataFrame(
        {
            "industry_division": ["25", None, "06"],
            "region_group": ["north", "east", None],
            "log_revenue": [1.0, np.nan, 9.0],
        }
    )
    found = segments_of(
        table,
        np.array(["2021-05-01", "2022-01-01", "2021-12-31"], dtype="datetime64[D]"),
        edges=(2.0, 5.0),
        sections={"25": "C", "06": "B"},
    )
    assert {name: list(segment) for name, segment in found.items()} == {
        "sector": ["25", None, "06"],
        "section": ["C", None, "B"],
        "region": ["north", "east", None],
        "size": ["small", None, "large"],
        "year": ["2021", "2022", "2021"],
    }
    bare = segments_of(table[[]], np.array(["2021-05-01"] * 3), edges=None, sections={})
    assert list(bare) == ["year"]


def test_sizes_are_thirds_of_the_training_rows():
    revenue = np.random.default_rng(0).normal(size=999)
    edges = size_edges(np.r_[revenue, np.nan])
    size = segments_of(
        pd.DataFrame({"log_revenue": revenue}),
        np.full(999, np.datetime64("2020-01-01")),
        edges=edges,
        sections={},
    )["size"]
    assert [(size == name).sum() for name in SIZES] == [333, 333, 333]
    assert size_edges(np.array([np.nan])) is None


def test_a_segment_has_its_own_figures_and_one_with_few_bads_says_so(scored):
    bad, log_odds, draws = scored
    segment = np.array(["one", "two", None], dtype=object)[np.arange(3_000) % 3]
    few = np.flatnonzero((segment == "two") & (bad == 1))[MINIMUM_BADS - 1 :]
    segment[few] = "one"
    found = by_segment(bad, log_odds, segment, draws)
    assert [entry["segment"] for entry in found] == ["one", "two", None]
    assert sum(entry["applications"] for entry in found) == 3_000
    rows = segment == "one"
    one = found[0]["figures"]
    assert one["auc"]["value"] == pytest.approx(area_under_curve(bad[rows], log_odds[rows]))
    assert one["auc"]["low"] < one["auc"]["value"] < one["auc"]["high"]
    assert one["bad_share"]["value"] == pytest.approx(bad[rows].mean())
    assert found[1] == {
        "segment": "two",
        "applications": int((segment == "two").sum()),
        "bads": MINIMUM_BADS - 1,
        "figures": None,
        "why": "fewer than 20 bads",
    }


def test_small_firms_that_are_treated_alike_show_no_excess(scored):
    bad, log_odds, draws = scored
    excesses = []
    for seed in range(10):
        size = np.array([*SIZES], dtype=object)[np.random.default_rng(seed).integers(0, 3, 3_000)]
        bands = size_at_equal_risk(bad, log_odds, size, draws)
        assert [band["band"] for band in bands] == [1, 2, 3]
        assert bands[0]["to_probability"] == bands[1]["from_probability"]
        excesses += [band["excess"] for band in bands]
    # Nineteen in twenty intervals hold the truth, which is 0.
    assert sum(excess["low"] < 0.0 < excess["high"] for excess in excesses) >= 25


def test_small_firms_that_default_more_than_the_model_says_are_found(scored):
    bad, log_odds, draws = scored
    size = np.array([*SIZES], dtype=object)[np.arange(3_000) % 3]
    planted = bad.copy()
    again = np.random.default_rng(6).random(3_000) < 0.15
    planted[(size == "small") & again] = 1.0
    middle = size_at_equal_risk(planted, log_odds, size, draws)[1]
    probability = 1 / (1 + np.exp(-log_odds))
    inside = (probability > middle["from_probability"]) & (probability <= middle["to_probability"])
    small, large = inside & (size == "small"), inside & (size == "large")
    gap = planted - probability
    assert middle["excess"]["value"] == pytest.approx(gap[small].mean() - gap[large].mean(), abs=1e-3)
    assert middle["excess"]["low"] > 0.0
    assert middle["small"]["bads"] == planted[small].sum()


def test_bands_with_few_bads_say_so(scored):
    bad, log_odds, draws = scored
    size = np.full(3_000, "large", dtype=object)
    size[:5] = "small"
    bands = size_at_equal_risk(bad, log_odds, size, draws)
    assert all(band["excess"] is None and "among small firms" in band["why"] for band in bands)
    nobody = size_at_equal_risk(bad, log_odds, np.full(3_000, None, dtype=object), draws)
    assert nobody[0]["small"] == {"applications": 0, "bads": 0, "mean_probability": None, "bad_share": None}
    assert nobody[0]["why"] == "fewer than 20 bads among small and large firms"
