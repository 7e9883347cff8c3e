from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from scoring.report import report
from scoring.report_figures import drivers, grade_chart, points_chart, sector_chart

VOID = {"meta", "br", "link", "img"}


class Balance(HTMLParser):
    """Counts what is opened and closed."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(synthetic_results):
    return report(synthetic_results)


def test_the_page_is_balanced_and_asks_nothing_of_the_outside(page):
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert not [tag for tag, attrs in parser.seen if tag in {"script", "link", "img", "iframe"}]
    assert not [attrs for _, attrs in parser.seen if "src" in attrs or "href" in attrs]
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= {"http://www.w3.org/2000/svg"}


def test_the_page_says_demonstration_and_reconciles(page):
    assert "Demonstration: outcomes are simulated." in page
    assert "402 applications in = 400 scored + 1 refused + 1 exact duplicates" in page
    # Of the applications for review each grade is told as a demonstration.
    assert re.search(r"[ABC]{1,3} \(demonstration\)", page)


def test_without_simulated_outcomes_there_is_no_banner(synthetic_results):
    observed = replace(
        synthetic_results,
        manifest={**synthetic_results.manifest, "demonstration": False},
        decisions=synthetic_results.decisions.with_columns(grade_label=pl.col("grade")),
    )
    assert "emonstration" not in report(observed)


def test_every_text_of_a_bank_is_escaped(page, synthetic_results):
    assert "&lt;soon&gt;" in page
    spiked = synthetic_results.decisions.with_columns(firm_name=pl.lit("<script>alert(1)</script>"))
    assert "<script" not in report(replace(synthetic_results, decisions=spiked))


def test_the_same_results_in_another_order_give_the_same_page(page, synthetic_results):
    quarantine = pl.concat([synthetic_results.quarantine] * 2).with_columns(row=pl.Series([9, 4]))
    first = report(replace(synthetic_results, quarantine=quarantine))
    second = report(replace(synthetic_results, quarantine=quarantine.reverse()))
    assert first == second
    assert report(synthetic_results) == page


def test_charts_are_sound_svg_and_hold_every_application(synthetic_results):
    for chart in (grade_chart, points_chart, sector_chart):
        ET.fromstring(chart(synthetic_results))  # noqa: S314  (own text)
    counts = [int(n) for n in re.findall(r'font-weight="600"[^>]*>(\d+)<', grade_chart(synthetic_results))]
    assert sum(counts) == 400
    bins = [int(n) for n in re.findall(r"<title>\d+ to \d+: (\d+)</title>", points_chart(synthetic_results))]
    assert sum(bins) == 400


def test_drivers_are_mean_absolute_points(synthetic_results):
    by_family, by_indicator = drivers(synthetic_results)
    assert list(by_family) == sorted(by_family, key=by_family.get, reverse=True)
    naive = [abs(value) for value in synthetic_results.contributions["coal_share"]]
    assert by_indicator["coal_share"] == pytest.approx(sum(naive) / len(naive))


def test_a_batch_without_applications_still_has_a_page(synthetic_results):
    nothing = replace(
        synthetic_results,
        decisions=synthetic_results.decisions.clear(),
        contributions=synthetic_results.contributions.clear(),
        data_quality=synthetic_results.data_quality.clear(),
        cross_checks=synthetic_results.cross_checks.clear(),
        quarantine=synthetic_results.quarantine.clear(),
    )
    assert "Every row was accepted." in report(nothing)
