"""The lists of settings that a comparison goes through, such as `2, 4, 8` steps."""

from typing import NamedTuple

from ..schedulers.lists import number, read_list


class NumberList(NamedTuple):
    """What a list may hold: its name, the range, and how to write it."""

    name: str
    low: float
    high: float
    how: str
    whole: bool = False

    def parse(self, text: str) -> list[float]:
        """The numbers in their order. Raises ValueError naming the entry that is wrong."""
        read = read_list(text, lambda entry: (entry, self._number(entry)))
        if not read:
            raise ValueError(f"The list of {self.name} is empty. {self.how}")
        values: list[float] = []
        for entry, value in read:
            if value in values:
                raise ValueError(f'"{entry}" is in {self.name} twice. Write it once.')
            values.append(value)
        return values

    def _number(self, entry: str) -> float:
        value = number(entry, self.low, self.high)
        if value is None or (self.whole and value != int(value)):
            raise ValueError(f'"{entry}" in {self.name} cannot be used. {self.how}')
        return int(value) if self.whole else value


STEPS = NumberList(
    "steps",
    0,
    50,
    "Write whole numbers up to 50, such as 2, 4, 8; 0 is the recipe's own number.",
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
STRENGTHS = NumberList("strengths", 0, 2, "Write numbers from 0 to 2, such as 0.6, 0.8, 1.")
