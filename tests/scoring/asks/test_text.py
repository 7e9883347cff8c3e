from __future__ import annotations

import polars as pl
import pytest

from scoring.asks import ASK_SCHEMA, asks_text, range_text

ROWS = [
    ("A", 1, "energy_bills", "energy bills of the whole year", "全年能源账单", ["energy.electricity", "energy.any_fuel"], ["coal_share"], 520, 551, "C", "CC"),
    ("A", 2, "tax_rating", "tax credit rating", "纳税信用等级证明", ["annual.tax_credit_rating"], ["tax_credit_rating"], 520, 524, "C", "C"),
    ("A", 3, "green_statement", "statement of green revenue", "绿色情况说明", ["annual.rd"], [], 520, 520, "C", "C"),
    ("A", 4, "equipment_list", "list of main equipment", "主要用能设备清单", ["equipment.any"], [], None, None, None, None),
]  # fmt: skip


@pytest.fixture
def asked():
    return pl.DataFrame(ROWS, schema=ASK_SCHEMA, orient="row")


def test_asks_are_told_in_english(asked):
    told = """\
What to ask for next
1. energy bills of the whole year: would put the score between 520 and 551 points (C to CC) (still missing: electricity, fuels)
2. tax credit rating: would put the score between 520 and 524 points, C either way (still missing: tax credit rating)
3. statement of green revenue: would leave the score at 520 points (still missing: research and development)
4. list of main equipment: how far it could move the score cannot be told of this model (still missing: equipment)"""
    assert asks_text(asked, "en") == told


def test_asks_are_told_in_chinese(asked):
    assert asks_text(asked.reverse(), "zh").splitlines() == [
        "下一步索取的资料",
        "1. 全年能源账单：提供后分数介于520与551分（C至CC）（尚缺：电力、燃料）",
        "2. 纳税信用等级证明：提供后分数介于520与524分，均为C（尚缺：纳税信用等级）",
        "3. 绿色情况说明：提供后分数仍为520分（尚缺：研发支出）",
        "4. 主要用能设备清单：该模型无法测算其对分数的影响（尚缺：设备）",
    ]


def test_nothing_to_ask_for_is_said(asked):
    assert asks_text(asked.clear(), "en") == "Nothing is missing that an indicator reads."
    assert asks_text(asked.clear(), "zh") == "指标所需资料齐全。"


@pytest.mark.parametrize(
    ("low", "high", "grades", "en", "zh"),
    [
        (520, 589, ("C", "B"), "520 to 589 points (C to B)", "520至589分（C至B）"),
        (584, 586, ("B", "B"), "584 to 586 points, always B", "584至586分，均为B"),
        (590, 590, ("B", "B"), "None: 590 points whatever is still unknown", "无：未知数据不影响590分"),
        (None, None, (None, None), "Not computed for this batch", "本批次未计算"),
    ],
)
def test_the_range_is_told(low, high, grades, en, zh):
    row = {"points_low": low, "points_high": high, "grade_low": grades[0], "grade_high": grades[1]}
    assert (range_text(row, "en"), range_text(row, "zh")) == (en, zh)
