"""The pages of one application: complete, in both languages, harmless whatever the firm is called."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from html import escape
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from scoring.basis import BASIS
from scoring.workbench.applicant import SECTIONS, address_of
from scoring.workbench.batches import take_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scoring.workbench.web import Workbench

PAGES = (
    *SECTIONS,
    "contributions?against=sector",
    "lineage?indicator=carbon_intensity",
    "lineage?indicator=energy_vs_sector",
    "lineage?indicator=disclosure_coverage",
    "lineage?indicator=nothing",
)


class Page(HTMLParser):
    """What a browser would make of a page: its elements, and what they are called."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def taken(workbench: Workbench, two_batches: tuple[Path, Path]) -> tuple[str, str]:
    """Ids of the two batches in the store."""
    old, new = (
        take_in(workbench.store, folder, key=workbench.key, actor="test", at=workbench.clock())
        for folder in two_batches
    )
    return old, new


@pytest.fixture
def here(taken: tuple[str, str], hostile: tuple[str, str]) -> Callable[..., str]:
    def address(section: str = "", *, batch: int = 1) -> str:
        return address_of(taken[batch], hostile[0], section)

    return address


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_is_whole_and_harmless(
    signed_in: Callable, here: Callable, hostile: tuple[str, str], lang: str
) -> None:
    browser = signed_in("reviewer")
    for section in PAGES:
        answer = browser.get(here(section), headers={"accept-language": lang})
        assert answer.status_code == 200, (section, answer.text[:2000])
        check_harmless(answer.text, hostile)
        check_accessible(Page(answer.text), lang)


def check_harmless(text: str, hostile: tuple[str, str]) -> None:
    """Nothing that the firm is called became an element, an attribute or a turn of direction."""
    page = Page(text)
    assert not page.of("script")
    assert "<b>&" not in text
    assert all(not name.startswith("on") and name != "style" for _, own in page.tags for name in own)
    assert "\u202e" not in text
    assert "长" * 200 not in text
    assert escape(hostile[0][:10]) in text


def check_accessible(page: Page, lang: str) -> None:
    """One heading of the first level, headings in order, a label for what is filled in, a scope for each head."""
    assert page.of("html")[0]["lang"] == ("zh-Hans" if lang == "zh" else "en")
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    labelled = {own.get("for") for own in page.of("label")}
    for tag in ("input", "select", "textarea"):
        for own in page.of(tag):
            hidden = own.get("type") in {"hidden", "checkbox"}
            assert hidden or own.get("id") in labelled, own
    assert all("scope" in own for own in page.of("th"))


def test_the_memo_shows_score_reasons_and_versions(
    signed_in: Callable, here: Callable, two_batches: Any
) -> None:
    text = signed_in("officer").get(here()).text
    decision = pl.read_parquet(two_batches[1] / "decisions.parquet").filter(
        pl.col("application_id").str.starts_with("LOAN")
    )
    assert f"<strong>{decision['points_shown'][0]}</strong>" in text
    assert decision["record_hash"][0] in text
    assert 'role="img"' in text


def test_the_printable_memo_carries_exactly_its_own_style(signed_in: Callable, here: Callable) -> None:
    answer = signed_in("officer").get(here("memo.html"))
    policy = answer.headers["content-security-policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "script" not in policy.replace("default-src", "")
    assert answer.headers["x-frame-options"] == "DENY"
    page = Page(answer.text)
    assert not page.of("script")
    assert all("style" not in own for _, own in page.tags)
    assert [own["lang"] for own in page.of("main")] == ["en", "zh-Hans"]


def test_the_memo_is_given_as_pdf(signed_in: Callable, here: Callable) -> None:
    answer = signed_in("officer").get(here("memo.pdf"))
    assert answer.content.startswith(b"%PDF")
    assert "attachment" in answer.headers["content-disposition"]


def test_what_if_scores_and_stores_nothing(signed_in: Callable, here: Callable, workbench: Workbench) -> None:
    browser = signed_in("modeller")
    form = browser.get(here("what-if")).text
    figure = re.search(r'<option value="(annual:\d+:total_liabilities)"', form)
    assert figure
    before = workbench.store.engine.connect().exec_driver_sql("SELECT count(*) FROM records").scalar_one()
    answer = browser.fill_in(here("what-if"), fact0=figure[1], value0="1", action="certify_iso45001")
    assert answer.status_code == 200
    assert 'id="result"' in answer.text
    assert "Leverage" in answer.text.partition('id="result"')[2]
    after = workbench.store.engine.connect().exec_driver_sql("SELECT count(*) FROM records").scalar_one()
    assert after == before


def test_a_wrong_value_is_told_and_what_was_typed_is_kept(signed_in: Callable, here: Callable) -> None:
    browser = signed_in("officer")
    figure = re.search(r'<option value="(energy:[^"]+)"', browser.get(here("what-if")).text)
    assert figure
    answer = browser.fill_in(here("what-if"), fact0=figure[1], value0="<b>7")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert 'value="&lt;b&gt;7"' in answer.text
    assert f'value="{figure[1]}" selected' in answer.text
    assert browser.fill_in(here("what-if")).status_code == 400


def test_the_way_is_searched_when_asked_for(signed_in: Callable, here: Callable) -> None:
    browser = signed_in("officer")
    assert "Search now" in browser.get(here("way")).text
    answer = browser.fill_in(here("way"))
    assert answer.status_code == 200
    assert "Search now" not in answer.text
    assert "→" in answer.text or "best there is" in answer.text


def test_the_group_leads_to_its_other_applications(
    signed_in: Callable, here: Callable, taken: tuple[str, str]
) -> None:
    browser = signed_in("auditor")
    links = re.findall(
        rf'<th scope="row"><a href="(/applications/{taken[1]}/[^"]+)"', browser.get(here("group")).text
    )
    assert links
    assert all(browser.get(link).status_code == 200 for link in links)


def test_the_history_divides_what_changed_between_two_batches(
    signed_in: Callable, here: Callable, taken: tuple[str, str], hostile: tuple[str, str], two_batches: Any
) -> None:
    browser = signed_in("officer")
    assert browser.get(here("history")).text.count(taken[0]) >= 2
    answer = browser.get(here("history"), params={"with": f"{taken[0]}~{hostile[0]}"})
    assert answer.status_code == 200
    own = pl.col("application_id") == hostile[0]
    old, new = (
        pl.read_parquet(folder / "decisions.parquet").filter(own).row(0, named=True) for folder in two_batches
    )
    assert f"<strong>{old['points_shown']} → {new['points_shown']}</strong>" in answer.text
    told = re.findall(
        r'<th scope="row">(Data|Factors|Model)</th><td class="number">([^<]+)</td>', answer.text
    )
    parts = {cause: float(points.replace("−", "-")) for cause, points in told}
    assert parts["Factors"] == parts["Model"] == 0.0
    assert parts["Data"] == pytest.approx(new["points"] - old["points"], abs=0.006)
    # Another firm's score is none of this one's.
    elsewhere = browser.get(here("history"), params={"with": f"{taken[0]}~SIM-N0000002-1"})
    assert "What moved the score" in elsewhere.text
    assert "<strong>" + str(old["points_shown"]) + " →" not in elsewhere.text


def test_a_batch_without_a_basis_says_so(
    signed_in: Callable, workbench: Workbench, two_batches: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(two_batches[0], folder, ignore=shutil.ignore_patterns(BASIS))
    batch = take_in(workbench.store, folder, key=workbench.key, actor="test", at=workbench.clock())
    browser = signed_in("officer")
    for section in ("peers", "what-if", "group", "way", "lineage?indicator=coal_share"):
        answer = browser.get(address_of(batch, "SIM-N0000002-1", section))
        assert answer.status_code == 200
        assert "kept no basis" in answer.text, section
    assert browser.get(address_of(batch, "SIM-N0000002-1")).status_code == 200
    assert browser.fill_in(address_of(batch, "SIM-N0000002-1", "what-if")).status_code == 200


def test_an_application_that_is_not_there_is_told(signed_in: Callable, taken: tuple[str, str]) -> None:
    browser = signed_in("officer")
    for batch, application in ((taken[0], "NOBODY"), ("nothing", "SIM-N0000002-1")):
        for section in SECTIONS:
            answer = browser.get(address_of(batch, application, section))
            assert answer.status_code == 400
            assert "no application" in answer.text


def test_a_decision_that_was_altered_after_the_fact_is_not_shown(
    signed_in: Callable, workbench: Workbench, two_batches: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "altered"
    shutil.copytree(two_batches[0], folder)
    decisions = pl.read_parquet(folder / "decisions.parquet")
    decisions.with_columns(pl.lit("AAA").alias("grade")).write_parquet(folder / "decisions.parquet")
    batch = take_in(workbench.store, folder, key=workbench.key, actor="test", at=workbench.clock())
    answer = signed_in("officer").get(address_of(batch, "SIM-N0000002-1"))
    assert answer.status_code == 400
    assert "no longer fits its hash" in answer.text
