"""Every spelling means one unit, factors agree with plain arithmetic, and nothing crosses dimensions."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import units
from features.errors import UnitError
from features.reference import table


@pytest.mark.parametrize(
    ("text", "dimension", "factor", "substance"),
    [
        ("t", "mass", 1.0, None),
        ("吨", "mass", 1.0, None),
        ("万吨", "mass", 1e4, None),
        ("万 吨", "mass", 1e4, None),
        ("千克", "mass", 1e-3, None),
        ("kt", "mass", 1e3, None),
        ("Mt", "mass", 1e6, None),
        ("thousand tonnes", "mass", 1e3, None),
        ("千瓦时", "electricity", 1e-3, None),
        ("度", "electricity", 1e-3, None),
        ("kW·h", "electricity", 1e-3, None),
        ("kW-h", "electricity", 1e-3, None),
        ("KWH", "electricity", 1e-3, None),
        ("ｋＷｈ", "electricity", 1e-3, None),
        ("万千瓦时", "electricity", 10.0, None),
        ("亿千瓦时", "electricity", 1e5, None),
        ("吉焦", "heat", 1.0, None),
        ("百万千焦", "heat", 1.0, None),
        ("MJ", "heat", 1e-3, None),
        ("GJ", "heat", 1.0, None),
        ("万大卡", "heat", 0.041868, None),
        ("吨标准煤", "standard_coal", 1.0, None),
        ("万吨标煤", "standard_coal", 1e4, None),
        ("kgce", "standard_coal", 1e-3, None),
        ("kgoe", "standard_coal", 1e-3 * 10 / 7, None),
        ("Nm3", "volume", 1.0, None),
        ("Nm³", "volume", 1.0, None),
        ("标方", "volume", 1.0, None),
        ("万立方米", "volume", 1e4, None),
        ("万m3", "volume", 1e4, None),
        ("1e4m3", "volume", 1e4, None),
        ("10⁴m³", "volume", 1e4, None),
        ("10^4 m^3", "volume", 1e4, None),
        ("10,000 m3", "volume", 1e4, None),
        ("升", "volume", 1e-3, None),
        ("m²", "area", 1.0, None),
        ("㎡", "area", 1.0, None),
        ("重量箱", "weight_case", 1.0, None),
        ("万重量箱", "weight_case", 1e4, None),
        ("tCO2e", "mass", 1.0, "CO2e"),
        ("tCO₂e", "mass", 1.0, "CO2e"),
        ("t CO2-eq", "mass", 1.0, "CO2e"),
        ("吨二氧化碳当量", "mass", 1.0, "CO2e"),
        ("万吨二氧化碳", "mass", 1e4, "CO2"),
        ("kgCO2e", "mass", 1e-3, "CO2e"),
        ("MtCO2e", "mass", 1e6, "CO2e"),
        ("metric tons CO2e", "mass", 1.0, "CO2e"),
        ("kgN2O", "mass", 1e-3, "N2O"),
        ("kg(CH4)", "mass", 1e-3, "CH4"),
        ("吨COD", "mass", 1.0, "COD"),
        ("MW", "power", 1e3, None),
        ("%", "share", 1e-2, None),
    ],
)
def test_spellings(text, dimension, factor, substance):
    unit = units.parse_unit(text)
    assert (unit.dimension, unit.substance) == (dimension, substance)
    assert unit.factor_to_base == pytest.approx(factor, rel=1e-4 if text == "kgoe" else 1e-12)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("khw", "Did you mean kWh"),
        ("tonns", "Did you mean tonnes"),
        ("万顿", "Did you mean 万吨"),
        ("MT", "Write t for one tonne, or Mt for a million tonnes"),
        ("mt CO2e", "Write t for one tonne, or Mt"),
        ("CO2-eq", "Did you mean tCO2e"),
        ("t/a", "Did you mean t"),
        ("fortnight", "Write a usual unit"),
        ("万", "Did you mean 万吨"),
        ("3", "Did you mean m3"),
        ("", "Write the unit"),
    ],
)
def test_what_is_no_unit_is_refused_with_its_mend(text, mend):
    with pytest.raises(UnitError) as error:
        units.parse_unit(text)
    assert mend in error.value.mend
    assert text.split(" ")[0] in error.value.what


@settings(deadline=None)
@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text):
    try:
        unit = units.parse_unit(text)
    except UnitError:
        return
    assert 0.0 < unit.factor_to_base < float("inf")
    assert unit.dimension in units.BASE_UNITS


WIDE = {ord(c): ord(c) + 0xFEE0 for c in map(chr, range(0x21, 0x7F))}


@settings(deadline=None)
@given(
    st.sampled_from(["万千瓦时", "kWh", "Nm3", "tCO2e", "万吨", "tce", "GJ", "1e4m3", "weight-case"]),
    st.lists(st.sampled_from(" \u3000\u00a0"), max_size=3),
)
def test_width_and_blanks_do_not_matter(text, blanks):
    gap = "".join(blanks)
    assert units.parse_unit(gap + text.translate(WIDE) + gap) == units.parse_unit(text)


@pytest.mark.parametrize(
    ("carrier", "unit", "factor", "heat_value"),
    [
        ("raw_coal", "t", 1.0, False),
        ("raw_coal", "万吨", 1e4, False),
        ("raw_coal", "kg", 1e-3, False),
        ("raw_coal", "tce", 1 / 0.7143, True),
        ("diesel", "kgce", 1e-3 / 1.4571, True),
        ("natural_gas", "万m3", 1.0, False),
        ("natural_gas", "Nm3", 1e-4, False),
        ("natural_gas", "GJ", 1 / 389.31, True),
        ("natural_gas", "kWh", 0.0036 / 389.31, True),
        ("natural_gas", "MMBtu", 1.05505585262 / 389.31, True),
        ("natural_gas", "tce", 1 / 13.3, True),
        ("lng", "t", 1.0, False),
        ("lng", "GJ", 1 / 51.498, True),
        ("biogas", "MJ", 1e-3 / 226.09, True),
        ("biomass", "t", 1.0, False),
        ("electricity", "万千瓦时", 10.0, False),
        ("electricity", "GJ", 1 / 3.6, False),
        ("solar_power", "kWh", 1e-3, False),
        ("heat", "MWh", 3.6, False),
        ("heat", "MJ", 1e-3, False),
        ("steam", "吨", 1.0, False),
        ("steam", "GJ", 1 / 3.763, True),
    ],
)
def test_energy(carrier, unit, factor, heat_value):
    found = units.energy_factor(carrier, unit)
    assert found.factor == pytest.approx(factor, rel=1e-12)
    assert found.heat_value is heat_value


@pytest.mark.parametrize(
    ("carrier", "unit"),
    [
        ("raw_coal", "kWh"),
        ("raw_coal", "GJ"),
        ("raw_coal", "m3"),
        ("diesel", "L"),
        ("biomass", "MWh"),
        ("natural_gas", "t"),
        ("lng", "m3"),
        ("electricity", "t"),
        ("electricity", "tce"),
        ("electricity", "kW"),
        ("heat", "t"),
        ("heat", "tce"),
        ("steam", "tce"),
        ("raw_coal", "tCO2e"),
        ("raw_coal", "tCO2"),
        ("electricity", "tCO2e"),
        ("moonlight", "t"),
        ("raw_coal", "bags"),
    ],
)
def test_what_cannot_measure_a_carrier_is_refused(carrier, unit):
    with pytest.raises(UnitError) as error:
        units.energy_factor(carrier, unit)
    assert error.value.mend


def test_a_volume_of_a_liquid_needs_a_density():
    with pytest.raises(UnitError, match="needs a density, and none is assumed"):
        units.energy_factor("diesel", "升")


def test_every_carrier_takes_its_own_unit_unchanged():
    for row in table("energy_carriers").iter_rows(named=True):
        assert units.energy_factor(row["id"], row["unit"]) == (1.0, False)


@settings(deadline=None)
@given(
    st.sampled_from(table("energy_carriers")["id"].to_list()),
    st.sampled_from(["t", "kg", "万吨", "m3", "万m3", "GJ", "MJ", "kWh", "MWh", "tce", "kgce", "kgoe"]),
)
def test_a_heat_or_coal_conversion_keeps_the_energy(carrier, unit):
    row = table("energy_carriers").row(by_predicate=pl.col("id") == carrier, named=True)
    try:
        found = units.energy_factor(carrier, unit)
    except UnitError:
        return
    parsed = units.parse_unit(unit)
    if parsed.dimension == "standard_coal":
        assert found.factor * row["tce_per_unit"] == pytest.approx(parsed.factor_to_base)
    elif parsed.dimension in {"heat", "electricity"}:
        gigajoules = parsed.factor_to_base * (3.6 if parsed.dimension == "electricity" else 1.0)
        assert found.factor * row["heat_gj_per_unit"] == pytest.approx(gigajoules)


@pytest.mark.parametrize(
    ("substance", "unit", "factor", "canonical"),
    [
        ("CO2", "t", 1.0, "t"),
        ("CO2", "tCO2", 1.0, "t"),
        ("CO2", "ktCO2e", 1e3, "t"),
        ("CO2e", "t", 1.0, "tCO2e"),
        ("CO2e", "万吨", 1e4, "tCO2e"),
        ("CO2e", "kgCO2e", 1e-3, "tCO2e"),
        ("CO2_biogenic", "tCO2", 1.0, "t"),
        ("CO2_biogenic", "tCO2e", 1.0, "t"),
        ("CH4", "kg", 1e-3, "t"),
        ("CH4", "tCO2e", 1.0, "tCO2e"),
        ("CH4_fossil", "tCH4", 1.0, "t"),
        ("N2O", "kgN2O", 1e-3, "t"),
        ("HFC-134a", "kg", 1e-3, "t"),
        ("HFCs", "tCO2e", 1.0, "tCO2e"),
        ("other_ghg", "MtCO2e", 1e6, "tCO2e"),
        ("SO2", "kg", 1e-3, "t"),
        ("COD", "吨COD", 1.0, "t"),
    ],
)
def test_emissions(substance, unit, factor, canonical):
    assert units.emission_factor(substance, unit) == (pytest.approx(factor), canonical)


@pytest.mark.parametrize(
    ("substance", "unit"),
    [
        ("CO2", "MWh"),
        ("CO2", "tce"),
        ("CO2", "tCH4"),
        ("CO2e", "tCO2"),
        ("CH4", "Nm3"),
        ("HFCs", "t"),
        ("HFCs", "kg"),
        ("PFCs", "tCF4"),
        ("SO2", "tCO2e"),
        ("NOx", "tSO2"),
        ("moonlight", "t"),
    ],
)
def test_what_cannot_measure_a_substance_is_refused(substance, unit):
    with pytest.raises(UnitError) as error:
        units.emission_factor(substance, unit)
    assert error.value.mend


@pytest.mark.parametrize(
    ("product", "unit", "factor", "canonical"),
    [
        ("cement_clinker", "万吨", 1e4, "t"),
        ("flat_glass_gt800", "万重量箱", 1e4, "weight-case"),
        ("ceramic_tile_e_gt_10", "万m2", 1e4, "m2"),
        ("oil_refining", "t.energy_factor", 1.0, "t.energy_factor"),
        ("data_centre", "GWh", 1e3, "MWh"),
        ("electricity", "亿千瓦时", 1e5, "MWh"),
        ("electricity", "GJ", 1 / 3.6, "MWh"),
        (None, "头", 1.0, "头"),
        (None, " 万只 ", 1.0, "万只"),
    ],
)
def test_production(product, unit, factor, canonical):
    assert units.production_factor(product, unit) == (pytest.approx(factor), canonical)


@pytest.mark.parametrize(
    ("product", "unit"),
    [
        ("cement_clinker", "m3"),
        ("cement_clinker", "tCO2"),
        ("oil_refining", "t"),
        ("electricity", "t"),
        ("moon", "t"),
    ],
)
def test_what_cannot_measure_a_product_is_refused(product, unit):
    with pytest.raises(UnitError):
        units.production_factor(product, unit)


def test_every_benchmark_has_a_unit_of_output():
    for identifier in table("sector_benchmarks")["id"]:
        canonical = units.production_unit(identifier)
        assert units.production_factor(identifier, canonical) == (1.0, canonical)
    assert units.production_unit("free text") is None


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("kgce", 1e-3),
        ("tce", 1.0),
        ("万tce", 1e4),
        ("kgoe", 41.868 / 29307.6),
        ("kWh", 0.1229e-3),
        ("MWh", 0.1229),
        ("GJ", 1 / 29.3076),
    ],
)
def test_energy_totals(unit, factor):
    assert units.energy_total_factor(unit) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize("unit", ["t", "m3", "tCO2e", "kW"])
def test_an_energy_total_is_energy(unit):
    with pytest.raises(UnitError, match="cannot measure energy"):
        units.energy_total_factor(unit)


SAMPLE = [
    "t",
    "kg",
    "万吨",
    "m3",
    "Nm3",
    "kWh",
    "MWh",
    "GJ",
    "MJ",
    "tce",
    "kgce",
    "m2",
    "tCO2e",
    "kgCO2e",
    "tCO2",
    "kW",
]


@settings(deadline=None)
@given(st.sampled_from(SAMPLE), st.sampled_from(SAMPLE))
def test_conversion_there_and_back(unit, other):
    one, two = units.parse_unit(unit), units.parse_unit(other)
    energy = {"heat", "electricity"}
    alike = (
        one.dimension == two.dimension or {one.dimension, two.dimension} <= energy
    ) and one.substance == two.substance
    if not alike:
        with pytest.raises(UnitError):
            units.convert_factor(unit, other)
        return
    assert units.convert_factor(unit, other) * units.convert_factor(other, unit) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "currency", "multiple"),
    [
        ("CNY", "CNY", 1.0),
        ("元", "CNY", 1.0),
        ("RMB", "CNY", 1.0),
        ("万元", "CNY", 1e4),
        ("亿元", "CNY", 1e8),
        ("千元", "CNY", 1e3),
        ("人民币万元", "CNY", 1e4),
        ("万元人民币", "CNY", 1e4),
        ("人民币（亿元）", "CNY", 1e8),
        ("10k CNY", "CNY", 1e4),
        ("USD", "USD", 1.0),
        ("kUSD", "USD", 1e3),
        ("万美元", "USD", 1e4),
        ("mEUR", "EUR", 1e6),
        ("EUR million", "EUR", 1e6),
        ("港币", "HKD", 1.0),
        ("INR crore", "INR", 1e7),
    ],
)
def test_money_spellings(text, currency, multiple):
    assert units.money_unit(text) == (currency, multiple)


@pytest.mark.parametrize("text", ["¥", "$", "BTC", "", "元/吨", "万"])
def test_what_is_no_currency_is_refused(text):
    with pytest.raises(UnitError) as error:
        units.money_unit(text)
    assert error.value.mend


def test_money_takes_the_rate_of_its_year():
    rate = 7.0467  # USD, 2023
    assert units.money_factor("kUSD", 2023) == (pytest.approx(1000 * rate / 10_000), None)
    assert units.money_factor("万元", 1999) == (1.0, None)


def test_money_of_a_year_without_a_rate_takes_the_nearest_earlier_one_and_says_so():
    found = units.money_factor("INR", 2021)
    assert found.factor == pytest.approx(0.0931 / 10_000)
    assert found.note == "exchange rate of INR for 2020 taken for 2021"


def test_a_later_rate_is_never_taken():
    assert units.money_factor("EUR", 2018).factor is None
    assert units.money_factor("PLN", 2023).factor is None


def test_a_column_is_converted_pair_by_pair():
    frame = pl.DataFrame(
        {
            "carrier": ["raw_coal", "electricity", "raw_coal", "electricity", "raw_coal", None],
            "unit": ["万吨", "kWh", "kWh", None, "tce", "t"],
        }
    )
    found = units.convert(frame, kind="energy", of="carrier")
    assert found.select("carrier", "unit").equals(frame)
    assert found["factor"].to_list() == [1e4, 1e-3, None, None, pytest.approx(1 / 0.7143), None]
    assert found["canonical_unit"].to_list() == ["t", "MWh", None, None, "t", None]
    assert found["heat_value"].to_list() == [False, False, None, None, True, None]
    assert (
        found["unit_error"].to_list()[2]
        == "The unit 'kWh' is energy (watt-hours), which cannot measure Raw coal."
    )
    assert found["unit_mend"].to_list()[2] == "Give t, kg, 万吨 or tce."


def test_columns_of_emissions_products_and_totals():
    gases = units.convert(
        pl.DataFrame({"s": ["CH4", "SO2"], "unit": ["tCO2e", "kg"]}), kind="emissions", of="s"
    )
    assert gases["canonical_unit"].to_list() == ["tCO2e", "t"]
    made = units.convert(
        pl.DataFrame({"p": ["cement_clinker", None], "unit": ["kt", "头"]}), kind="production", of="p"
    )
    assert made.select("factor", "canonical_unit").rows() == [(1e3, "t"), (1.0, "头")]
    total = units.convert(pl.DataFrame({"unit": ["MWh", "t"]}), kind="energy_total")
    assert total.select("factor", "canonical_unit").rows() == [(0.1229, "tce"), (None, None)]


def test_an_empty_column_is_converted():
    frame = pl.DataFrame(schema={"carrier": pl.String, "unit": pl.String})
    assert units.convert(frame, kind="energy", of="carrier").height == 0


def refusals():
    """Every kind of refusal, by a call that ends in it."""
    return [
        lambda: units.parse_unit(""),
        lambda: units.parse_unit("MT"),
        lambda: units.parse_unit("万顿"),
        lambda: units.parse_unit("moon"),
        lambda: units.parse_unit("x" * 40_000),
        lambda: units.money_unit("万圆圆"),
        lambda: units.money_unit("?"),
        lambda: units.convert_factor("MWh", "tCO2e"),
        lambda: units.energy_factor("raw_coal", "kWh"),
        lambda: units.energy_factor("diesel", "L"),
        lambda: units.energy_factor("steam", "m3"),
        lambda: units.energy_factor("moonlight", "kWh"),
        lambda: units.emission_factor("SO2", "tCO2e"),
        lambda: units.emission_factor("CO2", "kWh"),
        lambda: units.emission_factor("HFCs", "t"),
        lambda: units.emission_factor("moon", "t"),
        lambda: units.production_factor("cement_clinker", "m2"),
        lambda: units.production_factor("moon", "t"),
        lambda: units.energy_total_factor("t"),
    ]


@pytest.mark.parametrize("call", refusals())
def test_every_refusal_is_told_in_chinese_beside(call):
    with pytest.raises(UnitError) as error:
        call()
    for english, chinese in (
        (error.value.what, error.value.what_zh),
        (error.value.mend, error.value.mend_zh),
    ):
        assert re.search("[\u4e00-\u9fff]{2}", chinese)
        assert chinese.endswith(("。", "？"))
        assert chinese != english
        # What is named in one language is named in the other: the units that would do, the carrier's id aside.
        assert set(re.findall(r"[A-Za-z0-9]*CO2e?|\bGJ\b|\btce\b|kWh", english)) <= set(
            re.findall(r"[A-Za-z0-9]*CO2e?|\bGJ\b|\btce\b|kWh", chinese)
        )


def test_a_text_longer_than_any_unit_is_refused_at_once_and_shown_short():
    for text in ("x" * 10_000_000, "吨" * 10_000_000):
        with pytest.raises(UnitError, match="unknown") as error:
            units.parse_unit(text)
        assert len(str(error.value)) < 200
