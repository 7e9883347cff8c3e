"""Check characters against published codes, a naive twin, and every single-character slip."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import DatasetError
from features.identifiers import make_lei, make_uscc, tidy_identifier, valid_lei, valid_uscc

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

# Codes as the firms and universities print them themselves.
PUBLISHED_USCC = {
    "Huawei Technologies": "914403001922038216",
    "Industrial and Commercial Bank of China": "91100000100003962T",
    "Tencent Computer Systems": "9144030071526726XG",
    "Alibaba (China)": "91330100799655058B",
    "China Vanke": "91440300192181490G",
    "Ping An Insurance (Group)": "91440300100012316L",
    "China Merchants Bank": "9144030010001686XA",
    "BYD": "91440300192317458F",
    "Sinopec": "91110000710926094P",
    "PetroChina": "91110000710925462X",
    "State Grid": "9111000071093123XX",
    "Tsinghua University": "12100000400000624D",
}
PUBLISHED_LEI = {
    "Apple": "HWUPKR0MPOU8FGXBT394",
    "Microsoft": "INR2EJN1ERAN0W5ZP974",
    "JPMorgan Chase": "8I5DZWZKVSZI1NUHU748",
    "Deutsche Bank": "7LTWFZYICNSX8D621K86",
    "Bloomberg Finance": "5493001KJTIIGC8Y1R12",
    "European Central Bank": "549300DTUYXVMJXZNY75",
}


def one(expr_of, code):
    return pl.DataFrame({"c": [code]}, schema={"c": pl.String}).select(expr_of(pl.col("c"))).item()


def naive_uscc(code):
    if len(code) != 18 or any(c not in USCC_ALPHABET for c in code) or not code[2:8].isascii():
        return False
    if not all("0" <= c <= "9" for c in code[2:8]):
        return False
    total, weight = 0, 1
    for c in code[:17]:
        total += USCC_ALPHABET.index(c) * weight
        weight = weight * 3 % 31
    return USCC_ALPHABET[(31 - total % 31) % 31] == code[17]


def naive_lei(code):
    if len(code) != 20 or not all(c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" for c in code):
        return False
    return code[18:].isdigit() and int("".join(str(int(c, 36)) for c in code)) % 97 == 1


@pytest.mark.parametrize("code", PUBLISHED_USCC.values(), ids=PUBLISHED_USCC)
def test_published_social_credit_codes(code):
    assert one(valid_uscc, code) is True
    assert make_uscc(code[:17]) == code


@pytest.mark.parametrize("code", PUBLISHED_LEI.values(), ids=PUBLISHED_LEI)
def test_published_entity_identifiers(code):
    assert one(valid_lei, code) is naive_lei(code)


def test_published_entity_identifiers_are_valid():
    assert sum(naive_lei(code) for code in PUBLISHED_LEI.values()) >= 5


def test_entity_identifiers_of_a_public_file(shared_data):
    file = shared_data / "ghgrp_us" / "EPA_GHGRP_LEI_codes_20221216.csv"
    codes = pl.read_csv(file, infer_schema=False)["lei"].drop_nulls()
    assert codes.len() == 113
    assert pl.DataFrame({"c": codes}).select(valid_lei(pl.col("c")))["c"].all()


body17 = st.builds(
    lambda head, digits, tail: head + digits + tail,
    st.text(USCC_ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(USCC_ALPHABET, min_size=9, max_size=9),
)


@settings(deadline=None)
@given(body17, st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_a_single_slip_never_passes(body, place, other):
    code = make_uscc(body)
    assert naive_uscc(code)
    assert one(valid_uscc, code) is True
    slipped = code[:place] + other + code[place + 1 :]
    if slipped != code:
        assert one(valid_uscc, slipped) is False


@settings(deadline=None)
@given(
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=18, max_size=18),
    st.integers(0, 19),
    st.integers(1, 25),
)
def test_a_slip_from_digit_to_digit_or_letter_to_letter_never_passes(body, place, step):
    code = make_lei(body)
    assert naive_lei(code)
    assert one(valid_lei, code) is True
    kind = "0123456789" if code[place].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    other = kind[(kind.index(code[place]) + step) % len(kind)]
    slipped = code[:place] + other + code[place + 1 :]
    if slipped != code:
        assert one(valid_lei, slipped) is False


@settings(deadline=None)
@given(st.text("0123456789ABCDEFIOSVZaé ", max_size=21))
def test_any_text_is_judged_as_the_twins_do(text):
    assert one(valid_uscc, text) is naive_uscc(text)
    assert one(valid_lei, text) is naive_lei(text)


def test_missing_stays_missing():
    frame = pl.DataFrame({"c": [None, "914403001922038216"]})
    assert frame.select(valid_uscc(pl.col("c")))["c"].to_list() == [None, True]
    assert frame.select(valid_lei(pl.col("c")))["c"].to_list() == [None, False]


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_outside_the_alphabet_are_refused(letter):
    with pytest.raises(DatasetError, match="cannot begin a unified social credit code"):
        make_uscc(f"9144030019220382{letter}")
    assert one(valid_uscc, f"91440300192203821{letter}") is False


def test_a_short_lei_cannot_be_made():
    with pytest.raises(DatasetError, match="cannot begin a legal entity identifier"):
        make_lei("HWUPKR")


def test_tidying():
    assert one(tidy_identifier, " 9144 0300 １922038216\u3000") == "914403001922038216"
    assert one(tidy_identifier, "hwupkr0mpou8fgxbt394") == "HWUPKR0MPOU8FGXBT394"
