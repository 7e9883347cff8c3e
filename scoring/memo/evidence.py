"""What contradicts itself, and what is certified until when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scoring.memo.strings import shown
from scoring.texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.texts import Language

__all__ = ["NOW", "CertificateLine", "certificate_lines", "check_lines"]

_MOST_CHECKS = 3
_MOST_CERTIFICATES = 6
_LONGEST_FINDING = 170
_MONTHS_BEFORE, _MONTHS_AFTER = 24, 36
_DAYS_A_MONTH = 365.25 / 12
_SOON = 6.0
_STANDING = {"valid": 0, "suspended": 1, "unknown": 2}


@dataclass(frozen=True, kw_only=True)
class CertificateLine:
    """A certificate on the time line.

    Parameters
    ----------
    name, told
        Its name, and its standing with the day of expiry.
    left, width
        Of its bar, shares of the time line from 24 months before the day of the decision to 36 months after.
    tone
        ``valid``, ``soon`` (expires within 6 months), ``open`` (nobody knows until when), ``ended`` or ``replaced``.
    """

    name: str
    told: str
    left: float
    width: float
    tone: str


NOW = _MONTHS_BEFORE / (_MONTHS_BEFORE + _MONTHS_AFTER)
"""Where the day of the decision stands on the time line, as a share of it."""


def check_lines(row: Mapping[str, Any], lang: Language) -> list[tuple[str, str]]:
    """Return the contradictions with the figures that raised them, warnings first: severity and finding."""
    if row["checks"] is None or not row["checks"]:
        return [("", text("no_contradictions", lang))]
    lines = [
        (
            text("check_warning" if check["severity"] == "warning" else "check_notice", lang),
            shown(check["text_en" if lang == "en" else "text_zh"], most=_LONGEST_FINDING),
        )
        for check in row["checks"][:_MOST_CHECKS]
    ]
    more = len(row["checks"]) - _MOST_CHECKS
    return (
        [*lines, ("", text("more_in_file", lang, count=more, file="cross_checks.parquet"))]
        if more > 0
        else lines
    )


def certificate_lines(row: Mapping[str, Any], lang: Language) -> tuple[list[CertificateLine], str]:
    """Return the time line of certificates, and a note: that there are none, or how many more.

    In force first, by expiry; then what lapsed without being replaced. A replaced one is told only where there is room.
    """
    found = row["certificates"]
    if found is None:
        return [], text("certificates_not_recorded", lang)
    if not found:
        return [], text("no_certificates", lang)
    order = sorted(found, key=_place)
    lines = [_line(certificate, row["as_of"], lang) for certificate in order[:_MOST_CERTIFICATES]]
    more = len(found) - len(lines)
    return lines, text("more_in_file", lang, count=more, file="certificates.parquet") if more else ""


def _place(certificate: Mapping[str, Any]) -> tuple[Any, ...]:
    until = certificate["valid_to"]
    return (
        bool(certificate["replaced"]),
        _STANDING.get(certificate["status"], 3),
        until is None,
        until or dt.date.max,
        certificate["scheme"],
        certificate["certificate_no"] or "",
    )


def _line(certificate: Mapping[str, Any], as_of: dt.date, lang: Language) -> CertificateLine:
    begin, until = certificate["valid_from"], certificate["valid_to"]
    months = certificate["months_to_expiry"]
    left = 0.0 if begin is None else _share(begin, as_of)
    right = 1.0 if until is None else _share(until, as_of)
    return CertificateLine(
        name=shown(certificate[f"name_{lang}"], most=44 if lang == "en" else 26),
        told=_told(certificate, lang),
        left=left,
        width=max(right - left, 0.01),
        tone=_tone(certificate, months),
    )


def _share(day: dt.date, as_of: dt.date) -> float:
    months = (day - as_of).days / _DAYS_A_MONTH + _MONTHS_BEFORE
    return min(max(months / (_MONTHS_BEFORE + _MONTHS_AFTER), 0.0), 1.0)


def _tone(certificate: Mapping[str, Any], months: float | None) -> str:
    if certificate["replaced"]:
        return "replaced"
    if certificate["status"] in ("expired", "withdrawn", "suspended"):
        return "ended"
    if certificate["status"] == "unknown" or certificate["expiry"] == "open" or months is None:
        return "open"
    return "soon" if months < _SOON else "valid"


def _told(certificate: Mapping[str, Any], lang: Language) -> str:
    until, status = certificate["valid_to"], certificate["status"]
    if certificate["replaced"]:
        return text("certificate_replaced", lang, day=until)
    if status == "valid":
        if until is None:
            return text("certificate_open", lang)
        code = "certificate_valid" if certificate["expiry"] == "stated" else "certificate_valid_default"
        return text(code, lang, day=until, months=f"{certificate['months_to_expiry']:.0f}")
    if status == "expired":
        return text("certificate_expired", lang, day=until)
    return text(f"certificate_{status}", lang)
