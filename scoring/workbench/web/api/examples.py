"""Bodies that the description shows, of firms that do not exist; a test sends every one of them."""

from __future__ import annotations

from typing import Any

__all__ = ["ALONE", "SEVERAL", "WITH_ERRORS"]

ALONE: dict[str, Any] = {
    "tables": {
        "firms": [
            {
                "firm_id": "EXAMPLE-1",
                "id_scheme": "bank",
                "name": "Example Cement Works",
                "industry": "30",
                "region": "330000",
                "founded_on": "2005-03-01",
            }
        ],
        "applications": [
            {
                "application_id": "EXAMPLE-2024-1",
                "firm_id": "EXAMPLE-1",
                "as_of": "2024-06-30",
                "amount": 3000,
                "currency": "10k CNY",
                "tenor_months": 36,
                "project_kind": "retrofit",
            }
        ],
        "annual": [
            {
                "firm_id": "EXAMPLE-1",
                "year": 2023,
                "currency": "10k CNY",
                "revenue": 52000,
                "total_assets": 61000,
                "total_liabilities": 30000,
                "employees": 210,
                "published_on": "2024-04-02",
            }
        ],
        "energy": [
            {
                "firm_id": "EXAMPLE-1",
                "period": "2023",
                "carrier": "electricity",
                "quantity": 8200,
                "unit": "MWh",
                "basis": "metered",
                "published_on": "2024-03-01",
            },
            {
                "firm_id": "EXAMPLE-1",
                "period": "2023",
                "carrier": "raw_coal",
                "quantity": 12500,
                "unit": "t",
                "basis": "invoiced",
                "published_on": "2024-03-01",
            },
        ],
    },
    "explain": True,
}
"""One application with the facts of one year."""

SEVERAL: dict[str, Any] = {
    "tables": {
        "企业": [
            {"企业编号": "示例-1", "编号类型": "bank", "企业名称": "示例水泥厂", "行业代码": "30"},
            {"企业编号": "示例-2", "编号类型": "bank", "企业名称": "示例钢厂", "行业代码": "31"},
        ],
        "贷款申请": [
            {"申请编号": "示例申请-1", "企业编号": "示例-1", "决策日期": "2024-06-30", "期限": 12},
            {"申请编号": "示例申请-2", "企业编号": "示例-2", "决策日期": "2024-06-30", "期限": 36},
        ],
        "能源": [
            {
                "企业编号": "示例-2",
                "期间": "2023",
                "能源品种": "electricity",
                "数量": "1.2",
                "单位": "万kWh",
                "披露日期": "2024-03-01",
            }
        ],
    }
}
"""Two applications under the Chinese names of tables and columns."""

WITH_ERRORS: dict[str, Any] = {
    "tables": {
        "firms": [{"firm_id": "EXAMPLE-3", "id_scheme": "bank", "industry": "39"}],
        "applications": [{"application_id": "EXAMPLE-2024-3", "firm_id": "EXAMPLE-3", "as_of": "2024-06-30"}],
        "energy": [
            {
                "firm_id": "EXAMPLE-3",
                "period": "2023",
                "carrier": "electricity",
                "quantity": "about 80",
                "unit": "MWh",
            },
            {
                "firm_id": "EXAMPLE-3",
                "period": "2023",
                "carrier": "natural_gas",
                "quantity": 40000,
                "unit": "m3",
                "published_on": "2024-03-01",
            },
        ],
    }
}
"""A quantity that is no number: its row is refused, the firm is scored on the others."""
