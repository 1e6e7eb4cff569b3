"""The body of an answer: piece by piece, unpacked, and never more than is allowed."""

import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator

import aiohttp

from ..errors import JobError

_PIECE = 2**16
# Slower than this, after a while, an answer is no answer.
_PATIENCE_SECONDS, _SLOWEST = 60.0, 1000
_PACKED = {"gzip", "x-gzip", "deflate"}


async def pieces(answer: aiohttp.ClientResponse, what: str, most: int) -> AsyncIterator[bytes]:
    """The body of an answer to a request that asked for it unpacked; JobError beyond `most`."""
    unpacked = _unpacker(answer, what)
    size = 0
    async for packed in _arriving(answer, what):
        for piece in unpacked(packed):
            size += len(piece)
            if size > most:
                raise JobError(
                    f"{what} is larger than {most / 2**20:g} MB: give --largest if it may be."
                )
            yield piece


async def _arriving(answer: aiohttp.ClientResponse, what: str) -> AsyncIterator[bytes]:
    begin, came = time.monotonic(), 0
    async for piece in answer.content.iter_chunked(_PIECE):
        came += len(piece)
        if came < _SLOWEST * (time.monotonic() - begin - _PATIENCE_SECONDS):
            raise JobError(f"{what} comes too slowly: {came} bytes in {_PATIENCE_SECONDS:g} s.")
        yield piece
    yield b""


def _unpacker(answer: aiohttp.ClientResponse, what: str) -> Callable[[bytes], Iterator[bytes]]:
    """A function of each piece; an empty one is the end."""
    packing = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if packing in ("identity", ""):
        return lambda piece: iter([piece])
    if packing not in _PACKED:
        raise JobError(f"{what} comes packed in a way that this client does not know.")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def unpacked(piece: bytes) -> Iterator[bytes]:
        try:
            left = piece
            while left and not unpacking.eof:
                yield unpacking.decompress(left, _PIECE)
                left = unpacking.unconsumed_tail
            if not piece:
                yield unpacking.flush()
                if not unpacking.eof:
                    raise zlib.error
        except zlib.error:
            raise JobError(f"{what} comes packed, and it cannot be unpacked.") from None

    return unpacked
