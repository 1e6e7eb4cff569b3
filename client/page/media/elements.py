"""Text in Matroska and WebM: the tags of the segment (RFC 9559, 5.1.8)."""

from collections.abc import Iterator

from .source import BrokenError, Source

_SEGMENT, _TAGS, _TAG, _SIMPLE = 0x18538067, 0x1254C367, 0x7373, 0x67C8
_NAME, _STRING = 0x45A3, 0x4487


def in_matroska(source: Source) -> dict[str, str]:
    """Every text that has a name."""
    found = {}
    for segment, end in _elements(source, source.size):
        if segment != _SEGMENT:
            continue
        for tags, tags_end in _elements(source, end):
            if tags != _TAGS:
                continue
            for tag, tag_end in _elements(source, tags_end):
                if tag == _TAG:
                    found |= dict(_simple(source, tag_end))
    return found


def _simple(source: Source, end: int) -> Iterator[tuple[str, str]]:
    for kind, inner in _elements(source, end):
        if kind != _SIMPLE:
            continue
        said = {}
        for part, part_end in _elements(source, inner):
            if part in (_NAME, _STRING):
                said[part] = source.read(part_end - source.at).decode("utf-8", "replace")
        if _NAME in said and _STRING in said:
            yield said[_NAME].rstrip("\0"), said[_STRING].rstrip("\0")


def _elements(source: Source, end: int) -> Iterator[tuple[int, int]]:
    """Id and end of each element; one of unknown length ends where what holds it does."""
    while source.at < end:
        kind, _ = _number(source, keep_length=True)
        length, is_known = _number(source, keep_length=False)
        inner = source.at + length if is_known else end
        if not source.at <= inner <= end:
            raise BrokenError
        yield kind, inner
        source.go(inner)


def _number(source: Source, *, keep_length: bool) -> tuple[int, bool]:
    """A number whose first bit that is set says how many bytes it has; all ones are unknown."""
    first = source.number(1)
    count = 8 - first.bit_length()
    if count > 7:
        raise BrokenError
    value = (first << 8 * count) + (source.number(count) if count else 0)
    bits = 7 * (count + 1)
    plain = value & (1 << bits) - 1
    return (value if keep_length else plain), plain != (1 << bits) - 1
