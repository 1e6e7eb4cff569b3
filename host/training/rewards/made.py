"""A reward from what a person connects, each kind with what it needs."""

from pathlib import Path
from typing import Any

from ... import folders
from ..choices import AESTHETIC, CLASSIFIER, NO_HEAD
from .aesthetic import read_aesthetic
from .classifier import read_classifier
from .kind import Reward
from .prompt import PromptReward
from .vision import Vision


def reward_of(kind: str, clip_vision: Any, clip: Any, head: str) -> Reward:
    """Raises ValueError for a kind that lacks what it scores with."""
    if kind == CLASSIFIER:
        return read_classifier(_file(kind, head), head)
    if clip_vision is None:
        raise ValueError(
            f"The reward {kind} sees pictures by CLIP. Connect Load CLIP Vision to clip_vision."
        )
    vision = Vision(clip_vision)
    if kind == AESTHETIC:
        return read_aesthetic(_file(kind, head), head, vision)
    if clip is None:
        raise ValueError(
            "The reward prompt compares pictures with texts. Connect Load CLIP with the text half "
            "of the same CLIP to clip."
        )
    return PromptReward(vision, clip)


def _file(kind: str, head: str) -> Path:
    if head == NO_HEAD:
        raise ValueError(
            f"The reward {kind} needs a file. Put it into models/classifiers and choose it under "
            "head."
        )
    return folders.classifier_path(head)
