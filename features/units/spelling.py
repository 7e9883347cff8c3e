"""From the text of a unit to what it is: dimension, factor to the dimension's base unit, substance.

A unit is an optional multiplier (``万``, ``1e4``, ``thousand``) in front of one of the declared units, and for a mass
optionally a substance behind it (``tCO2e``, ``kg N2O``, ``吨二氧化碳``). Full-width characters, superscripts and blanks do
not matter. Letter case matters only where two units differ by nothing else (``Mt`` is a million tonnes; ``mt`` and
``MT`` are refused, because half of their writers mean one tonne).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from features.errors import UnitError
from features.reference import normalise, per_set, substance_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BASE_UNITS", "Dimension", "Unit", "parse_unit", "tidy"]

Dimension = Literal[
    "mass",
    "volume",
    "electricity",
    "heat",
    "standard_coal",
    "area",
    "weight_case",
    "mass_energy_factor",
    "power",
    "count",
    "share",
]

BASE_UNITS: Mapping[Dimension, str] = MappingProxyType(
    {
        "mass": "t",
        "volume": "m3",
        "electricity": "MWh",
        "heat": "GJ",
        "standard_coal": "tce",
        "area": "m2",
        "weight_case": "weight-case",
        "mass_energy_factor": "t.energy_factor",
        "power": "kW",
        "count": "piece",
        "share": "1",
    }
)
"""The unit that each dimension's factors lead to.

``electricity`` (the watt-hour family) and ``heat`` (joule, calorie, Btu) are both energy; they are kept apart because a
kilowatt-hour of coal is a slip of the pen and a gigajoule of gas is not. They convert into each other at 3.6 GJ/MWh.
"""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit as understood.

    Parameters
    ----------
    dimension
        Physical dimension.
    factor_to_base
        One of this unit is so many of ``BASE_UNITS[dimension]``.
    substance
        Substance id that the unit names (``tCO2e``: ``CO2e``), else None.
    """

    dimension: Dimension
    factor_to_base: float
    substance: str | None = None


_LB = 0.45359237e-3
_GJ_PER_BTU = 1.05505585262e-6
_GJ_PER_KCAL = 4.1868e-6
_TCE_PER_KGOE = 41.868 / 29.3076 / 1000.0

_DECLARED: tuple[tuple[Dimension, float, str], ...] = (
    ("mass", 1.0, "t tonne tonnes ton tons metricton metrictons metrictonne metrictonnes 吨 公吨"),
    ("mass", 1e-3, "kg kgs kilogram kilograms kilogramme 千克 公斤"),
    ("mass", 1e-6, "g gram grams 克"),
    ("mass", 1e-9, "mg milligram milligrams 毫克"),
    ("mass", 1e3, "kt kiloton kilotonne kilotonnes Gg"),
    ("mass", 1e6, "Mt megatonne megatonnes Tg"),
    ("mass", 1e9, "Gt gigatonne gigatonnes"),
    ("mass", 5e-4, "斤 市斤"),
    ("mass", _LB, "lb lbs pound pounds 磅"),
    ("mass", _LB * 2000, "shortton shorttons uston ustons 短吨"),
    ("mass", _LB * 2240, "longton longtons 长吨"),
    (
        "volume",
        1.0,
        "m3 m^3 cbm cubicmeter cubicmeters cubicmetre cubicmetres Nm3 Nm^3 Sm3 Sm^3 m3n m3N 立方米 立方 方 标方 标立方米 标准立方米 标立方",
    ),
    ("volume", 1e-3, "L l liter liters litre litres 升 公升"),
    ("volume", 1.0, "kL kl kiloliter kilolitre kiloliters kilolitres 千升"),
    ("electricity", 1e-6, "Wh 瓦时 瓦特小时"),
    ("electricity", 1e-3, "kWh kilowatthour kilowatthours 千瓦时 千瓦小时 度 度电"),
    ("electricity", 1.0, "MWh megawatthour megawatthours 兆瓦时"),
    ("electricity", 1e3, "GWh gigawatthour gigawatthours 吉瓦时"),
    ("electricity", 1e6, "TWh terawatthour terawatthours 太瓦时"),
    ("heat", 1e-9, "J joule joules 焦 焦耳"),
    ("heat", 1e-6, "kJ 千焦 千焦耳"),
    ("heat", 1e-3, "MJ 兆焦 兆焦耳"),
    ("heat", 1.0, "GJ gigajoule gigajoules 吉焦 吉焦耳 百万千焦"),
    ("heat", 1e3, "TJ terajoule terajoules 太焦"),
    ("heat", 1e6, "PJ petajoule petajoules 拍焦"),
    ("heat", 1e9, "EJ exajoule exajoules"),
    ("heat", _GJ_PER_KCAL, "kcal 千卡 大卡"),
    ("heat", _GJ_PER_KCAL * 1e3, "Mcal 兆卡"),
    ("heat", _GJ_PER_KCAL * 1e6, "Gcal 吉卡"),
    ("heat", _GJ_PER_BTU, "Btu"),
    ("heat", _GJ_PER_BTU * 1e6, "MMBtu mmBtu"),
    ("heat", _GJ_PER_BTU * 1e5, "therm therms"),
    ("standard_coal", 1e-6, "gce 克标准煤 克标煤"),
    ("standard_coal", 1e-3, "kgce 千克标准煤 千克标煤 公斤标准煤 公斤标煤 kg标准煤 kg标煤"),
    ("standard_coal", 1.0, "tce tsce 吨标准煤 吨标煤 t标准煤 t标煤"),
    ("standard_coal", 1e3, "ktce"),
    ("standard_coal", 1e6, "Mtce"),
    ("standard_coal", _TCE_PER_KGOE, "kgoe 千克标准油 千克标油 千克油当量"),
    ("standard_coal", _TCE_PER_KGOE * 1e3, "toe 吨标准油 吨标油 吨油当量"),
    ("standard_coal", _TCE_PER_KGOE * 1e6, "ktoe"),
    ("standard_coal", _TCE_PER_KGOE * 1e9, "Mtoe"),
    ("area", 1.0, "m2 m^2 squaremeter squaremeters squaremetre squaremetres sqm 平方米 平米"),
    ("area", 1e6, "km2 km^2 平方千米 平方公里"),
    ("area", 1e4, "ha hectare hectares 公顷"),
    ("weight_case", 1.0, "weight-case weight-cases weightcase weightcases weight_case 重量箱 重箱"),
    ("mass_energy_factor", 1.0, "t.energy_factor t.energyfactor 吨.能量因数 吨能量因数 t.能量因数"),
    ("power", 1.0, "kW kilowatt kilowatts 千瓦"),
    ("power", 1e3, "MW megawatt megawatts 兆瓦"),
    ("power", 1e6, "GW gigawatt gigawatts 吉瓦"),
    (
        "count",
        1.0,
        "piece pieces pc pcs unit units set sets 件 台 套 个 只 辆 台套 支 块 片 米制件",
    ),
    ("share", 1.0, "share fraction"),
    ("share", 1e-2, "% percent 百分比"),
)

_AMBIGUOUS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "mt": ("t for one tonne, or Mt for a million tonnes", "t（吨）或 Mt（百万吨）"),
        "mtce": (
            "tce, or Mtce for a million tonnes of standard coal",
            "tce（吨标准煤）或 Mtce（百万吨标准煤）",
        ),
        "mtoe": (
            "toe, or Mtoe for a million tonnes of oil equivalent",
            "toe（吨油当量）或 Mtoe（百万吨油当量）",
        ),
        "mbtu": ("Btu, MMBtu (a million) or GJ", "Btu、MMBtu（百万英热单位）或 GJ"),
        "mg": ("mg for a milligram, or t for a megagram", "mg（毫克）或 t（吨，即 Mg）"),
    }
)
"""Lower-case spellings of which only the exactly written one in the table (``Mt``) is taken."""

_MULTIPLIERS: Mapping[str, float] = MappingProxyType(
    {
        "百": 1e2,
        "千": 1e3,
        "万": 1e4,
        "十万": 1e5,
        "百万": 1e6,
        "千万": 1e7,
        "亿": 1e8,
        "十亿": 1e9,
        "万亿": 1e12,
        "thousand": 1e3,
        "million": 1e6,
        "billion": 1e9,
        "10k": 1e4,
        "1e3": 1e3,
        "1e4": 1e4,
        "1e6": 1e6,
        "1e8": 1e8,
        "10^3": 1e3,
        "10^4": 1e4,
        "10^6": 1e6,
        "10^8": 1e8,
        "1000": 1e3,
        "1,000": 1e3,
        "10000": 1e4,
        "10,000": 1e4,
    }
)

_LONGEST = 100
"""Characters of a unit's text; a longer one is none, and looking for what it resembles would take forever."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER_OF_TEN = re.compile("10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")


def tidy(text: str) -> str:
    """Return a unit's text in one spelling: half-width, no blanks, plain digits; letter case is kept.

    Examples
    --------
    >>> tidy("１０⁴ Nm³"), tidy("kW·h"), tidy("t CO₂-eq")
    ('10^4Nm3', 'kWh', 'tCO2-eq')
    """
    powers = _POWER_OF_TEN.sub(
        lambda m: "10^" + m.group(1).translate(_SUPERSCRIPTS), text.replace("１０", "10")
    )
    half = "".join(unicodedata.normalize("NFKC", powers).split()).replace("\u200b", "").replace("\ufeff", "")
    dots = re.sub("[·•∙⋅・*×]", ".", half)
    return re.sub(r"(?i)(?<=w)[.\-](?=h)", "", dots)


@lru_cache(maxsize=1)
def _tables() -> tuple[Mapping[str, Unit], Mapping[str, Unit]]:
    """Return the declared spellings as written, and in lower case where that names one unit only."""
    exact: dict[str, Unit] = {}
    for dimension, factor, spellings in _DECLARED:
        for spelling in spellings.split():
            exact[spelling] = Unit(dimension=dimension, factor_to_base=factor)
    lower: dict[str, Unit] = {}
    for spelling, unit in exact.items():
        if spelling.lower() not in _AMBIGUOUS:
            lower.setdefault(spelling.lower(), unit)
    return MappingProxyType(exact), MappingProxyType(lower)


def _simple(text: str) -> Unit | None:
    exact, lower = _tables()
    if text in exact:
        return exact[text]
    if text.lower() in _AMBIGUOUS:
        english, chinese = _AMBIGUOUS[text.lower()]
        raise UnitError(
            f"The unit {text!r} is ambiguous.",
            mend=f"Write {english}.",
            what_zh=f"计量单位“{text}”有歧义。",
            mend_zh=f"请写明：{chinese}。",
        )
    return lower.get(text.lower())


def _of_substance(text: str) -> Unit | None:
    """Read ``tCO2e``, ``kg(N2O)``, ``吨二氧化碳当量``: the longest mass in front whose rest is a substance."""
    for cut in range(len(text) - 1, 0, -1):
        rest = text[cut:].strip("()[].-_/")
        substance = substance_ids().get(normalise(rest)) or substance_ids().get(
            normalise(rest.removeprefix("of"))
        )
        if substance is None:
            continue
        mass = _simple(text[:cut].rstrip("([.-_"))
        if mass is not None and mass.dimension == "mass":
            return Unit(dimension="mass", factor_to_base=mass.factor_to_base, substance=substance)
    return None


@per_set(maxsize=4096)
def parse_unit(text: str) -> Unit:
    """Return what a unit's text means.

    Parameters
    ----------
    text
        The unit as handed in, e.g. ``万吨``, ``kW·h``, ``Nm³``, ``t CO₂e``.

    Returns
    -------
    Unit
        Dimension, factor to the dimension's base unit, and the substance where the unit names one.

    Raises
    ------
    UnitError
        If the text is no unit, or could mean two.

    Examples
    --------
    >>> parse_unit("万千瓦时")
    Unit(dimension='electricity', factor_to_base=10.0, substance=None)
    >>> parse_unit("kg CO₂-eq")
    Unit(dimension='mass', factor_to_base=0.001, substance='CO2e')
    >>> parse_unit("MT")
    Traceback (most recent call last):
    features.errors.UnitError: The unit 'MT' is ambiguous. To mend it: Write t for one tonne, or Mt for a million tonnes.
    """
    tidied = tidy(text[: _LONGEST + 1])
    if not tidied:
        raise UnitError(
            "The unit is empty.",
            mend="Write the unit of the quantity, such as t, kWh or Nm3.",
            what_zh="计量单位为空。",
            mend_zh="请填写数量的单位，如 t、kWh 或 Nm3。",
        )
    if len(text) > _LONGEST:
        raise _unknown(f"{text[:20]}…", "")
    found = _simple(tidied) or _of_substance(tidied)
    if found is not None:
        return found
    for multiplier in sorted(_MULTIPLIERS, key=lambda m: (-len(m), m)):
        if tidied.lower().startswith(multiplier):
            rest = tidied[len(multiplier) :].lstrip(".")
            base = (_simple(rest) or _of_substance(rest)) if rest else None
            if base is not None:
                return Unit(
                    dimension=base.dimension,
                    factor_to_base=_MULTIPLIERS[multiplier] * base.factor_to_base,
                    substance=base.substance,
                )
    raise _unknown(text, tidied)


def _unknown(text: str, tidied: str) -> UnitError:
    """Return that a text is no unit, with the units that it resembles."""
    exact, _ = _tables()
    known = sorted({*exact, "tCO2", "tCO2e", "kgCO2e", "ktCO2e", "万吨", "万千瓦时", "万立方米", "万tce"})
    # Of two characters one may be wrong (万顿 for 万吨); of many, fewer than half.
    close = get_close_matches(tidied, known, n=3, cutoff=0.5 if len(tidied) <= 3 else 0.6)
    usual = "t, 万吨, kWh, GJ, tce, Nm3 or tCO2e", "t、万吨、kWh、GJ、tce、Nm3 或 tCO2e"
    return UnitError(
        f"The unit {text!r} is unknown.",
        mend=f"Did you mean {' or '.join(close)}?"
        if close
        else f"Write a usual unit of the quantity, such as {usual[0]}.",
        what_zh=f"计量单位“{text}”无法识别。",
        mend_zh=f"是否应为 {' 或 '.join(close)}？" if close else f"请填写该数量的常用单位，如 {usual[1]}。",
    )
