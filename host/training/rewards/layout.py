"""Classifiers that say in their file's metadata how they are built, with plain layers alone.

`fewstep.classifier` is JSON: `size` [height, width] that pictures are shrunk to by `resize` (area,
or bilinear, bicubic with antialias), `mean` and `std` by channel, `layers` in turn, and `heads`:
for each its name and, a class an entry, the phrases of a prompt that ask for this class.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

KEY = "fewstep.classifier"
_ANTIALIASED = ("bilinear", "bicubic")
_RESIZES = ("area", *_ANTIALIASED)


class Head(NamedTuple):
    """Classes of one question; `phrases` of a prompt ask for each, and none for a class apart."""

    name: str
    phrases: list[list[str]]


class Layout(NamedTuple):
    """How pictures go through a classifier, and what its outputs are."""

    size: tuple[int, int]
    resize: str
    mean: list[float]
    std: list[float]
    layers: list[dict[str, Any]]
    heads: list[Head]

    @property
    def outputs(self) -> int:
        return sum(len(head.phrases) for head in self.heads)


def read_layout(metadata: Mapping[str, str], name: str) -> Layout:
    """Raises ValueError for a file that does not say it, or says what cannot be built."""
    if KEY not in metadata:
        raise ValueError(
            f"{name} does not say how it is built: its metadata has no {KEY}. The help of Reward "
            "for distillation shows what to write there."
        )
    try:
        said = json.loads(metadata[KEY])
        heads = [Head(head["name"], head["classes"]) for head in said["heads"]]
        layout = Layout(
            tuple(map(int, said["size"])),
            said.get("resize", "area"),
            said.get("mean", [0.0, 0.0, 0.0]),
            said.get("std", [1.0, 1.0, 1.0]),
            said["layers"],
            heads,
        )
        unknown = {layer["kind"] for layer in layout.layers} - _LAYERS.keys()
        _check_words(layout)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"The {KEY} in the metadata of {name} cannot be read ({error!r}). The help of Reward "
            "for distillation shows how it is written."
        ) from error
    if unknown:
        raise ValueError(
            f"{name} has layers of the kind {', '.join(sorted(unknown))}; those that are known are "
            f"{', '.join(_LAYERS)}."
        )
    return layout


def _check_words(layout: Layout) -> None:
    """Raises ValueError for what would be found out with the first picture or prompt alone."""
    if layout.resize not in _RESIZES:
        raise ValueError(f"resize is {layout.resize!r}, and can be {', '.join(_RESIZES)}")
    for head in layout.heads:
        for phrases in head.phrases:
            # A text is a list of letters as well.
            if not isinstance(phrases, list) or not all(
                isinstance(one, str) and one.strip() for one in phrases
            ):
                raise ValueError(f"a class of {head.name} is {phrases!r}, and no list of words")
    if not any(phrases for head in layout.heads for phrases in head.phrases):
        raise ValueError("no class has words that a prompt could say")


def answers(layout: Layout, weights: Mapping[str, Tensor], pictures: Tensor) -> list[Tensor]:
    """Logits B classes of each head, of pictures B 3 H W in 0..1."""
    x = shrunk(pictures, layout)
    mean, std = (x.new_tensor(values).view(1, -1, 1, 1) for values in (layout.mean, layout.std))
    x = (x - mean) / std
    for layer in layout.layers:
        x = _LAYERS[layer["kind"]](x, layer, weights)
    return [*x.split([len(head.phrases) for head in layout.heads], 1)]


def shrunk(pictures: Tensor, layout: Layout) -> Tensor:
    if pictures.shape[-2:] == layout.size:
        return pictures
    smooth = layout.resize in _ANTIALIASED
    return F.interpolate(pictures, layout.size, mode=layout.resize, antialias=smooth)


def _conv(x: Tensor, layer: dict[str, Any], weights: Mapping[str, Tensor]) -> Tensor:
    stride, padding = layer.get("stride", 1), layer.get("padding", 0)
    return F.conv2d(x, *_pair(layer, weights), stride=stride, padding=padding)


def _linear(x: Tensor, layer: dict[str, Any], weights: Mapping[str, Tensor]) -> Tensor:
    return F.linear(x, *_pair(layer, weights))


def _group_norm(x: Tensor, layer: dict[str, Any], weights: Mapping[str, Tensor]) -> Tensor:
    return F.group_norm(x, layer["groups"], *_pair(layer, weights))


def _pair(layer: dict[str, Any], weights: Mapping[str, Tensor]) -> tuple[Tensor, Tensor | None]:
    return weights[f"{layer['weights']}.weight"], weights.get(f"{layer['weights']}.bias")


_LAYERS = {
    "conv": _conv,
    "linear": _linear,
    "group_norm": _group_norm,
    "relu": lambda x, *_: F.relu(x),
    "gelu": lambda x, *_: F.gelu(x),
    "silu": lambda x, *_: F.silu(x),
    "mean": lambda x, *_: x.mean((2, 3)),
    "flatten": lambda x, *_: x.flatten(1),
}
