"""The commands beside scoring: template, groups, forms, databases."""

from __future__ import annotations

import json
import sqlite3

import polars as pl
import pytest
from typer.testing import CliRunner

from features.groups import GROUP_INDICATORS
from models import store
from scoring import outputs
from scoring.cli import app


def run(*arguments):
    """Run the command line; what ends in a traceback fails here."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """Three firms, two of which one owns, as a folder of CSV files and as the same tables in SQLite."""
    folder = tmp_path_factory.mktemp("commands") / "bank"
    folder.mkdir()
    tables = {
        "firms": pl.DataFrame(
            {"firm_id": ["B1", "B2", "B3"], "id_scheme": "bank", "industry": "31", "region": "330000"}
        ),
        "ownership": pl.DataFrame(
            {"firm_id": ["B2", "B3"], "parent_id": "B1", "share": ["1", "0.5"], "valid_from": "2010-01-01"}
        ),
        "annual": pl.DataFrame(
            {
                "firm_id": ["B1", "B2", "B3"],
                "year": "2023",
                "published_on": "2024-04-01",
                "revenue": ["1e9", "2e9", "4e9"],
            }
        ),
        "applications": pl.DataFrame({"application_id": ["A1"], "firm_id": ["B1"], "as_of": ["2024-06-30"]}),
    }
    connection = sqlite3.connect(folder.parent / "bank.db")
    for name, table in tables.items():
        table.write_csv(folder / f"{name}.csv")
        columns = ", ".join(f'"{column}" TEXT' for column in table.columns)
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
        marks = ", ".join("?" for _ in table.columns)
        connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', table.rows())  # noqa: S608
    connection.commit()
    connection.close()
    return folder


@pytest.fixture(scope="module")
def stored_model(small_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "model"
    store.save(small_model, folder)
    return folder


def test_a_template_that_nobody_filled_in_is_told_in_one_message(tmp_path):
    path = tmp_path / "template.xlsx"
    written = run("template", path)
    assert written.exit_code == 0
    assert str(path) in written.stdout
    for command in (("check", path), ("score", path, "--out", tmp_path / "out"), ("train", path)):
        refused = run(*command)
        assert refused.exit_code == 1
        assert "empty" in refused.stderr
        assert "企业" in refused.stderr
    assert not (tmp_path / "out").exists()
    again = run("template", path, "--lang", "en")
    assert again.exit_code == 1
    assert "already" in again.stderr
    assert run("template", tmp_path / "t.xlsx", "--lang", "fr").exit_code == 2


def test_groups_are_written_with_their_firms_and_indicators(bank, tmp_path):
    out = tmp_path / "groups.parquet"
    done = run("groups", bank, "--as-of", "2024-06-30", "--out", out)
    assert done.exit_code == 0, done.output
    assert "3 firms in 1 groups on 2024-06-30, 1 of them of several firms" in done.stdout
    assert "Not given for a group 集团不适用:" in done.stdout
    assert "tax_credit_rating: The tax authority rates each taxpayer" in done.stdout
    table = pl.read_parquet(out)
    assert {"loans", "outstanding"} <= set(table.columns)
    assert table["parent_id"].to_list() == ["B1"]
    assert table["firms"].to_list() == [["B1", "B2", "B3"]]
    assert {name for names in GROUP_INDICATORS.values() for name in names} <= set(table.columns)
    # 1e9 + 2e9 + half of 4e9 CNY; the indicator is the logarithm of 10,000 CNY.
    assert table["log_revenue"].item() == pytest.approx(pl.Series([500_000.0]).log().item())
    assert run("groups", bank, "--as-of", "30.6.2024", "--out", out).exit_code == 2
    assert run("groups", bank, "--as-of", "2024-06-30", "--out", tmp_path / "groups.csv").exit_code == 2


def test_a_database_is_read_by_its_url_as_the_same_tables(bank):
    folder, database = run("check", bank), run("check", f"sqlite:///{bank.parent / 'bank.db'}")
    assert folder.exit_code == 0
    assert database.exit_code == 0, database.output
    counted = [[line for line in done.stdout.splitlines() if " 企业" in line] for done in (folder, database)]
    assert counted[0] == counted[1] != []


def test_a_database_that_is_not_there_ends_in_one_message(tmp_path):
    done = run("check", f"sqlite:///{tmp_path / 'none.db'}")
    assert done.exit_code == 1
    assert "Error:" in done.stderr
    assert not (tmp_path / "none.db").exists()


def test_a_password_never_stands_on_the_screen(tmp_path):
    done = run("check", "postgresql://risk:hunter2@127.0.0.1:1/esg")
    assert done.exit_code == 1
    assert "127.0.0.1" in done.stderr
    assert "hunter2" not in done.output


def test_factors_are_listed_and_a_banks_own_are_laid_over(bank, stored_model, tmp_path):
    assert "grid_factors" in run("factors", "list").stdout
    own = tmp_path / "own"
    own.mkdir()
    header = "currency,year,cny_per_unit,source,verified,seen_in,note"
    (own / "exchange_rates.csv").write_text(
        f"{header}\nUSD,2031,7.25,treasury of the bank,seen,a rate sheet,\n", encoding="utf-8"
    )
    out = tmp_path / "out"
    done = run("score", bank, "--out", out, "--model", stored_model, "--factors", own)
    assert done.exit_code == 0, done.output
    plain = run("score", bank, "--out", tmp_path / "plain", "--model", stored_model)
    assert plain.exit_code == 0, plain.output
    manifests = [
        json.loads((folder / outputs.MANIFEST).read_text(encoding="utf-8"))
        for folder in (out, tmp_path / "plain")
    ]
    assert list(manifests[0]["factor_overlay"]) == ["exchange_rates"]
    assert not manifests[1]["factor_overlay"]
    (own / "exchange_rates.csv").write_text(f"{header}\nUSD,2031,seven,a,seen,,\n", encoding="utf-8")
    for command in (
        ("check", bank),
        ("groups", bank, "--as-of", "2024-06-30", "--out", tmp_path / "g.parquet"),
    ):
        refused = run(*command, "--factors", own)
        assert refused.exit_code == 1
        assert "seven" in refused.stderr


def test_a_form_needs_the_day_and_excludes_a_register(bank, tmp_path):
    score = ("score", bank, "--out", tmp_path / "o")
    assert run(*score, "--form", "vsme").exit_code == 2
    assert run(*score, "--as-of", "2024-06-30").exit_code == 2
    assert run(*score, "--form", "vsme", "--register", "cea", "--as-of", "2024-06-30").exit_code == 2
    refused = run(
        "score", bank / "firms.csv", "--out", tmp_path / "o", "--form", "vsme", "--as-of", "2024-06-30"
    )
    assert refused.exit_code == 1
    assert "Error:" in refused.stderr
    assert not (tmp_path / "o").exists()


def test_a_filled_form_is_scored_as_one_application(shared_data, stored_model, tmp_path):
    form = shared_data / "efrag_vsme" / "VSME-Digital-Template-Sample-1.1.1.xlsx"
    done = run(
        "score",
        form,
        "--form",
        "vsme",
        "--as-of",
        "2026-06-30",
        "--out",
        tmp_path / "o",
        "--model",
        stored_model,
    )
    assert done.exit_code == 0, done.output
    decisions = pl.read_parquet(tmp_path / "o" / outputs.DECISIONS)
    assert decisions.height == 1
    assert decisions["as_of"].item().isoformat() == "2026-06-30"
