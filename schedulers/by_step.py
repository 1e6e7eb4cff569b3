"""Numbers that change from step to step, written as `3.5, 3.5, 1`: CFG, and scales of guidance."""

from collections.abc import Sequence

from .lists import number, read_list

_LARGEST = 100.0
_HOW = "Write one number a step, such as 3.5, 3.5, 1; the last one repeats."


def parse_cfgs(text: str, steps: int, own: float | None = None) -> tuple[float, ...]:
    """CFG by step; none for an empty list, one number where all are the same.

    `own` is what 0 stands for, a recipe's CFG. Raises ValueError naming the wrong entry, and for
    more numbers than steps; a run without steps takes any.
    """
    low = 1e-6 if own is None else 0.0
    values = [value or own for value in _numbers(text, low, "CFG")]
    check_count(values, steps, "cfgs")
    return tuple(values[:1] if len(set(values)) == 1 else values)


def parse_scales(text: str) -> tuple[float, ...]:
    """Scales from 1 by step; none for an empty list. Raises ValueError naming the wrong entry."""
    return tuple(_numbers(text, 1.0, "scale from 1"))


def check_count(values: Sequence[float], steps: int, name: str) -> None:
    """Raises ValueError for more numbers than steps."""
    if 0 < steps < len(values):
        raise ValueError(
            f"{name} has {len(values)} numbers, and steps is {steps}. Take out "
            f"{len(values) - steps} of them, or set more steps."
        )


def cfg_text(cfgs: Sequence[float]) -> str:
    """In words: "CFG 2", "CFG 3.5, 3.5, 1 by step"."""
    numbers = ", ".join(f"{cfg:g}" for cfg in cfgs)
    return f"CFG {numbers} by step" if len(cfgs) > 1 else f"CFG {numbers}"


def _numbers(text: str, low: float, what: str) -> list[float]:
    return read_list(text, lambda entries: [_number(entry, low, what) for entry in entries])


def _number(entry: str, low: float, what: str) -> float:
    value = number(entry, low, _LARGEST)
    if value is None:
        raise ValueError(f'"{entry}" is not a {what}. {_HOW}')
    return value
