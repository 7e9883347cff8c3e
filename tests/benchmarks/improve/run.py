"""How long the way to the next grade takes: of many applicants within a batch, and of one on demand.

    python tests/benchmarks/improve/run.py [--firms 200] [--model URI] [--repeats 3]

Simulated applicants, each with every action that its facts allow (at most twelve) and sets of up to four. The batch's figure is
per applicant, with what the batch has worked out anyway (indicators, scores, decisions) left out; that of one applicant is told
with and without it. Without ``--model`` the shipped scorecard scores.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from typing import TYPE_CHECKING

import polars as pl

from features.intake import validate_tables
from features.settings import Settings
from features.simulate import simulate
from models.scorecard_file import read_scorecard
from scoring.improve.costs import Costs
from scoring.improve.dataset import of_applications
from scoring.improve.on_demand import judged_applications, way_of
from scoring.improve.prices import sizes_of
from scoring.improve.rebuilding import firms_of
from scoring.improve.way import improvements
from scoring.policy import load_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.stored import AnyModel


def measured(work: Callable[[], object], *, repeats: int) -> tuple[float, float]:
    """Return the best wall time and the best CPU time of some calls, in ms."""
    best = [float("inf"), float("inf")]
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        best[0] = min(best[0], time.perf_counter() - wall)
        best[1] = min(best[1], time.process_time() - cpu)
    return 1000 * best[0], 1000 * best[1]


def model_of(uri: str | None) -> AnyModel:
    """Return a registered model, or the shipped scorecard."""
    if uri is None:
        return read_scorecard()
    from models import registry  # noqa: PLC0415  (takes seconds)

    return registry.load(uri).model


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=200)
    parser.add_argument("--model")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    model, policy = model_of(options.model), load_policy()
    dataset = validate_tables(
        simulate(firms=options.firms, seed=11, new_applicants=True).tables, source="a simulation"
    )
    judged = judged_applications(dataset, model=model, policy=policy)
    found = improvements(dataset, judged, model=model, policy=policy)
    first = found.filter(pl.col("rank") == 1)
    print(
        f"{judged.height} applicants, {first['reaches'].sum()} with a set that reaches a better grade; "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, polars {pl.__version__}"
    )
    wall, cpu = measured(
        lambda: improvements(dataset, judged, model=model, policy=policy), repeats=options.repeats
    )
    print(
        f"within a batch: {wall / judged.height:.1f} ms an applicant ({cpu / judged.height:.1f} ms of CPU time)"
    )
    firms = firms_of(dataset, Settings())
    reads = measured(lambda: sizes_of(firms_of(dataset, Settings()), Costs()), repeats=options.repeats)
    print(f"  of it reading the facts: {reads[0] / len(firms.ids):.1f} ms")
    middle = judged["application_id"][judged.height // 2]
    one = of_applications(dataset, [middle])
    own = judged.filter(pl.col("application_id") == middle)
    wall, cpu = measured(
        lambda: improvements(one, own, model=model, policy=policy), repeats=max(options.repeats, 10)
    )
    print(f"one applicant, decided before: {wall:.0f} ms ({cpu:.0f} ms of CPU time)")
    wall, cpu = measured(
        lambda: way_of(dataset, middle, model=model, policy=policy), repeats=max(options.repeats, 10)
    )
    print(f"one applicant from its dataset: {wall:.0f} ms ({cpu:.0f} ms of CPU time)")


if __name__ == "__main__":
    main()
