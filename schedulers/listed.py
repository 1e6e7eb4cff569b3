"""Timesteps written by hand: `999, 749, 499, 249`, `800`, or fractions of 1 such as `1.0, 0.75`.

And noise levels, which are any falling numbers: `1, 0.9375, 0.725` or `14.6146, 2.9183`.
"""

import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from .lists import number, read_list
from .spacing import TRAINING_STEPS

_WHOLE = re.compile(r"[0-9]+")
_FRACTION = re.compile(r"[0-9]*\.[0-9]+|[0-9]+\.")
_HOW_LEVELS = "Write falling numbers above 0, such as 1, 0.9375, 0.725."
_HIGHEST = 1e6
_HOW = "Write whole timesteps from 999 to 0 (999, 499), or fractions of 1 (1.0, 0.5)."


def parse_timesteps(text: str, total: int = TRAINING_STEPS) -> list[float]:
    """Descending timesteps; the fraction f is timestep total f - 1, so `1.0, 0.75` is [999, 749].

    Raises ValueError naming the entry that is not a timestep or is out of order.
    """
    return read_list(text, partial(_timesteps, total=total))


def _timesteps(entries: list[str], total: int) -> list[float]:
    if not entries:
        raise ValueError(f"The list of timesteps is empty. {_HOW}")
    times = [_timestep(entry, total) for entry in entries]
    _check_falling("Timestep", entries, times)
    return times


def parse_levels(text: str) -> list[float]:
    """Descending noise levels without the 0 at the end, which may be written.

    Raises ValueError naming the entry that is not a level or is out of order.
    """
    return read_list(text, _levels)


def _levels(entries: list[str]) -> list[float]:
    levels = [number(entry, 0, _HIGHEST) for entry in entries]
    for entry, level in zip(entries, levels, strict=True):
        if level is None:
            raise ValueError(f'"{entry}" is not a noise level. {_HOW_LEVELS}')
    _check_falling("Level", entries, levels)
    if levels and levels[-1] == 0:
        levels.pop()
    if not levels:
        raise ValueError(f"The list of levels is empty. {_HOW_LEVELS}")
    return levels


def _check_falling(what: str, entries: Sequence[str], values: Sequence[float]) -> None:
    for entry, (before, value) in zip(entries[1:], pairwise(values), strict=False):
        if value >= before:
            raise ValueError(
                f'{what} "{entry}" is not below the one before it. Write them from high to low.'
            )


def _timestep(entry: str, total: int) -> float:
    if _WHOLE.fullmatch(entry):
        time = int(entry)
    elif _FRACTION.fullmatch(entry):
        time = round(float(entry) * total - 1, 6)
        time = int(time) if time.is_integer() else time
    else:
        raise ValueError(f'"{entry}" is not a timestep. {_HOW}')
    if not 0 <= time < total:
        raise ValueError(
            f'Timestep "{entry}" is out of range. {_HOW} Papers that count to 1000 mean one less.'
        )
    return time
