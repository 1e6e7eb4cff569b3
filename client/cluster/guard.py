"""Runs a Python script or module that ends when the process that started it is gone.

    python guard.py SCRIPT [ARGUMENT...]      python guard.py -m MODULE [ARGUMENT...]

Standard input is a pipe that the parent holds open and never writes to; the system closes it
when the parent ends, however it ends. dev.py's tools run their children with it too.
"""

import os
import runpy
import sys
import threading
from pathlib import Path


def main() -> None:
    # What runs here may put something else in the place of standard input, as pytest does.
    pipe = os.dup(0)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    threading.Thread(target=_end_with_parent, args=(pipe,), daemon=True).start()
    arguments = sys.argv[1:]
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        sys.path[0] = os.getcwd()
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path[0] = str(Path(arguments[0]).resolve().parent)
        runpy.run_path(arguments[0], run_name="__main__")


def _end_with_parent(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
