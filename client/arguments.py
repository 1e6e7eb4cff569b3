"""The command line."""

import argparse
import os
import re
import sys
from pathlib import Path

from .errors import InputError
from .jobs.table import numbers
from .options import ClusterOptions, Options

_EXAMPLE = """example:
  python3 -m client run workflow.json --jobs jobs.csv \\
    --set "6.text={prompt}" --seeds 0-3 --out new

Columns that are named like an input, as 6.text, need no --set. The same
command again goes on where it stopped. Headers that a server wants, such as
a login, can stand in the environment variable FEWSTEP_HEADERS, one a line.
Exit code: 0 all done, 1 some failed, 2 wrong input, 130 interrupted."""
HEADERS = "FEWSTEP_HEADERS"


def parse(arguments: list[str] | None = None) -> "Given":
    """The command's arguments, or an exit with a sentence."""
    parser = argparse.ArgumentParser(
        prog="python3 -m client", description="Batches through the ComfyUI API."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="run")
    run = commands.add_parser(
        "run",
        help="run a batch, or go on with one",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument(
        "workflow",
        type=Path,
        help="as ComfyUI saves or exports it, or a picture, video or sound it saved",
    )
    run.add_argument("--out", type=Path, required=True, help="the folder for the pictures")
    run.add_argument("--server", action="append", metavar="URL", help="may be given several times")
    run.add_argument("--jobs", type=Path, metavar="FILE", help="a table: CSV or JSON lines")
    run.add_argument("--list", action="append", default=[], metavar="NAME=A|B", help="a column")
    run.add_argument("--seeds", metavar="0-99", help="every job with each of these seeds")
    run.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NODE.INPUT=TEXT",
        help="what an input gets in every job; {column} is the row's value there",
    )
    run.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="NAME: VALUE",
        help="sent to every server, as a login; better in FEWSTEP_HEADERS",
    )
    run.add_argument(
        "--largest",
        type=float,
        default=4096,
        metavar="MB",
        help="the largest file that is fetched (4096)",
    )
    run.add_argument("--ahead", type=int, default=16, help="jobs queued ahead at most (16)")
    run.add_argument("--tries", type=int, default=5, help="of a job that ends its server (5)")
    run.add_argument(
        "--stop-on-error",
        action="store_true",
        help="stop at the first job that fails; otherwise the rest go on",
    )
    run.add_argument("--previews", action="store_true", help="the newest one in preview.jpg")
    run.add_argument("--quiet", action="store_true", help="no progress bar")
    ray = run.add_argument_group("on a Ray cluster")
    ray.add_argument("--ray", metavar="ADDRESS", help="its address, auto, or local")
    ray.add_argument("--comfyui", type=Path, help="the folder of ComfyUI, the same everywhere")
    ray.add_argument("--workers", type=int, help="how many (one a GPU; without GPUs one a CPU)")
    ray.add_argument("--comfyui-args", default="", help='more for main.py, as "--lowvram"')
    return Given(**vars(parser.parse_args(arguments)))


class Given(argparse.Namespace):
    """What the command line says."""

    def options(self) -> Options:
        """The batch it asks for; InputError if something does not go together."""
        if self.server and self.ray:
            raise InputError("--server and --ray exclude each other: a cluster has its own.")
        if self.ahead < 1 or self.tries < 1:
            raise InputError("--ahead and --tries are 1 at least.")
        if not 0 < self.largest < float("inf"):
            raise InputError("--largest is a number of MB above 0.")
        lists = {name: text.split("|") for name, text in _pairs("--list", self.list)}
        options = Options(
            workflow=self.workflow,
            out=self.out,
            servers=self.server or ["http://127.0.0.1:8188"],
            table=self.jobs,
            lists=lists,
            seeds=numbers(self.seeds) if self.seeds else None,
            settings=dict(_pairs("--set", self.set)),
            ahead=self.ahead,
            tries=self.tries,
            stop_on_error=self.stop_on_error,
            previews=self.previews,
            quiet=self.quiet,
            headers=dict(map(_header, self._header_lines())),
            largest=int(self.largest * 2**20),
        )
        return self.for_cluster(options) if self.ray else options

    def _header_lines(self) -> list[str]:
        """Those of the command win over those of the environment."""
        lines = os.environ.get(HEADERS, "").splitlines()
        return [line for line in (*lines, *self.header) if line.strip()]

    def for_cluster(self, options: Options) -> Options:
        if not self.comfyui or not (self.comfyui / "main.py").is_file():
            raise InputError("--ray needs --comfyui, the folder with ComfyUI's main.py.")
        return ClusterOptions(
            **vars(options),
            address=self.ray,
            comfyui=self.comfyui.resolve(),
            workers=self.workers,
            comfyui_args=self.comfyui_args.split(),
            python=Path(sys.executable),
        )


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name, value = name.strip(), value.strip()
    # The line may be a password: it is not repeated.
    if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise InputError(f"A header is written NAME: VALUE (--header, {HEADERS}).")
    if not value.isprintable():
        raise InputError(f"The header {name} has characters that no header can have.")
    return name.title(), value


def _pairs(option: str, texts: list[str]) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, value in pairs:
        if not name or not equals:
            raise InputError(f"{option} {name}{value} lacks its =: write NAME=VALUE.")
    return [(name.strip(), value) for name, _, value in pairs]
