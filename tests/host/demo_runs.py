"""The demo model in the test's own process: trained, sampled by the host, judged."""

import itertools
from typing import NamedTuple

import comfy.sample
import comfy.samplers
import comfy.sd
import comfy.utils
import torch
from fewstep.demo.config import SEED, WIDE
from fewstep.demo.files import assemble
from fewstep.demo.files.parts import shipped
from fewstep.demo.model.prompts import Prompts
from fewstep.demo.scenes import data
from fewstep.demo.scenes.words import COLOURS, SHAPES, TEMPLATES, prompt
from fewstep.demo.show.judge import Judge

_CHUNK = 64


class DemoClip:
    """The demo's texts, embedded by the demo itself: its text encoder takes long on a CPU."""

    def __init__(self):
        sizes = map(range, (len(SHAPES), len(COLOURS), len(COLOURS), len(TEMPLATES)))
        self._words = {prompt(*words): words for words in itertools.product(*sizes)}
        self._prompts = Prompts(torch.device("cpu"))

    def tokenize(self, text):
        return text

    def encode_from_tokens_scheduled(self, text):
        if not text:
            return [[self._prompts.empty(), {}]]
        return [[self._prompts(torch.tensor([self._words[text]])), {}]]


class Demo(NamedTuple):
    """The demo's checkpoint, also with its style in the weights, and the folder of its files."""

    model: object
    clip: DemoClip
    vae: object
    loras: object

    def styled(self):
        """Somebody's own merge: the model with the style LoRA in its weights."""
        style = comfy.utils.load_torch_file(str(self.loras / assemble.lora_name("style")))
        return comfy.sd.load_lora_for_models(self.model, None, style, 1.0, 0.0)[0]


def load(folder):
    assemble.assemble(shipped(), folder, torch.float32)
    path = folder / "models" / "checkpoints" / assemble.CHECKPOINT
    with torch.inference_mode():
        model, _, vae, _ = comfy.sd.load_checkpoint_guess_config(
            str(path), output_vae=True, output_clip=False
        )
    return Demo(model, DemoClip(), vae, folder / "models" / "loras")


def prompts(count, seed=56):
    """Texts of the words that the demo was trained on, one a line."""
    words = data.scenes(0, count, WIDE, seed=SEED + seed, words=data.trained()).words
    return "\n".join(dict.fromkeys(prompt(*row) for row in words.tolist()))


def right(demo, model, steps, count=256, cfg=1.0, turn=0):
    """The share of pictures that show all that was asked, drawn by the host's own sampling."""
    scenes = data.scenes(0, count, WIDE, seed=SEED + 9, words=data.combinations())
    embed = Prompts(torch.device("cpu"))
    context, empty = embed(scenes.words), embed.empty()
    sampling = model.get_model_object("model_sampling")
    times = [round(1000 - i * 1000 / steps) - 1 for i in range(steps)]
    sigmas = torch.cat([sampling.sigmas[times].cpu(), torch.zeros(1)])
    made = []
    for first in range(0, count, _CHUNK):
        rows = range(first, min(first + _CHUNK, count))
        seeds = [torch.Generator().manual_seed(turn * 10**6 + row) for row in rows]
        noise = torch.stack([torch.randn(4, 8, 8, generator=seed) for seed in seeds])
        with torch.inference_mode():
            latent = comfy.sample.sample_custom(
                model,
                noise,
                cfg,
                comfy.samplers.sampler_object("euler"),
                sigmas,
                [[context[rows[0] : rows[-1] + 1], {}]],
                [[empty.expand(len(rows), -1, -1), {}]],
                torch.zeros_like(noise),
                disable_pbar=True,
                seed=first,
            )
            made.append(demo.vae.decode(latent).movedim(-1, 1).float().clamp(0, 1).clone())
    return Judge().score(torch.cat(made), scenes.words).all
