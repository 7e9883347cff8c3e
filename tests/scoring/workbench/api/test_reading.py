"""Reading over HTTP: batches, decisions by pages, one decision with its standing, its explanation; errors are JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from scoring.workbench.batches import take_in

if TYPE_CHECKING:
    from pathlib import Path

    from scoring.workbench.web import Workbench


@pytest.fixture
def batch(workbench: Workbench, two_batches: tuple[Path, Path]) -> str:
    return take_in(workbench.store, two_batches[0], key=workbench.key, actor="test", at=workbench.clock())


@pytest.fixture
def decided(two_batches: tuple[Path, Path]) -> pl.DataFrame:
    return pl.read_parquet(two_batches[0] / "decisions.parquet").sort("points_shown", "application_id")


def test_pages_of_decisions_are_all_of_them_once(client, batch: str, decided: pl.DataFrame) -> None:
    found, after = [], ""
    while after is not None:
        page = client.get(f"/api/v1/batches/{batch}/decisions", params={"limit": 7, "after": after}).json()
        assert page["demonstration"] == page["decisions"][0]["demonstration"]
        found += [row["application_id"] for row in page["decisions"]]
        after = page["after"]
    assert found == decided["application_id"].to_list()


def test_one_decision_and_its_explanation(client, batch: str, decided: pl.DataFrame) -> None:
    for row in decided.head(3).iter_rows(named=True):
        path = f"/api/v1/batches/{batch}/{{}}/{row['application_id']}"
        told = client.get(path.format("decisions"))
        assert told.status_code == 200, told.text
        assert told.json()["decision"]["grade"] == row["grade"]
        assert told.json()["standing"]["state"] == ("open" if row["review"] else "automatic")
        explained = client.get(path.format("explanations")).json()["explanation"]
        total = explained["base"] + sum(part["points"] for part in explained["contributions"])
        assert total == pytest.approx(row["points"], abs=1e-9)


def test_a_batch_is_listed_and_told(client, batch: str) -> None:
    assert [row["batch_id"] for row in client.get("/api/v1/batches").json()["batches"]] == [batch]
    one = client.get(f"/api/v1/batches/{batch}").json()
    assert one["applications"]["in"] == one["scored"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/batches/none", 404),
        ("/batches/none/decisions", 404),
        ("/batches/%00/decisions", 404),
        ("/batches/..%2f..%2fetc/decisions/passwd", 404),
        ("/nowhere", 404),
        ("/batches?limit=0", 400),
        ("/batches?limit=x", 400),
        ("/health", 200),
        ("/catalogue", 200),
    ],
)
def test_errors_are_problems_and_never_pages(client, path: str, status: int) -> None:
    answer = client.get("/api/v1" + path)
    assert answer.status_code == status
    assert "html" not in answer.headers["content-type"]
    assert status < 400 or answer.json()["hint"]


def test_an_application_that_is_not_there(client, batch: str) -> None:
    for kind in ("decisions", "explanations"):
        assert client.get(f"/api/v1/batches/{batch}/{kind}/nobody").status_code == 404


def test_a_wrong_method_is_told(client) -> None:
    assert client.delete("/api/v1/batches").status_code == 405
