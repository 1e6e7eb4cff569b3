"""A reward from what a person connects, each kind with what it needs."""

from typing import Any

from ... import folders
from .classifier import read_classifier
from .kind import Reward

AESTHETIC, PROMPT, CLASSIFIER = KINDS = ("aesthetic", "prompt", "classifier")
NO_HEAD = "none"


def reward_of(kind: str, clip_vision: Any, clip: Any, head: str) -> Reward:
    """Raises ValueError for a kind that lacks what it scores with."""
    _check_head(kind, head)
    return read_classifier(folders.classifier_path(head), head)


def _check_head(kind: str, head: str) -> None:
    if kind != PROMPT and head == NO_HEAD:
        raise ValueError(
            f"The reward {kind} needs a file. Put it into models/classifiers and choose it under "
            "head."
        )
