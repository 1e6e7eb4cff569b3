"""Checks of values that people write: each returns the value or says what is wrong with it."""

import math
from collections.abc import Callable
from typing import Any

from .choice import Choice

Check = Callable[[Any], Any]


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{short(value)} is not a text")
    return value


def text_or_empty(value: Any) -> str:
    return value if value == "" else text(value)


def one_of(choices: tuple[str, ...]) -> Check:
    def check(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"{short(value)} is none of {', '.join(choices)}")
        return value

    return check


def number(low: float, high: float) -> Check:
    def check(value: Any) -> float:
        plain = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not plain or not math.isfinite(value) or not low <= value <= high:
            raise ValueError(f"{short(value)} is not a number from {low:g} to {high:g}")
        return value

    return check


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{short(value)} is neither true nor false")
    return value


def maybe(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def choice(low: float, high: float, *, whole: bool = False) -> Check:
    check_number = number(low, high)

    def check(value: Any) -> Choice:
        if not isinstance(value, (list, tuple)) or len(value) != 3:
            raise ValueError(f"{short(value)} is not a list [default, lowest, highest]")
        choice = Choice(*map(check_number, value))
        if whole and any(part != int(part) for part in choice):
            raise ValueError(f"{short(value)} holds a number that is not whole")
        if choice.low > choice.high:
            raise ValueError(f"the lowest, {choice.low:g}, is above the highest, {choice.high:g}")
        return choice

    return check


def texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{short(value)} is not a list of texts")
    return tuple(map(text, value))


def short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
