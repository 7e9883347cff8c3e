from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from scoring.asks import ASK_SCHEMA
from scoring.explain_text import explain_results
from scoring.results import one_application
from scoring.unknown_text import unknown_text

ASKED = [
    ("APP000007", 1, "equipment_list", "list of main equipment", "主要用能设备清单", ["equipment.any"], [], 571, 590, "CCC", "B")
]  # fmt: skip


@pytest.fixture
def results(synthetic_results):
    decisions = synthetic_results.decisions.with_columns(
        points_low=pl.lit(570), points_high=pl.lit(612), grade_low=pl.lit("CCC"), grade_high=pl.lit("BB")
    )
    manifest = {**synthetic_results.manifest, "ranges": {"available": True, "quantiles": [0.05, 0.95]}}
    return replace(
        synthetic_results,
        decisions=decisions,
        manifest=manifest,
        asks=pl.DataFrame(ASKED, schema=ASK_SCHEMA, orient="row"),
    )


def test_the_range_and_the_documents_are_told_in_both_languages(results):
    assert unknown_text(one_application(results, "APP000007")) == (
        "Range over what is unknown 未知数据下的区间\n"
        "  570 to 612 points (CCC to BB); 570至612分（CCC至BB）\n"
        "\n"
        "What to ask for next\n"
        "1. list of main equipment: would put the score between 571 and 590 points (CCC to B) (still missing: equipment)\n"
        "\n"
        "下一步索取的资料\n"
        "1. 主要用能设备清单：提供后分数介于571与590分（CCC至B）（尚缺：设备）"
    )
    assert "主要用能设备清单" in explain_results(results, "APP000007")


def test_who_was_not_asked_for_gets_the_range_alone(results):
    assert unknown_text(one_application(results, "APP000008")).splitlines() == [
        "Range over what is unknown 未知数据下的区间",
        "  570 to 612 points (CCC to BB); 570至612分（CCC至BB）",
    ]


def test_a_model_without_ranges_says_why_and_older_results_say_nothing(results, synthetic_results):
    record = {"available": False, "why_en": "No distributions.", "why_zh": "无分布。"}
    without = replace(results, manifest={**results.manifest, "ranges": record})
    told = unknown_text(one_application(without, "APP000008"))
    assert told.splitlines()[1:] == ["  No distributions.", "  无分布。"]
    older = replace(
        synthetic_results, manifest={k: v for k, v in synthetic_results.manifest.items() if k != "ranges"}
    )
    assert unknown_text(one_application(older, "APP000008")) == ""
