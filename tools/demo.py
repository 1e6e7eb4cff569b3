"""`dev.py demo`: every example workflow, run by a real ComfyUI, its pictures in output/."""

import json
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .console import say
from .demo_files import add_demo_files
from .hosts import Host
from .paths import DEV, EXAMPLES, ROOT, VENV, python_in, shown
from .server import Server
from .user_error import UserError
from .workflow import to_api

_OUTPUT = ROOT / "output"


def run_demo(host: Host) -> None:
    """Runs the workflows and prints the paths of the pictures."""
    python = python_in(VENV)
    base_dir = DEV / "base" / f"demo-{host.version}"
    add_demo_files(base_dir, python)
    workflows = sorted(EXAMPLES.glob("*.json"))
    say(f"Starting ComfyUI {host.version} ...")
    begin = time.monotonic()
    with Server(host.folder, base_dir, python) as server:
        say(f"ComfyUI is up: {time.monotonic() - begin:.1f} s")
        object_info = server.object_info()
        check_pack(server, object_info)
        paths = [path for file in workflows for path in _run(server, object_info, file)]
    print(*map(shown, paths), sep="\n", flush=True)


def check_pack(server: Server, object_info: dict[str, Any]) -> None:
    """Raises if the host runs without the pack, as it does when loading it failed."""
    if any(name.startswith("FewStep") for name in object_info):
        return
    lines = server.log_text().splitlines()
    reason = next((line for line in reversed(lines) if "Error" in line), "no reason given")
    raise UserError(f"ComfyUI runs but did not load the pack: {reason.strip()} (see {server.log}).")


def _run(server: Server, object_info: dict[str, Any], file: Path) -> Iterator[Path]:
    begin = time.monotonic()
    try:
        entry = server.queue(to_api(json.loads(file.read_text("utf-8")), object_info))
    except UserError as error:
        raise UserError(f'The workflow "{file.stem}" failed: {error}') from None
    say(f"{file.stem}: {time.monotonic() - begin:.1f} s")
    yield from _save_pictures(server, entry, file.stem)


def _save_pictures(server: Server, entry: dict[str, Any], title: str) -> Iterator[Path]:
    _OUTPUT.mkdir(exist_ok=True)
    found = [picture for out in entry["outputs"].values() for picture in out.get("images", [])]
    saved = [picture for picture in found if picture["type"] == "output"]
    for index, picture in enumerate(saved, 1):
        path = _OUTPUT / (f"{title}.png" if len(saved) == 1 else f"{title} {index}.png")
        path.write_bytes(server.get("/view?" + urllib.parse.urlencode(picture)))
        yield path
