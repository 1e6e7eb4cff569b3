"""Keeps one server busy: jobs queued ahead, results fetched while the next runs.

A server that goes away is asked again and again; when it is back, each attempt made there is looked
up in its queue and its history before anything is made anew.
"""

import asyncio
import contextlib
import math
import time

import aiohttp

from ..errors import DiskError, InputError, JobError
from .batch import Batch
from .journal import Try
from .outcome import files_of
from .server import TROUBLE, Event, Server

# Work to have in the queue, in seconds, and its limits in jobs.
_AHEAD_SECONDS, _AHEAD_LEAST = 0.5, 2
_QUIET_SECONDS, _POLL_SECONDS = 5.0, 0.3
_BACKOFF = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
# While a server goes from one job to the next, requests would keep its interpreter from doing so.
_ASIDE_SECONDS = 0.02
# So long a server may be away before others get its jobs.
_GRACE_SECONDS = 10.0
_PREVIEW_SECONDS = 0.5


class ServerLane:
    """One server's part of a batch."""

    def __init__(self, batch: Batch, server: Server, types: set[str], ahead: int = 16) -> None:
        self.place = server.url
        self._batch, self._server, self._types, self._most = batch, server, types, ahead
        self._queued: dict[str, tuple[str, Try]] = {}
        self._started: set[str] = set()
        self._fetching: dict[str, asyncio.Task] = {}
        self._told: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
        self._seconds, self._last_end, self._last_preview = 0.5, 0.0, 0.0
        self._aside_until = 0.0
        self._listens = False
        self._said: set[str] = set()

    def wake(self) -> None:
        self._told.put_nowait(None)

    async def run(self) -> None:
        """Works until the batch is over; what is only queued then is taken back."""
        away, times = 0.0, 0
        async with self._server:
            while not self._batch.over:
                begin = time.monotonic()
                try:
                    return await self._session()
                except InputError as error:
                    self._batch.leave(self)
                    self._batch.tell(f"{error} It is left out.")
                    return
                except TROUBLE as error:
                    if time.monotonic() - begin > 5 or self._listens:
                        away, times = time.monotonic(), 0
                    if times == len(_BACKOFF) - 2:
                        self._batch.tell(
                            f"{self.place} does not answer ({_short(error)}): waiting."
                        )
                    if time.monotonic() - (away or begin) > _GRACE_SECONDS:
                        self._batch.leave(self)
                        self._queued.clear()
                    await self._pause(_BACKOFF[min(times, len(_BACKOFF) - 1)])
                    away, times = away or begin, times + 1

    async def _session(self) -> None:
        """Works as long as the connection holds."""
        self._listens = False
        self._told = asyncio.Queue()
        await self._server.check()
        missing = self._types - set(await self._server.object_info(self._types))
        if missing:
            raise InputError(f"{self.place} lacks nodes: {', '.join(sorted(missing))}.")
        ear = asyncio.create_task(self._listen())
        try:
            await self._told.get()
            await self._look_up()
            while not self._batch.over:
                await self._fill()
                await self._follow()
        finally:
            ear.cancel()
            await self._end()

    async def _listen(self) -> None:
        try:
            async for event in self._server.events():
                self._listens = True
                self._told.put_nowait(event)
        except aiohttp.WSServerHandshakeError:
            # What stands between may not let events through: the history is asked instead.
            self._told.put_nowait(None)
        except TROUBLE as error:
            self._told.put_nowait(error)

    async def _follow(self) -> None:
        """Waits for one message, and looks for itself when there are none."""
        patience = _QUIET_SECONDS if self._listens else _POLL_SECONDS
        try:
            event = await asyncio.wait_for(self._told.get(), patience)
        except asyncio.TimeoutError:
            return await self._look_up()
        if isinstance(event, BaseException):
            raise event
        if event and event.kind == "started":
            self._started.add(event.prompt_id)
        elif event and event.kind == "ended" and event.prompt_id in self._queued:
            self._note_pace()
            self._step_aside()
            self._fetch(event.prompt_id, *self._queued.pop(event.prompt_id))
        elif event and event.kind == "preview" and self._batch.previews:
            self._show(event.picture)

    async def _fill(self) -> None:
        if self._queued and time.monotonic() < self._aside_until:
            return
        ahead = min(self._most, max(_AHEAD_LEAST, math.ceil(_AHEAD_SECONDS / self._seconds)))
        # Results that pile up here hold the server back before they fill the memory.
        room = ahead - len(self._queued) - max(0, len(self._fetching) - self._most)
        jobs = self._batch.take(self, room)
        if not jobs:
            return
        attempts = await self._batch.begin(self, jobs)
        for job, attempt in zip(jobs, attempts, strict=True):
            self._queued[attempt.prompt_id] = (job.id, attempt)
        for job, attempt in zip(jobs, attempts, strict=True):
            if self._batch.over:
                return
            try:
                prompt, extra = self._batch.prompt(job, attempt)
                await self._server.submit(prompt, attempt.prompt_id, extra, self._tell_once)
            except JobError as error:
                self._queued.pop(attempt.prompt_id, None)
                await self._batch.fail(job.id, attempt, str(error))

    def _tell_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._batch.tell(sentence)

    async def _look_up(self) -> None:
        """What has become of every attempt made here that nothing is known of."""
        attempts = [
            (job, attempt)
            for job, attempt in self._batch.open_tries(self.place)
            if attempt.prompt_id not in self._fetching
        ]
        if not attempts:
            return
        known = await self._server.known()
        unwanted = []
        for job, attempt in attempts:
            if attempt.prompt_id in known:
                if self._batch.claim(self, job):
                    self._queued[attempt.prompt_id] = (job, attempt)
                else:
                    unwanted.append(attempt.prompt_id)
            elif await self._server.history(attempt.prompt_id) and job in self._batch.jobs:
                self._batch.claim(self, job)
                self._queued.pop(attempt.prompt_id, None)
                self._fetch(attempt.prompt_id, job, attempt)
            else:
                self._queued.pop(attempt.prompt_id, None)
                running = attempt.prompt_id in self._started
                await self._batch.lose(self, job, attempt, running=running)
        if unwanted:
            await self._server.take_back(unwanted)

    def _fetch(self, prompt_id: str, job: str, attempt: Try) -> None:
        task = asyncio.create_task(self._collect(prompt_id, job, attempt))
        self._fetching[prompt_id] = task

    async def _collect(self, prompt_id: str, job: str, attempt: Try) -> None:
        try:
            await asyncio.sleep(max(0.0, self._aside_until - time.monotonic()))
            entry = await self._server.history(prompt_id)
            if entry is None:
                return await self._batch.lose(self, job, attempt, running=False)
            files = [(file["filename"], await self._server.fetch(file)) for file in files_of(entry)]
            await self._batch.finish(job, attempt, files)
        except JobError as error:
            await self._batch.fail(job, attempt, str(error))
        except DiskError as error:
            self._batch.stop(error)
        except TROUBLE as error:
            self._told.put_nowait(error)
        finally:
            self._fetching.pop(prompt_id, None)
            self._told.put_nowait(None)

    async def _end(self) -> None:
        """Results on their way are waited for; what only waits in the queue is taken back."""
        await asyncio.gather(*self._fetching.values(), return_exceptions=True)
        if self._batch.over and self._queued:
            with contextlib.suppress(*TROUBLE):
                await asyncio.wait_for(self._server.take_back(list(self._queued)), 5)

    async def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._batch.over and time.monotonic() < end:
            await asyncio.sleep(0.05)

    def _note_pace(self) -> None:
        now = time.monotonic()
        if self._last_end:
            self._seconds += 0.2 * (min(now - self._last_end, 60) - self._seconds)
            self._seconds = max(self._seconds, 1e-3)
        self._last_end = now

    def _step_aside(self) -> None:
        self._aside_until = time.monotonic() + (_ASIDE_SECONDS if len(self._queued) > 1 else 0)
        asyncio.get_running_loop().call_later(_ASIDE_SECONDS * 1.1, self.wake)

    def _show(self, picture: bytes) -> None:
        if time.monotonic() - self._last_preview > _PREVIEW_SECONDS:
            self._last_preview = time.monotonic()
            self._batch.show(picture)


def _short(error: BaseException) -> str:
    return str(error).split("[")[0].strip(" ,:") or type(error).__name__
