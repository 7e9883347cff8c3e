"""Every file that a bank writes in TOML is refused by name, whatever it holds."""

from __future__ import annotations

import pytest

from features.errors import GreenCreditError
from models.gate.file import read_gate
from models.leaks import load_bounds
from models.options_file import read_options
from models.scorecard_file import read_scorecard
from scoring.policy import load_policy

READERS = [read_gate, load_bounds, read_options, read_scorecard, load_policy]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "content", [b"x = " + b"9" * 5000, b"\xff\xfe", b"x = 2023-02-30", b"a = 1\na = 2", b"x = ["]
)
def test_what_is_no_toml_is_refused_with_the_file_and_a_mend(tmp_path, read, content):
    file = tmp_path / "file.toml"
    file.write_bytes(content)
    with pytest.raises(GreenCreditError) as refused:
        read(file)
    assert str(file) in refused.value.where
    assert refused.value.mend
