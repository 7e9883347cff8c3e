"""Every figure of a memo against the tables it came from, to the digit."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import polars as pl
import pytest

from features.catalogue import FAMILIES
from scoring.explain_text import whole_points
from scoring.memo.context import memo_context
from scoring.memo.rows import memo_rows
from scoring.memo.scale import scale_chart
from scoring.memo.view import memo_view
from scoring.texts import LANGUAGES, text


def whole(told: str) -> int:
    return int(told.replace("−", "-").replace("+", "").replace(",", ""))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_lines_add_up_to_the_score_on_every_memo(memo_frame, context, lang):
    for row in memo_frame:
        lines = memo_view(row, lang, context)["reasons"]
        *parts, total = [whole(line["points"]) for line in lines]
        assert sum(parts) == total == row["points_shown"]
        # Each bar starts where the one before ended.
        for before, line in pairwise(lines[1:-1]):
            ends = {round(before["left"], 9), round(before["left"] + before["width"], 9)}
            assert ends & {round(line["left"], 9), round(line["left"] + line["width"], 9)}
        assert all(line["left"] >= -1e-9 and line["left"] + line["width"] <= 1 + 1e-9 for line in lines)


def test_printed_reasons_stand_with_their_points_and_no_other(memo_frame, context, memo_results):
    for row in memo_frame[:60]:
        printed = memo_results.reasons.filter(
            (pl.col("application_id") == row["application_id"]) & pl.col("printed")
        ).sort(pl.col("direction") != "up", "rank")
        lines = [
            line
            for line in memo_view(row, "en", context)["reasons"]
            if line["tone"] in {"up", "down", "silent"}
        ]
        assert [whole(line["points"]) for line in lines] == printed["points_shown"].to_list()
        for line, reason in zip(lines, printed.iter_rows(named=True), strict=True):
            assert line["name"].startswith(FAMILIES[reason["family"]].en)
            if reason["kind"] == "not_handed_in":
                assert line["name"].endswith(": not handed in")
                assert not re.search(r"\d", line["detail"].replace("ISO 14001", ""))
                assert "median" not in line["detail"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_stands_beside_the_score(memo_frame, context, memo_results, lang):
    minimums = dict(context.grades)
    names = [name for name, _ in context.grades]
    contributions = {r["application_id"]: r for r in memo_results.contributions.iter_rows(named=True)}
    for row in memo_frame[:120]:
        view = memo_view(row, lang, context)
        facts = dict(view["facts"])
        points = row["points_shown"]
        exact = {
            name: value
            for name, value in contributions[row["application_id"]].items()
            if name == "base" or (not name.startswith(("family_", "pillar_")) and name != "application_id")
        }
        families = whole_points(exact, shown=points).families
        esg = sum(p for name, p in families.items() if FAMILIES[name].pillar != "context")
        assert whole(re.match(r"[+−]?\d+", facts[text("esg_part", lang)])[0]) == esg
        assert f"{100 * row['probability']:.2f} %" in facts[text("default_probability", lang)]
        told = facts[text("score_range", lang)]
        assert [int(n) for n in re.findall(r"\d+", told)[:2]] == [points - 12, points + 9]
        distance = facts[text("next_grade", lang)]
        if row["grade"] != row["grade_before_caps"]:
            assert row["grade_before_caps"] in distance
        else:
            better = names[names.index(row["grade"]) - 1]
            assert sorted(int(n) for n in re.findall(r"\d+", distance)) == sorted(
                [minimums[better] - points, minimums[better]]
            )
        known = memo_results.data_quality.filter(
            (pl.col("application_id") == row["application_id"]) & pl.col("indicator").is_not_null()
        )
        missing = known.filter(pl.col("status") == "missing").height
        counts = {int(n) for n in re.findall(r"\d+", facts[text("data_quality", lang)])[:2]}
        assert counts == {known.height - missing, known.height}
        assert view["points"] == str(points)
        assert row["grade"] in view["grade"]


def test_the_best_grade_and_a_range_that_is_none(memo_frame, context):
    row = {**memo_frame[5], "points_shown": 700, "grade": "AAA", "grade_before_caps": "AAA", "base": 0.0}
    row |= {f"family_{family}": 0.0 for family in FAMILIES} | {"base": 700.0, "reasons": None}
    facts = dict(memo_view({**row, "points_low": 700, "points_high": 700}, "en", context)["facts"])
    assert facts["Next grade"] == "Best grade, 20 points above its minimum of 680"
    assert facts["Range over what is unknown"] == "None: 700 points whatever is still unknown"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_grades_carry_the_word_demonstration_only_where_outcomes_are_simulated(
    memo_results, memo_frame, context, lang
):
    view = memo_view(memo_frame[0], lang, context)
    word = text("demonstration", lang)
    assert word in view["grade"]
    assert view["banner"]
    observed = memo_context({**memo_results.manifest, "demonstration": False})
    plain = memo_view(memo_frame[0], lang, observed)
    assert plain["banner"] == ""
    assert word not in plain["grade"] + plain["sentence"] + plain["scale"]


def test_the_basis_names_every_version(memo_frame, context, memo_results):
    row = memo_frame[0]
    told = " ".join(value for _, value in memo_view(row, "en", context)["basis"])
    manifest = memo_results.manifest
    for part in (manifest["factor_set"], manifest["policy"]["version_id"], "green-credit version 1", "3,000 training",
                 "simulated outcomes", "greencredit 0.1.0", row["record_hash"]):  # fmt: skip
        assert part in told


def test_without_reasons_families_stand_in_their_place(synthetic_results):
    context = memo_context(synthetic_results.manifest)
    for row in memo_rows(synthetic_results).head(30).to_dicts():
        view = memo_view(row, "en", context)
        *parts, total = [whole(line["points"]) for line in view["reasons"]]
        assert sum(parts) == total == row["points_shown"]
        assert dict(view["facts"])["Range over what is unknown"] == "Not computed for this batch"
        assert view["certificate_note"].startswith("Not recorded")


def test_the_chart_stands_at_the_points(memo_frame, context):
    row = {**memo_frame[0], "points_shown": 600, "points_low": 580, "points_high": 640}
    drawn = scale_chart(row, "en", context, font='No"to')
    left, right = 540 - 30, 680 + 30
    assert f"M{round((600 - left) / (right - left) * 700, 2)} 24" in drawn
    for points in (580, 640):
        assert str(round((points - left) / (right - left) * 700, 2)) in drawn
    assert 'font-family="No&quot;to"' in drawn
    far = scale_chart({**row, "points_shown": 300, "points_low": None}, "en", context)
    assert all(float(x) >= 0 for x in re.findall(r'x="([-\d.]+)"', far))


def test_more_findings_than_a_page_shows_are_counted(memo_results, context):
    many = pl.concat([memo_results.cross_checks] * 2)
    row = memo_rows(replace(memo_results, cross_checks=many)).to_dicts()[3]
    checks = memo_view(row, "en", context)["checks"]
    assert [severity for severity, _ in checks] == ["Warning"] * 3 + [""]
    assert checks[-1][1] == "7 more in cross_checks.parquet."
    assert checks[0][1] == "Reported 1 t, derived 9 t."
