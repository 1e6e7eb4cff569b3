"""How far a long run is and how long it still takes: on its node, bar and words, and in the log."""

import logging
import time
from typing import Any

import comfy.utils

from .page import tell_on_node

_LOG = logging.getLogger(__name__)
# Seconds between two texts: what a person can read, and what a log of a night may hold.
_ON_NODE, _IN_LOG = 1.0, 30.0


class TimeLeft:
    """Tells of a run of `total` steps, or of other things, that begins after `done` of them."""

    def __init__(self, name: str, total: int, done: int = 0, unit: str = "step"):
        self._name, self._unit = name, unit
        self._total, self._first = total, done
        self._bar = comfy.utils.ProgressBar(total)
        self._begun = time.monotonic()
        self._told = self._logged = float("-inf")

    def seconds_each(self, done: int) -> float:
        """Of those that were done here, with all that was done between them."""
        return (time.monotonic() - self._begun) / max(done - self._first, 1)

    def tell(self, done: int, more: str = "", preview: Any = None) -> None:
        """Says that `done` are done, and `more`; in words not more often than people read."""
        self._bar.update_absolute(done, self._total, preview)
        now = time.monotonic()
        last = done >= self._total
        if not last and now - self._told < _ON_NODE:
            return
        self._told = now
        text = self.text(done, more)
        tell_on_node(text)
        if last or now - self._logged >= _IN_LOG:
            self._logged = now
            _LOG.info("%s: %s", self._name, text)

    def text(self, done: int, more: str = "") -> str:
        each = self.seconds_each(done)
        left = in_words((self._total - done) * each)
        parts = [f"{self._unit} {done} of {self._total}", more]
        parts += [f"{each:.2f} seconds a {self._unit}", f"{left} left"]
        return ", ".join(part for part in parts if part)


def in_words(seconds: float) -> str:
    """A time as people say it: 40 seconds, 12 minutes, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
