"""Whose files have one name on the server, and whether one may have been written over another.

A node that saves in overwrite mode gives every job the same file. What was fetched is sure to be
the job's own only where no other job that writes it was on its way meanwhile: sent before this one
was fetched, and fetched after this one was sent.
"""

import threading
from collections import deque
from typing import Any, NamedTuple

Name = tuple[str, str, str]


class Holder(NamedTuple):
    """An attempt that wrote files; `until`: the journal's line at which it ended, or None."""

    job: str
    number: int
    place: str
    prompt_id: str
    until: int | None = None


class Names:
    """Fed by the journal, in its order: so a batch that goes on knows what the former one knew.

    An attempt counts whatever became of it: one that failed has written its files too.
    """

    def __init__(self) -> None:
        # The journal is written in a thread of its own.
        self._turn = threading.Lock()
        self._held: dict[Name, dict[str, Holder]] = {}
        self._names: dict[str, list[Name]] = {}
        self._ended: deque[Holder] = deque()

    def hold(self, holder: Holder, names: list[Name], since: int) -> list[Holder]:
        """Notes an attempt that was sent at line `since`; the other jobs' that it overlaps with."""
        with self._turn:
            found = {
                other.prompt_id: other
                for name in names
                for other in self._held.get(name, {}).values()
                if other.job != holder.job and (other.until is None or other.until > since)
            }
            self._put(holder, names)
        return list(found.values())

    def end(self, holder: Holder, names: list[Name], oldest: int) -> None:
        """An attempt has ended; those that ended before line `oldest` meet none that is open."""
        with self._turn:
            known = names or self._names.get(holder.prompt_id, [])
            if known:
                self._put(holder, known)
                self._ended.append(holder)
            while self._ended and (self._ended[0].until or 0) < oldest:
                self._drop(self._ended.popleft())

    def _put(self, holder: Holder, names: list[Name]) -> None:
        self._names[holder.prompt_id] = names
        for name in names:
            self._held.setdefault(name, {})[holder.prompt_id] = holder

    def _drop(self, holder: Holder) -> None:
        for name in self._names.pop(holder.prompt_id, ()):
            held = self._held.get(name, {})
            held.pop(holder.prompt_id, None)
            if not held:
                self._held.pop(name, None)


def names_of(record: dict[str, Any]) -> list[Name]:
    """The names on the server in a record of the journal; old records have none."""
    told = [file.get("from") for file in record.get("files", ())] + record.get("from", [])
    return list(dict.fromkeys(tuple(name) for name in told if name))
