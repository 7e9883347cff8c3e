"""The lean way into the pipeline: some families, values only."""

from __future__ import annotations

import pytest

from features.asof import facts
from features.catalogue import CATALOGUE
from features.pipeline import compute, family_values
from features.settings import Settings


def test_the_values_are_those_of_the_whole_pipeline(make_dataset):
    dataset = make_dataset(
        annual=[{"year": "2023", "revenue": 500.0, "water_withdrawn": 100.0, "published_on": None}],
        energy=[{"period": "2023", "carrier": "raw_coal", "quantity": 10.0, "unit": "t"}],
    )
    seen = facts(dataset, Settings())
    some = family_values(seen, ["resources", "energy"])
    names = [
        i.id for i in CATALOGUE.values() if i.family in {"energy", "resources"} and i.relative_to is None
    ]
    assert set(some.columns) == {"application_id", *names}
    whole = compute(dataset).values
    assert some.select(names).equals(whole.select(names))
    assert family_values(seen, []).columns == ["application_id"]
    with pytest.raises(KeyError):
        family_values(seen, ["weather"])
