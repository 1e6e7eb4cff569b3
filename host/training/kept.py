"""What is kept on disk of runs and of teacher paths: listed, and cleared when a person says so."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .. import folders

RUNS, PATHS = "training", "paths"
# Whose `name` is a folder's.
_NODES = {RUNS: "FewStepDistil", PATHS: "FewStepTeacherPaths"}


class Kept(NamedTuple):
    """A folder: of a run ("training") or of paths ("paths"), its size, and whether it is in use."""

    kind: str
    name: str
    bytes: int
    running: bool = False


def kept_folder(kind: str) -> Path:
    return folders.user_folder() / kind


def kept(running: Iterable[Mapping[str, Any]] = ()) -> list[Kept]:
    """All there is, by kind and name; `running` are the prompts that the host runs now."""
    prompts = [*running]
    return [
        Kept(kind, folder.name, _size(folder), _is_used(kind, folder.name, prompts))
        for kind in _NODES
        for folder in _folders(kind)
    ]


def clear(kind: str, name: str, running: Iterable[Mapping[str, Any]] = ()) -> None:
    """Deletes the folder of a run or of paths.

    Raises ValueError where there is none of this name, or the host works on it now.
    """
    found = [one for one in kept(running) if (one.kind, one.name) == (kind, name)]
    if not found:
        raise ValueError(f"Nothing of the name {name} is kept here any more.")
    if found[0].running:
        raise ValueError(f"{name} is in progress. Cancel it first, then clear it.")
    shutil.rmtree(kept_folder(kind) / name)


def _folders(kind: str) -> list[Path]:
    parent = kept_folder(kind)
    if not parent.is_dir():
        return []
    return [one for one in sorted(parent.iterdir()) if one.is_dir() and not one.is_symlink()]


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())


def _is_used(kind: str, name: str, prompts: list[Mapping[str, Any]]) -> bool:
    """Whether a prompt has a node with this name, or one that takes its name from another node."""
    return any(
        node.get("class_type") == _NODES[kind] and _may_be(node.get("inputs", {}).get("name"), name)
        for prompt in prompts
        for node in prompt.values()
    )


def _may_be(asked: Any, name: str) -> bool:
    return asked.strip() == name if isinstance(asked, str) else True
