"""Jobs that write one file on the server: noticed, made again, and from then on one at a time."""

from collections.abc import Callable, Collection, Iterable
from typing import Protocol

from .journal import Journal, Try
from .names import Holder, Name
from .text import clean


class Place(Protocol):
    """A lane, as far as its place is concerned."""

    place: str

    async def knows(self, prompt_id: str) -> bool:
        """True if its server has run this prompt."""


class Singly:
    """`on`: one job at a time on each server, because some were seen to write one file."""

    def __init__(
        self, journal: Journal, jobs: Collection[str], tell: Callable[[str], None]
    ) -> None:
        self.on = not journal.singly.isdisjoint(jobs)
        self._journal, self._tell = journal, tell
        # Attempts whose files may be another job's.
        self._unsure: set[str] = set()
        # Those of them whose jobs do not wait again yet.
        self._waits: set[str] = set()
        # Pairs of places: whether they are one server.
        self._same: dict[frozenset[str], bool] = {}

    def room(self, lane: Place, busy: Iterable[Place], most: int) -> int:
        """How many jobs a lane may take while these lanes have some."""
        if not self.on:
            return most
        return 0 if any(self._shared(lane, other) for other in busy) else min(most, 1)

    def doubts(self, attempt: Try) -> bool:
        """True for an attempt whose files may be another job's."""
        return attempt.prompt_id in self._unsure

    def settled(self, attempt: Try) -> bool:
        """As `doubts`, for the last time: whoever asks lets the job wait again."""
        doubted = attempt.prompt_id in self._waits
        self._waits.discard(attempt.prompt_id)
        return doubted

    async def compare(
        self, lane: Place, job_id: str, attempt: Try, names: list[Name]
    ) -> list[Holder]:
        """The attempts at other jobs that wrote one of these files meanwhile: all are in doubt."""
        holder = Holder(job_id, attempt.number, attempt.place, attempt.prompt_id)
        since = self._journal.begun.get(attempt.prompt_id, 0)
        met = self._journal.names.hold(holder, names, since)
        met = [other for other in met if await self._on_one_server(lane, other)]
        if met:
            new = {one.prompt_id for one in (holder, *met)} - self._unsure
            self._unsure |= new
            self._waits |= new
            self._begin(names[0][0])
        return met

    async def write(self, job_id: str, attempt: Try, names: list[Name], met: list[Holder]) -> None:
        """All of them are to be made again; in one piece on the disk."""
        again = {"what": "again", "job": job_id, "try": attempt.number, "from": names}
        others = [{"what": "again", "job": one.job, "try": one.number} for one in met]
        jobs = [job_id, *(other.job for other in met)]
        await self._journal.write({"what": "singly", "jobs": jobs}, again, *others)

    def _begin(self, name: str) -> None:
        if not self.on:
            self.on = True
            self._tell(
                f"Several jobs write the one file {clean(name, 200)}: a node saves over it. From"
                " here the jobs go one at a time, and those that met there are made again."
            )

    async def _on_one_server(self, lane: Place, other: Holder) -> bool:
        """Two addresses may lead to one server: it knows then what was sent to the other."""
        pair = frozenset((lane.place, other.place))
        if len(pair) == 2 and pair not in self._same:
            self._same[pair] = await lane.knows(other.prompt_id)
        return len(pair) == 1 or self._same[pair]

    def _shared(self, lane: Place, other: Place) -> bool:
        pair = frozenset((lane.place, other.place))
        return len(pair) == 1 or self._same.get(pair, False)
