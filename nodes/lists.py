"""Lists of settings written in one line, such as `2, 4, 8`."""

import math
from typing import NamedTuple


class Numbers(NamedTuple):
    """What a list may hold: its name, the range, and how to write it."""

    name: str
    low: float
    high: float
    how: str
    whole: bool = False

    def parse(self, text: str) -> list[float]:
        """The numbers in their order. Raises ValueError naming the entry that is wrong."""
        text = text.strip().removeprefix("[").removesuffix("]").strip()
        if not text:
            raise ValueError(f"The list of {self.name} is empty. {self.how}")
        values: list[float] = []
        for entry in text.removesuffix(",").split(","):
            value = self._number(entry.strip())
            if value in values:
                raise ValueError(f'"{entry.strip()}" is in {self.name} twice. Write it once.')
            values.append(value)
        return values

    def _number(self, entry: str) -> float:
        try:
            value = float(entry)
        except ValueError:
            value = math.nan
        if not self.low <= value <= self.high or (self.whole and value != int(value)):
            raise ValueError(f'"{entry}" in {self.name} cannot be used. {self.how}')
        return int(value) if self.whole else value


STEPS = Numbers(
    "steps",
    0,
    50,
    "Write whole numbers up to 50, such as 2, 4, 8; 0 is the recipe's own number.",
    whole=True,
)
GAMMAS = Numbers(
    "gammas",
    -1,
    1,
    "Write numbers from 0 to 1, such as 0, 0.3, 1; -1 is the recipe's own gamma.",
)
CFGS = Numbers(
    "cfgs", 0, 30, "Write numbers up to 30, such as 1, 1.5, 2; 0 is the recipe's own CFG."
)
STRENGTHS = Numbers("strengths", 0, 2, "Write numbers from 0 to 2, such as 0.6, 0.8, 1.")
