"""Rooftop photovoltaics, the long way round: edited, written out, read by intake again, scored by the batch."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features.catalogue import CATALOGUE
from features.contract import CONTRACT
from features.intake import read_dataset
from features.pipeline import compute
from scoring import batch
from scoring.improve.dataset import edited_dataset, of_applications
from scoring.improve.effects import EFFECTS
from scoring.improve.rebuilding import ACTION_IDS, domain_mask, rebuild
from scoring.improve.way import searched


def written(dataset, folder):
    """Write clean tables as a bank would hand them in: the contract's columns, money said to be in 10,000 CNY."""
    folder.mkdir()
    for name, table in dataset.tables.items():
        if table.is_empty():
            continue
        own = table.select(column.name for column in CONTRACT[name].columns)
        if "currency" in own.columns:
            own = own.with_columns(currency=pl.lit("万元"))
        own.write_parquet(folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def position(firms):
    """A firm that could put photovoltaics on its roof and reports its emissions; no line of its own is financed."""
    eligible = EFFECTS["rooftop_pv"].eligible(firms.known, firms.amounts)
    reports = (firms.amounts.emissions > 0).any(axis=1)
    plain = firms.facts.applications["design_energy"].is_null().to_numpy()[firms.known.application]
    return int(firms.known.application[eligible & reports & plain][0])


def test_it_moves_at_least_three_indicators(firms, sizes, position, applicants):

    place = 1 << ACTION_IDS.index("rooftop_pv")
    before, after = (
        rebuild(
            firms,
            np.array([position]),
            np.array([mask & domain_mask("operations")]),
            sizes,
            domain="operations",
        ).values
        for mask in (0, place)
    )
    named = [name for name in before.columns if name in CATALOGUE and CATALOGUE[name].better != "none"]
    better = [
        name
        for name in named
        if before[name][0] is not None
        and (after[name][0] - before[name][0]) * (1 if CATALOGUE[name].better == "higher" else -1) > 1e-6
    ]
    assert {"renewable_share", "green_power_share", "carbon_intensity"} <= set(better)
    own = of_applications(applicants, [firms.ids[position]])
    assert before.select(named).equals(compute(own).values.select(named))


def test_it_equals_a_score_of_the_edited_dataset(
    applicants, firms, sizes, position, judged, declared, card, policy, tmp_path
):

    application = firms.ids[position]
    actions = ["rooftop_pv", "green_power", "certify_iso50001", "meter_energy"]
    edited = edited_dataset(applicants, application, actions)
    again = read_dataset(written(edited, tmp_path / "dataset"))
    assert again.quarantine.is_empty()
    done = batch.score(again, model=declared, policy=policy, out=tmp_path / "scores")
    mask = sum(1 << ACTION_IDS.index(name) for name in actions)
    found, _ = searched(
        firms,
        judged.sort("application_id"),
        sizes,
        np.array([position, position]),
        np.array([0, mask]),
        model=card,
        policy=policy,
    )
    decision = done.results.decisions.row(0, named=True)
    assert decision["application_id"] == application
    assert decision["points"] == pytest.approx(found["points"][1], abs=1e-9)
    assert (decision["points_shown"], decision["grade"]) == (found["points_shown"][1], found["grade"][1])
    assert found["points"][1] > found["points"][0]
