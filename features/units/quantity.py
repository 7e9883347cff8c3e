"""From the unit a quantity was handed in with to the canonical unit of its carrier, substance or product.

Each function answers one distinct pair; :func:`convert` joins the pairs of a whole column. A wrong dimension is a
:class:`UnitError`: nothing turns energy into emissions here, and a mass of electricity is refused.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import polars as pl

from features.editions import edition_of_year
from features.errors import UnitError
from features.reference import per_set, substance_kinds, table
from features.units.spelling import BASE_UNITS, Dimension, Unit, parse_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "CONVERSION_SCHEMA",
    "EnergyFactor",
    "Factor",
    "convert",
    "convert_factor",
    "emission_factor",
    "energy_factor",
    "energy_total_factor",
    "production_factor",
    "production_unit",
]

GJ_PER_MWH = 3.6
GJ_PER_TCE = 29.3076
TCE_PER_MWH = 0.1229
"""Equivalent value of electricity in GB/T 2589-2020, rounded there."""

_ENERGY: tuple[Dimension, ...] = ("electricity", "heat")


class Factor(NamedTuple):
    """Multiply the quantity by ``factor`` to get it in ``unit``."""

    factor: float
    unit: str


class EnergyFactor(NamedTuple):
    """Multiply the quantity by ``factor`` to get the carrier's own unit; ``heat_value``: a default heat value was used."""

    factor: float
    heat_value: bool


_SAID: Mapping[Dimension, tuple[str, str]] = MappingProxyType(
    {
        "mass": ("a mass", "质量单位"),
        "volume": ("a volume", "体积单位"),
        "electricity": ("energy (watt-hours)", "能量单位（瓦时）"),
        "heat": ("energy (joules)", "能量单位（焦耳）"),
        "standard_coal": ("standard coal", "标准煤单位"),
        "area": ("an area", "面积单位"),
        "weight_case": ("weight cases", "重量箱"),
        "mass_energy_factor": ("tonnes times energy factor", "吨乘能量因数"),
        "power": ("a power", "功率单位"),
        "count": ("a count", "件数单位"),
        "share": ("a share", "比例"),
    }
)

_Text = tuple[str, str]
"""A text in English and in Chinese."""


def _wrong(unit: str, parsed: Unit, of: _Text, accepted: _Text) -> UnitError:
    english, chinese = _SAID[parsed.dimension]
    of_substance = (f" of {parsed.substance}", f"（{parsed.substance}）") if parsed.substance else ("", "")
    return UnitError(
        f"The unit {unit!r} is {english}{of_substance[0]}, which cannot measure {of[0]}.",
        mend=f"Give {accepted[0]}.",
        what_zh=f"“{unit}”是{chinese}{of_substance[1]}，不能计量{of[1]}。",
        mend_zh=f"请使用{accepted[1]}。",
    )


def _either(*units: str) -> _Text:
    """Return a choice of units in English and in Chinese.

    Examples
    --------
    >>> _either("t", "kg", "tCO2e")
    ('t, kg or tCO2e', ' t、kg 或 tCO2e')
    """
    first, last = units[:-1], units[-1]
    return f"{', '.join(first)} or {last}", f" {'、'.join(first)} 或 {last}"


def _no_id(kind: _Text, identifier: str, ids: _Text) -> UnitError:
    return UnitError(
        f"The {kind[0]} {identifier!r} is unknown.",
        mend=f"Use {ids[0]}.",
        what_zh=f"{kind[1]}“{identifier}”无法识别。",
        mend_zh=f"请使用{ids[1]}。",
    )


def _gj(parsed: Unit) -> float:
    return parsed.factor_to_base * (GJ_PER_MWH if parsed.dimension == "electricity" else 1.0)


def convert_factor(unit: str, to: str) -> float:
    """Return the factor from one unit to another of the same dimension and substance.

    Raises
    ------
    UnitError
        If one is unknown or they differ in dimension or substance. Watt-hours and joules are both energy.

    Examples
    --------
    >>> convert_factor("万千瓦时", "MWh"), convert_factor("GWh", "GJ")
    (10.0, 3600.0)
    >>> convert_factor("MWh", "tCO2e")
    Traceback (most recent call last):
    features.errors.UnitError: The unit 'MWh' is energy (watt-hours), which cannot measure a quantity in tCO2e...
    """
    source, target = parse_unit(unit), parse_unit(to)
    same = source.dimension == target.dimension or {source.dimension, target.dimension} == set(_ENERGY)
    if not same or source.substance != target.substance:
        raise _wrong(
            unit,
            source,
            (f"a quantity in {to}", f"以 {to} 计的数量"),
            (f"a unit that converts to {to}", f"可换算为 {to} 的单位"),
        )
    if source.dimension == target.dimension:
        return source.factor_to_base / target.factor_to_base
    return _gj(source) / _gj(target)


@per_set(maxsize=256)
def _carriers(year: int | None) -> Mapping[str, Mapping[str, object]]:
    """Return each carrier's edition that holds for a year; the last one of all where no year is asked."""
    editions = table("energy_carriers").sort("id", "valid_from", nulls_last=False)
    if year is not None:
        editions = edition_of_year(editions, key=["id"], years=[year])
    return MappingProxyType({row["id"]: row for row in editions.iter_rows(named=True)})


@per_set(maxsize=4096)
def energy_factor(carrier_id: str, unit: str, *, year: int | None = None) -> EnergyFactor:
    """Return the factor from a unit to the carrier's own unit (``unit`` of ``energy_carriers.csv``).

    Solid and liquid fuels accept mass and standard coal; gaseous fuels volume (or mass, where the carrier is listed by
    the tonne), heat and standard coal; electricity watt-hours and joules; heat and steam energy, steam also its mass.
    A volume of a liquid is refused: no density is assumed.

    Parameters
    ----------
    carrier_id
        Id of the carrier table.
    unit
        Unit as handed in.
    year
        Year of the fact: it chooses the edition of the carrier's heat and standard-coal value, as it chooses every
        factor (:func:`features.editions.edition_of_year`); the latest edition where it is None.

    Returns
    -------
    EnergyFactor
        ``heat_value`` is True where the carrier's default heat or standard-coal value made the conversion possible:
        an estimate to be recorded.

    Raises
    ------
    UnitError
        If the unit is unknown, or of a dimension that cannot measure the carrier.

    Examples
    --------
    >>> energy_factor("raw_coal", "万吨"), energy_factor("natural_gas", "万m³")
    (EnergyFactor(factor=10000.0, heat_value=False), EnergyFactor(factor=1.0, heat_value=False))
    >>> energy_factor("raw_coal", "tce").heat_value
    True
    >>> energy_factor("raw_coal", "kWh")
    Traceback (most recent call last):
    features.errors.UnitError: The unit 'kWh' is energy (watt-hours), which cannot measure Raw coal. To mend it: Give t, kg, 万吨 or tce.
    """
    carrier = _carriers(year).get(carrier_id)
    if carrier is None:
        raise _no_id(
            ("carrier", "能源品种"), carrier_id, ("an id of the carrier table", "能源品种表中的编号")
        )
    parsed, own = parse_unit(unit), parse_unit(str(carrier["unit"]))
    gas = carrier["kind"] == "gas" or own.dimension == "volume"
    name = str(carrier["name_en"]), str(carrier["name_zh"])
    accepted = {
        "mass": _either("t", "kg", "万吨", "GJ", "tce") if gas else _either("t", "kg", "万吨", "tce"),
        "volume": _either("Nm3", "万m3", "GJ", "kWh", "tce"),
        "electricity": _either("kWh", "MWh", "万千瓦时", "GJ"),
        "heat": _either("GJ", "MJ", "kWh"),
    }[own.dimension]
    if carrier["kind"] == "heat" and own.dimension == "mass":
        accepted = "t, or its heat in GJ", " t，或以 GJ 计的热量"
    if parsed.substance is not None:
        raise _wrong(unit, parsed, name, accepted)
    if parsed.dimension == own.dimension:
        return EnergyFactor(parsed.factor_to_base / own.factor_to_base, heat_value=False)
    if parsed.dimension in _ENERGY:
        if own.dimension in _ENERGY:
            return EnergyFactor(_gj(parsed) / _gj(own), heat_value=False)
        heat = carrier["heat_gj_per_unit"]
        if (gas or carrier["kind"] == "heat") and isinstance(heat, float):
            return EnergyFactor(_gj(parsed) / heat, heat_value=True)
    fuel = own.dimension in {"mass", "volume"} and carrier["kind"] != "heat"
    coal_equivalent = carrier["tce_per_unit"]
    if parsed.dimension == "standard_coal" and fuel and isinstance(coal_equivalent, float):
        return EnergyFactor(parsed.factor_to_base / coal_equivalent, heat_value=True)
    if parsed.dimension == "volume" and own.dimension == "mass":
        accepted = (
            f"{accepted[0]} (a volume needs a density, and none is assumed)",
            f"{accepted[1]}（体积须有密度才能换算，系统不作假设）",
        )
    raise _wrong(unit, parsed, name, accepted)


@per_set(maxsize=4096)
def emission_factor(substance_id: str, unit: str) -> Factor:
    """Return the factor from a unit to ``t`` of the substance or ``tCO2e``.

    Greenhouse gases accept a mass (of the gas) or CO2e; baskets of gases only CO2e; pollutants only a mass. CO2 in
    tCO2e is a tonne of CO2 (``t``), and the CO2e total in tonnes is tCO2e. A mass that names another substance is refused.

    Raises
    ------
    UnitError
        If the substance or the unit is unknown, or the unit cannot measure the substance.

    Examples
    --------
    >>> emission_factor("CH4", "kg"), emission_factor("CH4", "万tCO2e"), emission_factor("CO2", "ktCO2e")
    (Factor(factor=0.001, unit='t'), Factor(factor=10000.0, unit='tCO2e'), Factor(factor=1000.0, unit='t'))
    >>> emission_factor("SO2", "tCO2e")
    Traceback (most recent call last):
    features.errors.UnitError: The unit 'tCO2e' is a mass of CO2e, which cannot measure SO2. To mend it: Give t or kg.
    """
    kind = substance_kinds().get(substance_id)
    if kind is None:
        raise _no_id(
            ("substance", "物质"), substance_id, ("a substance id of the contract", "数据约定中的物质编号")
        )
    parsed = parse_unit(unit)
    accepted = {"pollutant": _either("t", "kg"), "basket": _either("tCO2e", "kgCO2e")}.get(
        kind, _either("t", "kg", "tCO2e")
    )
    if parsed.dimension != "mass":
        raise _wrong(unit, parsed, (f"emissions of {substance_id}", f"{substance_id} 的排放量"), accepted)
    factor = parsed.factor_to_base
    if parsed.substance == "CO2e":
        if kind == "pollutant":
            raise _wrong(unit, parsed, (substance_id, f" {substance_id}"), accepted)
        return Factor(factor, "t" if substance_id in {"CO2", "CO2_biogenic"} else "tCO2e")
    formula = {"CO2_biogenic": "CO2", "CH4_fossil": "CH4", "CH4_biogenic": "CH4"}.get(substance_id)
    if parsed.substance not in {None, substance_id, formula}:
        raise _wrong(unit, parsed, (substance_id, f" {substance_id}"), accepted)
    if kind == "basket":
        raise UnitError(
            f"The unit {unit!r} is a mass, but {substance_id} is a basket of gases with different potentials.",
            mend="Give tCO2e, or one row per gas.",
            what_zh=f"“{unit}”是质量单位，而 {substance_id} 包含增温潜势不同的多种气体。",
            mend_zh="请使用 tCO2e，或每种气体填写一行。",
        )
    return Factor(factor, "tCO2e" if kind == "total" else "t")


@per_set(maxsize=1)
def _production_units() -> Mapping[str, str]:
    benchmarks = table("sector_benchmarks").select("id", "unit").iter_rows()
    units = {identifier: unit.split("/", 1)[1].strip("()") for identifier, unit in benchmarks}
    return MappingProxyType({**units, "electricity": "MWh"})


def production_unit(product_id: str) -> str | None:
    """Return the canonical unit of a product's output, None for a product without an id.

    Examples
    --------
    >>> production_unit("cement_clinker"), production_unit("flat_glass_gt800"), production_unit("electricity")
    ('t', 'weight-case', 'MWh')
    """
    return _production_units().get(product_id)


@per_set(maxsize=4096)
def production_factor(product_id: str | None, unit: str) -> Factor:
    """Return the factor from a unit to the product's canonical unit.

    Parameters
    ----------
    product_id
        Id of the benchmark table or ``electricity``; None for free text, whose unit stays as handed in.

    Raises
    ------
    UnitError
        If the product is known and the unit is unknown or of another dimension.

    Examples
    --------
    >>> production_factor("cement_clinker", "万吨"), production_factor(None, "万头")
    (Factor(factor=10000.0, unit='t'), Factor(factor=1.0, unit='万头'))
    """
    if product_id is None:
        return Factor(1.0, unit.strip())
    canonical = production_unit(product_id)
    if canonical is None:
        raise _no_id(("product", "产品"), product_id, ("an id of the benchmark table", "能效标杆表中的编号"))
    parsed, own = parse_unit(unit), parse_unit(canonical)
    energy = parsed.dimension in _ENERGY and own.dimension in _ENERGY
    if parsed.substance is not None or not (energy or parsed.dimension == own.dimension):
        raise _wrong(
            unit,
            parsed,
            (f"an output of {product_id}", f" {product_id} 的产量"),
            (f"a unit that converts to {canonical}", f"可换算为 {canonical} 的单位"),
        )
    return Factor(_gj(parsed) / _gj(own) if energy else parsed.factor_to_base / own.factor_to_base, canonical)


@per_set(maxsize=1024)
def energy_total_factor(unit: str) -> float:
    """Return the factor from a unit of energy to tonnes of standard coal.

    Electricity counts at the equivalent value of GB/T 2589-2020, 0.1229 tce/MWh; heat at 29.3076 GJ/tce.

    Raises
    ------
    UnitError
        If the unit is unknown or no unit of energy.

    Examples
    --------
    >>> energy_total_factor("kgce"), energy_total_factor("MWh"), round(energy_total_factor("kgoe"), 7)
    (0.001, 0.1229, 0.0014286)
    """
    parsed = parse_unit(unit)
    if parsed.dimension == "standard_coal":
        return parsed.factor_to_base
    if parsed.dimension == "electricity":
        return parsed.factor_to_base * TCE_PER_MWH
    if parsed.dimension == "heat":
        return parsed.factor_to_base / GJ_PER_TCE
    raise _wrong(unit, parsed, ("energy", "能源消费量"), _either("kgce", "tce", "kWh", "GJ", "kgoe"))


CONVERSION_SCHEMA: Mapping[str, type[pl.DataType]] = MappingProxyType(
    {
        "factor": pl.Float64,
        "canonical_unit": pl.String,
        "heat_value": pl.Boolean,
        "unit_error": pl.String,
        "unit_mend": pl.String,
        "unit_error_zh": pl.String,
        "unit_mend_zh": pl.String,
    }
)
"""Columns that :func:`convert` adds."""


def _answer(call: Callable[[], EnergyFactor | Factor | float], unit: str | None) -> dict[str, object]:
    try:
        found = call()
    except UnitError as error:
        return {
            "factor": None,
            "canonical_unit": None,
            "heat_value": None,
            "unit_error": error.what,
            "unit_mend": error.mend,
            "unit_error_zh": error.what_zh,
            "unit_mend_zh": error.mend_zh,
        }
    factor = found[0] if isinstance(found, tuple) else found
    canonical = found.unit if isinstance(found, Factor) else unit
    heat_value = found.heat_value if isinstance(found, EnergyFactor) else False
    return {
        "factor": factor,
        "canonical_unit": canonical,
        "heat_value": heat_value,
        "unit_error": None,
        "unit_mend": None,
        "unit_error_zh": None,
        "unit_mend_zh": None,
    }


def convert(
    frame: pl.DataFrame,
    *,
    kind: Literal["energy", "emissions", "production", "energy_total"],
    unit: str = "unit",
    of: str | None = None,
    year: str | None = None,
) -> pl.DataFrame:
    """Return the frame with the columns of :data:`CONVERSION_SCHEMA`, row order kept.

    Parameters
    ----------
    frame
        Rows with a text column ``unit`` and, but for ``energy_total``, the column named ``of``.
    kind
        Which factor: see :func:`energy_factor`, :func:`emission_factor`, :func:`production_factor`,
        :func:`energy_total_factor`.
    of
        Column of carrier, substance or product ids.
    year
        Column of the facts' years, which choose the edition of a carrier; read for ``energy`` only.

    Returns
    -------
    pl.DataFrame
        ``factor`` is null where the unit was refused; ``unit_error`` and ``unit_mend`` then say why and
        how to mend it, ``unit_error_zh`` and ``unit_mend_zh`` the same in Chinese.
        A null unit gives nulls throughout. Only distinct pairs are looked at, so a million rows cost a join.
    """
    names = [unit] if of is None else [of, unit]
    if kind == "energy" and year is not None:
        names = [year, *names]
    pairs = frame.select(names).unique().filter(pl.col(unit).is_not_null()).sort(names)
    answers = []
    for row in pairs.iter_rows():
        text: str = row[-1]
        subject: Any = row[-2] if of is not None else None
        if kind == "energy":
            of_year = row[0] if year is not None else None
            own = _carriers(of_year).get(subject or "")
            ask = partial(energy_factor, subject, text, year=of_year)
            answers.append(_answer(ask, str(own["unit"]) if own else None))
        elif kind == "emissions":
            answers.append(_answer(partial(emission_factor, subject, text), None))
        elif kind == "production":
            answers.append(_answer(partial(production_factor, subject, text), None))
        else:
            answers.append(_answer(partial(energy_total_factor, text), BASE_UNITS["standard_coal"]))
    found = pairs.hstack(pl.DataFrame(answers, schema=dict(CONVERSION_SCHEMA), orient="row"))
    return frame.join(found, on=names, how="left", nulls_equal=True, maintain_order="left")
