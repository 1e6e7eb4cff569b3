"""Text in MP4: names in `keys`, texts in `ilst`, both in `moov/meta` (QuickTime file format)."""

from collections.abc import Iterator

from .source import BrokenError, Source, part


def in_mp4(source: Source) -> dict[str, str]:
    """Every text that has a name."""
    found: dict[str, str] = {}
    for kind, end in _boxes(source, source.size):
        if kind == b"moov":
            found |= _in_box(source, end)
    return found


def _in_box(source: Source, end: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, inner in _boxes(source, end):
        if kind == b"udta":
            found |= _in_box(source, inner)
        if kind == b"meta":
            found |= _meta(part(source.read(inner - source.at)))
    return found


def _meta(source: Source) -> dict[str, str]:
    # In MP4 four bytes of version come first, in QuickTime none.
    head = source.read(8)
    source = part(head + source.read(source.size - 8))
    source.go(0 if head[4:] in (b"hdlr", b"keys") else 4)
    names: list[str] = []
    found = {}
    for kind, end in _boxes(source, source.size):
        if kind == b"keys":
            source.read(4)
            count = source.number(4)
            names = [name.decode("utf-8", "replace") for name in _keys(source, min(count, end))]
        if kind == b"ilst":
            for item, inner in _boxes(source, end):
                place = int.from_bytes(item, "big")
                text = _text(source, inner)
                if text is not None and 0 < place <= len(names):
                    found[names[place - 1].removeprefix("com.apple.quicktime.")] = text
    return found


def _keys(source: Source, count: int) -> Iterator[bytes]:
    for _ in range(count):
        length = source.number(4)
        source.read(4)
        yield source.read(length - 8)


def _text(source: Source, end: int) -> str | None:
    for kind, inner in _boxes(source, end):
        if kind == b"data":
            source.read(8)
            return source.read(inner - source.at).decode("utf-8", "replace")
    return None


def _boxes(source: Source, end: int) -> Iterator[tuple[bytes, int]]:
    """Type and end of each box; the source is at its content meanwhile."""
    while end - source.at >= 8:
        start, length, kind = source.at, source.number(4), source.read(4)
        if length == 1:
            length = source.number(8)
        inner = start + length if length else end
        if not source.at <= inner <= end:
            raise BrokenError
        yield kind, inner
        source.go(inner)
