"""What the command line asks for: a batch on servers, or on a cluster."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What a batch is made of."""

    workflow: Path
    out: Path
    servers: list[str] = field(repr=False)
    table: Path | None = None
    lists: dict[str, list[str]] = field(default_factory=dict)
    seeds: list[int] | None = None
    settings: dict[str, str] = field(default_factory=dict)
    ahead: int = 16
    tries: int = 5
    stop_on_error: bool = False
    previews: bool = False
    quiet: bool = False
    # Sent to every server with each request; never shown, and in no file.
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    # The largest file that is fetched, in bytes.
    largest: int = 4 * 2**30


@dataclass(frozen=True)
class ClusterOptions(Options):
    """`address` is Ray's; `comfyui` and `python` are the same paths on every machine."""

    address: str = "auto"
    comfyui: Path = Path()
    workers: int | None = None
    comfyui_args: list[str] = field(default_factory=list)
    python: Path = Path()
