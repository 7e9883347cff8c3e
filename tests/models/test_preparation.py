from __future__ import annotations

import math
import statistics

import numpy as np
import pandas as pd
import pytest

from features.catalogue import CATALOGUE
from features.errors import ModelError
from models.columns import ColumnRoles
from models.frames import check_inputs, column_names
from models.peers import MINIMUM_FIRMS, PeerMedians
from models.preparation import Preparation

SECTION_OF = {"25": "C", "26": "C", "27": "C", "06": "B"}


def naive_median(rows, wanted, section_of):
    """Median of the base of one group's rows, falling back to its section and then to all."""

    def enough(kept):
        return (
            len({firm for _, _, firm in kept}) >= MINIMUM_FIRMS
            and statistics.median(b for b, _, _ in kept) > 0
        )

    known = [(b, g, f) for b, g, f in rows if not math.isnan(b)]
    own = [row for row in known if row[1] == wanted]
    if own and enough(own):
        return "group", statistics.median(b for b, _, _ in own)
    section = section_of.get(wanted)
    same = [
        row
        for row in known
        if row[1] is not None and section is not None and section_of.get(row[1]) == section
    ]
    if same and enough(same):
        return "section", statistics.median(b for b, _, _ in same)
    return "all", statistics.median(b for b, _, _ in known)


@pytest.mark.parametrize("seed", range(4))
def test_peer_medians_are_the_naive_ones(seed):
    rng = np.random.default_rng(seed)
    n = 400
    groups = rng.choice(
        np.array(["25", "26", "27", "06", "99", None], dtype=object),
        size=n,
        p=[0.4, 0.06, 0.06, 0.06, 0.36, 0.06],
    )
    base = np.where(rng.random(n) < 0.1, np.nan, np.exp(rng.normal(size=n)))
    firm = rng.integers(0, 200, size=n)
    peers = PeerMedians.fit(base, pd.Series(groups, dtype=object), firm, section_of=SECTION_OF)
    rows = list(zip(base.tolist(), groups.tolist(), firm.tolist(), strict=True))
    for group in ("25", "26", "27", "06", "99", "unseen"):
        assert peers.level(group) == naive_median(rows, group, SECTION_OF)
    ratio = peers.ratio(base, pd.Series(groups, dtype=object))
    for got, (b, group, _) in zip(ratio, rows, strict=True):
        expected = math.nan if group is None else b / naive_median(rows, group, SECTION_OF)[1]
        assert got == expected or (math.isnan(got) and math.isnan(expected))


def test_firms_are_counted_and_not_their_rows():
    base = np.ones(60)
    group = pd.Series(["25"] * 60, dtype=object)
    few = PeerMedians.fit(base, group, np.arange(60) % (MINIMUM_FIRMS - 1), section_of={})
    enough = PeerMedians.fit(base, group, np.arange(60) % MINIMUM_FIRMS, section_of={})
    assert few.level("25")[0] == "all"
    assert enough.level("25")[0] == "group"


def test_a_median_that_is_not_positive_is_no_denominator():
    peers = PeerMedians.fit(np.zeros(50), pd.Series(["25"] * 50, dtype=object), np.arange(50), section_of={})
    assert peers.level("25") == ("all", None)
    assert np.isnan(peers.ratio(np.ones(1), pd.Series(["25"], dtype=object))).all()


def prepared(table, missing="worst"):
    return Preparation.fit(table, np.arange(len(table)), missing=missing, sections={})


def column(preparation, table, name):
    return preparation.matrix(table)[:, preparation.features.index(name)]


def test_silence_stands_beyond_the_worst_value_of_either_direction():
    table = pd.DataFrame({"coal_share": [0.2, 0.7, np.nan], "renewable_share": [0.1, np.nan, 0.5]})
    preparation = prepared(table)
    # coal: lower is better, worst 0.7, range 0.5; renewables: higher is better, worst 0.1, range 0.4
    assert column(preparation, table, "coal_share") == pytest.approx([0.2, 0.7, 0.7 + 0.05 * 0.5])
    assert column(preparation, table, "renewable_share") == pytest.approx([0.1, 0.1 - 0.05 * 0.4, 0.5])


def test_values_beyond_the_worst_training_value_count_as_the_worst():
    preparation = prepared(pd.DataFrame({"coal_share": [0.2, 0.7], "renewable_share": [0.1, 0.5]}))
    new = pd.DataFrame({"coal_share": [0.99, -5.0, np.nan], "renewable_share": [-3.0, 7.0, np.nan]})
    assert column(preparation, new, "coal_share")[:2].tolist() == [0.7, -5.0]
    assert column(preparation, new, "renewable_share")[:2].tolist() == [0.1, 7.0]
    assert column(preparation, new, "coal_share")[2] > 0.7
    assert column(preparation, new, "renewable_share")[2] < 0.1


@pytest.mark.parametrize("value", [0.0, 1e-40, -1e-36, 1e12, 3.5])
def test_silence_is_apart_from_a_constant_whatever_its_size(value):
    preparation = prepared(pd.DataFrame({"leverage": [value, value]}))
    got = column(preparation, pd.DataFrame({"leverage": [value, np.nan]}), "leverage")
    # 1e-35: LightGBM takes anything smaller for zero.
    assert got[1] - got[0] >= max(1e-35, 4 * np.spacing(abs(value)))


def test_an_indicator_nobody_handed_in_says_nothing():
    preparation = prepared(pd.DataFrame({"leverage": [np.nan, np.nan], "coal_share": [0.1, 0.2]}))
    assert column(
        preparation, pd.DataFrame({"leverage": [0.5, np.nan], "coal_share": [0.1, 0.1]}), "leverage"
    ).tolist() == [0, 0]


def test_learned_keeps_silence_missing():
    table = pd.DataFrame({"coal_share": [0.2, 0.7, np.nan]})
    assert np.isnan(column(prepared(table, "learned"), table, "coal_share")[2])


def test_a_number_never_missing_in_training_falls_back_to_its_median_and_says_so():
    preparation = prepared(pd.DataFrame({"firm_age": [3.0, 5.0, 10.0]}))
    new = pd.DataFrame({"firm_age": [np.nan, 4.0]})
    assert column(preparation, new, "firm_age").tolist() == [5.0, 4.0]
    assert preparation.notes(new).to_dict("records") == [
        {"row": 0, "indicator": "firm_age", "status": "median_for_missing", "detail": "5.0"}
    ]


def test_undirected_numbers_that_were_missing_in_training_stay_missing():
    table = pd.DataFrame({"firm_age": [3.0, np.nan]})
    assert np.isnan(column(prepared(table), table, "firm_age")[1])


def test_categories_are_positions_in_the_stored_vocabulary():
    preparation = prepared(pd.DataFrame({"purpose_group": ["retrofit", "new_line", None]}))
    new = pd.DataFrame({"purpose_group": ["new_line", "retrofit", "unheard of", None]})
    assert preparation.vocabulary["purpose_group"] == ("new_line", "retrofit")
    got = column(preparation, new, "purpose_group")
    assert got[:3].tolist() == [0, 1, 2]
    assert np.isnan(got[3])
    assert preparation.notes(new).to_dict("records") == [
        {"row": 2, "indicator": "purpose_group", "status": "unseen_category", "detail": "unheard of"}
    ]


def test_small_peer_groups_are_noted():
    table = pd.DataFrame(
        {"energy_intensity": np.linspace(1, 2, 40), "industry_division": ["25"] * 35 + ["26"] * 5}
    )
    preparation = Preparation.fit(table, np.arange(40), missing="worst", sections={"25": "C", "26": "C"})
    notes = preparation.notes(table.iloc[[0, 39]])
    assert notes.to_dict("records") == [
        {"row": 1, "indicator": "energy_vs_sector", "status": "peer_section", "detail": "26"}
    ]


def test_indicators_without_direction_that_are_not_context_are_left_out():
    table = pd.DataFrame({"electrification": [0.1, 0.2], "coal_share": [0.1, 0.2]})
    assert not CATALOGUE["electrification"].used_by_model
    assert prepared(table).features == ("coal_share",)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"leverage": [1.0]}, "lacks columns that the model was trained with: coal_share, purpose_group"),
        ({"coal_share": ["0.3"], "purpose_group": ["x"]}, "coal_share must be numbers and holds string"),
        ({"coal_share": [0.3], "purpose_group": [1]}, "purpose_group must be texts and holds integer"),
        ({"coal_share": [np.inf], "purpose_group": ["x"]}, "coal_share is infinite in 1 of 1 rows"),
    ],
)
def test_tables_that_are_not_as_declared_are_refused_by_name(table, message):
    with pytest.raises(ModelError, match=message):
        check_inputs(pd.DataFrame(table), ["coal_share", "purpose_group"])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["coal_shares"], r"coal_shares \(did you mean coal_share\?\)"),
        (["energy_vs_sector"], "relative indicators, which the model computes itself: energy_vs_sector"),
        (["coal_share", "coal_share"], "twice in the table: coal_share"),
    ],
)
def test_training_columns_are_catalogue_indicators(columns, message):
    with pytest.raises(ModelError, match=message):
        ColumnRoles.declared(column_names(pd.DataFrame([[0.1] * len(columns)], columns=columns)))


@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_texts_may_come_in_any_text_type(dtype):
    table = pd.DataFrame({"purpose_group": pd.Series(["retrofit", None, "new_line"], dtype=dtype)})
    got = column(prepared(table), table, "purpose_group")
    assert got[[0, 2]].tolist() == [1, 0]
    assert np.isnan(got[1])


@pytest.mark.parametrize("values", [[1, None, 0], pd.array([1, None, 0], dtype="Int64"), [None, None, None]])
def test_numbers_may_come_in_any_numeric_type(values):
    table = pd.DataFrame({"firm_age": values, "coal_share": [0.1, 0.2, 0.3]})
    check_inputs(table, ["firm_age", "coal_share"])
    assert np.isnan(column(prepared(table), table, "firm_age")[1])
