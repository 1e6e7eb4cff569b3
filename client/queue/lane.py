"""Keeps one server busy: jobs queued ahead, results fetched while the next runs.

A server that goes away is asked again and again; when it is back, each attempt made there is looked
up in its queue and its history before anything is made anew.
"""

import asyncio
import contextlib
import math
import time

from ..errors import InputError, JobError
from ..jobs.job import Job
from .batch import Batch
from .events import Event
from .heard import Heard
from .journal import Try
from .results import Results
from .server import Server
from .trouble import TROUBLE, pause_of, words_for

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
        self.place = server.place
        self._batch, self._server, self._types, self._most = batch, server, types, ahead
        self._queued: dict[str, tuple[str, Try]] = {}
        self._started: set[str] = set()
        self._told: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
        self._seconds, self._last_end, self._last_preview = 0.5, 0.0, 0.0
        self._told_away = False
        self._said: set[str] = set()
        self._heard = Heard(server.largest)
        self._results = Results(self, batch, server, lambda said: self._told.put_nowait(said))

    async def knows(self, prompt_id: str) -> bool:
        """True if this prompt has run on the server."""
        return await self._server.knows(prompt_id)

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
                    if time.monotonic() - begin > 5 or self._heard.open:
                        away, times = time.monotonic(), 0
                    asked = pause_of(error)
                    if times == len(_BACKOFF) - 2 or asked > 1:
                        self._tell_away(error, asked)
                    if time.monotonic() - (away or begin) > _GRACE_SECONDS:
                        self._batch.leave(self)
                        self._queued.clear()
                    await self._pause(max(asked, _BACKOFF[min(times, len(_BACKOFF) - 1)]))
                    away, times = away or begin, times + 1

    async def _session(self) -> None:
        """Works as long as the connection holds."""
        self._told = asyncio.Queue()
        self._heard = self._results.heard = Heard(self._server.largest)
        await self._server.check()
        missing = self._types - set(await self._server.object_info(self._types))
        if missing:
            raise InputError(f"{self.place} lacks nodes: {', '.join(sorted(missing))}.")
        ear = asyncio.create_task(self._listen())
        try:
            await self._told.get()
            self._tell_back()
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
                self._heard.open = True
                self._told.put_nowait(event)
        except (InputError, *TROUBLE) as error:
            # What stands between may not let events through: the history is asked instead.
            self._told.put_nowait(error if self._heard.open else None)

    async def _follow(self) -> None:
        """Waits for one message, and looks for itself when there are none."""
        patience = _QUIET_SECONDS if self._heard.open else _POLL_SECONDS
        try:
            event = await asyncio.wait_for(self._told.get(), patience)
        except asyncio.TimeoutError:
            return await self._look_up()
        if isinstance(event, BaseException):
            raise event
        is_result = bool(event) and self._heard.note(event)
        if event and event.kind == "started":
            self._started.add(event.prompt_id)
        elif event and event.kind == "ended" and event.prompt_id in self._queued:
            self._note_pace()
            self._step_aside()
            self._results.fetch(event.prompt_id, *self._queued.pop(event.prompt_id))
        elif event and event.kind == "preview" and self._batch.previews and not is_result:
            self._show(event.picture)

    async def _fill(self) -> None:
        if self._queued and time.monotonic() < self._results.aside_until:
            return
        if self._batch.singly and len(self._queued) > 1:
            await self._server.take_back(list(self._queued))
            await self._look_up()
        ahead = min(self._most, max(_AHEAD_LEAST, math.ceil(_AHEAD_SECONDS / self._seconds)))
        # Results that pile up here hold the server back before they fill the memory.
        room = ahead - len(self._queued) - max(0, len(self._results.fetching) - self._most)
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
                await self._send(job, attempt)
            except JobError as error:
                self._queued.pop(attempt.prompt_id, None)
                await self._batch.fail(job.id, attempt, str(error))

    async def _send(self, job: Job, attempt: Try) -> None:
        prompt, extra = self._batch.prompt(job, attempt)
        if job.template.spoken:
            self._heard.expect(attempt.prompt_id, job.template.spoken)
        try:
            await self._server.submit(prompt, attempt.prompt_id, extra, self._tell_once)
        except TROUBLE as error:
            if sentence := self._results.given_up(job.id, error):
                raise JobError(sentence) from None
            raise

    def _tell_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._batch.tell(sentence)

    async def _look_up(self) -> None:
        """What has become of every attempt made here that nothing is known of."""
        attempts = [
            (job, attempt)
            for job, attempt in self._batch.open_tries(self.place)
            if attempt.prompt_id not in self._results.fetching
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
            elif job in self._batch.jobs and await self._server.knows(attempt.prompt_id):
                self._batch.claim(self, job)
                if not self._heard.waits(attempt.prompt_id):
                    self._queued.pop(attempt.prompt_id, None)
                    self._results.fetch(attempt.prompt_id, job, attempt)
            else:
                self._queued.pop(attempt.prompt_id, None)
                running = attempt.prompt_id in self._started
                await self._batch.lose(self, job, attempt, running=running)
        if unwanted:
            await self._server.take_back(unwanted)

    async def _end(self) -> None:
        """Results on their way are waited for; what only waits in the queue is taken back."""
        await self._results.wait()
        if self._batch.over and self._queued:
            with contextlib.suppress(*TROUBLE):
                await asyncio.wait_for(self._server.take_back(list(self._queued)), 5)

    async def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._batch.over and time.monotonic() < end:
            await asyncio.sleep(0.05)

    def _tell_away(self, error: BaseException, asked: float) -> None:
        if not self._told_away:
            self._told_away = True
            wait = f"asking again in {asked:.0f} s" if asked > 1 else "waiting"
            self._batch.tell(f"{self.place} does not answer ({words_for(error)}): {wait}.")

    def _tell_back(self) -> None:
        if self._told_away:
            self._told_away = False
            self._batch.tell(f"{self.place} answers again.")

    def _note_pace(self) -> None:
        now = time.monotonic()
        if self._last_end:
            self._seconds += 0.2 * (min(now - self._last_end, 60) - self._seconds)
            self._seconds = max(self._seconds, 1e-3)
        self._last_end = now

    def _step_aside(self) -> None:
        self._results.aside_until = time.monotonic() + (
            _ASIDE_SECONDS if len(self._queued) > 1 else 0
        )
        asyncio.get_running_loop().call_later(_ASIDE_SECONDS * 1.1, self.wake)

    def _show(self, picture: bytes) -> None:
        if time.monotonic() - self._last_preview > _PREVIEW_SECONDS:
            self._last_preview = time.monotonic()
            self._batch.show(picture)
