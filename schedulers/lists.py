"""The one reader of lists that people write in a line, such as `2, 4, 8` or `[999, 749,]`."""

import math
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def read_list(text: str, one: Callable[[str], Value]) -> list[Value]:
    """The entries between commas, each read by `one`; none for an empty text.

    Brackets around the list and a comma at its end are left out. Raises what `one` raises.
    """
    text = text.strip().removeprefix("[").removesuffix("]").strip()
    entries = text.removesuffix(",").split(",") if text else []
    return [one(entry.strip()) for entry in entries]


def number(entry: str, low: float, high: float) -> float | None:
    """The number an entry is, or None where it is none or lies outside of low..high."""
    try:
        value = float(entry)
    except ValueError:
        value = math.nan
    return value if low <= value <= high else None
