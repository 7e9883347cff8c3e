"""Which indicators a group has, and why it does not have the others."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from features.catalogue import CATALOGUE, FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GROUP_INDICATORS", "NOT_OF_GROUPS"]

_RELATIVE = (
    "Relative to the median of one industry, which the model fits; a group may stand in several.",
    "与单一行业中位数比较，由模型拟合；集团可能跨行业。",
)
_OF_APPLICATION = ("Of one application, not of firms.", "属于单笔申请，而非企业。")
_OF_FIRM = ("Of one legal unit; a group has no such attribute.", "属于单个法人，集团无此属性。")

NOT_OF_GROUPS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "energy_vs_sector": _RELATIVE,
        "carbon_vs_sector": _RELATIVE,
        "footprint_ratio": (
            "A mean over products, whoever makes them: cutting a firm in two would change the weights.",
            "为各产品的简单平均，企业拆分会改变权重。",
        ),
        "power_carbon": (
            "Emissions of members that generate no power would stand over the power of the others.",
            "不发电成员的排放会计入其他成员的发电量。",
        ),
        "project_vs_benchmark": _OF_APPLICATION,
        "tax_credit_rating": (
            "The tax authority rates each taxpayer; ratings have no mean.",
            "税务机关逐户评级，等级不可平均。",
        ),
        "reporting_delay": (
            "Each member publishes by itself; there is no day on which the group did.",
            "各成员分别披露，集团无统一披露日。",
        ),
        "firm_age": _OF_FIRM,
        "tenor_months": _OF_APPLICATION,
        "industry_division": _OF_FIRM,
        "region_group": _OF_FIRM,
        "purpose_group": _OF_APPLICATION,
        "emerging_industry": _OF_FIRM,
    }
)
"""Indicators that are not given for a group, with the reason in English and Chinese."""

GROUP_INDICATORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        family: tuple(i.id for i in CATALOGUE.values() if i.family == family and i.id not in NOT_OF_GROUPS)
        for family in FAMILIES
    }
)
"""Indicators that are given for a group, by family: of sums, of shares of sums, or by holdings."""
