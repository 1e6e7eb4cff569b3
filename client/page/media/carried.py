"""The text that a saved picture, video or sound carries, by name: `prompt`, `workflow`."""

from collections.abc import Callable
from typing import BinaryIO

from .boxes import in_mp4
from .elements import in_matroska
from .pictures import in_exr, in_png, in_webp
from .source import BrokenError, Source
from .tags import in_flac, in_mp3, in_ogg

_FIRST = 12
_NAMES = ("prompt", "workflow")
_READERS: list[tuple[Callable[[bytes], bool], Callable[[Source], dict[str, str]]]] = [
    (lambda start: start.startswith(b"\x89PNG\r\n\x1a\n"), in_png),
    (lambda start: start.startswith(b"\x76\x2f\x31\x01"), in_exr),
    (lambda start: start[:4] == b"RIFF" and start[8:] == b"WEBP", in_webp),
    (lambda start: start[4:8] == b"ftyp", in_mp4),
    (lambda start: start.startswith(b"\x1aE\xdf\xa3"), in_matroska),
    (lambda start: start.startswith(b"fLaC"), in_flac),
    (lambda start: start.startswith(b"OggS"), in_ogg),
    (lambda start: start.startswith(b"ID3"), in_mp3),
]
# Begins of other media, in which ComfyUI keeps no prompt.
_WITHOUT = (b"\xff\xd8\xff", b"GIF8", b"RIFF", b"\xff\xfb", b"BM", b"II*\0", b"MM\0*")


def carried(file: BinaryIO) -> dict[str, str] | None:
    """What a file carries, as far as it can be read; None if it is no picture, video or sound."""
    start = file.read(_FIRST)
    reader = next((read for fits, read in _READERS if fits(start)), None)
    if reader is None:
        return {} if start.startswith(_WITHOUT) else None
    try:
        found = reader(Source(file))
    except (BrokenError, IndexError):
        return {}
    found = {name.lower(): text for name, text in found.items()}
    return {name: found[name] for name in _NAMES if name in found}
