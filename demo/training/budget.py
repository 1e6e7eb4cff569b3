"""Time budgets: "20s", "90m" and "2h" to seconds."""

import math
import re

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds(text: str | None) -> float:
    """`seconds("90m")` is 5400; no text is no limit."""
    if text is None:
        return math.inf
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if match is None:
        raise ValueError(f"Cannot read the budget {text!r}. Write 20s, 90m or 2h.")
    return float(match[1]) * _SECONDS[match[2]]
