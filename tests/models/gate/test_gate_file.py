"""A gate file says what holds, or which of its lines is wrong."""

from __future__ import annotations

from importlib import resources

import pytest

from features.errors import ModelError
from models.gate.file import parse_gate, read_gate
from models.gate.rules import RULES

SHIPPED = resources.files("models").joinpath("gate.toml").read_text(encoding="utf-8")


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(SHIPPED.splitlines(), start=1) if line.startswith(text))


def test_the_shipped_gate_declares_every_rule_and_waives_none():
    gate = read_gate()
    assert tuple(gate.rules) == tuple(RULES)
    assert not any(rule.waived for rule in gate.rules.values())
    assert gate.rules["withholding"].thresholds == {"most_firms": 0.0, "most_points": 1e-9}


def test_comments_do_not_count_and_thresholds_do():
    gate = read_gate()
    assert parse_gate("# mine\n" + SHIPPED, file="g").sha256 == gate.sha256
    assert parse_gate(SHIPPED.replace("margin = 0.02", "margin = 0.03"), file="g").sha256 != gate.sha256


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("margin = 0.02", "margin = 2.0", "margin", "discrimination.margin must be a number from 0 to 1, got 2.0"),
        ("margin = 0.02", "margin = true", "margin", "must be a number from 0 to 1, got True"),
        ("margin = 0.02", "margin = nan", "margin", "must be a number from 0 to 1, got nan"),
        ("replicates = 500", "replicates = 500.5", "replicates", "must be a whole number from 50"),
        ("compiled = true", 'compiled = "yes"', "compiled", "must be true or false, got 'yes'"),
        ("lowest_slope", "lowest_slop", "lowest_slope", "unknown key calibration.lowest_slop. Did you mean lowest_slope?"),
        ("lowest_slope = 0.8", "", "[calibration]", "the key calibration.lowest_slope is missing"),
        ("[swap_set]", "[swap_sets]", "[swap_set]", "unknown rule 'swap_sets'. Did you mean swap_set?"),
        ("[withholding]", '[withholding]\nwaived = ""', "[withholding]", "withholding.waived must say why"),
        ('version = "example-1"', "version = 1", "version", "the gate has no version"),
    ],
)  # fmt: skip
def test_every_mistake_is_named_with_its_line(old, new, line, said):
    number = line_of(line) + ('waived = ""' in new)
    with pytest.raises(ModelError) as caught:
        parse_gate(SHIPPED.replace(old, new, 1), file="mine.toml")
    told = str(caught.value)
    assert said in told or all(part in told for part in said.split(". "))
    assert f"line {number}" in told
    assert "mine.toml" in told


def test_several_mistakes_are_told_at_once_in_the_order_of_the_file():
    text = SHIPPED.replace("margin = 0.02", "margin = -1").replace("lowest_auc = 0.55", "lowest_auc = 55")
    with pytest.raises(ModelError, match=r"(?s)2 things are wrong.*margin.*lowest_auc"):
        parse_gate(text, file="g")


def test_a_rule_is_waived_and_never_left_out():
    waived = parse_gate(SHIPPED.replace("[stability]", '[stability]\nwaived = "few firms"'), file="g")
    assert waived.rules["stability"].waived == "few firms"
    assert waived.content()["stability"]["waived"] == "few firms"
    start, rest = SHIPPED.split("[stability]")
    with pytest.raises(ModelError, match=r"the rule \[stability\] is missing.*Add \[stability\] with"):
        parse_gate(start + rest[rest.index("[segments]") :], file="g")


def test_what_is_no_file_or_no_toml_is_said(tmp_path):
    with pytest.raises(ModelError, match="The gate file was not found"):
        read_gate(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("version = ")
    with pytest.raises(ModelError, match="not valid TOML"):
        read_gate(tmp_path / "bad.toml")
    (tmp_path / "gbk.toml").write_bytes("版".encode("gbk"))
    with pytest.raises(ModelError, match="cannot be read"):
        read_gate(tmp_path / "gbk.toml")
