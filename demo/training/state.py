"""Where training keeps its state, and writing it so that a crash never leaves half a file."""

import os
from pathlib import Path
from typing import Any

import torch


def default_folder() -> Path:
    """The user's cache, so that hours of training outlive a checkout."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "fewstep" / "training"


def save(path: Path, state: dict[str, Any]) -> None:
    """Writes the state whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    torch.save(state, unfinished)
    unfinished.replace(path)


def load(path: Path) -> dict[str, Any] | None:
    """The state, or None when there is none yet."""
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None


def finished_weights(folder: Path, stage: str) -> dict[str, torch.Tensor]:
    """What an earlier stage made so far: its averaged weights where it keeps an average."""
    state = load(folder / f"{stage}.pt")
    if state is None:
        raise ValueError(
            f"No {stage} in {folder}. Run first: python -m demo.training.train {stage}"
        )
    return state["average"] or state["weights"]
