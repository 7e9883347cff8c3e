"""Certificates as a ledger: each indicator against a naive twin, and the odd cases one by one."""

from __future__ import annotations

import calendar
import datetime as dt
import random

import polars as pl
import pytest

from features.asof import facts as facts_as_of
from features.certification import indicators, label_schemes
from features.certification.ledger import ledger, schemes
from features.settings import Settings

AS_OF = dt.date(2024, 6, 30)


def months_before(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def years_after(day: dt.date, years: int) -> dt.date:
    return months_before(day, -12 * years)


def certificate(firm, scheme, number="1", **cells):
    return {"firm_id": firm, "scheme": scheme, "certificate_no": number, "status": "valid", **cells}


def check(firm, kind=None, *, on=dt.date(2024, 6, 1), start=dt.date(2019, 1, 1), end=None):
    return {
        "firm_id": firm,
        "table": "certifications",
        "kind": kind,
        "source": "r",
        "from": start,
        "to": end,
        "checked_on": on,
    }


def d(text):
    return dt.date.fromisoformat(text)


ROWS = [
    # f01: a plain certificate, and a narrower one of the same scheme
    certificate("f01", "iso14001", issued_on=d("2022-03-01"), expires_on=d("2025-02-28"), site_coverage=0.6, verified_on=d("2024-01-05")),
    certificate("f01", "iso14001", "2", issued_on=d("2023-03-01"), expires_on=d("2026-02-28"), site_coverage=0.5),
    certificate("f01", "iso50001", issued_on=d("2023-01-01"), expires_on=d("2025-12-31"), site_coverage=1.0),
    # f02: expires on the very day; a footprint without an expiry
    certificate("f02", "iso14001", issued_on=d("2021-07-01"), expires_on=d("2024-06-30"), site_coverage=0.8),
    certificate("f02", "iso14067", issued_on=d("2023-05-01")),
    # f03: expired the day before; nothing replaces it
    certificate("f03", "iso14001", issued_on=d("2021-06-30"), expires_on=d("2024-06-29"), site_coverage=1.0),
    # f04: withdrawn, and the register repeats it later
    certificate("f04", "iso14001", issued_on=d("2021-01-01"), expires_on=d("2026-12-31"), status_on=d("2021-01-01"), site_coverage=1.0),
    certificate("f04", "iso14001", status="withdrawn", status_on=d("2022-07-15")),
    certificate("f04", "iso14001", status="withdrawn", status_on=d("2023-09-01")),
    certificate("f04", "green_factory_provincial", issued_on=d("2022-01-01"), expires_on=d("2025-01-01")),
    # f05: suspended and reinstated; coverage stated only once
    certificate("f05", "iso14001", issued_on=d("2022-01-01"), expires_on=d("2024-12-31"), status_on=d("2022-01-01"), site_coverage=0.4),
    certificate("f05", "iso14001", status="suspended", status_on=d("2023-01-01")),
    certificate("f05", "iso14001", status="valid", status_on=d("2023-06-01")),
    certificate("f05", "iso50001", issued_on=d("2022-01-01"), expires_on=d("2024-12-31"), status="suspended", status_on=d("2024-02-01"), site_coverage=1.0),
    # f06: expiry by the scheme's validity, still running and run out
    certificate("f06", "iso14001", issued_on=d("2021-07-01"), site_coverage=0.7),
    certificate("f06", "iso50001", issued_on=d("2021-06-30"), site_coverage=0.7),
    # f07: no coverage stated; labels, two of which do not count
    certificate("f07", "iso14001", issued_on=d("2023-01-01"), expires_on=d("2025-12-31")),
    *(
        certificate("f07", scheme, issued_on=d("2023-01-01"), expires_on=d("2025-12-31"))
        for scheme in ("cn_green_product", "cn_env_label", "cn_energy_label_2", "cn_energy_label_3", "epd", "cn_water_label")
    ),
    certificate("f07", "cn_green_product", "2", issued_on=d("2023-01-01"), expires_on=d("2025-12-31")),
    # f08: renewed under the same number; withdrawn in the future
    certificate("f08", "iso14001", issued_on=d("2020-05-01"), expires_on=d("2023-04-30"), site_coverage=0.9),
    certificate("f08", "iso14001", issued_on=d("2023-05-01"), status_on=d("2023-05-01"), expires_on=d("2026-04-30"), site_coverage=0.3),
    certificate("f08", "iso14001", status="withdrawn", status_on=d("2024-07-01"), published_on=d("2024-06-20")),
    certificate("f08", "green_factory_national", issued_on=d("2019-01-01"), verified_on=d("2021-01-01")),
    # f09: replaced by another number; a level that slipped; many labels
    certificate("f09", "iso14001", issued_on=d("2020-01-01"), expires_on=d("2022-12-31"), site_coverage=1.0),
    certificate("f09", "iso14001", "2", issued_on=d("2023-01-01"), expires_on=d("2025-12-31"), site_coverage=1.0),
    certificate("f09", "cp_1", issued_on=d("2021-01-01"), expires_on=d("2023-12-31")),
    certificate("f09", "cp_2", issued_on=d("2024-01-01"), expires_on=d("2026-12-31")),
    certificate("f09", "green_supply_chain", issued_on=d("2023-01-01"), expires_on=d("2025-12-31")),
    *(
        certificate("f09", scheme, issued_on=d("2023-01-01"), expires_on=d("2025-12-31"))
        for scheme in ("cn_green_product", "cn_env_label", "fsc", "pefc", "eu_ecolabel", "energy_star")
    ),
    # f11: lapsed twice, the later one counts; energy certificates and negative lists are no certificates to be proud of
    certificate("f11", "iso14001", issued_on=d("2020-01-01"), expires_on=d("2022-12-31"), site_coverage=1.0),
    certificate("f11", "iso14001", "2", issued_on=d("2023-01-01"), expires_on=d("2023-12-31"), site_coverage=1.0),
    certificate("f11", "gec", period="2021", issued_on=d("2021-01-01"), expires_on=d("2023-01-01")),
    certificate("f11", "env_credit_red", issued_on=d("2022-06-01"), expires_on=d("2023-06-01")),
    certificate("f11", "zero_carbon_factory", issued_on=d("2024-01-01"), expires_on=d("2024-12-31")),
    # f12: known only later
    certificate("f12", "iso14001", issued_on=d("2023-01-01"), expires_on=d("2025-12-31"), published_on=d("2024-07-01"), site_coverage=1.0),
    # f13: a renewal without a coverage does not inherit one; announced early it takes nothing away
    certificate("f13", "iso14001", issued_on=d("2020-05-01"), expires_on=d("2023-04-30"), site_coverage=0.9),
    certificate("f13", "iso14001", issued_on=d("2023-05-01"), status_on=d("2023-05-01"), expires_on=d("2026-04-30")),
    certificate("f13", "iso50001", issued_on=d("2021-09-01"), expires_on=d("2024-08-31"), site_coverage=0.25),
    certificate("f13", "iso50001", status_on=d("2024-05-01"), issued_on=d("2024-09-01"), expires_on=d("2027-08-31"), site_coverage=1.0),
    # f15: withdrawn, reinstated, withdrawn again: the last withdrawal counts; another is issued on the very day
    certificate("f15", "iso50001", issued_on=d("2020-01-01"), expires_on=d("2026-12-31"), site_coverage=1.0),
    certificate("f15", "iso50001", status="withdrawn", status_on=d("2022-01-01")),
    certificate("f15", "iso50001", status_on=d("2022-03-01")),
    certificate("f15", "iso50001", status="withdrawn", status_on=d("2023-01-01")),
    certificate("f15", "iso14001", issued_on=d("2024-06-30"), expires_on=d("2027-06-29"), site_coverage=1.0),
    # f16: a level replaced by a better one, which then lapsed itself
    certificate("f16", "cp_2", issued_on=d("2020-01-01"), expires_on=d("2022-12-31")),
    certificate("f16", "cp_1", issued_on=d("2023-01-01"), expires_on=d("2023-06-30")),
    # f17: without value since 24 months to the day: outside
    certificate("f17", "iso14001", issued_on=d("2019-06-30"), expires_on=d("2022-06-29"), site_coverage=1.0),
]  # fmt: skip

CHECKS = [
    check("f03"),
    check("f07", "environmental management"),  # no such scheme: answers nothing
    check("f07", "ISO 50001"),
    check("f10"),
    check("f11", on=dt.date(2023, 6, 30)),  # twelve months to the day: too old
    check("f12", start=dt.date(2023, 1, 1)),  # does not reach back 24 months
    check("f01", start=None),
    check("f17"),
    check("f09", on=dt.date(2024, 7, 1)),  # asked after the decision
]

FIRMS = [f"f{i:02d}" for i in range(1, 18)]


@pytest.fixture
def facts_of(make_dataset):
    def build(rows, checks, firms, as_of=AS_OF):
        return facts_as_of(
            make_dataset(
                firms=[{"firm_id": f, "industry": "3011", "industry_scheme": "GBT4754"} for f in firms],
                applications=[{"application_id": f"a-{f}", "firm_id": f, "as_of": as_of} for f in firms],
                certifications=rows,
                checks=checks,
            ),
            Settings(),
        )

    return build


# --- the naive twin ------------------------------------------------------------------------------------------------

TABLE = {row["scheme"]: row for row in schemes().iter_rows(named=True)}


def twin_standing(events, as_of):
    """Walk the events of one certificate in order of time."""
    happened = []
    for event in events:
        stated = event.get("status_on") or event.get("issued_on") or event.get("published_on")
        known = event.get("published_on") or event.get("status_on") or event.get("issued_on")
        if event["status"] == "valid" and event.get("issued_on"):
            stated = max(stated, event["issued_on"])
        if stated <= as_of and known <= as_of:
            happened.append((stated, known, event))
    happened.sort(key=lambda item: item[:2])
    if not happened:
        return None
    issued = expires = coverage = verified = withdrawn_on = None
    for stated, _, event in happened:
        if event.get("issued_on") and event["issued_on"] != issued:
            issued, expires, coverage = event["issued_on"], None, None
        expires = event.get("expires_on") or expires
        coverage = event["site_coverage"] if event.get("site_coverage") is not None else coverage
        if event.get("verified_on") and event["verified_on"] <= as_of:
            verified = max(verified or event["verified_on"], event["verified_on"])
        if event["status"] != "withdrawn":
            withdrawn_on = None
        elif withdrawn_on is None:
            withdrawn_on = stated
    status, last = happened[-1][2]["status"], happened[-1][0]
    scheme = TABLE[events[0]["scheme"]]
    if expires is None and scheme["validity_years"] is not None:
        expires = years_after(issued, scheme["validity_years"]) - dt.timedelta(days=1)
    ended = [withdrawn_on] if withdrawn_on else []
    if expires is not None and expires < as_of:
        ended.append(expires + dt.timedelta(days=1))
    if status == "withdrawn":
        standing = "withdrawn"
    elif expires is not None and expires < as_of:
        standing = "expired"
    elif status == "suspended":
        standing = "suspended"
    elif expires is None and as_of > years_after(max(x for x in (issued, last, verified) if x), 3):
        standing = "unknown"
    else:
        standing = "valid"
    return {
        "scheme": events[0]["scheme"],
        "standing": standing,
        "coverage": coverage,
        "expires": expires,
        "ended": min(ended) if ended else None,
        **{k: scheme[k] for k in ("scheme_kind", "group", "scheme_level")},
    }


def twin(firm, rows, checks, as_of):
    ledgers = {}
    for row in rows:
        if row["firm_id"] == firm:
            ledgers.setdefault((row["scheme"], row["certificate_no"], row.get("period")), []).append(row)
    stands = [s for s in (twin_standing(events, as_of) for events in ledgers.values()) if s]
    valid = [s for s in stands if s["standing"] == "valid"]

    asked, asked_all, reaches_back = set(), False, False
    for answer in checks:
        to = answer["to"] or answer["checked_on"]
        if answer["firm_id"] != firm or answer["checked_on"] > as_of or to <= months_before(as_of, 12):
            continue
        if answer["kind"] is None:
            asked_all = True
            if answer["from"] is None or answer["from"] <= months_before(as_of, 24) + dt.timedelta(days=1):
                reaches_back = True
        elif answer["kind"] == "ISO 50001":
            asked.add("iso50001")

    def value(wanted, of):
        held = [s for s in valid if s["scheme"] in wanted]
        if held:
            return of(held)
        if any(s["standing"] == "unknown" for s in stands if s["scheme"] in wanted):
            return None
        told = asked | {s["scheme"] for s in stands}
        return 0.0 if asked_all or set(wanted) <= told else None

    def coverage(held):
        stated = [s["coverage"] for s in held if s["coverage"] is not None]
        return max(stated) if stated else None

    proud = [s for s in stands if s["scheme_kind"] not in ("energy_attribute", "negative_list")]
    lapsed = set()
    for s in proud:
        if s["ended"] is None or not months_before(as_of, 24) < s["ended"] <= as_of:
            continue
        same = [o for o in proud if o["group"] == s["group"] and o["scheme_level"] <= s["scheme_level"]]
        if any(o["standing"] == "valid" for o in same):
            continue
        if any(o["ended"] and s["ended"] < o["ended"] <= as_of for o in same):
            continue
        lapsed.add(s["scheme"])
    weighted = [
        (s["coverage"], (s["expires"] - as_of).days / (365.25 / 12))
        for s in proud
        if s["standing"] == "valid" and s["coverage"] and s["expires"]
    ]
    levels = {
        "green_factory_national": 2,
        "green_supply_chain": 2,
        "green_factory_provincial": 1,
        "zero_carbon_factory": 1,
    }
    labels = {
        s for s, row in TABLE.items()
        if row["scheme_kind"] == "product_label" and s not in {"epd", "iso14067", "cn_energy_label_2", "cn_energy_label_3"}
    }  # fmt: skip
    return {
        "environmental_management": value({"iso14001"}, coverage),
        "energy_management": value({"iso50001"}, coverage),
        "green_site_status": value(set(levels), lambda held: float(max(levels[s["scheme"]] for s in held))),
        "green_product_labels": value(labels, lambda held: float(min(5, len({s["scheme"] for s in held})))),
        "footprint_declared": value({"epd", "iso14067"}, lambda _: 1.0),
        "certificates_lapsed": float(len(lapsed)) if lapsed else (0.0 if reaches_back else None),
        "certificate_horizon": sum(c * m for c, m in weighted) / sum(c for c, _ in weighted)
        if weighted
        else None,
    }


@pytest.mark.parametrize("as_of", [AS_OF, dt.date(2023, 4, 30), dt.date(2022, 6, 30), dt.date(2025, 3, 31)])
def test_every_indicator_is_its_naive_twin(facts_of, as_of):
    values = indicators(facts_of(ROWS, CHECKS, FIRMS, as_of)).values
    assert values["application_id"].to_list() == [f"a-{f}" for f in FIRMS]
    for row, firm in zip(values.iter_rows(named=True), FIRMS, strict=True):
        expected = twin(firm, ROWS, CHECKS, as_of)
        assert set(row) == {"application_id", *expected}
        for name, value in expected.items():
            assert row[name] == (value if value is None else pytest.approx(value, abs=1e-12)), (firm, name)


def test_what_the_table_above_is_there_for(facts_of):
    values = indicators(facts_of(ROWS, CHECKS, FIRMS)).values
    by_firm = {row["application_id"][2:]: row for row in values.iter_rows(named=True)}
    assert by_firm["f01"]["environmental_management"] == 0.6  # not 1.1
    assert by_firm["f02"]["environmental_management"] == 0.8  # valid through its last day
    assert by_firm["f02"]["footprint_declared"] == 1.0
    assert by_firm["f03"]["environmental_management"] == 0.0
    assert by_firm["f03"]["certificates_lapsed"] == 1.0
    assert by_firm["f04"]["certificates_lapsed"] == 1.0  # withdrawn 2022-07-15, not 2023-09-01
    assert by_firm["f04"]["green_site_status"] == 1.0
    assert by_firm["f05"]["environmental_management"] == 0.4
    assert by_firm["f05"]["energy_management"] == 0.0  # suspended
    assert by_firm["f06"]["environmental_management"] == 0.7
    assert by_firm["f06"]["energy_management"] == 0.0
    assert by_firm["f07"]["environmental_management"] is None  # coverage not stated: not 1, not 0
    assert by_firm["f07"]["energy_management"] == 0.0
    assert by_firm["f07"]["green_product_labels"] == 3.0
    assert by_firm["f08"]["environmental_management"] == 0.3
    assert by_firm["f08"]["green_site_status"] is None  # listed 2019, seen 2021: nobody knows
    assert by_firm["f09"]["green_product_labels"] == 5.0
    assert by_firm["f09"]["certificates_lapsed"] == 1.0  # cp_1, replaced by a lower level only
    assert by_firm["f10"]["environmental_management"] == 0.0
    assert by_firm["f10"]["certificates_lapsed"] == 0.0
    assert by_firm["f11"]["certificates_lapsed"] == 1.0
    assert by_firm["f11"]["green_product_labels"] is None
    assert by_firm["f12"]["environmental_management"] == 0.0
    assert by_firm["f12"]["certificates_lapsed"] is None
    assert by_firm["f13"]["environmental_management"] is None
    assert by_firm["f13"]["energy_management"] == 0.25
    assert by_firm["f15"]["certificates_lapsed"] == 1.0
    assert by_firm["f15"]["environmental_management"] == 1.0
    assert by_firm["f16"]["certificates_lapsed"] == 1.0
    assert by_firm["f17"]["certificates_lapsed"] == 0.0
    assert all(by_firm["f14"][name] is None for name in by_firm["f14"] if name != "application_id")


def test_notes_say_what_was_asked_and_what_was_defaulted(facts_of):
    notes = indicators(facts_of(ROWS, CHECKS, FIRMS)).notes
    told = {(r["application_id"][2:], r["indicator"]): r for r in notes.iter_rows(named=True)}
    assert told["f10", "environmental_management"]["status"] == "zero"
    assert "2024-06-01" in told["f10", "environmental_management"]["detail_en"]
    assert ("f04", "environmental_management") not in told  # ended by what was handed in, not by an answer
    assert told["f06", "environmental_management"]["status"] == "defaulted"
    assert "2024-06-30" in told["f06", "environmental_management"]["detail_en"]
    assert told["f02", "footprint_declared"]["status"] == "defaulted"
    values = indicators(facts_of(ROWS, CHECKS, FIRMS)).values
    for firm, name in told:
        assert values.filter(pl.col("application_id") == f"a-{firm}")[name].item() is not None


def test_a_second_certificate_without_coverage_makes_the_stated_one_a_lower_bound(facts_of):
    rows = [
        certificate(
            "x", "iso14001", issued_on=d("2023-01-01"), expires_on=d("2025-12-31"), site_coverage=0.4
        ),
        certificate("x", "iso14001", "2", issued_on=d("2023-01-01"), expires_on=d("2025-12-31")),
    ]
    result = indicators(facts_of(rows, [], ["x"]))
    assert result.values["environmental_management"].to_list() == [0.4]
    assert result.notes.select("indicator", "status").rows() == [("environmental_management", "estimated")]


def test_a_certificate_without_a_number_is_one_certificate(facts_of):
    rows = [
        certificate(
            "x", "iso14001", None, issued_on=d("2023-01-01"), expires_on=d("2025-12-31"), site_coverage=0.4
        ),
        certificate("x", "iso14001", None, status="withdrawn", status_on=d("2024-01-01")),
    ]
    assert indicators(facts_of(rows, [], ["x"])).values["environmental_management"].to_list() == [0.0]


def test_a_restated_event_counts_as_last_stated(facts_of):
    rows = [
        certificate("x", "iso14001", issued_on=d("2023-01-01"), status_on=d("2023-01-01"), expires_on=d("2025-12-31"), site_coverage=1.0, published_on=d("2023-02-01")),
        certificate("x", "iso14001", issued_on=d("2023-01-01"), status_on=d("2023-01-01"), expires_on=d("2025-12-31"), site_coverage=0.2, published_on=d("2024-05-01")),
    ]  # fmt: skip
    assert indicators(facts_of(rows, [], ["x"])).values["environmental_management"].to_list() == [0.2]
    early = indicators(facts_of(rows, [], ["x"], dt.date(2024, 4, 30)))
    assert early.values["environmental_management"].to_list() == [1.0]


def test_the_order_of_rows_changes_nothing(facts_of):
    result = indicators(facts_of(ROWS, CHECKS, FIRMS))
    for seed in range(5):
        shuffled = random.Random(seed)  # noqa: S311  (an order, not a secret)
        rows, checks, firms = (shuffled.sample(x, len(x)) for x in (ROWS, CHECKS, FIRMS))
        again = indicators(facts_of(rows, checks, firms))
        assert again.values.equals(result.values)
        assert again.notes.equals(result.notes)


def test_what_is_known_later_changes_nothing_until_then(facts_of):
    before = indicators(facts_of(ROWS, CHECKS, FIRMS)).values
    later = [
        certificate(f, "iso14001", status="withdrawn", status_on=d("2024-06-01"), published_on=d("2024-07-01")) for f in FIRMS
    ]  # fmt: skip
    checks = [check(f, on=dt.date(2024, 7, 1)) for f in FIRMS]
    assert indicators(facts_of(ROWS + later, CHECKS + checks, FIRMS)).values.equals(before)
    moved = indicators(facts_of(ROWS + later, CHECKS + checks, FIRMS, dt.date(2024, 7, 1))).values
    assert moved.filter(pl.col("application_id") == "a-f02")["environmental_management"].item() == 0.0


def test_levels_of_one_scheme_share_a_group():
    groups = dict(schemes().select("scheme", "group").iter_rows())
    assert groups["cp_1"] == groups["cp_3"] == "cp"
    assert groups["cp_audit"] == "cp_audit"
    assert groups["green_factory_national"] == groups["green_factory_provincial"] == "green_factory"
    assert groups["iso14001"] == "iso14001"


def test_label_schemes_are_labels_only():
    assert "cn_green_product" in label_schemes()
    assert not {"epd", "iso14067", "cn_energy_label_2", "cn_energy_label_3", "iso14001"} & set(
        label_schemes()
    )


def test_no_tables_no_values(facts_of):
    result = indicators(facts_of([], [], ["x"]))
    assert result.values.drop("application_id").row(0) == (None,) * 7
    assert result.notes.is_empty()
    assert ledger(facts_of([], [], ["x"])).is_empty()
