"""What comes with today's flow and video models, small enough to run: a pack for the tests' server.

Their text encoders have vocabularies of 150,000 words, so one that only says how wide its answers
are stands in for them. The rest are the host's own classes, built narrow: models whose widths it
does not read from a file, and MiniMax H3's two VAEs. Which files these are stands in their metadata
(`TEXT_WIDTH`, `BUILT_AS`); all others go to the host's own loaders.
"""

import functools
import importlib
import json
from pathlib import Path

import comfy.model_management
import comfy.model_patcher
import comfy.sd
import comfy.supported_models
import comfy.utils
import safetensors
import torch

NODE_CLASS_MAPPINGS = {}
TEXT_WIDTH, BUILT_AS = "tests.text_width", "tests.built_as"
_VIDEO, _SOUND = "comfy.ldm.minimax.vae", "comfy.ldm.minimax.audio_vae"
# The host builds these without asking the file; arguments of theirs make them narrow.
_NARROW = {
    (_VIDEO, "ViT3DDecoder"): {"num_layers": 1, "heads": 2},
    (_VIDEO, "MiniMaxH3VideoVAE"): {"ch": 32},
    (_SOUND, "MiniMaxH3AudioVAE"): {"encoder_dim": 4, "latent_dim": 128, "decoder_dim": 128},
}


class TextEncoder:
    """Answers with seven tokens of random numbers, the same for the same words."""

    def __init__(self, width):
        self.width = width

    def tokenize(self, text, **_):
        return text

    def encode_from_tokens_scheduled(self, tokens, **_):
        generator = torch.Generator().manual_seed(len(tokens))
        return [[torch.randn(1, 7, self.width, generator=generator), {}]]


def shorten():
    """From now on the host's loaders take such files; gives what puts the whole parts back."""
    undo = [*_narrow_classes()]
    for name, short in (("load_clip", _clip), ("load_diffusion_model", _model)):
        whole = getattr(comfy.sd, name)
        setattr(comfy.sd, name, functools.wraps(whole)(functools.partial(short, whole)))
        undo.append(functools.partial(setattr, comfy.sd, name, whole))
    return lambda: [one() for one in reversed(undo)]


def _narrow_classes():
    for (where, name), arguments in _NARROW.items():
        try:
            module = importlib.import_module(where)
        except ImportError:
            # Hosts before 0.30 do not know MiniMax H3.
            continue
        whole = getattr(module, name)
        setattr(module, name, functools.partial(whole, **arguments))
        yield functools.partial(setattr, module, name, whole)


def _clip(whole, ckpt_paths, *args, **named):
    width = _said(ckpt_paths[0]).get(TEXT_WIDTH)
    return TextEncoder(int(width)) if width else whole(ckpt_paths, *args, **named)


def _model(whole, unet_path, *args, **named):
    built_as = _said(unet_path).get(BUILT_AS)
    if not built_as:
        return whole(unet_path, *args, **named)
    kind, settings = json.loads(built_as)
    config = getattr(comfy.supported_models, kind)(settings)
    config.set_inference_dtype(torch.float32, None)
    network = config.get_model({}, device=torch.device("cpu"))
    network.load_model_weights(comfy.utils.load_torch_file(unet_path), "")
    cpu = torch.device("cpu")
    return comfy.model_patcher.ModelPatcher(network, cpu, cpu)


def _said(path):
    if not str(path).endswith(".safetensors"):
        return {}
    with safetensors.safe_open(path, "pt") as file:
        return file.metadata() or {}


def install(custom_nodes):
    """This file as a pack, for a server that is started afterwards."""
    folder = custom_nodes / "short_flow_parts"
    folder.mkdir(parents=True)
    source = Path(__file__).read_text("utf-8")
    (folder / "__init__.py").write_text(f"{source}\n\nshorten()\n", "utf-8")
