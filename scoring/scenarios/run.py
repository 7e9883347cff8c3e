"""Running scenarios: the base once, then the portfolio again under each scenario."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from features import reference
from features.errors import GreenCreditError
from features.settings import Settings
from scoring.manifest import content_sha256, product_version
from scoring.policy import load_policy
from scoring.scenarios.facts import with_allowances, with_grid, years_on_the_grid
from scoring.scenarios.measures import by_sector, indicators_moved, migration, moved, review_counts
from scoring.scenarios.portfolio import decided_portfolio
from scoring.telling import is_demonstration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from features.intake import Dataset
    from models.registry import RegisteredModel
    from scoring.policy import Policy
    from scoring.scenarios.portfolio import Portfolio
    from scoring.scenarios.scenario import Scenario

__all__ = ["Outcome", "ScenarioRun", "decide_under", "run_scenarios"]

_GRID = "grid_factors"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one scenario does.

    Parameters
    ----------
    scenario
        What was other than in the base.
    table
        As :func:`scoring.scenarios.measures.moved`.
    migration, sectors
        As :func:`scoring.scenarios.measures.migration` and :func:`~scoring.scenarios.measures.by_sector`.
    indicators
        As :func:`scoring.scenarios.measures.indicators_moved`.
    review
        As :func:`scoring.scenarios.measures.review_counts`.
    policy
        Version of the policy that decided.
    factor_set
        Reference tables that were in force.
    """

    scenario: Scenario
    table: pl.DataFrame
    migration: pl.DataFrame
    sectors: pl.DataFrame
    indicators: pl.DataFrame
    review: Mapping[str, int]
    policy: str
    factor_set: str

    @property
    def mean_change(self) -> float | None:
        """Mean change in points; None for an empty portfolio."""
        return None if self.table.is_empty() else float(self.table["change"].to_numpy().mean())

    def as_dict(self) -> dict[str, Any]:
        """Return what ``scenarios.json`` holds of it."""
        return {
            **self.scenario.as_dict(),
            "policy_version": self.policy,
            "factor_set": self.factor_set,
            "mean_change_points": self.mean_change,
            "changed": int((self.table["change"] != 0).sum()),
            "other_grade": int((self.table["grade"] != self.table["grade_base"]).sum()),
            "review": dict(self.review),
            "migration": self.migration.to_dicts(),
            "sectors": self.sectors.to_dicts(),
            "indicators": self.indicators.to_dicts(),
        }


@dataclass(frozen=True, kw_only=True)
class ScenarioRun:
    """Scenarios over one base.

    Parameters
    ----------
    outcomes
        In the order in which they were named.
    base
        The portfolio as it is.
    model
        What the model is, as in a manifest.
    settings, factor_set
        Of the base.
    demonstration
        Whether the grades rest on simulated outcomes.
    """

    outcomes: tuple[Outcome, ...]
    base: Portfolio
    model: Mapping[str, Any]
    settings: Settings
    factor_set: str
    demonstration: bool

    @property
    def table(self) -> pl.DataFrame:
        """Every application under every scenario, with the scenario's name in front."""
        return pl.concat(
            [one.table.select(pl.lit(one.scenario.name).alias("scenario"), pl.all()) for one in self.outcomes]
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what ``scenarios.json`` holds."""
        return {
            "product_version": product_version(),
            "demonstration": self.demonstration,
            "model": dict(self.model),
            "base": {
                "applications": self.base.decisions.height,
                "policy_version": self.base.policy.version_id,
                "settings": self.settings.as_dict(),
                "factor_set": self.factor_set,
            },
            "scenarios": [outcome.as_dict() for outcome in self.outcomes],
        }


def run_scenarios(
    read: Callable[[], Dataset],
    scenarios: Sequence[Scenario],
    *,
    model: RegisteredModel,
    policy: Policy,
    settings: Settings | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ScenarioRun:
    """Decide a portfolio as it is, and again under each scenario.

    The base is decided under the reference tables in force. A scenario that changes tables reads the dataset anew under
    its own: units, ids and money of a clean table already rest on them.

    Parameters
    ----------
    read
        Reads the dataset under the reference tables in force.
    scenarios
        With names of their own.
    model, policy
        Of the base, and of every scenario that names no policy of its own.
    settings
        Of the base; the defaults where None.
    progress
        Called with the scenario's name (``base`` first), and applications done and in all.

    Raises
    ------
    GreenCreditError
        If there is no scenario, two have one name, or a scenario's policy or tables cannot be used.
    """
    names = [scenario.name for scenario in scenarios]
    if not names or len(set(names)) < len(names) or "base" in names:
        raise GreenCreditError(
            f"Each scenario needs a name of its own, other than base. Got {', '.join(names) or 'none'}.",
            where="scenarios",
            mend="Name at least one scenario, each once.",
        )
    chosen, tell = settings or Settings(), progress or _silent
    # What can be refused at once is refused before anything long begins.
    policies = [load_policy(one.policy) if one.policy else policy for one in scenarios]
    for one in scenarios:
        with _own_tables(one), _other_world(one):
            one.settings_over(chosen)
    dataset, factor_set = read(), reference.set_version()
    base = decided_portfolio(
        dataset,
        model=model.model,
        policy=policy,
        settings=chosen,
        progress=partial(tell, "base"),
    )
    outcomes = []
    for one, rules in zip(scenarios, policies, strict=True):
        other, version = decide_under(
            one,
            read,
            dataset,
            model=model,
            policy=rules,
            settings=chosen,
            progress=partial(tell, one.name),
        )
        table = moved(base, other)
        outcomes.append(
            Outcome(
                scenario=one,
                table=table,
                migration=migration(table, base=base, other=other),
                sectors=by_sector(table),
                indicators=indicators_moved(base, other),
                review=review_counts(table),
                policy=rules.version_id,
                factor_set=version,
            )
        )
    return ScenarioRun(
        outcomes=tuple(outcomes),
        base=base,
        model={
            "name": model.name,
            "version": str(model.version),
            "uri": model.uri,
            "label_origin": model.label_origin,
            **content_sha256(model),
        },
        settings=chosen,
        factor_set=factor_set,
        demonstration=is_demonstration(model.label_origin, demonstration=model.demonstration),
    )


def decide_under(
    scenario: Scenario,
    read: Callable[[], Dataset],
    dataset: Dataset,
    *,
    model: RegisteredModel,
    policy: Policy,
    settings: Settings,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Portfolio, str]:
    """Decide a portfolio under a scenario.

    Parameters
    ----------
    scenario
        What is other than in the base.
    read, dataset
        Reads the dataset anew; and what it gave under the reference tables in force, for a scenario that changes none.
    model, policy
        That score and decide.
    settings
        Of the base; the scenario's own are laid over.
    progress
        Called with applications done and in all.

    Returns
    -------
    portfolio : Portfolio
        The decisions.
    factor_set : str
        Reference tables that were in force.
    """
    before = reference.version()
    with _own_tables(scenario):
        grid = reference.table(_GRID)
        with _other_world(scenario):
            chosen = scenario.settings_over(settings)
            # Intake reads units, ids and money by the tables, but no grid factor.
            other = {name for name, digest in reference.version().items() if before[name] != digest}
            facts = read() if other - {_GRID} else dataset
            if not reference.table(_GRID).equals(grid):
                facts = _on_another_grid(facts, grid, settings=chosen)
            if "allowances" in scenario.scale:
                facts = with_allowances(facts, scenario.scale["allowances"])
            portfolio = decided_portfolio(
                facts, model=model.model, policy=policy, settings=chosen, progress=progress
            )
            return portfolio, reference.set_version()


def _on_another_grid(dataset: Dataset, grid: pl.DataFrame, *, settings: Settings) -> Dataset:
    """Move reported scope 2 from the given grid factors to those in force."""
    after = years_on_the_grid(dataset, settings=settings)
    with reference.overlaid(reference.with_tables({_GRID: grid})):
        before = years_on_the_grid(dataset, settings=settings)
    return with_grid(dataset, before=before, after=after)


@contextmanager
def _own_tables(scenario: Scenario) -> Iterator[None]:
    """Put the scenario's own tables in force over the base's: the bank measures otherwise, the world is the same."""
    if scenario.factors is None:
        yield
        return
    with reference.overlaid(reference.joined(reference.read_overlay(scenario.factors))):
        yield


@contextmanager
def _other_world(scenario: Scenario) -> Iterator[None]:
    """Put the scenario's editions and scales in force over the set in force."""
    with ExitStack() as stack:
        for name, day in scenario.editions.items():
            stack.enter_context(reference.overlaid(reference.at_edition(name, day)))
        if _GRID in scenario.scale:
            stack.enter_context(reference.overlaid(reference.scaled(_GRID, "factor", scenario.scale[_GRID])))
        yield


def _silent(_phase: str, _done: int, _total: int) -> None:
    """Say nothing."""
