from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest

from features.catalogue import CATALOGUE
from features.errors import ExactnessError, ModelError
from models import store
from models.sectors import SectorMeans


@pytest.fixture(scope="module")
def explained(model, applicants):
    return model.explain(applicants.X)


def training_rows(model, portfolio):
    """The boosting rows again: every day before the calibration slice, and no firm of it."""
    late = portfolio.as_of >= np.sort(portfolio.as_of)[int(0.85 * len(portfolio.y))]
    firms = set(portfolio.firm_id[late])
    early = ~late & np.array([firm not in firms for firm in portfolio.firm_id])
    assert early.sum() == model.split_counts_["boosting"]
    return portfolio[np.flatnonzero(early)]


def naive_means(rows, contributions, *, section_of):
    """Means by division and section with at least 30 firms, one row at a time."""
    sums, counts, firms = {}, {}, {}
    divisions = rows.X["industry_division"].tolist()
    for place, division in enumerate(divisions):
        keys = [("all", "")]
        if isinstance(division, str):
            keys.append(("group", division))
            if division in section_of:
                keys.append(("section", section_of[division]))
        for key in keys:
            sums.setdefault(key, [[] for _ in contributions.columns])
            for column, value in enumerate(contributions.iloc[place]):
                sums[key][column].append(value)
            counts[key] = counts.get(key, 0) + 1
            firms.setdefault(key, set()).add(rows.firm_id[place])
    return {
        key: [math.fsum(column) / counts[key] for column in columns]
        for key, columns in sums.items()
        if key[0] == "all" or len(firms[key]) >= 30
    }


def test_the_means_are_those_of_the_training_rows(model, portfolio):
    rows = training_rows(model, portfolio)
    expected = naive_means(rows, model.explain(rows.X).values, section_of=model.sections)
    means = model.sectors_
    assert {("group", name) for name in means.groups} == {key for key in expected if key[0] == "group"}
    assert {("section", name) for name in means.sections} == {key for key in expected if key[0] == "section"}
    for (level, name), values in expected.items():
        found = {"all": {"": means.overall}, "group": means.groups, "section": means.sections}[level][name]
        assert found == pytest.approx(values, abs=1e-10)
    assert len(means.groups) > 1
    assert len(means.sections) > 1


def test_the_average_training_row_is_the_base(model):
    # The base is the cover-weighted mean of the leaves, so contributions average out over the rows that grew them.
    assert sum(model.sectors_.overall) == pytest.approx(0.0, abs=1e-6)


def test_sector_base_and_differences_are_the_score_on_every_row(explained):
    against = explained.against_sector()
    for base, row, points in zip(against.base, against.values.to_numpy(), explained.points, strict=True):
        assert abs(base + math.fsum(row) - points) <= 1e-9
    assert (against.base + against.by_family().sum(axis=1).to_numpy()) == pytest.approx(
        explained.points, abs=1e-9
    )
    assert (against.base + against.by_pillar().sum(axis=1).to_numpy()) == pytest.approx(
        explained.points, abs=1e-9
    )
    esg = against.by_pillar()[["E", "S", "G"]].sum(axis=1).to_numpy()
    assert against.esg_part() == pytest.approx(esg, abs=1e-10)


def test_each_row_is_held_against_its_own_sector(explained, applicants, model):
    against = explained.against_sector()
    means = model.sectors_
    for place in range(0, 600, 7):
        division = applicants.X["industry_division"].iloc[place]
        section = means.section_of.get(division)
        if division in means.groups:
            expected, level = means.groups[division], "group"
        elif section in means.sections:
            expected, level = means.sections[section], "section"
        else:
            expected, level = means.overall, "all"
        assert against.level[place] == level
        assert against.base[place] == pytest.approx(explained.base + math.fsum(expected), abs=1e-9)
        assert against.values.iloc[place].tolist() == pytest.approx(
            (explained.values.iloc[place] - np.array(expected)).tolist(), abs=1e-12
        )
    assert set(against.level) >= {"group", "all"}
    assert against.level[applicants.X["industry_division"].isna()].tolist() == ["all"] * int(
        applicants.X["industry_division"].isna().sum()
    )


def test_small_groups_fall_back_to_their_section_then_to_all():
    values = pd.DataFrame({"coal_share": [1.0] * 40 + [3.0] * 10 + [5.0] * 10 + [100.0] * 29})
    group = pd.Series(["25"] * 40 + ["26"] * 10 + ["44"] * 10 + ["06"] * 29)
    firm = np.array([*range(40), *range(40, 50), *range(50, 60), *range(60, 89)])
    means = SectorMeans.fit(values, group, firm, section_of={"25": "C", "26": "C", "44": "D"})
    assert means.of("25") == ("group", (1.0,))
    assert means.of("26") == ("section", ((40 + 30) / 50,))
    everyone = pytest.approx((40 + 30 + 50 + 2900) / 89)
    for name in ("44", "06", "unheard of", None):
        level, (mean,) = means.of(name)
        assert (level, mean) == ("all", everyone)
    doubled = SectorMeans.fit(
        pd.concat([values, values]), pd.concat([group, group]), np.r_[firm, firm], section_of={}
    )
    assert doubled.groups == means.groups  # firms count, not rows


def test_without_divisions_everybody_is_held_against_all(portfolio, new_model):
    names = ["coal_share", "leverage", "interest_cover"]
    small = new_model(n_estimators=5).fit(portfolio.X[names], portfolio.y, as_of=portfolio.as_of)
    against = small.explain(portfolio.X[names].iloc[:9]).against_sector()
    assert against.level.tolist() == ["all"] * 9
    assert len(small.explain(portfolio.X[names].iloc[:0]).against_sector().base) == 0


def test_the_calibration_slice_plays_no_part(model, portfolio, new_model):
    # Its facts change, its labels and so a and b with them: the means follow b, the groups do not.
    late = portfolio.as_of >= np.sort(portfolio.as_of)[int(0.85 * len(portfolio.y))]
    table = portfolio.X.copy()
    table.loc[late, "industry_division"] = "99"
    again = new_model().fit(table, portfolio.y, as_of=portfolio.as_of, firm_id=portfolio.firm_id)
    assert set(again.sectors_.groups) == set(model.sectors_.groups)
    ratio = again.calibration_.b / model.calibration_.b
    for name, means in model.sectors_.groups.items():
        assert again.sectors_.groups[name] == pytest.approx([ratio * mean for mean in means], abs=1e-9)


def test_means_that_belong_to_another_base_are_refused_with_the_gap(explained):
    broken = dataclasses.replace(explained, base=explained.base + 1e-6)
    with pytest.raises(
        ExactnessError, match="Sector base plus differences is not the score: the gap is 1e-06"
    ):
        broken.against_sector()


def test_the_means_are_stored_and_a_model_of_the_first_version_has_none(model, applicants, tmp_path):
    store.save(model, tmp_path)
    assert store.load(tmp_path).sectors_ == model.sectors_
    path = tmp_path / store.PARAMETERS
    content = json.loads(path.read_text())
    for name in ("sector_means", "interaction_groups", "content_sha256"):
        del content[name]
    for name in ("interactions", "most_interactions"):
        del content["options"][name]
    content["schema_version"] = 1
    content["content_sha256"] = store._content_hash(content)
    path.write_text(json.dumps(content))
    old = store.load(tmp_path)
    assert (old.sectors_, old.interaction_groups_) == (None, None)
    found = old.explain(applicants.X.iloc[:5])
    assert (found.values.to_numpy() == model.explain(applicants.X.iloc[:5]).values.to_numpy()).all()
    with pytest.raises(ModelError, match="has no sector means"):
        found.against_sector()
    store.save(old, tmp_path)  # and it can be stored anew
    assert store.load(tmp_path).sectors_ is None


def test_both_references_make_an_explanation(explained):
    for reference, base in (
        ("portfolio", np.full(600, explained.base)),
        ("sector", explained.against_sector().base),
    ):
        made = explained.to_shap(reference=reference)
        assert (np.asarray(made.base_values) == base).all()
        assert np.asarray(made.base_values) + made.values.sum(axis=1) == pytest.approx(
            explained.points, abs=1e-9
        )
    with pytest.raises(ModelError, match="reference parameter of to_shap must be one of portfolio, sector"):
        explained.to_shap(reference="peers")


@pytest.mark.parametrize("reference", ["portfolio", "sector"])
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_every_plot_of_shap_takes_it(explained, reference):
    found = explained.to_shap(reference=reference)  # imports shap, whose import warns
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415
    import shap  # noqa: PLC0415

    number = next(k for k, name in enumerate(found.feature_names) if not CATALOGUE[name].is_category)
    drawn = {
        "waterfall": lambda: shap.plots.waterfall(found[0], show=False),
        "bar of a row": lambda: shap.plots.bar(found[0], show=False),
        "bar": lambda: shap.plots.bar(found, show=False),
        "beeswarm": lambda: shap.plots.beeswarm(found, show=False),
        "scatter": lambda: shap.plots.scatter(found[:, number], show=False),
        "force": lambda: shap.plots.force(found[0], matplotlib=True, show=False),
    }
    for name, draw in drawn.items():
        plt.figure()
        draw()
        assert plt.gcf().axes, name
        plt.close("all")
