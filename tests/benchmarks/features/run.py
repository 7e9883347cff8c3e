"""Measure the speed and memory of the indicators against DuckDB on the same clean Parquet tables.

    python tests/benchmarks/features/run.py --work FOLDER [--firms 1000000] [--threads 2] [--repeats 3]

FOLDER lies outside the repository; the clean tables are made there once. 20,000 firms are simulated and validated by
the product; more firms are copies of them under other ids, for every 20,000 simulated would take a quarter of a minute more.
Each side runs in a process of its own and reports itself: wall time, CPU time and peak memory, imports left out. Both
read the same files from a warm page cache and write their results as Parquet:

yardstick
    DuckDB: ``reference.sql``, the as-of filter and a sum per firm and day of decision over the ten tables;
product
    :func:`features.pipeline.compute_shards` over :class:`features.intake.CleanFolder`, which reads one shard at a time:
    every indicator, data quality and cross-checks.

Then the product once more over half of the firms (its memory must not follow the number of firms), and one firm from memory,
warm. What was printed last stands in ``RESULTS.md``.
"""

# ruff: noqa: PLC0415 - each process imports its own side only, so that its peak memory is its own

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

BLOCK = 20_000
"""Firms that are simulated; more are copies of them."""
SEED = 4
TEN = ("firms", "annual", "energy", "production", "emissions")
TEN += ("certifications", "incidents", "checks", "applications", "outcomes")
ROLES = ("tables", "yardstick", "product", "one_firm")
DATASET_MEMORY = ("defaults", "findings")
"""Frames of a dataset beside its tables that the pipeline reads."""
WARM, MEASURED = 20, 100


def main():
    """Run what was asked for: everything, or (in a process of its own) one side."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--firms", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--firms-per-shard", type=int, default=10_000)
    parser.add_argument("--role", choices=ROLES, help=argparse.SUPPRESS)
    parser.add_argument("--up-to", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.role:
        print(json.dumps(globals()[f"_{asked.role}"](asked)))
        return
    os.environ["POLARS_MAX_THREADS"] = str(asked.threads)
    everything(asked)


def everything(asked):
    """Make the tables, measure both sides in turn, and print the figures as Markdown."""
    tables = child(asked, "tables")
    runs = {"yardstick": [], "product": []}
    for _ in range(asked.repeats):
        for role, results in runs.items():
            results.append(child(asked, role))
    half = child(asked, "product", up_to=asked.firms // 2)
    one = child(asked, "one_firm")
    medians = {
        role: {name: statistics.median(r[name] for r in results) for name in ("wall", "cpu", "peak")}
        for role, results in runs.items()
    }
    print(f"Command: `python tests/benchmarks/features/run.py --work FOLDER {_options(asked)}`\n")
    print(
        f"{asked.firms:,} firms (copies of {min(BLOCK, asked.firms):,} simulated ones), {tables['rows']:,} rows in "
        f"{len(TEN)} Parquet tables ({tables['bytes'] / 1e6:,.0f} MB), {runs['product'][0]['applications']:,} applications; "
        f"{asked.threads} threads, {asked.firms_per_shard:,} firms a shard, median of {asked.repeats}. "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {_versions()}.\n"
    )
    print(
        "| side | wall s | CPU s | peak MB | wall s per million rows |\n| --- | ---: | ---: | ---: | ---: |"
    )
    for role, median in medians.items():
        print(f"| {role} {_row(median, tables['rows'])}")
    print(f"| product, half of the firms {_row(half, half['rows'])}")
    wall = [r["wall"] for r in runs["product"]]
    ratio = {n: medians["product"][n] / medians["yardstick"][n] for n in ("wall", "cpu")}
    print(
        f"\nRatio product : yardstick = **{ratio['wall']:.1f}** in wall time, {ratio['cpu']:.1f} in CPU time; asked for "
        f"is at most 3. The product's wall times lie between {min(wall):.1f} and {max(wall):.1f} s.\n"
        f"Memory from half to all of the firms: x {medians['product']['peak'] / half['peak']:.2f}; asked for is flat, "
        "under 6,000 MB.\n"
        f"One firm ({one['rows']} rows, {one['applications']} application(s)), warm: **{one['median_ms']:.0f} ms**, best "
        f"{one['best_ms']:.0f} ms, {one['cpu_ms']:.0f} ms of CPU time, of {MEASURED} calls; asked for is under 5 ms."
    )


def _options(asked):
    return (
        f"--firms {asked.firms} --threads {asked.threads} --repeats {asked.repeats} "
        f"--firms-per-shard {asked.firms_per_shard}"
    )


def _row(figures, rows):
    wall, cpu, peak = figures["wall"], figures["cpu"], figures["peak"] / 1e6
    return f"| {wall:,.1f} | {cpu:,.1f} | {peak:,.0f} | {wall / rows * 1e6:.2f} |"


def _versions():
    from importlib.metadata import version

    return f"Python {platform.python_version()}, polars {version('polars')}, DuckDB {version('duckdb')}"


def child(asked, role, *, up_to=None):
    """Run one role in a process of its own and return what it reports."""
    command = [sys.executable, __file__, "--role", role, "--work", str(asked.work), *_options(asked).split()]
    if up_to is not None:
        command += ["--up-to", str(up_to)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    report = json.loads(done.stdout.splitlines()[-1])
    print(role, {k: round(v, 2) for k, v in report.items()}, file=sys.stderr)
    return report


def measured(work):
    """Call ``work`` and return its report with wall and CPU seconds and the peak memory of this process in bytes."""
    wall, cpu = time.perf_counter(), time.process_time()
    report = work()
    return {
        **report,
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "peak": _peak_memory(),
    }


def _peak_memory():
    """Peak resident memory in bytes; of Linux's own book where there is one, for ru_maxrss remembers the parent's."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(s for s in status.read_text(encoding="utf-8").splitlines() if s.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _folder(asked):
    return asked.work / f"clean_{asked.firms}"


def _tables(asked):
    """Make the clean tables, once: firms in the order of their ids, a row group or more per block of firms."""
    import polars as pl
    import pyarrow.parquet as pq

    folder = _folder(asked)
    book = folder / "book.json"
    if book.is_file():
        return json.loads(book.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    frames = _simulated(min(BLOCK, asked.firms))
    writers, rows = {}, 0
    for copy in range(-(-asked.firms // BLOCK)):
        wanted = min(BLOCK, asked.firms - copy * BLOCK)
        kept = frames["firms"]["firm_id"].head(wanted)
        for name, frame in frames.items():
            renamed = (
                frame.filter(pl.col("firm_id").is_in(kept.implode()))
                .with_columns(pl.format("{}-{}", pl.lit(f"{copy:05d}"), c).alias(c) for c in _ids(frame))
                .with_columns(pl.col("^row$") + copy * frame.height * 2)
                .to_arrow()
            )
            if name not in writers:
                writers[name] = pq.ParquetWriter(
                    folder / f"{name}.parquet", renamed.schema, compression="zstd"
                )
            writers[name].write_table(renamed, row_group_size=250_000)
            rows += renamed.num_rows if name in TEN else 0
    for writer in writers.values():
        writer.close()
    size = sum((folder / f"{name}.parquet").stat().st_size for name in TEN)
    book.write_text(json.dumps({"rows": rows, "bytes": size}), encoding="utf-8")
    return {"rows": rows, "bytes": size}


def _ids(frame):
    return [c for c in ("firm_id", "application_id") if c in frame.columns]


def _simulated(firms):
    """Return the clean tables of a simulated portfolio, and what else of the dataset the pipeline reads."""
    from features.intake import validate_tables
    from features.simulate import simulate

    portfolio = simulate(firms=firms, seed=SEED)
    clean = validate_tables(portfolio.tables, source="simulated", purpose="train")
    owner = clean.tables["applications"].select("application_id", "firm_id")
    frames = {name: frame for name, frame in clean.tables.items() if name != "outcomes" and frame.height}
    frames["outcomes"] = clean.tables["outcomes"].join(owner, on="application_id", maintain_order="left")
    frames |= {name: getattr(clean, name) for name in DATASET_MEMORY}
    return {name: frame.sort("firm_id", maintain_order=True) for name, frame in frames.items()}


def _yardstick(asked):
    import duckdb

    out = asked.work / "out_yardstick.parquet"
    sql = Path(__file__).with_name("reference.sql").read_text(encoding="utf-8")
    connection = duckdb.connect(config={"threads": asked.threads})

    def work():
        connection.execute(sql.format(tables=_folder(asked), out=out))
        return {}

    return measured(work)


def _product(asked):
    from itertools import islice

    from features.intake import CleanFolder
    from features.pipeline import compute_shards

    folder, out = _folder(asked), asked.work / "out_product"
    out.mkdir(exist_ok=True)
    shards = -(-(asked.up_to or asked.firms) // asked.firms_per_shard)

    def work():
        applications, last = 0, ""
        computed = compute_shards(CleanFolder(folder=folder), firms_per_shard=asked.firms_per_shard)
        for number, result in enumerate(islice(computed, shards)):
            applications += result.values.height
            last = result.values["firm_id"].max()
            for name in ("values", "data_quality", "cross_checks"):
                getattr(result, name).write_parquet(out / f"{name}_{number:05d}.parquet")
        return {"applications": applications, "last": last}

    report = measured(work)
    rows = _rows_up_to(folder, report.pop("last"))
    return {**report, "rows": rows}


def _rows_up_to(folder, firm):
    import polars as pl

    tables = (pl.scan_parquet(folder / f"{name}.parquet") for name in TEN)
    return sum(t.filter(pl.col("firm_id") <= pl.lit(firm)).select(pl.len()).collect().item() for t in tables)


def _one_firm(asked):
    """Time one firm of a usual size from memory, as the API does."""
    import polars as pl

    from features.intake import CleanFolder
    from features.pipeline import compute

    folder = _folder(asked)
    held = (
        pl.scan_parquet(folder / "energy.parquet").group_by("firm_id").len().collect().sort("len", "firm_id")
    )
    firm = held["firm_id"][held.height // 2]
    dataset = CleanFolder(folder=folder).firm(firm)
    times, cpu = [], []
    for _ in range(WARM + MEASURED):
        start, busy = time.perf_counter(), time.process_time()
        compute(dataset)
        times.append((time.perf_counter() - start) * 1e3)
        cpu.append((time.process_time() - busy) * 1e3)
    return {
        "rows": sum(table.height for table in dataset.tables.values()),
        "applications": dataset.tables["applications"].height,
        "median_ms": statistics.median(times[WARM:]),
        "best_ms": min(times[WARM:]),
        "cpu_ms": statistics.median(cpu[WARM:]),
    }


if __name__ == "__main__":
    main()
