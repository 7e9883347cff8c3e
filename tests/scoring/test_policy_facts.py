"""The facts of a policy against twins in plain Python: incidents, levels with their deadlines, lines and thresholds."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from features import reference
from features.asof import facts as facts_as_of
from features.intake import read_dataset
from features.settings import Settings
from scoring.policy.facts import FACTS, FIRM_FACTS, facts_table, policy_facts, with_facts
from scoring.policy.references import OWN_ROWS

REFERENCE = Path(reference.__file__).parent
KGCE = 0.001
with (REFERENCE / "sector_benchmarks.csv").open(encoding="utf-8", newline="") as file:
    LEVELS = {row["id"]: row for row in csv.DictReader(file)}
BEFORE, AFTER = dt.date(2025, 12, 31), dt.date(2026, 1, 1)
"""The last day of the retrofit deadline of cement clinker, and the first day after it."""


class Cases:
    """A dataset of one firm and one application per case, and the facts that the policy finds in it."""

    def __init__(self):
        self.tables = {"firms": [], "applications": [], "production": [], "incidents": []}

    def add(self, case, *, as_of=AFTER, application=(), **tables):
        self.tables["firms"].append(
            {"firm_id": case, "id_scheme": "bank", "industry": "30", "region": "CN-HE"}
        )
        self.tables["applications"].append(
            {"application_id": case, "firm_id": case, "as_of": as_of, **dict(application)}
        )
        for name, rows in tables.items():
            self.tables[name] += [{"firm_id": case, **row} for row in rows]

    def facts(self, folder):
        for name, rows in self.tables.items():
            if rows:
                pl.DataFrame(rows, infer_schema_length=None).write_csv(folder / f"{name}.csv")
        dataset = read_dataset(folder)
        assert dataset.quarantine.is_empty(), dataset.quarantine.select("table", "what_en").rows()
        found = policy_facts(facts_as_of(dataset, Settings()))
        return {row["application_id"]: row for row in found.iter_rows(named=True)}


def made(product, quantity, per_unit, *, year="2024", **more):
    """Return a row of production that takes so many kgce per tonne."""
    energy = None if per_unit is None else per_unit * KGCE * quantity
    return {"period": year, "product": product, "quantity": quantity, "unit": "t", "energy": energy,
            "energy_unit": None if energy is None else "tce", "published_on": dt.date(2025, 3, 1), **more}  # fmt: skip


def incident(number, kind, severity, rectified, occurred):
    return {"incident_id": str(number), "kind": kind, "severity": severity, "rectified_on": rectified,
            "occurred_on": occurred, "recorded_on": occurred}  # fmt: skip


INCIDENTS = {
    "first": [
        incident(1, "environmental", 2, None, dt.date(2020, 1, 1)),  # old and open
        incident(2, "environmental", 4, dt.date(2024, 1, 1), dt.date(2023, 1, 1)),  # recent, closed
        incident(3, "safety", 4, None, dt.date(2024, 1, 1)),
    ],
    "second": [incident(4, "environmental", 3, None, dt.date(2021, 6, 30))],  # open, just outside 36 months
}

CASES = {
    "below": [("cement_clinker", 10.0, 120.0)],
    "at the baseline": [("cement_clinker", 10.0, 117.0)],
    "between": [("cement_clinker", 10.0, 110.0)],
    "at the advanced level": [("cement_clinker", 10.0, 100.0)],
    "one of two below": [("cement_clinker", 10.0, 99.0), ("calcium_carbide", 30.0, 1000.0)],
    "one unknown, one below": [("cement_clinker", 10.0, None), ("calcium_carbide", 30.0, 1000.0)],
    "one unknown, one above": [("cement_clinker", 10.0, None), ("calcium_carbide", 30.0, 800.0)],
    "more is better, or less than nothing": [("converter_steel", 10.0, -30.0)],
    "no energy": [("cement_clinker", 10.0, None)],
    "not made": [("cement_clinker", 0.0, 0.0)],
    "no product with levels": [],
}


def twin(rows, as_of):
    """Return status and overdue share, by hand."""
    saved, weights, late, known = [], [], 0.0, True
    for product, quantity, per_unit in rows:
        level = LEVELS[product]
        advanced, baseline = float(level["advanced"]), float(level["baseline"])
        if quantity == 0:
            continue
        if per_unit is None:
            known = False
            continue
        saved.append((per_unit > baseline, per_unit <= advanced))
        weights.append((baseline - advanced) * quantity)
        if per_unit > baseline and dt.date.fromisoformat(level["retrofit_deadline"]) < as_of:
            late += weights[-1]
    if not known:
        return ("below" if any(worse for worse, _ in saved) else None), None
    if not saved:
        return None, None
    status = "below" if any(w for w, _ in saved) else "advanced" if all(a for _, a in saved) else "meets"
    return status, late / sum(weights)


LINES = [
    # kind, product, design in kgce/t, position
    ("new_line", "cement_clinker", 100.0, 1.0),
    ("new_line", "cement_clinker", 117.0, 0.0),
    ("retrofit", "cement_clinker", 108.5, 0.5),
    ("working_capital", "cement_clinker", 100.0, None),
    ("new_line", "cement_clinker", None, None),
    ("new_line", None, None, None),
    ("new_line", "no such product", None, None),
]
RATIOS = [(7.22, 1.0), (3.61, 0.5), (None, None)]
NOTHING = "nothing handed in"
LATEST = [made("cement_clinker", 10.0, 130.0, year="2023"), made("cement_clinker", 10.0, 105.0)]
LATER = [LATEST[0], {**LATEST[1], "published_on": dt.date(2026, 3, 1)}]
OWN = {
    "production": [{**made("cement_clinker", 10.0, 100.0), "emissions": 5.0, "emissions_unit": "tCO2e"}],
    "application": {"project_kind": "new_line", "project_product": "calcium_carbide",
                    "design_energy": 900.0, "design_energy_unit": "kgce/t"},
}  # fmt: skip


@pytest.fixture(scope="module")
def cases():
    built = Cases()
    for day, as_of in (("on", BEFORE), ("after", AFTER)):
        for case, rows in CASES.items():
            built.add(f"{case}, {day}", as_of=as_of, production=[made(*row) for row in rows])
    built.add("latest known", production=LATEST)
    built.add("latest not known", production=LATER)
    for number, (kind, product, design, _) in enumerate(LINES):
        line = {"project_kind": kind, "project_product": product, "design_energy": design,
                "design_energy_unit": design and "kgce/t", "purpose": "节能改造"}  # fmt: skip
        built.add(f"line {number}", application=line)
    for number, (emissions, _) in enumerate(RATIOS):
        row = {
            **made("cement_clinker", 10.0, 100.0),
            "emissions": emissions,
            "emissions_unit": emissions and "tCO2e",
        }
        built.add(f"ratio {number}", production=[row])
    built.add("own", **OWN)
    built.add(NOTHING)
    for case, rows in INCIDENTS.items():
        built.add(case, as_of=dt.date(2024, 6, 30), incidents=rows)
    return built


@pytest.fixture(scope="module")
def found(cases, tmp_path_factory):
    return cases.facts(tmp_path_factory.mktemp("facts"))


@pytest.mark.parametrize("day", ["on", "after"])
@pytest.mark.parametrize("case", CASES)
def test_standing_and_overdue_share_equal_the_twin(found, case, day):
    status, overdue = twin(CASES[case], BEFORE if day == "on" else AFTER)
    row = found[f"{case}, {day}"]
    assert row["benchmark_status"] == status
    assert row["overdue_below_baseline"] == (None if overdue is None else pytest.approx(overdue))


def test_the_twin_sees_every_standing_and_something_overdue():
    seen = [twin(rows, AFTER) for rows in CASES.values()]
    assert {status for status, _ in seen} == {"below", "meets", "advanced", None}
    assert any(overdue for _, overdue in seen)
    assert not any(twin(rows, BEFORE)[1] for rows in CASES.values())


def test_the_latest_year_that_is_known_counts(found):
    assert found["latest known"]["benchmark_status"] == "meets"
    assert found["latest not known"]["benchmark_status"] == "below"


@pytest.mark.parametrize("number", range(len(LINES)))
def test_the_position_of_a_line_is_never_a_stand_in(found, number):
    position = LINES[number][3]
    row = found[f"line {number}"]
    assert row["project_position"] == (None if position is None else pytest.approx(position))
    assert (row["purpose"], row["country"]) == ("节能改造", "CN")


@pytest.mark.parametrize("number", range(len(RATIOS)))
def test_the_taxonomy_ratio_is_emissions_over_the_threshold(found, number):
    ratio = RATIOS[number][1]
    assert found[f"ratio {number}"]["taxonomy_ratio"] == (None if ratio is None else pytest.approx(ratio))


def test_own_rows_are_confirmed_by_the_rows_that_the_products_name(found, tmp_path):
    assert [found["own"][column] for column in OWN_ROWS.values()] == [False, False, True]
    tables = tmp_path / "tables"
    tables.mkdir()
    confirmed = {**LEVELS["cement_clinker"], "confirmed_by": "Li", "confirmed_on": "2026-01-05"}
    with (tables / "sector_benchmarks.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(confirmed))
        writer.writeheader()
        writer.writerow(confirmed)
    alone = Cases()
    alone.add("own", **OWN)
    with reference.overlaid(tables):
        after = alone.facts(tmp_path)["own"]
    assert [after[column] for column in OWN_ROWS.values()] == [True, False, True]


def test_nothing_handed_in_is_no_fact(found):
    row = found[NOTHING]
    assert [row[name] for name in FIRM_FACTS if name != "country"] == [None] * (len(FIRM_FACTS) - 1)
    assert [row[column] for column in OWN_ROWS.values()] == [None] * len(OWN_ROWS)


@pytest.mark.parametrize(
    ("case", "expected"), [("first", (2, 4)), ("second", (3, None)), (NOTHING, (None, None))]
)
def test_facts_of_incidents_count_open_and_recent_ones_as_seen(found, case, expected):
    row = found[case]
    assert (row["open_environmental_severity"], row["recent_environmental_severity"]) == expected


def test_what_is_kept_for_another_policy_are_the_facts_that_no_policy_works_out():
    frame = pl.DataFrame({"application_id": ["B", "A"], "points_low": [600, 580], "purpose": ["x", None]})
    kept = facts_table(frame)
    assert kept["application_id"].to_list() == ["A", "B"]
    assert kept["points_low"].to_list() == [580, 600]
    assert {"grades_in_range", "points_to_cutoff", "outside_policy_period"}.isdisjoint(kept.columns)
    assert set(FIRM_FACTS) | set(OWN_ROWS.values()) < set(kept.columns)
    typed = with_facts(frame)
    assert typed.schema["points_low"] == FACTS["points_low"].dtype
    assert typed["reasons_failed"].null_count() == 2
