"""An acceleration LoRA from nothing on the demo model: `python3 dev.py demo --distil`."""

import argparse
import importlib
import sys
from pathlib import Path

from .host import enter


def main(arguments: list[str] | None = None) -> int:
    """Writes the sheet and prints the table."""
    given = _parser().parse_args(arguments)
    enter(given.host, given.base)
    # What it imports is the host's.
    made = importlib.import_module(f"{__package__}.show").show(given.base, given.output)
    sys.stdout.write(made)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", type=Path, required=True, help="ComfyUI's folder")
    parser.add_argument("--base", type=Path, required=True, help="its base folder, with models")
    parser.add_argument("--output", type=Path, required=True, help="for the contact sheet")
    return parser


if __name__ == "__main__":
    sys.exit(main())
