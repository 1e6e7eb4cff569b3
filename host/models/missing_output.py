"""What stands for an output that a file does not have, until somebody uses it."""

from typing import Any


class NotLoadedError(AttributeError):
    """An AttributeError, so that hosts that look at outputs between nodes find nothing there."""


class MissingOutput:
    """Says `sentence` as an error when a node uses it; a wire nobody uses does no harm."""

    def __init__(self, sentence: str):
        self.sentence = sentence

    def __getattr__(self, name: str) -> Any:
        raise NotLoadedError(self.__dict__.get("sentence", name))
