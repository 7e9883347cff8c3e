from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import ExactnessError, ModelError
from models import store
from models.estimator import Provenance
from models.trees import canonical_text, parse_leaves

STORED = Path(__file__).parent / "stored"
"""A small model of each released format, as the release wrote it, and what it answered on six rows."""


@pytest.fixture
def stored(model, tmp_path):
    store.save(model, tmp_path)
    return tmp_path


def edit_leaves(folder, changes):
    """Add to leaf values of the stored booster: {(tree, leaf): amount}; text sizes stay what LightGBM expects."""
    path = folder / store.BOOSTER
    trees = path.read_text().split("Tree=")
    for (tree, leaf), amount in changes.items():
        head, line, tail = re.match(r"(.*\nleaf_value=)([^\n]*)(\n.*)", trees[tree + 1], re.DOTALL).groups()
        values = line.split()
        values[leaf] = repr(float(values[leaf]) + amount)
        trees[tree + 1] = head + " ".join(values) + tail
    path.write_text("Tree=".join(trees))


def rewrite(folder, **changes):
    path = folder / store.PARAMETERS
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_stored_model_scores_and_explains_bit_for_bit_alike(model, applicants, stored):
    again = store.load(stored)
    assert (again.predict_points(applicants.X) == model.predict_points(applicants.X)).all()
    one, two = model.explain(applicants.X), again.explain(applicants.X)
    assert (one.values.to_numpy() == two.values.to_numpy()).all()
    assert one.base == two.base
    assert again.preparation_ == model.preparation_
    assert again.calibration_ == model.calibration_
    assert again.get_params() | {"n_jobs": 1} == model.get_params()


def test_storing_twice_gives_the_same_bytes(model, stored, tmp_path_factory):
    second = tmp_path_factory.mktemp("second")
    store.save(store.load(stored), second)
    assert sorted(path.name for path in second.iterdir()) == [store.BOOSTER, store.PARAMETERS]
    for path in second.iterdir():
        assert path.read_bytes() == (stored / path.name).read_bytes()


def test_where_the_model_comes_from_is_stored(model, tmp_path):
    model.provenance_ = Provenance(
        label_origin="simulated", demonstration=True, training={"dataset_hash": "ab"}
    )
    try:
        store.save(model, tmp_path)
    finally:
        model.provenance_ = Provenance()
    assert store.load(tmp_path).provenance_ == Provenance(
        label_origin="simulated", demonstration=True, training={"dataset_hash": "ab"}
    )


@pytest.mark.parametrize("amount", [0.5, -1e-7])
def test_one_edited_leaf_is_refused_with_the_gap_in_points(model, stored, amount):
    edit_leaves(stored, {(3, 1): amount})
    gap = abs(amount) * model.calibration_.b * model.points_scale.factor
    with pytest.raises(ExactnessError, match="leaf 1 of tree 3 differs, a gap of ") as caught:
        store.load(stored)
    assert float(re.search(r"a gap of (\S+) points", str(caught.value)).group(1)) == pytest.approx(
        gap, rel=1e-4
    )


def test_two_edits_that_leave_the_base_alone_are_refused_all_the_same(model, stored):
    _, covers = parse_leaves((stored / store.BOOSTER).read_text())
    edit_leaves(stored, {(0, 0): 1.0 / covers[0][0], (0, 1): -1.0 / covers[0][1]})
    with pytest.raises(ExactnessError, match=r"of tree 0 differs, a gap of \S+ points"):
        store.load(stored)


def test_an_edit_with_its_hash_written_anew_is_refused_all_the_same(stored):
    edit_leaves(stored, {(2, 0): 0.1})
    rewrite(stored, booster_sha256=sha256((stored / store.BOOSTER).read_bytes()).hexdigest())
    with pytest.raises(ExactnessError, match="leaf 0 of tree 2 differs"):
        store.load(stored)


def test_an_edit_with_its_leaf_table_written_anew_disagrees_with_the_base(stored):
    edit_leaves(stored, {(2, 0): 0.1})
    text = (stored / store.BOOSTER).read_text()
    rewrite(stored, booster_sha256=sha256(text.encode()).hexdigest(), leaves=parse_leaves(text)[0])
    with pytest.raises(ExactnessError, match=r"base is not the stored one: the gap is \S+ points"):
        store.load(stored)


def test_an_edited_threshold_is_refused(stored):
    path = stored / store.BOOSTER
    path.write_text(re.sub(r"\nthreshold=(\S)", r"\nthreshold=9\1", path.read_text(), count=1))
    with pytest.raises(ModelError, match="its splits or settings are not"):
        store.load(stored)


@pytest.mark.parametrize("key", ["calibration", "preparation"])
def test_edited_parameters_are_refused(stored, key):
    content = json.loads((stored / store.PARAMETERS).read_text())[key]
    if key == "calibration":
        content["a"] += 0.1
    else:
        content["peers"]["energy_vs_sector"]["overall"] *= 2
    rewrite(stored, **{key: content})
    with pytest.raises(ModelError, match="parameters were changed"):
        store.load(stored)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / store.BOOSTER).unlink(), "booster.txt is absent"),
        (lambda folder: (folder / store.PARAMETERS).unlink(), "model.json is absent"),
        (lambda folder: (folder / store.PARAMETERS).write_text("{"), "cannot be read"),
        (lambda folder: (folder / store.PARAMETERS).write_text("[]"), "schema version None"),
        (lambda folder: rewrite(folder, schema_version=9), "schema version 9; this release reads 1, 2, 3, 4"),
        (lambda folder: (folder / store.BOOSTER).write_text("nothing"), "has no trees"),
        (lambda folder: edit_leaves(folder, {(0, 0): np.nan}), "not finite"),
    ],
)
def test_what_is_not_a_stored_model_is_refused(stored, spoil, message):
    spoil(stored)
    with pytest.raises(ModelError, match=message):
        store.load(stored)


def test_a_catalogue_that_has_changed_is_named(stored):
    content = json.loads((stored / store.PARAMETERS).read_text())
    content["directions"]["coal_share"] = 1
    del content["content_sha256"]
    content["content_sha256"] = store._content_hash(content)
    (stored / store.PARAMETERS).write_text(json.dumps(content))
    with pytest.raises(ModelError, match="catalogue has changed under the model: coal_share"):
        store.load(stored)


@pytest.mark.parametrize("version", range(1, store.SCHEMA_VERSION + 1))
def test_models_of_every_released_format_load_and_answer_as_they_did(version, tmp_path):
    folder = STORED / f"version_{version}"
    assert json.loads((folder / store.PARAMETERS).read_text())["schema_version"] == version
    answers = json.loads((folder / "answers.json").read_text())
    rows = pd.DataFrame(answers["rows"])
    model = store.load(folder)
    found = model.explain(rows)
    assert found.points.tolist() == pytest.approx(answers["points"], abs=1e-9)
    assert found.base == pytest.approx(answers["base"], abs=1e-9)
    for name, values in answers["contributions"].items():
        assert found.values[name].tolist() == pytest.approx(values, abs=1e-9)
    assert (found.sectors is None) == (version == 1)
    assert (model.distributions_ is None) == (version < 4)
    store.save(model, tmp_path)  # and it is stored anew in the form of today
    assert (store.load(tmp_path).predict_points(rows) == found.points).all()


def test_the_number_of_threads_leaves_no_trace():
    assert canonical_text("[a: 1]\n[num_threads: 7]\n[b: 2]") == "[a: 1]\n[num_threads: 0]\n[b: 2]"
