"""The demo's programs find dev.py's tools as in the checkout's folder."""

import sys
from pathlib import Path

# Last, or the pack's folders would hide others of the same names.
sys.path.append(str(Path(__file__).parents[2]))
