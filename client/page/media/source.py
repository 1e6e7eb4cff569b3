"""A file read by what it says of itself, where nothing of that is trusted."""

import io
from typing import BinaryIO

# The largest text that is read, in bytes: a workflow has some hundred kilobytes.
LARGEST = 64 * 2**20
# So many parts of a file are looked at.
MOST_PARTS = 1_000_000


class BrokenError(ValueError):
    """The file ends early, or says of itself what cannot be."""


class Source:
    """The bytes of a file, or of a part of it, in order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        file.seek(0)
        self._parts = 0

    @property
    def at(self) -> int:
        return self._file.tell()

    def read(self, count: int) -> bytes:
        """So many bytes; BrokenError if there are not as many, or too many to be text."""
        if not 0 <= count <= LARGEST:
            raise BrokenError
        found = self._file.read(count)
        if len(found) < count:
            raise BrokenError
        return found

    def number(self, count: int, order: str = "big") -> int:
        """A whole number of so many bytes."""
        return int.from_bytes(self.read(count), order)

    def go(self, place: int) -> None:
        """On to a place further on; a part that goes back or has no end is broken."""
        self._parts += 1
        if not self.at <= place <= self.size or self._parts > MOST_PARTS:
            raise BrokenError
        self._file.seek(place)


def part(content: bytes) -> Source:
    """A part of a file as a source of its own."""
    return Source(io.BytesIO(content))
