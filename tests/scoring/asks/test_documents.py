from __future__ import annotations

import re

import pytest

from features.catalogue import CATALOGUE
from features.contract import CONTRACT
from features.errors import GreenCreditError
from features.reference import table
from scoring.asks import documents
from scoring.asks.documents import parse_documents
from scoring.asks.rank import COVERAGE

SMALL = """
version = "1"
[documents]
bills = { en = "bills", zh = "账单", facts = ["energy.electricity"] }
[facts]
"energy.electricity" = { en = "electricity", zh = "电力", gives = ["coal_share"], moves = ["data_quality"] }
[not_asked]
tenor_months = { en = "The bank's own.", zh = "银行自填。" }
"""


def test_every_number_that_a_model_may_read_is_given_by_a_document_or_told_not_to_be():
    declared = documents()
    given = {indicator for fact in declared.facts.values() for indicator in fact.gives}
    numbers = {n for n, i in CATALOGUE.items() if i.used_by_model and not i.is_category and i.base is None}
    assert numbers - given - set(declared.not_asked) == set()
    assert given - set(CATALOGUE) == set()
    assert COVERAGE not in given


def test_every_expected_fact_is_settled_by_a_document():
    settled = {name for fact in documents().facts.values() for name in fact.expected}
    assert set(table("expected_facts")["fact"]) <= settled


def test_facts_stand_in_tables_of_the_contract_and_have_both_names():
    declared = documents()
    assert {fact.table for fact in declared.facts.values()} <= set(CONTRACT)
    for entry in (*declared.documents.values(), *declared.facts.values()):
        assert not re.search(r"[\u4e00-\u9fff]", entry.en)
        assert re.search(r"[\u4e00-\u9fff]|EBITDA", entry.zh)
    for en, zh in declared.not_asked.values():
        assert en.endswith(".")
        assert zh.endswith("。")


def test_what_is_not_declared_has_its_usual_meaning():
    fact = parse_documents(SMALL, file="t").facts["energy.electricity"]
    assert (fact.table, fact.what) == ("energy", "electricity")
    assert (fact.improves, fact.expected) == ((), ("energy.electricity",))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('version = "1"', "version = 1", "`version` must be a text"),
        ('version = "1"', 'version = "1"\nvresion = "2"', "Unknown key vresion; Did you mean"),
        ("[not_asked]", "[not_aksed]", r"`\[not_asked\]` must be a table"),
        ('en = "bills", ', "", "documents.bills: en is missing"),
        ('zh = "账单"', 'zh = " "', "documents.bills.zh must be a text"),
        ('facts = ["energy.electricity"]', 'facts = "energy"', "documents.bills.facts must be a list of texts"),
        ('facts = ["energy', 'gives = ["energy', "unknown key gives"),
        ('facts = ["energy.electricity"]', 'facts = ["energy.electricty"]', "unknown fact energy.electricty; Did"),
        (
            'facts = ["energy.electricity"]',
            'facts = ["energy.electricity", "energy.electricity"]',
            "stands in bills already",
        ),
        ('facts = ["energy.electricity"]', "facts = []", "no document states it"),
        ('"coal_share"', '"coal_shar"', "unknown indicator coal_shar; Did you mean"),
        (
            'moves = ["data_quality"]',
            'improves = ["data_quality"]',
            "improves: data_quality must stand in gives or moves",
        ),
        ("bills = {", 'bills = "x" # {', "documents.bills must be a table with en, facts, zh"),
        ("[documents]", "[documents", "not valid TOML"),
    ],
)  # fmt: skip
def test_a_faulty_declaration_is_refused_by_name(old, new, says):
    assert old in SMALL
    with pytest.raises(GreenCreditError, match=says):
        parse_documents(SMALL.replace(old, new, 1), file="t")
