"""Two small datasets, two factor sets, two models and two policies: what two batches may differ in, each alone and together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib import resources
from types import MappingProxyType
from typing import Any

import polars as pl
import pytest

from features import reference
from features.intake import validate_tables
from features.settings import Settings
from features.simulate import simulate
from models.registry import RegisteredModel
from models.scorecard_file import read_scorecard
from scoring import batch
from scoring.ledger import ledger, read_side
from scoring.policy import load_policy, parse_policy

CAUSES = ("data", "factors", "model", "policy")
LEFT, CAME = 3, 2
"""Firms that are in the old batch only, and in the new one only."""


@dataclass(frozen=True)
class World:
    """Everything that a batch may be scored with, old (False) and new (True)."""

    data: Any
    factors: Any
    settings: Any
    model: Any
    policy: Any
    root: Any
    seen: dict[Any, Any] = field(default_factory=dict)

    def read(self, *, new):
        """Read a dataset under the reference tables in force, each once."""
        key = (new, reference.set_version())
        if key not in self.seen:
            named = "the new data" if new else "the old data"
            self.seen[key] = validate_tables(dict(self.data[new]), source=named)
        return self.seen[key]

    def batch(self, name, *, data=False, factors=False, model=False, policy=False):
        """Score one batch, where it was not yet, and give its folder."""
        out = self.root / name
        if out.exists():
            return out
        with reference.overlaid(self.factors[factors]):
            batch.score(
                self.read(new=data),
                model=self.model[model],
                policy=self.policy[policy],
                settings=self.settings[factors],
                out=out,
            )
        return out

    def side(self, folder, *, name, data=False, factors=False, model=False, bare=False, **given):
        """Give a result folder as a side of a ledger; bare: without dataset, reference tables and model."""
        needed = {"read_dataset": lambda: self.read(new=data), "factors": self.factors[factors]}
        return read_side(
            folder,
            name=name,
            load_model=pytest.fail if bare else lambda _uri: self.model[model],
            **({} if bare else needed | given),
        )

    def ledger(self, name, **new):
        """Give the ledger from the old batch to one in which the named causes are new."""
        sources = {cause: on for cause, on in new.items() if cause != "policy"}
        return ledger(
            self.side(self.root / "old", name="old"),
            self.side(self.batch(name, **new), name="new", **sources),
        )


def _datasets():
    """A portfolio, and what became of it: firms left and came, figures were restated, reports did not come in."""
    tables = dict(simulate(firms=28, seed=3, new_applicants=True).tables)
    others = dict(simulate(firms=CAME, seed=77, new_applicants=True).tables)
    # Simulations number their applications alike.
    own = pl.concat_str(pl.lit("LATER-"), "application_id").alias("application_id")
    others["applications"] = others["applications"].with_columns(own)
    later = {name: pl.concat([table, others[name]]) for name, table in tables.items()}
    gone = later["applications"]["firm_id"].unique(maintain_order=True)[:LEFT]
    later["applications"] = later["applications"].filter(~pl.col("firm_id").is_in(gone.implode()))
    coal = pl.when(pl.col("carrier") == "raw_coal").then(0.4).otherwise(1.0)
    later["energy"] = later["energy"].with_columns(pl.col("quantity") * coal)
    later["annual"] = later["annual"].with_columns(pl.col("total_liabilities") * 1.3)
    return MappingProxyType(tables), MappingProxyType(later)


def _overlay(folder):
    """Another heat value of raw coal, which moves the share of coal."""
    folder.mkdir()
    rows = reference.shipped("energy_carriers").filter(pl.col("id") == "raw_coal")
    rows.with_columns(pl.col("tce_per_unit") * 5.0).write_csv(folder / "energy_carriers.csv")
    return folder


@pytest.fixture(scope="session")
def world(registered, tmp_path_factory):
    root = tmp_path_factory.mktemp("ledger")
    card = RegisteredModel(
        model=read_scorecard(), name="green-credit", version="2", run_id="run2", uri="models:/green-credit/2",
        label_origin="declared", demonstration=False,
    )  # fmt: skip
    shipped = resources.files("scoring").joinpath("policy.toml").read_text(encoding="utf-8")
    stricter = shipped.replace("minimum_points = 600", "minimum_points = 594", 1).replace(
        "minimum_points = 580", "minimum_points = 588", 1
    )
    assert stricter != shipped
    found = World(
        data=_datasets(),
        factors=(None, _overlay(root / "overlay")),
        settings=(Settings(), replace(Settings(), carbon_price=300.0)),
        model=(registered, card),
        policy=(load_policy(), parse_policy(stricter, file="stricter.toml")),
        root=root,
    )
    found.batch("old")
    return found
