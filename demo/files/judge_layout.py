"""How the classifier is built, as its file says it: what the pack makes a reward from."""

import json

from torch import nn

from ..config import SIZE
from ..model.classifier import Classifier
from ..scenes.words import ANY_SHAPE, COLOURS, SHAPES

KEY = "fewstep.classifier"


def layout(module: Classifier) -> dict[str, str]:
    """Metadata for a file with the module's weights."""
    layers = [_described(layer, f"body.{number}") for number, layer in enumerate(module.body)]
    layers += [{"kind": "flatten"}, _linear("head"), {"kind": "relu"}, _linear("answer")]
    said = {
        "size": [SIZE, SIZE],
        "resize": "area",
        "mean": [0.5, 0.5, 0.5],
        "layers": layers,
        "heads": [
            {"name": "shape", "classes": [[shape] for shape in SHAPES]},
            {"name": "colour", "classes": [_coloured(colour) for colour in COLOURS]},
            {"name": "background", "classes": [[f"{colour} background"] for colour in COLOURS]},
            # Plain or outlined: no word of a prompt asks for one.
            {"name": "style", "classes": [[], []]},
        ],
    }
    return {KEY: json.dumps(said)}


def _coloured(colour: str) -> list[str]:
    return [f"{colour} {shape}" for shape in (*SHAPES, ANY_SHAPE)]


def _described(layer: nn.Module, name: str) -> dict[str, object]:
    if isinstance(layer, nn.Conv2d):
        (stride, _), (padding, _) = layer.stride, layer.padding
        return {"kind": "conv", "weights": name, "stride": stride, "padding": padding}
    if isinstance(layer, nn.GroupNorm):
        return {"kind": "group_norm", "weights": name, "groups": layer.num_groups}
    return {"kind": "relu"}


def _linear(name: str) -> dict[str, object]:
    return {"kind": "linear", "weights": name}
