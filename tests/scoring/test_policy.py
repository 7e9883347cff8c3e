from __future__ import annotations

import itertools
import re

import pytest

from features.errors import PolicyError
from scoring.policy import load_policy, parse_policy

GOOD = """
version = "test"
valid_from = 2026-01-01
[[grades]]
grade = "A"
minimum_points = 640
[[grades]]
grade = "B"
minimum_points = 600
[[grades]]
grade = "C"
[risk_class]
unknown_industry = "A"
[[rules]]
id = "coal"
when = [{ indicator = "coal_share", operator = ">", value = 0.5 }]
effect = "cap"
grade = "B"
en = "Coal."
zh = "煤。"
source = "test"
"""


def test_a_good_policy_is_read():
    policy = parse_policy(GOOD, file="p.toml")
    assert policy.grade_names == ("A", "B", "C")
    assert policy.rule("coal").when[0].subject == "coal_share"


def test_the_shipped_policy_has_the_nine_grades_one_doubling_of_odds_apart():
    policy = load_policy()
    assert policy.grade_names == ("AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C")
    cuts = [grade.minimum_points for grade in policy.grades[:-1]]
    assert {better - worse for better, worse in itertools.pairwise(cuts)} == {20}


def test_the_version_follows_what_the_policy_says_and_not_its_comments():
    first = parse_policy(GOOD, file="p.toml")
    commented = parse_policy("# a remark\n" + GOOD, file="q.toml")
    changed = parse_policy(GOOD.replace("0.5", "0.6"), file="p.toml")
    assert first.sha256 == commented.sha256
    assert first.sha256 != changed.sha256
    assert first.version_id.startswith("test+")


WRONG = [
    # what is replaced, by what, key named, what is said, hint
    ('grade = "B"\nen', 'grade = "b"\nen', "rules.coal.grade", "unknown grade 'b'", "Did you mean B?"),
    ("coal_share", "coal_shar", "rules.coal.when[0]", "unknown indicator 'coal_shar'", "Did you mean coal_share"),
    ("coal_share", "energy_vs_sector", "rules.coal.when[0]", "relative indicator", "energy_intensity"),
    ('indicator = "coal_share"', 'fact = "open_severity"', "rules.coal.when[0]", "unknown fact", "Did you mean open_env"),
    ('indicator = "coal_share", ', "", "rules.coal.when[0]", "exactly one of indicator and fact", "not both"),
    ('">"', '"=>"', "rules.coal.when[0].operator", "unknown operator '=>'", "Did you mean >"),
    ("value = 0.5", 'value = "0.5"', "rules.coal.when[0]", "compared with a number", "Give a number"),
    ("value = 0.5", "value = [0.5]", "rules.coal.when[0]", "takes one value", "Give one value"),
    ('">", value = 0.5', '"missing", value = 0.5', "rules.coal.when[0]", "takes no value", "Leave `value` out"),
    ('">", value = 0.5', '"in", value = 0.5', "rules.coal.when[0]", "takes a list", "Give a list"),
    ('">", value = 0.5', '">"', "rules.coal.when[0]", "compared with a number", "Give a number"),
    ('"coal_share", operator = ">", value = 0.5', '"industry_division", operator = ">", value = "31"',
     "rules.coal.when[0]", "is a category", "Use =="),
    ('effect = "cap"', 'effect = "caps"', "rules.coal.effect", "unknown effect 'caps'", "Did you mean cap"),
    ('effect = "cap"', 'effect = "review"', "rules.coal", "does not take the key grade", "Remove `grade`"),
    ('effect = "cap"', 'effect = "raise_class"', "rules.coal", "needs the key class", "Add `class`"),
    ('source = "test"', 'sorce = "test"\nsource = "x"', "rules.coal.sorce", "unknown key 'sorce'", "source"),
    ('zh = "煤。"\n', "", "rules.coal.zh", "the key zh is missing", "Add `zh`"),
    ("minimum_points = 600", "minimum_points = 640", "grades.B.minimum_points", "is not below that of A", "falling minimum_points"),
    ("minimum_points = 600", "", "grades.B", "B has no minimum_points", "Only the last"),
    ("minimum_points = 600", 'minimum_points = "many"', "grades.B.minimum_points", "integer", "Correct"),
    ('grade = "C"\n', 'grade = "C"\nminimum_points = 1\n', "grades.C.minimum_points", "lowest grade C has a minimum", "Leave"),
    ('grade = "C"\n', 'grade = "A"\n', "grades", "A is declared more than once", "its own name"),
    ('unknown_industry = "A"', 'unknown_industry = "D"', "risk_class.unknown_industry", "unknown", "A, B, C"),
    ('version = "test"\n', "", "version", "the key version is missing", "Add `version`"),
    ('version = "test"', 'verzion = "test"\nversion = "x"', "verzion", "unknown key", "Did you mean version"),
    ("valid_from = 2026-01-01", 'valid_from = "soon"', "valid_from", "got 'soon'", "Correct"),
    ('source = "test"', 'source = "test"\nrests_on = ["sector_benchmark"]', "rules.coal.rests_on",
     "Unknown reference table", "sector_benchmarks"),
    ('source = "test"', 'source = "test"\nrests_on = ["certifications:iso1401"]', "rules.coal.rests_on",
     "no row 'iso1401'", "Did you mean"),
    ('id = "coal"', 'id = "Coal fired"', "rules.Coal fired.id", "pattern", "Correct"),
    ("value = 0.5", "value = 0.5.1", "", "not valid TOML", "Mend the line"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "what", "hint"), WRONG, ids=[w[3] for w in WRONG])
def test_an_error_names_file_key_and_hint(old, new, key, what, hint):
    assert old in GOOD
    with pytest.raises(PolicyError) as caught:
        parse_policy(GOOD.replace(old, new, 1), file="bank.toml")
    error = caught.value
    assert error.where.startswith("bank.toml")
    assert key in error.where
    assert what in error.what
    assert hint in error.mend


def test_several_errors_come_in_one_message():
    text = GOOD.replace("coal_share", "coal_shar").replace('version = "test"\n', "")
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, file="bank.toml")
    assert re.search(r"2 things are wrong", caught.value.what)
    assert "version" in caught.value.what
    assert "Did you mean coal_share" in caught.value.what


def test_a_file_that_is_not_there_and_one_that_is_no_text(tmp_path):
    with pytest.raises(PolicyError, match="not found"):
        load_policy(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(tmp_path / "bytes.toml")


def test_a_rule_declared_twice_is_refused():
    rule = GOOD[GOOD.index("[[rules]]") :]
    with pytest.raises(PolicyError, match="coal is declared more than once"):
        parse_policy(GOOD + rule, file="bank.toml")
