"""Central Electricity Authority of India, CO2 baseline database: generation and emissions of every station.

One station (``UNIT_NO`` 0) is one firm, ``CEA:<S_NO>``; the rows of its units are part of it and never counted beside
it. A fiscal year runs from April to March and is filed under the year it begins in: 2017-18 is 2017. Net generation
(GWh) is the product ``electricity``; emissions are scope 1 CO2. A dash, a zero, and an empty cell beside published
emissions all say that the station generated nothing that year: 0 MWh is handed in, so the year has no intensity and no
earlier year stands in for it. Only a station-year without any figure has no row.

Source: https://cea.nic.in, CO2 Baseline Database for the Indian Power Sector, version 14.0, December 2018, sheet Data.
"""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.errors import RegisterError
from features.intake import validate_tables
from features.registers._files import Notice, folder_of, notice, require_columns, with_record
from features.registers.cea_findings import EMISSIONS, FISCAL_YEARS, GENERATION, INTENSITY, findings, measures
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from features.intake.dataset import Dataset

__all__ = ["AS_OF", "PUBLISHED_ON", "read"]

DATA = "cea_data.csv"
_OTHERS = ("cea_assumptions.csv", "cea_results.csv", "cea_units.csv")

PUBLISHED_ON = date(2018, 12, 31)
"""Version 14.0 is dated December 2018; its last day is taken, so nothing is known too early."""

AS_OF = date(2018, 12, 31)
"""Decision day of the applications."""

_CLASSES: Mapping[str, str] = MappingProxyType({"THERMAL": "4411", "HYDRO": "4413", "NUCLEAR": "4414"})
"""Type of station to class of GB/T 4754-2017: thermal, hydro and nuclear power generation."""

_STATES: Mapping[str, str] = MappingProxyType(
    {
        "ANDHRA PRADESH": "IN-AP",
        "ARUNACHAL": "IN-AR",
        "ASSAM": "IN-AS",
        "BIHAR": "IN-BR",
        "CHATTISGARH": "IN-CG",
        "CHHATISGARH": "IN-CG",
        "DELHI": "IN-DL",
        "GOA": "IN-GA",
        "GUJARAT": "IN-GJ",
        "HARYANA": "IN-HR",
        "HIMACHAL": "IN-HP",
        "JAMMU & KASHMIR": "IN-JK",
        "JHARKHAND": "IN-JH",
        "KARNATAKA": "IN-KA",
        "KERALA": "IN-KL",
        "MADHYA PRADESH": "IN-MP",
        "MAHARASHTRA": "IN-MH",
        "MANIPUR": "IN-MN",
        "MEGHALAYA": "IN-ML",
        "MIZORAM": "IN-MZ",
        "NAGALAND": "IN-NL",
        "ORISSA": "IN-OD",
        "PUDUCHERRY": "IN-PY",
        "PUNJAB": "IN-PB",
        "RAJASTHAN": "IN-RJ",
        "SIKKIM": "IN-SK",
        "TAMIL NADU": "IN-TN",
        "TELANGANA": "IN-TS",
        "TRIPURA": "IN-TR",
        "UTTAR PRADESH": "IN-UP",
        "UTTARAKHAND": "IN-UK",
        "WEST BENGAL": "IN-WB",
    }
)
"""State as the file spells it to ISO 3166-2 (codes of the 2023 edition)."""

_ABOUT = ("S_NO", "NAME", "UNIT_NO", "DT_ COMM", "STATE", "SYSTEM", "TYPE")


def _read_rows(path: Path) -> pl.DataFrame:
    """Return every row of the file as text, with ``firm_id``, ``is_unit``, ``source_document`` and ``page``."""
    try:
        rows = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise RegisterError(
            f"The file cannot be read: {error}.",
            where=path.name,
            mend="Export the sheet Data as comma-separated UTF-8.",
        ) from error
    measures = [f"{year} {m}" for year in FISCAL_YEARS for m in (GENERATION, EMISSIONS, INTENSITY)]
    require_columns(rows, (*_ABOUT, *measures), where=path.name)
    number = pl.col("UNIT_NO").cast(pl.Float64, strict=False)
    unclear = rows.with_row_index("line", offset=2).filter(number.is_null() | pl.col("S_NO").is_null())
    if unclear.height:
        raise RegisterError(
            f"{unclear.height} rows have no S_NO or no number in UNIT_NO, so stations and units cannot be told apart.",
            where=f"{path.name}, line {unclear['line'][0]}",
            mend="Use the file as published: a station has UNIT_NO 0, its units 1 and on.",
        )
    return rows.with_row_index("line", offset=2).with_columns(
        formatted("CEA:{}", pl.col("S_NO").str.strip_chars()).alias("firm_id"),
        (number != 0).alias("is_unit"),
        pl.lit(path.name).alias("source_document"),
        formatted("line {}", "line").alias("page"),
    )


def _firms(stations: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    first = units.group_by("firm_id").agg(pl.col("DT_ COMM").str.slice(0, 10).min().alias("founded_on"))
    state = pl.col("STATE").str.strip_chars()
    kind = pl.col("TYPE").str.strip_chars()
    return stations.join(first, on="firm_id", how="left").select(
        "firm_id",
        pl.lit("bank").alias("id_scheme"),
        pl.col("NAME").str.strip_chars().alias("name"),
        kind.replace_strict(
            list(_CLASSES), list(_CLASSES.values()), default="44", return_dtype=pl.String
        ).alias("industry"),
        pl.lit("GBT4754").alias("industry_scheme"),
        state.replace_strict(
            list(_STATES), list(_STATES.values()), default="IN", return_dtype=pl.String
        ).alias("region"),
        "founded_on",
        "source_document",
        "page",
    )


def _production(measured: pl.DataFrame) -> pl.DataFrame:
    """Return a row per station and year with generation, 0 where the file says nil; unreadable cells go to intake."""
    nil = (pl.col("generation") == "-") | (
        pl.col("generation").is_null() & pl.col("emissions_value").is_not_null()
    )
    return (
        measured.with_columns(
            pl.when(nil.fill_null(value=False)).then(pl.lit("0")).otherwise("generation").alias("quantity")
        )
        .filter(pl.col("quantity").is_not_null())
        .select(
            "firm_id",
            "period",
            pl.lit("electricity").alias("product"),
            "quantity",
            pl.lit("GWh").alias("unit"),
            pl.lit(PUBLISHED_ON).alias("published_on"),
            "source_document",
            "page",
        )
    )


def _emissions(measured: pl.DataFrame) -> pl.DataFrame:
    return measured.filter(pl.col("emissions").is_not_null() & (pl.col("emissions") != "-")).select(
        "firm_id",
        "period",
        pl.lit("1").alias("scope"),
        pl.lit("CO2").alias("substance"),
        pl.col("emissions").alias("quantity"),
        pl.lit("t").alias("unit"),
        pl.lit("CEA CO2 baseline database, version 14.0").alias("method"),
        pl.lit(PUBLISHED_ON).alias("published_on"),
        "source_document",
        "page",
    )


def _ownership(stations: pl.DataFrame) -> pl.DataFrame:
    system = pl.col("SYSTEM").str.strip_chars()
    return stations.filter(pl.col("SYSTEM").is_not_null()).select(
        "firm_id",
        formatted("CEA-SYSTEM:{}", system).alias("parent_id"),
        system.alias("parent_name"),
        "source_document",
        "page",
    )


def _notices(stations: pl.DataFrame, units: pl.DataFrame, measured: pl.DataFrame) -> list[Notice]:
    idle = measured.filter(pl.col("generation_value") == 0).height
    dashes = measured.filter(pl.col("generation_value").is_null()).height
    twice = units.filter(pl.struct("firm_id", "UNIT_NO").is_duplicated()).height
    return [
        notice(
            "production",
            "",
            en=f"{units.height} rows of units are part of their {stations.height} stations and left out, so nothing is "
            f"counted twice ({twice} of them repeat a unit number).",
            zh=f"{units.height}行机组数据已含于{stations.height}座电站，未读入以免重复计算（其中{twice}行机组号重复）。",
        ),
        notice(
            "production",
            "quantity",
            en=f"{idle} station-years with zero and {dashes} with a dash or an empty cell for net generation generated nothing: "
            "they have no intensity.",
            zh=f"净发电量为零的{idle}个、为短横线或空白的{dashes}个电站年度视为未发电，没有强度。",
        ),
        notice(
            "emissions",
            "period",
            en="A fiscal year from April to March is filed under the year it begins in: 2017-18 is 2017.",
            zh="财政年度（4月至次年3月）计入起始年份：2017-18计为2017。",
        ),
        notice(
            "emissions",
            "published_on",
            en=f"Version 14.0 is dated December 2018; all its years count as known on {PUBLISHED_ON}.",
            zh=f"14.0版标注为2018年12月；其全部年度自{PUBLISHED_ON}起视为可知。",
        ),
        notice(
            "firms",
            "founded_on",
            en="The commissioning of a station's first unit stands for its day of founding.",
            zh="以首台机组投产日作为成立日期。",
        ),
        notice(
            "ownership",
            "share",
            en="SYSTEM is taken as the owner; its share and joint owners are not in the file.",
            zh="以SYSTEM作为股东；文件中没有持股比例和共同股东。",
        ),
    ]


def read(path: Path | str) -> Dataset:
    """Return the database as a dataset: stations, generation, CO2, owners, one application per station.

    Parameters
    ----------
    path
        Folder of the published sheets as CSV, or one of them; ``cea_data.csv`` is what is read.

    Returns
    -------
    Dataset
        Through :func:`features.intake.validate_tables`. ``findings`` holds the contradictions of the file, by station and
        year: ``published_intensity`` (published tCO2/MWh against emissions over generation, beyond 0.001),
        ``emissions_without_generation``, ``negative_quantity`` and ``units_exceed_station``.

    Raises
    ------
    RegisterError
        If the path is wrong, the file is not as published, or a unit has no station.
    """
    folder = folder_of(path, register="cea", needed=DATA, known=[DATA, *_OTHERS])
    rows = _read_rows(folder / DATA)
    stations, units = rows.filter(~pl.col("is_unit")), rows.filter("is_unit")
    orphans = units.join(stations, on="firm_id", how="anti")
    if orphans.height:
        raise RegisterError(
            f"{orphans.height} units have no station row (UNIT_NO 0).",
            where=f"{DATA}, {orphans['page'][0]}",
            mend="Use the file as published; a unit's figures cannot stand for its station.",
        )
    measured = measures(stations)
    raw = {
        "firms": _firms(stations, units),
        "ownership": _ownership(stations),
        "production": _production(measured),
        "emissions": _emissions(measured),
        "applications": stations.select(
            formatted("cea-v14-{}", pl.col("S_NO").str.strip_chars()).alias("application_id"),
            "firm_id",
            pl.lit(AS_OF).alias("as_of"),
            "source_document",
            "page",
        ),
    }
    dataset = validate_tables(
        raw,
        source="CEA CO2 baseline database, version 14.0",
        purpose="score",
        findings=findings(measured, units),
    )
    return with_record(dataset, notices=_notices(stations, units, measured), files=[folder / DATA])
