"""The output folder: one client at a time, files that are whole or not there, and the index."""

import json
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import DiskError, InputError

_UNFINISHED, _INDEX = ".part", "index.jsonl"


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

    def write(self, name: str, content: bytes, *, lasting: bool = True) -> None:
        """Puts a file there at once; `lasting` waits until the disk has it."""
        part = self.path / f".{uuid.uuid4().hex}{_UNFINISHED}"
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                if lasting:
                    os.fsync(file.fileno())
            part.replace(self.path / name)
            if lasting:
                self._keep_names()
        except OSError as error:
            part.unlink(missing_ok=True)
            raise DiskError(f"{self.path / name} cannot be written: {error.strerror}.") from error

    def write_index(self, done: Iterable[dict[str, Any]], failed: Iterable[dict[str, Any]]) -> None:
        """`index.jsonl`: a line for each job with its values and files, or its error."""
        records = sorted([*done, *failed], key=lambda record: (record["number"], record["job"]))
        self.write(_INDEX, "".join(map(_line, records)).encode())

    def add_to_index(self, record: dict[str, Any]) -> None:
        """A line for a job that has just ended, so that the index is there whatever happens."""
        try:
            with (self.path / _INDEX).open("ab") as file:
                file.write(_line(record).encode())
        except OSError as error:
            raise DiskError(f"The index cannot be written: {error.strerror}.") from error

    def _keep_names(self) -> None:
        if os.name != "nt":
            folder = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _line(record: dict[str, Any]) -> str:
    line = {key: record[key] for key in ("job", "number", "values")}
    if "files" in record:
        line["files"] = [file["name"] for file in record["files"]]
    else:
        line["error"] = record["error"]
    return json.dumps(line, ensure_ascii=False) + "\n"


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
