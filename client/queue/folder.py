"""The output folder: one client at a time, files that are whole or not there, and the index."""

import contextlib
import json
import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import DiskError, InputError

_UNFINISHED, _INDEX = ".part", "index.jsonl"


class Part:
    """`with part: part.write(...)`; what goes wrong inside takes the file away."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> "Part":
        with self._disk():
            self._file = self.path.open("wb")
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        try:
            with self._disk():
                self._file.close()
        finally:
            if kind:
                self.path.unlink(missing_ok=True)

    def write(self, piece: bytes) -> None:
        with self._disk():
            self._file.write(piece)

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.path.unlink(missing_ok=True)
            where = self.path.parent
            raise DiskError(f"{where} takes no more files: {error.strerror}.") from error


def part_in(folder: Path) -> Part:
    """A new file in a folder, without a name of its own."""
    return Part(folder / f".{uuid.uuid4().hex}{_UNFINISHED}")


class Folder:
    """Holds the folder's lock until it is closed; what a crash left unfinished is removed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = (path / ".lock").open("a+b")
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}.") from None
        if not _locked(self._lock):
            self._lock.close()
            raise InputError(f"Another batch is writing into {path}: wait for it or stop it.")
        for left in path.glob(f".*{_UNFINISHED}"):
            left.unlink()

    def close(self) -> None:
        self._lock.close()

    def has(self, files: Iterable[dict[str, Any]]) -> bool:
        """True if all files of a job are there, in their size."""
        return all(
            (self.path / file["name"]).is_file()
            and (self.path / file["name"]).stat().st_size == file["bytes"]
            for file in files
        )

    def part(self) -> "Part":
        """A file that is being written and has no name yet."""
        return part_in(self.path)

    def keep(self, name: str, part: Path) -> int:
        """Gives a finished part its name, when the disk has it; its size in bytes."""
        try:
            with part.open("rb+") as file:
                os.fsync(file.fileno())
                size = file.seek(0, os.SEEK_END)
            part.replace(self.path / name)
            self._keep_names()
        except OSError as error:
            part.unlink(missing_ok=True)
            raise self._full(name, error) from error
        return size

    def write(self, name: str, content: bytes, *, lasting: bool = True) -> int | None:
        """Puts a file there at once; `lasting` waits until the disk has it."""
        with self.part() as part:
            part.write(content)
        if lasting:
            return self.keep(name, part.path)
        try:
            part.path.replace(self.path / name)
        except OSError as error:
            part.path.unlink(missing_ok=True)
            raise self._full(name, error) from error

    def remove(self, names: Iterable[str]) -> None:
        """Takes files away whose pictures are not their jobs'."""
        for name in names:
            try:
                (self.path / name).unlink(missing_ok=True)
            except OSError as error:
                raise DiskError(
                    f"{self.path / name} cannot be removed: {error.strerror}."
                ) from error

    def write_index(self, done: Iterable[dict[str, Any]], failed: Iterable[dict[str, Any]]) -> None:
        """`index.jsonl`: a line for each job with its values and files, or its error."""
        records = sorted([*done, *failed], key=lambda record: (record["number"], record["job"]))
        self.write(_INDEX, b"".join(map(_line, records)))

    def add_to_index(self, record: dict[str, Any]) -> None:
        """A line for a job that has just ended, so that the index is there whatever happens."""
        try:
            with (self.path / _INDEX).open("ab") as file:
                file.write(_line(record))
        except OSError as error:
            raise DiskError(f"The index cannot be written: {error.strerror}.") from error

    def _full(self, name: str, error: OSError) -> DiskError:
        return DiskError(f"{self.path / name} cannot be written: {error.strerror}.")

    def _keep_names(self) -> None:
        if os.name != "nt":
            folder = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _line(record: dict[str, Any]) -> bytes:
    line = {key: record[key] for key in ("job", "number", "values")}
    if "files" in record:
        line["files"] = [file["name"] for file in record["files"]]
    else:
        line["error"] = record["error"]
    return as_line(line)


def as_line(value: dict[str, Any]) -> bytes:
    """A line of JSON in UTF-8; half a character, which a table may hold, as its escape."""
    return (json.dumps(value, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _locked(file: Any) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
