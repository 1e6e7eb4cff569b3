"""What a table writes as text, as the type that an input wants."""

from typing import Any

from ..page.widgets import choices_of


def converted(value: Any, definition: list | None) -> Any:
    """The value for an input so defined; ValueError says what it is not."""
    kind = definition[0] if definition else None
    if isinstance(value, str) and kind in _READ:
        return _READ[kind](value.strip())
    choices = choices_of(definition) if definition else []
    return next((choice for choice in choices if str(choice) == value), value)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f'wants a whole number, and "{text}" is none') from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f'wants a number, and "{text}" is none') from None


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
        raise ValueError(f'wants true or false, and "{text}" is neither')
    return text.lower() in ("true", "1", "yes")


_READ = {"INT": _whole, "FLOAT": _number, "BOOLEAN": _truth}
