"""The files of a job on their way into the folder, and the names that they get there."""

from collections.abc import Callable, Iterable
from pathlib import Path, PurePath
from typing import NamedTuple

from ..errors import JobError
from ..jobs.job import Job
from .folder import Part
from .names import Name
from .outcome import Outcome
from .server import OldError, Server

# What nodes save, and nothing that a double click runs.
_SUFFIXES = {
    *("png", "apng", "jpg", "jpeg", "webp", "gif", "avif", "jxl", "bmp", "tif", "tiff", "heic"),
    *("exr", "hdr", "psd", "svg", "mp4", "m4v", "webm", "mkv", "mov", "avi", "ogv"),
    *("wav", "mp3", "flac", "opus", "ogg", "m4a", "aac"),
    *("glb", "gltf", "obj", "ply", "stl", "usdz", "fbx", "splat", "ksplat", "spz"),
    *("latent", "safetensors", "npy", "npz", "txt", "json", "csv", "srt", "vtt", "zip"),
}


class Fetched(NamedTuple):
    """A file of a job: its name on the server, and the part that holds its content."""

    name: Name
    part: Path


async def fetch(server: Server, outcome: Outcome, part: Callable[[], Part]) -> list[Fetched]:
    """The files that a run has made, in parts that `part` makes; JobError if one is not there."""
    found: list[Fetched] = []
    old = None
    try:
        for file in outcome.files:
            try:
                with part() as into:
                    await server.fetch(file, into, outcome.began)
            except OldError as error:
                old = error
            else:
                found.append(Fetched(tuple(file), into.path))
    except BaseException:
        discard(found)
        raise
    if old and not found:
        raise old
    return found


def keep_heard(prompt_id: str, pictures: list[bytes], part: Callable[[], Part]) -> list[Fetched]:
    """Pictures that came through the socket, in parts; no other job has their names."""
    found = []
    for number, picture in enumerate(pictures, 1):
        with part() as into:
            into.write(picture)
        found.append(Fetched((f"{prompt_id}-{number}{_kind(picture)}", "", "socket"), into.path))
    return found


def discard(files: Iterable[Fetched]) -> None:
    """Takes away the parts that got no name."""
    for file in files:
        file.part.unlink(missing_ok=True)


def needed(files: list[Fetched]) -> list[Fetched]:
    """The files, where there are any; JobError otherwise."""
    if not files:
        raise JobError("It ran, but no node has saved a file.")
    return files


def own_name(job: Job, number: int, file: Fetched) -> str:
    """The name in the folder: `.bin` for a suffix that is not among those that nodes save."""
    suffix = PurePath(file.name[0]).suffix.lower()
    more = f"-{number}" if number > 1 else ""
    return f"{job.number:05d}-{job.id[:8]}{more}{suffix if suffix[1:] in _SUFFIXES else '.bin'}"


def _kind(picture: bytes) -> str:
    return ".jpg" if picture.startswith(b"\xff\xd8") else ".png"
