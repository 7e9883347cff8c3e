"""The memos of a whole batch: read once, cut into parts, made by several processes, one file per application.

A worker gets its part as Arrow bytes and writes plain files; which process made a memo does not change a byte of it.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import polars as pl

from features.errors import GreenCreditError
from scoring.memo.making import Maker
from scoring.memo.rows import memo_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scoring.memo.making import MemoForm
    from scoring.results import Results

__all__ = ["file_name", "one_memo", "write_memos"]

_PART = 64
"""Applications that a process gets at a time."""

_LONGEST_NAME = 120
_MAKERS: dict[str, Maker] = {}
"""The maker of a worker process; set when it starts."""


def one_memo(results: Results, *, form: MemoForm) -> bytes:
    """Return the memo or the letter of the one application that the results hold.

    Parameters
    ----------
    results
        Of :func:`scoring.results.one_application`.
    form
        What to make.

    Raises
    ------
    GreenCreditError
        If the record no longer fits its hash, no font with Chinese is found, or there is no adverse reason to state.
    """
    return Maker(results.manifest, form).made(memo_rows(results).row(0, named=True))


def write_memos(
    results: Results,
    out: Path,
    *,
    form: MemoForm,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write the memos of a batch, one file per application, named by it.

    Parameters
    ----------
    results
        Of a batch.
    out
        Folder, new or empty. It appears when every memo is in it.
    form
        What to make.
    workers
        Processes; as many as there are processors where None, this process alone for 1.
    progress
        Called with memos done and of all.

    Returns
    -------
    int
        Files written.

    Raises
    ------
    GreenCreditError
        If the folder may not be written, or as of :func:`one_memo`.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise GreenCreditError(
            "The memos need a new or an empty folder.", where=str(out), mend="Name another folder with --out."
        )
    rows = memo_rows(results)
    if form.pdf:
        # A missing font is told before anything long begins.
        _ = Maker(results.manifest, form).typesetter
    out.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.resolve().parent))
    done = 0
    try:
        for count in _made(rows, results.manifest, form, stage, workers=workers or os.cpu_count() or 1):
            done += count
            if progress is not None:
                progress(done, rows.height)
        stage.chmod(0o755)
        # rename replaces an empty folder.
        stage.rename(out)
    finally:
        # Still there only where something failed.
        shutil.rmtree(stage, ignore_errors=True)
    return done


def file_name(application_id: str, *, suffix: str) -> str:
    """Return the name of an application's file: no two applications share one, and any system can write it.

    Examples
    --------
    >>> file_name("LOAN 7/a", suffix=".html")
    'LOAN%207%2Fa.html'
    """
    safe = quote(application_id, safe="").replace(".", "%2E")
    if len(safe) > _LONGEST_NAME:
        safe = f"{safe[:_LONGEST_NAME]}-{hashlib.sha256(application_id.encode()).hexdigest()[:16]}"
    return safe + suffix


def _made(
    rows: pl.DataFrame, manifest: Mapping[str, Any], form: MemoForm, stage: Path, *, workers: int
) -> Iterator[int]:
    """Write all parts, and yield after some of them how many memos they were."""
    parts = [rows.slice(start, _PART) for start in range(0, rows.height, _PART)]
    if workers == 1 or len(parts) <= 1:
        maker = Maker(manifest, form)
        for part in parts:
            yield _write(part, maker, stage)
        return
    # Processes are started anew: a fork would copy the locks of Polars' threads.
    with ProcessPoolExecutor(
        min(workers, len(parts)),
        mp_context=get_context("spawn"),
        initializer=_start,
        initargs=(dict(manifest), form),
    ) as pool:
        waiting: set[Future[int]] = set()
        for part in parts:
            # No more parts wait than the processes need, so the memory does not grow with the batch.
            if len(waiting) >= 2 * workers:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield sum(future.result() for future in finished)
            waiting.add(pool.submit(_write_arrow, _arrow(part), str(stage)))
        for future in waiting:
            yield future.result()


def _start(manifest: Mapping[str, Any], form: MemoForm) -> None:
    _MAKERS["own"] = Maker(manifest, form)


def _write_arrow(part: bytes, stage: str) -> int:
    return _write(pl.read_ipc(io.BytesIO(part)), _MAKERS["own"], Path(stage))


def _write(part: pl.DataFrame, maker: Maker, stage: Path) -> int:
    for row in part.iter_rows(named=True):
        (stage / file_name(row["application_id"], suffix=maker.form.suffix)).write_bytes(maker.made(row))
    return part.height


def _arrow(part: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    part.write_ipc(buffer)
    return buffer.getvalue()
