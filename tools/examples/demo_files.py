"""What the example workflows need in the host's folders: the demo model and pictures."""

import hashlib
import os
import shutil
from pathlib import Path

from ..hosts.base import prepare_base
from ..machine.console import run_logged
from ..machine.processes import guarded
from ..paths import LOGS, MODELS, ROOT, shown
from ..user_error import UserError

MODEL_NAME = "fewstep-demo.safetensors"
PICTURE_NAME = "fewstep-example.png"
_DEMO = ROOT / "demo"
_WEIGHTS = _DEMO / "weights"
_DONE = "done"


def add_demo_files(base_dir: Path, python: Path) -> None:
    """Puts models and pictures into a base folder; assembles them when first needed."""
    prepare_base(base_dir)
    made = _assembled(python)
    for file in sorted(made.rglob("*.*")):
        place(file, base_dir / file.relative_to(made))


def _assembled(python: Path) -> Path:
    """The files in .dev/models, made anew when what they are made from has changed."""
    folder = MODELS / f"demo-{_mark()}"
    if (folder / _DONE).exists():
        return folder
    for old in MODELS.glob("demo-*"):
        shutil.rmtree(old)
    log = LOGS / "model.log"
    command = guarded(python, "-m", "demo.files.assemble", folder)
    if run_logged("Assembling the demo model", command, folder=ROOT, log=log):
        raise UserError(f"The demo model could not be assembled; see {shown(log)}.")
    (folder / _DONE).touch()
    return folder


def _mark() -> str:
    digest = hashlib.sha256()
    for file in sorted([*_DEMO.rglob("*.py"), *_WEIGHTS.glob("*.safetensors")]):
        digest.update(file.relative_to(_DEMO).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def place(file: Path, at: Path) -> None:
    """The same file at another place, without a copy where the system allows it."""
    if at.exists() and at.samefile(file):
        return
    at.parent.mkdir(parents=True, exist_ok=True)
    at.unlink(missing_ok=True)
    for make in (os.link, os.symlink):
        try:
            return make(file, at)
        except OSError:
            continue
    shutil.copy2(file, at)
