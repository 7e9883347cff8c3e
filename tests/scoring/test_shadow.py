"""A challenger in the shadow scores the same batch, and the decisions are the same bytes with it and without."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import polars as pl
import pytest

from features.intake import read_dataset
from features.simulate import simulate, write
from models.points import PointsScale
from scoring import outputs
from scoring.batch import score
from scoring.policy import load_policy


@pytest.fixture(scope="module")
def applicants(tmp_path_factory):
    folder = tmp_path_factory.mktemp("applicants")
    write(simulate(firms=60, seed=3, new_applicants=True), folder)
    return read_dataset(str(folder / "dataset"), purpose="score")


def test_decisions_do_not_know_the_shadow(applicants, registered, small_model, tmp_path):

    other = copy.deepcopy(small_model)
    other.points_scale = PointsScale(points=620.0)
    challenger = replace(registered, model=other, version="7", uri="models:/green-credit/7")
    policy = load_policy()
    alone = score(applicants, model=registered, policy=policy, out=tmp_path / "alone")
    with_it = score(applicants, model=registered, policy=policy, out=tmp_path / "with", shadow=challenger)
    written = {path.name for path in alone.out.iterdir()}
    assert set(outputs.FILES) <= written
    assert outputs.SHADOW not in written
    for name in written - {outputs.MANIFEST, outputs.RUN, outputs.BASIS}:
        assert (alone.out / name).read_bytes() == (with_it.out / name).read_bytes(), name
    plain, named = (json.loads((done.out / outputs.MANIFEST).read_text()) for done in (alone, with_it))
    assert "shadow" not in plain
    shadow = named.pop("shadow")
    assert named == plain
    assert (shadow["file"], shadow["version"], shadow["uri"]) == (
        outputs.SHADOW,
        "7",
        "models:/green-credit/7",
    )
    assert "booster_sha256" in shadow
    run = json.loads((with_it.out / outputs.RUN).read_text())
    assert outputs.SHADOW in run["output_files"]

    table = pl.read_parquet(with_it.out / outputs.SHADOW)
    decisions = pl.read_parquet(with_it.out / outputs.DECISIONS)
    assert table["application_id"].equals(decisions["application_id"])
    assert table["points_shown"].equals(decisions["points_shown"])
    # Its scale lies 20 points higher, which is one grade of the shipped policy.
    assert table["difference"].unique().to_list() == [20]
    names = list(policy.grade_names)
    for old, new in table.select("grade_before_caps", "shadow_grade_before_caps").iter_rows():
        assert names.index(new) == max(0, names.index(old) - 1)


def test_a_result_folder_with_a_shadow_may_be_replaced_by_one_without(applicants, registered, tmp_path):
    policy = load_policy()
    score(applicants, model=registered, policy=policy, out=tmp_path / "o", shadow=registered)
    assert pl.read_parquet(tmp_path / "o" / outputs.SHADOW)["difference"].unique().to_list() == [0]
    score(applicants, model=registered, policy=policy, out=tmp_path / "o")
    assert not (tmp_path / "o" / outputs.SHADOW).exists()
