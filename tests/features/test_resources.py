"""Water and waste against a twin in plain Python."""

from __future__ import annotations

import datetime as dt

import pytest

from features import resources
from features.asof import facts as facts_as_of
from features.settings import Settings

AS_OF = dt.date(2024, 6, 30)
WATER = {"water_withdrawn": 60.0, "water_reused": 40.0}
WASTE = {"waste": 20.0, "waste_recycled": 15.0, "hazardous_waste": 2.0}

FIRMS = {
    "plain": [{"revenue": 100.0, "value_added": 30.0, **WATER, **WASTE}],
    "value added missing": [{"revenue": 100.0, **WATER, **WASTE}],
    "value added negative": [{"revenue": 100.0, "value_added": -5.0, **WATER, **WASTE}],
    "no money": [{**WATER, **WASTE}],
    "no revenue": [{"revenue": 0.0, **WATER, **WASTE}],
    "nothing used": [
        {"revenue": 9.0, "water_withdrawn": 0.0, "water_reused": 0.0, "waste": 0.0, "hazardous_waste": 0.0}
    ],
    "reuse not stated": [{"revenue": 9.0, "water_withdrawn": 3.0, "waste": 3.0}],
    "only reused": [{"revenue": 9.0, "water_withdrawn": 0.0, "water_reused": 3.0}],
    "old stock recycled": [{"revenue": 9.0, "waste": 4.0, "waste_recycled": 6.0, "hazardous_waste": 4.0}],
    "more hazardous than all": [{"revenue": 9.0, "waste": 4.0, "hazardous_waste": 5.0, "waste_recycled": 0.0}],
    "a contradiction, and a year before it": [
        {"year": "2022", "revenue": 8.0, "waste": 4.0, "hazardous_waste": 1.0},
        {"revenue": 9.0, "waste": 4.0, "hazardous_waste": 5.0},
    ],
    "recycled out of nothing": [{"revenue": 9.0, "waste": 0.0, "waste_recycled": 1.0, "hazardous_waste": 0.5}],
    "water of another year than waste": [
        {"year": "2022", "revenue": 50.0, **WATER},
        {"revenue": 100.0, "waste": 7.0},
    ],
    "nothing handed in": [],
}  # fmt: skip


def share(part, whole, neutral, *, within):
    if whole == 0 and not part:
        return neutral
    if part is None or not whole or (within and part > whole * 1.01):
        return None
    return part / whole


def twin(rows):
    found = dict.fromkeys(
        (
            "water_intensity",
            "water_reuse_rate",
            "waste_intensity",
            "recycling_rate",
            "hazardous_waste_share",
        )
    )
    for r in sorted(rows, key=lambda r: r.get("year", "2023")):
        added, revenue = r.get("value_added"), r.get("revenue")
        money = added if added and added > 0 else revenue
        water, again, waste = r.get("water_withdrawn"), r.get("water_reused"), r.get("waste")
        used = None if water is None or again is None else water + again
        year = {
            "water_intensity": water / money if water is not None and money else None,
            "water_reuse_rate": share(again, used, 0.5, within=True),
            "waste_intensity": waste / money if waste is not None and money else None,
            "recycling_rate": share(r.get("waste_recycled"), waste, 0.5, within=False),
            "hazardous_waste_share": share(r.get("hazardous_waste"), waste, 0.05, within=True),
        }
        found |= {name: value for name, value in year.items() if value is not None}
    return found


@pytest.fixture(scope="module")
def result(make_dataset):
    dataset = make_dataset(
        firms=[{"firm_id": f} for f in FIRMS],
        applications=[{"application_id": f, "firm_id": f, "as_of": AS_OF} for f in FIRMS],
        annual=[{"firm_id": f, **row} for f, rows in FIRMS.items() for row in rows],
    )
    return resources.indicators(facts_as_of(dataset, Settings()))


def value(result, firm_id, indicator):
    return result.values.filter(application_id=firm_id)[indicator].item()


@pytest.mark.parametrize("firm_id", FIRMS)
def test_every_indicator_equals_its_twin(result, firm_id):
    found = result.values.filter(application_id=firm_id).drop("application_id").row(0, named=True)
    expected = twin(FIRMS[firm_id])
    assert list(found) == list(expected)
    for name, figure in expected.items():
        assert found[name] == (figure if figure is None else pytest.approx(figure, rel=1e-12)), name


def test_figures_worked_by_hand(result):
    assert value(result, "plain", "water_intensity") == 2.0
    assert value(result, "plain", "water_reuse_rate") == 0.4
    assert value(result, "plain", "recycling_rate") == 0.75
    assert value(result, "plain", "hazardous_waste_share") == 0.1
    assert value(result, "old stock recycled", "recycling_rate") == 1.5
    assert value(result, "nothing used", "water_reuse_rate") == 0.5
    assert value(result, "more hazardous than all", "hazardous_waste_share") is None


def test_notes_tell_what_stands_in_and_what_is_left_out(result):
    told = {
        (r["application_id"], r["indicator"], r["status"]): r["detail_en"]
        for r in result.notes.iter_rows(named=True)
    }
    assert ("value added missing", "water_intensity", "defaulted") in told
    assert ("plain", "water_intensity", "defaulted") not in told
    assert ("nothing used", "recycling_rate", "not_applicable") in told
    left_out = told["a contradiction, and a year before it", "hazardous_waste_share", "estimated"]
    assert left_out == "2023 is left out: a part of 5.0 does not fit into the solid waste, 4.0."
