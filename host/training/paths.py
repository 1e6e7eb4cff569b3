"""Teacher paths: where the guided teacher goes from noise to picture, kept on disk."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import comfy.model_management as host
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from ...distil import CLEAN, RunFolder, trailing
from ..time_left import TimeLeft
from . import checks
from .conditions import encode
from .kept import PATHS, kept_folder
from .levels import times_of
from .memory import with_less
from .names import LONGEST, is_name
from .network import Network
from .session import fingerprint, trainable
from .switch import Switch

_CHUNK = 16


class PathsAsked(NamedTuple):
    """What a person asks for: `count` paths of `steps` steps at `cfg`, prompts in turn."""

    prompts: str
    negative: str
    count: int
    cfg: float
    steps: int
    width: int
    height: int
    seed: int
    name: str


class TeacherPaths(NamedTuple):
    """latents N P+1 C ... in fp16 at `times` P+1; a prompt for each; `teacher` is its hash."""

    latents: Tensor
    times: Tensor
    prompts: list[str]
    asked: PathsAsked
    teacher: str

    def told(self) -> str:
        size = self.latents.numel() * 2 / 2**20
        return (
            f"{len(self.latents)} paths of {len(self.times) - 1} steps at CFG {self.asked.cfg:g}, "
            f"{len({*self.prompts})} prompts, {size:.0f} MB"
        )


def folder_of(parent: Path, name: str) -> RunFolder:
    """Raises ValueError for a name that is no name of a folder on every system."""
    plain = name.strip()
    if not is_name(plain):
        raise ValueError(
            f"{plain[:LONGEST]!r} cannot be a folder's name. Write letters, digits, - and _, at "
            f"most {LONGEST}."
        )
    if (parent / plain).is_file():
        raise ValueError(
            f"{parent / plain} is a file, and the folder of this name is needed. Choose another "
            "name, or move the file away."
        )
    return RunFolder(parent / plain)


def make_paths(model: Any, clip: Any, asked: PathsAsked) -> TeacherPaths:
    """Draws the paths, or reads those that an earlier run of the same settings drew.

    Cancelled or killed, it goes on at the last part written. Raises ValueError for what cannot be,
    and naming the setting in which the paths of this name differ.
    """
    lines = checks.prompt_lines(asked.prompts)
    checks.check_clip(clip)
    checks.check_plain_model(model)
    shape = checks.check_size(model, asked.width, asked.height)
    times = times_of(model)
    folder = folder_of(kept_folder(PATHS), asked.name)
    numbers = asked.count * (asked.steps + 1) * torch.Size(shape).numel()
    checks.check_room(folder.path, numbers * 2)
    prompts = [lines[index % len(lines)] for index in range(asked.count)]
    stops = trailing(torch.arange(asked.steps, 0, -1), asked.steps)
    stops = torch.cat([stops, torch.tensor([CLEAN])])
    conditions = encode(model, clip, [*prompts, asked.negative], shape)
    with trainable(model) as patcher, torch.no_grad():
        teacher = fingerprint(patcher.model)
        folder.open({**asked._asdict(), "prompts": lines, "teacher": teacher})
        empty = conditions[torch.tensor([len(prompts)])]
        net = Network(patcher, Switch(), None, asked.cfg, empty)
        time_left = None
        parts, chunk = [], [_CHUNK]

        def walk(first: int, last: int) -> Tensor:
            noise = [_noise(asked.seed + row, shape) for row in range(first, last)]
            x = times.pure(torch.stack(noise).to(patcher.load_device))
            context = conditions[slice(first, last)]
            path = [x]
            for start, end in zip(stops[:-1], stops[1:], strict=True):
                host.throw_exception_if_processing_interrupted()
                here = start.expand(len(x))
                x = times.land(net, x, here, end.expand(len(x)), context)
                path.append(x)
            return torch.stack(path, 1)

        for first in range(0, asked.count, _CHUNK):
            last = min(first + _CHUNK, asked.count)
            file = folder.path / f"{first:06}.safetensors"
            if file.exists():
                parts.append(_read(file, asked.name))
            else:
                time_left = time_left or TimeLeft(asked.name, asked.count, first, "path")
                parts.append(_drawn(walk, first, last, chunk))
                folder.write(file.name, partial(_put, parts[-1]))
                time_left.tell(last)
    return TeacherPaths(torch.cat(parts), stops, prompts, asked, teacher)


def _drawn(walk: Callable[[int, int], Tensor], first: int, last: int, chunk: list[int]) -> Tensor:
    """Paths `first` to `last`, fewer at a time where memory runs out."""

    def less() -> bool:
        chunk[0] //= 2
        return chunk[0] > 0

    def work() -> Tensor:
        some = range(first, last, chunk[0])
        return torch.cat([walk(one, min(one + chunk[0], last)).half().cpu() for one in some])

    made = with_less(work, less)
    if not torch.isfinite(made).all():
        raise ValueError(
            "The teacher's paths hold values that are infinite or none (NaN). Load the model in "
            "another type: bf16 or fp32 in place of fp16."
        )
    return made


def _noise(seed: int, shape: tuple[int, ...]) -> Tensor:
    generator = torch.Generator().manual_seed(seed % 2**63)
    return torch.randn(shape, generator=generator)


def _read(file: Path, name: str) -> Tensor:
    try:
        return load_file(file)["paths"]
    except (SafetensorError, KeyError) as error:
        raise ValueError(
            f"The file {file.name} of the paths {name} is damaged. Delete {file}, and it is drawn "
            "again; the others stay."
        ) from error


def _put(paths: Tensor, file: Path) -> None:
    # By ourselves: a full disk is then an error like any other.
    file.write_bytes(save({"paths": paths.contiguous()}))
