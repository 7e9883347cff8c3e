"""The data contract: every table and column a bank may hand in, declared once.

Validation, the simulator's output check and the documentation are generated from these declarations.
A *raw* table is what a reader found: text or typed cells under the bank's own headers. A *clean* table is
what ``features.intake`` makes of it: exactly the columns of :meth:`Table.clean_schema`, typed, in canonical
units, sorted by key, without the quarantined rows.

Canonical units of clean tables: energy in the carrier's own unit (``features/reference/energy_carriers.csv``),
emissions in ``t`` of the substance or ``tCO2e``, production in the first unit of its product, money in
10,000 CNY at the mean rate of the fact's year, ``ecology.amount`` in ``10k CNY`` (compensation) or ``tCO2e``,
``applications.design_energy`` in tce per unit of the product, everything else in the unit its column declares.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CONTRACT", "PROVENANCE", "Column", "Table"]

Kind = Literal["text", "choice", "number", "money", "integer", "date", "period", "unit", "currency"]

_DTYPES: dict[str, type[pl.DataType]] = {
    "text": pl.String,
    "choice": pl.String,
    "number": pl.Float64,
    "money": pl.Float64,
    "integer": pl.Int32,
    "date": pl.Date,
    "period": pl.String,
    "unit": pl.String,
    "currency": pl.String,
}


def _no_choices() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name, zh
        English and Chinese header.
    kind
        ``text``, ``choice`` (one of ``choices``), ``number``, ``money`` (handed in in the row's ``currency``,
        clean in 10,000 CNY), ``integer``, ``date``, ``period`` (2023, 2023Q2 or 2023-05), ``unit`` or ``currency``.
    meaning
        One sentence for templates and documentation.
    required
        A dataset whose table lacks the column is refused; a row that lacks the value is quarantined.
    unit
        Canonical unit of a number; empty where ``unit`` stands in a column of its own.
    choices
        Canonical value to the other spellings that are accepted for it (Chinese ones included).
    minimum, maximum
        Inclusive bounds in the canonical unit; a value outside them is impossible and quarantines the row.
    default
        The value taken where the cell is empty; every use of it is recorded.
    aliases
        Further headers under which banks hand the column in.
    """

    name: str
    zh: str
    kind: Kind
    meaning: str
    required: bool = False
    unit: str = ""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=_no_choices)
    minimum: float | None = None
    maximum: float | None = None
    default: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def dtype(self) -> type[pl.DataType]:
        """The polars type of the clean column."""
        return _DTYPES[self.kind]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of the contract.

    Parameters
    ----------
    key
        Columns that identify a row. Rows of one key that disagree are quarantined, all of them.
    columns
        The table's own columns; :data:`PROVENANCE` may follow in any table.
    needed_to
        ``score`` or ``train`` where a dataset without the table is refused for that purpose, else empty.
    known_by
        Columns whose first filled one is the day a row became known.
    reporting_delay_days
        Where ``known_by`` is empty in a row: days after the period's end on which such facts are usually
        published. Each use is recorded as a default. ``None`` where the table has no period.
    """

    name: str
    zh: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    needed_to: Literal["score", "train", ""] = ""
    known_by: tuple[str, ...] = ()
    reporting_delay_days: int | None = None
    aliases: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column of that name; KeyError where there is none."""
        for column in (*self.columns, *PROVENANCE):
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Names of the columns without which the table is refused."""
        return tuple(c.name for c in self.columns if c.required)

    @property
    def period_column(self) -> str | None:
        """Name of the column that dates the fact (``period`` or ``year``), if the table has one."""
        for column in self.columns:
            if column.kind == "period" and column.name in {"period", "year"}:
                return column.name
        return None

    @property
    def clean_schema(self) -> dict[str, type[pl.DataType]]:
        """Columns and types of the clean table, in order.

        After the table's own columns and the provenance come ``row`` (1 is the first data row of the
        source), ``period_start`` and ``period_end`` (where the table has a period), and ``known_on`` with
        ``known_on_defaulted`` (where the table has ``known_by`` columns). ``known_on`` is null where a row
        holds since ever (a firm's first row without ``valid_from``).
        """
        schema: dict[str, type[pl.DataType]] = {c.name: c.dtype for c in (*self.columns, *PROVENANCE)}
        schema["row"] = pl.Int64
        if self.period_column:
            schema["period_start"] = pl.Date
            schema["period_end"] = pl.Date
        if self.known_by:
            schema["known_on"] = pl.Date
            schema["known_on_defaulted"] = pl.Boolean
        return schema


PROVENANCE: tuple[Column, ...] = (
    Column(name="source_document", zh="来源文件", kind="text", meaning="The document the fact was read in."),
    Column(name="page", zh="页码", kind="text", meaning="Page of that document."),
)
"""Columns that any row of any table may carry."""


def _firm_id() -> Column:
    return Column(
        name="firm_id",
        zh="统一社会信用代码",
        kind="text",
        required=True,
        meaning="Unified social credit code (GB 32100-2015), LEI (ISO 17442) or the bank's own id under id_scheme.",
        aliases=("企业编号", "社会信用代码", "信用代码", "企业代码"),
    )


def _published_on() -> Column:
    return Column(
        name="published_on",
        zh="披露日期",
        kind="date",
        meaning="Day on which the fact was published; a restatement is another row with a later day.",
        aliases=("发布日期", "公布日期"),
    )


def _period() -> Column:
    return Column(
        name="period",
        zh="期间",
        kind="period",
        required=True,
        meaning="A year (2023), a quarter (2023Q2) or a month (2023-05).",
        aliases=("报告期", "所属期"),
    )


def _quantity(meaning: str, minimum: float | None = 0.0) -> Column:
    return Column(
        name="quantity",
        zh="数量",
        kind="number",
        required=True,
        meaning=meaning,
        minimum=minimum,
        aliases=("数值", "用量", "排放量"),
    )


def _unit(*, required: bool = True) -> Column:
    return Column(
        name="unit",
        zh="单位",
        kind="unit",
        required=required,
        meaning="Unit of the quantity.",
        aliases=("计量单位",),
    )


def _site() -> Column:
    return Column(
        name="site",
        zh="厂区",
        kind="text",
        meaning="Site of the firm; empty for the whole firm.",
        aliases=("场地", "工厂", "厂址"),
    )


def _currency() -> Column:
    return Column(
        name="currency",
        zh="币种",
        kind="currency",
        default="CNY",
        meaning="Currency of the row's money, with its multiple: CNY, 万元, 亿元, USD, kEUR.",
        aliases=("货币", "金额单位"),
    )


def _number(
    name: str,
    zh: str,
    meaning: str,
    unit: str = "",
    minimum: float | None = 0.0,
    maximum: float | None = None,
) -> Column:
    return Column(
        name=name, zh=zh, kind="number", meaning=meaning, unit=unit, minimum=minimum, maximum=maximum
    )


def _money(
    name: str, zh: str, meaning: str, minimum: float | None = 0.0, *, aliases: tuple[str, ...] = ()
) -> Column:
    return Column(
        name=name, zh=zh, kind="money", meaning=meaning, unit="10k CNY", minimum=minimum, aliases=aliases
    )


_TABLES = (
    Table(
        name="firms",
        zh="企业",
        meaning="Who the firm is; a later row records a change of industry or region.",
        key=("firm_id", "valid_from"),
        needed_to="score",
        known_by=("valid_from",),
        aliases=("企业信息", "企业表"),
        columns=(
            _firm_id(),
            Column(
                name="id_scheme",
                zh="编号类型",
                kind="choice",
                meaning="What firm_id is; told from its form where empty.",
                choices=MappingProxyType(
                    {
                        "uscc": ("统一社会信用代码", "USCC"),
                        "lei": ("LEI", "法人机构识别编码"),
                        "bank": ("银行内部编号", "own", "内部编号"),
                    }
                ),
                aliases=("代码类型",),
            ),
            Column(
                name="name",
                zh="企业名称",
                kind="text",
                meaning="Registered name.",
                aliases=("公司名称", "名称"),
            ),
            Column(
                name="industry",
                zh="行业代码",
                kind="text",
                meaning="Industry code of 2 to 6 characters under industry_scheme.",
                aliases=("国民经济行业代码", "行业"),
            ),
            Column(
                name="industry_scheme",
                zh="行业分类标准",
                kind="choice",
                default="GBT4754",
                meaning="The classification that industry is a code of.",
                choices=MappingProxyType(
                    {
                        "GBT4754": ("GB/T 4754", "GB/T 4754-2017", "GBT4754-2017", "国民经济行业分类"),
                        "ISIC4": ("ISIC", "ISIC Rev.4"),
                        "NACE2": ("NACE", "NACE Rev.2"),
                        "NACE2.1": ("NACE Rev.2.1",),
                        "NAICS2017": ("NAICS 2017",),
                        "NAICS2022": ("NAICS", "NAICS 2022"),
                    }
                ),
            ),
            Column(
                name="region",
                zh="地区",
                kind="text",
                meaning="GB/T 2260 code of six digits, or ISO 3166-1 or 3166-2.",
                aliases=("行政区划代码", "省份", "所在地区"),
            ),
            Column(
                name="founded_on",
                zh="成立日期",
                kind="date",
                meaning="Day of founding.",
                aliases=("注册日期",),
            ),
            Column(
                name="valid_from",
                zh="生效日期",
                kind="date",
                meaning="Day from which the row holds; empty for since ever.",
            ),
        ),
    ),
    Table(
        name="ownership",
        zh="股权",
        meaning="Who owns the firm, by share and date.",
        key=("firm_id", "parent_id", "valid_from"),
        known_by=("valid_from",),
        aliases=("股东", "股权关系"),
        columns=(
            _firm_id(),
            Column(name="parent_id", zh="母公司代码", kind="text", required=True, meaning="Id of the owner."),
            Column(name="parent_name", zh="母公司名称", kind="text", meaning="Name of the owner."),
            _number("share", "持股比例", "Share owned, 0 to 1.", "share", 0.0, 1.0),
            Column(name="valid_from", zh="生效日期", kind="date", meaning="First day of the holding."),
            Column(
                name="valid_to",
                zh="失效日期",
                kind="date",
                meaning="Last day of the holding; empty while it lasts.",
            ),
        ),
    ),
    Table(
        name="annual",
        zh="年报",
        meaning="A firm's year in money, people, water and waste.",
        key=("firm_id", "year", "published_on"),
        known_by=("published_on",),
        reporting_delay_days=120,
        aliases=("年度数据", "财务", "年度"),
        columns=(
            _firm_id(),
            Column(
                name="year",
                zh="年度",
                kind="period",
                required=True,
                meaning="The fiscal year.",
                aliases=("年份", "会计年度"),
            ),
            _published_on(),
            _currency(),
            _money("revenue", "营业收入", "Operating revenue.", aliases=("营收", "销售收入")),
            _money("value_added", "工业增加值", "Industrial value added.", minimum=None, aliases=("增加值",)),
            _money("ebitda", "息税折旧摊销前利润", "EBITDA.", minimum=None),
            _money("total_assets", "资产总计", "Total assets.", aliases=("总资产",)),
            _money("total_liabilities", "负债合计", "Total liabilities.", aliases=("总负债",)),
            _money("total_debt", "有息负债", "Interest-bearing debt."),
            _money("total_equity", "所有者权益合计", "Total equity.", minimum=None),
            _money("cash", "货币资金", "Cash and equivalents."),
            _money("evic", "含现金企业价值", "Enterprise value including cash (listed firms)."),
            _money("interest_expense", "利息支出", "Interest expense."),
            _number("employees", "从业人员", "Employees at year end.", "persons"),
            _number("insured_employees", "参保人数", "Employees in social insurance.", "persons"),
            _number(
                "eu_export_share", "对欧盟出口占比", "Share of revenue exported to the EU.", "share", 0.0, 1.0
            ),
            _money("green_revenue", "绿色收入", "Revenue from green products and services."),
            _money("green_capex", "绿色资本支出", "Green capital expenditure."),
            _money("capex", "资本支出", "Capital expenditure."),
            _money("green_rd", "绿色研发支出", "Green research and development."),
            _money("rd", "研发支出", "Research and development."),
            _money("pollution_control_spend", "污染治理支出", "Spending on pollution control."),
            _money("environmental_tax", "环境保护税", "Environmental protection tax paid."),
            _number("water_withdrawn", "取水量", "Water withdrawn.", "m3"),
            _number("water_reused", "重复用水量", "Water reused.", "m3"),
            _number("waste", "固体废物产生量", "Solid waste generated.", "t"),
            _number("waste_recycled", "固体废物综合利用量", "Solid waste recycled.", "t"),
            _number("hazardous_waste", "危险废物产生量", "Hazardous waste generated.", "t"),
            _number("injuries", "工伤人数", "Injuries.", "persons"),
            _number("hours_worked", "总工时", "Hours worked.", "h"),
            Column(
                name="tax_credit_rating",
                zh="纳税信用等级",
                kind="choice",
                meaning="Tax credit rating of the State Taxation Administration.",
                choices=MappingProxyType(
                    {"A": ("A级",), "B": ("B级",), "M": ("M级",), "C": ("C级",), "D": ("D级",)}
                ),
            ),
        ),
    ),
    Table(
        name="energy",
        zh="能源",
        meaning="Energy by carrier and flow.",
        key=("firm_id", "period", "carrier", "flow", "site", "published_on"),
        known_by=("published_on",),
        reporting_delay_days=60,
        aliases=("能源消费", "能耗"),
        columns=(
            _firm_id(),
            _period(),
            Column(
                name="carrier",
                zh="能源品种",
                kind="text",
                required=True,
                meaning="Id, name or alias of the carrier table.",
                aliases=("能源种类", "品种"),
            ),
            Column(
                name="flow",
                zh="流向",
                kind="choice",
                default="purchased",
                meaning="Purchased, self-generated, sold, or feedstock.",
                choices=MappingProxyType(
                    {
                        "purchased": ("外购", "购入"),
                        "self_generated": ("自产", "自发", "自发自用"),
                        "sold": ("外售", "外供"),
                        "feedstock": ("原料", "用作原料"),
                    }
                ),
            ),
            _site(),
            _quantity("How much."),
            _unit(),
            Column(
                name="basis",
                zh="数据来源",
                kind="choice",
                meaning="How the quantity is known.",
                choices=MappingProxyType(
                    {
                        "metered": ("计量", "实测", "表计"),
                        "invoiced": ("发票", "票据"),
                        "estimated": ("估算", "估计"),
                    }
                ),
                aliases=("计量方式",),
            ),
            _published_on(),
        ),
    ),
    Table(
        name="production",
        zh="产量",
        meaning="Output by product, with the energy and emissions allocated to it.",
        key=("firm_id", "period", "product", "published_on"),
        known_by=("published_on",),
        reporting_delay_days=60,
        aliases=("产品产量", "生产"),
        columns=(
            _firm_id(),
            _period(),
            Column(
                name="product",
                zh="产品",
                kind="text",
                required=True,
                meaning="Id or name of the benchmark table, electricity, or free text.",
                aliases=("产品名称",),
            ),
            _quantity("Output."),
            _unit(),
            _number("energy", "产品能耗", "Energy allocated to the product, in energy_unit.", minimum=None),
            Column(name="energy_unit", zh="能耗单位", kind="unit", meaning="Unit of energy."),
            _number("emissions", "产品排放", "Embedded emissions, in emissions_unit."),
            Column(name="emissions_unit", zh="排放单位", kind="unit", meaning="Unit of emissions."),
            Column(
                name="cn_code", zh="CN编码", kind="text", meaning="Combined Nomenclature code of the good."
            ),
            Column(
                name="taxonomy_id",
                zh="分类法编号",
                kind="text",
                meaning="Id of the EU Taxonomy threshold table.",
            ),
            _published_on(),
        ),
    ),
    Table(
        name="emissions",
        zh="排放",
        meaning="Greenhouse gases by scope and pollutants by substance.",
        key=("firm_id", "period", "scope", "category", "substance", "site", "published_on"),
        known_by=("published_on",),
        reporting_delay_days=120,
        aliases=("排放数据", "温室气体"),
        columns=(
            _firm_id(),
            _period(),
            Column(
                name="scope",
                zh="范围",
                kind="choice",
                default="none",
                meaning="1, 2-location, 2-market, 3, or none for pollutants.",
                choices=MappingProxyType(
                    {
                        "1": ("范围1", "范围一", "scope 1", "1.0"),
                        "2-location": (
                            "范围2",
                            "范围二",
                            "2",
                            "scope 2",
                            "2.0",
                            "范围2-位置",
                            "范围二（位置）",
                        ),
                        "2-market": ("范围2-市场", "范围二（市场）"),
                        "3": ("范围3", "范围三", "scope 3", "3.0"),
                        "none": ("无", "污染物"),
                    }
                ),
            ),
            Column(
                name="category",
                zh="类别",
                kind="integer",
                meaning="Category 1 to 15 of scope 3.",
                minimum=1,
                maximum=15,
            ),
            Column(
                name="substance",
                zh="物质",
                kind="text",
                required=True,
                meaning="CO2, CO2_biogenic, CH4, N2O, SF6, NF3, HFCs, PFCs, HFEs, other_fluorinated, very_short_lived, "
                "other_ghg, a substance of the warming-potential table, CO2e, SO2, NOx, PM, COD or NH3-N.",
                aliases=("气体", "污染物"),
            ),
            _site(),
            _quantity("How much."),
            _unit(),
            Column(name="method", zh="核算方法", kind="text", meaning="Method of accounting."),
            Column(
                name="assurance",
                zh="鉴证程度",
                kind="choice",
                meaning="None, limited or reasonable assurance.",
                choices=MappingProxyType(
                    {"none": ("无",), "limited": ("有限保证", "有限"), "reasonable": ("合理保证", "合理")}
                ),
            ),
            Column(name="verifier", zh="核查机构", kind="text", meaning="Who verified."),
            _published_on(),
        ),
    ),
    Table(
        name="certifications",
        zh="认证",
        meaning="Certificates, one row per event.",
        key=("firm_id", "scheme", "certificate_no", "period", "status_on", "published_on"),
        known_by=("published_on", "status_on", "issued_on"),
        aliases=("证书", "认证证书"),
        columns=(
            _firm_id(),
            Column(
                name="scheme",
                zh="认证类型",
                kind="text",
                required=True,
                meaning="Id, name or alias of the certification table.",
                aliases=("认证项目", "证书类型"),
            ),
            Column(name="certificate_no", zh="证书编号", kind="text", meaning="Number of the certificate."),
            Column(
                name="period",
                zh="期间",
                kind="period",
                meaning="Energy certificates: when the energy was produced.",
            ),
            Column(name="issuer", zh="发证机构", kind="text", meaning="Who issued it."),
            Column(name="accreditation", zh="认可机构", kind="text", meaning="Who accredited the issuer."),
            Column(name="scope", zh="认证范围", kind="text", meaning="What the certificate covers."),
            Column(name="issued_on", zh="发证日期", kind="date", meaning="First day of validity."),
            Column(
                name="expires_on",
                zh="有效期至",
                kind="date",
                meaning="Last day of validity.",
                aliases=("到期日期",),
            ),
            Column(
                name="status",
                zh="证书状态",
                kind="choice",
                default="valid",
                meaning="Status from status_on.",
                choices=MappingProxyType(
                    {"valid": ("有效",), "suspended": ("暂停",), "withdrawn": ("撤销", "注销")}
                ),
            ),
            Column(
                name="status_on",
                zh="状态日期",
                kind="date",
                meaning="Day from which the status holds; issued_on where empty.",
            ),
            _number("site_coverage", "场所覆盖率", "Share of the firm's sites covered.", "share", 0.0, 1.0),
            Column(name="level", zh="等级", kind="text", meaning="Level, where the scheme has levels."),
            Column(name="product", zh="产品", kind="text", meaning="Product of a label or footprint."),
            _number("quantity", "数量", "Energy certificates: electricity; footprints: per unit of product."),
            Column(name="unit", zh="单位", kind="unit", meaning="Unit of the quantity."),
            Column(
                name="retired_on",
                zh="注销日期",
                kind="date",
                meaning="Energy certificates: day of cancellation for this firm.",
            ),
            Column(
                name="verified_on",
                zh="查询日期",
                kind="date",
                meaning="Day on which the register confirmed it.",
            ),
            _published_on(),
        ),
    ),
    Table(
        name="incidents",
        zh="违规事件",
        meaning="Penalties and accidents; a later recorded_on updates the same incident.",
        key=("firm_id", "incident_id", "recorded_on"),
        known_by=("published_on", "recorded_on"),
        aliases=("处罚", "事件", "行政处罚"),
        columns=(
            _firm_id(),
            Column(
                name="incident_id",
                zh="事件编号",
                kind="text",
                required=True,
                meaning="Number of the decision.",
                aliases=("文号",),
            ),
            Column(name="occurred_on", zh="发生日期", kind="date", required=True, meaning="Day it happened."),
            Column(
                name="kind",
                zh="事件类型",
                kind="choice",
                required=True,
                meaning="What was broken.",
                choices=MappingProxyType(
                    {
                        "environmental": ("环境", "环保"),
                        "safety": ("安全", "安全生产"),
                        "labour": ("劳动", "用工"),
                        "tax": ("税务",),
                        "dishonesty": ("失信",),
                        "product": ("产品", "产品质量"),
                    }
                ),
            ),
            Column(
                name="severity",
                zh="严重程度",
                kind="integer",
                required=True,
                meaning="1 minor to 4 critical.",
                minimum=1,
                maximum=4,
            ),
            _money("fine", "罚款金额", "Fine."),
            _currency(),
            Column(
                name="rectified_on",
                zh="整改完成日期",
                kind="date",
                meaning="Day of remedy; empty while open.",
            ),
            Column(
                name="recorded_on",
                zh="记录日期",
                kind="date",
                required=True,
                meaning="Day it became known.",
                aliases=("公示日期",),
            ),
            _published_on(),
        ),
    ),
    Table(
        name="checks",
        zh="查询记录",
        meaning="That a register or source behind a table was asked for this firm.",
        key=("firm_id", "table", "kind", "source", "checked_on"),
        known_by=("checked_on",),
        aliases=("核查记录", "查询"),
        columns=(
            _firm_id(),
            Column(
                name="table",
                zh="对象表",
                kind="choice",
                required=True,
                meaning="The table whose source was asked.",
                choices=MappingProxyType(
                    {"incidents": ("违规事件", "处罚"), "certifications": ("认证", "证书")}
                ),
            ),
            Column(
                name="kind", zh="查询类型", kind="text", meaning="Incident kind or scheme; empty for all."
            ),
            Column(name="source", zh="查询来源", kind="text", meaning="The register or source."),
            Column(name="from", zh="起始日期", kind="date", meaning="First day the answer covers."),
            Column(
                name="to",
                zh="截止日期",
                kind="date",
                meaning="Last day the answer covers; checked_on where empty.",
            ),
            Column(name="checked_on", zh="查询日期", kind="date", required=True, meaning="Day of asking."),
        ),
    ),
    Table(
        name="equipment",
        zh="设备",
        meaning="Energy-using and energy-making equipment, one row per machine.",
        key=("firm_id", "equipment_id", "published_on"),
        known_by=("published_on", "commissioned_on"),
        aliases=("设备清单", "设备台账"),
        columns=(
            _firm_id(),
            Column(
                name="equipment_id",
                zh="设备编号",
                kind="text",
                required=True,
                meaning="The firm's number of the machine.",
                aliases=("设备号",),
            ),
            Column(
                name="kind",
                zh="设备类型",
                kind="choice",
                required=True,
                meaning="What machine it is.",
                choices=MappingProxyType(
                    {
                        "boiler": ("锅炉", "工业锅炉"),
                        "motor": ("电机", "电动机"),
                        "transformer": ("变压器", "配电变压器"),
                        "compressor": ("压缩机", "空压机", "空气压缩机"),
                        "pump": ("泵", "水泵"),
                        "fan": ("风机", "通风机"),
                        "kiln": ("窑", "窑炉"),
                        "furnace": ("炉", "工业炉"),
                        "chiller": ("冷水机组", "制冷机"),
                        "server": ("服务器",),
                        "generator": ("发电机", "发电机组"),
                        "photovoltaic": ("光伏", "光伏发电"),
                        "wind_turbine": ("风电机组", "风力发电机"),
                    }
                ),
            ),
            _number("rated_power", "额定功率", "Rated power.", "kW"),
            Column(
                name="efficiency_grade",
                zh="能效等级",
                kind="integer",
                meaning="Energy-efficiency grade, 1 best to 3.",
                minimum=1,
                maximum=3,
            ),
            Column(name="commissioned_on", zh="投运日期", kind="date", meaning="First day in service."),
            Column(
                name="retired_on",
                zh="停用日期",
                kind="date",
                meaning="Day of retirement; empty while in service.",
            ),
            _published_on(),
        ),
    ),
    Table(
        name="ecology",
        zh="生态与碳",
        meaning="Horizontal ecological compensation, sinks, allowances and captured carbon.",
        key=("firm_id", "period", "kind", "element", "counterparty_region", "published_on"),
        known_by=("published_on",),
        reporting_delay_days=120,
        aliases=("生态补偿", "生态"),
        columns=(
            _firm_id(),
            _period(),
            Column(
                name="kind",
                zh="项目",
                kind="choice",
                required=True,
                meaning="What the amount is: compensation between regions (money; vertical transfers stay out), "
                "or sink credits, verified emissions, allowances and captured carbon (tCO2e).",
                choices=MappingProxyType(
                    {
                        "compensation_due": ("应付补偿", "应付生态补偿"),
                        "compensation_paid": ("已付补偿", "已付生态补偿"),
                        "compensation_received": ("已收补偿", "已收生态补偿"),
                        "sink_credits": ("碳汇", "碳汇量"),
                        "verified_emissions": ("核查排放量", "经核查排放量"),
                        "allowances_allocated": ("配额分配量", "已分配配额"),
                        "allowances_surrendered": ("配额清缴量", "已清缴配额"),
                        "co2_stored": ("二氧化碳封存量", "封存量"),
                        "co2_used": ("二氧化碳利用量", "利用量"),
                    }
                ),
            ),
            Column(
                name="element",
                zh="生态要素",
                kind="choice",
                meaning="What the compensation or the sink is about; empty for all of it.",
                choices=MappingProxyType(
                    {
                        "river": ("河流", "流域", "水流"),
                        "forest": ("森林",),
                        "grassland": ("草原", "草地"),
                        "air": ("大气", "空气"),
                        "other": ("其他",),
                    }
                ),
            ),
            Column(
                name="amount",
                zh="数额",
                kind="number",
                required=True,
                meaning="How much, in unit.",
                minimum=0.0,
                aliases=("数量", "金额"),
            ),
            Column(
                name="unit",
                zh="单位",
                kind="unit",
                required=True,
                meaning="A currency with its multiple (compensation) or tCO2e (everything else).",
                aliases=("计量单位",),
            ),
            Column(
                name="counterparty_region",
                zh="对方地区",
                kind="text",
                meaning="The region on the other side; empty for all of them.",
            ),
            _published_on(),
        ),
    ),
    Table(
        name="applications",
        zh="贷款申请",
        meaning="What is to be decided.",
        key=("application_id",),
        needed_to="score",
        aliases=("申请", "授信申请"),
        columns=(
            Column(
                name="application_id",
                zh="申请编号",
                kind="text",
                required=True,
                meaning="The bank's number of the application.",
                aliases=("业务编号",),
            ),
            _firm_id(),
            Column(
                name="as_of",
                zh="决策日期",
                kind="date",
                required=True,
                meaning="Day on which the decision is taken.",
                aliases=("审批日期", "申请日期"),
            ),
            _money("amount", "申请金额", "Amount applied for.", aliases=("贷款金额",)),
            _currency(),
            _number("tenor_months", "期限", "Tenor.", "months", 0.0, 600.0),
            Column(
                name="purpose",
                zh="用途",
                kind="text",
                meaning="Green-finance catalogue code or free text.",
                aliases=("贷款用途",),
            ),
            Column(
                name="project_kind",
                zh="项目类型",
                kind="choice",
                meaning="What the loan pays for.",
                choices=MappingProxyType(
                    {
                        "working_capital": ("流动资金", "流动资金贷款"),
                        "new_line": ("新建", "新建项目"),
                        "retrofit": ("技改", "技术改造"),
                    }
                ),
            ),
            Column(
                name="project_product", zh="项目产品", kind="text", meaning="Product of the financed line."
            ),
            _number("design_energy", "设计单耗", "Design energy per unit of product.", minimum=None),
            Column(
                name="design_energy_unit",
                zh="设计单耗单位",
                kind="unit",
                meaning="Unit of design_energy: energy per output, such as kgce/t.",
            ),
            Column(
                name="decision",
                zh="审批结果",
                kind="choice",
                meaning="What the bank decided.",
                choices=MappingProxyType(
                    {
                        "approved": ("批准", "通过"),
                        "declined": ("拒绝", "否决"),
                        "withdrawn": ("撤回", "撤销"),
                    }
                ),
            ),
            Column(name="disbursed_on", zh="放款日期", kind="date", meaning="Day of disbursement."),
            Column(
                name="observed_until",
                zh="观察截止日",
                kind="date",
                meaning="Last day to which the loan was watched.",
            ),
        ),
    ),
    Table(
        name="loans",
        zh="存量贷款",
        meaning="The existing book, one row per loan and day: for financed emissions and coverage.",
        key=("loan_id", "as_of"),
        aliases=("贷款台账", "贷款余额"),
        columns=(
            Column(
                name="loan_id",
                zh="贷款编号",
                kind="text",
                required=True,
                meaning="The bank's number of the loan.",
                aliases=("借据号", "合同编号"),
            ),
            _firm_id(),
            Column(
                name="as_of",
                zh="余额日期",
                kind="date",
                required=True,
                meaning="Day on which the balance stood so.",
                aliases=("统计日期",),
            ),
            _money("outstanding", "贷款余额", "Balance outstanding.", aliases=("余额",)),
            _currency(),
            Column(
                name="asset_class",
                zh="资产类别",
                kind="choice",
                default="business_loan",
                meaning="Asset class of the PCAF standard.",
                choices=MappingProxyType(
                    {
                        "business_loan": ("企业贷款", "经营性贷款"),
                        "listed_equity_bond": ("上市股权与债券", "上市公司债券"),
                        "project_finance": ("项目融资", "项目贷款"),
                    }
                ),
            ),
            Column(name="originated_on", zh="起始日期", kind="date", meaning="First day of the loan."),
            Column(name="matures_on", zh="到期日期", kind="date", meaning="Day on which it is to be repaid."),
        ),
    ),
    Table(
        name="outcomes",
        zh="贷款结果",
        meaning="What became of loans; needed to train, never seen by an indicator.",
        key=("application_id", "event"),
        needed_to="train",
        aliases=("结果", "违约"),
        columns=(
            Column(
                name="application_id",
                zh="申请编号",
                kind="text",
                required=True,
                meaning="The application.",
                aliases=("业务编号",),
            ),
            Column(
                name="event",
                zh="结果类型",
                kind="choice",
                required=True,
                meaning="Default, or an environmental event.",
                choices=MappingProxyType({"default": ("违约",), "environmental": ("环境事件",)}),
            ),
            Column(name="occurred_on", zh="发生日期", kind="date", required=True, meaning="Day it happened."),
            Column(
                name="label_origin",
                zh="标签来源",
                kind="choice",
                required=True,
                meaning="Observed or simulated; one value per dataset.",
                choices=MappingProxyType({"observed": ("真实", "实际"), "simulated": ("模拟",)}),
            ),
        ),
    ),
)

CONTRACT: Mapping[str, Table] = MappingProxyType({table.name: table for table in _TABLES})
"""Every table by its name."""
