from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import polars as pl
import pytest

from features.catalogue import CATALOGUE, FAMILIES, PILLARS
from features.errors import ExactnessError, GreenCreditError
from features.intake import validate_tables
from scoring import batch, outputs
from scoring.explain_text import explain
from scoring.manifest import application_counts
from scoring.policy import load_policy
from scoring.results import read_results

FIRMS = 30


def raw_tables():
    """A small raw dataset with a few bad rows in it."""
    ids = [f"B{number:04d}" for number in range(FIRMS)]
    day = dt.date(2024, 6, 30)
    applications = pl.DataFrame(
        {
            "application_id": [f"A{number:04d}" for number in range(FIRMS)],
            "firm_id": ids,
            "as_of": [str(day)] * FIRMS,
            "tenor_months": [str(12 + number) for number in range(FIRMS)],
            "project_kind": ["working_capital"] * FIRMS,
        }
    )
    bad = pl.DataFrame(
        {
            "application_id": ["A9001", "A9002", "A9003"],
            "firm_id": ["B0001", "NOBODY", "B0002"],
            "as_of": ["soon", str(day), ""],
            "tenor_months": ["12", "12", "minus"],
            "project_kind": ["working_capital"] * 3,
        }
    )
    return {
        "firms": pl.DataFrame(
            {
                "firm_id": ids,
                "id_scheme": ["bank"] * FIRMS,
                "name": [f"企业{number}" for number in range(FIRMS)],
                "industry": [["31", "30", "26", "4411", "39"][number % 5] for number in range(FIRMS)],
                "region": ["330000"] * FIRMS,
                "founded_on": [None if number % 7 == 0 else "2005-03-01" for number in range(FIRMS)],
            }
        ),
        "annual": pl.DataFrame(
            {
                "firm_id": [firm for firm in ids for _ in range(2)],
                "year": [str(year) for _ in ids for year in (2022, 2023)],
                "revenue": [f"{(number + 2) * 5_000_000}" for number in range(FIRMS) for _ in range(2)],
                "total_assets": [f"{(number + 2) * 6_000_000}" for number in range(FIRMS) for _ in range(2)],
                "total_liabilities": [
                    f"{(number + 2) * 2_000_000}" for number in range(FIRMS) for _ in range(2)
                ],
                "employees": [str(50 + number) for number in range(FIRMS) for _ in range(2)],
                "published_on": [f"{year + 1}-04-01" for _ in ids for year in (2022, 2023)],
            }
        ),
        "energy": pl.DataFrame(
            {
                "firm_id": [firm for firm in ids for _ in range(2)],
                "period": ["2023"] * 2 * FIRMS,
                "carrier": ["raw_coal", "electricity"] * FIRMS,
                "quantity": [str(100 * (number + 1)) for number in range(2 * FIRMS)],
                "unit": ["t", "MWh"] * FIRMS,
                "basis": ["metered", "invoiced"] * FIRMS,
                "published_on": ["2024-03-01"] * 2 * FIRMS,
            }
        ),
        "incidents": pl.DataFrame(
            {
                "firm_id": ["B0003", "B0004"],
                "incident_id": ["I1", "I2"],
                "occurred_on": ["2024-01-10", "2024-01-10"],
                "kind": ["environmental", "environmental"],
                "severity": ["4", "3"],
                "recorded_on": ["2024-02-01", "2024-07-15"],
            }
        ),
        "applications": pl.concat([applications, bad, applications.head(2)]),
    }


@pytest.fixture(scope="module")
def dataset():
    return validate_tables(raw_tables(), source="test")


@pytest.fixture(scope="module")
def scored(dataset, registered, tmp_path_factory):
    out = tmp_path_factory.mktemp("batch") / "scores"
    return batch.score(dataset, model=registered, policy=load_policy(), out=out)


def test_every_file_is_written_and_read_back(scored):
    written = {path.name for path in scored.out.iterdir()}
    assert written - set(outputs.OPTIONAL) == set(outputs.FILES)
    assert {outputs.REASONS, outputs.POLICY_FACTS, outputs.CERTIFICATES} <= written
    back = read_results(scored.out)
    for name in (
        "reasons",
        "decisions",
        "contributions",
        "indicators",
        "data_quality",
        "cross_checks",
        "quarantine",
    ):
        assert getattr(back, name).equals(getattr(scored.results, name)), name
    assert back.manifest == json.loads(json.dumps(scored.results.manifest))


def test_the_reasons_are_recorded_and_judged_by_the_policy(scored):
    record = scored.results.manifest["reasons"]
    assert record["against"] == "typical_firm"
    assert record["faithfulness"]["told"] >= record["faithfulness"]["passed"] > 0
    facts = scored.results.policy_facts
    failed = record["faithfulness"]["told"] - record["faithfulness"]["passed"]
    assert facts["reasons_failed"].sum() == failed
    assert scored.results.reasons["application_id"].n_unique() == FIRMS


def test_the_counts_reconcile_and_every_refusal_has_its_rule(scored):
    counts = scored.results.manifest["applications"]
    assert counts["in"] == FIRMS + 3 + 2
    assert counts["scored"] == scored.results.decisions.height == FIRMS
    assert counts["duplicates"] == 2
    assert counts["refused"] == sum(counts["refused_by_rule"].values()) == 3
    assert set(counts["refused_by_rule"]) == {"not_a_date", "unknown_firm", "missing_required"}
    for name, table in scored.results.manifest["input"]["tables"].items():
        assert table["rows_in"] == table["accepted"] + table["quarantined"] + table["duplicates"], name


def test_counts_that_do_not_reconcile_stop_the_batch(dataset, registered, tmp_path):
    counts = dataset.counts.with_columns(
        rows_in=pl.when(pl.col("table") == "applications").then(pl.col("rows_in") + 1).otherwise("rows_in")
    )
    with pytest.raises(GreenCreditError, match="do not reconcile"):
        batch.score(
            replace(dataset, counts=counts), model=registered, policy=load_policy(), out=tmp_path / "o"
        )
    assert list(tmp_path.iterdir()) == []


def test_base_plus_contributions_is_the_score_and_sums_belong_together(scored):
    points = scored.results.decisions["points"].to_list()
    for row, score in zip(scored.results.contributions.iter_rows(named=True), points, strict=True):
        used = {name: value for name, value in row.items() if name in CATALOGUE}
        assert row["base"] + sum(used.values()) == pytest.approx(score, abs=1e-9)
        for family in FAMILIES:
            own = sum(value for name, value in used.items() if CATALOGUE[name].family == family)
            assert row[f"family_{family}"] == pytest.approx(own, abs=1e-9)
        for pillar in PILLARS:
            own = sum(value for name, value in used.items() if CATALOGUE[name].pillar == pillar)
            assert row[f"pillar_{pillar}"] == pytest.approx(own, abs=1e-9)
    esg = scored.results.contributions.select(
        pl.sum_horizontal("pillar_E", "pillar_S", "pillar_G")
    ).to_series()
    assert scored.results.decisions["esg_points"].to_list() == pytest.approx(esg.to_list(), abs=1e-9)


def test_indicators_hold_the_relative_ones_in_the_order_of_the_catalogue(scored):
    names = [name for name in scored.results.indicators.columns if name in CATALOGUE]
    assert names == [name for name in CATALOGUE if name in names]
    assert {"energy_vs_sector", "carbon_vs_sector"} <= set(names)


def test_decisions_carry_origin_versions_and_the_word(scored, registered):
    decisions = scored.results.decisions
    assert decisions["label_origin"].unique().to_list() == ["simulated"]
    assert decisions["demonstration"].all()
    assert decisions["grade_label"].str.ends_with(" (demonstration)").all()
    assert decisions["policy_version"].unique().to_list() == [load_policy().version_id]
    assert decisions["model_version"].unique().to_list() == [registered.version]
    assert decisions["firm_name"].to_list() == [f"企业{number}" for number in range(FIRMS)]


def test_an_observed_model_says_no_demonstration(dataset, registered, tmp_path):
    observed = replace(registered, label_origin="observed", demonstration=False)
    done = batch.score(dataset, model=observed, policy=load_policy(), out=tmp_path / "o")
    assert (done.results.decisions["grade_label"] == done.results.decisions["grade"]).all()
    assert not done.results.demonstration
    # A model whose labels have no stated origin may not pass for a real one.
    unknown = replace(registered, label_origin="", demonstration=False)
    assert batch.score(dataset, model=unknown, policy=load_policy(), out=tmp_path / "o").results.demonstration


def test_rules_see_incidents_as_they_were_known(scored):
    rows = {row["application_id"]: row for row in scored.results.decisions.iter_rows(named=True)}
    assert "critical_open_incident" in rows["A0003"]["rules_fired"]
    assert rows["A0003"]["risk_class"] == "A"
    assert rows["A0003"]["grade"] in {"CCC", "CC", "C"}
    # Recorded after the day of the decision.
    assert "serious_open_incident" not in rows["A0004"]["rules_fired"]
    assert rows["A0000"]["review"]
    assert "age_missing" in rows["A0000"]["review_reasons"]


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): outputs.file_sha256(path)
        for path in folder.rglob("*")
        if path.is_file() and path.name != outputs.RUN
    }


@pytest.mark.parametrize("firms_per_shard", [None, 11])
def test_the_same_batch_gives_the_same_bytes_for_any_shard(
    dataset, registered, scored, tmp_path, firms_per_shard
):
    out = tmp_path / "again"
    batch.score(dataset, model=registered, policy=load_policy(), out=out, firms_per_shard=firms_per_shard)
    assert hashes(out) == hashes(scored.out)


def test_shuffled_rows_give_the_same_bytes(registered, scored, tmp_path):
    shuffled = {
        name: table.sample(fraction=1.0, shuffle=True, seed=5) for name, table in raw_tables().items()
    }
    again = validate_tables(shuffled, source="elsewhere")
    kept = ("basis/facts/", "basis/hashes.json")
    batch.score(again, model=registered, policy=load_policy(), out=tmp_path / "again")
    first, second = (
        {name: digest for name, digest in hashes(out).items() if not name.startswith(kept)}
        for out in (scored.out, tmp_path / "again")
    )
    # Row numbers are facts of the file that was read; they are kept with the facts, too.
    assert first.pop(outputs.QUARANTINE) != second.pop(outputs.QUARANTINE)
    assert first == second
    unnumbered = [
        pl.read_parquet(folder / outputs.QUARANTINE).drop("row")
        for folder in (scored.out, tmp_path / "again")
    ]
    assert unnumbered[0].sort(unnumbered[0].columns).equals(unnumbered[1].sort(unnumbered[1].columns))


def test_a_model_that_does_not_add_up_leaves_nothing(dataset, registered, tmp_path):
    import copy  # noqa: PLC0415

    broken = copy.deepcopy(registered.model)
    broken.base_ += 1e-6
    with pytest.raises(ExactnessError, match="gap"):
        batch.score(
            dataset, model=replace(registered, model=broken), policy=load_policy(), out=tmp_path / "o"
        )
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_to_the_end(dataset, registered, tmp_path):
    told = {}
    batch.score(
        dataset,
        model=registered,
        policy=load_policy(),
        out=tmp_path / "o",
        firms_per_shard=10,
        progress=lambda phase, done, total: told.__setitem__(phase, (done, total)),
    )
    assert set(told) == {"indicators", "score", "files"}
    assert all(done == total for done, total in told.values())


def test_a_dataset_whose_every_application_is_refused_still_gives_results(registered, tmp_path):
    tables = raw_tables()
    tables["applications"] = tables["applications"].filter(pl.col("application_id") == "A9002")
    done = batch.score(
        validate_tables(tables, source="t"), model=registered, policy=load_policy(), out=tmp_path / "o"
    )
    assert done.results.decisions.is_empty()
    assert done.results.manifest["applications"]["refused_by_rule"] == {"unknown_firm": 1}
    assert (tmp_path / "o" / outputs.REPORT).is_file()


def test_run_json_alone_knows_the_clock_and_the_paths(scored):
    run = json.loads((scored.out / outputs.RUN).read_text(encoding="utf-8"))
    assert run["source"] == "test"
    dt.datetime.fromisoformat(run["finished_at"])
    assert set(run["output_files"]) == {path.name for path in scored.out.iterdir() if path.is_file()} - {
        outputs.RUN
    }
    assert run["basis_sha256"] == outputs.file_sha256(scored.out / outputs.BASIS / "hashes.json")
    for name, digest in run["output_files"].items():
        assert outputs.file_sha256(scored.out / name) == digest
    assert str(dt.datetime.now(tz=dt.UTC).year) not in json.dumps(scored.results.manifest["model"])


def test_explain_reads_the_folder(scored):
    text = explain(scored.out, "A0003")
    assert "企业3" in text
    assert "critical_open_incident" in text
    with pytest.raises(GreenCreditError, match=r"unknown|not among"):
        explain(scored.out, "A9002")


def test_counts_take_the_first_rule_of_a_row_that_breaks_several(dataset):
    counts = application_counts(dataset, scored=FIRMS)
    entries = dataset.quarantine.filter(pl.col("table") == "applications")
    assert entries.height > entries["row"].n_unique()
    assert sum(counts["refused_by_rule"].values()) == entries["row"].n_unique()


def test_ranges_stand_in_the_decisions_and_asks_in_a_file_of_their_own(dataset, registered, tmp_path):
    policy = load_policy()
    everyone = policy.asks.model_copy(update={"applicants": "all", "most": 3})
    asking = policy.model_copy(update={"asks": everyone})
    results = batch.score(dataset, model=registered, policy=asking, out=tmp_path / "out").results
    decisions = results.decisions
    shown = pl.col("points_shown")
    assert decisions.select(((pl.col("points_low") <= shown) & (shown <= pl.col("points_high"))).all()).item()
    assert (decisions["points_high"] > decisions["points_low"]).any()
    assert decisions["outside_training_range"].null_count() == 0
    assert results.manifest["ranges"] == {"available": True, "quantiles": [0.05, 0.95]}
    asked = read_results(tmp_path / "out").asks
    assert asked.equals(results.asks)
    assert set(asked["application_id"]) <= set(decisions["application_id"])
    assert asked["rank"].max() == 3
    # Every firm handed in revenue and energy, none a certificate or an equipment list.
    documents = set(asked["document"])
    assert "energy_bills" not in documents
    assert documents & {"equipment_list", "emissions_report", "certificates"}
    ends = asked.join(decisions, on="application_id", suffix="_of_all")
    assert ends.select((pl.col("points_high") <= pl.col("points_high_of_all")).all()).item()
