"""A published file of a recipe: what is known about it without having it."""

from dataclasses import dataclass

KEYS = ("kohya", "peft", "transformer", "diffusers", "comfyui", "bare", "unet", "checkpoint")


@dataclass(frozen=True)
class KnownFile:
    """Facts about a file; what is 0 or empty is not known.

    `words` are what its name says (names/word_rules.py); `match`, for people's own recipes, is a
    glob for its name or its path under the models folder (names/globs.py). `modules` counts the
    layers a LoRA changes. `keys` names the way its tensors are called. `path` is where it lies in
    the repository of its recipe: empty for the root under its name, a whole link for another
    repository, "-" where that is not known. `optional` holds globs, with commas between them, each
    for a part of the name of layers that a model may lack. `alpha` is that of a LoRA whose file
    holds none.
    """

    name: str
    words: str = ""
    match: str = ""
    bytes: int = 0
    sha256: str = ""
    keys: str = ""
    modules: int = 0
    rank: int = 0
    dtype: str = ""
    path: str = ""
    optional: str = ""
    alpha: float = 0
