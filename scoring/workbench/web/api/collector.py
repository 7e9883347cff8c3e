"""Requests that come at the same time are scored together: one firm costs about as much as a hundred.

One thread takes what waits, up to so many applications that may be read together, scores it, and gives every request its
own answer; what comes meanwhile waits for the next round. Where a round fails as a whole its halves are tried, down to
single requests, so that whoever made it fail fails alone. The thread ends when nobody has asked for a while.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

from features.errors import GreenCreditError
from features.intake.records import may_go_together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from scoring.workbench.web.api.body import ScoreRequest

__all__ = ["Busy", "Collector", "Defect"]

_LOG = logging.getLogger("greencredit.api")

_WINDOW_SECONDS, _MOST_WINDOWS = 0.005, 10
"""A round waits as long as others keep coming: a window after the last of them, and no more windows than this."""

_IDLE_SECONDS = 5.0


class Busy(Exception):  # noqa: N818  (it is an answer, not a defect)
    """More waits than can be scored in good time."""


class Defect(Exception):  # noqa: N818
    """Scoring one request alone failed for a reason that nobody foresaw; the log has it."""


@dataclass(frozen=True)
class _Job:
    request: ScoreRequest
    answer: Future[Any] = field(default_factory=Future)


class Collector:
    """Collects requests and scores them together.

    Parameters
    ----------
    score
        Gives the answers of requests that may be read together, in their order; pure.
    in_force
        Puts in force what scoring rests on, for as long as the thread runs.
    most
        Applications of a round; a larger request is a round of its own.
    most_waiting
        Applications that may wait.
    """

    def __init__(
        self,
        score: Callable[[Sequence[ScoreRequest]], Sequence[Any]],
        *,
        in_force: Callable[[], AbstractContextManager[None]],
        most: int = 256,
        most_waiting: int = 4_000,
    ) -> None:
        self._score = score
        self._in_force = in_force
        self._most = most
        self._most_waiting = most_waiting
        self._waiting: deque[_Job] = deque()
        self._applications = 0
        self._changed = Condition()
        self._thread: Thread | None = None

    def submit(self, request: ScoreRequest) -> Future[Any]:
        """Ask for a score.

        Returns
        -------
        Future
            Of what ``score`` gives for this request, or of what it raises for this request alone.

        Raises
        ------
        Busy
            If too much waits.
        """
        job = _Job(request)
        with self._changed:
            if self._waiting and self._applications + request.records.applications > self._most_waiting:
                raise Busy
            self._waiting.append(job)
            self._applications += request.records.applications
            if self._thread is None:
                self._thread = Thread(target=self._run, name="greencredit scoring", daemon=True)
                self._thread.start()
            self._changed.notify()
        return job.answer

    def _run(self) -> None:
        with self._in_force():
            while True:
                with self._changed:
                    if not self._waiting and not self._changed.wait_for(self._some, timeout=_IDLE_SECONDS):
                        # Within the lock: whoever comes next starts another thread.
                        self._thread = None
                        return
                self._let_come()
                with self._changed:
                    jobs = self._taken()
                self._answer(jobs)

    def _let_come(self) -> None:
        before = 0
        for _ in range(_MOST_WINDOWS):
            time.sleep(_WINDOW_SECONDS)
            now = self._applications
            if now == before or now >= self._most:
                return
            before = now

    def _some(self) -> bool:
        return bool(self._waiting)

    def _taken(self) -> list[_Job]:
        """Take the oldest request and those that may go together with it; the others keep their places."""
        taken, left = [self._waiting.popleft()], []
        count = taken[0].request.records.applications
        ids = set(taken[0].request.records.ids or ())
        alone = taken[0].request.records.ids is None
        while self._waiting and not alone and count < self._most:
            job = self._waiting.popleft()
            records = job.request.records
            if count + records.applications <= self._most and may_go_together(ids, records):
                taken.append(job)
                count += records.applications
                ids |= records.ids or frozenset()
            else:
                left.append(job)
        self._waiting.extendleft(reversed(left))
        self._applications -= count
        return taken

    def _answer(self, jobs: Sequence[_Job]) -> None:
        # Whoever asked may have gone.
        wanted = [job for job in jobs if not job.answer.cancelled()]
        if not wanted:
            return
        try:
            answers = self._score([job.request for job in wanted])
        # A panic of a library is no Exception.
        except BaseException as error:  # noqa: BLE001
            self._alone(wanted, error)
            return
        for job, answer in zip(wanted, answers, strict=True):
            _settle(job, answer, None)

    def _alone(self, jobs: Sequence[_Job], error: BaseException) -> None:
        if len(jobs) > 1:
            middle = len(jobs) // 2
            self._answer(jobs[:middle])
            self._answer(jobs[middle:])
            return
        if isinstance(error, GreenCreditError):
            _settle(jobs[0], None, error)
            return
        _LOG.error("Scoring a request failed.", exc_info=error)
        _settle(jobs[0], None, Defect())


def _settle(job: _Job, answer: object, error: Exception | None) -> None:
    if not job.answer.set_running_or_notify_cancel():
        return
    if error is None:
        job.answer.set_result(answer)
    else:
        job.answer.set_exception(error)
