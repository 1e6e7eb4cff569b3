"""Text in sounds: FLAC and Opus have Vorbis comments, MP3 has frames of ID3v2."""

from .source import LARGEST, BrokenError, Source, part

_COMMENTS = 4
_CODINGS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}


def in_flac(source: Source) -> dict[str, str]:
    """The block of comments (RFC 9639, 8.6)."""
    source.go(4)
    is_last = False
    while not is_last:
        head, length = source.number(1), source.number(3)
        is_last = head > 127
        if head % 128 == _COMMENTS:
            return _comments(part(source.read(length)))
        source.go(source.at + length)
    return {}


def in_ogg(source: Source) -> dict[str, str]:
    """The second packet of the stream, which holds the comments (RFC 7845, 5.2)."""
    packets, packet = [], bytearray()
    while len(packets) < 2:
        if source.read(4) != b"OggS" or len(packet) > LARGEST:
            raise BrokenError
        source.read(22)
        for length in source.read(source.number(1)):
            packet += source.read(length)
            # A piece that is not full ends a packet.
            if length < 255:
                packets.append(bytes(packet))
                packet = bytearray()
    for start in (b"OpusTags", b"\x03vorbis"):
        if packets[1].startswith(start):
            return _comments(part(packets[1][len(start) :]))
    return {}


def in_mp3(source: Source) -> dict[str, str]:
    """Texts with a name of their own, `TXXX` (ID3v2.3 and 2.4, 4.2.6)."""
    source.read(3)
    version, _, flags = source.number(1), source.read(1), source.number(1)
    end = source.at + 4 + _safe(source.read(4))
    if version not in (3, 4) or end > source.size:
        raise BrokenError
    if flags & 0x40:
        more = source.read(4)
        source.go(source.at + (_safe(more) - 4 if version == 4 else int.from_bytes(more, "big")))
    found = {}
    while end - source.at >= 10:
        name, size = source.read(4), source.read(4)
        source.read(2)
        length = _safe(size) if version == 4 else int.from_bytes(size, "big")
        if not name.strip(b"\0"):
            break
        if name == b"TXXX" and length:
            coding = _CODINGS.get(source.number(1), "latin-1")
            text = source.read(length - 1).decode(coding, "replace")
            title, _, value = text.partition("\0")
            found[title.lstrip("\ufeff")] = value.lstrip("\ufeff").rstrip("\0")
        else:
            source.go(source.at + length)
    return found


def _comments(source: Source) -> dict[str, str]:
    source.go(source.number(4, "little") + 4)
    found = {}
    for _ in range(source.number(4, "little")):
        text = source.read(source.number(4, "little"))
        name, _, value = text.partition(b"=")
        found[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")
    return found


def _safe(size: bytes) -> int:
    """A number of seven bits a byte."""
    found = 0
    for byte in size:
        found = found * 128 + (byte & 127)
    return found
