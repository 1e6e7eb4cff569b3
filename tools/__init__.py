"""What dev.py and the tests are made of. Not part of the published pack."""

import sys

# Every module here imports this first, so an older Python gets this far.
if sys.version_info < (3, 10):  # noqa: UP036
    sys.exit("FewStep needs Python 3.10 or newer, and this is " + sys.version.split()[0] + ".")
