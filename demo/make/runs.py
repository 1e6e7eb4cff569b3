"""What is made, by the nodes that people use, one after the other."""

from typing import Any, NamedTuple

import torch

from tools.pack import pure

from ..config import SIZE
from ..files.assemble import lora_name
from ..scenes.inputs import styled
from ..scenes.words import prompt
from .model import Demo, prompts
from .settings import CFG, PROMPTS, STYLE_PICTURES, Making

_SIDES = {"width": SIZE, "height": SIZE}
_SAVE_EVERY = 25


class Made(NamedTuple):
    """What a stage gives: the model with the LoRA, the LoRA, and what the node reports."""

    model: Any
    lora: Any
    report: str


class Pictures(NamedTuple):
    """One's own pictures as the host's LATENT, and a prompt a line for each."""

    latents: dict[str, Any]
    prompts: str


def style_pictures(demo: Demo, count: int = STYLE_PICTURES) -> Pictures:
    """In the demo's other style, as a folder of them would come through VAE Encode."""
    scenes, drawn = styled(count)
    with torch.inference_mode():
        latents = demo.vae.encode(drawn.movedim(1, 3))
    return Pictures({"samples": latents}, "\n".join(prompt(*row) for row in scenes.words.tolist()))


def run(demo: Demo, making: Making, seed: int = 0, pictures: Pictures | None = None) -> list[Made]:
    """The stages of it; a run that was stopped goes on where it was.

    `seed` is another run of the same settings.
    """
    words = pictures.prompts if pictures else prompts(PROMPTS)
    paths = _paths(demo, making, words, seed) if making.paths else None
    made: list[Made] = []
    for number, stage in enumerate(making.stages, 1):
        made.append(
            _node(
                "distil",
                "FewStepDistil",
                demo,
                prompts=words,
                start_lora=making.start if making.start == "none" else lora_name(making.start),
                method=stage.method,
                target_steps=stage.target,
                steps=stage.steps,
                batch=stage.batch,
                learning_rate=stage.rate,
                rank=making.rank,
                seed=seed,
                name=making.mark(number, seed),
                preview_every=0,
                save_every=_SAVE_EVERY,
                paths=paths,
                latents=pictures.latents if pictures else None,
                vae=demo.vae,
                start=made[-1].lora if made else None,
            )
        )
    return made


def _paths(demo: Demo, making: Making, words: str, seed: int) -> Any:
    return _call(
        "teacher_paths",
        "FewStepTeacherPaths",
        demo,
        prompts=words,
        count=making.paths.count,
        steps=making.paths.steps,
        seed=seed * 10**6,
        name=f"paths-{making.paths.count}-{making.paths.steps}-{seed}",
    )[0]


def _node(module: str, kind: str, demo: Demo, /, **asked: Any) -> Made:
    model, lora, _, _, _, report = _call(module, kind, demo, **asked)
    return Made(model, lora, report)


def _call(module: str, kind: str, demo: Demo, /, **asked: Any) -> tuple[Any, ...]:
    node = getattr(pure(f"nodes.{module}"), kind)
    given = {"model": demo.model, "clip": demo.clip, "negative": "", "cfg": CFG, **_SIDES, **asked}
    if node.INPUT_IS_LIST:
        given = {name: [value] for name, value in given.items()}
    # As the host runs nodes.
    with torch.inference_mode():
        return node.execute(**given).result
