"""The fields of a recipe that make its schedule: lists of times and levels, and the shift."""

from collections.abc import Callable, Mapping
from typing import Any

from ..schedulers import parse_levels, parse_timesteps
from ..schedulers.flow import FLUX2, MODEL
from .checks import number, short, text, text_or_empty

STAGE = "stage 2"
_SIZE_PARTS = ("mu", "tokens", "terminal")


def timesteps(value: Any) -> Any:
    """One list for all, or an object from numbers of steps to lists."""
    if isinstance(value, Mapping):
        return {_steps_of(key, parse_timesteps(text(one))): one for key, one in value.items()}
    if text_or_empty(value):
        parse_timesteps(value)
    return value


def levels(value: Any) -> Any:
    """Falling numbers, or an object from numbers of steps and `stage 2` to such lists."""
    return _lists(value, _falling)


def nodes(value: Any) -> Any:
    """As `levels`, with u from 0 to 1."""
    return _lists(value, _unit_falling)


def shift(value: Any) -> Any:
    """A number, "flux2", "model", or mu by the number of tokens, as numbers or an object."""
    if value in (FLUX2, MODEL):
        return value
    if not isinstance(value, Mapping):
        try:
            # 0 means elsewhere that nobody set one.
            return number(0.01, 100)(value)
        except ValueError as error:
            raise ValueError(
                f'{error}, nor "{FLUX2}", "{MODEL}" or an object with mu and tokens'
            ) from error
    for part in value:
        if part not in _SIZE_PARTS:
            raise ValueError(f"unknown part {short(part)}; use {', '.join(_SIZE_PARTS)}")
    mu, tokens = (_pair(value, part) for part in _SIZE_PARTS[:2])
    if tokens[0] >= tokens[1]:
        raise ValueError(f"the tokens {short(value['tokens'])} do not rise")
    found = {"mu": mu, "tokens": tokens}
    return found | ({"terminal": number(0, 0.99)(value["terminal"])} if "terminal" in value else {})


def _pair(value: Mapping[str, Any], part: str) -> list[float]:
    pair = value.get(part)
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        raise ValueError(f"{part} is {short(pair)}, not a list of two numbers")
    return [number(-100, 10**6)(one) for one in pair]


def _lists(value: Any, read: Callable[[Any], tuple[float, ...]]) -> Any:
    if isinstance(value, Mapping):
        found = {key: read(one) for key, one in value.items()}
        return {key if key == STAGE else _steps_of(key, one): one for key, one in found.items()}
    return read(value) if value not in ((), [], "") else ()


def _falling(value: Any) -> tuple[float, ...]:
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(number(0, 1e6)(one)) for one in value)
    return tuple(parse_levels(text(value)))


def _unit_falling(value: Any) -> tuple[float, ...]:
    found = _falling(value)
    if found[0] > 1:
        raise ValueError(f"{found[0]:g} is above 1, where the time u of a flow begins")
    return found


def _steps_of(key: Any, values: Any) -> str:
    if str(key) != str(len(values)):
        raise ValueError(f"the list for {short(key)} steps has {len(values)} timesteps")
    return str(key)
