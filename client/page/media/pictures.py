"""Text in PNG (chunks of text, and ComfyUI's own in animated ones), WebP (Exif) and OpenEXR."""

import zlib

from .source import LARGEST, BrokenError, Source, part

_ASCII = 2


def in_png(source: Source) -> dict[str, str]:
    """Keyword and text of every chunk of text (PNG 1.2, 11.3.4), and of `comf`."""
    found = {}
    source.go(8)
    while source.size - source.at >= 12:
        length, kind = source.number(4), source.read(4)
        end = source.at + length + 4
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"comf"):
            name, _, rest = source.read(length).partition(b"\0")
            text = _text(kind, rest)
            if text is not None:
                found[name.decode("latin-1")] = text
        if kind == b"IEND":
            break
        source.go(end)
    return found


def in_webp(source: Source) -> dict[str, str]:
    """What ComfyUI writes into the Exif of WebP: `name:text` in tags of their own."""
    source.go(12)
    while source.size - source.at >= 8:
        kind, length = source.read(4), source.number(4, "little")
        if kind == b"EXIF":
            return _exif(source.read(length))
        source.go(source.at + length + length % 2)
    return {}


def in_exr(source: Source) -> dict[str, str]:
    """Attributes of the header that are text (OpenEXR file layout)."""
    source.go(8)
    found = {}
    while name := _word(source):
        kind, length = _word(source), source.number(4, "little")
        if kind == "string":
            found[name] = source.read(length).decode("utf-8", "replace")
        else:
            source.go(source.at + length)
    return found


def _word(source: Source) -> str:
    letters = bytearray()
    while letter := source.read(1).rstrip(b"\0"):
        letters += letter
        if len(letters) > 255:
            raise BrokenError
    return letters.decode("latin-1")


def _text(kind: bytes, rest: bytes) -> str | None:
    if kind in (b"tEXt", b"comf"):
        return rest.decode("latin-1")
    if kind == b"zTXt":
        return _unpacked(rest[1:]).decode("latin-1")
    is_packed, rest = rest[:1] == b"\1", rest[2:]
    # The language, and the keyword in it.
    for _ in range(2):
        _, _, rest = rest.partition(b"\0")
    return (_unpacked(rest) if is_packed else rest).decode("utf-8", "replace")


def _unpacked(packed: bytes) -> bytes:
    try:
        unpacker = zlib.decompressobj()
        found = unpacker.decompress(packed, LARGEST)
    except zlib.error:
        raise BrokenError from None
    if unpacker.unconsumed_tail:
        raise BrokenError
    return found


def _exif(content: bytes) -> dict[str, str]:
    content = content.removeprefix(b"Exif\0\0")
    order = {b"II": "little", b"MM": "big"}.get(content[:2])
    source = part(content)
    if not order:
        raise BrokenError
    source.go(4)
    source.go(source.number(4, order))
    found = {}
    for _ in range(source.number(2, order)):
        source.read(2)
        kind, count, inside = source.number(2, order), source.number(4, order), source.read(4)
        if kind == _ASCII and count > 4:
            start = int.from_bytes(inside, order)
            name, colon, text = content[start : start + count].partition(b":")
            if colon:
                text = text.split(b"\0", 1)[0]
                found[name.decode("latin-1")] = text.decode("utf-8", "replace")
    return found
