"""The demo model as ComfyUI loads it, with its prompts, and pictures by the host's own sampling."""

import itertools
from pathlib import Path
from typing import Any, NamedTuple

import comfy.sample
import comfy.samplers
import comfy.sd
import comfy.utils
import torch
from torch import Tensor

from ..config import SEED, WIDE
from ..files.assemble import CHECKPOINT, lora_name
from ..model.prompts import Prompts
from ..scenes import data
from ..scenes.data import Scenes
from ..scenes.words import COLOURS, SHAPES, TEMPLATES, prompt
from ..show.judge import Judge

_CHUNK = 64
_SIDE = 8


class DemoClip:
    """The demo's texts, embedded by the demo itself: its text encoder takes long on a CPU."""

    def __init__(self) -> None:
        sizes = map(range, (len(SHAPES), len(COLOURS), len(COLOURS), len(TEMPLATES)))
        self._words = {prompt(*words): words for words in itertools.product(*sizes)}
        self.prompts = Prompts(torch.device("cpu"))

    def tokenize(self, text: str) -> str:
        return text

    def encode_from_tokens_scheduled(self, text: str) -> list[Any]:
        if not text:
            return [[self.prompts.empty(), {}]]
        return [[self.prompts(torch.tensor([self._words[text]])), {}]]


class Demo(NamedTuple):
    """The demo's checkpoint, its prompts, its VAE, and the folder of its LoRAs."""

    model: Any
    clip: DemoClip
    vae: Any
    loras: Path

    def styled(self) -> Any:
        """Somebody's own merge: the model with the style LoRA in the weights."""
        return self.with_lora(self.model, "style")

    def with_lora(self, model: Any, stage: str) -> Any:
        """`model` with the LoRA of a stage of the demo's training, by the host's own loader."""
        tensors = comfy.utils.load_torch_file(str(self.loras / lora_name(stage)))
        return comfy.sd.load_lora_for_models(model, None, tensors, 1.0, 0.0)[0]


def load(base: Path) -> Demo:
    """From a base folder with the demo's files."""
    models = base / "models"
    path = models / "checkpoints" / CHECKPOINT
    with torch.inference_mode():
        model, _, vae, _ = comfy.sd.load_checkpoint_guess_config(
            str(path), output_vae=True, output_clip=False
        )
    return Demo(model, DemoClip(), vae, models / "loras")


def prompts(count: int, seed: int = 56) -> str:
    """Texts of words that the demo was trained on, one a line."""
    words = data.scenes(0, count, WIDE, seed=SEED + seed, words=data.trained()).words
    return "\n".join(dict.fromkeys(prompt(*row) for row in words.tolist()))


def asked_for(count: int) -> Scenes:
    """What the demo is judged by: the same scenes as in its table, held-out words too."""
    return data.scenes(0, count, WIDE, seed=SEED + 9, words=data.combinations())


def drawn(
    demo: Demo, model: Any, steps: int, scenes: Scenes, *, cfg: float = 1.0, turn: int = 0
) -> Tensor:
    """Pictures B 3 H W of the scenes' words at trailing timesteps by Euler's method.

    Noise follows from the row and `turn` alone, so two models are asked to draw the same.
    """
    context, empty = demo.clip.prompts(scenes.words), demo.clip.prompts.empty()
    sampling = model.get_model_object("model_sampling")
    times = [round(1000 - index * 1000 / steps) - 1 for index in range(steps)]
    sigmas = torch.cat([sampling.sigmas[times].cpu(), torch.zeros(1)])
    made = []
    for rows in torch.arange(len(scenes.x)).split(_CHUNK):
        noise = torch.stack([_noise(turn * 10**6 + row) for row in rows.tolist()])
        with torch.inference_mode():
            latent = comfy.sample.sample_custom(
                model,
                noise,
                cfg,
                comfy.samplers.sampler_object("euler"),
                sigmas,
                [[context[rows], {}]],
                [[empty.expand(len(rows), -1, -1), {}]],
                torch.zeros_like(noise),
                disable_pbar=True,
                seed=0,
            )
            made.append(demo.vae.decode(latent).movedim(-1, 1).float().cpu().clamp(0, 1).clone())
    return torch.cat(made)


def right(
    demo: Demo, model: Any, steps: int, count: int = 256, *, cfg: float = 1.0, turn: int = 0
) -> float:
    """The share of pictures that show all that was asked."""
    scenes = asked_for(count)
    return Judge().score(drawn(demo, model, steps, scenes, cfg=cfg, turn=turn), scenes.words).all


def _noise(seed: int) -> Tensor:
    return torch.randn(4, _SIDE, _SIDE, generator=torch.Generator().manual_seed(seed))
