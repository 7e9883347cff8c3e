"""Who the firm of a VSME form is: its identifier, NACE code and country."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from features.forms import vsme_names as names
from features.forms._vsme_cells import as_text, column, one
from features.identifiers import valid_lei

if TYPE_CHECKING:
    from features.forms._named_workbook import NamedWorkbook
    from features.forms._vsme_form import Form, Row

__all__ = ["firm", "identity"]

_NACE_ENTRY = re.compile(r"^(?:NACE )?([A-V]) - (\d\d(?:\.\d{1,2})?) ")


def identity(book: NamedWorkbook, identifier: str) -> tuple[str, str]:
    """Return the firm's id and what it is: an LEI, else the bank's own number with the scheme in front."""
    scheme = as_text(one(book, names.SCHEME)) or ""
    if scheme == "LEI" and pl.select(valid_lei(pl.lit(identifier))).item():
        return identifier, "lei"
    prefix = f"{scheme.upper().replace(' ', '')}:" if scheme else ""
    return (identifier if identifier.startswith(prefix) else prefix + identifier), "bank"


def firm(form: Form) -> Row:
    """Return the row of the table firms: id, name, first NACE code and country."""
    book = form.book
    scheme = as_text(one(book, names.SCHEME)) or ""
    known = identity(book, form.firm_id)[1]
    if scheme == "LEI" and known != "lei":
        form.note(
            "firms",
            "firm_id",
            f"The form calls {form.firm_id} an LEI, but its check digits do not fit; it was taken for the bank's own number.",
            f"表中将{form.firm_id}填为LEI，但校验位不符，按银行内部编号处理。",
        )
    elif known == "bank":
        form.note(
            "firms",
            "firm_id",
            f"The identifier is no LEI ({scheme or 'no scheme given'}); it was taken for the bank's own number.",
            f"企业编号不是LEI（{scheme or '未说明类型'}），按银行内部编号处理。",
        )
    return form.row(
        f"{names.IDENTIFIER}; {names.NAME}; {names.NACE_CODES}; {names.COUNTRY}",
        id_scheme=known,
        name=as_text(one(book, names.NAME)),
        industry=_industry(form),
        industry_scheme=names.NACE,
        region=_country(form),
    )


def _industry(form: Form) -> str | None:
    """Return the first NACE code; the form does not rank them, so the others are told."""
    entries = [as_text(value) or "" for value in column(form.book, names.NACE_CODES) if value is not None]
    read_codes = [_nace_code(entry, form.edition) for entry in entries]
    codes = [code for code in read_codes if code is not None]
    unread = [entry for entry, code in zip(entries, read_codes, strict=True) if code is None]
    if unread:
        form.note(
            "firms",
            "industry",
            f"No NACE code could be read in: {'; '.join(unread)}.",
            f"下列内容中未能读出NACE代码：{'；'.join(unread)}。",
        )
    if len(codes) > 1:
        form.note(
            "firms",
            "industry",
            f"The form lists several NACE codes without a rank; the first, {codes[0]}, was taken. Others: {', '.join(codes[1:])}.",
            f"表中列有多个NACE代码且未分主次，取第一个{codes[0]}；其余：{'、'.join(codes[1:])}。",
        )
    return codes[0] if codes else None


def _nace_code(entry: str, stated_edition: str) -> str | None:
    """Return the code in an entry of the form's list.

    Edition 1.1.1 numbers the divisions of section B one too low (04 Mining of coal), so a bare division of it is none.

    Examples
    --------
    >>> _nace_code("NACE G - 47.22 Retail sale of meat and meat products", "1.1.1")
    '47.22'
    >>> _nace_code("NACE B - 05 Extraction of crude petroleum", "1.1.1"), _nace_code("meat", "1.1.1")
    (None, None)
    """
    matched = _NACE_ENTRY.match(f"{entry} ")
    if matched is None or (stated_edition == "1.1.1" and matched[1] == "B" and "." not in matched[2]):
        return None
    return matched[2]


def _country(form: Form) -> str | None:
    """Return the ISO 3166-1 code of the country, by the form's own list."""
    country = as_text(one(form.book, names.COUNTRY))
    if country is None:
        return None
    listed = dict(
        zip(column(form.book, names.COUNTRY_NAMES), column(form.book, names.COUNTRY_CODES), strict=False)
    )
    code = listed.get(country)
    if isinstance(code, str):
        return code
    if re.fullmatch("[A-Z]{2}", country):
        return country
    form.note(
        "firms",
        "region",
        f"The country {country!r} is not in the form's list; the region is missing.",
        f"国家“{country}”不在表格列表中，地区缺失。",
    )
    return None
