from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import scoring
from scoring.memo.html import TONES, html_letter, html_memo
from scoring.memo.letter import letter_view
from scoring.memo.scale import scale_chart
from scoring.memo.strings import breakable, shown
from scoring.memo.view import memo_view
from scoring.texts import LANGUAGES

VOID = {"meta", "br", "link", "img"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '=HYPERLINK("http://evil")',
    "{{ 7*7 }}{% raw %}",
    "\u202egnidael elttil\u202c \u2066x",
    "A" * 10_000,
    "名" * 10_000,
    "a\x00b\x1bc\ufeff",
    "#panic() $x$ \\ ` @ref <label> // /* ]",
    "",
)


class Page(HTMLParser):
    """What is opened and closed, and every attribute."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def pages(memo_frame, context):
    return [html_memo([memo_view(row, lang, context) for lang in LANGUAGES]) for row in memo_frame[:8]]


def test_a_page_is_whole_and_asks_nothing_of_the_outside(pages):
    for page in pages:
        found = Page(page)
        assert found.open == []
        assert found.tags.count("main") == 2
        assert not {"script", "link", "img", "iframe", "object"} & set(found.tags)
        assert not [
            name for name in found.attributes if name in {"src", "href", "style"} or name.startswith("on")
        ]
        assert set(re.findall(r"https?://[^\"' <]+", page)) <= {"http://www.w3.org/2000/svg"}
        assert "@import" not in page
        assert "url(" not in page


def test_charts_are_sound_svg(memo_frame, context):
    for row in memo_frame[:8]:
        for lang in LANGUAGES:
            ET.fromstring(scale_chart(row, lang, context))  # noqa: S314  (own text)
        for drawn in re.findall(r"<svg.*?</svg>", html_memo([memo_view(row, "en", context)]), re.DOTALL):
            ET.fromstring(drawn)  # noqa: S314  (own text)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_shown_and_do_nothing(memo_frame, context, name):
    finding = {"severity": "warning", "check": "x", "text_en": name or "x", "text_zh": name or "x"}
    row = {**memo_frame[0], "firm_name": name, "firm_id": name, "application_id": name or "A", "checks": [finding],
           "certificates": [{**memo_frame[0]["certificates"][0], "name_en": name, "name_zh": name}]}  # fmt: skip
    for page in (
        html_memo([memo_view(row, lang, context) for lang in LANGUAGES]),
        html_letter([letter_view(next_with_reasons(row), lang, context) for lang in LANGUAGES]),
    ):
        found = Page(page)
        assert found.open == []
        assert not {"script", "img", "label"} & set(found.tags)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", page)
        assert len(page) < 60_000
        assert "49" not in re.findall(r"<bdi>(.*?)</bdi>", page)


def next_with_reasons(row):
    """A row with one reason that lowered the score."""
    reason = {**row["reasons"][0], "kind": "value", "code": "coal_share_down", "indicator": "coal_share", "value": 0.5,
              "sector_median": None, "sector_level": None, "direction": "down", "printed": True, "points_shown": -3}  # fmt: skip
    return {**row, "reasons": [reason]}


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_letters_and_bars_stand_out_from_their_ground():
    style = (Path(scoring.__file__).parent / "templates" / "memo.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", style))
    for ground in ("#ffffff", colours["wash"], "#fff4d6"):
        for ink in (colours["ink"], colours["muted"], colours["green"]):
            assert contrast(ink, ground) >= 4.5
    # WCAG 1.4.11 for what carries meaning by itself; a replaced certificate is told in words beside it.
    for tone in set(TONES) - {"replaced", "soon"}:
        assert contrast(TONES[tone], "#ffffff") >= 3.0, tone
    assert set(re.findall(r"(?<!-)\bcolor: ([^;]+);", style)) <= {
        "var(--ink)",
        "var(--muted)",
        "var(--green)",
    }


def test_long_texts_are_cut_and_long_runs_can_break():
    assert shown("\u200bA\u2028B" * 9_999, most=9).endswith("…")
    assert len(shown("x " * 50_000)) <= 60
    assert breakable("中" * 100) == "中" * 100
    assert breakable("a" * 61).replace("\u200b", "") == "a" * 61
    assert max(len(part) for part in breakable("a" * 61).split("\u200b")) == 20
