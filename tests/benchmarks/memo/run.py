"""Time the memos of a batch, HTML and PDF, end to end: from the tables in memory to files on the disk.

    python tests/benchmarks/memo/run.py DIR [--applications 5000] [--pdfs 400] [--workers 2] [--repeats 3]

DIR is what ``greencredit score`` wrote. Counted in are the check of every record's hash, the grouping by application, the
start of the processes and the writing of the files. Asked: 500 HTML memos or 15 PDFs a second on two cores.

Prints a Markdown page. ``a processor second`` is what counts where others use the machine at the same time.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from scoring.memo import MemoForm, write_memos
from scoring.results import Results, read_results


def processor_seconds() -> float:
    """Seconds of this process and of the ones that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def timed(results: Results, form: MemoForm, *, workers: int, repeats: int) -> tuple[int, float, float]:
    """Memos, and medians of wall and processor seconds."""
    walls, processors, written = [], [], 0
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter(), processor_seconds()
            written = write_memos(results, Path(folder) / "memos", form=form, workers=workers)
            walls.append(time.perf_counter() - start[0])
            processors.append(processor_seconds() - start[1])
    return written, statistics.median(walls), statistics.median(processors)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--applications", type=int, default=5000)
    parser.add_argument("--pdfs", type=int, default=400)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    results = read_results(options.folder)
    print(
        f"{options.workers} processes, median of {options.repeats}; {platform.machine()}, {os.cpu_count()} processors, "
        f"load {os.getloadavg()[0]:.1f} at the start.\n"
    )
    print("| | memos | wall, s | a second | processor, s | a processor second | asked |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, form, rows, asked in (
        ("HTML, one language", MemoForm(languages=("zh",)), options.applications, 500),
        ("HTML, English and Chinese", MemoForm(), options.applications, 500),
        ("PDF, one language", MemoForm(languages=("zh",), pdf=True), options.pdfs, 15),
        ("PDF, English and Chinese (2 pages)", MemoForm(pdf=True), options.pdfs, 15),
    ):
        part = replace(results, decisions=results.decisions.head(rows))
        written, wall, used = timed(part, form, workers=options.workers, repeats=options.repeats)
        print(
            f"| {name} | {written:,} | {wall:.1f} | {written / wall:,.0f} | {used:.1f} | {written / used:,.0f} | {asked} |"
        )
    print(f"\nLoad {os.getloadavg()[0]:.1f} at the end.")


if __name__ == "__main__":
    main()
