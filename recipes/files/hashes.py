"""sha256 of files, remembered on disk by path, size and time of change."""

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

_BLOCK = 1 << 22
_LARGEST = 1000

NewHash = Callable[[], object]


class HashCache:
    """Made with the file it is kept in and the hash; a file that cannot be used is begun anew."""

    def __init__(self, file: Path, new_hash: NewHash):
        self._file = file
        self._new_hash = new_hash

    def of(self, path: Path) -> str:
        """The sha256 of a file in hex: computed once, until the file changes."""
        if known := self.known(path):
            return known
        mark = _mark(path)
        digest = self._computed(path)
        entries = self._read()
        entries.pop(_key(path), None)
        newest = dict([*entries.items()][1 - _LARGEST :])
        self._write({**newest, _key(path): [*mark, digest]})
        return digest

    def known(self, path: Path) -> str | None:
        """The sha256 in hex where it was computed since the file changed last, at no cost."""
        match self._read().get(_key(path)):
            case [*seen, str(digest)] if seen == _mark(path):
                return digest
        return None

    def _computed(self, path: Path) -> str:
        digest = self._new_hash()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def _read(self) -> dict:
        try:
            content = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def _write(self, content: dict) -> None:
        unfinished = self._file.with_suffix(f".{os.getpid()}.part")
        # A folder that cannot be written costs the next start a second, not this one a picture.
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(content, indent=0), "utf-8")
            unfinished.replace(self._file)


def _key(path: Path) -> str:
    return str(path.resolve())


def _mark(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
