"""The jobs of a batch: who has which, what is done, and the end."""

import asyncio
import contextlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Container, Iterable
from typing import Any, Protocol

from ..errors import DiskError, StoppedError
from ..jobs.job import Job
from .fetched import Fetched, own_name
from .folder import Folder, Part
from .journal import Journal, Try
from .names import Holder, Name
from .singly import Singly
from .text import clean

_PARTING_SECONDS = 10
# A job that only waited as its server ended may do so more often than one that ran.
_WAITING = 10


class Lane(Protocol):
    """Something that runs jobs: a server, or a worker of a cluster."""

    place: str

    async def knows(self, prompt_id: str) -> bool:
        """True if this prompt has run there."""

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
        self._lost: Counter[tuple[str, bool]] = Counter()
        self._most_lost, self._stop_on_error, self._ended = tries, stop_on_error, ended
        self._singly = Singly(journal, self.jobs, tell)
        self._lanes: list[Lane] = []
        self._stopped: BaseException | None = None

    @property
    def singly(self) -> bool:
        """True once the jobs go one at a time."""
        return self._singly.on

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
        most = self._singly.room(lane, self._owner.values(), most)
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
            # One in doubt is about to be closed.
            if attempt.place == place and not self._singly.doubts(attempt)
        ]

    def part(self) -> Part:
        """A file that has no name yet."""
        return self._folder.part()

    async def meet(self, lane: Lane, job_id: str, attempt: Try, names: list[Name]) -> bool:
        """Notes the files that a run has written; false if other jobs' runs wrote them too.

        All of those wait again then, and from now on the jobs go one at a time.
        """
        if job_id in self.jobs and job_id not in self.done:
            if met := await self._singly.compare(lane, job_id, attempt, names):
                await self._undo(job_id, attempt, names, met)
        return not self._singly.doubts(attempt)

    async def finish(self, job_id: str, attempt: Try, files: list[Fetched]) -> None:
        """Gives a job's files their names, and writes down that it is done."""
        if job_id not in self.jobs or job_id in self._ending:
            return
        if job_id in self.done:
            return await self._journal.write(_lost(job_id, attempt))
        self._ending.add(job_id)
        try:
            await self._keep(job_id, attempt, files)
        finally:
            self._ending.discard(job_id)

    def settle(self, job_id: str, attempt: Try) -> None:
        """The last word on an attempt: one whose files may be another job's is made again."""
        if self._singly.settled(attempt):
            self._hand_over([job_id])

    async def _keep(self, job_id: str, attempt: Try, files: list[Fetched]) -> None:
        job, written = self.jobs[job_id], []
        for number, file in enumerate(files, 1):
            own = own_name(job, number, file)
            size = await asyncio.to_thread(self._folder.keep, own, file.part)
            written.append({"name": own, "bytes": size, "from": file.name})
        record = {"what": "done", **self._about(job, attempt), "files": written}
        if not self._singly.doubts(attempt):
            await self._journal.write(record)
        # Another one may have come to write the same file while this was kept.
        if self._singly.doubts(attempt):
            return self._folder.remove(file["name"] for file in written)
        self.done.add(job_id)
        self._close(job_id)
        self._folder.add_to_index(record)

    async def _undo(self, job_id: str, attempt: Try, names: list[Name], met: list[Holder]) -> None:
        """A job and those that wrote its files too are not done, whatever was fetched."""
        # Some may be of an earlier batch in this folder: they wait for its next run.
        done = self._journal.done
        undone = [one.job for one in met if done.get(one.job, {}).get("try") == one.number]
        for other in undone:
            self._folder.remove(file["name"] for file in done[other]["files"])
            self.done.discard(other)
        await self._singly.write(job_id, attempt, names, met)
        if undone:
            self._write_index(without=self.jobs.keys() - self.failed.keys())
        self._hand_over([other for other in undone if other in self.jobs])

    async def fail(self, job_id: str, attempt: Try, error: str) -> None:
        """Writes down that a job has failed."""
        # Another attempt at it may have come to its end, or be writing its files.
        if job_id not in self.jobs or job_id in self.done or job_id in self._ending:
            return
        # Then it is made again.
        if self._singly.doubts(attempt):
            return
        job, error = self.jobs[job_id], clean(error)
        record = {"what": "failed", **self._about(job, attempt), "error": error}
        await self._journal.write(record)
        self.failed[job_id] = error
        self.tell(f"Job {job.number} failed. {error}")
        self._close(job_id)
        self._folder.add_to_index(record)
        if self._stop_on_error:
            self.stop(StoppedError(f"Stopped at the first error, in job {job.number}."))

    async def lose(
        self,
        lane: Lane,
        job_id: str,
        attempt: Try,
        *,
        running: bool,
        reason: str = "The server ended while at it",
    ) -> None:
        """An attempt of which its server knows nothing any more; the job waits again."""
        await self._journal.write(_lost(job_id, attempt))
        if self._owner.get(job_id) is not lane:
            return
        self._lost[job_id, running] += 1
        times = self._lost[job_id, running]
        if times >= self._most_lost * (1 if running else _WAITING):
            what = reason if running else "The server took it and forgot it"
            return await self.fail(job_id, attempt, f"{what}, {times} times.")
        self._hand_over([job_id])

    def leave(self, lane: Lane) -> None:
        """The jobs of a lane that cannot go on are for the others."""
        self._hand_over([job for job, owner in self._owner.items() if owner is lane])

    def show(self, picture: bytes) -> None:
        """The newest preview; one that cannot be written is no reason to stop."""
        try:
            self._folder.write("preview.jpg", picture, lasting=False)
        except DiskError as error:
            if self.previews:
                self.previews = False
                self.tell(f"{error} There are no previews from here.")

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
        if self.over or self._singly.on:
            self.wake()


def _lost(job_id: str, attempt: Try) -> dict[str, Any]:
    return {"what": "lost", "job": job_id, "try": attempt.number}
