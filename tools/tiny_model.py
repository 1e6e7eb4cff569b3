"""Writes a small Stable Diffusion 1.5 checkpoint from a fixed seed: no training, no download.

Its layout is real, so ComfyUI's ordinary loader takes it. The network passes its input through
(the predicted noise has unit variance) and adds texture that depends on time and prompt.
"""

import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from .layers import SMOOTH, Weights, conv, linear, norm, prefixed

_SEED = 1
_WIDTH = 320
_CONTEXT = 768
_TIME = 4 * _WIDTH
# One group of the group norms: +x in 0-3, -x in 4-7, so that the output layer can restore x from
# silu(x) - silu(-x). Every block leaves these channels alone.
_CARRIED = 10
_TEXTURE = 0.4
_KEPT = 0.6
_LATENT = 5.0


def write_tiny_model(path: Path, mark: str) -> None:
    """Writes the checkpoint; `mark` goes into its header to recognise it later."""
    torch.manual_seed(_SEED)
    weights = prefixed("model.diffusion_model.", _unet())
    weights |= prefixed("first_stage_model.", _autoencoder())
    weights |= prefixed("cond_stage_model.transformer.text_model.", _text_encoder())
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    half = {name: weight.half().contiguous() for name, weight in weights.items()}
    save_file(half, unfinished, metadata={"fewstep": mark})
    unfinished.replace(path)


def _unet() -> Weights:
    weights = linear("time_embed.0", _WIDTH, _TIME) | linear("time_embed.2", _TIME, _TIME)
    weights |= conv("input_blocks.0.0", 4, _WIDTH)
    _carry_input(weights["input_blocks.0.0.weight"])
    weights |= prefixed("input_blocks.1.0.", _residual(_WIDTH))
    weights |= prefixed("input_blocks.1.1.", _transformer())
    weights |= prefixed("output_blocks.0.0.", _residual(2 * _WIDTH))
    weights |= prefixed("output_blocks.1.0.", _residual(2 * _WIDTH))
    weights |= norm("out.0", _WIDTH) | conv("out.2", _WIDTH, 4, gain=_TEXTURE)
    _restore_input(weights["out.2.weight"])
    return weights


def _carry_input(weight: torch.Tensor) -> None:
    weight[:_CARRIED] = 0
    for channel in range(4):
        weight[channel, channel, 1, 1] = 1
        weight[channel + 4, channel, 1, 1] = -1


def _restore_input(weight: torch.Tensor) -> None:
    # silu's mean is above zero: without this every picture would have the same tint.
    weight -= weight.mean(1, keepdim=True)
    weight[:, :_CARRIED] = 0
    # Fine detail counts as noise, coarse in part as picture.
    kernel = -_KEPT * SMOOTH
    kernel[1, 1] += 1
    # Eight of the group's ten channels have the variance of x, two are empty.
    kernel *= math.sqrt(8 / _CARRIED)
    for channel in range(4):
        weight[channel, channel] = kernel
        weight[channel, channel + 4] = -kernel


def _residual(channels: int) -> Weights:
    weights = norm("in_layers.0", channels) | conv("in_layers.2", channels, _WIDTH)
    weights |= linear("emb_layers.1", _TIME, _WIDTH, gain=0.2)
    weights |= norm("out_layers.0", _WIDTH) | conv("out_layers.3", _WIDTH, _WIDTH)
    weights["out_layers.3.weight"][:_CARRIED] = 0
    if channels != _WIDTH:
        weights |= conv("skip_connection", channels, _WIDTH, size=1)
        skip = weights["skip_connection.weight"]
        skip[:_CARRIED] = 0
        skip[range(_CARRIED), range(_CARRIED)] = 1
    return weights


def _transformer() -> Weights:
    weights = norm("norm", _WIDTH) | conv("proj_in", _WIDTH, _WIDTH, size=1)
    for name, context, gain in (("attn1", _WIDTH, 1), ("attn2", _CONTEXT, 2)):
        for part, width in (("to_q", _WIDTH), ("to_k", context), ("to_v", context)):
            weights |= linear(f"transformer_blocks.0.{name}.{part}", width, _WIDTH, bias=False)
        weights |= linear(f"transformer_blocks.0.{name}.to_out.0", _WIDTH, _WIDTH, gain=gain)
    for index in (1, 2, 3):
        weights |= norm(f"transformer_blocks.0.norm{index}", _WIDTH)
    weights |= linear("transformer_blocks.0.ff.net.0.proj", _WIDTH, 8 * _WIDTH)
    weights |= linear("transformer_blocks.0.ff.net.2", 4 * _WIDTH, _WIDTH)
    weights |= conv("proj_out", _WIDTH, _WIDTH, size=1)
    weights["proj_out.weight"][:_CARRIED] = 0
    return weights


def _autoencoder() -> Weights:
    """A TAESD, whose widths and blocks the host fixes, with latents that are mixed colours."""
    weights = {"vae_scale": torch.tensor(0.18215), "vae_shift": torch.tensor(0.0)}
    mix = torch.linalg.qr(torch.randn(4, 3))[0]
    for part, first, blocks, halves, last, colours in (
        ("taesd_encoder", 0, (1, 3, 4, 5, 7, 8, 9, 11, 12, 13), (2, 6, 10), 14, _LATENT * mix),
        ("taesd_decoder", 1, (3, 4, 5, 8, 9, 10, 13, 14, 15, 18), (7, 12, 17), 19, mix.T / _LATENT),
    ):
        outputs, inputs = colours.shape
        # Of each pair of channels relu lets one through, so that both signs pass.
        pairs = torch.zeros(64, inputs)
        pairs[range(inputs), range(inputs)] = 1
        pairs[range(32, 32 + inputs), range(inputs)] = -1
        weights |= conv(f"{part}.{first}", inputs, 64) | conv(f"{part}.{last}", 64, outputs)
        weights[f"{part}.{first}.weight"] = pairs[:, :, None, None] * SMOOTH
        weights[f"{part}.{last}.weight"] = (colours @ pairs.T)[:, :, None, None] * SMOOTH
        for block in blocks:
            for layer in (0, 2, 4):
                weights |= conv(f"{part}.{block}.conv.{layer}", 64, 64, gain=0.4)
        for half in halves:
            weights[f"{part}.{half}.weight"] = torch.eye(64)[:, :, None, None] * SMOOTH
    # Zero is the middle grey on both sides.
    weights["taesd_encoder.0.bias"][0:3] = -0.5
    weights["taesd_encoder.0.bias"][32:35] = 0.5
    weights["taesd_decoder.19.bias"] += 0.5
    return weights


def _text_encoder() -> Weights:
    weights = {
        "embeddings.token_embedding.weight": torch.randn(49408, _CONTEXT),
        "embeddings.position_embedding.weight": 0.1 * torch.randn(77, _CONTEXT),
    }
    for index in range(12):
        layer = f"encoder.layers.{index}."
        for name, gain in (("q_proj", 1), ("k_proj", 1), ("v_proj", 2), ("out_proj", 2)):
            weights |= linear(f"{layer}self_attn.{name}", _CONTEXT, _CONTEXT, gain=gain)
        weights |= linear(f"{layer}mlp.fc1", _CONTEXT, 4 * _CONTEXT)
        weights |= linear(f"{layer}mlp.fc2", 4 * _CONTEXT, _CONTEXT)
        weights |= norm(f"{layer}layer_norm1", _CONTEXT) | norm(f"{layer}layer_norm2", _CONTEXT)
    return weights | norm("final_layer_norm", _CONTEXT)


if __name__ == "__main__":
    write_tiny_model(Path(sys.argv[1]), sys.argv[2])
