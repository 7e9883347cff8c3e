"""Equipment, green money, control spending, compensation, sinks and the financed line against a twin in plain Python."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from features import transformation
from features.asof import facts as facts_as_of
from features.contract import CONTRACT
from features.settings import Settings
from features.transformation.support import RENEWALS

REFERENCE = Path(__file__).resolve().parents[2] / "features" / "reference"
AS_OF = dt.date(2024, 6, 30)
KG_PER_EQUIVALENT = {"SO2": 0.95, "COD": 1.0}
TCE_PER = {"kgce": 0.001, "kgoe": 10 / 7 / 1000, "kWh": 0.1229 / 1000, "MWh": 0.1229}
with (REFERENCE / "sector_benchmarks.csv").open(encoding="utf-8", newline="") as file:
    LEVELS = {row["id"]: row for row in csv.DictReader(file)}


def machine(power, grade=None, since="2014-06-30", **more):
    return {
        "rated_power": power,
        "efficiency_grade": grade,
        "commissioned_on": since and dt.date.fromisoformat(since),
        **more,
    }


def paid(kind, amount, **more):
    return {"kind": f"compensation_{kind}", "amount": amount, "unit": "10k CNY", **more}


def line(project_kind="new_line", project_product="cement_clinker", design=0.1, unit="tce/t"):
    return {
        "project_kind": project_kind,
        "project_product": project_product,
        "design_energy": design,
        "design_energy_unit": unit,
    }


FIRMS = {
    "plain": {
        "equipment": [machine(100.0, 1, "2020-06-30"), machine(300.0, 3, "2010-06-30"), machine(100.0, 2)],
        "annual": {"revenue": 100.0, "green_revenue": 25.0, "capex": 10.0, "green_capex": 5.0, "rd": 4.0, "green_rd": 1.0,
                   "pollution_control_spend": 6.0},
        "dirt": {"SO2": 0.95, "COD": 2.0},
        "ecology": [paid("due", 10.0), paid("paid", 8.0), paid("received", 5.0), {"kind": "sink_credits", "amount": 30.0}],
        "emissions": (100.0, 50.0),
        "project": line(),
    },
    "no grade, retired and not yet running": {
        "equipment": [
            machine(100.0),
            machine(50.0, 1),
            machine(900.0, 1, retired_on=dt.date(2024, 6, 30)),
            machine(70.0, 1, retired_on=dt.date(2024, 7, 1)),
            machine(900.0, 1, "2024-07-01"),
        ],
        "project": line(design=0.117),
    },
    "known only later": {
        "equipment": [machine(100.0, 3), machine(900.0, 1, published_on=dt.date(2024, 7, 1))],
        "ecology": [paid("due", 10.0), paid("paid", 9.0), paid("paid", 1.0, published_on=dt.date(2024, 7, 1))],
        "project": line(design=0.3),
    },
    "a part is missing": {
        "equipment": [machine(100.0, 1), machine(None, 1)],
        "annual": {"revenue": 9.0, "capex": 3.0, "green_rd": 1.0, "pollution_control_spend": 1.0},
        "ecology": [paid("due", 10.0), {"kind": "sink_credits", "amount": 3.0}],
        "project": line(design=None, unit=None),
    },
    "no day of commissioning": {"equipment": [machine(100.0, 1, None), machine(100.0, 3)], "project": line(unit="kgce/t")},
    "totals of zero": {
        "equipment": [machine(0.0, 1)],
        "annual": {"revenue": 0.0, "green_revenue": 0.0, "capex": 0.0, "rd": 0.0, "green_rd": 0.0, "pollution_control_spend": 0.0},
        "dirt": {"SO2": 0.0},
        "ecology": [paid("due", 0.0), paid("received", 0.0), {"kind": "sink_credits", "amount": 0.0}],
        "emissions": (0.0, 0.0),
        "project": line("working_capital"),
    },
    "parts above their totals": {
        "annual": {"revenue": 10.0, "green_revenue": 11.0, "capex": 0.0, "green_capex": 1.0, "rd": 2.0, "green_rd": 2.01,
                   "pollution_control_spend": 3.0},
        "dirt": {"SO2": 0.0},
        "ecology": [paid("due", 10.0), paid("paid", 12.0), paid("received", 15.0), {"kind": "sink_credits", "amount": 300.0}],
        "emissions": (50.0, 50.0),
        "project": line(project_product="electrolytic_aluminium", design=1.5977),
    },
    "elements and regions beside their totals": {
        "annual": {"revenue": 100.0},
        "ecology": [
            paid("due", 10.0),
            paid("due", 6.0, element="river"),
            paid("due", 4.0, element="air"),
            paid("paid", 7.0),
            paid("paid", 3.0, counterparty_region="340000"),
            paid("received", 2.0, counterparty_region="340000"),
            paid("received", 1.0, counterparty_region="330000"),
        ],
    },
    "an industry without levels": {"industry": "1811", "project": line("new_line", None, None, None)},
    "an industry without levels finances a product that has them": {"industry": "1811", "project": line("retrofit")},
    "a product of another name": {"project": line(project_product="wonder cement", unit="kgce/t")},
    "industry unknown": {"industry": None, "project": line("new_line", None, None, None)},
    "a data centre": {"industry": "6450", "project": line(project_product="data_centre", design=0.1229 * 1.35, unit="tce/MWh")},
    "nothing handed in": {},
}  # fmt: skip


def part_of(part, whole, neutral, *, within=True):
    if whole == 0 and not part:
        return neutral
    if part is None or not whole or (within and part > whole * 1.01):
        return None
    return part / whole


def amount(firm, kind):
    rows = [r for r in firm.get("ecology", []) if r["kind"] == kind and r.get("published_on", AS_OF) <= AS_OF]
    total = [r["amount"] for r in rows if not r.get("element") and not r.get("counterparty_region")]
    parts = sum(r["amount"] for r in rows if r.get("element") or r.get("counterparty_region"))
    if total and parts >= 0.99 * total[0] and len(rows) > len(total):
        return parts
    return total[0] if total else parts if rows else None


def project_of(firm):
    project, industry = firm.get("project", {}), firm.get("industry", "3011")
    if project.get("project_kind") == "working_capital":
        return 0.5
    level = LEVELS.get(project.get("project_product"))
    if level is None:
        return 0.5 if industry == "1811" else None
    measured, output = level["unit"].split("/")
    if project["design_energy"] is None or project["design_energy_unit"] != f"tce/{output}":
        return None
    advanced, baseline = (float(level[name]) * TCE_PER[measured] for name in ("advanced", "baseline"))
    return min(2.0, max(-2.0, (baseline - project["design_energy"]) / (baseline - advanced)))


def twin(firm):
    running = [
        m
        for m in firm.get("equipment", [])
        if (m["commissioned_on"] is None or m["commissioned_on"] <= AS_OF)
        and (m.get("retired_on") is None or m["retired_on"] > AS_OF)
        and m.get("published_on", AS_OF) <= AS_OF
    ]
    powers = [m["rated_power"] for m in running]
    power = sum(powers) if running and None not in powers else None
    efficient = sum(m["rated_power"] or 0 for m in running if m["efficiency_grade"] in (1, 2))
    dated = all(m["commissioned_on"] for m in running)
    years = (
        sum(m["rated_power"] * (AS_OF - m["commissioned_on"]).days / 365.25 for m in running)
        if power is not None and dated
        else None
    )
    annual, dirt = firm.get("annual", {}), firm.get("dirt")
    units = sum(1000 * t / KG_PER_EQUIVALENT[s] for s, t in dirt.items()) if dirt else None
    own = sum(firm["emissions"]) if "emissions" in firm else None
    fulfilled = part_of(
        amount(firm, "compensation_paid"), amount(firm, "compensation_due"), 1.0, within=False
    )
    received = amount(firm, "compensation_received")
    sinks = amount(firm, "sink_credits")
    return {
        "efficient_equipment_share": 0.5 if power == 0 else efficient / power if power else None,
        "equipment_age": 8.0 if power == 0 else years / power if power and years is not None else None,
        "green_revenue_share": part_of(annual.get("green_revenue"), annual.get("revenue"), 0.05),
        "green_capex_share": part_of(annual.get("green_capex"), annual.get("capex"), 0.1),
        "green_rd_share": part_of(annual.get("green_rd"), annual.get("rd"), 0.1),
        "control_spend": part_of(annual.get("pollution_control_spend"), units, 0.0, within=False),
        "compensation_paid_of_due": None if fulfilled is None else min(1.0, fulfilled),
        "compensation_received_share": None
        if received is None
        else part_of(received, annual.get("revenue"), 0.0, within=False),
        "sink_credit_share": None if sinks is None else part_of(sinks, own, 0.0, within=False),
        "project_vs_benchmark": project_of(firm),
    }


@pytest.fixture(scope="module")
def result(make_dataset):
    tables = {n: [] for n in ("applications", "firms", "annual", "emissions", "ecology", "equipment")}
    for firm_id, firm in FIRMS.items():
        own = {"firm_id": firm_id}
        tables["applications"].append(
            {**own, "application_id": firm_id, "as_of": AS_OF, **firm.get("project", {})}
        )
        tables["firms"].append({**own, "industry": firm.get("industry", "3011")})
        if "annual" in firm:
            tables["annual"].append({**own, **firm["annual"]})
        tables["emissions"] += [
            {**own, "scope": "none", "substance": s, "quantity": t, "unit": "t"}
            for s, t in firm.get("dirt", {}).items()
        ]
        for scope, quantity in zip(("1", "2-location"), firm.get("emissions", ()), strict=False):
            tables["emissions"].append({**own, "scope": scope, "quantity": quantity})
        tables["ecology"] += [{**own, **r} for r in firm.get("ecology", [])]
        tables["equipment"] += [
            {**own, "equipment_id": str(n), **m} for n, m in enumerate(firm.get("equipment", []))
        ]
    return transformation.indicators(facts_as_of(make_dataset(**tables), Settings()))


def value(result, firm_id, indicator):
    return result.values.filter(application_id=firm_id)[indicator].item()


@pytest.mark.parametrize("firm_id", FIRMS)
def test_every_indicator_equals_its_twin(result, firm_id):
    found = result.values.filter(application_id=firm_id).drop("application_id").row(0, named=True)
    expected = twin(FIRMS[firm_id])
    assert list(found) == list(expected)
    for name, figure in expected.items():
        assert found[name] == (figure if figure is None else pytest.approx(figure, rel=1e-9)), name


def test_the_cases_are_not_idle():
    expected = [twin(firm) for firm in FIRMS.values()]
    for name in expected[0]:
        values = {e[name] for e in expected}
        assert None in values, name
        assert len(values) >= 3, name


def test_figures_worked_by_hand(result):
    assert value(result, "plain", "efficient_equipment_share") == 0.4
    assert value(result, "plain", "equipment_age") == pytest.approx((4 + 14 * 3 + 10) / 5, rel=1e-3)
    assert value(result, "plain", "control_spend") == pytest.approx(6 / 3000)
    assert value(result, "plain", "compensation_paid_of_due") == 0.8
    assert value(result, "plain", "sink_credit_share") == 0.2
    assert value(result, "plain", "project_vs_benchmark") == pytest.approx(
        1.0
    )  # 100 kgce/t is the advanced level
    assert value(result, "no grade, retired and not yet running", "project_vs_benchmark") == pytest.approx(
        0.0, abs=1e-9
    )
    assert value(result, "no grade, retired and not yet running", "efficient_equipment_share") == 120 / 220
    assert value(result, "known only later", "project_vs_benchmark") == -2.0
    assert value(result, "known only later", "compensation_paid_of_due") == 0.9
    assert value(result, "elements and regions beside their totals", "compensation_paid_of_due") == 0.7
    assert value(result, "a data centre", "project_vs_benchmark") == pytest.approx(0.5)


def test_notes_tell_why(result):
    told = {(r["application_id"], r["indicator"], r["status"]) for r in result.notes.iter_rows(named=True)}
    assert {
        ("totals of zero", name, "not_applicable")
        for name in (*twin({}),)
    } <= told  # fmt: skip
    assert ("an industry without levels", "project_vs_benchmark", "not_applicable") in told
    assert (
        "no grade, retired and not yet running",
        "efficient_equipment_share",
        "defaulted",
    ) in told
    assert ("plain", "efficient_equipment_share", "defaulted") not in told
    assert ("parts above their totals", "green_revenue_share", "estimated") in told
    assert ("plain", None, "recalled") in told


def support_told(make_dataset, *, day=AS_OF, region="370100", **machine_cells):
    dataset = make_dataset(
        firms=[{"region": region}],
        applications=[{"application_id": "A1", "as_of": day}],
        equipment=[
            {"equipment_id": "M1", "published_on": dt.date(2020, 1, 1), **machine(9.0), **machine_cells}
        ],
    )
    notes = transformation.indicators(facts_as_of(dataset, Settings())).notes
    return {
        row["status"]: row["detail_en"] for row in notes.iter_rows(named=True) if "upport" in row["detail_en"]
    }


def naive_support(kind_actions, day):
    """Names of the measures that hold on a day for one of the actions, in the order of their ids."""
    with (REFERENCE / "support_measures.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["id"])
    return [
        row["name_en"]
        for row in rows
        if set(row["applies_to_actions"].split(";")) & set(kind_actions)
        and row["valid_from"] <= day.isoformat() <= (row["valid_to"] or "9999")
    ]


@pytest.mark.parametrize(
    "day", [dt.date(2007, 6, 30), dt.date(2024, 3, 6), dt.date(2024, 3, 7), dt.date(2025, 1, 1)]
)
@pytest.mark.parametrize("kind", ["motor", "boiler", "transformer", "kiln", "furnace"])
def test_support_for_renewal_is_what_holds_on_the_day(make_dataset, kind, day):
    expected = naive_support(RENEWALS[kind], day)
    told = support_told(
        make_dataset,
        day=day,
        kind=kind,
        efficiency_grade=3,
        commissioned_on=dt.date(2000, 1, 1),
        published_on=dt.date(2005, 1, 1),
    )
    if not expected:
        assert told == {}
    else:
        names = "; ".join(expected)
        assert told["reported"] == (
            f"Support for renewing equipment below grade 2 ({kind}), to be asked about: {names}."
        )
        # Every shipped measure is written from memory.
        assert told["recalled"] == f"Support measures recalled, not read in their source: {names}."


def test_support_is_told_of_inefficient_machines_in_china_only(make_dataset):
    assert set(support_told(make_dataset)) == {"reported", "recalled"}
    assert support_told(make_dataset, efficiency_grade=2) == {}
    assert support_told(make_dataset, region="DE") == {}
    assert support_told(make_dataset, kind="server") == {}
    assert support_told(make_dataset, retired_on=dt.date(2024, 1, 1)) == {}


def test_equipment_is_renewed_by_actions_that_there_are(make_dataset):
    with (REFERENCE / "actions.csv").open(encoding="utf-8-sig", newline="") as file:
        actions = {row["id"] for row in csv.DictReader(file)}
    assert {action for kind in RENEWALS.values() for action in kind} <= actions
    assert set(RENEWALS) <= set(CONTRACT["equipment"].column("kind").choices)
