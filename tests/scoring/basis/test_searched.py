"""What a batch did not search is worked out from its basis as the command would from the dataset."""

from __future__ import annotations

import shutil

import polars as pl
from polars.testing import assert_frame_equal

from features.intake import read_dataset
from features.simulate import simulate, write
from scoring.basis import BASIS
from scoring.basis.searched import with_ways
from scoring.batch import score
from scoring.improve.on_demand import way_of
from scoring.policy import load_policy
from scoring.results import one_application


def test_the_way_from_the_basis_is_the_way_from_the_dataset(registered, tmp_path):
    write(simulate(firms=6, seed=8, new_applicants=True), tmp_path)
    dataset = read_dataset(str(tmp_path / "dataset"), purpose="score")
    done = score(dataset, model=registered, policy=load_policy(), out=tmp_path / "scores")
    application = done.results.decisions.sort("points")["application_id"][0]
    own = one_application(done.results, application)
    found = with_ways(own, done.out)
    _, expected = way_of(dataset, application, model=registered.model, policy=load_policy())
    assert_frame_equal(found.improvements, expected, check_exact=True)
    assert found.improvements.height
    # What was searched is not searched again, and without a basis nothing can be.
    assert with_ways(found, done.out) is found
    shutil.rmtree(done.out / BASIS)
    assert with_ways(own, done.out) is own
    assert isinstance(own.improvements, pl.DataFrame)
