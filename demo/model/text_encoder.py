"""A CLIP-L that is made, not trained: bit-identical on every machine and never shipped.

A token becomes 320 hashed signs. The first layer lets each token copy the signs of the one before
it ("red" into "circle"); the other eleven do nothing. So the output at i is the layer norm of
[signs of token i | signs of token i - 1 | position i], which tells "red circle" from "blue circle".
"""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import layer_norm

from ..scenes.portable import mixed, signs

_VOCABULARY, _LENGTH, _WIDTH, _LAYERS, _HIDDEN = 49408, 77, 768, 12, 3072
_CODE, _TURN = 320, 64
_HEADS = _CODE // _TURN
_PREFIX = "cond_stage_model.transformer.text_model."
# Large enough that softmax is exactly one at the token before and zero elsewhere.
_SHARPNESS = 32.0
_COPIED = 0.75
_CODE_SEED, _PLACE_SEED = 0xC0DE, 0x91ACE


def text_encoder(dtype: torch.dtype = torch.float16) -> dict[str, Tensor]:
    """The full weights by their names in a checkpoint; exact in fp16."""
    weights = {
        f"{_PREFIX}embeddings.token_embedding.weight": _tokens(dtype),
        f"{_PREFIX}embeddings.position_embedding.weight": _positions().to(dtype),
        f"{_PREFIX}final_layer_norm.weight": torch.ones(_WIDTH, dtype=dtype),
        f"{_PREFIX}final_layer_norm.bias": torch.zeros(_WIDTH, dtype=dtype),
    }
    for number in range(_LAYERS):
        layer = _copying_layer(dtype) if number == 0 else _idle_layer(dtype)
        weights |= {f"{_PREFIX}encoder.layers.{number}.{n}": w for n, w in layer.items()}
    return weights


class Encoder:
    """The same without the eleven idle layers, for prompts that are all known beforehand."""

    def __init__(self, prompts: Tensor, device: torch.device | None = None) -> None:
        """`prompts` are the N 77 token numbers of all of them."""
        distinct, rows = prompts.unique(return_inverse=True)
        self._rows = rows.to(device)
        self._codes = torch.from_numpy(_codes(distinct.numpy())).float().to(device)
        self._places = _positions().to(device)

    def __call__(self, numbers: Tensor) -> Tensor:
        """B 77 768 for the prompts with these numbers."""
        x = self._places.repeat(len(numbers), 1, 1)
        x[:, :, :_CODE] = self._codes[self._rows[numbers.to(x.device)]]
        normal = layer_norm(x, (_WIDTH,))[:, :, :_CODE]
        before = torch.cat([normal[:, :1], normal[:, :-1]], 1)
        x[:, :, _CODE : 2 * _CODE] += _COPIED * before
        return layer_norm(x, (_WIDTH,))


def _codes(tokens: np.ndarray) -> np.ndarray:
    counter = tokens.astype(np.int64)[:, None] * _CODE + np.arange(_CODE)
    return 1 - 2 * (mixed(counter, seed=_CODE_SEED) >> np.uint64(63)).astype(np.int8)


def _tokens(dtype: torch.dtype) -> Tensor:
    weight = torch.zeros(_VOCABULARY, _WIDTH, dtype=dtype)
    weight[:, :_CODE] = torch.from_numpy(_codes(np.arange(_VOCABULARY)))
    return weight


def _positions() -> Tensor:
    """Sines and cosines whose 32 frequencies make any two positions orthogonal; free signs."""
    angle = np.outer(np.arange(_LENGTH), _frequencies())
    place = np.zeros((_LENGTH, _WIDTH))
    start = 2 * _CODE
    place[:, start : start + 32] = _rounded(np.sin(angle))
    place[:, start + 32 : start + _TURN] = _rounded(np.cos(angle))
    place[:, start + _TURN :] = 0.5 * signs(_LENGTH, _WIDTH - start - _TURN, seed=_PLACE_SEED)
    return torch.from_numpy(place).float()


def _frequencies() -> np.ndarray:
    return math.pi * (2 * np.arange(_TURN // 2) + 1) / _TURN


def _rounded(values: np.ndarray) -> np.ndarray:
    # Coarse steps hide the last bit, in which sines differ between machines.
    return np.rint(values * 1024) / 1024


def _copying_layer(dtype: torch.dtype) -> dict[str, Tensor]:
    weights = _idle_layer(dtype)
    cosine, sine = (np.diag(_rounded(f(_frequencies()))) for f in (np.cos, np.sin))
    back = torch.from_numpy(np.block([[cosine, -sine], [sine, cosine]])).to(dtype) * _SHARPNESS
    turns = slice(2 * _CODE, 2 * _CODE + _TURN)
    for head in range(_HEADS):
        rows = slice(head * _TURN, (head + 1) * _TURN)
        weights["self_attn.q_proj.weight"][rows, turns] = back
        weights["self_attn.k_proj.weight"][rows, turns] = torch.eye(_TURN, dtype=dtype)
    same = torch.eye(_CODE, dtype=dtype)
    weights["self_attn.v_proj.weight"][:_CODE, :_CODE] = same
    weights["self_attn.out_proj.weight"][_CODE : 2 * _CODE, :_CODE] = _COPIED * same
    return weights


def _idle_layer(dtype: torch.dtype) -> dict[str, Tensor]:
    sizes = {f"self_attn.{n}_proj": (_WIDTH, _WIDTH) for n in ("q", "k", "v", "out")}
    sizes |= {"mlp.fc1": (_HIDDEN, _WIDTH), "mlp.fc2": (_WIDTH, _HIDDEN)}
    weights = {f"{name}.weight": torch.zeros(size, dtype=dtype) for name, size in sizes.items()}
    weights |= {f"{name}.bias": torch.zeros(size[0], dtype=dtype) for name, size in sizes.items()}
    for name in ("layer_norm1", "layer_norm2"):
        weights[f"{name}.weight"] = torch.ones(_WIDTH, dtype=dtype)
        weights[f"{name}.bias"] = torch.zeros(_WIDTH, dtype=dtype)
    return weights
