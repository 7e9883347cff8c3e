"""Time what stands between indicators and decisions: contributions, reasons, ranges, policy; and what to ask for.

    python tests/benchmarks/scoring/run.py [--firms 12000] [--repeats 5] [--trees 300] [--depth 3]

Firms are simulated, their indicators computed and a model trained once; then every step of a batch is timed on all of their
applications, alone and in the order of ``scoring.batch``. The yardstick is LightGBM's plain ``predict`` of the same
booster on the same prepared matrix with the same threads in the same run: it gives the score and nothing else. Medians of
the repeats: wall time, CPU time of all threads, and CPU time of the calling thread, which is about the wall time of a free
machine where it does not wait for the others. Asked for: 20,000 firms a second from indicators to decisions, asks for
5,000 a second, on two cores.

Prints a Markdown page.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

import lightgbm
import polars as pl

from features import reference
from features.catalogue import CATALOGUE
from features.intake import validate_tables
from features.pipeline import compute
from features.settings import Settings
from features.simulate import simulate
from models import GreenCreditModel, label
from scoring.asks import asks
from scoring.contributions import contributions
from scoring.policy import decide, load_policy
from scoring.policy_frame import policy_frame
from scoring.ranges import range_table
from scoring.reasons import batch_reasons

if TYPE_CHECKING:
    from collections.abc import Callable

ASKED, ASKED_DOCUMENTS = 20_000, 5_000


class Times(NamedTuple):
    """Medians in seconds: wall time, CPU time of all threads, CPU time of the calling thread."""

    wall: float
    processor: float
    thread: float


def median_times(work: Callable[[], object], *, repeats: int) -> Times:
    """Run once to warm up, then the given number of times."""
    work()
    clocks = (time.perf_counter, time.process_time, time.thread_time)
    taken: list[list[float]] = [[], [], []]
    for _ in range(repeats):
        start = [clock() for clock in clocks]
        work()
        for kind, clock, began in zip(taken, clocks, start, strict=True):
            kind.append(clock() - began)
    return Times(*map(statistics.median, taken))


def trained(
    values: pl.DataFrame, tables: dict[str, pl.DataFrame], *, trees: int, depth: int
) -> GreenCreditModel:
    """Fit a model on the simulated outcomes."""
    labels = label(tables["applications"], tables["outcomes"])
    rows = values.join(labels.select("application_id", "bad"), on="application_id").drop_nulls("bad")
    rows = rows.sort("application_id")
    model = GreenCreditModel(
        n_estimators=trees,
        max_depth=depth,
        n_jobs=2,
        sections=dict(reference.table("industries").select("code", "section").iter_rows()),
    )
    return model.fit(
        rows.select(name for name in CATALOGUE if name in rows.columns).to_pandas(),
        rows["bad"].to_numpy(),
        as_of=rows["as_of"].to_numpy(),
        firm_id=rows["firm_id"].to_numpy(),
    )


def main() -> None:
    """Measure every step and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--firms", type=int, default=12_000, help="simulated; about 1.4 applications each")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--trees", type=int, default=300)
    parser.add_argument("--depth", type=int, default=3)
    options = parser.parse_args()
    settings, policy = Settings(), load_policy()
    # Documents are asked for of everybody here, so that the time of one applicant can be told.
    everybody = policy.model_copy(update={"asks": policy.asks.model_copy(update={"applicants": "all"})})
    dataset = validate_tables(simulate(firms=options.firms, seed=1).tables, source="simulation")
    indicators = compute(dataset, settings=settings)
    model = trained(indicators.values, dict(dataset.tables), trees=options.trees, depth=options.depth)

    # What each step takes is made once, by the steps themselves.
    explained, shown, _ = contributions(model, indicators.values)
    quality = indicators.data_quality
    frame = policy_frame(dataset, indicators, explained, settings=settings)
    told = batch_reasons(model, explained, shown, data_quality=quality, rules=policy.reasons)
    ranges = range_table(model, frame, frame["points"], policy=policy)
    judged = frame.join(told.failed, on="application_id").join(ranges, on="application_id")
    decisions = decide(judged, policy=policy)
    matrix = model.preparation_.matrix(indicators.values.select(model.preparation_.inputs))

    steps: dict[str, Callable[[], object]] = {
        "contributions": lambda: contributions(model, indicators.values),
        "reasons": lambda: batch_reasons(model, explained, shown, data_quality=quality, rules=policy.reasons),
        "ranges": lambda: range_table(model, frame, frame["points"], policy=policy),
        "facts of the policy": lambda: policy_frame(dataset, indicators, explained, settings=settings),
        "decide": lambda: decide(judged, policy=policy),
    }
    found = {name: median_times(work, repeats=options.repeats) for name, work in steps.items()}
    documents = median_times(
        lambda: asks(dataset, indicators.values, decisions, model=model, policy=everybody, settings=settings),
        repeats=options.repeats,
    )
    plain = median_times(
        lambda: model.booster_.predict(matrix, raw_score=True, num_threads=2), repeats=options.repeats
    )
    rows = explained.height
    whole = Times(*(sum(getattr(one, kind) for one in found.values()) for kind in Times._fields))

    print(
        f"{rows:,} applications of {options.firms:,} simulated firms; {options.trees} trees of depth {options.depth}; "
        f"median of {options.repeats}. {os.cpu_count()} processors, {platform.machine()}, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, polars {pl.__version__}, LightGBM {lightgbm.__version__}.\n"
    )
    print(
        "| step | wall s | CPU s | calling thread s | applications a second | against plain predict | asked |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")

    def line(name: str, times: Times, asked: int | None = None) -> None:
        told_asked = f"{asked:,}" if asked else ""
        print(
            f"| {name} | {times.wall:.3f} | {times.processor:.3f} | {times.thread:.3f} | {rows / times.wall:,.0f} | "
            f"{times.wall / plain.wall:.2f} | {told_asked} |"
        )

    line("LightGBM plain predict", plain)
    for name, times in found.items():
        line(name, times)
    line("**indicators to decisions**", whole, ASKED)
    line("asks, of everybody", documents, ASKED_DOCUMENTS)
    faithful = told.record["faithfulness"]
    if faithful is None or faithful["rate"] is None:
        print("\nNo reason could be scored again.")
        return
    print(
        f"\nReasons: {told.table.height / rows:.1f} rows an application, {told.table['printed'].sum() / rows:.1f} printed; "
        f"{faithful['passed']:,} of {faithful['told']:,} ({100 * faithful['rate']:.1f} %) passed their own re-score before "
        f"the others were left out (asked: {100 * faithful['asked']:.0f} %)."
    )


if __name__ == "__main__":
    main()
