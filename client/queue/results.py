"""Fetches what has ended on a server, while the lane keeps it busy."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable

from ..errors import DiskError, JobError
from .batch import Batch, Lane
from .fetched import Fetched, discard, fetch, keep_heard, needed
from .heard import Heard
from .journal import Try
from .outcome import Outcome
from .server import Server
from .trouble import TROUBLE, BusyError, words_for

# So often a request about one job may break while the server answers others.
_MOST_BREAKS = 20


class Results:
    """`tell` gets what the lane has to know: a trouble, or None when a result has come."""

    def __init__(
        self,
        lane: Lane,
        batch: Batch,
        server: Server,
        tell: Callable[[BaseException | None], None],
    ) -> None:
        self.fetching: dict[str, asyncio.Task] = {}
        # Until then the server is left alone.
        self.aside_until = 0.0
        self.heard = Heard(server.largest)
        self._lane, self._batch, self._server, self._tell = lane, batch, server, tell
        self._breaks: Counter[str] = Counter()

    def fetch(self, prompt_id: str, job: str, attempt: Try) -> None:
        """Begins to fetch what a prompt has made."""
        task = asyncio.create_task(self._collect(prompt_id, job, attempt))
        self.fetching[prompt_id] = task

    async def wait(self) -> None:
        """Until nothing is on its way."""
        await asyncio.gather(*self.fetching.values(), return_exceptions=True)

    def given_up(self, about: str, error: BaseException) -> str | None:
        """A sentence when the server answers, but again and again not about this."""
        self._breaks[about] += not isinstance(error, BusyError)
        if self._breaks[about] < _MOST_BREAKS:
            return None
        why = f"{words_for(error)}, {_MOST_BREAKS} times"
        return f"The server answers, but not about this job ({why})."

    async def _collect(self, prompt_id: str, job: str, attempt: Try) -> None:
        files: list[Fetched] = []
        try:
            await asyncio.sleep(max(0.0, self.aside_until - time.monotonic()))
            outcome = await self._outcome(prompt_id)
            names = [tuple(file) for file in outcome.files]
            if await self._batch.meet(self._lane, job, attempt, names):
                files += await self._fetched(outcome, prompt_id, job)
                await self._batch.finish(job, attempt, needed(files))
        except _GoneError as why:
            await self._batch.lose(self._lane, job, attempt, running=True, reason=str(why))
        except JobError as error:
            await self._batch.fail(job, attempt, str(error))
        except DiskError as error:
            self._batch.stop(error)
        except TROUBLE as error:
            if sentence := self.given_up(prompt_id, error):
                await self._batch.fail(job, attempt, sentence)
            else:
                self._tell(error)
        except Exception as error:
            self._tell(error)
        finally:
            discard(files)
            self._batch.settle(job, attempt)
            self.fetching.pop(prompt_id, None)
            self._tell(None)

    async def _outcome(self, prompt_id: str) -> Outcome:
        outcome = await self._server.outcome(prompt_id)
        if outcome is None:
            # It has ended, so it is the server that has forgotten.
            raise _GoneError("The server forgot the result")
        return outcome

    async def _fetched(self, outcome: Outcome, prompt_id: str, job: str) -> list[Fetched]:
        if outcome.error:
            raise JobError(outcome.error)
        pictures = self._spoken(job, prompt_id)
        files = await fetch(self._server, outcome, self._batch.part)
        return files + keep_heard(prompt_id, pictures, self._batch.part)

    def _spoken(self, job: str, prompt_id: str) -> list[bytes]:
        """The pictures that came through the socket."""
        of_batch = self._batch.jobs.get(job)
        if not of_batch or not of_batch.template.spoken:
            return []
        if not self.heard.open:
            raise JobError(
                f"{self._lane.place} lets no socket through, and SaveImageWebsocket sends its"
                " pictures there: use Save Image."
            )
        pictures = self.heard.take(prompt_id)
        if pictures is None:
            raise _GoneError("The connection that its pictures come through broke")
        return pictures


class _GoneError(Exception):
    """A result that cannot be had any more; the job is to be made again."""
