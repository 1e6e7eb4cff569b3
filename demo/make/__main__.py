"""An acceleration LoRA from nothing on the demo model: `python3 dev.py demo --distil`."""

import importlib
import sys

from ..places import parser
from .host import enter


def main(arguments: list[str] | None = None) -> int:
    """Writes the sheet and prints the table."""
    given = parser(__doc__, "for the contact sheet").parse_args(arguments)
    enter(given.host, given.base)
    # What it imports is the host's.
    made = importlib.import_module(f"{__package__}.show").show(given.base, given.output)
    sys.stdout.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
