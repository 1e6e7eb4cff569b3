"""The guidance that FLUX's networks take as an input, on a conditioning."""

from ...recipes import Recipe

# What the host's FluxGuidance writes, and FluxDisableGuidance as None.
_KEY = "guidance"


def with_guidance(positive: list, recipe: Recipe) -> tuple[list, list[str]]:
    """The positive CONDITIONING with the recipe's guidance where it has none, and what was done.

    The conditioning that is given stays as it is.
    """
    wanted = recipe.guidance
    if wanted is None:
        return positive, []
    own = [extra[_KEY] for _, extra in positive if _KEY in extra]
    made = [[encoded, {_KEY: wanted, **extra}] for encoded, extra in positive]
    told = []
    if len(own) < len(positive):
        told.append(f"Guidance {wanted:g} is set on the positive conditioning.")
    if any(one != wanted for one in own):
        others = ", ".join(dict.fromkeys("off" if one is None else f"{one:g}" for one in own))
        told.append(
            f"The positive conditioning keeps its own guidance, {others}; the recipe's is "
            f"{wanted:g}."
        )
    return made, told
