"""A published file of a recipe: what is known about it without having it."""

from dataclasses import dataclass

KEYS = ("kohya", "peft", "transformer", "diffusers", "unet", "checkpoint")


@dataclass(frozen=True)
class KnownFile:
    """Facts about a file; what is 0 or empty is not known.

    `match` is a regular expression searched in the path under the models folder, in any case.
    `modules` counts the layers a LoRA changes. `keys` names the way its tensors are called. `path`
    is where it lies in the repository of its recipe: empty for the root under its name, a whole
    link for another repository, "-" where that is not known. `optional` is a regular expression
    for layers of it that a model may lack. `alpha` is that of a LoRA whose file holds none.
    """

    name: str
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
