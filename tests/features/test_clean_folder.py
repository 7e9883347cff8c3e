"""Clean tables on disk: read in parts they give what the whole dataset gives, and a part holds its own firms only."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from features.errors import DatasetError, GreenCreditError
from features.intake import CleanFolder, write_clean
from features.pipeline import compute, compute_shards

FIRMS = 23


@pytest.fixture(scope="module")
def dataset(make_dataset):
    """Firms whose applications are not in the order of the firms, some with two, and one firm without any."""
    firms = [f"F{number:02d}" for number in range(FIRMS)]
    return make_dataset(
        firms=[{"firm_id": firm} for firm in [*firms, "F11-silent"]],
        applications=[
            {
                "firm_id": firm,
                "application_id": f"A{(number * 7 + year) % 100:02d}-{year}",
                "as_of": dt.date(year, 6, 30),
            }
            for number, firm in enumerate(firms)
            for year in ((2023, 2024) if number % 3 else (2024,))
        ],
        annual=[
            {
                "firm_id": firm,
                "year": year,
                "revenue": 100.0 + number,
                "published_on": dt.date(int(year) + 1, 4, 1),
            }
            for number, firm in enumerate([*firms, "F11-silent"])
            for year in ("2021", "2022", "2023")
        ],
        energy=[
            {"firm_id": firm, "carrier": carrier, "quantity": 3.0 + number}
            for number, firm in enumerate(firms)
            for carrier in ("electricity", "raw_coal")
        ],
    )


@pytest.fixture(scope="module")
def folder(dataset, tmp_path_factory):
    return write_clean(dataset, tmp_path_factory.mktemp("clean") / "tables")


@pytest.mark.parametrize("firms_per_shard", [8, FIRMS, None])
def test_parts_from_disk_give_what_the_whole_gives(dataset, folder, firms_per_shard):
    done = []
    parts = list(
        compute_shards(folder, firms_per_shard=firms_per_shard, progress=lambda n, of: done.append((n, of)))
    )
    whole = compute(dataset)
    assert len(parts) == -(-FIRMS // (firms_per_shard or 1000))
    assert done[-1] == (whole.values.height, whole.values.height)
    for name in ("values", "data_quality", "cross_checks"):
        found = pl.concat([getattr(part, name) for part in parts])
        assert found.sort("application_id", maintain_order=True).equals(getattr(whole, name)), name


def test_a_part_holds_the_rows_of_its_firms(dataset, folder):
    for part in folder.shards(5):
        firms = part.tables["applications"]["firm_id"].unique().sort()
        assert firms.len() in (5, FIRMS % 5)
        for name in ("annual", "energy"):
            between = pl.col("firm_id").is_between(pl.lit(firms[0]), pl.lit(firms[-1]))
            wanted = dataset.tables[name].filter(between).sort("firm_id", "row")
            assert part.tables[name].sort("firm_id", "row").equals(wanted)


def test_one_firm(dataset, folder):
    alone = compute(folder.firm("F07")).values
    assert alone.equals(compute(dataset).values.filter(firm_id="F07"))
    assert compute(folder.firm("nobody")).values.is_empty()


def test_no_applications_are_one_empty_part(make_dataset, tmp_path):
    folder = write_clean(make_dataset(applications=[]), tmp_path)
    (part,) = compute_shards(folder, firms_per_shard=3)
    assert part.values.is_empty()
    assert part.values.schema == compute(make_dataset(applications=[])).values.schema


def test_a_part_needs_a_firm(folder):
    with pytest.raises(GreenCreditError, match="firms_per_shard"):
        list(compute_shards(folder, firms_per_shard=0))


def test_nothing_is_overwritten(dataset, folder, tmp_path):
    with pytest.raises(DatasetError, match="not empty"):
        write_clean(dataset, folder.folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="cannot be written"):
        write_clean(dataset, tmp_path / "file" / "tables")


def test_an_absent_table_is_empty(folder, tmp_path):
    (tmp_path / "applications.parquet").write_bytes((folder.folder / "applications.parquet").read_bytes())
    values = next(compute_shards(CleanFolder(folder=tmp_path), firms_per_shard=4)).values
    assert values.height == 6
    assert values["energy_intensity"].null_count() == 6


def test_everything_is_every_row_of_every_firm_also_of_those_without_an_application(make_dataset, tmp_path):
    # Sorted before every applicant, where a part begins.
    dataset = make_dataset(
        firms=[{"firm_id": "A"}, {"firm_id": "B"}],
        applications=[{"firm_id": "B", "application_id": "1"}],
        annual=[{"firm_id": firm, "year": "2023", "revenue": 1.0} for firm in ("A", "B")],
    )
    kept = write_clean(dataset, tmp_path / "kept")
    everything = kept.everything()
    for name in ("firms", "annual", "applications"):
        assert everything.tables[name].equals(dataset.tables[name].sort("firm_id", maintain_order=True)), name
    assert [part.tables["annual"]["firm_id"].to_list() for part in kept.shards(10)] == [["B"]]
