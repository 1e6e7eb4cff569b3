"""Timesteps written by hand: `999, 749, 499, 249`, `800`, or fractions of 1 such as `1.0, 0.75`."""

import re
from itertools import pairwise

from .lists import read_list
from .spacing import TRAINING_STEPS

_WHOLE = re.compile(r"[0-9]+")
_FRACTION = re.compile(r"[0-9]*\.[0-9]+|[0-9]+\.")
_HOW = "Write whole timesteps from 999 to 0 (999, 499), or fractions of 1 (1.0, 0.5)."


def parse_timesteps(text: str) -> list[float]:
    """Descending timesteps; the fraction f is timestep 1000 f - 1, so `1.0, 0.75` is [999, 749].

    Raises ValueError naming the entry that is not a timestep or is out of order.
    """
    return read_list(text, _timesteps)


def _timesteps(entries: list[str]) -> list[float]:
    if not entries:
        raise ValueError(f"The list of timesteps is empty. {_HOW}")
    times = [_timestep(entry) for entry in entries]
    for entry, (before, time) in zip(entries[1:], pairwise(times), strict=True):
        if time >= before:
            raise ValueError(
                f'Timestep "{entry}" is not below the one before it. Write them from high to low.'
            )
    return times


def _timestep(entry: str) -> float:
    if _WHOLE.fullmatch(entry):
        time = int(entry)
    elif _FRACTION.fullmatch(entry):
        time = round(float(entry) * TRAINING_STEPS - 1, 6)
        time = int(time) if time.is_integer() else time
    else:
        raise ValueError(f'"{entry}" is not a timestep. {_HOW}')
    if not 0 <= time < TRAINING_STEPS:
        raise ValueError(
            f'Timestep "{entry}" is out of range. {_HOW} Papers that count to 1000 mean one less.'
        )
    return time
