"""Progress on the terminal, and lines in a log file now and then."""

import time
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

_LOG = 60.0


class Progress(tqdm):
    """A bar with the mean loss, which also goes into the log every minute and at the end."""

    def __init__(self, log: Path, stage: str, step: int, steps: int) -> None:
        super().__init__(desc=stage, initial=step, total=steps, unit="step", mininterval=2)
        self._log, self._begin, self._logged = log, time.monotonic(), time.monotonic()
        self._loss: Tensor | None = None

    def advance(self, loss: Tensor) -> None:
        """Call after every step."""
        # Stays on its device: reading the number would make every step wait for the GPU.
        self._loss = loss if self._loss is None else self._loss.lerp(loss, 0.02)
        if self.update():
            self.set_postfix_str(f"loss {self._loss:.4f}", refresh=False)
        if time.monotonic() - self._logged >= _LOG:
            self._write()

    def close(self) -> None:
        """Ends the line and writes where it stopped."""
        super().close()
        if self._loss is not None:
            self._write()
            self._loss = None

    def _write(self) -> None:
        self._logged = time.monotonic()
        seconds = self._logged - self._begin
        speed = (self.n - self.initial) / seconds
        text = f"{self.desc}: step {self.n}/{self.total}, loss {self._loss:.4f}"
        note(self._log, f"{text}, {speed:.2f} steps/s, {seconds:.0f} s")


def note(log: Path, text: str) -> None:
    """Adds a line with the time to the log."""
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
