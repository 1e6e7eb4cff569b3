"""Keeps one worker of the cluster busy."""

import asyncio
from typing import Any

from ray.exceptions import RayError

from ..jobs.job import Job
from ..queue.batch import Batch
from ..queue.fetched import Fetched, discard
from ..queue.journal import Try
from ..queue.names import Name
from .worker import DONE, FAILED

# Ray starts a dead actor again; until it is there, calls fail.
_PAUSE_SECONDS = 1.0


class WorkerLane:
    """One actor's part of a batch."""

    def __init__(self, batch: Batch, worker: Any, place: str, ahead: int) -> None:
        self.place = place
        self._batch, self._worker, self._ahead = batch, worker, ahead
        self._calls: set[asyncio.Task] = set()
        self._woken = asyncio.Event()

    async def knows(self, prompt_id: str) -> bool:
        """False: each worker has a ComfyUI of its own."""
        return False

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Works until the batch is over."""
        for job, attempt in self._batch.open_tries(self.place):
            # Of a run before this one, whose workers ended with it.
            await self._batch.lose(self, job, attempt, running=False)
        while not self._batch.over:
            self._woken.clear()
            jobs = self._batch.take(self, self._ahead - len(self._calls))
            attempts = await self._batch.begin(self, jobs) if jobs else []
            for job, attempt in zip(jobs, attempts, strict=True):
                call = asyncio.create_task(self._make(job, attempt))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
            await self._woken.wait()
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def _make(self, job: Job, attempt: Try) -> None:
        try:
            prompt, extra = self._batch.prompt(job, attempt)
            spoken = job.template.spoken
            made = self._worker.make.remote(prompt, attempt.prompt_id, extra, spoken)
            what, result = await made
            if what == DONE:
                await self._keep(job, attempt, result)
            elif what == FAILED:
                await self._batch.fail(job.id, attempt, result)
            else:
                await self._batch.lose(self, job.id, attempt, running=False)
        except RayError:
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._batch.lose(self, job.id, attempt, running=False)
        except Exception as error:
            self._batch.stop(error)
        finally:
            self._woken.set()

    async def _keep(self, job: Job, attempt: Try, result: list[tuple[Name, bytes]]) -> None:
        files: list[Fetched] = []
        try:
            for name, content in result:
                with self._batch.part() as into:
                    into.write(content)
                files.append(Fetched(name, into.path))
            names = [file.name for file in files]
            if await self._batch.meet(self, job.id, attempt, names):
                await self._batch.finish(job.id, attempt, files)
        finally:
            discard(files)
            self._batch.settle(job.id, attempt)
