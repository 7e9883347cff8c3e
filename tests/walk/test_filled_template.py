"""A bank's Excel template filled in by hand in Chinese scores the same as the same facts handed in as Parquet."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import openpyxl
import polars as pl
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Walk

DAY = dt.date

# Sheet and header by their Chinese names; entries of the drop-down lists, 万元, full-width digits, days as a clerk writes.
BY_HAND = {
    "企业": [
        {"统一社会信用代码": "KH0001", "编号类型": "银行内部编号", "企业名称": "示例水泥有限公司", "行业代码": "3011",
         "行业分类标准": "国民经济行业分类", "地区": "370100", "成立日期": DAY(2001, 5, 6)},
        {"统一社会信用代码": "ＫＨ０００２", "编号类型": "银行内部编号", "企业名称": "示例钢铁", "行业代码": "3110", "地区": "130000"},
        {"统一社会信用代码": "KH0003", "编号类型": "银行内部编号", "行业代码": "26", "地区": "440300"},
    ],
    "股权": [
        {"统一社会信用代码": "KH0001", "母公司代码": "KH0002", "持股比例": "60%", "生效日期": "2015年1月1日"},
    ],
    "年报": [
        {"统一社会信用代码": "KH0001", "年度": "2023", "披露日期": DAY(2024, 4, 20), "币种": "万元", "营业收入": "52,000",
         "资产总计": 80000, "负债合计": "４４０００", "从业人员": "６２０", "取水量": "1,200,000", "对欧盟出口占比": 0.05,
         "纳税信用等级": "A级"},
        {"统一社会信用代码": "KH0001", "年度": "２０２２年", "披露日期": "2023/4/20", "币种": "亿元", "营业收入": 5},
        {"统一社会信用代码": "KH0002", "年度": "2023", "披露日期": "2024年3月31日", "币种": "百万元", "营业收入": "8 500",
         "资产总计": 12000, "负债合计": 9000, "从业人员": 7400, "固体废物产生量": "2,400,000", "固体废物综合利用量": "1,900,000"},
        {"统一社会信用代码": "KH0003", "年度": "2023", "披露日期": "20240415", "币种": "元", "营业收入": "96,000,000",
         "资产总计": 150000000, "负债合计": 60000000, "从业人员": 210},
    ],
    "能源": [
        {"统一社会信用代码": "KH0001", "期间": "2023", "能源品种": "原煤", "流向": "外购", "数量": 1.25, "单位": "万吨",
         "数据来源": "计量"},
        {"统一社会信用代码": "KH0001", "期间": "2023年", "能源品种": "外购电力", "数量": "２，５００", "单位": "万千瓦时"},
        {"统一社会信用代码": "KH0001", "期间": "2022", "能源品种": "原煤", "流向": "外购", "数量": "13,000", "单位": "吨"},
        {"统一社会信用代码": "KH0002", "期间": "2023", "能源品种": "焦炭", "流向": "外购", "数量": "64", "单位": "万 吨"},
        {"统一社会信用代码": "KH0002", "期间": "2023", "能源品种": "电力", "流向": "自产", "数量": "42,000", "单位": "万千瓦时"},
        {"统一社会信用代码": "KH0003", "期间": "2023", "能源品种": "天然气", "流向": "外购", "数量": "３２５", "单位": "万立方米"},
    ],
    "产量": [
        {"统一社会信用代码": "KH0001", "期间": "2023", "产品": "水泥熟料", "数量": 12, "单位": "万吨", "产品能耗": "13,000",
         "能耗单位": "吨标准煤"},
    ],
    "排放": [
        {"统一社会信用代码": "KH0001", "期间": "2023", "范围": "范围1", "物质": "二氧化碳当量", "数量": 9,
         "单位": "万吨二氧化碳当量", "鉴证程度": "合理保证"},
        {"统一社会信用代码": "KH0001", "期间": "2023", "范围": "无", "物质": "SO2", "数量": "4,000", "单位": "千克"},
        {"统一社会信用代码": "KH0002", "期间": "2023", "范围": "范围1", "物质": "二氧化碳当量", "数量": "１９５．５",
         "单位": "万吨二氧化碳当量"},
    ],
    "认证": [
        {"统一社会信用代码": "KH0001", "认证类型": "环境管理体系认证", "证书编号": "EMS-1", "证书状态": "有效",
         "发证日期": DAY(2022, 3, 1), "有效期至": "2025-02-28", "场所覆盖率": 1},
    ],
    "违规事件": [
        {"统一社会信用代码": "KH0002", "事件编号": "环罚〔2023〕1号", "发生日期": DAY(2023, 5, 1), "事件类型": "环境",
         "严重程度": 2, "罚款金额": 8, "币种": "万元", "记录日期": DAY(2023, 6, 1)},
    ],
    "查询记录": [
        {"统一社会信用代码": "KH0001", "对象表": "违规事件", "查询类型": "安全", "查询日期": DAY(2024, 6, 1)},
    ],
    "贷款申请": [
        {"申请编号": "SQ-1", "统一社会信用代码": "KH0001", "决策日期": DAY(2024, 6, 30), "申请金额": "3,000", "币种": "万元",
         "期限": "３６", "项目类型": "技改", "项目产品": "水泥熟料"},
        {"申请编号": "ＳＱ－２", "统一社会信用代码": "KH0002", "决策日期": "2024年6月30日", "申请金额": 2, "币种": "亿元"},
        {"申请编号": "SQ-3", "统一社会信用代码": "KH0003", "决策日期": "2024-06-30", "申请金额": 8000000},
    ],
}  # fmt: skip

# The same facts as a system writes them: canonical ids, base units, typed columns.
AS_PARQUET = {
    "firms": [
        {"firm_id": "KH0001", "id_scheme": "bank", "name": "示例水泥有限公司", "industry": "3011",
         "industry_scheme": "GBT4754", "region": "370100", "founded_on": DAY(2001, 5, 6)},
        {"firm_id": "KH0002", "id_scheme": "bank", "name": "示例钢铁", "industry": "3110", "region": "130000"},
        {"firm_id": "KH0003", "id_scheme": "bank", "industry": "26", "region": "440300"},
    ],
    "ownership": [{"firm_id": "KH0001", "parent_id": "KH0002", "share": 0.6, "valid_from": DAY(2015, 1, 1)}],
    "annual": [
        {"firm_id": "KH0001", "year": 2023, "published_on": DAY(2024, 4, 20), "currency": "CNY", "revenue": 5.2e8,
         "total_assets": 8e8, "total_liabilities": 4.4e8, "employees": 620.0, "water_withdrawn": 1.2e6,
         "eu_export_share": 0.05, "tax_credit_rating": "A"},
        {"firm_id": "KH0001", "year": 2022, "published_on": DAY(2023, 4, 20), "currency": "CNY", "revenue": 5e8},
        {"firm_id": "KH0002", "year": 2023, "published_on": DAY(2024, 3, 31), "currency": "CNY", "revenue": 8.5e9,
         "total_assets": 1.2e10, "total_liabilities": 9e9, "employees": 7400.0, "waste": 2.4e6, "waste_recycled": 1.9e6},
        {"firm_id": "KH0003", "year": 2023, "published_on": DAY(2024, 4, 15), "currency": "CNY", "revenue": 9.6e7,
         "total_assets": 1.5e8, "total_liabilities": 6e7, "employees": 210.0},
    ],
    "energy": [
        {"firm_id": "KH0001", "period": "2023", "carrier": "raw_coal", "flow": "purchased", "quantity": 12500.0,
         "unit": "t", "basis": "metered"},
        {"firm_id": "KH0001", "period": "2023", "carrier": "electricity", "quantity": 25000.0, "unit": "MWh"},
        {"firm_id": "KH0001", "period": "2022", "carrier": "raw_coal", "flow": "purchased", "quantity": 13000.0, "unit": "t"},
        {"firm_id": "KH0002", "period": "2023", "carrier": "coke", "flow": "purchased", "quantity": 640000.0, "unit": "t"},
        {"firm_id": "KH0002", "period": "2023", "carrier": "electricity", "flow": "self_generated", "quantity": 420000.0,
         "unit": "MWh"},
        {"firm_id": "KH0003", "period": "2023", "carrier": "natural_gas", "flow": "purchased", "quantity": 3250000.0,
         "unit": "m3"},
    ],
    "production": [
        {"firm_id": "KH0001", "period": "2023", "product": "cement_clinker", "quantity": 120000.0, "unit": "t",
         "energy": 13000.0, "energy_unit": "tce"},
    ],
    "emissions": [
        {"firm_id": "KH0001", "period": "2023", "scope": "1", "substance": "CO2e", "quantity": 90000.0, "unit": "tCO2e",
         "assurance": "reasonable"},
        {"firm_id": "KH0001", "period": "2023", "scope": "none", "substance": "SO2", "quantity": 4.0, "unit": "t"},
        {"firm_id": "KH0002", "period": "2023", "scope": "1", "substance": "CO2e", "quantity": 1955000.0, "unit": "tCO2e"},
    ],
    "certifications": [
        {"firm_id": "KH0001", "scheme": "iso14001", "certificate_no": "EMS-1", "status": "valid",
         "issued_on": DAY(2022, 3, 1), "expires_on": DAY(2025, 2, 28), "site_coverage": 1.0},
    ],
    "incidents": [
        {"firm_id": "KH0002", "incident_id": "环罚〔2023〕1号", "occurred_on": DAY(2023, 5, 1), "kind": "environmental",
         "severity": 2, "fine": 80000.0, "currency": "CNY", "recorded_on": DAY(2023, 6, 1)},
    ],
    "checks": [{"firm_id": "KH0001", "table": "incidents", "kind": "safety", "checked_on": DAY(2024, 6, 1)}],
    "applications": [
        {"application_id": "SQ-1", "firm_id": "KH0001", "as_of": DAY(2024, 6, 30), "amount": 3e7, "currency": "CNY",
         "tenor_months": 36, "project_kind": "retrofit", "project_product": "cement_clinker"},
        {"application_id": "SQ-2", "firm_id": "KH0002", "as_of": DAY(2024, 6, 30), "amount": 2e8, "currency": "CNY"},
        {"application_id": "SQ-3", "firm_id": "KH0003", "as_of": DAY(2024, 6, 30), "amount": 8e6},
    ],
}  # fmt: skip

TABLES = ("decisions", "contributions", "indicators", "data_quality", "cross_checks", "quarantine")


def fill_in(path: Path) -> None:
    """Type every cell under its header, as it stands on the screen."""
    book = openpyxl.load_workbook(path)
    for title, rows in BY_HAND.items():
        sheet = book[title]
        places = {cell.value: cell.column for cell in sheet[1]}
        for number, row in enumerate(rows, start=2):
            for header, value in row.items():
                sheet.cell(row=number, column=places[header]).value = value
    book.save(path)


@pytest.fixture(scope="module")
def scored(walk: Walk) -> tuple[Path, Path]:
    """The results of both forms of the same facts."""
    walk.succeed("template", "filled.xlsx")
    fill_in(walk.folder / "filled.xlsx")
    folder = walk.folder / "same_facts"
    folder.mkdir()
    for name, rows in AS_PARQUET.items():
        pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / f"{name}.parquet")
    walk.succeed("score", "filled.xlsx", "--out", "scores_by_hand")
    walk.succeed("score", "same_facts", "--out", "scores_same_facts")
    return walk.folder / "scores_by_hand", walk.folder / "scores_same_facts"


@pytest.mark.parametrize("name", TABLES)
def test_every_table_of_the_results_is_the_same(scored: tuple[Path, Path], name: str) -> None:
    by_hand, parquet = (folder / f"{name}.parquet" for folder in scored)
    assert pl.read_parquet(by_hand).equals(pl.read_parquet(parquet))
    assert by_hand.read_bytes() == parquet.read_bytes()


def test_so_are_the_manifest_and_the_report(scored: tuple[Path, Path]) -> None:
    by_hand, parquet = (
        json.loads((folder / "manifest.json").read_text(encoding="utf-8")) for folder in scored
    )
    assert by_hand["notices"] == []
    # A template has a sheet for every table; those that nobody filled in hold no rows.
    empty = set(by_hand["input"]["handed_in"]) - set(parquet["input"]["handed_in"])
    assert empty == {"equipment", "ecology", "loans", "outcomes"}
    assert {by_hand["input"]["tables"][name]["rows_in"] for name in empty} == {0}
    by_hand["input"]["handed_in"] = parquet["input"]["handed_in"]
    assert by_hand == parquet
    reports = [(folder / "report.html").read_text(encoding="utf-8") for folder in scored]
    assert reports[0] == reports[1]


def test_the_facts_are_more_than_an_empty_dataset(scored: tuple[Path, Path]) -> None:
    decisions = pl.read_parquet(scored[0] / "decisions.parquet")
    assert decisions["application_id"].to_list() == ["SQ-1", "SQ-2", "SQ-3"]
    assert decisions["points"].n_unique() == 3
    values = pl.read_parquet(scored[0] / "indicators.parquet").row(0, named=True)
    assert values["benchmark_position"] is not None
    assert values["energy_intensity"] == pytest.approx((12500 * 0.7143 + 25000 * 0.1229) / 52000)
    quarantine = pl.read_parquet(scored[0] / "quarantine.parquet")
    assert quarantine["what_en"].to_list() == []
