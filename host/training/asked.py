"""What a person asks of a run, and the stages that it is made of."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor

from ...distil import LOSSES
from ...recipes import Recipe
from ..folders import new_digest
from .choices import LATENT, NONE, REPAIR
from .paths import TeacherPaths
from .rewards.decoder import check_decodes
from .rewards.kind import Reward

# Those that make something else of a LoRA that works.
_IMPROVE = ("score", "adversarial", "fine-tuning")
# Of no meaning for what is trained, so that they may be changed on the way.
_FREE = ("preview_every", "save_every")


class Asked(NamedTuple):
    """The settings of a run; `target_steps` 0 is one LoRA for 1 to 8 steps."""

    prompts: str
    negative: str
    start_lora: str
    method: str
    target_steps: int
    steps: int
    batch: int
    learning_rate: float
    rank: int
    cfg: float
    seed: int
    name: str
    width: int
    height: int
    preview_every: int = 0
    save_every: int = 50
    loss: str = LATENT
    reward_weight: float = 0.1


class Given(NamedTuple):
    """What may be connected to a run."""

    paths: TeacherPaths | None = None
    latents: Mapping[str, Any] | None = None
    recipe: Recipe | None = None
    vae: Any = None
    start: Mapping[str, Tensor] | None = None
    reward: Reward | None = None


class Stage(NamedTuple):
    """A loss and its number of steps."""

    loss: str
    steps: int


def stages_of(asked: Asked, given: Given) -> list[Stage]:
    """Repair is score distillation, after half of the steps on paths where there are some.

    Raises ValueError where a method lacks what it learns from.
    """
    if asked.method == REPAIR:
        half = asked.steps // 2 if given.paths else 0
        stages = [Stage("trajectory", half), Stage("score", asked.steps - half)]
        stages = [stage for stage in stages if stage.steps]
    else:
        stages = [Stage(asked.method, asked.steps)]
    stages = _compared(stages, asked)
    begun = given.start is not None or asked.start_lora != NONE
    for stage in stages:
        needs = LOSSES[stage.loss].needs
        if needs == "paths" and given.paths is None:
            raise ValueError(
                f"The method {asked.method} learns from the teacher's paths. Connect Teacher "
                "paths to paths."
            )
        if stage.loss == "fine-tuning" and given.latents is None:
            raise ValueError(
                "The method fine-tuning learns from your own pictures. Connect VAE Encode with "
                "them to latents."
            )
        if needs == "images" and given.paths is None and given.latents is None:
            raise ValueError(
                f"The method {asked.method} learns from pictures. Connect Teacher paths to paths, "
                "or VAE Encode with pictures of your own to latents."
            )
        if stage.loss in _IMPROVE and not begun:
            raise ValueError(
                f"The method {asked.method} improves a LoRA that works already. Choose one under "
                "start_lora, or connect the lora of another Distil an acceleration LoRA to start."
            )
    if given.latents is not None and all(LOSSES[one.loss].needs != "images" for one in stages):
        raise ValueError(
            f"The method {asked.method} does not learn from pictures of your own. Set method to "
            "fine-tuning, consistency or adversarial, or take latents off."
        )
    if given.reward is not None:
        check_decodes(given.vae)
        if not begun:
            raise ValueError(
                "A reward improves a LoRA that works already. Choose one under start_lora, or "
                "connect the lora of another Distil an acceleration LoRA to start."
            )
    return stages


def _compared(stages: list[Stage], asked: Asked) -> list[Stage]:
    """The stages on paths by features, where that is asked. Raises ValueError where none is."""
    if asked.loss == LATENT:
        return stages
    if all(stage.loss != "trajectory" for stage in stages):
        raise ValueError(
            f"The loss {asked.loss} compares with the teacher's paths. Set method to trajectory, "
            "or to repair with Teacher paths connected to paths, or set loss to latent."
        )
    return [
        stage._replace(loss=asked.loss) if stage.loss == "trajectory" else stage for stage in stages
    ]


def settings_of(asked: Asked, given: Given, teacher: str) -> dict[str, Any]:
    """What has to be the same for a run to go on."""
    fields = {key: value for key, value in asked._asdict().items() if key not in _FREE}
    paths, rewarded = given.paths, {}
    if given.reward is None:
        # As runs were kept before there were rewards.
        fields.pop("reward_weight")
    else:
        rewarded = {"reward": given.reward.mark()}
    return {
        **fields,
        **rewarded,
        "teacher": teacher,
        "paths": None if paths is None else [*paths.asked._asdict().values(), paths.teacher],
        "latents": None if given.latents is None else _hash({"": given.latents["samples"]}),
        "recipe": None if given.recipe is None else given.recipe.to_json(),
        "start": None if given.start is None else _hash(given.start),
    }


def _hash(tensors: Mapping[str, Tensor]) -> str:
    digest = new_digest()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()
