"""What the template says: the note and the example of each column, and the cover, in the languages asked for."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from features.contract_chinese import KINDS, column_meaning
from features.template.lists import choice_label, drop_down

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.contract import Column, Table
    from features.template.lists import Language

__all__ = ["RULES", "example", "note", "said", "sheet_name", "unit_text"]

RULES: tuple[tuple[str, str], ...] = (
    (
        "每行只填一个事实：一家企业、一个期间、一个品种（物质、产品、证书）一行。",
        "One fact per row: one firm, one period, one carrier (substance, product, certificate) per row.",
    ),
    (
        "没有的数据请留空，不要填 0。0 表示“已核实为零”，空白表示“未提供”。",
        "Leave empty what you do not have; never write 0. Zero means it was found to be zero, empty means not handed in.",
    ),
    (
        "数量和单位分两列填写；从下拉列表选单位，或填写任何常用单位。",
        "Quantity and unit have a column each; pick the unit from the list, or write any usual one.",
    ),
    (
        "金额填数字，币种和量级（元、万元、亿元、美元）填在“币种”列；币种空白按元处理。",
        "Write money as a number, its currency with the multiple (CNY, 10k CNY, USD million) in a column; empty means CNY.",
    ),
    (
        "期间写作 2023（年）、2023Q2（季度）或 2023-05（月）；日期写作 2023-12-31。",
        "Write a period as 2023 (year), 2023Q2 (quarter) or 2023-05 (month), a day as 2023-12-31.",
    ),
    (
        "更正已披露的数据时另起一行，填写较晚的披露日期；不要改动原来的行。",
        "Correct a published fact by another row with a later day of publication; leave the earlier row as it is.",
    ),
    (
        "深色表头的列必填；缺少必填值的行会被隔离并说明原因，其余行照常评分。鼠标停在表头上可看到说明。",
        "A dark header marks a required column; a row without it is set apart with the reason. Rest the pointer on a header.",
    ),
    (
        "不要更改工作表名称和表头；不需要的工作表可以留空或删除。",
        "Keep the names of sheets and headers; sheets that you do not need may stay empty or be deleted.",
    ),
    (
        "只填企业数据，不要填写任何个人信息（姓名、电话、身份证号）。",
        "Firms only: hand in no data on persons (names, telephone numbers, identity numbers).",
    ),
)
"""The rules of the cover, Chinese and English."""

_EXAMPLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "firm_id": ("KH0001", "KH0001"),
        "parent_id": ("KH0002", "KH0002"),
        "id_scheme": ("银行内部编号", "bank"),
        "name": ("示例建材有限公司", "Example Building Materials Ltd"),
        "parent_name": ("示例集团有限公司", "Example Group Ltd"),
        "industry": ("3011", "3011"),
        "region": ("370100", "370100"),
        "site": ("一厂", "Plant 1"),
        "cn_code": ("2523 10 00", "2523 10 00"),
        "carrier": ("原煤", "Raw coal"),
        "product": ("水泥熟料", "Cement clinker"),
        "project_product": ("水泥熟料", "Cement clinker"),
        "substance": ("CO2", "CO2"),
        "taxonomy_id": ("tax_grey_clinker", "tax_grey_clinker"),
        "method": ("GB/T 32150-2015", "GB/T 32150-2015"),
        "verifier": ("示例核查机构", "Example Verifier"),
        "scheme": ("环境管理体系认证", "Environmental management system"),
        "certificate_no": ("EMS-2023-001", "EMS-2023-001"),
        "issuer": ("示例认证中心", "Example Certification"),
        "accreditation": ("CNAS", "CNAS"),
        "certifications.scope": ("水泥熟料生产", "Making of cement clinker"),
        "level": ("一级", "1"),
        "incident_id": ("环罚〔2023〕1号", "EP 2023-1"),
        "source": ("生态环境主管部门网站", "Website of the environment authority"),
        "checks.kind": ("环境", "environmental"),
        "equipment_id": ("SB-001", "EQ-001"),
        "counterparty_region": ("340000", "340000"),
        "application_id": ("SQ2024-001", "AP2024-001"),
        "loan_id": ("JJ2024-001", "LN2024-001"),
        "purpose": ("水泥窑余热发电", "Waste-heat power of a cement kiln"),
        "design_energy": ("100", "100"),
        "design_energy_unit": ("kgce/t", "kgce/t"),
        "source_document": ("2023年度社会责任报告.pdf", "sustainability_report_2023.pdf"),
        "page": ("12", "12"),
        "severity": ("2", "2"),
        "category": ("1", "1"),
        "efficiency_grade": ("2", "2"),
        "tenor_months": ("36", "36"),
    }
)
"""Column (or ``table.column``) to an example, Chinese and English; the others have one by their kind."""

_BY_KIND: Mapping[str, str] = MappingProxyType(
    {
        "number": "1234.5",
        "money": "1234.5",
        "integer": "1",
        "date": "2023-12-31",
        "period": "2023",
        "text": "",
    }
)


def said(chinese: str, english: str, *, language: Language, between: str = "\n") -> str:
    """Return a text in the language asked for, or in both.

    Examples
    --------
    >>> said("单位", "unit", language="both", between=" "), said("单位", "unit", language="en")
    ('单位 unit', 'unit')
    """
    return {"zh": chinese, "en": english, "both": f"{chinese}{between}{english}"}[language]


def sheet_name(table: Table, *, language: Language) -> str:
    """Return the name of a table's sheet, which intake knows in Chinese and in English."""
    return table.name if language == "en" else table.zh


def example(table: Table, column: Column, *, language: Language) -> str:
    """Return a cell as it may be filled in; empty where no example helps.

    Examples
    --------
    >>> from features.contract import CONTRACT
    >>> energy = CONTRACT["energy"]
    >>> [example(energy, energy.column(name), language="both") for name in ("carrier", "quantity", "unit", "flow")]
    ['原煤', '1234.5', '吨', '外购']
    """
    pair = _EXAMPLES.get(f"{table.name}.{column.name}") or _EXAMPLES.get(column.name)
    # A name that several tables share may be a list in one of them: its own entries come first.
    entries = drop_down(table, column, language=language)
    given = pair[1 if language == "en" else 0] if pair else ""
    if given and (not entries or given in entries):
        return given
    if entries:
        return entries[0]
    if column.unit == "share":
        return "0.35"
    if column.unit == "persons":
        return "120"
    return _BY_KIND.get(column.kind, "")


def unit_text(column: Column, *, language: Language) -> str:
    """Return in which unit a column is filled in; empty where it has none.

    Examples
    --------
    >>> from features.contract import CONTRACT
    >>> unit_text(CONTRACT["annual"].column("water_withdrawn"), language="zh")
    'm3'
    >>> unit_text(CONTRACT["annual"].column("revenue"), language="en")
    'in the currency of the row'
    """
    if column.kind == "money":
        return said("按本行币种", "in the currency of the row", language=language, between=" ")
    if column.unit == "share":
        return said(
            "比例（0 至 1，或百分数）", "share (0 to 1, or a percentage)", language=language, between=" "
        )
    return {"persons": said("人", "persons", language=language, between=" ")}.get(column.unit, column.unit)


def note(table: Table, column: Column, *, language: Language) -> str:
    """Return the note on a header: name, meaning, kind, unit, whether it is required, default, example.

    Examples
    --------
    >>> from features.contract import CONTRACT
    >>> print(note(CONTRACT["energy"], CONTRACT["energy"].column("flow"), language="both"))
    流向 flow
    外购、自产、外售或用作原料；空白按外购处理。
    Purchased, self-generated, sold, or feedstock.
    类型 kind: 选项 choice
    可留空 optional; 空白时取 empty means: 外购
    示例 example: 外购
    """
    heading = {"zh": column.zh, "en": column.name, "both": f"{column.zh} {column.name}"}[language]
    kind_en, kind_zh = KINDS[column.kind]

    def label(chinese: str, english: str) -> str:
        return said(chinese, english, language=language, between=" ")

    lines = [heading, said(column_meaning(table, column), column.meaning, language=language)]
    lines.append(f"{label('类型', 'kind')}: {label(kind_zh, kind_en)}")
    unit = unit_text(column, language=language)
    if unit:
        lines.append(f"{label('单位', 'unit')}: {unit}")
    wanted = label("必填", "required") if column.required else label("可留空", "optional")
    if column.default is not None:
        default = column.default
        if column.kind == "choice":
            default = choice_label(column, default, language=language)
        wanted += f"; {label('空白时取', 'empty means')}: {default}"
    lines.append(wanted)
    shown = example(table, column, language=language)
    if shown:
        lines.append(f"{label('示例', 'example')}: {shown}")
    return "\n".join(lines)
