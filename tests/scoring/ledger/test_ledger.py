"""The ledger on real batches: parts that add up, pure changes that land whole, and a twin that scores every corner."""

from __future__ import annotations

import json
from itertools import permutations, product

import polars as pl
import pytest

from features import reference
from features.catalogue import CATALOGUE, FAMILIES
from features.errors import GreenCreditError, ModelError
from features.pipeline import compute
from scoring import outputs
from scoring.contributions import contributions
from scoring.judged import with_score_facts
from scoring.ledger import CAUSES, POINT_CAUSES, ledger
from scoring.ledger.files import JSON, PAGE, TABLE, write_ledger
from scoring.ledger.text import ledger_text, whole_parts
from scoring.policy import decide
from scoring.policy_frame import policy_frame

PARTS = [*POINT_CAUSES, *(f"steps_{cause}" for cause in CAUSES)]


@pytest.fixture(scope="session")
def everything(world):
    return world.ledger("everything", data=True, factors=True, model=True, policy=True)


def every_corner(world):
    """Points, family sums and grade of every firm at every corner, each scored from the data up."""
    found = {}
    for data, factors in product((False, True), repeat=2):
        with reference.overlaid(world.factors[factors]):
            dataset, settings = world.read(new=data), world.settings[factors]
            indicators = compute(dataset, settings=settings)
            for model in (False, True):
                scorer = world.model[model].model
                explained, shown, _ = contributions(scorer, indicators.values)
                frame = policy_frame(dataset, indicators, explained, settings=settings)
                for policy in (False, True):
                    rules = world.policy[policy]
                    judged, _ = with_score_facts(
                        frame, model=scorer, explained=explained, shown=shown,
                        data_quality=indicators.data_quality, policy=rules,
                    )  # fmt: skip
                    decided = decide(judged, policy=rules)
                    grades = dict(decided.select("firm_id", "grade").iter_rows())
                    firms = dict(decided.select("application_id", "firm_id").iter_rows())
                    for row in explained.iter_rows(named=True):
                        firm = firms[row["application_id"]]
                        found[firm, data, factors, model, policy] = (
                            row,
                            rules.grade_names.index(grades[firm]),
                        )
    return found


def twin(value, firm):
    """Mean over every order of the four causes of what each moves in its turn."""
    parts = dict.fromkeys(CAUSES, 0.0)
    orders = list(permutations(range(4)))
    for order in orders:
        corner = [False] * 4
        before = value(firm, *corner)
        for cause in order:
            corner[cause] = True
            after = value(firm, *corner)
            parts[CAUSES[cause]] += (after - before) / len(orders)
            before = after
    return parts


def test_the_parts_are_those_of_a_twin_that_scores_every_corner_from_the_data_up(world, everything):
    corners = every_corner(world)
    assert everything.differences.causes == CAUSES
    assert not everything.grades_not_divided
    moved = dict.fromkeys(CAUSES, 0)
    for row in everything.both.iter_rows(named=True):
        firm = row["firm_id"]
        points = twin(lambda *corner: corners[corner][0]["points"], firm)
        steps = twin(lambda *corner: corners[corner][1], firm)
        for cause in POINT_CAUSES:
            assert row[cause] == pytest.approx(points[cause], abs=1e-9)
        assert points["policy"] == 0.0
        for cause in CAUSES:
            assert row[f"steps_{cause}"] == pytest.approx(steps[cause], abs=1e-9)
            moved[cause] += steps[cause] != 0
        for family in FAMILIES:
            sums = twin(lambda *corner, name=f"family_{family}": corners[corner][0].get(name, 0.0), firm)
            assert row[f"data_{family}"] == pytest.approx(sums["data"], abs=1e-9)
            assert row[f"factors_{family}"] == pytest.approx(sums["factors"], abs=1e-9)
    # Every cause moves somebody's grade, so that the comparison means something.
    assert all(moved.values())
    assert (everything.both["factors"] != 0).any()


def test_the_parts_add_up_to_the_change(everything):
    assert everything.largest_gap < 1e-9
    both = everything.both
    for row in both.iter_rows(named=True):
        assert sum(row[cause] for cause in POINT_CAUSES) == pytest.approx(row["change"], abs=1e-9)
        assert row["change"] == row["points_new"] - row["points_old"]
        for cause in ("data", "factors"):
            assert sum(row[f"{cause}_{name}"] for name in FAMILIES) == pytest.approx(row[cause], abs=1e-9)
        assert sum(row[f"steps_{cause}"] for cause in CAUSES) == pytest.approx(row["steps"], abs=1e-9)
        assert row["crosses"] == (row["grade_old"] != row["grade_new"]) == (row["steps"] != 0)
        whole = whole_parts(row)
        assert sum(whole.values()) == row["points_shown_new"] - row["points_shown_old"]
        assert all(abs(whole[cause] - row[cause]) < 1 for cause in POINT_CAUSES)
    assert (both["change"] != 0).any()


@pytest.mark.parametrize("cause", CAUSES)
def test_a_pure_change_lands_whole_in_its_part_and_needs_no_data(world, cause):
    folder = world.batch(f"only {cause}", **{cause: True})
    # No dataset, no factors; and no model either, since the result folders hold both ends.
    old = world.side(world.root / "old", name="old", bare=True)
    new = world.side(folder, name="new", bare=True)
    found = ledger(old, new)
    assert found.differences.causes == (cause,)
    both = found.both
    for part in POINT_CAUSES:
        assert both[part].to_list() == (both["change"].to_list() if part == cause else [0.0] * both.height)
    for part in CAUSES:
        whole = [float(steps) for steps in both["steps"]] if part == cause else [0.0] * both.height
        assert both[f"steps_{part}"].to_list() == whole
    assert (both["change"] != 0).any() == (cause != "policy")
    assert both["crosses"].any()


def test_a_batch_against_itself_moves_nobody(world):
    folder = world.root / "old"
    found = ledger(world.side(folder, name="old"), world.side(folder, name="new"))
    assert found.differences.causes == ()
    assert found.both.select((pl.col(PARTS) == 0).all()).row(0) == (True,) * len(PARTS)
    assert not found.both["crosses"].any()
    assert (found.matched.count("new"), found.matched.count("gone")) == (0, 0)


def test_who_is_new_and_who_is_gone_reconciles_with_the_batches(world, everything):
    counts = everything.as_dict()["counts"]
    assert (counts["gone"], counts["new"]) == (3, 2)
    scored = [manifest["applications"]["scored"] for manifest in (everything.old, everything.new)]
    assert counts["both"] + counts["gone"] + counts["earlier_old"] == counts["applications_old"] == scored[0]
    assert counts["both"] + counts["new"] + counts["earlier_new"] == counts["applications_new"] == scored[1]
    decisions = [pl.read_parquet(world.root / name / outputs.DECISIONS) for name in ("old", "everything")]
    firms = [set(table["firm_id"]) for table in decisions]
    by_status = {name: set(rows["firm_id"]) for (name,), rows in everything.table.group_by("status")}
    assert by_status == {"both": firms[0] & firms[1], "gone": firms[0] - firms[1], "new": firms[1] - firms[0]}
    once = everything.table.filter(pl.col("status") != "both")
    assert once.select(pl.col("change", *PARTS).null_count()).row(0) == (once.height,) * (1 + len(PARTS))


def test_data_and_factors_together_need_the_datasets_and_it_is_said(world, everything):
    old = world.side(world.root / "old", name="old")
    without = {"read_dataset": None, "data": True, "factors": True, "model": True}
    with pytest.raises(GreenCreditError, match="--old-dataset and --new-dataset"):
        ledger(old, world.side(world.root / "everything", name="new", **without))
    other = without | {"read_dataset": lambda: world.read(new=False)}
    with pytest.raises(GreenCreditError, match=r"not the one of the new batch.*energy"):
        ledger(old, world.side(world.root / "everything", name="new", **other))
    with pytest.raises(GreenCreditError, match="--new-factors"):
        ledger(old, world.side(world.root / "everything", name="new", data=True, model=True))


def test_another_model_than_the_batchs_is_refused(world):
    new = world.side(world.batch("model and data", data=True, model=True), name="new", data=True)
    old = world.side(world.root / "old", name="old")
    with pytest.raises(ModelError, match="--new-model"):
        ledger(old, new)


def test_results_without_facts_for_a_policy_divide_the_points_and_say_so(world, tmp_path):
    folder = world.batch("data and policy", data=True, policy=True)
    for name in ("old", "data and policy"):
        (tmp_path / name).mkdir()
        for path in (world.root / name).iterdir():
            if path.is_file() and path.name != outputs.POLICY_FACTS:
                (tmp_path / name / path.name).write_bytes(path.read_bytes())
    whole = ledger(world.side(world.root / "old", name="old"), world.side(folder, name="new", data=True))
    assert not whole.grades_not_divided
    found = ledger(*(world.side(tmp_path / name, name=name) for name in ("old", "data and policy")))
    assert "Score the batch again" in found.grades_not_divided
    assert found.both["steps"].null_count() == found.both.height
    assert found.both["data"].equals(whole.both["data"])
    assert found.both["crosses"].equals(whole.both["crosses"])


def test_other_grades_are_not_divided(world):
    new = world.side(world.batch("only data", data=True), name="new", data=True)
    recorded = new.results.manifest["policy"]
    new.results.manifest["policy"] = json.loads(json.dumps(recorded).replace('"AAA"', '"TOP"')) | {
        "sha256": "other"
    }
    found = ledger(world.side(world.root / "old", name="old"), new)
    assert "different grades" in found.grades_not_divided
    assert found.both["steps"].null_count() == found.both.height


def test_text_and_files_tell_the_same(world, everything, tmp_path):
    told = ledger_text(everything)
    assert told.startswith("DEMONSTRATION")
    crossed = everything.both["crosses"].sum()
    assert f"{crossed:,} get another grade 等级改变" in told
    assert "data 数据, factors and settings 因子与参数, model 模型, policy 政策" in told
    assert "carbon_price: 97.49 -> 300.0" in told
    assert "reference tables 因子表: energy_carriers" in told
    assert "Gone 退出: 3" in told
    assert "New 新增: 2" in told
    for folder in ("a", "b"):
        write_ledger(everything, tmp_path / folder)
    assert {path.name for path in (tmp_path / "a").iterdir()} == {TABLE, JSON, PAGE}
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert pl.read_parquet(tmp_path / "a" / TABLE).equals(everything.table)
    figures = json.loads((tmp_path / "a" / JSON).read_text(encoding="utf-8"))
    assert figures["differing"] == list(CAUSES)
    assert figures["mean_points"]["change"] == pytest.approx(everything.both["change"].mean())
    page = (tmp_path / "a" / PAGE).read_text(encoding="utf-8")
    assert "Demonstration" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    for row in everything.both.filter(pl.col("crosses")).iter_rows(named=True):
        assert row["firm_id"] in page
    assert not any(name in everything.table.columns for name in CATALOGUE if name in POINT_CAUSES)


def test_factors_and_model_alone_need_no_data_and_agree_with_the_batches_of_each_corner(world):
    names = {
        (False, False): "old",
        (True, False): "only factors",
        (False, True): "only model",
        (True, True): "both",
    }
    for (factors, model), name in names.items():
        world.batch(name, factors=factors, model=model)
    new = world.side(world.root / "both", name="new", factors=True, model=True, read_dataset=None)
    found = ledger(world.side(world.root / "old", name="old", read_dataset=None), new)
    assert found.differences.causes == ("factors", "model")
    corners = {
        corner: dict(
            pl.read_parquet(world.root / name / outputs.DECISIONS).select("firm_id", "points").iter_rows()
        )
        for corner, name in names.items()
    }
    for row in found.both.iter_rows(named=True):
        old, factors, model, both = (corners[corner][row["firm_id"]] for corner in names)
        assert row["factors"] == pytest.approx(((factors - old) + (both - model)) / 2, abs=1e-9)
        assert row["model"] == pytest.approx(((model - old) + (both - factors)) / 2, abs=1e-9)
        assert row["data"] == 0.0
    assert not found.grades_not_divided
