"""What the example workflows need in the host's folders: the demo model, LoRAs, a picture."""

import hashlib
import json
import os
import shutil
import struct
from pathlib import Path

from .base import prepare_base
from .console import run_logged
from .demo_loras import add_demo_loras
from .paths import LOGS, MODELS, ROOT, shown
from .png import write_example_picture
from .processes import guarded
from .user_error import UserError

MODEL_NAME = "fewstep-tiny-sd15.safetensors"
PICTURE_NAME = "fewstep-example.png"


def add_demo_files(base_dir: Path, python: Path) -> None:
    """Puts the demo model and the picture into a base folder; makes them when first needed."""
    prepare_base(base_dir)
    _place(_demo_model(python), base_dir / "models" / "checkpoints" / MODEL_NAME)
    add_demo_loras(base_dir / "models" / "loras")
    picture = base_dir / "input" / PICTURE_NAME
    if not picture.exists():
        write_example_picture(picture)


def _demo_model(python: Path) -> Path:
    """The model in .dev/models, written anew when the code that writes it has changed."""
    path = MODELS / MODEL_NAME
    mark = hashlib.sha256((ROOT / "tools" / "tiny_model.py").read_bytes()).hexdigest()
    if _mark_of(path) == mark:
        return path
    command = guarded(python, "-m", "tools.tiny_model", path, mark)
    log = LOGS / "model.log"
    if run_logged("Making the demo model", command, folder=ROOT, log=log):
        raise UserError(f"The demo model could not be written; see {shown(log)}.")
    return path


def _mark_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            return json.loads(file.read(size)).get("__metadata__", {}).get("fewstep")
    except (OSError, ValueError, struct.error):
        return None


def _place(file: Path, at: Path) -> None:
    """The same file at another place, without a copy where the system allows it."""
    if at.exists() and at.samefile(file):
        return
    at.unlink(missing_ok=True)
    for make in (os.link, os.symlink):
        try:
            return make(file, at)
        except OSError:
            continue
    shutil.copy2(file, at)
