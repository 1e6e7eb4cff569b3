"""A setting's default together with the range its authors give."""

from typing import NamedTuple


class Choice(NamedTuple):
    """A setting's default and the range the authors give."""

    default: float
    low: float
    high: float

    def admits(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def span(self) -> str:
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g}-{self.high:g}"

    def __str__(self) -> str:
        own = f"{self.default:g}"
        return own if own == self.span else f"{own} (of {self.span})"
