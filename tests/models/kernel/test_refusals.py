from __future__ import annotations

import re

import numpy as np
import pytest

from features.errors import ModelError
from models.kernel import CellTables
from models.kernel.text import parse_trees
from models.trees import parse_leaves


@pytest.fixture(scope="module")
def text(new_booster):
    return new_booster(trees=2, leaves=8, depth=3).model_to_string()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"linear_tree": True, "categories": 0}, "linear leaves"),
        ({"zero_as_missing": True}, "zero_as_missing"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "averaged trees"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(new_booster, options, named):
    booster = new_booster(trees=2, leaves=8, depth=3, **options)
    with pytest.raises(ModelError, match=named) as caught:
        CellTables(booster.model_to_string())
    assert caught.value.mend


def test_several_classes_are_refused():
    import lightgbm  # noqa: PLC0415

    rng = np.random.default_rng(0)
    data = lightgbm.Dataset(rng.normal(size=(300, 3)), rng.integers(0, 3, 300), params={"verbosity": -1})
    booster = lightgbm.train({"objective": "multiclass", "num_class": 3, "verbosity": -1}, data, 2)
    with pytest.raises(ModelError, match="several classes"):
        CellTables(booster.model_to_string())


def replaced(text: str, field: str, change) -> str:
    """The text with one field of its first tree changed."""
    line = re.search(rf"^{field}=(.*)$", text, re.MULTILINE)
    return text[: line.start(1)] + change(line.group(1)) + text[line.end(1) :]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("left_child", lambda line: line.replace("1", "0", 1)),
        ("left_child", lambda line: "99 " + line.split(" ", 1)[1]),
        ("left_child", lambda line: line.rsplit(" ", 1)[0]),
        ("right_child", lambda line: line + " 3"),
        ("split_feature", lambda line: "4000 " + line.split(" ", 1)[1]),
        ("split_feature", lambda line: "-1 " + line.split(" ", 1)[1]),
        ("split_feature", lambda line: "x " + line.split(" ", 1)[1]),
        ("threshold", lambda line: "nan " + line.split(" ", 1)[1]),
        ("threshold", lambda _: ""),
        ("leaf_count", lambda line: "-5 " + line.split(" ", 1)[1]),
        ("internal_count", lambda line: "0 " + line.split(" ", 1)[1]),
        ("decision_type", lambda line: "1 " * len(line.split())),
        ("leaf_value", lambda line: "nan " + line.split(" ", 1)[1]),
        ("leaf_value", lambda line: line.rsplit(" ", 1)[0]),
    ],
)
def test_a_text_that_was_tampered_with_is_refused(text, field, change):
    with pytest.raises(ModelError) as caught:
        CellTables(replaced(text, field, change))
    assert caught.value.mend


def test_stored_leaves_of_other_trees_are_refused(text):
    leaves, _ = parse_leaves(text)
    with pytest.raises(ModelError, match="not of the booster's trees"):
        CellTables(text, stored=leaves[:1])


def test_rows_of_another_width_or_kind_are_refused(text):
    tables = CellTables(text)
    with pytest.raises(ValueError, match="float64 with 12 columns"):
        tables.raw_score(np.zeros((3, 11)))
    with pytest.raises(ValueError, match="list of 12 columns"):
        tables.raw_score([np.zeros(3)] * 11)
    with pytest.raises(ValueError, match="column 1 must be of float64, as long as the others"):
        tables.raw_score([np.zeros(3), np.zeros(4), *[np.zeros(3)] * 10])


def test_shares_are_those_of_the_counts(text):
    trees, columns = parse_trees(text)
    assert columns == 12
    for tree in trees:
        assert np.abs(tree.left_share + tree.right_share - 1).max() < 1e-12
