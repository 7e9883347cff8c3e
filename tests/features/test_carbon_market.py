"""Allowances, their cost and captured carbon against a twin in plain Python."""

from __future__ import annotations

import datetime as dt

import pytest

from features import emissions
from features.asof import facts as facts_as_of
from features.disclosure.expected_facts import expected_facts
from features.errors import GreenCreditError
from features.settings import Settings

AS_OF = dt.date(2024, 12, 31)
PRICE = 97.49
SHORTFALL, COST, CAPTURE = NAMES = ("allowance_shortfall", "carbon_cost_share", "capture_share")


def row(kind, amount, period="2023", **more):
    return {"kind": kind, "amount": amount, "period": period, **more}


def verified(amount, period="2023", **more):
    return row("verified_emissions", amount, period, **more)


def allocated(amount, period="2023", **more):
    return row("allowances_allocated", amount, period, **more)


def stored(amount, period="2023"):
    return row("co2_stored", amount, period)


FIRMS = {
    "short": {"ecology": [verified(1000.0), allocated(900.0)], "revenue": {"2023": 50.0}},
    "surplus": {"ecology": [verified(1000.0), allocated(1100.0)], "revenue": {"2023": 50.0}},
    "nothing emitted": {"ecology": [verified(0.0), allocated(5.0)], "revenue": {"2023": 50.0}},
    "no allowances stated": {"ecology": [verified(1000.0)], "revenue": {"2023": 50.0}},
    "an earlier year stands in": {
        "ecology": [verified(1000.0), verified(800.0, "2022"), allocated(600.0, "2022"), stored(40.0, "2022"), stored(9.0)],
        "revenue": {"2022": 20.0, "2023": 30.0},
        "scope1": {"2022": 160.0},
    },
    "no revenue": {"ecology": [verified(1000.0), allocated(0.0)], "revenue": {"2023": 0.0}},
    "nothing handed in": {},
    "not in trading": {"industry": "1811", "revenue": {"2023": 50.0}},
    "in trading only from this year on": {"industry": "3011", "revenue": {"2023": 50.0}},
    "industry unknown": {"industry": None, "revenue": {"2023": 50.0}},
    "not in trading but hands in": {
        "industry": "1811",
        "ecology": [verified(10.0), allocated(6.0)],
        "revenue": {"2023": 8.0},
    },
    "captures": {"ecology": [stored(25.0)], "scope1": {"2023": 75.0}},
    "captures nothing": {"ecology": [stored(0.0)], "scope1": {"2023": 75.0}},
    "emits nothing": {"ecology": [stored(0.0)], "scope1": {"2023": 0.0}},
    "months": {
        "ecology": [*(verified(10.0, f"2023-{m:02d}") for m in range(1, 13)), allocated(100.0)],
        "revenue": {"2023": 5.0},
    },
    "a month short": {
        "ecology": [*(verified(10.0, f"2023-{m:02d}") for m in range(1, 12)), allocated(100.0)],
        "revenue": {"2023": 5.0},
    },
    "published later": {
        "ecology": [verified(10.0, published_on=dt.date(2025, 1, 1)), allocated(6.0)],
        "revenue": {"2023": 5.0},
    },
}  # fmt: skip


def year_of(firm, kind, year):
    seen = [
        r
        for r in firm.get("ecology", [])
        if r["kind"] == kind and r["period"][:4] == year and r.get("published_on", AS_OF) <= AS_OF
    ]
    months = [r["amount"] for r in seen if len(r["period"]) == 7]
    whole = [r["amount"] for r in seen if len(r["period"]) == 4]
    return sum(months) if len(months) == 12 else whole[0] if whole else None


def twin(firm):
    shortfall = cost = capture = None
    for year in ("2022", "2023"):
        out, free, kept = (
            year_of(firm, k, year) for k in ("verified_emissions", "allowances_allocated", "co2_stored")
        )
        revenue, scope1 = firm.get("revenue", {}).get(year), firm.get("scope1", {}).get(year)
        if out == 0:
            shortfall = 0.0
        elif out is not None and free is not None:
            shortfall = (out - free) / out
        if out is not None and free is not None and revenue:
            cost = PRICE * max(0.0, out - free) / 10_000 / revenue
        if kept is not None and scope1 is not None:
            capture = kept / (scope1 + kept) if scope1 + kept else 0.0
    touched = any(r["kind"] != "co2_stored" for r in firm.get("ecology", []))
    if not touched and firm.get("industry", "4411") in {"1811", "3011"}:
        shortfall = cost = 0.0
    return {SHORTFALL: shortfall, COST: cost, CAPTURE: capture}


@pytest.fixture(scope="module")
def run(make_dataset):
    def build(**options):
        tables = {n: [] for n in ("applications", "firms", "annual", "emissions", "ecology")}
        for firm_id, firm in FIRMS.items():
            own = {"firm_id": firm_id}
            tables["applications"].append({**own, "application_id": firm_id, "as_of": AS_OF})
            tables["firms"].append({**own, "industry": firm.get("industry", "4411")})
            tables["annual"] += [{**own, "year": y, "revenue": r} for y, r in firm.get("revenue", {}).items()]
            tables["emissions"] += [
                {**own, "period": y, "quantity": q} for y, q in firm.get("scope1", {}).items()
            ]
            tables["ecology"] += [{**own, **r} for r in firm.get("ecology", [])]
        return emissions.indicators(facts_as_of(make_dataset(**tables), Settings(**options)))

    return build


@pytest.fixture(scope="module")
def result(run):
    return run()


def value(result, firm_id, indicator):
    return result.values.filter(application_id=firm_id)[indicator].item()


@pytest.mark.parametrize("firm_id", FIRMS)
def test_every_indicator_equals_its_twin(result, firm_id):
    for name, figure in twin(FIRMS[firm_id]).items():
        expected = figure if figure is None else pytest.approx(figure, rel=1e-12)
        assert value(result, firm_id, name) == expected, name


def test_figures_worked_by_hand(result):
    assert value(result, "short", SHORTFALL) == pytest.approx(0.1)
    assert value(result, "short", COST) == pytest.approx(100 * 97.49 / 500_000)
    assert value(result, "surplus", SHORTFALL) == pytest.approx(-0.1)
    assert value(result, "surplus", COST) == 0.0
    assert value(result, "captures", CAPTURE) == 0.25
    assert value(result, "a month short", SHORTFALL) is None
    assert value(result, "nothing handed in", SHORTFALL) is None


def test_what_does_not_apply_is_told_and_an_empty_table_tells_nothing(result):
    told = {
        (r["application_id"], r["indicator"])
        for r in result.notes.filter(status="not_applicable").iter_rows(named=True)
        if r["indicator"] in NAMES
    }
    assert told == {
        ("nothing emitted", SHORTFALL),
        ("not in trading", SHORTFALL),
        ("not in trading", COST),
        ("in trading only from this year on", SHORTFALL),
        ("in trading only from this year on", COST),
        ("emits nothing", CAPTURE),
    }


def test_the_price_is_configured(run, result):
    dear = run(carbon_price=2 * PRICE)
    assert value(dear, "short", COST) == pytest.approx(2 * value(result, "short", COST))
    assert value(dear, "short", SHORTFALL) == value(result, "short", SHORTFALL)


@pytest.mark.parametrize("price", [-1.0, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["carbon_price", "cbam_certificate_price"])
def test_a_price_that_is_none_is_refused(name, price):
    with pytest.raises(GreenCreditError, match=f"The {name} setting must be a price"):
        Settings(**{name: price})


def test_allowances_are_expected_from_the_day_on_which_a_firm_can_be_short_of_them(make_dataset):
    """One rule for both: cement is in trading for 2024, whose facts are due 120 days after the year's end."""
    due = dt.date(2024, 12, 31) + dt.timedelta(days=120)
    days = [
        dt.date(2024, 12, 31),
        dt.date(2025, 1, 1),
        due - dt.timedelta(days=1),
        due,
        dt.date(2025, 12, 31),
    ]
    applications = [{"application_id": day.isoformat(), "as_of": day} for day in days]
    facts = facts_as_of(make_dataset(firms=[{"industry": "3011"}], applications=applications), Settings())
    wanted = expected_facts(facts).filter(fact="ecology.allowances_allocated")
    found = emissions.indicators(facts)
    for day in days:
        inside = day >= due
        assert (day.isoformat() in wanted["application_id"].to_list()) == inside, day
        assert value(found, day.isoformat(), SHORTFALL) == (None if inside else 0.0), day
        assert value(found, day.isoformat(), COST) == (None if inside else 0.0), day
