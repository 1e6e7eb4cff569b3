"""Making acceleration LoRAs inside ComfyUI: distil/ on the host's models.

What the nodes call is here, and what does the work is read with the first call: it is a fifth of
all that the pack has, and most people train nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .choices import CLASSIFIER, DISTANCES, LATENT, METHODS, NO_HEAD, NONE, REPAIR, REWARDS

__all__ = [
    "CLASSIFIER",
    "DISTANCES",
    "LATENT",
    "METHODS",
    "NONE",
    "NO_HEAD",
    "REPAIR",
    "REWARDS",
    "distil",
    "make_paths",
    "reward_of",
    "save_accelerator",
    "unlisted",
]


def distil(model: Any, clip: Any, asked: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """run.distil with the fields of asked.Asked and asked.Given."""
    from .asked import Asked, Given
    from .run import distil as work

    return work(model, clip, Asked(**asked), Given(**given))


def unlisted(lists: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """listed.unlisted."""
    from .listed import unlisted as work

    return work(lists)


def make_paths(model: Any, clip: Any, asked: Mapping[str, Any]) -> Any:
    """paths.make_paths with the fields of paths.PathsAsked."""
    from .paths import PathsAsked
    from .paths import make_paths as work

    return work(model, clip, PathsAsked(**asked))


def reward_of(kind: str, clip_vision: Any, clip: Any, head: str) -> Any:
    """rewards.made.reward_of."""
    from .rewards.made import reward_of as work

    return work(kind, clip_vision, clip, head)


def save_accelerator(lora: Any, recipe: Any, prefix: str, notes: str) -> str:
    """saving.save_accelerator."""
    from .saving import save_accelerator as work

    return work(lora, recipe, prefix, notes)
