"""The bar: jobs done, rate, time left, failures; and sentences above it."""

import sys

from tqdm import tqdm

from .batch import Batch
from .text import for_stream


def tell(sentence: str) -> None:
    """A sentence while there is no bar."""
    tqdm.write(for_stream(sentence, sys.stderr), file=sys.stderr)


class Progress:
    """`with Progress(300) as progress`: on standard error, so that results stand alone."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._bar = tqdm(total=total, unit="job", disable=quiet, smoothing=0.1, file=sys.stderr)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def begin(self, batch: Batch) -> None:
        """Jobs that are done already are not part of the rate."""
        self._bar.initial = len(batch.done)
        self._bar.n = len(batch.done)
        self._bar.refresh()

    def show(self, batch: Batch) -> None:
        if batch.failed:
            self._bar.set_postfix(failed=len(batch.failed), refresh=False)
        self._bar.update(len(batch.done) + len(batch.failed) - self._bar.n)

    def tell(self, sentence: str) -> None:
        self._bar.write(for_stream(sentence, sys.stderr), file=sys.stderr)
