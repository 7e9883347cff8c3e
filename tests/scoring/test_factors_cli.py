"""``greencredit factors``: list, show and overlay."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from features import reference
from features.intake import read_dataset
from features.settings import Settings
from scoring.cli_edges import Commands
from scoring.contributions import Exactness
from scoring.factors_cli import factors_app
from scoring.manifest import manifest
from scoring.policy import load_policy

FOLDER = Path(reference.__file__).parent


@pytest.fixture(scope="module")
def app():
    """A parent as the product's own, which turns known errors into one message."""
    parent = typer.Typer(cls=Commands)
    parent.callback()(lambda: None)
    parent.add_typer(factors_app)
    return parent


def run(app, *arguments, status=0):
    result = CliRunner().invoke(app, ["factors", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.output


def rows_of(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def write(folder, name, rows):
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture
def own(tmp_path):
    coke, raw = (
        next(r for r in rows_of("energy_carriers") if r["id"] == name) for name in ("coke", "raw_coal")
    )
    blank = {"confirmed_by": "", "confirmed_on": ""}
    write(
        tmp_path / "own",
        "energy_carriers",
        [
            coke | blank | {"tce_per_unit": "0.98"},
            raw | {"confirmed_by": "Li Wei", "confirmed_on": "2026-03-01"},
        ],
    )
    usd = next(r for r in rows_of("exchange_rates") if (r["currency"], r["year"]) == ("USD", "2023"))
    return write(tmp_path / "own", "exchange_rates", [usd | {"year": "2031"}])


def test_list_counts_every_table_and_how_its_rows_are_known(app):
    lines = {line.split()[0]: line for line in run(app, "list").splitlines()}
    for name in reference.REFERENCE_TABLES:
        verified = [row["verified"] for row in rows_of(name)]
        counted = [len(verified), *(verified.count(way) for way in ("seen", "recalled", "own rule")), 0]
        assert [int(cell) for cell in lines[name].split()[1:6]] == counted
        assert lines[name].split()[6] == reference.version()[name][:12]
    assert reference.set_version() in lines["Set"]


def test_list_tells_the_banks_own_tables_apart(app, own):
    lines = {line.split()[0]: line for line in run(app, "list", "--factors", own).splitlines()}
    assert "the bank's own rows" in lines["energy_carriers"]
    assert "the bank's own rows" not in lines["grid_factors"]
    recalled = sum(row["verified"] == "recalled" for row in rows_of("energy_carriers"))
    assert [int(cell) for cell in lines["energy_carriers"].split()[3:6]] == [recalled - 1, 0, 1]
    assert reference.set_version() not in lines["Set"]


def test_show_prints_values_source_and_validity(app):
    text = run(app, "show", "energy_carriers", "--key", "raw_coal")
    row = next(row for row in rows_of("energy_carriers") if row["id"] == "raw_coal")
    for said in (
        "raw_coal  Raw coal 原煤",
        "tce_per_unit 0.7143",
        "holds from 2021-01-01 to now",
        row["source"],
    ):
        assert said in text
    assert f"{row['verified']}; source" in text
    assert text.count("source:") == 1
    assert run(app, "show", "energy_carriers").count("source:") == len(rows_of("energy_carriers"))


@pytest.mark.parametrize(
    ("arguments", "said", "unsaid"),
    [
        (("grid_factors", "--key", "110000", "--year", "2022"), "grid_110000_average_2022", "for want of"),
        (
            ("grid_factors", "--key", "110000", "--year", "2030"),
            "year 2023; factor",
            "grid_110000_average_2022",
        ),
        (("grid_factors", "--key", "110000", "--year", "2030"), "taken for 2030, for want of", "xxx"),
        (("exchange_rates", "--key", "INR", "--year", "2021"), "INR 2020", "INR 2023"),
        (("exchange_rates", "--key", "INR", "--year", "2021"), "taken for 2021", "USD"),
        (("industries", "--key", "30", "--year", "2021"), "not dated", "for want of"),
        (("product_footprints",), "holds no row", "source"),
    ],
)
def test_show_gives_what_a_fact_of_the_year_gets(app, arguments, said, unsaid):
    text = run(app, "show", *arguments)
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "grid_factor"), "Did you mean grid_factors"),
        (("show", "energy_carriers", "--key", "raw_coa"), "Did you mean raw_coal"),
        (("overlay", "nowhere"), "is not there"),
        (("list", "--factors", "nowhere"), "is not there"),
    ],
)
def test_what_is_not_there_is_refused_with_a_mend(app, arguments, said):
    assert said in run(app, *arguments, status=1)


def test_overlay_tells_what_is_added_replaced_and_confirmed(app, own):
    text = run(app, "overlay", own)
    assert "energy_carriers: 0 added, 1 replaced, 1 confirmed, 0 unchanged" in text
    assert "exchange_rates: 1 added, 0 replaced, 0 confirmed, 0 unchanged" in text
    assert "replaced  coke 2021-01-01: tce_per_unit 0.9714 -> 0.98" in text
    assert "confirmed raw_coal 2021-01-01, confirmed by Li Wei" in text
    assert "added     USD 2031" in text
    assert f"shipped {reference.set_version()}" in text
    shown = run(app, "show", "energy_carriers", "--key", "raw_coal", "--factors", own)
    assert "confirmed by Li Wei on 2026-03-01" in shown
    assert reference.overlay_version() == {}


def test_overlay_refuses_a_wrong_cell_by_row_and_column(app, own):
    path = own / "energy_carriers.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("0.98", "0,98x"), encoding="utf-8")
    assert "energy_carriers.csv, line 2" in run(app, "overlay", own, status=1)
    path.write_text(path.read_text(encoding="utf-8").replace("0,98x", "98x"), encoding="utf-8")
    text = run(app, "overlay", own, status=1)
    assert "row coke, 2021-01-01, column tce_per_unit" in text
    assert "To mend it" in text


def test_the_commands_answer_help_without_the_heavy_libraries():
    code = "import sys; from scoring.factors_cli import factors_app; print('polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_score_pins_the_set_it_rests_on(own, registered, tmp_path):
    data = tmp_path / "bank"
    data.mkdir()
    (data / "firms.csv").write_text(
        "firm_id,id_scheme,industry,region\nF1,bank,3011,370100\n", encoding="utf-8"
    )
    (data / "applications.csv").write_text(
        "application_id,firm_id,as_of\nA1,F1,2024-06-30\n", encoding="utf-8"
    )

    def pinned():
        told = manifest(
            read_dataset(data, purpose="score"),
            model=registered,
            policy=load_policy(),
            settings=Settings(),
            exactness=Exactness(
                additivity_gap=0.0,
                booster_gap=0.0,
                contribution_gap=0.0,
                rows=1,
                sampled_rows=1,
                kernel="compiled",
            ),
            scored=1,
            demonstration=True,
        )
        return told["factor_set"], told["factors"], told["factor_overlay"]

    shipped_set, shipped, nothing = pinned()
    with reference.overlaid(own):
        laid_set, laid, overlay = pinned()
    assert nothing == {}
    assert overlay == {
        name: hashlib.sha256((own / f"{name}.csv").read_bytes()).hexdigest()
        for name in ("energy_carriers", "exchange_rates")
    }
    assert laid_set != shipped_set
    assert {name for name in laid if laid[name] != shipped[name]} == set(overlay)
    assert pinned() == (shipped_set, shipped, {})
