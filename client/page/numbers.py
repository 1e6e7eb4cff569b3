"""Numbers as JavaScript and the page's widgets have them."""

import math
from typing import Any

from .widgets import options

# Up to here every whole number is one of JavaScript's.
_EXACT = 2**53


def as_number(value: Any) -> int | float | None:
    """What a widget for numbers makes of a value; None if that is no number."""
    if value is None or value == "":
        return 0
    if not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return (value if isinstance(value, (int, float)) else number) if math.isfinite(number) else None


def stepped(number: int | float, spec: list) -> int | float:
    """A number in the steps of a widget that was told to take it: what lies between is rounded."""
    given = options(spec)
    if spec[0] == "INT":
        if isinstance(number, int) and abs(number) > _EXACT:
            return number
        step = given.get("step") or 1
        start = given.get("min", 0) % step if step != 1 else 0
        return math.floor((number - start) / step + 0.5) * step + start
    digits = max(0, -math.floor(math.log10(given.get("step") or 0.5)))
    to = given.get("round") or (10**-digits if digits else None)
    if not to:
        return number
    rounded = round(math.floor(number / to + 0.5) * to, digits)
    return min(max(rounded, given.get("min", 0)), given.get("max", 2048))
