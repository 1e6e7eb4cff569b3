"""What the page makes of text as it sends it: choices, comments, and tokens in file names.

`{a|b}` is one of the two, nested as deep as one likes; `\\{`, `\\|` and `\\}` are the letters;
`//` and `/* */` are comments. `%date:yyyy-MM-dd%` is the day, `%KSampler.seed%` a widget's value.
"""

import random
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..errors import InputError

# Whose `filename_prefix` takes tokens: a list of the page's own (ComfyUI 0.30).
NAMES_FILES = frozenset(
    "SaveImage SaveImageAdvanced SaveSVGNode SaveVideo SaveAnimatedWEBP SaveWEBM SaveAudio"
    " SaveAudioMP3 SaveAudioOpus SaveAudioAdvanced SaveGLB Save3DAdvanced SaveGaussianSplat"
    " SavePointCloud SaveAnimatedPNG CLIPSave VAESave ModelSave LoraSave SaveLatent".split()
)
_DEEPEST = 100
_COMMENT = re.compile(r"/\*[\s\S]*?\*/|//[^\n\r\u2028\u2029]*")
_ESCAPED = re.compile(r"\\([{}|])")
_TOKEN = re.compile(r"%([^%]+)%")
_DATE = re.compile(r"dd?|MM?|hh?|mm?|ss?|yyy?y?")
_NOT_IN_FILE_NAMES = re.compile(r'[/?<>\\:*|"\x00-\x1f\x7f]')
# From the options to the place of one of them.
Choose = Callable[[list[str]], int]


class Written(str):
    """Text of a workflow that says what it is only when a job runs: it has choices or tokens.

    `found` is what a token stands for: the node's id in the prompt, the widget, its saved value.
    """

    is_drawn: bool
    found: dict[str, tuple[str, str, Any]]

    def __new__(cls, text: str, *, is_drawn: bool, found: dict | None = None) -> "Written":
        made = super().__new__(cls, text)
        made.is_drawn, made.found = is_drawn, found or {}
        return made

    def value(self, choose: Choose, changes: dict[tuple[str, str], Any], now: datetime) -> str:
        """What the page would send, with the inputs that a job changes."""
        text = str(self)
        if not self.is_drawn or self.found:
            text = _TOKEN.sub(lambda token: self._token(token, changes, now), text)
        return drawn(text, choose) if self.is_drawn else text

    def _token(self, token: re.Match, changes: dict[tuple[str, str], Any], now: datetime) -> str:
        first, *rest = token[1].split(".")
        if len(rest) != 1:
            return _dated(first[5:], now) if first.startswith("date:") else token[0]
        if token[1] not in self.found:
            return token[0]
        node, name, saved = self.found[token[1]]
        return _NOT_IN_FILE_NAMES.sub("_", _said(changes.get((node, name), saved)))


class WithTokens(str):
    """Text of a primitive node that a person has told to fill in tokens."""


def with_choices(text: str) -> str:
    """The text as the page sends it; Written where there is more than one it could be."""
    if isinstance(text, Written):
        return Written(text, is_drawn=True, found=text.found)
    differ = False

    def first(options: list[str]) -> int:
        nonlocal differ
        differ = differ or len(set(options)) > 1
        return 0

    made = drawn(text, first)
    return Written(text, is_drawn=True) if differ else made


def with_tokens(text: str, look_up: Callable[[str, str], tuple[str, str, Any] | None]) -> str:
    """The text; Written if it has tokens. `look_up` finds a widget by its node's name and its own.

    ```
    with_tokens("%KSampler.seed%", look_up)
    ```
    """
    found, is_open = {}, False
    for inside in _TOKEN.findall(text):
        first, *rest = inside.split(".")
        if len(rest) == 1:
            found[inside] = look_up(first, rest[0])
        is_open = is_open or bool(found.get(inside)) or (len(rest) != 1 and first[:5] == "date:")
    found = {inside: widget for inside, widget in found.items() if widget}
    return Written(text, is_drawn=False, found=found) if is_open else text


def drawn(text: str, choose: Choose, depth: int = 0) -> str:
    """The text with a choice made everywhere, without comments."""
    if depth > _DEEPEST:
        raise InputError(f"A text has choices {_DEEPEST} deep: {text[:40]}... Write fewer.")
    text, made, at = _COMMENT.sub("", text), [], 0
    while at < len(text):
        if text[at] == "{":
            options, at = _options(text, at + 1)
            made.append(drawn(options[choose(options)], choose, depth + 1))
        else:
            letter, at = _letter(text, at)
            made.append(letter)
    return _ESCAPED.sub(r"\1", "".join(made))


def chooser(key: str) -> Choose:
    """Draws by a key alone, so that the same job makes the same choices wherever it runs."""
    generator = random.Random(key)
    return lambda options: generator.randrange(len(options))


def _options(text: str, at: int) -> tuple[list[str], int]:
    """What stands between braces, and where it ends; without a closing one, at the text's end."""
    options, letters, depth = [], [], 0
    while at < len(text):
        letter, at = _letter(text, at)
        if letter == "}" and not depth:
            break
        depth += (letter == "{") - (letter == "}")
        if letter == "|" and not depth:
            options.append("".join(letters))
            letters = []
        else:
            letters.append(letter)
    return [*options, "".join(letters)], at


def _letter(text: str, at: int) -> tuple[str, int]:
    """A letter, with the backslash before it; where none follows, the page writes a word."""
    if text[at] != "\\":
        return text[at], at + 1
    return text[at : at + 2] if at + 1 < len(text) else "\\undefined", at + 2


def _dated(pattern: str, now: datetime) -> str:
    numbers = {"d": now.day, "M": now.month, "h": now.hour, "m": now.minute, "s": now.second}

    def written(part: re.Match) -> str:
        if part[0] in ("yy", "yyyy"):
            return str(now.year)[2 if part[0] == "yy" else 0 :]
        return str(numbers[part[0][0]]).zfill(len(part[0])) if part[0][0] in numbers else part[0]

    return _DATE.sub(written, pattern)


def _said(value: Any) -> str:
    """A value as JavaScript writes it."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    if isinstance(value, float):
        return re.sub(r"e([-+])0", r"e\1", repr(value))
    return str(value)
