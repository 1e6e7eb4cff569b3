"""The folder ComfyUI works in: models, inputs, outputs and custom nodes, apart from its code."""

import os
import shutil
import subprocess
from pathlib import Path

from ..paths import ROOT

_FOLDERS = ("custom_nodes", "input", "output", "user", "models/checkpoints", "models/loras")
# Of the checkout, what the pack is when it cannot be linked and has to be copied.
_NOT_COPIED = shutil.ignore_patterns(".*", "output", "tests", "tools", "bench", "__pycache__")


def prepare_base(base_dir: Path, pack: Path = ROOT) -> None:
    """Makes the folders the host expects and puts the pack among its custom nodes as `fewstep`."""
    for name in _FOLDERS:
        (base_dir / name).mkdir(parents=True, exist_ok=True)
    link_folder(pack, base_dir / "custom_nodes" / "fewstep")


def link_folder(target: Path, link: Path) -> None:
    """Makes `link` lead to `target`: a symbolic link, on Windows a junction, at worst a copy."""
    if link.is_symlink() or link.exists():
        if link.resolve() == target.resolve():
            return
        _remove(link)
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.symlink_to(target, target_is_directory=True)
    except OSError:
        if os.name != "nt":
            raise
        junction = ["cmd", "/c", "mklink", "/J", str(link), str(target)]
        if subprocess.run(junction, capture_output=True, check=False).returncode:
            shutil.copytree(target, link, ignore=_NOT_COPIED)


def _remove(link: Path) -> None:
    if link.is_symlink() or link.is_file():
        link.unlink()
    else:
        shutil.rmtree(link)
