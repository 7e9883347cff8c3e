from __future__ import annotations

import pytest

from features.catalogue import CATALOGUE
from features.errors import InputError
from models.columns import ColumnRoles, family_of, pillar_of


def test_indicators_are_what_the_catalogue_says_in_its_order():
    names = ["industry_division", "leverage", "energy_intensity", "electrification"]
    roles = ColumnRoles.declared(names)
    assert roles.inputs == tuple(
        name for name in CATALOGUE if name in {*names} and CATALOGUE[name].used_by_model
    )
    assert roles.relative == {"energy_vs_sector": ("energy_intensity", "industry_division")}
    assert roles.features == tuple(name for name in CATALOGUE if name in {*roles.inputs, "energy_vs_sector"})
    assert roles.directions == {name: CATALOGUE[name].direction for name in roles.features}
    assert roles.categories == ("industry_division",)
    assert roles == ColumnRoles.of_catalogue(roles.inputs, roles.features)


def test_columns_of_a_plain_table_keep_their_order_and_have_no_direction():
    roles = ColumnRoles.declared(["Attr2", "Attr1"])
    assert roles.inputs == roles.features == ("Attr2", "Attr1")
    assert roles.directions == {"Attr2": 0, "Attr1": 0}
    assert (roles.categories, roles.relative) == ((), {})


def test_declared_columns_may_stand_beside_indicators():
    roles = ColumnRoles.declared(
        ["staff", "coal_share", "branch"],
        directions={"staff": 1},
        categories=["branch"],
        relative={"staff_to_peers": ("staff", "branch")},
    )
    assert roles.inputs == ("coal_share", "staff", "branch")
    assert roles.features == ("coal_share", "staff", "branch", "staff_to_peers")
    assert roles.directions == {"coal_share": -1, "staff": 1, "branch": 0, "staff_to_peers": 1}
    assert roles.categories == ("branch",)


def test_an_indicator_without_direction_is_used_where_one_is_declared():
    assert not CATALOGUE["electrification"].used_by_model
    assert ColumnRoles.declared(["electrification"], directions={"electrification": 1}).inputs == (
        "electrification",
    )


@pytest.mark.parametrize(
    ("columns", "arguments", "message"),
    [
        (["coal_shares"], {}, r"coal_shares \(did you mean coal_share\?\)"),
        (["coal_share", "id"], {}, "no indicators of the catalogue: id"),
        (["electrification"], {}, "no indicator that the model may use"),
        (["energy_vs_sector"], {}, "relative indicators, which the model computes itself"),
        (["a", "b"], {"directions": [1]}, "one entry per column of X, 2. Got 1 instead"),
        (["a"], {"directions": [2]}, "A direction must be"),
        (["Attr10"], {"directions": {"Attr1": 1}}, r"the table lacks: Attr1 \(did you mean Attr10\?\)"),
        (["Attr10"], {"categories": ["Attr1"]}, r"the table lacks: Attr1 \(did you mean Attr10\?\)"),
        (["a"], {"categories": [1]}, "names column 1 of a table of 1 columns"),
        (["a"], {"categories": ["a"], "directions": [1]}, "A category has no direction: a"),
        (["a", "b"], {"relative": {"c": ("a", "b")}}, "needs a number a and a category b"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(columns, arguments, message):
    with pytest.raises(InputError, match=message):
        ColumnRoles.declared(columns, **arguments)


def test_families_and_pillars_are_the_catalogues_or_other():
    assert (family_of("coal_share"), pillar_of("coal_share")) == ("energy", "E")
    assert (family_of("Attr1"), pillar_of("Attr1")) == ("other", "other")
