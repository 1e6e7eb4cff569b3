"""What several nodes share: the recipe's wire type, search words, common inputs."""

import json
from pathlib import Path

from comfy_api.v0_0_2 import io

MAX_SEED = 0xFFFFFFFFFFFFFFFF
SAMPLERS_CATEGORY = "model/sampling/samplers"
SCHEDULERS_CATEGORY = "model/sampling/schedulers"
# For the nodes that choose a recipe or follow one. The page lists nodes with the same words by how
# short their ids are, so that more nodes with these would push the three below out of sight.
SEARCH_ALIASES = ["tcd", "lcm", "hyper-sd", "turbo", "lightning", "few step"]
RecipeType = io.Custom("FEWSTEP_RECIPE")


def first_aliases() -> list[str]:
    """For the loaders and Few-step KSampler, where people begin: what they type, in all languages.

    What is typed has to be in one of them, all its words together.
    """
    files = (Path(__file__).parents[1] / "locales").glob("*/search.json")
    words = [word for file in sorted(files) for word in json.loads(file.read_text("utf-8"))]
    return [*SEARCH_ALIASES, *words]


def gamma_input(default: float, tooltip: str) -> io.Float.Input:
    return io.Float.Input(
        "gamma",
        default=default,
        min=0.0,
        max=1.0,
        step=0.01,
        display_mode=io.NumberDisplay.slider,
        tooltip=tooltip,
    )


def s_noise_input() -> io.Float.Input:
    return io.Float.Input(
        "s_noise",
        default=1.0,
        min=0.0,
        max=2.0,
        step=0.01,
        advanced=True,
        tooltip="Strength of the noise added at each step. 1 is right for the model; lower is "
        "smoother, higher is grainier.",
    )


def denoise_input(optional: bool = False) -> io.Float.Input:
    return io.Float.Input(
        "denoise",
        default=1.0,
        min=0.0,
        max=1.0,
        step=0.01,
        optional=optional,
        tooltip="How much of the picture is redrawn: 1 is all of it, 0 leaves the latent as it is. "
        "Below 1 the number of steps stays the same, and they start at exactly that noise level; "
        "of listed timesteps, those below it are used.",
    )


def recipe_steps_input() -> io.Int.Input:
    tooltip = "Number of steps; 0 is the recipe's own."
    return io.Int.Input(
        "steps",
        display_name="steps (0 = recipe)",
        default=0,
        min=0,
        max=50,
        tooltip=tooltip,
    )


def recipe_cfg_input() -> io.Float.Input:
    tooltip = "CFG; 0 is the recipe's own. At 1 the negative prompt has no effect."
    return io.Float.Input(
        "cfg",
        display_name="cfg (0 = recipe)",
        default=0.0,
        min=0.0,
        max=30.0,
        step=0.1,
        tooltip=tooltip,
    )


def shift_input(tooltip: str) -> io.Float.Input:
    return io.Float.Input(
        "shift",
        display_name="shift (0 = own)",
        default=0.0,
        min=0.0,
        max=100.0,
        step=0.01,
        optional=True,
        tooltip=tooltip,
    )


def latent_size_input() -> io.Latent.Input:
    return io.Latent.Input(
        "latent",
        optional=True,
        tooltip="The latent that is sampled, for recipes whose shift depends on the size of the "
        "picture: FLUX.1, FLUX.2 and Qwen-Image 2.1. Others need none.",
    )


def seed_input(name: str, tooltip: str) -> io.Int.Input:
    return io.Int.Input(
        name, default=0, min=0, max=MAX_SEED, control_after_generate=True, tooltip=tooltip
    )
