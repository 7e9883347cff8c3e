"""US EPA Greenhouse Gas Reporting Program: the yearly summary workbooks of direct emitters, as published.

One facility is one firm, ``GHGRP:<Facility Id>``. The gas columns are tonnes of CO2e under the warming potentials of
IPCC AR4, which the workbook itself states; they are handed in as tCO2e and so stand as reported. Biogenic CO2 is
reported beside the total and stays outside it. An empty gas cell is not reported, never zero. Every facility of the
latest year is one application.

Source: https://www.epa.gov/ghgreporting/data-sets, files ``ghgp_data_<year>.xlsx`` and the yearly parent companies.
"""

from __future__ import annotations

import operator
import re
from datetime import date
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING

import fastexcel
import polars as pl

from features.errors import RegisterError
from features.intake import validate_tables
from features.intake.dataset import FINDINGS_SCHEMA
from features.registers._files import Notice, folder_of, notice, require_columns, with_record
from features.text import formatted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from features.intake.dataset import Dataset

__all__ = ["AS_OF", "GASES", "PUBLISHED_ON", "read"]

SHEET = "Direct Emitters"
HEADER_ROW = 4
TOTAL = "Total reported direct emissions"
BIOGENIC = "Biogenic CO2 emissions (metric tons)"

GASES: Mapping[str, str] = MappingProxyType(
    {
        "CO2 emissions (non-biogenic)": "CO2",
        "Methane (CH4) emissions": "CH4",
        "Nitrous Oxide (N2O) emissions": "N2O",
        "HFC emissions": "HFCs",
        "PFC emissions": "PFCs",
        "SF6 emissions": "SF6",
        "NF3 emissions": "NF3",
        "Other Fully Fluorinated GHG emissions": "other_fluorinated",
        "HFE emissions": "HFEs",
        "Very Short-lived Compounds emissions": "very_short_lived",
        "Other GHGs (metric tons CO2e)": "other_ghg",
    }
)
"""Column of the workbook to substance id; together they are the published total."""

_FACTS = ("Facility Id", "Facility Name", "State", "Primary NAICS Code", TOTAL, BIOGENIC, *GASES)

PUBLISHED_ON: Mapping[int, date] = MappingProxyType({2019: date(2020, 11, 30), 2020: date(2021, 10, 31)})
"""Day from which each year's figures count as known.

The workbooks state only the day on which reports were taken (2020-09-26 and 2021-08-07). That EPA releases a year's
data in the following October or November is an assumption on the late side: nothing is known too early.
"""

AS_OF = date(2021, 12, 31)
"""Decision day of the applications: after the figures of 2020 were out."""

APPLIED = 2020
PARENTS = "ghgrp_2023_facilities_parents.csv"
PARENTS_VALID_FROM = date(2023, 12, 31)
"""Parents are reported as of the end of the reporting year, here 2023."""

METHOD = "US EPA GHGRP, 40 CFR Part 98, tCO2e under IPCC AR4"
NAICS = "NAICS2017"


def _workbook(year: int) -> str:
    return f"ghgp_data_{year}.xlsx"


def _read_year(folder: Path, year: int) -> pl.DataFrame:
    """Return the sheet's rows as text, with ``year``, ``firm_id``, ``source_document`` and ``page``."""
    path = folder / _workbook(year)
    mend = "Use the yearly summary workbook as EPA published it."
    try:
        book = fastexcel.read_excel(path)
        if SHEET not in book.sheet_names:
            raise RegisterError(
                f"The workbook has no sheet {SHEET!r}; it has {', '.join(book.sheet_names)}.",
                where=path.name,
                mend=mend,
            )
        title = book.load_sheet(SHEET, header_row=None, n_rows=HEADER_ROW - 1, dtypes="string").to_polars()
        rows = book.load_sheet(SHEET, header_row=HEADER_ROW - 1, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise RegisterError(f"The workbook cannot be read: {error}.", where=path.name, mend=mend) from error
    stated = " ".join(title.to_series(0).drop_nulls()) if title.width else ""
    if str(year) not in re.findall(r"for (\d{4})", stated) or "AR4" not in stated:
        raise RegisterError(
            f"The title rows do not state the year {year} and the warming potentials AR4: {stated!r}.",
            where=f"{path.name}, sheet {SHEET}",
            mend=mend,
        )
    rows = rows.rename({c: " ".join(c.split()) for c in rows.columns})
    require_columns(rows, _FACTS, where=f"{path.name}, sheet {SHEET}, row {HEADER_ROW}")
    rows = rows.select(_FACTS).with_row_index("sheet_row", offset=HEADER_ROW + 1)
    # Excel keeps codes as numbers: 221112 may come as 221112.0.
    rows = rows.with_columns(
        pl.col("Facility Id", "Primary NAICS Code").str.strip_chars().str.replace(r"\.0$", "")
    )
    return rows.filter(pl.any_horizontal(pl.col(_FACTS).is_not_null())).with_columns(
        pl.lit(year).alias("year"),
        formatted("GHGRP:{}", "Facility Id").alias("firm_id"),
        pl.lit(path.name).alias("source_document"),
        formatted("{} row {}", pl.lit(SHEET), "sheet_row").alias("page"),
    )


def _firms(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row per facility, as its latest report describes it."""
    latest = rows.filter(pl.col("year") == pl.col("year").max().over("firm_id"))
    return latest.select(
        "firm_id",
        pl.lit("bank").alias("id_scheme"),
        pl.col("Facility Name").alias("name"),
        pl.col("Primary NAICS Code").alias("industry"),
        pl.lit(NAICS).alias("industry_scheme"),
        formatted("US-{}", pl.col("State").str.strip_chars()).alias("region"),
        "source_document",
        "page",
    )


def _emissions(rows: pl.DataFrame) -> pl.DataFrame:
    columns = {TOTAL: "CO2e", **GASES, BIOGENIC: "CO2_biogenic"}
    return (
        rows.rename(columns)
        .unpivot(
            on=list(columns.values()),
            index=["firm_id", "year", "source_document", "page"],
            variable_name="substance",
            value_name="quantity",
        )
        .filter(pl.col("quantity").is_not_null())
        .select(
            "firm_id",
            pl.col("year").cast(pl.String).alias("period"),
            pl.lit("1").alias("scope"),
            "substance",
            "quantity",
            pl.when(pl.col("substance") == "CO2_biogenic")
            .then(pl.lit("tCO2"))
            .otherwise(pl.lit("tCO2e"))
            .alias("unit"),
            pl.lit(METHOD).alias("method"),
            pl.col("year")
            .replace_strict(list(PUBLISHED_ON), list(PUBLISHED_ON.values()), return_dtype=pl.Date)
            .alias("published_on"),
            "source_document",
            "page",
        )
    )


def _applications(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("year") == APPLIED).select(
        formatted("ghgrp-{}-{}", "year", "Facility Id").alias("application_id"),
        "firm_id",
        pl.lit(AS_OF).alias("as_of"),
        "source_document",
        "page",
    )


def _sum_findings(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the facilities whose gas columns do not make the published total."""
    number = {c: pl.col(c).cast(pl.Float64, strict=False) for c in (TOTAL, *GASES)}
    compared = rows.select(
        "firm_id",
        pl.lit("gases_against_total").alias("check"),
        pl.col("year").cast(pl.String).alias("period"),
        number[TOTAL].alias("reported"),
        # One by one: a horizontal sum's last bit would depend on the number of threads.
        reduce(operator.add, (number[c].fill_null(0.0) for c in GASES)).alias("derived"),
    )
    gap = (pl.col("reported") - pl.col("derived")).abs()
    return (
        compared.filter(
            pl.col("reported").is_null() | (gap > 1e-6 * pl.max_horizontal(pl.lit(1.0), "reported"))
        )
        .with_columns(
            formatted(
                "The gas columns add up to {} tCO2e, the published total is {}.",
                "derived",
                pl.col("reported").cast(pl.String).fill_null("not a number"),
            ).alias("text_en"),
            formatted(
                "各气体之和为{} tCO2e，公布的总量为{}。",
                "derived",
                pl.col("reported").cast(pl.String).fill_null("非数值"),
            ).alias("text_zh"),
        )
        .select(list(FINDINGS_SCHEMA))
        .sort("firm_id", "period")
    )


def _ownership(folder: Path, firms: pl.DataFrame) -> tuple[pl.DataFrame, list[Notice]]:
    path = folder / PARENTS
    try:
        rows = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise RegisterError(
            f"The file of parents cannot be read: {error}.",
            where=path.name,
            mend="Use it as published, comma-separated in UTF-8.",
        ) from error
    facility, parent, percent = "GHGRP FACILITY ID", "PARENT COMPANY NAME", "PARENT CO. PERCENT OWNERSHIP"
    require_columns(rows, (facility, parent, percent), where=path.name)
    rows = rows.with_row_index("line", offset=2).with_columns(
        formatted("GHGRP:{}", pl.col(facility).str.strip_chars().str.replace(r"\.0$", "")).alias("firm_id")
    )
    named = rows.filter(pl.col(parent).is_not_null())
    kept = named.join(firms.select("firm_id"), on="firm_id", how="semi")
    share = pl.col(percent).cast(pl.Float64, strict=False)
    table = kept.select(
        "firm_id",
        formatted("GHGRP-PARENT:{}", pl.col(parent).str.strip_chars().str.to_uppercase()).alias("parent_id"),
        pl.col(parent).str.strip_chars().alias("parent_name"),
        pl.when(share.is_not_null()).then((share / 100.0).cast(pl.String)).otherwise(percent).alias("share"),
        pl.lit(PARENTS_VALID_FROM).alias("valid_from"),
        pl.lit(path.name).alias("source_document"),
        formatted("line {}", "line").alias("page"),
    )
    partial = kept.filter((share - 100.0).abs() > 1.0).height
    unnamed, others = rows.height - named.height, named.height - kept.height
    notices = [
        notice(
            "ownership",
            "parent_id",
            en="Parents are those of the end of 2023, one listed owner per facility: joint owners beyond it are missing "
            f"({partial} facilities list an owner of less than the whole). They are not known on {AS_OF}.",
            zh="股东为2023年底数据，每个设施仅列一名，其他共同股东缺失"
            f"（{partial}个设施所列股东非全资）；在{AS_OF}尚不可知。",
        ),
        notice(
            "ownership",
            "firm_id",
            en=f"{unnamed} facilities list no parent; {others} report no direct emissions in the years read. "
            "Both are left out.",
            zh=f"{unnamed}个设施未列股东，{others}个设施在所读年份无直接排放报告，均未读入。",
        ),
    ]
    return table, notices


def _notices(years: list[int], missing: list[str]) -> list[Notice]:
    published = "; ".join(f"{year}: {PUBLISHED_ON[year]}" for year in years)
    return [
        notice(
            "emissions",
            "published_on",
            en=f"Days of publication are assumed, on the late side ({published}); the workbooks state only when reports "
            "were taken.",
            zh=f"披露日期为偏晚的假设（{published}）；工作簿仅注明报告截止日。",
        ),
        notice(
            "emissions",
            "quantity",
            en="Gases stand in tCO2e under the file's own IPCC AR4 warming potentials; biogenic CO2 is outside the total.",
            zh="各气体按文件自身的IPCC AR4增温潜势以tCO2e计；生物源CO2不计入总量。",
        ),
        notice(
            "",
            "",
            en=f"Only the sheet {SHEET} is read: suppliers, pipelines, basins and grid equipment stand on other sheets.",
            zh=f"仅读取工作表{SHEET}；供应商、管道、油气盆地与电网设备见其他工作表。",
        ),
        *(
            notice(
                "",
                "",
                en=f"{name} was not found: what it holds is missing.",
                zh=f"未找到{name}，其内容缺失。",
            )
            for name in missing
        ),
    ]


def read(path: Path | str) -> Dataset:
    """Return the register as a dataset: facilities, their emissions by gas, parents, one application per facility.

    Parameters
    ----------
    path
        Folder of the published files, or one of them. ``ghgp_data_2020.xlsx`` is needed; ``ghgp_data_2019.xlsx`` (the
        trend) and the file of parents are read where they stand beside it, and a notice says where they do not.

    Returns
    -------
    Dataset
        Through :func:`features.intake.validate_tables`: a facility that breaks the contract is in the quarantine by
        its id, never lost. ``findings`` holds the facilities whose gases do not make the published total.

    Raises
    ------
    RegisterError
        If the path is wrong, or a file is not as published.
    """
    needed = _workbook(APPLIED)
    optional = [_workbook(year) for year in sorted(PUBLISHED_ON) if year != APPLIED] + [PARENTS]
    folder = folder_of(path, register="ghgrp", needed=needed, known=[needed, *optional])
    years = [year for year in sorted(PUBLISHED_ON) if (folder / _workbook(year)).is_file()]
    rows = pl.concat([_read_year(folder, year) for year in years])
    raw = {"firms": _firms(rows), "emissions": _emissions(rows), "applications": _applications(rows)}
    notices = _notices(years, [name for name in optional if not (folder / name).is_file()])
    files = [folder / _workbook(year) for year in years]
    if (folder / PARENTS).is_file():
        raw["ownership"], about_owners = _ownership(folder, raw["firms"])
        notices += about_owners
        files.append(folder / PARENTS)
    dataset = validate_tables(
        raw,
        source=f"US EPA GHGRP {', '.join(map(str, years))}",
        purpose="score",
        findings=_sum_findings(rows),
    )
    return with_record(dataset, notices=notices, files=files)
