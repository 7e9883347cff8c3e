from __future__ import annotations

import re
from dataclasses import replace

import polars as pl
import pytest

from features.catalogue import CATALOGUE, FAMILIES
from features.errors import GreenCreditError
from scoring.explain_text import explain, explain_results, whole_points

POINTS = r"^ +([+−]?\d+)  "


def numbers(text, heading):
    block = text[text.index(heading) :].split("\n\n")[0]
    return [int(found.replace("−", "-")) for found in re.findall(POINTS, block, re.MULTILINE)]


@pytest.mark.parametrize("row", range(0, 400, 16))
def test_the_text_adds_up_on_paper(synthetic_results, row):
    application = f"APP{row:06d}"
    decision = synthetic_results.decisions.filter(pl.col("application_id") == application).row(0, named=True)
    text = explain_results(synthetic_results, application)
    *parts, total = numbers(text, "How the points add up")
    assert sum(parts) == total == decision["points_shown"]
    base = parts[0]
    assert base + sum(numbers(text, "Strongest indicators")) == total


def test_families_add_up_from_their_indicators(synthetic_results):
    row = synthetic_results.contributions.row(5, named=True)
    exact = {name: value for name, value in row.items() if name == "base" or name in CATALOGUE}
    shown = synthetic_results.decisions["points_shown"][5]
    whole = whole_points(exact, shown=shown)
    for family, points in whole.families.items():
        assert points == sum(v for name, v in whole.indicators.items() if CATALOGUE[name].family == family)
        assert abs(points - row[f"family_{family}"]) < 1
    assert whole.base + sum(whole.families.values()) == shown


def test_the_head_says_demonstration_grade_and_class(synthetic_results):
    text = explain_results(synthetic_results, "APP000000")
    assert text.startswith("DEMONSTRATION")
    assert "(demonstration)" in text
    assert "unconfirmed" in text
    assert "critical_open_incident (acted" in text
    assert all(family.zh in text for family in FAMILIES.values())


def test_without_simulated_outcomes_nothing_says_demonstration(synthetic_results):
    observed = replace(synthetic_results, manifest={**synthetic_results.manifest, "demonstration": False})
    assert "emonstration" not in explain_results(observed, "APP000001")


def test_what_is_missing_is_told_as_not_handed_in_and_what_cannot_be_as_such(synthetic_results):
    application = "APP000002"
    of_it = pl.col("application_id") == application
    names = [name for name, item in CATALOGUE.items() if item.base is None and item.neutral is not None]
    quality = synthetic_results.data_quality.with_columns(
        status=pl.when(of_it & pl.col("indicator").is_in(names))
        .then(pl.lit("not_applicable"))
        .otherwise("status")
    )
    contributions = synthetic_results.contributions.with_columns(
        pl.when(of_it).then(pl.lit(9.0)).otherwise(pl.col(names[0])).alias(names[0]),
        pl.when(of_it).then(pl.lit(7.0)).otherwise(pl.col("leverage")).alias("leverage"),
    )
    row = contributions.filter(of_it).row(0, named=True)
    total = row["base"] + sum(value for name, value in row.items() if name in CATALOGUE)
    decisions = synthetic_results.decisions.with_columns(
        points_shown=pl.when(of_it).then(pl.lit(round(total), dtype=pl.Int32)).otherwise("points_shown")
    )
    indicators = synthetic_results.indicators.with_columns(
        leverage=pl.when(of_it).then(None).otherwise("leverage")
    )
    text = explain_results(
        replace(
            synthetic_results,
            data_quality=quality,
            contributions=contributions,
            decisions=decisions,
            indicators=indicators,
        ),
        application,
    )
    assert f"{CATALOGUE[names[0]].zh}: does not apply 不适用" in text
    assert f"{CATALOGUE['leverage'].zh}: not handed in 未提供" in text
    assert "bad" not in text.lower()


def test_an_unknown_id_names_close_ones(synthetic_results):
    with pytest.raises(GreenCreditError, match="Close ids: APP000012,"):
        explain_results(synthetic_results, "app000012")


def test_a_refused_application_is_told_with_its_mend(synthetic_results):
    with pytest.raises(GreenCreditError, match=r"was refused.*Write the day"):
        explain_results(synthetic_results, "APP-BAD")


def test_a_folder_without_results_is_told(tmp_path):
    with pytest.raises(GreenCreditError, match="no complete results"):
        explain(tmp_path, "A1")
