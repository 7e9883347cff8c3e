"""Every sentence of the catalogue is reached: by the memos and letters of these stories, or by a caller named here."""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType

import pytest

from features.catalogue import CATALOGUE, FAMILIES
from scoring.asks import asks_text, moves_text
from scoring.memo import basis
from scoring.memo.context import memo_context
from scoring.memo.letter import letter_view
from scoring.memo.view import memo_view
from scoring.texts import LANGUAGES, TextLibrary, parse_texts, texts, value_text


@pytest.fixture
def reached(monkeypatch):
    """Codes of the shipped catalogue that were said, with their language."""
    said = set()
    shipped, real = texts(), TextLibrary.text

    def listening(library, code, lang, **values):
        if library is shipped:
            said.add((code, lang))
        told = real(library, code, lang, **values)
        assert "{" not in told
        return told

    monkeypatch.setattr(TextLibrary, "text", listening)
    return said


def stories(rows, context, results):
    """Rows and contexts of every story that a memo tells."""
    one, two, three, four = rows[:4]
    yield from ((row, context) for row in rows[:30])
    missing = next(
        row for row in rows if any(r["kind"] == "not_handed_in" and r["printed"] for r in row["reasons"])
    )
    yield missing, context
    day = {"as_of": dt.date(2026, 3, 1)}
    rules = context.rules
    proposing = {effect: [r["id"] for r in rules.values() if r["effect"] == effect] for effect in
                 ("condition_precedent", "covenant", "support", "review", "cap")}  # fmt: skip
    measures = [row["id"] for row in results.manifest["policy_rows"]["support_measures"]]
    labels = [row["id"] for row in results.manifest["policy_rows"]["finance_labels"]]
    yield {**one, **day, "grade": "C", "vetoed": True, "watch_list": True, "benchmark_status": "below",
           "price_basis_points": 20, "labels": labels[:1], "label_candidates": labels[-1:],
           "conditions_precedent": proposing["condition_precedent"], "covenants": proposing["covenant"],
           "support": measures, "rules_fired": [*rules][:12], "review": True,
           "review_reasons": [*rules][3:12], "policy_in_force": False}, context  # fmt: skip
    transition = {
        **results.manifest["policy_rows"]["finance_labels"][0],
        "kind": "transition",
        "confirmed": True,
    }
    rows_of_policy = {**results.manifest["policy_rows"], "finance_labels": [transition]}
    yield ({**one, **day, "labels": [transition["id"]], "label_candidates": []},
           memo_context({**results.manifest, "policy_rows": rows_of_policy}))  # fmt: skip
    nothing = [{**one["improvements"][0], "actions": [], "reaches": False}]
    yield {**one, "improvements": nothing}, context
    held = next(r["id"] for r in rules.values() if r["effect"] == "cap")
    yield {**two, "benchmark_status": "advanced", "rules_fired": [held], "review": True, "review_reasons": [held],
           "support": ["unknown_measure"], "labels": ["unknown_label"], "label_candidates": []}, context  # fmt: skip
    yield {**three, "benchmark_status": "meets", "labels": [], "label_candidates": [], "firm_name": None,
           "industry_division": None, "rules_fired": [], "review": False, "review_reasons": [], "grade_before_caps": three["grade"]}, context  # fmt: skip
    yield {**four, "sector_level": "section", "quality": None, "grade_high": "CC"}, context
    yield (
        {
            **four,
            "sector_level": "all",
            "quality": {**four["quality"], "reserved": 3},
            "pcaf_data_quality": 2.5,
        },
        context,
    )
    yield {**four, "quality": {**four["quality"], "missing": 0, "first": []}, "reasons": None}, context
    for low, high in ((None, None), (four["points_shown"],) * 2):
        yield {**four, "points_low": low, "points_high": high, "sector_level": None}, context
    base = four["points_shown"] - sum(reason["points_shown"] for reason in four["reasons"])
    rest = [{**reason, "points_shown": 0} for reason in four["reasons"]]
    assert base
    yield {**four, "reasons": rest}, context
    for change in ({"points_shown": 700, "grade": "AAA", "grade_before_caps": "AAA"}, {"certificates": None}):
        sums = sum(four[f"family_{family}"] for family in FAMILIES)
        points = change.get("points_shown", four["points_shown"])
        yield {**four, "reasons": None, **change, "base": points - sums}, context
    manifest = results.manifest
    for against in ("typical_firm", "portfolio"):
        for origin in ("observed", "declared"):
            model = {**manifest["model"], "label_origin": origin, "training_applications": {}}
            yield four, memo_context({**manifest, "reasons": {"against": against}, "model": model})


def test_every_sentence_is_reached_in_both_languages(memo_frame, context, memo_results, reached, monkeypatch):
    for lang in LANGUAGES:
        for row, own in stories(memo_frame, context, memo_results):
            memo_view(row, lang, own)
        capped = next(r for r in memo_frame if r["grade"] != r["grade_before_caps"])
        silent = next(r for r in memo_frame if any(
            s["kind"] == "not_handed_in" and s["points_shown"] < 0 and s["printed"] and s["rank"] <= 2 for s in r["reasons"]))  # fmt: skip
        valued = next(r for r in memo_frame if any(
            s["kind"] == "value" and s["points_shown"] < 0 and s["printed"] for s in r["reasons"]))  # fmt: skip
        down = [{**valued["reasons"][0], "direction": "down", "points_shown": -3, "printed": True,
                 "kind": "value", "code": "coal_share_down", "indicator": "coal_share", "value": 0.5}]  # fmt: skip
        best = {**valued, "grade": "AAA", "grade_before_caps": "AAA", "reasons": down}
        for row in (capped, silent, valued, best, {**valued, "reasons": None}):
            letter_view(row, lang, context)
        for item in CATALOGUE.values():
            if not item.is_category:
                value_text(item.id, 1.0, lang)
        value_text("footprint_declared", 0.0, lang)
        value_text("coal_share", None, lang)
        value_text("coal_share", 0.1, lang, status="not_applicable")
        for code in texts().texts:
            if code.startswith("category_"):
                value_text("region_group", code.removeprefix("category_"), lang)
        # What is said on the terminal only.
        asks_text(memo_results.asks.head(3).with_columns(), lang)
        asks_text(memo_results.asks.clear(), lang)
        moves_text(memo_results.asks.row(0, named=True), lang)
    approved = parse_texts(
        'version = "9"\napproved_by = "Committee"\napproved_on = 2026-01-01\n[texts]\na = { en = "a", zh = "甲" }',
        file="own.toml",
    )
    monkeypatch.setattr(basis, "texts", lambda: Approved(shipped=texts(), approved=approved))
    for lang in LANGUAGES:
        told = dict(memo_view(memo_frame[0], lang, context)["basis"])
        assert any("Committee" in value for value in told.values())
    spoken = {(code, lang) for code in texts().texts for lang in LANGUAGES}
    assert sorted(spoken - reached) == []


class Approved:
    """The shipped texts under an approval, as a bank's own edition would be."""

    def __init__(self, *, shipped, approved):
        self.texts = MappingProxyType(dict(shipped.texts))
        self.version, self.approved_by, self.approved_on = (
            approved.version,
            approved.approved_by,
            approved.approved_on,
        )
