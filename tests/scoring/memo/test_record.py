from __future__ import annotations

import datetime as dt
import hashlib
import json
import struct
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from features.errors import GreenCreditError
from scoring.memo.record import HASH, canonical_records, record_hashes, record_versions, with_record_hash
from scoring.memo.rows import memo_rows


def naive_value(value):
    if isinstance(value, float):
        return struct.unpack("<q", struct.pack("<d", value))[0]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: naive_value(item) for key, item in value.items()}
    return [naive_value(item) for item in value] if isinstance(value, list) else value


def naive_record(results, application):
    """The canonical form of one application, one value at a time by Python's own JSON."""

    def own(frame):
        return [row for row in frame.iter_rows(named=True) if row["application_id"] == application]

    decision = own(results.decisions)[0]
    decision.pop(HASH, None)
    contributions = {k: v for k, v in own(results.contributions)[0].items() if k == "base" or k in CATALOGUE}
    reasons = sorted(own(results.reasons), key=lambda r: (r["family"], r["kind"], r["code"]))
    for reason in reasons:
        del reason["application_id"]
    record = {
        "decision": decision,
        "contributions": contributions,
        "reasons": reasons,
        "record": 1,
        "versions": record_versions(results.manifest),
    }
    return json.dumps(naive_value(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def test_the_canonical_form_is_that_of_the_naive_twin(memo_results):
    made = canonical_records(
        memo_results.decisions,
        memo_results.contributions,
        memo_results.reasons,
        manifest=memo_results.manifest,
    )
    for place in (0, 1, 57, 399):
        application = memo_results.decisions["application_id"][place]
        naive = naive_record(memo_results, application)
        assert made[place] == naive
        assert memo_results.decisions[HASH][place] == hashlib.sha256(naive.encode()).hexdigest()


@given(text=st.text(st.characters(codec="utf-8"), max_size=40), number=st.floats(allow_nan=False))
def test_any_text_and_any_number_are_written_as_json_has_them(text, number):
    decisions = pl.DataFrame({"application_id": ["A"], "firm_name": [text], "points": [number]})
    contributions = pl.DataFrame({"application_id": ["A"], "base": [number]})
    manifest = {
        "model": {},
        "factor_set": "f",
        "policy": {"version_id": "p"},
        "product_version": "v",
        "settings": {},
    }
    record = canonical_records(decisions, contributions, pl.DataFrame(), manifest=manifest)[0]
    found = json.loads(record)
    assert found["decision"]["firm_name"] == text
    assert struct.unpack("<d", struct.pack("<q", found["decision"]["points"]))[0] == number
    assert record == json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def test_the_hash_depends_on_no_order_and_on_nothing_but_the_record(memo_results):
    shuffled = replace(
        memo_results,
        decisions=memo_results.decisions.drop(HASH)
        .reverse()
        .select(sorted(memo_results.decisions.drop(HASH).columns)),
        contributions=memo_results.contributions.sample(fraction=1.0, shuffle=True, seed=1),
        reasons=memo_results.reasons.sample(fraction=1.0, shuffle=True, seed=2),
    )
    again = with_record_hash(shuffled).reverse()
    assert again[HASH].equals(memo_results.decisions[HASH])
    other_quality = replace(memo_results, data_quality=memo_results.data_quality.clear())
    assert with_record_hash(other_quality)[HASH].equals(memo_results.decisions[HASH])


@pytest.mark.parametrize("what", ["points", "grade", "contribution", "reason", "model", "settings", "null"])
def test_every_change_of_the_record_changes_its_hash_and_is_refused(memo_results, what):
    first = pl.int_range(pl.len()) == 0
    decisions, contributions, reasons = (
        memo_results.decisions,
        memo_results.contributions,
        memo_results.reasons,
    )
    manifest = dict(memo_results.manifest)
    if what == "points":
        decisions = decisions.with_columns(
            pl.when(first).then(pl.col("points") + 1e-12).otherwise("points").alias("points")
        )
    elif what == "grade":
        decisions = decisions.with_columns(
            pl.when(first).then(pl.lit("AAA")).otherwise("grade").alias("grade")
        )
    elif what == "null":
        decisions = decisions.with_columns(pl.when(~first).then("firm_name").alias("firm_name"))
    elif what == "contribution":
        contributions = contributions.with_columns(
            pl.when(first).then(-pl.col("coal_share")).otherwise("coal_share").alias("coal_share")
        )
    elif what == "reason":
        reasons = reasons.with_columns(
            pl.when(first).then(~pl.col("printed")).otherwise("printed").alias("printed")
        )
    elif what == "model":
        manifest["model"] = {**manifest["model"], "booster_sha256": "ef" * 32}
    else:
        manifest["settings"] = {"warming_potentials": "ar6"}
    changed = record_hashes(decisions, contributions, reasons, manifest=manifest)
    assert changed[0] != memo_results.decisions[HASH][0]
    with pytest.raises(GreenCreditError, match="no longer fits its hash"):
        memo_rows(
            replace(
                memo_results,
                decisions=decisions,
                contributions=contributions,
                reasons=reasons,
                manifest=manifest,
            )
        )


def test_results_without_hash_or_reasons_are_read(synthetic_results):
    rows = memo_rows(synthetic_results)
    assert rows[HASH].null_count() == 0
    assert rows["reasons"].null_count() == rows.height


def test_what_does_not_belong_together_is_refused(memo_results):
    with pytest.raises(GreenCreditError, match="no contributions"):
        with_record_hash(replace(memo_results, contributions=memo_results.contributions[1:]))
    odd = memo_results.decisions.with_columns(clock=pl.lit(dt.timedelta(1)))
    with pytest.raises(GreenCreditError, match="clock"):
        with_record_hash(replace(memo_results, decisions=odd))
