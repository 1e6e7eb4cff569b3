"""Runs ComfyUI's main.py and ends it when the worker that started it is gone.

python guard.py MAIN.py [ARGUMENT...]; standard input is a pipe that the worker holds open.
"""

import os
import runpy
import sys
import threading
from pathlib import Path


def _end_with_parent(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    own = os.dup(0)
    threading.Thread(target=_end_with_parent, args=(own,), daemon=True).start()
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    sys.argv = sys.argv[1:]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
    runpy.run_path(sys.argv[0], run_name="__main__")
