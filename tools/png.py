"""A picture to start from, written without any library."""

import math
import struct
import zlib
from pathlib import Path


def write_example_picture(path: Path, size: int = 512) -> None:
    """Writes a PNG of a sun over hills."""
    rows = (
        b"\0" + b"".join(bytes(_colour(x / size, y / size)) for x in range(size))
        for y in range(size)
    )
    header = struct.pack(">2I5B", size, size, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _colour(x: float, y: float) -> tuple[int, int, int]:
    if y > 0.72 + 0.08 * math.sin(7 * x):
        return 46, int(150 - 70 * y), 70
    if y > 0.6 + 0.07 * math.sin(5 * x + 2):
        return 70, int(190 - 60 * y), 96
    if math.hypot(x - 0.68, y - 0.3) < 0.13:
        return 255, 214, 92
    return int(70 + 150 * y), int(130 + 90 * y), 225
