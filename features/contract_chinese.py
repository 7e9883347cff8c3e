"""What the tables and columns of the contract mean, in Chinese: for templates and the documentation.

A column is looked up as ``table.column`` first and then by its name alone, because most columns mean the same in every
table. The English sentence stands in the contract.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.contract import Column, Table

__all__ = ["KINDS", "column_meaning", "table_meaning"]

KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "text": ("text", "文本"),
        "choice": ("choice", "选项"),
        "number": ("number", "数值"),
        "money": ("money", "金额"),
        "integer": ("whole number", "整数"),
        "date": ("date", "日期"),
        "period": ("period", "期间"),
        "unit": ("unit", "计量单位"),
        "currency": ("currency", "币种"),
    }
)
"""Kind of a column to its English and Chinese name."""

_TABLES: Mapping[str, str] = MappingProxyType(
    {
        "firms": "企业基本信息；行业或地区变更时另起一行，并填写生效日期。",
        "ownership": "企业的股东、持股比例及起止日期。",
        "annual": "企业一个年度的财务、人员、用水和固体废物数据。",
        "energy": "按能源品种和流向填报的能源数据。",
        "production": "按产品填报的产量，以及分摊到该产品的能耗和排放。",
        "emissions": "按范围填报的温室气体和按物质填报的污染物。",
        "certifications": "认证证书，每个事件（颁发、暂停、撤销、续证）一行。",
        "incidents": "处罚和事故；同一事件以后来的记录日期更新。",
        "checks": "已为该企业查询过某一来源的记录：查询过且没有记录才是零。",
        "equipment": "主要用能和发电设备，每台（套）一行。",
        "ecology": "横向生态补偿、碳汇、配额、已核查排放及碳捕集数据。",
        "applications": "待审批或已审批的贷款申请，每笔一行。",
        "loans": "存量贷款余额，用于投融资碳核算和覆盖面。",
        "outcomes": "贷款的结果；仅训练模型时需要，指标从不使用。",
    }
)

_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        # shared by many tables
        "firm_id": "统一社会信用代码（18 位）、LEI 编码（20 位），或银行内部编号（须注明编号类型）。",
        "published_on": "该数据公开披露的日期；更正数据另起一行，填写较晚的披露日期。",
        "period": "年（2023）、季度（2023Q2）或月（2023-05）。",
        "quantity": "数量，单位填在“单位”列。",
        "unit": "数量的计量单位。",
        "site": "数据所属厂区；空白表示整个企业。",
        "currency": "本行金额的币种和量级，如 元、万元、亿元、美元。",
        "valid_from": "自该日起生效；空白表示一直如此。",
        "source_document": "数据出自的文件名称。",
        "page": "数据在该文件中的页码。",
        "product": "产品名称。",
        "kind": "类型。",
        # firms and ownership
        "id_scheme": "企业编号属于哪一类；空白时按编号形式判断。",
        "name": "工商登记的企业名称。",
        "industry": "行业代码，2 至 6 位，按“行业分类标准”列的标准填写。",
        "industry_scheme": "行业代码所用的分类标准；空白按 GB/T 4754 处理。",
        "region": "GB/T 2260 六位行政区划代码，或 ISO 3166 代码。",
        "founded_on": "企业成立的日期。",
        "parent_id": "股东（母公司）的代码。",
        "parent_name": "股东（母公司）的名称。",
        "share": "持股比例，0 至 1（即 0% 至 100%）。",
        "ownership.valid_from": "持股的第一天。",
        "valid_to": "持股的最后一天；仍在持股时空白。",
        # annual
        "year": "会计年度。",
        "revenue": "营业收入。",
        "value_added": "工业增加值，可为负数。",
        "ebitda": "息税折旧摊销前利润，可为负数。",
        "total_assets": "资产总计。",
        "total_liabilities": "负债合计。",
        "total_debt": "有息负债合计。",
        "total_equity": "所有者权益合计，可为负数。",
        "cash": "货币资金及现金等价物。",
        "evic": "含现金企业价值（上市公司填写）。",
        "interest_expense": "利息支出。",
        "employees": "年末从业人员人数。",
        "insured_employees": "年末参加社会保险的人数。",
        "eu_export_share": "对欧盟出口占营业收入的比重，0 至 1。",
        "green_revenue": "绿色产品和服务的收入。",
        "green_capex": "绿色资本支出。",
        "capex": "资本支出。",
        "green_rd": "绿色研发支出。",
        "rd": "研发支出。",
        "pollution_control_spend": "用于污染治理的支出。",
        "environmental_tax": "缴纳的环境保护税。",
        "water_withdrawn": "全年取水量。",
        "water_reused": "全年重复用水量。",
        "waste": "一般工业固体废物产生量。",
        "waste_recycled": "固体废物综合利用量。",
        "hazardous_waste": "危险废物产生量。",
        "injuries": "工伤人数。",
        "hours_worked": "全体人员全年总工时。",
        "tax_credit_rating": "税务机关评定的纳税信用等级。",
        # energy, production, emissions
        "carrier": "能源品种名称，从下拉列表选择。",
        "flow": "外购、自产、外售或用作原料；空白按外购处理。",
        "basis": "数量的来源：计量、发票或估算。",
        "production.product": "能效标杆产品名称、电力，或其他产品的名称（仅计产量）。",
        "production.quantity": "产量，单位填在“单位”列。",
        "energy": "分摊到该产品的能耗，单位填在“能耗单位”列。",
        "energy_unit": "产品能耗的计量单位。",
        "emissions": "该产品的排放量，单位填在“排放单位”列。",
        "emissions_unit": "产品排放的计量单位。",
        "cn_code": "该产品的欧盟 CN 编码（涉及碳边境调节机制时填写）。",
        "taxonomy_id": "欧盟可持续分类法技术阈值表的编号。",
        "emissions.scope": "温室气体填范围 1、范围 2（位置法或市场法）或范围 3；污染物填“污染物”。",
        "category": "范围 3 的类别，1 至 15。",
        "substance": "温室气体或污染物，从下拉列表选择。",
        "method": "核算方法或指南名称。",
        "assurance": "数据经过何种程度的鉴证。",
        "verifier": "核查机构名称。",
        # certifications
        "scheme": "认证类型，从下拉列表选择。",
        "certificate_no": "证书编号。",
        "certifications.period": "绿证等能源证书：电量的生产期间。",
        "issuer": "发证机构。",
        "accreditation": "认可发证机构的机构。",
        "certifications.scope": "证书覆盖的业务或产品范围。",
        "issued_on": "证书生效的第一天。",
        "expires_on": "证书有效的最后一天。",
        "status": "自状态日期起的证书状态；空白按有效处理。",
        "status_on": "该状态开始的日期；空白按发证日期处理。",
        "site_coverage": "证书覆盖的场所占企业场所的比例，0 至 1。",
        "level": "等级（认证有等级时填写）。",
        "certifications.product": "产品标识或碳足迹所属的产品。",
        "certifications.quantity": "能源证书填电量；碳足迹填单位产品的数值。",
        "retired_on": "能源证书为本企业注销的日期。",
        "verified_on": "在登记系统中核实的日期。",
        # incidents and checks
        "incident_id": "处罚决定书文号或事件编号。",
        "occurred_on": "事件发生的日期。",
        "incidents.kind": "违反的是哪一方面的规定。",
        "severity": "严重程度：1 轻微至 4 特别严重。",
        "fine": "罚款金额；没有罚款填 0，不清楚则空白。",
        "rectified_on": "整改完成的日期；尚未完成时空白。",
        "recorded_on": "事件被公示或得知的日期。",
        "table": "查询的是哪张表的来源。",
        "checks.kind": "事件类型或认证类型；空白表示全部。",
        "source": "查询的登记系统或来源。",
        "from": "查询结果覆盖的第一天。",
        "to": "查询结果覆盖的最后一天；空白按查询日期处理。",
        "checked_on": "查询的日期。",
        # equipment and ecology
        "equipment_id": "设备编号。",
        "equipment.kind": "设备类型。",
        "rated_power": "设备额定功率。",
        "efficiency_grade": "能效等级：1 级最好，3 级最低。",
        "commissioned_on": "投入使用的日期。",
        "equipment.retired_on": "停用的日期；仍在使用时空白。",
        "ecology.kind": "补偿、碳汇、配额或碳捕集的类型。",
        "element": "生态要素：河流、森林、草原、大气或其他；空白表示全部。",
        "counterparty_region": "对方地区的行政区划代码（横向生态补偿填写）；空白表示全部。",
        "ecology.amount": "金额或数量，单位填在“单位”列。",
        "ecology.unit": "金额的币种量级或数量的计量单位。",
        # applications, loans, outcomes
        "application_id": "银行的贷款申请编号。",
        "as_of": "作出审批决定的日期。",
        "amount": "申请金额。",
        "tenor_months": "贷款期限（月）。",
        "purpose": "绿色金融目录代码，或文字说明。",
        "project_kind": "贷款用于什么。",
        "project_product": "所融资生产线的产品。",
        "design_energy": "项目设计的单位产品能耗，单位填在“设计单耗单位”列。",
        "design_energy_unit": "设计单耗的单位，如 kgce/t。",
        "decision": "银行的审批结果。",
        "disbursed_on": "放款日期。",
        "observed_until": "对该笔贷款观察到的最后一天。",
        "loan_id": "银行的借据或合同编号。",
        "loans.as_of": "余额所属的日期。",
        "outstanding": "贷款余额。",
        "asset_class": "PCAF 资产类别。",
        "originated_on": "贷款发放的日期。",
        "matures_on": "贷款到期的日期。",
        "event": "违约或环境事件。",
        "outcomes.occurred_on": "违约或环境事件发生的日期。",
        "label_origin": "标签是真实观察的还是模拟的；同一数据集只能有一种。",
    }
)


def table_meaning(table: Table) -> str:
    """Return what a table holds, in Chinese; its Chinese name where nothing more is said.

    Examples
    --------
    >>> from features.contract import CONTRACT
    >>> table_meaning(CONTRACT["energy"])
    '按能源品种和流向填报的能源数据。'
    """
    return _TABLES.get(table.name, f"{table.zh}。")


def column_meaning(table: Table, column: Column) -> str:
    """Return what a column of a table means, in Chinese; its Chinese name where nothing more is said.

    Examples
    --------
    >>> from features.contract import CONTRACT
    >>> firms = CONTRACT["firms"]
    >>> column_meaning(firms, firms.column("founded_on"))
    '企业成立的日期。'
    """
    said = _COLUMNS.get(f"{table.name}.{column.name}") or _COLUMNS.get(column.name)
    return said or f"{column.zh}。"
