from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import typst

from features.errors import GreenCreditError
from scoring.memo.fonts import CHINESE, chinese_family
from scoring.memo.letter import letter_view
from scoring.memo.pdf import Typesetter
from scoring.memo.view import memo_view
from scoring.texts import LANGUAGES


@pytest.fixture(scope="module")
def typesetter():
    if not set(CHINESE) & set(typst.Fonts().families()):
        pytest.skip("no font with Chinese on this machine; install fonts-noto-cjk")
    return Typesetter()


@pytest.fixture(scope="module")
def text_of(tmp_path_factory):
    """The text of a PDF by page; with poppler's pdftotext where it is there."""
    tool = shutil.which("pdftotext")

    def read(made):
        if tool is None:
            pytest.skip("pdftotext is not here; install poppler-utils")
        file = tmp_path_factory.mktemp("pdf") / "a.pdf"
        file.write_bytes(made)
        found = subprocess.run([tool, "-layout", str(file), "-"], capture_output=True, check=True)
        pages = found.stdout.decode().replace("\u200b", "").split("\f")
        return [" ".join(page.split()) for page in pages if page.strip()]

    return read


def views_of(row, context, typesetter):
    return [memo_view(row, lang, context, font=typesetter.family) for lang in LANGUAGES]


def plain(told):
    return re.sub(r"\s", "", told)


def test_a_memo_is_one_page_a_language_and_holds_every_figure(memo_frame, context, typesetter, text_of):
    for row in memo_frame[:3]:
        views = views_of(row, context, typesetter)
        pages = [plain(page) for page in text_of(typesetter.memo(views, day=row["as_of"]))]
        assert len(pages) == 2
        for view, page in zip(views, pages, strict=True):
            for label, value in [*view["facts"], *view["basis"]]:
                assert plain(label) in page or len(value) > 40
            assert row["record_hash"] in page
            for line in view["reasons"]:
                assert plain(line["points"]) in page
            assert view["points"] in page


def test_equal_memos_are_equal_files(memo_frame, context, typesetter):
    row = memo_frame[0]
    first, again = (typesetter.memo(views_of(row, context, typesetter), day=row["as_of"]) for _ in range(2))
    assert first == again == Typesetter().memo(views_of(row, context, typesetter), day=row["as_of"])
    assert first.startswith(b"%PDF")


@pytest.mark.parametrize(
    "name",
    ['#panic("x")', "$x^2$ `raw` *b* _i_ = h", "\\u{41} @ref <label> // c /* d ]", '"}) #[', "W" * 10_000, "שם \u202eabc",
     "\ufffe\x00"],
    ids=range(7),
)  # fmt: skip
def test_hostile_names_are_text_and_stay_on_the_page(memo_frame, context, typesetter, text_of, name):
    finding = {"severity": "warning", "check": "x", "text_en": name, "text_zh": name}
    row = {**memo_frame[0], "firm_name": name, "firm_id": name, "checks": [finding]}
    pages = text_of(typesetter.memo(views_of(row, context, typesetter), day=row["as_of"]))
    assert len(pages) == 2
    if name.isascii() and name.isprintable() and len(name) < 99:
        assert all(plain(name) in plain(page) for page in pages)


def test_a_page_that_is_too_full_is_set_smaller(memo_frame, context, typesetter, text_of):
    long = [
        (f"Rule {number}: " + "something is told at great length. " * 6, "source") for number in range(25)
    ]
    views = [{**view, "rules": long} for view in views_of(memo_frame[0], context, typesetter)]
    pages = text_of(typesetter.memo(views, day=memo_frame[0]["as_of"]))
    assert len(pages) == 2
    assert all("Rule 24" in page and memo_frame[0]["record_hash"] in page for page in pages)


def test_a_letter_is_one_page_a_language(memo_frame, context, typesetter, text_of):
    row = next(r for r in memo_frame if r["grade"] != r["grade_before_caps"])
    letters = [letter_view(row, lang, context) for lang in LANGUAGES]
    pages = text_of(typesetter.letter(letters, day=row["as_of"]))
    assert len(pages) == 2
    for letter, page in zip(letters, pages, strict=True):
        assert all(plain(reason) in plain(page) for reason in letter["reasons"])


def test_without_a_chinese_font_the_error_says_what_to_install():
    with pytest.raises(GreenCreditError, match="fonts-noto-cjk") as error:
        chinese_family(["DejaVu Sans", "DejaVu Sans", "Arial"])
    assert "2 font families" in str(error.value)
    assert "--fonts" in str(error.value)


def test_a_defect_of_a_template_is_one_message(memo_frame, context, typesetter):
    with pytest.raises(GreenCreditError, match="The PDF cannot be set"):
        typesetter.memo([{"title": {"memo": "x"}, "name": "y"}], day=memo_frame[0]["as_of"])
