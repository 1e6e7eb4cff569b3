"""Names that a folder or a file may have on every system."""

import re

# Letters, each of which may be four of the 255 bytes that systems take; a number may follow.
LONGEST = 60
# What separates folders somewhere, control characters, and Windows' names of devices.
_NO_NAME = re.compile(r'[/\\:*?"<>|\x00-\x1f]|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)


def is_name(text: str) -> bool:
    # Windows drops dots and spaces at the end.
    ends = text.endswith((".", " "))
    return bool(text) and len(text) <= LONGEST and not ends and not _NO_NAME.search(text)
