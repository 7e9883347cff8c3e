"""Each topic of the action plan from the facts a bank hands in to the text a person reads, in both languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from features.catalogue import CATALOGUE
from features.intake import validate_tables
from features.pipeline import compute
from scoring.explain_text import explain_results
from scoring.topics_text import TOPICS, topics_text

FIRMS = {
    "cement": "3011",
    "late": "3011",
    "centre": "6450",
    "mine": "0610",
    "cells": "3841",
    "silent": "3011",
}
PAGE = Path(__file__).resolve().parents[2] / "docs" / "indicators.md"


def carbon(kind, amount):
    return {"firm_id": "cement", "period": "2023", "kind": kind, "amount": amount, "unit": "tCO2e"}


def paid(kind, amount):
    return {**carbon(f"compensation_{kind}", amount), "unit": "万元", "element": "river"}


def emitted(firm, scope, substance, quantity, unit="t"):
    row = {"firm_id": firm, "period": "2023", "scope": scope, "substance": substance}
    return {**row, "quantity": quantity, "unit": unit}


def frame(rows):
    """Rows as a bank's sheet has them: text, and empty cells where a row says nothing."""
    columns = list(dict.fromkeys(c for row in rows for c in row))
    return pl.DataFrame(
        [{c: None if row.get(c) is None else str(row[c]) for c in columns} for row in rows],
        schema=dict.fromkeys(columns, pl.String),
    )


@pytest.fixture(scope="module")
def computed():
    line = {
        "project_kind": "new_line",
        "project_product": "cement_clinker",
        "design_energy": 110,
        "design_energy_unit": "kgce/t",
    }
    tables = {
        "firms": [
            {"firm_id": f, "id_scheme": "own", "name": f, "industry": code, "region": "370100"}
            for f, code in FIRMS.items()
        ],
        "applications": [
            {
                "application_id": f"A-{f}",
                "firm_id": f,
                "as_of": "2024-06-30",
                **(line if f == "cement" else {"project_kind": "working_capital"}),
            }
            for f in FIRMS
        ],
        "annual": [
            {
                "firm_id": f,
                "year": 2023,
                "revenue": 1000,
                "currency": "万元",
                "pollution_control_spend": 20,
                "eu_export_share": 0.5,
            }
            for f in ("cement", "centre", "mine", "cells")
        ],
        "production": [
            {
                "firm_id": "cement",
                "period": "2023",
                "product": "cement_clinker",
                "quantity": 1000,
                "unit": "t",
                "energy": 120000,
                "energy_unit": "kgce",
                "emissions": 900,
                "emissions_unit": "tCO2e",
                "cn_code": "25231000",
            },
            {
                "firm_id": "late",
                "period": "2022",
                "product": "cement_clinker",
                "quantity": 10,
                "unit": "t",
                "energy": 1,
                "energy_unit": "tce",
            },
            {
                "firm_id": "centre",
                "period": "2023",
                "product": "data_centre",
                "quantity": 1000,
                "unit": "MWh",
                "energy": 1350,
                "energy_unit": "MWh",
            },
        ],
        "emissions": [
            emitted("cement", "1", "CO2e", 800, "tCO2e"),
            emitted("cement", "2-location", "CO2e", 200, "tCO2e"),
            emitted("cement", "none", "SO2", 1.9),
            emitted("mine", "1", "CO2", 500),
            emitted("mine", "1", "CH4", 10),
        ],
        "ecology": [
            paid("due", 10),
            paid("paid", 8),
            paid("received", 5),
            carbon("sink_credits", 100),
            carbon("verified_emissions", 800),
            carbon("allowances_allocated", 600),
            carbon("co2_stored", 200),
        ],
        "equipment": [
            {"firm_id": "cement", "equipment_id": f"M{n}", "kind": "motor", "rated_power": 100,
             "efficiency_grade": grade, "commissioned_on": "2014-06-30", "published_on": "2024-01-31"}
            for n, grade in enumerate((1, 3))
        ],
    }  # fmt: skip
    dataset = validate_tables({name: frame(rows) for name, rows in tables.items()}, source="a test")
    assert dataset.quarantine.is_empty()
    return compute(dataset)


def of(computed, firm):
    own = pl.col("application_id") == f"A-{firm}"
    return SimpleNamespace(
        indicators=computed.values.filter(own), data_quality=computed.data_quality.filter(own)
    )


CASES = [
    (
        "cement",
        "Energy-efficiency benchmarks 能效标杆与基准",
        ["Position against the energy-efficiency benchmark 能效标杆水平位置: -0.176 position"],
        (
            "Cement clinker: 120.0 kgce/t, advanced 100.0, baseline 117.0, retrofit deadline 2025-12-31. "
            "水泥熟料：120.0 kgce/t，标杆100.0，基准117.0，改造期限2025-12-31。"
        ),
    ),
    (
        "cement",
        "High start for new lines 新建项目高起点",
        ["融资项目能效标杆位置: 0.412 position"],
        (
            "A new line of Cement clinker is designed for 110.0 kgce/t, advanced 100.0, baseline 117.0: a new line must "
            "start high, and this one starts below the advanced level. "
            "新建项目（水泥熟料）设计能耗110.0 kgce/t，标杆100.0，基准117.0：新建项目须高起点，该项目未达标杆水平。"
        ),
    ),
    (
        "cement",
        "Equipment renewal 设备更新",
        ["50.0 %", "10 years"],
        (
            "Support for renewing equipment below grade 2 (motor), to be asked about: Corporate income tax credit for "
            "energy, water, environmental and safety equipment; Re-lending for equipment renewal and technical upgrading. "
            "低于2级能效设备（motor）更新可了解的支持政策：专用设备投资额抵免企业所得税10%、设备更新和技术改造再贷款。"
        ),
    ),
    ("cement", "EU border adjustment 欧盟碳边境调节", ["欧盟碳边境调节成本占比: "], None),
    (
        "cement",
        "Ecological compensation 横向生态补偿",
        ["生态补偿履约率: 80.0 %", "生态补偿收入占比: 0.5 %"],
        None,
    ),
    (
        "cement",
        "Sinks and the carbon market 碳汇与碳市场",
        ["碳汇占排放比: 10.0 %", "碳配额缺口率: 25.0 %", "碳成本占收入比: "],
        None,
    ),
    ("cement", "Carbon capture 碳捕集", ["碳捕集封存占比: 20.0 %"], None),
    ("cement", "Who pollutes, governs 谁污染谁治理", ["单位污染当量治理支出: 0.01 10k CNY/equivalent"], None),
    (
        "centre",
        "Energy-efficiency benchmarks 能效标杆与基准",
        ["能效标杆水平位置: 0.5 position"],
        (
            "Data centre, power usage effectiveness: 1.35 MWh/MWh, advanced 1.2, baseline 1.5. "
            "数据中心（电能比）：1.35 MWh/MWh，标杆1.2，基准1.5。"
        ),
    ),
    (
        "mine",
        "Energy extraction: methane 能源开采甲烷",
        ["甲烷占范围一比重: 35.9 %"],
        (
            "Energy extraction: methane of 2023 is 280.0 of 780.0 tCO2e. "
            "能源开采企业：2023年甲烷280.0吨二氧化碳当量，范围一共780.0吨。"
        ),
    ),
    ("cells", "Emerging industries 新兴产业", ["Emerging industry 新兴产业: yes"], None),
]


@pytest.mark.parametrize(("firm", "topic", "values", "detail"), CASES)
def test_a_topic_is_told_from_the_facts(computed, firm, topic, values, detail):
    lines = topics_text(of(computed, firm)).splitlines()
    assert lines[0] == "Topics of the action plan 行动方案要点"
    place = next(n for n, line in enumerate(lines) if line.startswith(f"  {topic}: "))
    for value in values:
        assert value in lines[place]
    below = lines[place + 1] if place + 1 < len(lines) else ""
    if detail is None:
        assert not below.startswith("    ")
    else:
        assert below == f"    {detail}"


def test_the_deadline_is_told_beside_levels_of_another_edition(computed):
    lines = topics_text(of(computed, "late")).splitlines()
    assert "Levels of edition 2023 stand in for 2022." in lines[2]
    assert "retrofit deadline 2025-12-31" in lines[2]
    assert "改造期限2025-12-31" in lines[2]


def test_what_does_not_apply_or_was_not_handed_in_is_no_topic(computed):
    assert "capture" not in topics_text(of(computed, "mine"))
    assert "border" not in topics_text(of(computed, "cells"))
    told = topics_text(of(computed, "silent")).splitlines()
    assert [line.split(":")[0].strip() for line in told[1:]] == ["Emerging industries 新兴产业"]


def test_the_text_of_a_decision_tells_the_topics(synthetic_results, computed):
    own = of(computed, "cement")
    application = pl.lit("APP000001").alias("application_id")
    told = replace(
        synthetic_results,
        indicators=own.indicators.with_columns(application),
        data_quality=own.data_quality.with_columns(application),
    )
    text = explain_results(told, "APP000001")
    assert topics_text(own) in text
    assert "Support measures recalled" in text
    assert "支持政策凭记忆录入" in text


def test_the_page_of_indicators_tells_every_topic():
    page = PAGE.read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    for topic in TOPICS:
        assert topic.en.isascii()
        assert not topic.zh.isascii()
        for name in topic.indicators:
            assert CATALOGUE[name].en in rows[name]
            assert CATALOGUE[name].zh in rows[name]
    for name, words in (
        ("benchmark_position", ("data centre", "retrofit deadline")),
        ("project_vs_benchmark", ("new line must start high",)),
        ("methane_share", ("energy extraction",)),
        ("control_spend", ("who pollutes, governs",)),
    ):
        assert all(word in rows[name] for word in words), name
