"""Two experts of one model, such as Wan 2.2's: whether they are a pair, and their recipe."""

import re
from typing import Any, NamedTuple

from ..recipes import Recipe
from .accelerator import Given, accelerator_of, recipe_for
from .lora.of_recipe import file_of
from .sampling.levels import subject_of

_HALF = re.compile(r"(?<![a-z])(high|low)(?![a-z])")
# What the levels and the sampler of a recipe come from: one run has one of each.
_SHARED = ("base", "sampler", "spacing", "timesteps", "u", "sigmas", "shift", "prediction")


class Half(NamedTuple):
    """Which half of a pair a model is made for, "" if not known, and the file that says it."""

    half: str
    file: str


def pair_recipe(high: Any, low: Any, connected: Recipe | None, node: str) -> Given:
    """The recipe of two patchers, for high and for low noise: the connected one, high's, or low's.

    Raises ValueError for models or recipes that are no pair, and what `recipe_for` does.
    """
    _check_order(half_of(high), half_of(low))
    _check_kind(high, low)
    own = [_recipe_of(model) for model in (high, low)]
    if connected is None and all(own):
        _check_recipes(*own)
    carrier = low if connected is None and own[1] and not own[0] else high
    return recipe_for(carrier, connected, node)


def boundary_of(recipe: Recipe, chosen: float) -> float:
    """The level at which the experts change: the recipe's where `chosen` is 0.

    Raises ValueError for a level outside of 0..1, and where the recipe has none.
    """
    if not 0 <= chosen <= 1:
        raise ValueError(
            f"boundary is {chosen:g}, and levels of flow models go from 0 to 1: 0.875 is Wan 2.2 "
            "text to video's, 0.9 image to video's, 0 the recipe's own."
        )
    if chosen or recipe.boundary is not None:
        return chosen or recipe.boundary
    raise ValueError(
        f"{recipe.name} does not say at which level the two models change. Set boundary: 0.875 "
        "for Wan 2.2 text to video, 0.9 for image to video."
    )


def half_of(model: Any) -> Half:
    """From the accelerator's recipe or file, and from the model's own file."""
    carried = accelerator_of(model)
    if carried and carried.recipe and carried.recipe.half in ("high", "low"):
        return Half(carried.recipe.half, carried.file)
    for file in (carried.file if carried else "", file_of(model)):
        found = set(_HALF.findall(file.lower()))
        if len(found) == 1:
            return Half(found.pop(), file)
    return Half("", "")


def _check_order(high: Half, low: Half) -> None:
    if high.half == "low" and low.half == "high":
        raise ValueError(
            f"The two models are in each other's place: {high.file} is for low noise and "
            f"{low.file} for high noise. Exchange high_model and low_model."
        )
    for given, wanted in ((high, "high"), (low, "low")):
        if given.half and given.half != wanted:
            raise ValueError(
                f"{given.file} is for {given.half} noise, and it is connected as {wanted}_model. "
                f"Connect the one for {wanted} noise there."
            )


def _check_kind(high: Any, low: Any) -> None:
    kinds = [_kind_of(model) for model in (high, low)]
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"high_model is {_kind_text(*kinds[0])} and low_model is {_kind_text(*kinds[1])}: they "
            "are no two experts of one model. Load both from the same release."
        )
    if not subject_of(high).flow:
        raise ValueError(
            "The two experts change at a level from 0 to 1, which only flow models such as Wan 2.2 "
            "have. For other models use SamplerCustomAdvanced with Split SIGMAS at a level."
        )


def _kind_of(model: Any) -> tuple[str, Any]:
    """The host's class, and its input channels, which image to video has more of."""
    config = getattr(model.model.model_config, "unet_config", {})
    return type(model.model).__name__, config.get("in_dim", config.get("in_channels"))


def _kind_text(name: str, channels: Any) -> str:
    return name if channels is None else f"{name} with {channels} channels"


def _recipe_of(model: Any) -> Recipe | None:
    carried = accelerator_of(model)
    return carried.recipe if carried else None


def _check_recipes(high: Recipe, low: Recipe) -> None:
    for name in (*_SHARED, "boundary"):
        ours, theirs = getattr(high, name), getattr(low, name)
        unknown = name == "boundary" and None in (ours, theirs)
        if ours != theirs and not unknown:
            raise ValueError(
                f"The recipes of the two models do not belong together: {high.id} of high_model "
                f"and {low.id} of low_model differ in {name}. Load two LoRAs of one release, or "
                "connect the recipe to use."
            )
