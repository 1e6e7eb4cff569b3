"""The header of a safetensors file, read without the tensors and without trust.

The format: 8 bytes that hold the header's length, the header as JSON, the data of the tensors.
"""

import json
import struct
from pathlib import Path
from typing import Any, NamedTuple

# The largest model headers are below 1 MB; reading one has to stay quick.
LARGEST_HEADER = 8 << 20
_MOST_TENSORS = 50_000
# Besides those of the tensors: metadata of trainers holds JSON of its own, as text.
_MOST_BRACKETS = 100_000


class Tensor(NamedTuple):
    """Type and shape of a tensor, as the header has them: ("F16", (64, 320))."""

    dtype: str
    shape: tuple[int, ...]


class Header(NamedTuple):
    """Tensors by name, the free texts beside them, and the size of the file in bytes."""

    tensors: dict[str, Tensor]
    metadata: dict[str, str]
    size: int


def read_header(path: Path) -> Header:
    """The header of a file. Raises ValueError saying why it is no complete safetensors file."""
    size = path.stat().st_size
    if size == 0:
        raise ValueError("The file is empty: the download failed. Download it again.")
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if length > size - 8:
            raise ValueError(
                "The file ends inside its header: it is cut off, or not a safetensors file."
            )
        if length > LARGEST_HEADER:
            raise ValueError(f"Its header has {length} bytes, more than any model's.")
        text = file.read(length)
    return _parsed(text, size)


def _parsed(text: bytes, size: int) -> Header:
    _check_density(text)
    try:
        content = json.loads(text.decode("utf-8"), parse_int=_small_int)
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ValueError("Its header is not readable JSON: not a safetensors file.") from error
    if not isinstance(content, dict):
        raise ValueError("Its header is not a list of tensors: not a safetensors file.")
    metadata = content.pop("__metadata__", {})
    tensors = {name: _tensor(name, entry) for name, entry in content.items()}
    end = max((entry["data_offsets"][1] for entry in content.values()), default=0)
    if len(text) + 8 + end > size:
        raise ValueError(
            f"The file holds {size} of {len(text) + 8 + end} bytes: the download is not complete. "
            "Download it again."
        )
    texts = metadata.items() if isinstance(metadata, dict) else ()
    return Header(tensors, {key: text for key, text in texts if isinstance(text, str)}, size)


def _check_density(text: bytes) -> None:
    """Refuses what is mostly brackets before it is parsed: that takes time and memory."""
    tensors = text.count(b'"dtype"')
    brackets = text.count(b"{") + text.count(b"[")
    if tensors > _MOST_TENSORS or brackets > 3 * tensors + _MOST_BRACKETS:
        raise ValueError("Its header is not a list of tensors: not a safetensors file.")


def _small_int(digits: str) -> int:
    if len(digits) > 19:
        raise ValueError("a number too large for a size")
    return int(digits)


def _tensor(name: str, entry: Any) -> Tensor:
    try:
        dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        numbers = [*shape, begin, end]
        sound = isinstance(dtype, str) and isinstance(shape, list) and begin <= end
        if not sound or any(type(number) is not int or number < 0 for number in numbers):
            raise ValueError("not sizes")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"Its header describes the tensor {name[:60]!r} wrongly: not a safetensors file."
        ) from error
    return Tensor(dtype, tuple(shape))
