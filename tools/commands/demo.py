"""`dev.py demo`: the examples on the demo model, its table, a LoRA made for it, or own models."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from ..examples.demo_files import add_demo_files
from ..hosts.host import Host
from ..machine.chromium import HOW_TO_GET_IT, find_chromium
from ..paths import DEV, EXAMPLES, ROOT, VENV, python_in
from ..user_error import UserError
from .programs import run_program

_OUTPUT = ROOT / "output"
# What takes pictures of the page, and where they go.
_PAGE_PICTURES = {
    "demo.show.node_pictures": ROOT / "web" / "docs" / "images",
    "demo.show.workflow_picture": ROOT / "docs" / "images",
    "demo.show.faults": ROOT / "docs" / "images",
}
_SUFFIXES = (".safetensors", ".ckpt", ".pt", ".bin")


def add_demo_options(parser: argparse.ArgumentParser) -> None:
    """What can follow `dev.py demo`."""
    parser.add_argument("--table", action="store_true", help="measure every number of steps")
    parser.add_argument("--count", type=int, help="prompts in each row of the table (512)")
    parser.add_argument("--distil", action="store_true", help="make a LoRA for 1 step from nothing")
    parser.add_argument("--checkpoint", type=Path, help="a model of yours, in place of the demo's")
    parser.add_argument("--lora", type=Path, help="its acceleration LoRA")
    parser.add_argument("--prompt", help='what to draw ("a red star on a blue background")')
    parser.add_argument("--size", type=int, help="of its pictures (512; SDXL wants 1024)")


def check_demo_options(given: argparse.Namespace) -> None:
    """Raises where options do not go together, before anything is set up."""
    if given.count and not given.table:
        raise UserError("--count belongs to --table: dev.py demo --table --count 64")
    if (given.lora or given.prompt or given.size) and not given.checkpoint:
        raise UserError("--lora, --prompt and --size belong to --checkpoint: name your model too.")
    if given.table and given.checkpoint:
        raise UserError("--table measures the demo model alone: leave out --checkpoint.")
    if given.distil and (given.table or given.checkpoint):
        raise UserError("--distil goes by itself: leave out --table and --checkpoint.")
    for path in filter(None, (given.checkpoint, given.lora)):
        if not path.is_file() or path.suffix not in _SUFFIXES:
            raise UserError(f"{path} is not a model file ({', '.join(_SUFFIXES)}).")


def run_demo(host: Host, given: argparse.Namespace) -> int:
    """Puts everything in place and gives the exit code of what then runs beside the host."""
    python = python_in(VENV)
    base_dir = DEV / "base" / f"demo-{host.version}"
    add_demo_files(base_dir, python)
    where = ("--host", host.folder, "--base", base_dir, "--output", _OUTPUT)
    if given.table:
        return run_program("-m", "demo.show.evaluate", *where, "--count", given.count or 512)
    if given.distil:
        return run_program("-m", "demo.make", *where)
    if given.checkpoint:
        return run_program("-m", "demo.show.own", *where, *_own(given))
    return run_program("-m", "demo.show.examples", *where)


def run_thumbnails(host: Host) -> int:
    """Makes the pictures beside the example workflows anew and gives the exit code."""
    base_dir = DEV / "base" / f"thumbnails-{host.version}"
    add_demo_files(base_dir, python_in(VENV))
    where = ("--host", host.folder, "--base", base_dir, "--output", EXAMPLES)
    return run_program("-m", "demo.show.thumbnails", *where)


def run_node_pictures(host: Host) -> int:
    """Makes the pictures of nodes, a workflow and faults anew, and gives the exit code."""
    chromium = find_chromium()
    if not chromium:
        raise UserError(HOW_TO_GET_IT)
    base_dir = DEV / "base" / f"pictures-{host.version}"
    add_demo_files(base_dir, python_in(VENV))
    env = {"FEWSTEP_CHROMIUM": str(chromium)}
    for program, folder in _PAGE_PICTURES.items():
        where = ("--host", host.folder, "--base", base_dir, "--output", folder)
        if failed := run_program("-m", program, *where, env=env):
            return failed
    return 0


def _own(given: argparse.Namespace) -> Iterator[object]:
    yield from ("--checkpoint", given.checkpoint.resolve(), "--size", given.size or 512)
    yield from ("--prompt", given.prompt or "a red star on a blue background")
    if given.lora:
        yield from ("--lora", given.lora.resolve())
