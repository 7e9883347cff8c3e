"""A bank's tables over the shipped ones: what they change, what is refused, and that nothing leaks out of the block."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import threading
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import reference, units
from features.editions import edition_of_year
from features.energy.benchmark_position import benchmark_levels
from features.errors import ReferenceDataError, UnitError
from features.intake import read_dataset, validate_tables
from features.pipeline import compute
from scoring.policy.apply import industry_classes
from scoring.policy.references import confirmed

FOLDER = Path(reference.__file__).parent
DATED = sorted(name for name, declared in reference.REFERENCE_TABLES.items() if declared.dated)


def shipped_rows(name):
    """Rows of a shipped CSV as text, read without the code under test."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def one(name, **cells):
    return next(
        dict(row) for row in shipped_rows(name) if all(row[column] == cell for column, cell in cells.items())
    )


def write(folder, name, rows, *, encoding="utf-8"):
    folder.mkdir(exist_ok=True)
    header = list(dict.fromkeys(column for row in rows for column in row))
    with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, header, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return folder


def carrier(identifier, **cells):
    return one("energy_carriers", id=identifier) | cells


SIGNED = {"confirmed_by": "Li Wei", "confirmed_on": "2026-03-01"}


def test_a_row_of_a_shipped_key_replaces_and_a_new_key_is_added(tmp_path):
    own = [
        carrier("raw_coal", tce_per_unit="0.8", heat_gj_per_unit="23.446"),
        carrier(
            "raw_coal", id="own_pellets", name_en="Own pellets", name_zh="自产颗粒", aliases="bank pellets"
        ),
    ]
    before = reference.table("energy_carriers")
    with reference.overlaid(write(tmp_path / "own", "energy_carriers", own)) as found:
        laid = reference.table("energy_carriers")
        assert laid["id"].to_list() == [row["id"] for row in shipped_rows("energy_carriers")] + [
            "own_pellets"
        ]
        assert laid.filter(pl.col("id") == "raw_coal")["tce_per_unit"].to_list() == [0.8]
        untouched = ~pl.col("id").is_in(["raw_coal", "own_pellets"])
        assert laid.filter(untouched).select(before.columns).equals(before.filter(pl.col("id") != "raw_coal"))
        assert found.changes.select("key", "change").rows() == [
            ("raw_coal 2021-01-01", "replaced"),
            ("own_pellets 2021-01-01", "added"),
        ]
        assert "tce_per_unit 0.7143 -> 0.8" in found.changes["differences"][0]
    assert reference.table("energy_carriers") is before


def test_columns_may_stand_in_any_order_and_blank_rows_are_no_rows(tmp_path):
    row = dict(reversed(carrier("coke", tce_per_unit="0.98").items()))
    folder = write(tmp_path / "own", "energy_carriers", [row, dict.fromkeys(row, "")], encoding="utf-8-sig")
    (folder / "README.md").write_text("why", encoding="utf-8")
    (folder / ".hidden").write_text("", encoding="utf-8")
    with reference.overlaid(folder):
        laid = reference.table("energy_carriers")
    assert laid.height == len(shipped_rows("energy_carriers"))
    assert laid.filter(pl.col("id") == "coke")["tce_per_unit"].item() == 0.98


def test_every_shipped_table_laid_over_itself_changes_nothing(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    names = [name for name in reference.REFERENCE_TABLES if reference.shipped(name).height]
    for name in names:
        (folder / f"{name}.csv").write_bytes((FOLDER / f"{name}.csv").read_bytes())
    with reference.overlaid(folder) as found:
        assert set(found.changes["change"]) == {"unchanged"}
        assert set(found.changes["differences"]) == {""}
        for name in names:
            shipped = reference.shipped(name)
            assert reference.table(name).select(shipped.columns).equals(shipped)


@pytest.mark.parametrize("name", ["sector_benchmarks", "cbam_goods", "industries"])
def test_a_person_of_the_bank_confirms_a_recalled_row(tmp_path, name):
    key = reference.REFERENCE_TABLES[name].key[0]
    row = next(row for row in shipped_rows(name) if row["verified"] == "recalled")
    entry = f"{name}:{row[key]}"
    assert not confirmed(entry)
    with reference.overlaid(write(tmp_path / "own", name, [row | SIGNED])) as found:
        assert confirmed(entry)
        assert not confirmed(name)
        laid = reference.table(name).filter(pl.col(key) == row[key]).to_dicts()[0]
        assert (laid["verified"], laid["confirmed_by"], laid["confirmed_on"]) == (
            "confirmed",
            "Li Wei",
            dt.date(2026, 3, 1),
        )
        assert found.changes.select("change", "differences", "confirmed_by").rows() == [
            ("confirmed", "", "Li Wei")
        ]
    assert not confirmed(entry)


def test_a_confirmed_industry_is_confirmed_in_the_policy(tmp_path):
    row = one("industries", code="30") | SIGNED
    asked = (pl.col("industry_division") == "30", "class_confirmed")
    with reference.overlaid(write(tmp_path / "own", "industries", [row])):
        assert industry_classes().filter(asked[0])[asked[1]].to_list() == [True]
        assert industry_classes()["class_confirmed"].sum() == 1
    assert industry_classes().filter(asked[0])[asked[1]].to_list() == [False]


def test_a_confirmed_benchmark_is_not_told_as_recalled(tmp_path):
    row = one("sector_benchmarks", id="cement_clinker") | SIGNED
    own = pl.col("product") == "cement_clinker"
    with reference.overlaid(write(tmp_path / "own", "sector_benchmarks", [row])):
        assert benchmark_levels().filter(own)["recalled"].to_list() == [False]
        assert benchmark_levels().filter(~own)["recalled"].all()
    assert benchmark_levels().filter(own)["recalled"].to_list() == [True]


def test_whatever_is_derived_from_tables_follows_the_set_and_goes_with_it(tmp_path):
    folder = tmp_path / "own"
    write(folder, "energy_carriers", [carrier("raw_coal", tce_per_unit="0.5", aliases="黑金")])
    clinker = one("sector_benchmarks", id="cement_clinker")
    write(
        folder,
        "sector_benchmarks",
        [clinker | {"id": "own_brick", "product_en": "Own brick", "product_zh": "自有砖", "unit": "kgce/m2"}],
    )
    gas = one("global_warming_potentials", substance="SF6")
    write(folder, "global_warming_potentials", [gas | {"substance": "HFE-own", "aliases": "own ether"}])
    write(
        folder, "certifications", [one("certifications", id="iso14001") | {"id": "own_label", "aliases": ""}]
    )
    write(
        folder,
        "exchange_rates",
        [one("exchange_rates", currency="USD", year="2023") | {"cny_per_unit": "8"}],
    )

    def derived():
        answers = {
            "factor": units.energy_factor("raw_coal", "tce").factor,
            "alias": reference.carrier_ids().get("黑金"),
            "product": reference.product_ids().get(reference.normalise("own brick")),
            "product_unit": units.production_unit("own_brick"),
            "level": benchmark_levels().filter(pl.col("product") == "own_brick").height,
            "substance": reference.substance_ids().get("ownether"),
            "kind": reference.substance_kinds().get("HFE-own"),
            "scheme": "own_label" in set(reference.scheme_ids().values()),
            "money": units.money_factor("USD", 2023).factor,
            "resolved": pl.select(reference.resolve("carrier", pl.lit("黑金"))).item(),
            "version": reference.set_version(),
        }
        for name, ask in {
            "mass": lambda: units.parse_unit("t own ether").substance,
            "emission": lambda: units.emission_factor("HFE-own", "kg").factor,
            "production": lambda: units.production_factor("own_brick", "m2").factor,
        }.items():
            try:
                answers[name] = ask()
            except UnitError:
                answers[name] = None
        return answers

    shipped = derived()
    # The label shares its names with ISO 14001: which of them is meant could not be told.
    with pytest.raises(ReferenceDataError, match="means both"):
        reference.read_overlay(folder)
    own_label = one("certifications", id="iso14001") | {
        "id": "own_label",
        "name_en": "Own label",
        "name_zh": "自有标志",
        "aliases": "",
    }
    write(folder, "certifications", [own_label])
    with reference.overlaid(folder):
        laid = derived()
        with reference.overlaid(None):
            assert derived() == shipped
        assert derived() == laid
    assert derived() == shipped
    assert [name for name in laid if laid[name] == shipped[name]] == []
    assert laid["factor"] == 2.0
    assert laid["money"] == pytest.approx(8 / 10_000)
    assert (laid["product_unit"], laid["level"], laid["emission"]) == ("m2", 1, 0.001)


def test_two_sets_are_kept_apart_in_threads(tmp_path):
    folders = [
        write(tmp_path / f"own{n}", "energy_carriers", [carrier("raw_coal", tce_per_unit=f"0.{n}")])
        for n in (2, 4, 5)
    ]
    seen = {}
    gate = threading.Barrier(len(folders) + 1, timeout=20)

    def ask(name, folder):
        with reference.overlaid(folder):
            gate.wait()
            answers = {units.energy_factor("raw_coal", "tce").factor for _ in range(200)}
            gate.wait()
            seen[name] = (answers, reference.set_version())

    with reference.overlaid(folders[0]):
        threads = [threading.Thread(target=ask, args=(n, f)) for n, f in enumerate([*folders[1:], None])]
        for thread in threads:
            thread.start()
        gate.wait()
        assert units.energy_factor("raw_coal", "tce").factor == 5.0
        gate.wait()
        for thread in threads:
            thread.join()
    assert [answers for answers, _ in (seen[n] for n in range(3))] == [{2.5}, {2.0}, {1 / 0.7143}]
    assert len({version for _, version in seen.values()}) == 3


def test_a_thread_of_its_own_sees_the_shipped_set(tmp_path):
    seen = []
    folder = write(tmp_path / "own", "energy_carriers", [carrier("raw_coal", tce_per_unit="0.5")])
    with reference.overlaid(folder):
        thread = threading.Thread(target=lambda: seen.append(reference.overlay_version()))
        thread.start()
        thread.join()
    assert seen == [{}]


def test_an_error_within_the_block_takes_the_set_away_too(tmp_path):
    folder = write(tmp_path / "own", "energy_carriers", [carrier("raw_coal", tce_per_unit="0.5")])
    with pytest.raises(RuntimeError), reference.overlaid(folder):
        raise RuntimeError
    assert reference.overlay_version() == {}


def test_the_version_tells_the_tables_that_a_bank_laid_over(tmp_path):
    folder = write(tmp_path / "own", "energy_carriers", [carrier("raw_coal")])
    digest = hashlib.sha256((folder / "energy_carriers.csv").read_bytes()).hexdigest()
    shipped, whole = reference.version(), reference.set_version()
    with reference.overlaid(folder):
        assert reference.overlay_version() == {"energy_carriers": digest}
        changed = [name for name, value in reference.version().items() if value != shipped[name]]
        assert changed == ["energy_carriers"]
        assert reference.set_version() != whole
    assert (reference.version(), reference.set_version()) == (shipped, whole)


def test_a_score_rests_on_the_set_in_force(tmp_path):
    data = tmp_path / "bank"
    data.mkdir()
    (data / "firms.csv").write_text(
        "firm_id,id_scheme,industry,region\nF1,bank,3011,370100\n", encoding="utf-8"
    )
    (data / "applications.csv").write_text(
        "application_id,firm_id,as_of\nA1,F1,2024-06-30\n", encoding="utf-8"
    )
    (data / "annual.csv").write_text(
        "firm_id,year,published_on,revenue,currency\nF1,2023,2024-03-01,1000,万元\n", encoding="utf-8"
    )
    (data / "energy.csv").write_text(
        "firm_id,period,carrier,flow,quantity,unit,published_on\nF1,2023,raw_coal,purchased,1000,t,2024-03-01\n",
        encoding="utf-8",
    )

    def intensity():
        return compute(read_dataset(data, purpose="score")).values["energy_intensity"].item()

    lighter = write(tmp_path / "lighter", "energy_carriers", [carrier("raw_coal", tce_per_unit="0.6")])
    empty = write(tmp_path / "empty", "energy_carriers", [carrier("raw_coal", tce_per_unit="")])
    assert intensity() == pytest.approx(0.7143)
    with reference.overlaid(lighter):
        assert intensity() == pytest.approx(0.6)
    with reference.overlaid(empty):
        # A factor that the bank leaves empty makes the figure missing, never zero, and no shipped one steps in.
        assert intensity() is None
    assert intensity() == pytest.approx(0.7143)


def grid(**cells):
    return one("grid_factors", id="grid_110000_average_2023") | cells


OWN = {"id": "own", "name_en": "Own", "name_zh": "自有", "aliases": ""}

REFUSED = {
    "unknown column": (
        "energy_carriers",
        [carrier("coke", tce_per_unt="1")],
        "no column 'tce_per_unt'",
        "tce_per_unit",
    ),
    "missing column": (
        "exchange_rates",
        [{"currency": "USD", "year": "2025"}],
        "missing: cny_per_unit, source",
        "",
    ),
    "number": (
        "energy_carriers",
        [carrier("coke", tce_per_unit="high")],
        "'high' is not a finite number",
        "",
    ),
    "date": ("energy_carriers", [carrier("coke", valid_from="1/2/24")], "is not a date", ""),
    "no beginning": ("energy_carriers", [carrier("coke", valid_from="")], "is not a key", ""),
    "no source": ("energy_carriers", [carrier("coke", source="")], "is not a source", ""),
    "verified": ("energy_carriers", [carrier("coke", verified="confirmed")], "is not one of", ""),
    "twice": ("energy_carriers", [carrier("coke"), carrier("coke")], "the key repeats", ""),
    "two spellings of a year": (
        "exchange_rates",
        [one("exchange_rates", currency="USD", year="2023") | {"year": year} for year in ("2025", "02025")],
        "The key is written twice",
        "",
    ),
    "half a confirmation": (
        "energy_carriers",
        [carrier("coke", confirmed_by="Li Wei")],
        "lacks confirmed_on",
        "",
    ),
    "another half": (
        "energy_carriers",
        [carrier("coke", confirmed_on="2026-01-01")],
        "lacks confirmed_by",
        "",
    ),
    "day of confirmation": (
        "energy_carriers",
        [carrier("coke", confirmed_by="Li Wei", confirmed_on="soon")],
        "'soon' is not a date",
        "",
    ),
    "unit": ("energy_carriers", [carrier("coke", unit="kg")], "in 'kg'; its series has kg and t", "Convert"),
    "unit taken away": ("energy_carriers", [carrier("coke", unit="")], "'no unit'", "Convert"),
    "unknown unit": ("energy_carriers", [carrier("coke", **OWN, unit="bucket")], "'bucket'", ""),
    "no carrier's unit": (
        "energy_carriers",
        [carrier("coke", **OWN, unit="piece")],
        "measures no carrier",
        "",
    ),
    "benchmark's unit": (
        "sector_benchmarks",
        [
            one("sector_benchmarks", id="cement_clinker")
            | {"id": "own", "product_en": "Own", "product_zh": "自有", "unit": "kgce"}
        ],
        "'kgce' cannot be used",
        "kgce/t",
    ),
    "kind": ("grid_factors", [grid(id="own", code="own", kind="avarage")], "no kind that", "average"),
    "later edition over an open one": (
        "energy_carriers",
        [carrier("coke", valid_from="2025-01-01")],
        "hold on 2025-01-01: the other began on 2021-01-01 and has no end",
        "valid_to 2024-12-31",
    ),
    "another id of the same series": (
        "grid_factors",
        [grid(id="own_beijing")],
        "Two rows of province, 110000, average hold on 2023-01-01",
        "",
    ),
    "ends before it begins": (
        "energy_carriers",
        [carrier("coke", valid_to="2020-12-31")],
        "before it begins",
        "",
    ),
    "a second pollutant of the tax": (
        "pollution_equivalents",
        [one("pollution_equivalents", id="so2") | {"id": "own", "name_en": "Own", "name_zh": "自有"}],
        "so2 and own are both for SO2",
        "over the row so2",
    ),
    "a second factor of a product": (
        "process_emission_factors",
        [one("process_emission_factors", id="clinker") | {"id": "own"}],
        "clinker and own are both for cement_clinker",
        "",
    ),
    "alias of another carrier": (
        "energy_carriers",
        [carrier("coke", aliases="原煤")],
        "means both",
        "ambiguous",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_table_is_refused_with_its_mend(tmp_path, case):
    name, rows, said, mend = REFUSED[case]
    folder = write(tmp_path / "own", name, rows)
    with pytest.raises(ReferenceDataError) as error:
        reference.read_overlay(folder)
    assert said in error.value.what
    assert name in error.value.where
    assert error.value.mend
    assert mend in error.value.mend
    assert reference.overlay_version() == {}


SPOILT = [
    *(
        "",
        ",",
        "\n",
        '"',
        "\r",
        "\x00",
        "\ufeff",
        "=1+1",
        "99999999999999999999",
        "1e999",
        "-0",
        "NaN",
        ";",
        "原煤",
    ),
    *("9999-12-31", "0001-01-01", "2024-02-30", "t/", "/", "kgce/()", "()", "coke", "own"),
]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(set(reference.REFERENCE_TABLES))), st.data())
def test_any_spoilt_table_is_read_or_refused(tmp_path_factory, name, data):
    rows = shipped_rows(name)[:3] or [dict.fromkeys(reference.REFERENCE_TABLES[name].columns, "x")]
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    for _ in range(data.draw(st.integers(1, 3))):
        line = data.draw(st.sampled_from(lines))
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.sampled_from(SPOILT))
    folder = tmp_path_factory.mktemp("own")
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)
    refused = None
    try:
        found = reference.read_overlay(folder)
    except ReferenceDataError as error:
        refused = error
    if refused:
        assert refused.where
        assert refused.mend
    else:
        assert found.changes.height > 0
        assert found.tables[name].height >= len(shipped_rows(name))
    assert reference.overlay_version() == {}


def test_a_wrong_folder_is_refused_with_its_mend(tmp_path):
    def said(folder):
        with pytest.raises(ReferenceDataError) as error:
            reference.read_overlay(folder)
        return f"{error.value.what} {error.value.mend}"

    assert "not there" in said(tmp_path / "nowhere")
    own = tmp_path / "own"
    own.mkdir()
    assert "no reference table" in said(own)
    (own / "grid_factor.csv").write_text("", encoding="utf-8")
    assert "Did you mean grid_factors" in said(own)
    (own / "grid_factor.csv").rename(own / "grid_factors.csv")
    assert "Columns are missing" in said(own)
    (own / "grid_factors.csv").write_bytes("code\n北京".encode("gb18030"))
    assert "UTF-8" in said(own)
    (own / "grid_factors.csv").unlink()
    (own / "grid_factors.csv").symlink_to(FOLDER / "grid_factors.csv")
    assert "no CSV file" in said(own)
    (own / "grid_factors.csv").unlink()
    (own / "rates.xlsx").write_bytes(b"")
    assert "Save each table as a CSV file" in said(own)


def test_a_later_edition_stands_where_the_earlier_one_is_ended(tmp_path):
    rows = [
        carrier("coke", valid_from="2025-01-01", tce_per_unit="0.98"),
        carrier("coke", valid_to="2024-12-31"),
    ]
    with reference.overlaid(write(tmp_path / "own", "energy_carriers", rows)):
        editions = edition_of_year(
            reference.table("energy_carriers"), key=["id"], years=[2023, 2024, 2025, 2026]
        )
        coke = editions.filter(pl.col("id") == "coke").select("year", "tce_per_unit", "other_edition")
        last = reference.table("energy_carriers").filter(pl.col("id") == "coke")["valid_from"].to_list()
    assert coke.rows() == [
        (2023, 0.9714, False),
        (2024, 0.9714, False),
        (2025, 0.98, False),
        (2026, 0.98, False),
    ]
    assert last == [dt.date(2021, 1, 1), dt.date(2025, 1, 1)]


def test_the_year_of_the_fact_chooses_the_heat_value_that_turns_standard_coal_into_tonnes(tmp_path):
    earlier = carrier("raw_coal", tce_per_unit="0.5", valid_from="2021-01-01", valid_to="2022-12-31")
    later = carrier("raw_coal", tce_per_unit="0.8", valid_from="2023-01-01")
    # The later edition stands first in the file: its place must not choose it.
    folder = write(tmp_path, "energy_carriers", [later, earlier])
    periods = ["2020", "2022-12", "2023-01", "2024"]
    rows = {"firm_id": "F", "period": periods, "carrier": "raw_coal", "quantity": "40", "unit": "tce"}
    tables = {
        "firms": pl.DataFrame({"firm_id": ["F"], "name": ["F"], "industry": ["3011"], "id_scheme": ["own"]}),
        "applications": pl.DataFrame({"application_id": ["A"], "firm_id": ["F"], "as_of": ["2025-06-30"]}),
        "energy": pl.DataFrame(rows).with_columns(flow=pl.lit("purchased")),
    }
    with reference.overlaid(folder):
        clean = validate_tables(tables, source="a test").tables["energy"]
        assert units.energy_factor("raw_coal", "tce", year=2022).factor == 2.0
        assert units.energy_factor("raw_coal", "tce").factor == 1.25
    tonnes = dict(clean.select("period", "quantity").rows())
    assert tonnes == pytest.approx({"2020": 80.0, "2022-12": 80.0, "2023-01": 50.0, "2024": 50.0})
    assert set(clean["unit"]) == {"t"}


def naive_edition(rows, year):
    """The edition of a year among text rows of one series, written out from the definition."""

    def day(row, column, otherwise):
        return dt.date.fromisoformat(row[column]) if row[column] else otherwise

    spans = sorted(
        ((day(r, "valid_from", dt.date.min), day(r, "valid_to", dt.date.max), r) for r in rows),
        key=lambda span: span[0],
    )
    within = [s for s in spans if s[0] <= dt.date(year, 12, 31) and s[1] >= dt.date(year, 1, 1)]
    if within:
        return within[-1][2], False
    earlier = [s for s in spans if s[1] < dt.date(year, 1, 1)]
    return (earlier[-1] if earlier else spans[0])[2], True


@pytest.mark.parametrize("name", DATED)
def test_the_year_of_the_fact_chooses_the_row_of_every_dated_table(name):
    declared = reference.REFERENCE_TABLES[name]
    series = {}
    for row in shipped_rows(name):
        series.setdefault(tuple(row[column] for column in declared.series), []).append(row)
    years = [1990, 2006, 2017, *range(2018, 2028), 2050]
    table = reference.table(name).rename({"year": "of_year"} if "year" in declared.columns else {})
    found = edition_of_year(table, key=declared.series, years=years)
    assert found.height == len(series) * len(years)
    for row in found.iter_rows(named=True):
        key = tuple(row[column] or "" for column in declared.series)
        expected, other = naive_edition(series[key], row["year"])
        assert row["other_edition"] == other
        own = [column for column in declared.edition if column not in declared.series]
        assert [str(row[column]) for column in own] == [expected[column] for column in own]
        for column in declared.numbers:
            # An empty factor is missing in every year; no other edition's figure slips in, and no zero.
            assert row[column] == (float(expected[column]) if expected[column] else None)


@pytest.mark.parametrize("name", DATED)
def test_of_a_shipped_series_one_row_holds_on_any_day(name):
    series = {}
    for row in shipped_rows(name):
        key = tuple(row[column] for column in reference.REFERENCE_TABLES[name].series)
        series.setdefault(key, []).append((row["valid_from"], row["valid_to"] or "9999"))
    for spans in series.values():
        spans.sort()
        assert all(before[1] < after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize(
    ("year", "factor", "other"),
    [
        (2019, 1.0, True),
        (2020, 1.0, False),
        (2021, 1.0, True),
        (2022, 3.0, False),
        (2023, None, False),
        (2024, None, True),
    ],
)
def test_gaps_and_editions_within_a_year(year, factor, other):
    table = pl.DataFrame(
        {
            "id": ["x"] * 4,
            "factor": [1.0, 2.0, 3.0, None],
            "valid_from": [
                dt.date(2020, 1, 1),
                dt.date(2022, 1, 1),
                dt.date(2022, 7, 1),
                dt.date(2023, 1, 1),
            ],
            "valid_to": [
                dt.date(2020, 12, 31),
                dt.date(2022, 6, 30),
                dt.date(2022, 12, 31),
                dt.date(2023, 6, 30),
            ],
        }
    )
    for rows in (table, table.reverse()):
        found = edition_of_year(rows, key=["id"], years=[year])
        assert found.select("factor", "other_edition").rows() == [(factor, other)]


@pytest.mark.parametrize(
    ("name", "column", "figure", "told"),
    [
        ("energy_carriers", "tce_per_unit", "-0.7", "tce_per_unit is -0.7, and it cannot be below zero"),
        ("grid_factors", "factor", "-0.5", "factor is -0.5, and it cannot be below zero"),
        ("exchange_rates", "cny_per_unit", "0", "cny_per_unit is 0, and it cannot be zero or below"),
        (
            "pollution_equivalents",
            "equivalent_kg",
            "-1",
            "equivalent_kg is -1, and it cannot be zero or below",
        ),
    ],
)
def test_a_factor_that_nothing_has_is_refused_by_its_cell(tmp_path, name, column, figure, told):
    row = dict(shipped_rows(name)[0]) | {column: figure}
    with pytest.raises(ReferenceDataError, match=told) as refused:
        reference.read_overlay(write(tmp_path / "own", name, [row]))
    assert f"column {column}" in str(refused.value)
    with reference.overlaid(write(tmp_path / "sound", name, [row | {column: "0.25"}])):
        assert 0.25 in reference.table(name)[column].to_list()


def test_every_shipped_factor_is_possible():
    for name, column in (("energy_carriers", "tce_per_unit"), ("grid_factors", "factor")):
        figures = [float(row[column]) for row in shipped_rows(name) if row[column]]
        assert min(figures) >= 0
    for name, column in (("exchange_rates", "cny_per_unit"), ("pollution_equivalents", "equivalent_kg")):
        assert min(float(row[column]) for row in shipped_rows(name) if row[column]) > 0
