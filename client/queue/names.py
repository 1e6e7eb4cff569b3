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
    """An attempt that had a name; `until`: the journal's line at which it was done, or None."""

    job: str
    number: int
    place: str
    prompt_id: str
    until: int | None = None


class Names:
    """Fed by the journal, in its order: so a batch that goes on knows what the former one knew."""

    def __init__(self) -> None:
        self._held: dict[Name, list[Holder]] = {}
        # The journal is written in a thread of its own.
        self._turn = threading.Lock()
        self._done: deque[tuple[Holder, list[Name]]] = deque()

    def hold(self, holder: Holder, names: list[Name], since: int) -> list[Holder]:
        """Notes an attempt that was sent at line `since`; the other jobs' that it overlaps with."""
        found: dict[str, Holder] = {}
        with self._turn:
            for name in names:
                for other in self._held.get(name, ()):
                    meanwhile = other.until is None or other.until > since
                    if other.job != holder.job and meanwhile:
                        found[other.prompt_id] = other
            self._set(holder.prompt_id, names, holder)
        return list(found.values())

    def drop(self, prompt_id: str, names: list[Name]) -> None:
        """An attempt that does not count, or no more."""
        with self._turn:
            self._set(prompt_id, names, None)

    def done(self, holder: Holder, names: list[Name], oldest: int) -> None:
        """An attempt that is done; those that ended before `oldest` was sent are forgotten."""
        with self._turn:
            self._set(holder.prompt_id, names, holder)
            self._done.append((holder, names))
            while self._done and (self._done[0][0].until or 0) < oldest:
                gone, theirs = self._done.popleft()
                self._set(gone.prompt_id, theirs, None)

    def _set(self, prompt_id: str, names: list[Name], holder: Holder | None) -> None:
        for name in names:
            held = [one for one in self._held.pop(name, ()) if one.prompt_id != prompt_id]
            held += [holder] if holder else []
            if held:
                self._held[name] = held


def names_of(record: dict[str, Any]) -> list[Name]:
    """The names on the server of the files of a journal's record; old records have none."""
    told = [file.get("from") for file in record.get("files", ())]
    return [tuple(name) for name in told if name]
