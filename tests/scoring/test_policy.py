from __future__ import annotations

import itertools
import re
import tomllib
from importlib import resources

import pytest

from features.errors import PolicyError
from scoring.policy import load_policy, parse_policy
from scoring.policy.lines import lines_of_keys

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
     "unknown reference table", "sector_benchmarks"),
    ('source = "test"', 'source = "test"\nrests_on = ["certifications:iso1401"]', "rules.coal.rests_on",
     "no row 'iso1401'", "Did you mean"),
    ('id = "coal"', 'id = "Coal fired"', "rules.Coal fired.id", "pattern", "Correct"),
    ("value = 0.5", "value = 0.5.1", "", "not valid TOML", "Mend the line"),
    ('effect = "cap"\ngrade = "B"', 'effect = "veto"\ngrade = "B"', "rules.coal", "does not take the key grade", "Remove `grade`"),
    ('effect = "cap"\ngrade = "B"', 'effect = "label"', "rules.coal", "needs the key label", "Add `label`"),
    ('effect = "cap"\ngrade = "B"', 'effect = "label"\nlabel = "green_service"', "rules.coal.label",
     "finance_labels has no row 'green_service'", "Did you mean green_services"),
    ('effect = "cap"\ngrade = "B"', 'effect = "price"', "rules.coal", "needs the key basis_points", "Add `basis_points`"),
    ('effect = "cap"\ngrade = "B"', 'effect = "price"\nbasis_points = 1.5', "rules.coal.basis_points", "integer", "Correct"),
    ('effect = "cap"\ngrade = "B"', 'effect = "support"', "rules.coal", "needs the key measure", "Add `measure`"),
    ('effect = "cap"\ngrade = "B"', 'effect = "support"\nmeasure = "cerg"', "rules.coal.measure",
     "support_measures has no row 'cerg'", "Did you mean cerf"),
    ('effect = "cap"\ngrade = "B"', 'effect = "covenant"\nmeasure = "cerf"', "rules.coal", "does not take the key measure",
     "Remove `measure`"),
    ('indicator = "coal_share", operator = ">", value = 0.5', 'fact = "risk_class", operator = "==", value = "A"',
     "rules.coal", "cannot ask for risk_class", "a fact of the firm or the score"),
    ('indicator = "coal_share", operator = ">", value = 0.5', 'fact = "benchmark_status", operator = "==", value = "belo"',
     "rules.coal.when[0]", "benchmark_status is never 'belo'", "Did you mean below"),
    ('indicator = "coal_share", operator = ">", value = 0.5', 'fact = "country", operator = ">", value = "CN"',
     "rules.coal.when[0]", "needs an order", "Use =="),
    ('">", value = 0.5', '"contains", value = [0.5]', "rules.coal.when[0]", "no free text", "whole values"),
    ('indicator = "coal_share", operator = ">", value = 0.5', 'fact = "purpose", operator = "contains", value = "x"',
     "rules.coal.when[0]", "takes a list", "Give a list"),
    ('indicator = "coal_share", operator = ">", value = 0.5', 'fact = "purpose", operator = "contains", value = []',
     "rules.coal.when[0]", "takes a list", "Give a list"),
    ("value = 0.5", "value = nan", "rules.coal.when[0]", "nan is no number", "finite"),
    ('effect = "cap"\ngrade = "B"', 'effect = "review"\nwhen2 = 1', "rules.coal.when2", "unknown key", "when"),
    ('source = "test"', 'source = "test"\nrests_on = ["sector_benchmarks@maid"]', "rules.coal.rests_on[0]",
     "unknown rows of the application's own", "sector_benchmarks@made"),
    ("[risk_class]", "[price]\nby_grade = { D = 1 }\n[risk_class]", "price.by_grade.D", "unknown grade 'D'", "A, B, C"),
    ("[risk_class]", "[price]\nlowest = 5\nhighest = 1\n[risk_class]", "price", "above the highest", "lowest"),
    ("[risk_class]", "[price]\nby_grad = 1\n[risk_class]", "price.by_grad", "unknown key", "Did you mean by_grade"),
    ("[risk_class]", "[reasons]\nmost_up = -1\n[risk_class]", "reasons.most_up", "greater than or equal to 0", "Correct"),
    ("[risk_class]", '[asks]\napplicants = "some"\n[risk_class]', "asks.applicants", "unknown applicants 'some'", "review"),
    ("[risk_class]", '[improvement]\napplicants = "below_grade"\n[risk_class]', "improvement", "needs the key grade", "Add"),
    ("[risk_class]", '[improvement]\ngrade = "A"\n[risk_class]', "improvement", "is the only one that takes", "remove"),
    ("[risk_class]", '[improvement]\napplicants = "below_grade"\ngrade = "AA"\n[risk_class]', "improvement.grade",
     "unknown grade 'AA'", "Did you mean A"),
    ("[risk_class]", "[improvement]\nmost_actions = 5\n[risk_class]", "improvement.most_actions", "less than or equal to 4",
     "Correct"),
    ("valid_from = 2026-01-01", "valid_from = 2026-01-01\nvalid_to = 2025-12-31", "valid_to", "before it begins", "Write the last day"),
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


@pytest.mark.parametrize(("old", "new", "key", "what", "hint"), WRONG, ids=[w[3] for w in WRONG])
def test_an_error_names_the_line(old, new, key, what, hint):
    text = GOOD.replace(old, new, 1)
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, file="bank.toml")
    found = re.search(r"line (\d+)", caught.value.where + caught.value.what)
    if key == "version":
        assert found is None  # what is missing at the top stands on no line
        return
    # The line lies in the part that was spoilt: from the head of its table to the end of the spoilt text.
    begins = GOOD.index(old)
    head = 0 if key == "grades" else text.rfind("\n[", 0, begins + 1) + 1
    first, last = (text.count("\n", 0, place) + 1 for place in (head, begins + len(new)))
    assert first <= int(found.group(1)) <= last


def test_every_key_of_the_shipped_policy_stands_on_its_line():
    text = resources.files("scoring").joinpath("policy.toml").read_text(encoding="utf-8")
    lines, places = text.splitlines(), lines_of_keys(text)

    def paths(value, path=()):
        if path:
            yield path
        members = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, member in members:
            yield from paths(member, (*path, key))

    every = list(paths(tomllib.loads(text)))
    assert set(every) == set(places)
    for path in every:
        line = lines[places[path] - 1]
        names = [step for step in path if isinstance(step, str)]
        if isinstance(path[-1], str):
            assert re.search(rf"(^|[\[{{,. ]){names[-1]}([\]. ]|$)", line), (path, line)
        elif len(path) == 2:
            assert line == f"[[{path[0]}]]"
    numbers = [places["rules", position, "id"] for position in range(len(load_policy().rules))]
    assert numbers == [n for n, line in enumerate(lines, start=1) if re.match("id = ", line)]


def test_the_scanner_reads_what_toml_allows():
    text = """# a remark
"quoted key".inner = 'lit # eral'  # remark
long = \"\"\"
[not.a.table]
x = 1 \\\"\"\"
y\"\"\"
list = [ # first
  [1, 2],
  { a = [], b.c = "]" },
]
[[deep.list]]
k = 1979-05-27T07:32:00Z
[deep.list.table]
n = -1.5e3
[[deep.list]]
k = true
"""
    places = dict(lines_of_keys(text))
    assert places == {
        ("quoted key", "inner"): 2, ("long",): 3, ("list",): 7, ("list", 0): 8, ("list", 0, 0): 8, ("list", 0, 1): 8,
        ("list", 1): 9, ("list", 1, "a"): 9, ("list", 1, "b", "c"): 9, ("deep", "list"): 15, ("deep", "list", 0): 11,
        ("deep", "list", 0, "k"): 12, ("deep", "list", 0, "table"): 13, ("deep", "list", 0, "table", "n"): 14,
        ("deep", "list", 1): 15, ("deep", "list", 1, "k"): 16,
    }  # fmt: skip
    assert set(tomllib.loads(text)) == {"quoted key", "long", "list", "deep"}


def test_the_line_of_a_condition_is_its_own_and_not_its_rules():
    text = GOOD.replace(
        'when = [{ indicator = "coal_share", operator = ">", value = 0.5 }]',
        'when = [\n  { indicator = "coal_share", operator = ">", value = 0.5 }, # first\n\n'
        '  { indicator = "leverag", operator = ">", value = 1 },\n]',
    )
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, file="bank.toml")
    wrong = next(n for n, line in enumerate(text.splitlines(), start=1) if "leverag" in line)
    assert caught.value.where == f"bank.toml, line {wrong}, rules.coal.when[1]"


def test_several_errors_come_in_one_message():
    text = GOOD.replace("coal_share", "coal_shar").replace('version = "test"\n', "")
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, file="bank.toml")
    assert re.search(r"2 things are wrong", caught.value.what)
    assert "version" in caught.value.what
    assert "Did you mean coal_share" in caught.value.what
    assert "line 15, rules.coal.when[0]" in caught.value.what


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
