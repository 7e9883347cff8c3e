"""The catalogue: every ESG indicator, declared once.

The pipeline's output columns, the model's monotone constraints, the explanation texts, the documentation and
``greencredit catalogue`` all read these declarations. A family's module or package (``features/energy`` and so on)
holds the formula of each of its indicators under the indicator's id.

Units: energy in tce (standard coal, GB/T 2589-2020), greenhouse gases in tCO2e, money in 10,000 CNY.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CATALOGUE", "FAMILIES", "PILLARS", "Family", "Indicator"]

Pillar = Literal["E", "S", "G", "context"]
Better = Literal["higher", "lower", "none"]

PILLARS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "E": ("Environment", "环境"),
        "S": ("Social", "社会"),
        "G": ("Governance", "治理"),
        "context": ("Context", "经营背景"),
    }
)
"""Pillar to its English and Chinese name. The ESG part of a score is the sum of all but ``context``."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A family of indicators; it belongs to one pillar, so contributions add up from indicator to score."""

    id: str
    pillar: Pillar
    en: str
    zh: str


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.id: family
        for family in (
            Family(id="energy", pillar="E", en="Energy", zh="能源"),
            Family(id="emissions", pillar="E", en="Emissions", zh="排放"),
            Family(id="resources", pillar="E", en="Resources", zh="资源"),
            Family(id="transformation", pillar="E", en="Transformation", zh="绿色转型"),
            Family(id="certification", pillar="E", en="Certification", zh="认证"),
            Family(id="environmental_conduct", pillar="E", en="Environmental conduct", zh="环境守法"),
            Family(id="safety", pillar="S", en="Safety", zh="安全生产"),
            Family(id="labour", pillar="S", en="Labour and products", zh="员工与产品"),
            Family(id="business_conduct", pillar="G", en="Business conduct", zh="商业行为"),
            Family(id="disclosure", pillar="G", en="Disclosure", zh="信息披露"),
            Family(id="context", pillar="context", en="Context", zh="经营背景"),
        )
    }
)
"""Family id to its declaration, in the order of reports."""


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One ESG indicator.

    Parameters
    ----------
    id
        Column name wherever the indicator stands.
    family
        Id of its family, and through it the pillar.
    unit
        Unit of the value; ``category`` for categories.
    better
        Which direction is better; ``none`` puts no constraint on the model.
    en, zh
        Names.
    definition
        The formula in words.
    source
        Standard, law or rule that it follows.
    clip
        Inclusive bounds to which the value is clipped; ``None`` clips nothing.
    neutral
        The value that stands where the indicator does not apply to the firm (it can then be told as "does not
        apply", and is no missing fact); ``None`` where the indicator applies to everybody. Declared, not
        fitted: near the middle of what firms to which it applies show, so that it neither pays nor costs.
    relative_to, base
        A relative indicator is ``base`` over the median of ``base`` in the firm's group of ``relative_to``.
        The model fits and stores the medians; ``features`` never computes it.
    """

    id: str
    family: str
    unit: str
    better: Better
    en: str
    zh: str
    definition: str
    source: str
    clip: tuple[float, float] | None = None
    neutral: float | None = None
    relative_to: str | None = None
    base: str | None = None

    @property
    def pillar(self) -> Pillar:
        """Pillar of the indicator's family."""
        return FAMILIES[self.family].pillar

    @property
    def is_category(self) -> bool:
        """Whether the value is a category."""
        return self.unit == "category"

    @property
    def direction(self) -> int:
        """+1 where higher is better, -1 where lower is better, 0 where neither."""
        return {"higher": 1, "lower": -1, "none": 0}[self.better]

    @property
    def used_by_model(self) -> bool:
        """Whether the model may use it: E, S and G indicators without a direction are shown only."""
        return self.direction != 0 or self.pillar == "context"


_GB2589 = "GB/T 2589-2020"
_BENCHMARKS = "NDRC et al., Fagai Chanye [2023] No.723"
_GHG = "GHG Protocol; GB/T 32150-2015"
_OWN = "own definition"

# fmt: off  (a table of declarations reads better with its short fields on one line)
_INDICATORS = (
    # energy
    Indicator(
        id="energy_intensity",
        family="energy",
        unit="tce/10k CNY",
        better="lower",
        en="Energy intensity",
        zh="单位产值能耗",
        source=_GB2589,
        definition="Energy per 10,000 CNY of value added, of revenue where value added is missing (flagged); "
        "sold energy subtracted, feedstock left out.",
    ),
    Indicator(
        id="energy_intensity_trend",
        family="energy",
        unit="log change/year",
        better="lower",
        en="Trend of energy intensity",
        zh="单位产值能耗变化率",
        source=_GB2589,
        definition="Mean yearly log change of energy intensity over the latest three years, at least two of them.",
    ),
    Indicator(
        id="energy_vs_sector",
        family="energy",
        unit="ratio",
        better="lower",
        en="Energy intensity against the sector",
        zh="能耗与行业中位数之比",
        source=_OWN,
        definition="Energy intensity over the median of its industry division.",
        relative_to="industry_division",
        base="energy_intensity",
    ),
    Indicator(
        id="benchmark_position",
        family="energy",
        unit="position",
        better="higher",
        en="Position against the energy-efficiency benchmark",
        zh="能效标杆水平位置",
        source=_BENCHMARKS,
        definition="Sum of (baseline x output - actual energy) over sum of (baseline - advanced) x output over the "
        "products with a benchmark: 1 is the advanced level, 0 the baseline. Of a data centre the power usage effectiveness. "
        "Its text tells the retrofit deadline.",
        clip=(-2.0, 2.0),
        neutral=0.5,
    ),
    Indicator(
        id="below_baseline_share",
        family="energy",
        unit="share",
        better="lower",
        en="Output made below the baseline level",
        zh="低于基准水平的产量占比",
        source=_BENCHMARKS,
        definition="Share made worse than the baseline level, products weighted by (baseline - advanced) x output in tce.",
        neutral=0.0,
    ),
    Indicator(
        id="coal_share",
        family="energy",
        unit="share",
        better="lower",
        en="Coal in energy use",
        zh="煤炭消费占比",
        source=_GB2589,
        definition="Coal and coke over all energy.",
        neutral=0.3,
    ),
    Indicator(
        id="renewable_share",
        family="energy",
        unit="share",
        better="higher",
        en="Renewables in energy use",
        zh="可再生能源占比",
        source="GB/T 2589-2020; NEA green electricity certificate rules (2023)",
        definition="Self-generated renewables used on site whose attributes were not sold, plus green power retired for "
        "other electricity, each kWh once, over all energy.",
        neutral=0.05,
    ),
    Indicator(
        id="green_power_share",
        family="energy",
        unit="share",
        better="higher",
        en="Green power in electricity",
        zh="绿电占比",
        source="NEA green electricity certificate rules (2023)",
        definition="Electricity covered by retired energy-attribute certificates or by self-generation from renewables, "
        "over all electricity, at most 1.",
        clip=(0.0, 1.0),
        neutral=0.1,
    ),
    Indicator(
        id="electrification",
        family="energy",
        unit="share",
        better="none",
        en="Electricity in energy use",
        zh="电气化率",
        source=_GB2589,
        definition="Electricity over all energy.",
    ),
    # emissions
    Indicator(
        id="carbon_intensity",
        family="emissions",
        unit="tCO2e/10k CNY",
        better="lower",
        en="Carbon intensity",
        zh="碳排放强度",
        source=_GHG,
        definition="Scope 1 plus scope 2 (location) per 10,000 CNY of value added, of revenue where value added is missing (flagged).",
    ),
    Indicator(
        id="carbon_intensity_trend",
        family="emissions",
        unit="log change/year",
        better="lower",
        en="Trend of carbon intensity",
        zh="碳排放强度变化率",
        source=_GHG,
        definition="Mean yearly log change of carbon intensity over the latest three years, at least two of them.",
    ),
    Indicator(
        id="emissions_trend",
        family="emissions",
        unit="log change/year",
        better="lower",
        en="Trend of emissions",
        zh="排放总量变化率",
        source=_GHG,
        definition="Mean yearly log change of scope 1 plus 2 (scope 1 alone where scope 2 was never given; flagged) over "
        "the latest three years, at least two of them.",
    ),
    Indicator(
        id="carbon_vs_sector",
        family="emissions",
        unit="ratio",
        better="lower",
        en="Carbon intensity against the sector",
        zh="碳强度与行业中位数之比",
        source=_OWN,
        definition="Carbon intensity over the median of its industry division.",
        relative_to="industry_division",
        base="carbon_intensity",
    ),
    Indicator(
        id="product_carbon_ratio",
        family="emissions",
        unit="ratio",
        better="lower",
        en="Product emissions against the EU Taxonomy",
        zh="产品碳排放与分类法限值之比",
        source="Commission Delegated Regulation (EU) 2021/2139, Annex I",
        definition="Sum of product emissions over sum of threshold x output; where no taxonomy_id is given, the strictest "
        "threshold that fits.",
        neutral=1.0,
    ),
    Indicator(
        id="footprint_ratio",
        family="emissions",
        unit="ratio",
        better="lower",
        en="Product footprint against its reference",
        zh="产品碳足迹与参考值之比",
        source="ISO 14067:2018",
        definition="Declared product footprint over the reference of that product, where a footprint database gives "
        "one; the mean over the products.",
    ),
    Indicator(
        id="scope3_intensity",
        family="emissions",
        unit="tCO2e/10k CNY",
        better="lower",
        en="Upstream scope 3 intensity",
        zh="上游范围三排放强度",
        source="GHG Protocol, Corporate Value Chain Standard",
        definition="Scope 3 categories 1 to 8 per 10,000 CNY of revenue; missing unless each of the eight is handed in or stated zero.",
    ),
    Indicator(
        id="methane_share",
        family="emissions",
        unit="share",
        better="lower",
        en="Methane in scope 1",
        zh="甲烷占范围一比重",
        source=_GHG,
        definition="CH4 in CO2e over scope 1; any firm, telling for energy extraction and waste.",
        neutral=0.0,
    ),
    Indicator(
        id="power_carbon",
        family="emissions",
        unit="tCO2/MWh",
        better="lower",
        en="Carbon intensity of power generated",
        zh="发电碳强度",
        source="CEA CO2 Baseline Database, user guide; GB/T 32151.1-2015",
        definition="Scope 1 CO2 per MWh generated (product electricity); power stations.",
        neutral=0.6,
    ),
    Indicator(
        id="allowance_shortfall",
        family="emissions",
        unit="share",
        better="lower",
        en="Allowances short of emissions",
        zh="碳配额缺口率",
        source="MEE, Measures for the Administration of Carbon Emission Trading (2020)",
        definition="Verified emissions less allowances allocated, over verified emissions; firms in emissions trading. "
        "A surplus is negative.",
        neutral=0.0,
    ),
    Indicator(
        id="carbon_cost_share",
        family="emissions",
        unit="share",
        better="lower",
        en="Carbon cost over revenue",
        zh="碳成本占收入比",
        source="State Council Decree No.775 (2024)",
        definition="Configured carbon price x verified emissions not covered by allowances allocated, over revenue.",
        neutral=0.0,
    ),
    Indicator(
        id="cbam_cost_share",
        family="emissions",
        unit="share",
        better="lower",
        en="EU border-adjustment cost over revenue",
        zh="欧盟碳边境调节成本占比",
        source="Regulation (EU) 2023/956",
        definition="EU export share x embedded emissions above the benchmark of the good x the configured certificate price, "
        "over revenue, goods in scope; the benchmark of the year or the latest earlier one (flagged), of two for one CN "
        "code the lower; missing where a good in scope has none.",
        neutral=0.0,
    ),
    Indicator(
        id="under_reporting",
        family="emissions",
        unit="share",
        better="lower",
        en="Emissions reported below what energy implies",
        zh="排放少报比例",
        source="GB/T 32150-2015; MEE accounting guidelines",
        definition="max(0, derived - reported) / derived; derived = own combustion + purchased energy + process emissions "
        "that do not overlap with fuel.",
    ),
    Indicator(
        id="assured_share",
        family="emissions",
        unit="share",
        better="higher",
        en="Emissions under assurance",
        zh="经鉴证排放占比",
        source="ISO 14064-3:2019",
        definition="Share of reported scope 1 and 2 emissions under reasonable (full weight) or limited (half weight) assurance.",
        neutral=0.5,
    ),
    Indicator(
        id="capture_share",
        family="emissions",
        unit="share",
        better="higher",
        en="Carbon captured and stored",
        zh="碳捕集封存占比",
        source="ISO 27914:2017; GHG Protocol",
        definition="CO2 stored over scope 1 before capture (scope 1 plus CO2 stored).",
        neutral=0.0,
    ),
    Indicator(
        id="pollutant_intensity",
        family="emissions",
        unit="equivalents/10k CNY",
        better="lower",
        en="Pollutant intensity",
        zh="污染当量强度",
        source="Environmental Protection Tax Law of the PRC",
        definition="Pollution equivalents of SO2, NOx, PM, COD and NH3-N per 10,000 CNY of revenue.",
    ),
    # resources
    Indicator(
        id="water_intensity",
        family="resources",
        unit="m3/10k CNY",
        better="lower",
        en="Water intensity",
        zh="单位产值取水量",
        source="GB/T 26719-2022",
        definition="Water withdrawn per 10,000 CNY of value added, of revenue where value added is missing (flagged).",
    ),
    Indicator(
        id="water_reuse_rate",
        family="resources",
        unit="share",
        better="higher",
        en="Water reused",
        zh="重复用水率",
        source="GB/T 7119-2018",
        definition="Water reused over water withdrawn plus reused.",
        neutral=0.5,
    ),
    Indicator(
        id="waste_intensity",
        family="resources",
        unit="t/10k CNY",
        better="lower",
        en="Waste intensity",
        zh="单位产值固体废物产生量",
        source="Law on Prevention and Control of Environmental Pollution by Solid Waste (2020)",
        definition="Solid waste per 10,000 CNY of value added, of revenue where value added is missing (flagged).",
    ),
    Indicator(
        id="recycling_rate",
        family="resources",
        unit="share",
        better="higher",
        en="Waste recycled",
        zh="固体废物综合利用率",
        source="Law on Prevention and Control of Environmental Pollution by Solid Waste (2020)",
        definition="Waste recycled over all waste.",
        neutral=0.5,
    ),
    Indicator(
        id="hazardous_waste_share",
        family="resources",
        unit="share",
        better="lower",
        en="Hazardous in all waste",
        zh="危险废物占比",
        source="National Catalogue of Hazardous Wastes",
        definition="Hazardous waste over all waste.",
        neutral=0.05,
    ),
    # transformation
    Indicator(
        id="efficient_equipment_share",
        family="transformation",
        unit="share",
        better="higher",
        en="Efficient equipment",
        zh="高效节能设备占比",
        source="MIIT energy-efficiency improvement plans for motors and transformers; GB 18613-2020; GB 20052-2020",
        definition="Rated power at efficiency grade 1 or 2 over that of all equipment in service; no grade counts as 3.",
        neutral=0.5,
    ),
    Indicator(
        id="equipment_age",
        family="transformation",
        unit="years",
        better="lower",
        en="Age of equipment",
        zh="设备平均役龄",
        source="State Council, action plan for large-scale equipment renewal (2024)",
        definition="Years in service, weighted by rated power.",
        neutral=8.0,
    ),
    Indicator(
        id="green_revenue_share",
        family="transformation",
        unit="share",
        better="higher",
        en="Green revenue",
        zh="绿色收入占比",
        source="NDRC et al., catalogue of green and low-carbon transition industries (2024)",
        definition="Green revenue over revenue.",
        neutral=0.05,
    ),
    Indicator(
        id="green_capex_share",
        family="transformation",
        unit="share",
        better="higher",
        en="Green capital expenditure",
        zh="绿色资本支出占比",
        source="NDRC et al., catalogue of green and low-carbon transition industries (2024)",
        definition="Green over all capital expenditure.",
        neutral=0.1,
    ),
    Indicator(
        id="green_rd_share",
        family="transformation",
        unit="share",
        better="higher",
        en="Green research and development",
        zh="绿色研发占比",
        source="NDRC et al., catalogue of green and low-carbon transition industries (2024)",
        definition="Green over all research and development.",
        neutral=0.1,
    ),
    Indicator(
        id="control_spend",
        family="transformation",
        unit="10k CNY/equivalent",
        better="none",
        en="Spending on pollution control",
        zh="单位污染当量治理支出",
        source="Environmental Protection Tax Law of the PRC",
        definition="Pollution control spending per pollution equivalent (who pollutes, governs): shown; a hidden tonne would raise it.",
        neutral=0.0,
    ),
    Indicator(
        id="compensation_paid_of_due",
        family="transformation",
        unit="share",
        better="higher",
        en="Ecological compensation paid",
        zh="生态补偿履约率",
        source="State Council Decree No.779, Regulation on Ecological Protection Compensation (2024)",
        definition="Horizontal ecological compensation paid over due, at most 1.",
        clip=(0.0, 1.0),
        neutral=1.0,
    ),
    Indicator(
        id="compensation_received_share",
        family="transformation",
        unit="share",
        better="none",
        en="Ecological compensation received",
        zh="生态补偿收入占比",
        source="State Council Decree No.779, Regulation on Ecological Protection Compensation (2024)",
        definition="Horizontal ecological compensation received over revenue: shown.",
        neutral=0.0,
    ),
    Indicator(
        id="sink_credit_share",
        family="transformation",
        unit="share",
        better="none",
        en="Sink credits",
        zh="碳汇占排放比",
        source="MEE, Measures for Voluntary Greenhouse Gas Emission Reduction Trading (2023)",
        definition="Sink credits over own emissions (scope 1 plus scope 2 by location): shown, never netted.",
        neutral=0.0,
    ),
    Indicator(
        id="project_vs_benchmark",
        family="transformation",
        unit="position",
        better="higher",
        en="Financed line against the benchmark",
        zh="融资项目能效标杆位置",
        source=_BENCHMARKS,
        definition="Design energy of the financed line between the baseline (0) and the advanced level (1) of its product; "
        "a new line must start high.",
        clip=(-2.0, 2.0),
        neutral=0.5,
    ),
    # certification
    Indicator(
        id="environmental_management",
        family="certification",
        unit="share",
        better="higher",
        en="Environmental management certified",
        zh="环境管理体系认证覆盖率",
        source="ISO 14001; GB/T 24001-2016",
        definition="Site coverage of a valid ISO 14001 certificate.",
    ),
    Indicator(
        id="energy_management",
        family="certification",
        unit="share",
        better="higher",
        en="Energy management certified",
        zh="能源管理体系认证覆盖率",
        source="ISO 50001; GB/T 23331-2020",
        definition="Site coverage of a valid ISO 50001 certificate.",
    ),
    Indicator(
        id="green_site_status",
        family="certification",
        unit="level",
        better="higher",
        en="Green factory status",
        zh="绿色工厂等级",
        source="MIIT green manufacturing lists; GB/T 36132-2018",
        definition="2 for a national green factory or green supply chain, 1 for a provincial green factory or a zero-carbon factory, else 0.",
    ),
    Indicator(
        id="green_product_labels",
        family="certification",
        unit="count",
        better="higher",
        en="Green product labels",
        zh="绿色产品标识数",
        source="SAMR green product certification rules",
        definition="Distinct valid schemes of kind product_label (not the energy label grades 2 and 3, not footprints), at most 5.",
        clip=(0.0, 5.0),
    ),
    Indicator(
        id="footprint_declared",
        family="certification",
        unit="0 or 1",
        better="higher",
        en="Product carbon footprint declared",
        zh="产品碳足迹声明",
        source="ISO 14067:2018; ISO 14025:2006",
        definition="A valid product carbon footprint or environmental product declaration.",
    ),
    Indicator(
        id="certificates_lapsed",
        family="certification",
        unit="count",
        better="lower",
        en="Certificates lapsed",
        zh="失效证书数",
        source=_OWN,
        definition="Schemes of which a certificate expired or was withdrawn in the 24 months before as_of and was not replaced.",
    ),
    Indicator(
        id="certificate_horizon",
        family="certification",
        unit="months",
        better="none",
        en="Months to certificate expiry",
        zh="证书剩余有效期",
        source=_OWN,
        definition="Coverage-weighted mean months to expiry of valid certificates.",
    ),
    # environmental conduct
    Indicator(
        id="environmental_incidents",
        family="environmental_conduct",
        unit="weighted count",
        better="lower",
        en="Environmental incidents",
        zh="环境违规事件",
        source=_OWN,
        definition="Severity-weighted environmental incidents of 36 months, with a half-life of 12.",
    ),
    Indicator(
        id="unrectified_incidents",
        family="environmental_conduct",
        unit="weighted count",
        better="lower",
        en="Environmental incidents still open",
        zh="未整改环境事件",
        source=_OWN,
        definition="Severity-weighted environmental incidents still open at as_of.",
    ),
    Indicator(
        id="fines_ratio",
        family="environmental_conduct",
        unit="share",
        better="lower",
        en="Environmental fines over revenue",
        zh="环境罚款占收入比",
        source=_OWN,
        definition="Environmental fines of 36 months over revenue.",
    ),
    # safety
    Indicator(
        id="injury_rate",
        family="safety",
        unit="injuries/million h",
        better="lower",
        en="Injury rate",
        zh="百万工时工伤率",
        source="GB/T 6441-1986; ILO Resolution concerning statistics of occupational injuries (1998)",
        definition="Injuries per million hours worked.",
        neutral=1.0,
    ),
    Indicator(
        id="safety_incidents",
        family="safety",
        unit="weighted count",
        better="lower",
        en="Safety incidents",
        zh="安全生产事件",
        source=_OWN,
        definition="Severity-weighted safety incidents of 36 months, with a half-life of 12.",
    ),
    Indicator(
        id="safety_management",
        family="safety",
        unit="share",
        better="higher",
        en="Safety management certified",
        zh="职业健康安全管理体系认证覆盖率",
        source="ISO 45001:2018; GB/T 45001-2020",
        definition="Site coverage of a valid ISO 45001 certificate.",
    ),
    # labour
    Indicator(
        id="social_insurance_coverage",
        family="labour",
        unit="share",
        better="higher",
        en="Employees in social insurance",
        zh="社会保险参保率",
        source="Social Insurance Law of the PRC",
        definition="Insured over all employees of the same year, at most 1.",
        clip=(0.0, 1.0),
        neutral=0.9,
    ),
    Indicator(
        id="labour_incidents",
        family="labour",
        unit="weighted count",
        better="lower",
        en="Labour incidents",
        zh="用工违规事件",
        source=_OWN,
        definition="Severity-weighted labour incidents of 36 months, with a half-life of 12.",
    ),
    Indicator(
        id="product_incidents",
        family="labour",
        unit="weighted count",
        better="lower",
        en="Product incidents",
        zh="产品质量事件",
        source=_OWN,
        definition="Severity-weighted product incidents of 36 months, with a half-life of 12.",
    ),
    # business conduct
    Indicator(
        id="tax_credit_rating",
        family="business_conduct",
        unit="level",
        better="higher",
        en="Tax credit rating",
        zh="纳税信用等级",
        source="State Taxation Administration Announcement [2014] No.40",
        definition="Latest tax credit rating: A 4, B 3, M 2, C 1, D 0.",
    ),
    Indicator(
        id="tax_incidents",
        family="business_conduct",
        unit="weighted count",
        better="lower",
        en="Tax incidents",
        zh="税务违规事件",
        source=_OWN,
        definition="Severity-weighted tax incidents of 36 months, with a half-life of 12.",
    ),
    Indicator(
        id="dishonesty_records",
        family="business_conduct",
        unit="count",
        better="lower",
        en="Dishonesty records",
        zh="失信记录数",
        source="Supreme People's Court, provisions on publishing dishonest judgment debtors (2017)",
        definition="Records of dishonesty open at as_of.",
    ),
    Indicator(
        id="compliance_management",
        family="business_conduct",
        unit="0 or 1",
        better="higher",
        en="Compliance management certified",
        zh="合规管理体系认证",
        source="ISO 37001:2016; ISO 37301:2021",
        definition="A valid ISO 37001 or ISO 37301 certificate.",
    ),
    # disclosure
    Indicator(
        id="disclosure_coverage",
        family="disclosure",
        unit="share",
        better="higher",
        en="Expected facts handed in",
        zh="应披露信息覆盖率",
        source="PBoC environmental information guidelines (2021); EFRAG VSME basic module",
        definition="Share of the facts expected of the firm (expected_facts table) that were handed in.",
    ),
    Indicator(
        id="reporting_delay",
        family="disclosure",
        unit="months",
        better="lower",
        en="Reporting delay",
        zh="披露滞后",
        source=_OWN,
        definition="Months from year end to first publication of the latest year; missing without published_on.",
    ),
    Indicator(
        id="metered_share",
        family="disclosure",
        unit="share",
        better="higher",
        en="Energy metered or invoiced",
        zh="计量能源占比",
        source="GB 17167-2006",
        definition="Share of energy from meters or invoices.",
        neutral=0.8,
    ),
    Indicator(
        id="data_quality",
        family="disclosure",
        unit="PCAF 1 to 5",
        better="lower",
        en="Data quality",
        zh="数据质量等级",
        source="PCAF Global GHG Accounting and Reporting Standard, Part A",
        definition="1 best to 5 worst on the PCAF scale, energy-weighted; 5 where nothing was handed in.",
        clip=(1.0, 5.0),
    ),
    Indicator(
        id="unverified_certificates",
        family="disclosure",
        unit="share",
        better="lower",
        en="Certificates not confirmed by the register",
        zh="未核验证书占比",
        source=_OWN,
        definition="Share of valid certificates that no register confirmed in the 12 months before as_of.",
        neutral=0.3,
    ),
    # context
    Indicator(
        id="leverage",
        family="context",
        unit="ratio",
        better="lower",
        en="Leverage",
        zh="资产负债率",
        source="China Accounting Standards for Business Enterprises",
        definition="Total liabilities over total assets.",
    ),
    Indicator(
        id="interest_cover",
        family="context",
        unit="ratio",
        better="higher",
        en="Interest cover",
        zh="利息保障倍数",
        source="China Accounting Standards for Business Enterprises",
        definition="EBITDA over interest expense; interest handed in as 0: 50, or -20 where EBITDA is negative.",
        clip=(-20.0, 50.0),
    ),
    Indicator(
        id="return_on_assets",
        family="context",
        unit="ratio",
        better="higher",
        en="Return on assets",
        zh="总资产回报率",
        source="China Accounting Standards for Business Enterprises",
        definition="EBITDA over total assets.",
    ),
    Indicator(
        id="log_revenue",
        family="context",
        unit="ln(10k CNY)",
        better="none",
        en="Size by revenue",
        zh="营业收入规模",
        source=_OWN,
        definition="Natural logarithm of revenue.",
    ),
    Indicator(
        id="log_employees",
        family="context",
        unit="ln(persons)",
        better="none",
        en="Size by employees",
        zh="员工规模",
        source=_OWN,
        definition="Natural logarithm of employees.",
    ),
    Indicator(
        id="firm_age",
        family="context",
        unit="years",
        better="none",
        en="Age of the firm",
        zh="企业年龄",
        source=_OWN,
        definition="Years from founding to as_of.",
    ),
    Indicator(
        id="tenor_months",
        family="context",
        unit="months",
        better="none",
        en="Tenor",
        zh="贷款期限",
        source=_OWN,
        definition="Tenor of the loan applied for.",
    ),
    Indicator(
        id="industry_division",
        family="context",
        unit="category",
        better="none",
        en="Industry division",
        zh="行业大类",
        source="GB/T 4754-2017",
        definition="Division of the firm's industry (6450 for data centres, a section letter outside industry).",
    ),
    Indicator(
        id="region_group",
        family="context",
        unit="category",
        better="none",
        en="Regional power grid",
        zh="区域电网",
        source="MEE regional grids",
        definition="Regional grid of the firm's province (seven regions), or its country outside China.",
    ),
    Indicator(
        id="purpose_group",
        family="context",
        unit="category",
        better="none",
        en="Purpose of the loan",
        zh="贷款用途类别",
        source=_OWN,
        definition="working_capital, new_line or retrofit.",
    ),
    Indicator(
        id="emerging_industry",
        family="context",
        unit="category",
        better="none",
        en="Emerging industry",
        zh="新兴产业",
        source="NBS classification of energy-saving, environmental and clean industries (2021)",
        definition="yes where the industry class is one of the emerging classes, else no; missing without a class of four digits.",
    ),
)
# fmt: on

CATALOGUE: Mapping[str, Indicator] = MappingProxyType({indicator.id: indicator for indicator in _INDICATORS})
"""Every indicator by its id, in the order of reports."""
