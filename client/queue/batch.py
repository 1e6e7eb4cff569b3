"""The jobs of a batch: who has which, what is done, and the end."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable
from pathlib import PurePath
from typing import Any, Protocol

from ..errors import StoppedError
from ..jobs.job import Job
from .folder import Folder
from .journal import Journal, Try

_PARTING_SECONDS = 10


class Lane(Protocol):
    """Something that runs jobs: a server, or a worker of a cluster."""

    place: str

    def wake(self) -> None:
        """There may be work, or no more."""

    async def run(self) -> None:
        """Works until the batch is over."""


class Batch:
    """Hands jobs to lanes and writes down what comes of them; every lane may ask for more."""

    def __init__(
        self,
        jobs: Iterable[Job],
        folder: Folder,
        journal: Journal,
        *,
        tries: int = 5,
        stop_on_error: bool = False,
        previews: bool = False,
        tell: Callable[[str], None] = lambda _: None,
        ended: Callable[["Batch"], None] = lambda _: None,
    ) -> None:
        self.jobs = {job.id: job for job in jobs}
        self.previews, self.tell = previews, tell
        self.done = {
            job
            for job in self.jobs
            if job in journal.done and folder.has(journal.done[job]["files"])
        }
        self.failed: dict[str, str] = {}
        self._folder, self._journal = folder, journal
        self._waiting = OrderedDict((job, None) for job in self.jobs if job not in self.done)
        self._owner: dict[str, Lane] = {}
        self._ending: set[str] = set()
        self._lost: dict[str, int] = {}
        self._most_lost, self._stop_on_error, self._ended = tries, stop_on_error, ended
        self._lanes: list[Lane] = []
        self._stopped: BaseException | None = None

    @property
    def over(self) -> bool:
        return bool(self._stopped) or len(self.done) + len(self.failed) == len(self.jobs)

    async def run(self, lanes: list[Lane]) -> None:
        """Runs all jobs on these lanes; raises what stopped the batch."""
        self._lanes = lanes
        # Those of this batch are tried again, and get a line when that is known.
        self._write_index(without=self.jobs)
        tasks = [asyncio.create_task(lane.run()) for lane in lanes]
        try:
            waiting = set(tasks)
            while waiting and not self.over:
                ended, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    if task.exception():
                        self.stop(task.exception())
            if not self.over:
                raise StoppedError("No server is left that can run the jobs.")
            await asyncio.gather(*tasks, return_exceptions=True)
        except asyncio.CancelledError:
            # What only waits on the servers is taken back.
            self.stop(StoppedError("Interrupted."))
            await asyncio.wait(tasks, timeout=_PARTING_SECONDS)
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._write_index()
        if self._stopped:
            raise self._stopped

    def stop(self, reason: BaseException) -> None:
        """Ends the batch; the first reason counts."""
        self._stopped = self._stopped or reason
        self.wake()

    def wake(self) -> None:
        for lane in self._lanes:
            lane.wake()

    def take(self, lane: Lane, most: int) -> list[Job]:
        """Up to so many jobs for a lane."""
        taken = []
        while self._waiting and len(taken) < most and not self.over:
            job, _ = self._waiting.popitem(last=False)
            self._owner[job] = lane
            taken.append(self.jobs[job])
        return taken

    async def begin(self, lane: Lane, jobs: list[Job]) -> list[Try]:
        """An attempt for each job, written down before it is made."""
        made = [self._journal.next_try(job.id, lane.place) for job in jobs]
        await self._journal.write(*(record for _, record in made))
        return [attempt for attempt, _ in made]

    def prompt(self, job: Job, attempt: Try) -> tuple[dict[str, Any], dict[str, Any]]:
        """The prompt of an attempt and what goes with it."""
        mark = f"{job.id} try {attempt.number}"
        extra: dict[str, Any] = {"preview_method": "auto"} if self.previews else {}
        workflow = job.workflow()
        if workflow:
            extra["extra_pnginfo"] = {"workflow": workflow}
        return job.prompt(mark), extra

    def claim(self, lane: Lane, job_id: str) -> bool:
        """A job that the lane has found on its server: true if it may have it."""
        if job_id in self._waiting:
            del self._waiting[job_id]
            self._owner[job_id] = lane
        return self._owner.get(job_id) is lane

    def open_tries(self, place: str) -> list[tuple[str, Try]]:
        """The attempts made at a place of which nothing is known yet, with their jobs."""
        return [
            (job, attempt)
            for job, attempts in self._journal.open.items()
            for attempt in attempts.values()
            if attempt.place == place
        ]

    async def finish(self, job_id: str, attempt: Try, files: list[tuple[str, bytes]]) -> None:
        """Writes a job's files, `(name on the server, content)`, and that it is done."""
        if job_id not in self.jobs or job_id in self._ending:
            return
        if job_id in self.done:
            return await self._journal.write(_lost(job_id, attempt))
        self._ending.add(job_id)
        job, written = self.jobs[job_id], []
        try:
            for number, (name, content) in enumerate(files, 1):
                own = _name(job, number, name)
                await asyncio.to_thread(self._folder.write, own, content)
                written.append({"name": own, "bytes": len(content)})
            record = {"what": "done", **self._about(job, attempt), "files": written}
            await self._journal.write(record)
            self.done.add(job_id)
            self._close(job_id)
            self._folder.add_to_index(record)
        finally:
            self._ending.discard(job_id)

    async def fail(self, job_id: str, attempt: Try, error: str) -> None:
        """Writes down that a job has failed."""
        # Another attempt at it may have come to its end, or be writing its files.
        if job_id not in self.jobs or job_id in self.done or job_id in self._ending:
            return
        job = self.jobs[job_id]
        record = {"what": "failed", **self._about(job, attempt), "error": error}
        await self._journal.write(record)
        self.failed[job_id] = error
        self.tell(f"Job {job.number} failed. {error}")
        self._close(job_id)
        self._folder.add_to_index(record)
        if self._stop_on_error:
            self.stop(StoppedError(f"Stopped at the first error, in job {job.number}."))

    async def lose(self, lane: Lane, job_id: str, attempt: Try, *, running: bool) -> None:
        """An attempt of which its server knows nothing any more; the job waits again."""
        await self._journal.write(_lost(job_id, attempt))
        if self._owner.get(job_id) is not lane:
            return
        self._lost[job_id] = self._lost.get(job_id, 0) + running
        if self._lost[job_id] >= self._most_lost:
            times = self._lost[job_id]
            return await self.fail(job_id, attempt, f"The server ended {times} times while at it.")
        self._hand_over([job_id])

    def leave(self, lane: Lane) -> None:
        """The jobs of a lane that cannot go on are for the others."""
        self._hand_over([job for job, owner in self._owner.items() if owner is lane])

    def show(self, picture: bytes) -> None:
        """The newest preview."""
        self._folder.write("preview.jpg", picture, lasting=False)

    def _write_index(self, without: Container[str] = ()) -> None:
        failed = [record for job, record in self._journal.failed.items() if job not in without]
        # The disk may be full, and that is said already.
        with contextlib.suppress(OSError) if self._stopped else contextlib.nullcontext():
            self._folder.write_index(self._journal.done.values(), failed)

    def _hand_over(self, job_ids: list[str]) -> None:
        for job_id in job_ids:
            if job_id not in self._ending:
                self._owner.pop(job_id, None)
                self._waiting[job_id] = None
                self._waiting.move_to_end(job_id, last=False)
        self.wake()

    def _about(self, job: Job, attempt: Try) -> dict[str, Any]:
        about = {"job": job.id, "try": attempt.number, "number": job.number}
        return {**about, "place": attempt.place, "values": job.values}

    def _close(self, job_id: str) -> None:
        self._owner.pop(job_id, None)
        self._waiting.pop(job_id, None)
        self._ended(self)
        if self.over:
            self.wake()


def _lost(job_id: str, attempt: Try) -> dict[str, Any]:
    return {"what": "lost", "job": job_id, "try": attempt.number}


def _name(job: Job, number: int, name: str) -> str:
    more = f"-{number}" if number > 1 else ""
    return f"{job.number:05d}-{job.id[:8]}{more}{PurePath(name).suffix}"
