"""What each field of a recipe may hold. Every check returns the value or says what is wrong."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..samplers import SAMPLERS
from ..schedulers import SPACINGS, parse_strengths
from .bases import BASES
from .checks import Check, choice, flag, maybe, number, one_of, short, text, text_or_empty, texts
from .files.known_file import KEYS, KnownFile
from .names.globs import as_glob, part_globs
from .names.word_rules import rules_of
from .schedule_fields import levels, nodes, shift, timesteps

KINDS = ("LoRA", "UNet", "checkpoint")
PREDICTIONS = ("eps", "x0", "v", "flow")
HALVES = ("", "high", "low", "edit")
HOST = "comfy"
_HOST_SAMPLER = re.compile(rf"{HOST}:[a-z0-9_]+")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*")


def _identifier(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError(
            f"{short(value)} is not an id; write family/name in lower case, such as mine/portraits"
        )
    return value


def _glob(value: Any) -> str:
    return as_glob(text_or_empty(value))


def _globs(value: Any) -> str:
    part_globs(text_or_empty(value))
    return value


def _words(value: Any) -> str:
    rules_of(text_or_empty(value))
    return value


def _sampler(value: Any) -> str:
    if isinstance(value, str) and _HOST_SAMPLER.fullmatch(value):
        return value
    try:
        return one_of(tuple(SAMPLERS))(value)
    except ValueError as error:
        raise ValueError(f"{error}, nor one of ComfyUI's as {HOST}:res_multistep") from error


def _options(value: Any) -> Mapping[str, Any]:
    """Settings of a sampler of ComfyUI, by name: numbers and texts."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{short(value)} is not an object")
    for name, one in value.items():
        if not isinstance(one, (int, float, str, bool)):
            raise ValueError(f"{name} is {short(one)}, which is no number and no text")
    return dict(value)


def _strengths(value: Any) -> str:
    if text_or_empty(value):
        parse_strengths(value)
    return value


def _sha256(value: Any) -> str:
    if value and not (isinstance(value, str) and re.fullmatch(r"[0-9a-f]{16,64}", value)):
        raise ValueError(f"{short(value)} is not a sha256 in lower case, or its first 16 digits")
    return value or ""


_FILE: dict[str, Check] = {
    "name": text,
    "words": _words,
    "match": _glob,
    "bytes": number(0, 2**53),
    "sha256": _sha256,
    "keys": one_of(("", *KEYS)),
    "modules": number(0, 10**6),
    "rank": number(0, 10**6),
    "dtype": text_or_empty,
    "path": text_or_empty,
    "optional": _globs,
    "alpha": number(0, 10**6),
}


def _file(value: Any) -> KnownFile:
    if not isinstance(value, Mapping):
        raise ValueError(f"{short(value)} is not an object")
    for key in value:
        if key not in _FILE:
            raise ValueError(f"unknown part {short(key)}")
    if "name" not in value:
        raise ValueError("a file without its name")
    return KnownFile(**{key: _FILE[key](part) for key, part in value.items()})


def _files(value: Any) -> tuple[KnownFile, ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{short(value)} is not a list of files")
    return tuple(map(_file, value))


CHECKS: dict[str, Check] = {
    "id": _identifier,
    "name": text,
    "family": text,
    "base": one_of(BASES),
    "kind": one_of(KINDS),
    "sampler": _sampler,
    "sampler_options": _options,
    "step_strengths": _strengths,
    "half": one_of(HALVES),
    "boundary": maybe(number(0, 1)),
    "stacks": flag,
    "spacing": one_of(SPACINGS),
    "steps": choice(1, 50, whole=True),
    "cfg": choice(0, 100),
    "strength": number(0, 10),
    "gamma": number(0, 1),
    "timesteps": timesteps,
    "u": nodes,
    "sigmas": levels,
    "prediction": one_of(PREDICTIONS),
    "controlnet_strength": maybe(number(0, 10)),
    "guidance": maybe(number(0, 100)),
    "shift": maybe(shift),
    "audio_shift": maybe(number(0.01, 100)),
    "timestep_shift": maybe(number(1, 1000)),
    "licence": text_or_empty,
    "source": text_or_empty,
    "notes": text_or_empty,
    "unconfirmed": texts,
    "blocked": text_or_empty,
    "files": _files,
}


def file_facts(file: KnownFile) -> dict[str, Any]:
    """What is known of a file, as the JSON it is read from."""
    return {field.name: value for field in fields(file) if (value := getattr(file, field.name))}
