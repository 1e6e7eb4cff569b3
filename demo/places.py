"""Where a program of the demo works, as `dev.py` tells it."""

import argparse
from pathlib import Path


def parser(description: str | None, output: str) -> argparse.ArgumentParser:
    """For ComfyUI's folder, its base folder, and `output`, which says what is written there."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--host", type=Path, required=True, help="ComfyUI's folder")
    made.add_argument("--base", type=Path, required=True, help="its base folder, with models")
    made.add_argument("--output", type=Path, required=True, help=output)
    return made
