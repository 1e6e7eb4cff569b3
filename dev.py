"""One command line for people who work on FewStep: `python3 dev.py` says what it can do."""

import argparse
import errno
import signal
import sys

from tools.commands.demo import (
    add_demo_options,
    check_demo_options,
    run_demo,
    run_node_pictures,
    run_thumbnails,
)
from tools.commands.programs import run_bench, run_lint
from tools.commands.recipe_report import report_files
from tools.commands.recipe_table import write_table
from tools.commands.serve import serve
from tools.environment.setup import set_up, set_up_host
from tools.examples.links import write_links
from tools.hosts.host import own_host
from tools.hosts.versions import FLOOR, HOST_VERSIONS, NEWEST
from tools.machine.ports import check_free
from tools.testing.tiers import EXTRA_TIERS, TIERS, run_tiers, tiers_for_ci
from tools.user_error import UserError


def main() -> int:
    parser = _parser()
    given, after = _split(sys.argv[1:])
    arguments = parser.parse_args(given)
    if not arguments.command:
        parser.print_help()
        return 0
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        # Ignored by nohup, and then it stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        return _run(arguments, after)
    except UserError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("Interrupted.", 130)
    except OSError as error:
        return _fail(_in_words(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description="Everything is set up in .dev/ by itself. COMFYUI_PATH: use that ComfyUI.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    add_demo_options(commands.add_parser("demo", help="make pictures in 1 to 4 steps, and look"))
    test = commands.add_parser("test", help="run the tests; pytest's own options go after --")
    test.add_argument("tiers", nargs="*", metavar="TIER", help=f"of {_tiers_in_words()}")
    ci = "all that a change has to pass: these, cluster, and demo where it has changed"
    test.add_argument("--ci", action="store_true", help=ci)
    test.add_argument("--durations", action="store_true", help="also name the ten slowest tests")
    server = commands.add_parser("serve", help="start ComfyUI with the pack, until Ctrl-C")
    server.add_argument("--port", type=int, help="the port to use (default: one that is free)")
    host = commands.add_parser("host", help="fetch ComfyUI and print its folder")
    versions = ", ".join(version.comfyui for version in HOST_VERSIONS)
    host.add_argument("--version", help=f"one of {versions} (default {NEWEST}; floor {FLOOR})")
    commands.add_parser("bench", help="measure the samplers against ComfyUI's own")
    commands.add_parser("pictures", help="take the pictures of README, docs and help pages again")
    commands.add_parser("thumbnails", help="make the pictures beside the example workflows again")
    commands.add_parser("links", help="write links of the files into the example workflows")
    commands.add_parser("lint", help="check style and format")
    recipes = commands.add_parser("recipes", help="say which accelerators files are")
    recipes.add_argument("files", nargs="*", metavar="FILE", help="safetensors files")
    recipes.add_argument(
        "--table", action="store_true", help="write the table in docs/models.md again"
    )
    return parser


def _tiers_in_words() -> str:
    return f"{', '.join(TIERS)} (all of these), {', '.join(EXTRA_TIERS)}"


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    middle = arguments.index("--")
    return arguments[:middle], arguments[middle + 1 :]


def _run(arguments: argparse.Namespace, after: list[str]) -> int:
    if arguments.command == "demo":
        check_demo_options(arguments)
        return run_demo(set_up(tests=False), arguments)
    elif arguments.command == "serve":
        if arguments.port is not None:
            check_free(arguments.port)
        serve(set_up(tests=False), arguments.port)
    elif arguments.command == "host":
        own = None if arguments.version else own_host()
        print((own or set_up_host(arguments.version or NEWEST)).folder)
    elif arguments.command == "bench":
        return run_bench(set_up(tests=True))
    elif arguments.command == "pictures":
        return run_node_pictures(set_up(tests=True))
    elif arguments.command == "thumbnails":
        return run_thumbnails(set_up(tests=False))
    elif arguments.command == "links":
        write_links()
    elif arguments.command == "recipes":
        if arguments.table:
            write_table()
        elif not arguments.files:
            raise UserError("Name the files: python3 dev.py recipes FILE...")
        return report_files(arguments.files)
    elif arguments.command == "lint":
        set_up(tests=True)
        return run_lint()
    else:
        tiers = _tiers_of(arguments)
        host = set_up(tests=True, cluster="cluster" in tiers)
        return 0 if run_tiers(tiers, host, after, durations=arguments.durations) else 1
    return 0


def _tiers_of(given: argparse.Namespace) -> list[str]:
    unknown = set(given.tiers) - {*TIERS, *EXTRA_TIERS}
    if unknown:
        raise UserError(f"There is no tier {unknown.pop()}: choose from {_tiers_in_words()}.")
    if given.ci and given.tiers:
        raise UserError("--ci says which tiers: name none beside it.")
    return tiers_for_ci() if given.ci else list(dict.fromkeys(given.tiers or TIERS))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _in_words(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "The disk is full: make room and try again; unfinished files are made again."
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or error}{where}."


def _fail(sentence: str, code: int = 1) -> int:
    print(sentence, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
