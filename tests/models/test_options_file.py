from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ModelError
from models.estimator import GreenCreditModel
from models.options_file import options_text, plain_defaults, read_options
from models.search_space import SPACE

NUMBERS = st.floats(1e-12, 1e12)


@given(
    rate=NUMBERS,
    share=NUMBERS,
    depth=st.integers(1, 16),
    words=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])),
)
def test_options_come_back_to_the_last_bit(tmp_path_factory, rate, share, depth, words):
    options = {"learning_rate": rate, "reg_lambda": share, "max_depth": depth, "missing": words}
    path = tmp_path_factory.mktemp("options") / "options.toml"
    path.write_text(options_text(options, notes=["一 note"]), encoding="utf-8")
    assert read_options(path) == options


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[model]\nmax_dept = 3", r"no option 'max_dept'.*Did you mean max_depth"),
        ("[model]\nrandom_state = 3", r"no option 'random_state'"),
        ("[model]\nmax_depth = 3.5", r"max_depth must be of type int. Got 3.5"),
        ("[model]\nlearning_rate = true", r"learning_rate must be a number. Got True"),
        ("[model]\nmissing = 3", r"missing must be of type str"),
        ("max_depth = 3", r"holds the table \[model\] and nothing else. Got max_depth"),
        ("", r"Got nothing"),
        ("[model", r"cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_by_its_key(tmp_path, text, match):
    path = tmp_path / "options.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=match) as refused:
        read_options(path)
    assert "options.toml" in refused.value.where


def test_a_whole_number_does_for_a_number(tmp_path):
    path = tmp_path / "options.toml"
    path.write_text("[model]\nreg_lambda = 3\n", encoding="utf-8")
    assert read_options(path) == {"reg_lambda": 3}


def test_the_space_holds_the_defaults_and_nothing_the_estimator_refuses():
    defaults = plain_defaults()
    parameters = GreenCreditModel().get_params(deep=False)
    assert set(SPACE) <= set(defaults) < set(parameters)
    for name, bounds in SPACE.items():
        assert bounds.low <= defaults[name] <= bounds.high
        assert isinstance(bounds.low, int) == isinstance(defaults[name], int)
        for value in (bounds.low, bounds.high):
            GreenCreditModel(**{name: value})._check_parameters()
