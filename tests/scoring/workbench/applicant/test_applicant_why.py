"""Contributions that add up, places among peers, and certificates on a line, each against a naive count."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from scoring.memo.certificates import CERTIFICATE_SCHEMA
from scoring.workbench.applicant.contributions import contribution_view
from scoring.workbench.applicant.peers import peer_strips, place_among
from scoring.workbench.applicant.timeline import time_line

QUANTILES = (0.0, 0.05, 0.10, 0.25, 0.5, 0.75, 0.90, 0.95, 1.0)


@pytest.mark.parametrize("against", ["portfolio", "sector"])
def test_contributions_add_up_to_the_score_on_paper(one, against):
    view = contribution_view(one.results, "en", against=against)
    lines = [line for family in view.families for line in family.lines]
    assert view.base + sum(line.points for line in lines) == view.total
    assert view.total == round(100 * one.results.decisions["points"][0])
    assert all(family.points == sum(line.points for line in family.lines) for family in view.families)
    own = one.results.contributions.row(0, named=True)
    if against == "sector":
        division = pl.col("division") == one.results.decisions["industry_division"][0]
        mean = one.results.sectors.filter(division).row(0, named=True)
        own = {name: own[name] - mean[name] for name in own if name in mean}
    assert {line.indicator for line in lines} == {name for name in own if name in CATALOGUE}
    assert all(abs(line.points / 100 - own[line.indicator]) < 0.01 for line in lines)
    assert max(abs(line.share) for line in lines) == 1.0


def test_a_model_without_sector_means_has_no_view_against_the_sector(one):
    bare = replace(one.results, sectors=one.results.sectors.clear())
    assert contribution_view(bare, "en", against="sector") is None


@given(
    st.lists(st.integers(-5, 5), min_size=9, max_size=9).map(sorted),
    st.floats(-7, 7, allow_nan=False),
)
def test_a_place_is_the_share_of_peers_below(quantiles, value):
    peers = np.interp(np.linspace(0, 1, 20_001), QUANTILES, quantiles)
    begin, end = place_among(value, quantiles)
    assert begin == pytest.approx(np.mean(peers < value), abs=2e-3)
    assert end == pytest.approx(np.mean(peers <= value), abs=2e-3)


def test_the_better_side_is_on_the_right(one):
    strips = peer_strips(one.results, one.basis.model.model.distributions_, "en")
    values = one.results.indicators.row(0, named=True)
    assert len(strips) > 40
    placed = [strip for strip in strips if strip.begin is not None]
    assert placed
    for strip in placed:
        _, kept = one.basis.model.model.distributions_.of(
            one.results.decisions["industry_division"][0], strip.indicator
        )
        begin, end = place_among(values[strip.indicator], kept)
        if CATALOGUE[strip.indicator].better == "lower":
            begin, end = 1 - end, 1 - begin
        assert (strip.begin, strip.end) == (begin, end)
        assert 0 <= strip.percentile <= 100
    status = dict(one.results.data_quality.select("indicator", "status").iter_rows())
    assert all(strip.begin is None for strip in strips if status.get(strip.indicator) == "not_applicable")


def certificate(**changed):
    row = {
        "scheme": "iso14001", "name_en": "EMS", "name_zh": "环境", "certificate_no": "1", "kind": "x",
        "valid_from": dt.date(2023, 1, 1), "valid_to": dt.date(2026, 1, 1), "expiry": "stated",
        "status": "valid", "months_to_expiry": 12.0, "replaced": None,
    }  # fmt: skip
    return row | changed


@pytest.mark.parametrize(
    ("changed", "tone"),
    [
        ({}, "valid"),
        ({"months_to_expiry": 5.9}, "soon"),
        ({"months_to_expiry": None, "valid_to": None}, "open"),
        ({"status": "unknown", "months_to_expiry": None}, "open"),
        ({"status": "expired", "replaced": False}, "ended"),
        ({"status": "withdrawn", "replaced": True}, "replaced"),
        ({"status": "suspended"}, "ended"),
    ],
)
def test_a_certificate_has_the_tone_of_its_standing(changed, tone):
    table = pl.DataFrame([certificate(**changed)], schema=CERTIFICATE_SCHEMA)
    assert time_line(table, dt.date(2025, 1, 1), "en").bars[0].tone == tone


def test_certificates_stand_where_their_days_are():
    day = dt.date(2025, 1, 1)
    rows = [
        certificate(),
        certificate(valid_from=None, valid_to=None),
        certificate(valid_to=dt.date(2099, 1, 1)),
    ]
    line = time_line(pl.DataFrame(rows, schema=CERTIFICATE_SCHEMA), day, "zh")
    begin, end = dt.date(2023, 1, 1), day + dt.timedelta(days=6 * 365.25)
    first = line.bars[0]
    assert first.name == "环境"
    assert first.left == 0.0
    assert first.width == pytest.approx((dt.date(2026, 1, 1) - begin) / (end - begin), abs=1e-3)
    assert line.now == pytest.approx((day - begin) / (end - begin), abs=1e-3)
    assert (line.bars[1].left, line.bars[1].width) == (0.0, 1.0)
    assert line.bars[2].width == 1.0
    assert time_line(pl.DataFrame(schema=CERTIFICATE_SCHEMA), day, "en") is None
