"""What a batch on a cluster needs beside what every batch needs."""

from dataclasses import dataclass, field
from pathlib import Path

from ..run import Options


@dataclass(frozen=True)
class ClusterOptions(Options):
    """`address` is Ray's; `comfyui` and `python` are the same paths on every machine."""

    address: str = "auto"
    comfyui: Path = Path()
    workers: int | None = None
    comfyui_args: list[str] = field(default_factory=list)
    python: Path = Path()
