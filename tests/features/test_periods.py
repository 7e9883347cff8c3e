from __future__ import annotations

import calendar
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.periods import parse_period, period_label

SPELLINGS = [
    ("2023", "2023"),
    ("2023年", "2023"),
    ("2023年度", "2023"),
    ("FY2023", "2023"),
    ("２０２３", "2023"),
    ("2023.0", "2023"),
    (" 2023 ", "2023"),
    ("2023Q2", "2023Q2"),
    ("2023-Q2", "2023Q2"),
    ("2023 q2", "2023Q2"),
    ("2023年Q2", "2023Q2"),
    ("2023第二季度", "2023Q2"),
    ("2023年第二季度", "2023Q2"),
    ("2023年2季度", "2023Q2"),
    ("2023年四季度", "2023Q4"),
    ("2023-05", "2023-05"),
    ("2023/5", "2023-05"),
    ("2023年5月", "2023-05"),
    ("2023年05月份", "2023-05"),
    ("202305", "2023-05"),
    ("2023年12月", "2023-12"),
]
NO_PERIODS = [
    "",
    "23",
    "1323",
    "2023Q5",
    "2023-13",
    "2023-00",
    "202313",
    "2023H1",
    "2023.5",
    "2023-05-01",
    "20230501",
    "May 2023",
    "20٢3",
    "2023年第五季度",
    "2023-2024",
]


@pytest.mark.parametrize(("spelling", "label"), SPELLINGS)
def test_every_usual_spelling_has_its_label(spelling, label):
    assert pl.select(period_label(pl.lit(spelling))).item() == label


@pytest.mark.parametrize("spelling", NO_PERIODS)
def test_what_is_no_period_is_null(spelling):
    start, end = parse_period(pl.lit(spelling))
    assert pl.select(period_label(pl.lit(spelling)), start, end).row(0) == (None, None, None)


def test_integers_are_years_and_months():
    frame = pl.DataFrame({"period": [2023, 202305]}).select(period_label(pl.col("period")))
    assert frame.to_series().to_list() == ["2023", "2023-05"]


def naive_days(year, part):
    """First and last day by the calendar; part is None, a quarter ("Q", n) or a month ("M", n)."""
    if part is None:
        first, last = 1, 12
    elif part[0] == "Q":
        first, last = {1: (1, 3), 2: (4, 6), 3: (7, 9), 4: (10, 12)}[part[1]]
    else:
        first = last = part[1]
    return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])


PARTS = st.none() | st.tuples(st.just("Q"), st.integers(1, 4)) | st.tuples(st.just("M"), st.integers(1, 12))


def spelled(year, part):
    if part is None:
        return f"{year}"
    return f"{year}Q{part[1]}" if part[0] == "Q" else f"{year}-{part[1]:02d}"


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(1900, 2199), PARTS), min_size=1, max_size=50))
def test_first_and_last_day_are_those_of_the_calendar(periods):
    spellings = pl.DataFrame({"period": [spelled(*period) for period in periods]})
    start, end = parse_period(pl.col("period"))
    assert spellings.select(start, end).rows() == [naive_days(*period) for period in periods]
    assert spellings.select(period_label(pl.col("period"))).equals(spellings)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=50))
def test_no_text_makes_an_error(texts):
    start, end = parse_period(pl.col("period"))
    frame = pl.DataFrame({"period": texts}).select(period_label(pl.col("period")), start, end)
    for label, first, last in frame.rows():
        assert (label is None) == (first is None) == (last is None)
