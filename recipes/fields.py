"""What each field of a recipe may hold. Every check returns the value or says what is wrong."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from ..samplers import SAMPLERS
from ..schedulers import SPACINGS, parse_timesteps
from .bases import BASES
from .choice import Choice
from .globs import as_glob, part_globs
from .known_file import KEYS, KnownFile
from .word_rules import rules_of

KINDS = ("LoRA", "UNet", "checkpoint")
PREDICTIONS = ("eps", "x0", "v", "flow")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*")

Check = Callable[[Any], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{_short(value)} is not a text")
    return value


def _text_or_empty(value: Any) -> str:
    return value if value == "" else _text(value)


def _identifier(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError(
            f"{_short(value)} is not an id; write family/name in lower case, such as mine/portraits"
        )
    return value


def _one_of(choices: tuple[str, ...]) -> Check:
    def check(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"{_short(value)} is none of {', '.join(choices)}")
        return value

    return check


def _number(low: float, high: float) -> Check:
    def check(value: Any) -> float:
        plain = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not plain or not math.isfinite(value) or not low <= value <= high:
            raise ValueError(f"{_short(value)} is not a number from {low:g} to {high:g}")
        return value

    return check


def _maybe(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _choice(low: float, high: float, *, whole: bool = False) -> Check:
    number = _number(low, high)

    def check(value: Any) -> Choice:
        if not isinstance(value, (list, tuple)) or len(value) != 3:
            raise ValueError(f"{_short(value)} is not a list [default, lowest, highest]")
        choice = Choice(*map(number, value))
        if whole and any(part != int(part) for part in choice):
            raise ValueError(f"{_short(value)} holds a number that is not whole")
        if choice.low > choice.high:
            raise ValueError(f"the lowest, {choice.low:g}, is above the highest, {choice.high:g}")
        return choice

    return check


def _timesteps(value: Any) -> Any:
    """One list for all, or an object from numbers of steps to lists."""
    if isinstance(value, Mapping):
        return {_steps_of(key, text): text for key, text in value.items()}
    if _text_or_empty(value):
        parse_timesteps(value)
    return value


def _steps_of(key: Any, text: Any) -> str:
    times = parse_timesteps(_text(text))
    if str(key) != str(len(times)):
        raise ValueError(f"the list for {_short(key)} steps has {len(times)} timesteps")
    return str(key)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{_short(value)} is not a list of texts")
    return tuple(map(_text, value))


def _glob(value: Any) -> str:
    return as_glob(_text_or_empty(value))


def _globs(value: Any) -> str:
    part_globs(_text_or_empty(value))
    return value


def _words(value: Any) -> str:
    rules_of(_text_or_empty(value))
    return value


def _sha256(value: Any) -> str:
    if value and not (isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value)):
        raise ValueError(f"{_short(value)} is not a sha256 in lower case")
    return value or ""


_FILE: dict[str, Check] = {
    "name": _text,
    "words": _words,
    "match": _glob,
    "bytes": _number(0, 2**53),
    "sha256": _sha256,
    "keys": _one_of(("", *KEYS)),
    "modules": _number(0, 10**6),
    "rank": _number(0, 10**6),
    "dtype": _text_or_empty,
    "path": _text_or_empty,
    "optional": _globs,
}


def _file(value: Any) -> KnownFile:
    if not isinstance(value, Mapping):
        raise ValueError(f"{_short(value)} is not an object")
    for key in value:
        if key not in _FILE:
            raise ValueError(f"unknown part {_short(key)}")
    if "name" not in value:
        raise ValueError("a file without its name")
    return KnownFile(**{key: _FILE[key](part) for key, part in value.items()})


def _files(value: Any) -> tuple[KnownFile, ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{_short(value)} is not a list of files")
    return tuple(map(_file, value))


CHECKS: dict[str, Check] = {
    "id": _identifier,
    "name": _text,
    "family": _text,
    "base": _one_of(BASES),
    "kind": _one_of(KINDS),
    "sampler": _one_of(tuple(SAMPLERS)),
    "spacing": _one_of(SPACINGS),
    "steps": _choice(1, 50, whole=True),
    "cfg": _choice(0, 100),
    "strength": _number(0, 10),
    "gamma": _number(0, 1),
    "timesteps": _timesteps,
    "prediction": _one_of(PREDICTIONS),
    "controlnet_strength": _maybe(_number(0, 10)),
    "guidance": _maybe(_number(0, 100)),
    "shift": _maybe(_number(0, 100)),
    "timestep_shift": _maybe(_number(1, 1000)),
    "licence": _text_or_empty,
    "source": _text_or_empty,
    "notes": _text_or_empty,
    "unconfirmed": _texts,
    "blocked": _text_or_empty,
    "files": _files,
}


def file_facts(file: KnownFile) -> dict[str, Any]:
    """What is known of a file, as the JSON it is read from."""
    return {field.name: value for field in fields(file) if (value := getattr(file, field.name))}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
