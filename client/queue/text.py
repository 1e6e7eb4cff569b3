"""What may be printed or written of what a server says: its words, and nothing a terminal obeys."""

import re
import shutil
import textwrap
import unicodedata
from typing import IO

_MOST = 1000
# Sequences that move the cursor, colour, or set titles and links: with 7 and with 8 bits.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
# Controls, what turns the direction of writing, halves of characters, and unassigned ones.
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co"}


def clean(said: object, most: int = _MOST) -> str:
    """One line of text that can be shown anywhere, cut where it is too long."""
    text = _SEQUENCE.sub("", str(said)[: 20 * most])
    seen = "".join(_seen(letter) for letter in text)
    line = " ".join(seen.split())
    return line if len(line) <= most else line[: most - 4].rstrip() + " ..."


def is_plain(name: str) -> bool:
    """True for a name without anything that `clean` takes out."""
    return not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name)


def for_stream(sentence: str, stream: IO[str]) -> str:
    """The sentence, on a terminal with its lines broken between words."""
    line = clean(sentence, 4 * _MOST)
    if not stream.isatty():
        return line
    width = shutil.get_terminal_size().columns
    return textwrap.fill(line, max(width, 20), break_long_words=False, break_on_hyphens=False)


def _seen(letter: str) -> str:
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter) in _UNSEEN else letter
