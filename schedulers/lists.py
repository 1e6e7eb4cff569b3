"""The one reader of lists that people write in a line, such as `2, 4, 8` or `[999 749]`."""

import math
import re
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

# What Chinese, Japanese and Russian keyboards give counts as much as a comma.
_BETWEEN = re.compile(r"\s*[,;\uff0c\u3001\uff1b]\s*|\s+")
_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")


def read_list(text: str, read: Callable[[list[str]], list[Value]]) -> list[Value]:
    """What `read` makes of the entries between commas, semicolons and spaces.

    Brackets around the list and one comma at its end are left out. Raises ValueError for a comma
    without an entry before it, for decimal commas (`0,3` where 0 and 3 cannot be read and 0.3 can,
    and `1,5; 2`, which can be meant as either), and what `read` raises.
    """
    pointed = _DECIMAL_COMMA.sub(".", text)
    if pointed == text or not _reads(pointed, read):
        return read(_entries(text))
    alone = "," not in pointed and len(_entries(pointed)) > 1
    if alone or not _reads(text, read):
        raise ValueError(
            f'"{text.strip()}" has decimal commas, and a comma begins the next entry. Write '
            f"decimal points: {pointed.strip()}."
        )
    return read(_entries(text))


def _entries(text: str) -> list[str]:
    inside = text.strip().removeprefix("[").removesuffix("]").strip()
    entries = _BETWEEN.split(inside)
    if not entries[-1]:
        entries.pop()
    if "" in entries:
        raise ValueError(
            f'A comma or semicolon in "{text.strip()}" has no entry before it. Take it out.'
        )
    return entries


def _reads(text: str, read: Callable[[list[str]], list[Value]]) -> bool:
    try:
        read(_entries(text))
    except ValueError:
        return False
    return True


def number(entry: str, low: float, high: float) -> float | None:
    """The number an entry is, or None where it is none or lies outside of low..high."""
    try:
        value = float(entry)
    except ValueError:
        value = math.nan
    return value if low <= value <= high else None
