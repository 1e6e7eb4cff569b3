"""The lists of settings that a comparison goes through, such as `2, 4, 8` steps."""

import re
from typing import NamedTuple

from ..schedulers.lists import number, read_list

_RANGE = re.compile(r"([0-9]+)[-\u2013]([0-9]+)")


class NumberList(NamedTuple):
    """What a list may hold: its name, the range, and how to write it."""

    name: str
    low: float
    high: float
    how: str
    whole: bool = False

    def parse(self, text: str) -> list[float]:
        """The numbers in their order; `1-4` is 1, 2, 3, 4 where they are whole.

        Raises ValueError naming the entry that is wrong.
        """
        return read_list(text, self._numbers)

    def _numbers(self, entries: list[str]) -> list[float]:
        if not entries:
            raise ValueError(f"The list of {self.name} is empty. {self.how}")
        values = [value for entry in entries for value in self._values(entry)]
        for place, value in enumerate(values):
            if value in values[:place]:
                raise ValueError(f'"{value:g}" is in {self.name} twice. Write it once.')
        return values

    def _values(self, entry: str) -> list[float]:
        ends = _RANGE.fullmatch(entry) if self.whole else None
        if not ends:
            return [self._number(entry)]
        first, last = [int(self._number(end)) for end in ends.groups()]
        way = 1 if first <= last else -1
        return [*range(first, last + way, way)]

    def _number(self, entry: str) -> float:
        value = number(entry, self.low, self.high)
        if value is None or (self.whole and value != int(value)):
            raise ValueError(f'"{entry}" in {self.name} cannot be used. {self.how}')
        return int(value) if self.whole else value


STEPS = NumberList(
    "steps",
    0,
    50,
    "Write whole numbers up to 50, such as 2, 4, 8 or 1-4; 0 is the recipe's own number.",
    whole=True,
)
GAMMAS = NumberList(
    "gammas",
    -1,
    1,
    "Write numbers from 0 to 1, such as 0, 0.3, 1; -1 is the recipe's own gamma.",
)
CFGS = NumberList(
    "cfgs", 0, 30, "Write numbers up to 30, such as 1, 1.5, 2; 0 is the recipe's own CFG."
)
STRENGTHS = NumberList("strengths", 0, 4, "Write numbers from 0 to 4, such as 0.6, 0.8, 1.")
