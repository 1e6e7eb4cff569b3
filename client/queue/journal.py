"""What has happened, line by line on the disk before it counts: the memory of an output folder."""

import asyncio
import contextlib
import json
import os
import uuid
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import DiskError, InputError
from .folder import as_line
from .names import Holder, Names, names_of

Record = dict[str, Any]


class Try(NamedTuple):
    """One attempt at a job: its number, where, and the id the server knows it by."""

    number: int
    place: str
    prompt_id: str


class Journal:
    """An append-only file of JSON lines, and what it says: tries, results, failures.

    Whoever makes one holds the folder's lock. A last line cut off by a crash is dropped.
    """

    def __init__(self, file: Path) -> None:
        self.tries: dict[str, list[Try]] = {}
        self.open: dict[str, dict[int, Try]] = {}
        self.done: dict[str, Record] = {}
        self.failed: dict[str, Record] = {}
        self.batch_id = ""
        self.names = Names()
        # The jobs of which some were seen to write one file.
        self.singly: set[str] = set()
        # The line of each open try, by its id at the server; the oldest first.
        self.begun: dict[str, int] = {}
        self._lines = 0
        self._waiting: list[Record] = []
        self._turn = asyncio.Lock()
        try:
            self._load(file)
            self._file = file.open("ab")
            if not self.batch_id:
                self._append([{"what": "batch", "version": 1, "id": uuid.uuid4().hex}])
        except OSError as error:
            raise DiskError(f"{file} cannot be written: {error.strerror}.") from error

    def next_try(self, job_id: str, place: str) -> tuple[Try, Record]:
        """An attempt that is about to be made, and its record: write it before making it."""
        number = len(self.tries.get(job_id, ())) + 1
        # A server answers whether it has had this very try, even after a crash in between.
        prompt_id = str(uuid.uuid5(uuid.UUID(self.batch_id), f"{job_id}/{number}"))
        attempt = Try(number, place, prompt_id)
        return attempt, {"what": "try", "job": job_id, **attempt._asdict()}

    async def write(self, *records: Record) -> None:
        """Returns when the records are on the disk; those that wait are written together."""
        mine = list(records)
        self._waiting += mine
        async with self._turn:
            # Another turn may have taken them along.
            if mine and any(mine[-1] is record for record in self._waiting):
                together, self._waiting = self._waiting, []
                try:
                    await asyncio.to_thread(self._append, together)
                except OSError as error:
                    raise DiskError(f"The journal cannot be written: {error.strerror}.") from error

    def close(self) -> None:
        # Only what a full disk refused is left to write, and that was said when it was refused.
        with contextlib.suppress(OSError):
            self._file.close()

    def _append(self, records: list[Record]) -> None:
        self._file.write(b"".join(map(as_line, records)))
        self._file.flush()
        os.fsync(self._file.fileno())
        for record in records:
            self._note(record)

    def _load(self, file: Path) -> None:
        if not file.exists():
            return
        content = file.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(file, whole)
        for number, line in enumerate(content[:whole].splitlines(), 1):
            try:
                self._note(json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise InputError(
                    f"{file}, line {number}, is no record of a batch: use another folder."
                ) from None

    def _note(self, record: Record) -> None:
        what, job = record["what"], record.get("job")
        self._lines += 1
        if what == "batch":
            self.batch_id = record["id"]
        elif what == "singly":
            self.singly.update(record["jobs"])
        elif what == "try":
            attempt = Try(record["number"], record["place"], record["prompt_id"])
            self.tries.setdefault(job, []).append(attempt)
            self.open.setdefault(job, {})[attempt.number] = attempt
            self.begun[attempt.prompt_id] = self._lines
        else:
            self._end(record, job, record["try"])

    def _end(self, record: Record, job: str, number: int) -> None:
        """What has become of a try, or of one that had its end already (`again`)."""
        what, attempt = record["what"], self.open.get(job, {}).pop(number, None)
        if not self.open.get(job, True):
            del self.open[job]
        if attempt:
            self.begun.pop(attempt.prompt_id, None)
            oldest = next(iter(self.begun.values()), self._lines + 1)
            holder = Holder(job, number, attempt.place, attempt.prompt_id, self._lines)
            self.names.end(holder, names_of(record), oldest)
        if what == "done":
            self.done[job] = record
            self.failed.pop(job, None)
        elif what == "failed":
            self.failed[job] = record
            # Its file was deleted, and made anew in vain.
            self.done.pop(job, None)
        elif what == "again" and self.done.get(job, {}).get("try") == number:
            self.done.pop(job)
