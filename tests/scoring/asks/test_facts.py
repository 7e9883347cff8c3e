"""What hangs on each fact, held to the pipeline: every fact is taken away from simulated firms and all is computed again."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import polars as pl
import pytest

from features.catalogue import CATALOGUE
from features.intake import validate_tables
from features.pipeline import compute
from features.reference import table
from features.simulate import simulate
from scoring.asks import documents
from scoring.asks.rank import COVERAGE

EACH = 4
"""Firms taken that have an indicator; few are enough, each is computed once per fact."""

POLLUTANTS = ("SO2", "NOx", "PM", "COD", "NH3-N")
KINDS = ("environmental", "safety", "labour", "product", "tax", "dishonesty")
RARE = {
    ("emissions.CH4", "capture_share"),
    ("emissions.CH4", "sink_credit_share"),
    ("production.any", "under_reporting"),
    ("annual.revenue", "data_quality"),
}
"""Declared moves that too few simulated firms show for a small sample to be sure of one."""


def without(name, tables):
    """The table that a fact stands in, with the fact taken away."""
    what = name.partition(".")[2]
    frame = tables[name.partition(".")[0]]
    if name.startswith(("annual.", "firms.", "applications.")):
        return frame.with_columns(pl.lit(None, dtype=frame.schema[what]).alias(what))
    if name in {"production.any", "equipment.any"} or name.startswith("ecology."):
        return frame.filter(pl.col("kind") != what) if name.startswith("ecology.") else frame.clear()
    if name.startswith("energy."):
        kinds = dict(table("energy_carriers").select("id", "kind").iter_rows())
        kind = pl.col("carrier").replace_strict(kinds, default="unknown", return_dtype=pl.String)
        return frame.filter(
            kind != "electricity" if what == "electricity" else kind.is_in(["electricity", "heat"])
        )
    if name.startswith("emissions."):
        gone = {
            "scope1": pl.col("scope") == "1",
            "scope2": pl.col("scope").is_in(["2-location", "2-market"]),
            "scope3": pl.col("scope") == "3",
            "CH4": pl.col("substance") == "CH4",
            "pollutants": pl.col("substance").is_in(POLLUTANTS),
        }[what]
        return frame.filter(~gone.fill_null(value=False))
    of_kind = (pl.col("table") == "incidents") & (pl.col("kind") == what)
    return frame.filter(~((pl.col("table") == what) | of_kind).fill_null(value=False))


@pytest.fixture(scope="module")
def found():
    """Of every fact the indicators that some firm loses without it, and those that change and are not lost."""
    dataset = validate_tables(simulate(firms=1500, seed=4, new_applicants=True).tables, source="a test")
    whole = compute(dataset)
    real = whole.data_quality.filter(
        pl.col("indicator").is_not_null() & ~pl.col("status").is_in(["missing", "not_applicable"])
    )
    chosen = real.group_by("indicator", maintain_order=True).head(EACH)["application_id"]
    mining = whole.values.filter(pl.col("industry_division").is_in(["06", "07"]))["application_id"].head(10)
    # Firms whose intensities rest on revenue, and those with one kind of energy only, are few and tell much.
    on_revenue = real.filter(pl.col("detail_en").str.starts_with("Revenue of"))["application_id"].head(30)
    no_power = whole.values.filter(pl.col("electrification").is_null() & pl.col("coal_share").is_not_null())[
        "application_id"
    ].head(10)
    only_power = whole.values.filter(pl.col("electrification") == 1.0)["application_id"].head(10)
    wanted = pl.concat([chosen, mining, on_revenue, no_power, only_power]).unique()
    applications = dataset.tables["applications"].filter(pl.col("application_id").is_in(wanted.to_list()))
    firms = applications.select("firm_id").unique()
    tables = {
        name: frame.join(firms, on="firm_id", how="semi") if "firm_id" in frame.columns else frame
        for name, frame in dataset.tables.items()
    } | {"applications": applications}
    tables["checks"] = one_row_a_kind(tables["checks"])
    names = ["", *documents().facts]
    copies = {name: [] for name in tables}
    for place, fact in enumerate(names):
        own = tables | ({fact.partition(".")[0]: without(fact, tables)} if fact else {})
        for name, frame in own.items():
            copies[name].append(
                frame.with_columns(
                    (pl.col(column) + f"/{place}").alias(column)
                    for column in ("firm_id", "application_id")
                    if column in frame.columns
                )
            )
    many = replace(dataset, tables=MappingProxyType({n: pl.concat(parts) for n, parts in copies.items()}))
    values = compute(many).values.with_columns(
        pl.col("application_id").str.split("/").list.to_struct(fields=["id", "copy"]).struct.unnest()
    )
    indicators = [name for name, item in CATALOGUE.items() if item.base is None]
    base = values.filter(pl.col("copy") == "0").sort("id")
    answer = {}
    for place, fact in enumerate(names[1:], start=1):
        left = values.filter(pl.col("copy") == str(place)).sort("id")
        assert left["id"].equals(base["id"])
        lost = {n for n in indicators if (base[n].is_not_null() & left[n].is_null()).any()}
        other = {n for n in indicators if not base[n].equals(left[n])} - lost
        answer[fact] = (lost, other)
    return answer


def one_row_a_kind(checks):
    """An answer about every kind of incident as one answer about each."""
    everything = (pl.col("table") == "incidents") & pl.col("kind").is_null()
    each = checks.filter(everything).drop("kind").join(pl.DataFrame({"kind": KINDS}), how="cross")
    return pl.concat([checks.filter(~everything), each.select(checks.columns)])


@pytest.mark.parametrize("name", list(documents().facts))
def test_what_hangs_on_a_fact_is_what_is_declared(found, name):
    fact = documents().facts[name]
    lost, other = found[name]
    assert lost == set(fact.gives)
    declared = {indicator for indicator in fact.moves if (name, indicator) not in RARE}
    assert declared <= other - {COVERAGE} <= set(fact.moves) | set(fact.gives)


def test_a_fact_moves_the_coverage_exactly_where_it_is_expected(found):
    expected = set(table("expected_facts")["fact"])
    for name, (_, other) in found.items():
        # One kind of incident less is still an answer of the register.
        settles = bool(set(documents().facts[name].expected) & expected) and name not in {
            f"checks.{kind}" for kind in KINDS
        }
        assert (COVERAGE in other) == settles, name
