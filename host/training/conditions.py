"""Prompts as a network takes them: encoded once, one a row, joined for a batch."""

import uuid
from collections.abc import Sequence
from typing import Any

import comfy.sampler_helpers
import comfy.samplers
import torch
from torch import Tensor

_STEERED = {
    "control": "a ControlNet",
    "area": "an area",
    "mask": "a mask",
    "hooks": "hooks",
    "start_percent": "a part of the steps",
    "gligen": "GLIGEN boxes",
}


class Conditions:
    """Rows of what the host's models take besides x and sigma; a tensor of rows indexes them."""

    def __init__(self, rows: Sequence[dict[str, Any]]):
        self._rows = [*rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: Tensor | slice) -> "Conditions":
        if isinstance(rows, slice):
            return Conditions(self._rows[rows])
        return Conditions([self._rows[row] for row in rows.tolist()])

    def __add__(self, other: "Conditions") -> "Conditions":
        return Conditions(self._rows + other._rows)

    def repeated(self, count: int) -> "Conditions":
        """The one row of these, `count` times."""
        return Conditions(self._rows * count)

    def pooled(self) -> Tensor:
        """A vector a row, B P: what the model itself is given, or else the mean of the tokens."""
        return torch.cat([_pooled(row) for row in self._rows])

    def groups(self) -> list[tuple[list[int], dict[str, Any]]]:
        """Which rows go through a model together, and what it takes for them.

        Rows of other lengths than the first one's go in a call of their own.
        """
        left, groups = [*range(len(self._rows))], []
        while left:
            first = self._rows[left[0]]
            together = [row for row in left if _fit(first, self._rows[row])]
            rows = [self._rows[row] for row in together]
            taken = {name: first[name].concat([row[name] for row in rows[1:]]) for name in first}
            groups.append((together, taken))
            left = [row for row in left if row not in together]
        return groups


def _fit(first: dict[str, Any], other: dict[str, Any]) -> bool:
    return first is other or (
        first.keys() == other.keys() and all(first[name].can_concat(other[name]) for name in first)
    )


def _pooled(row: dict[str, Any]) -> Tensor:
    whole = row.get("y")
    return row["c_crossattn"].cond.mean(1) if whole is None else whole.cond.flatten(1)


def encode(model: Any, clip: Any, texts: Sequence[str], shape: tuple[int, ...]) -> Conditions:
    """The conditions of texts for latents of `shape` (C ...); each different text is encoded once.

    Raises ValueError for a CLIP whose conditioning holds more than text.
    """
    known = {}
    for text in dict.fromkeys(texts):
        with torch.inference_mode():
            known[text] = clip.encode_from_tokens_scheduled(clip.tokenize(text))
    noise = torch.zeros(1, *shape)
    made = {text: _row(model, conditioning, noise) for text, conditioning in known.items()}
    return Conditions([made[text] for text in texts])


def _row(model: Any, conditioning: Any, noise: Tensor) -> dict[str, Any]:
    check_plain(conditioning)
    with torch.inference_mode(False), torch.no_grad():
        ordinary = [[_ordinary(text), _ordinary(more)] for text, more in conditioning]
        converted = comfy.sampler_helpers.convert_cond(ordinary)
        (encoded,) = comfy.samplers.encode_model_conds(
            model.model.extra_conds,
            converted,
            noise,
            torch.device("cpu"),
            "positive",
            latent_image=torch.zeros_like(noise),
            denoise_mask=None,
            seed=0,
        )
        return {
            name: condition.process_cond(batch_size=1, area=None)
            for name, condition in encoded["model_conds"].items()
        }


def check_plain(conditioning: Any) -> None:
    """Raises ValueError for a conditioning that is not one text for the whole picture."""
    for _, more in conditioning:
        for key in more:
            if key in _STEERED:
                raise ValueError(
                    f"The CLIP's conditioning holds {_STEERED[key]}, and an accelerator is "
                    "trained on whole pictures from text alone. Connect the CLIP as it comes from "
                    "its loader."
                )
    if len(conditioning) != 1:
        raise ValueError(
            f"The CLIP gives {len(conditioning)} conditionings for a prompt, and training takes "
            "one. Connect the CLIP as it comes from its loader."
        )


def _ordinary(value: Any) -> Any:
    """Copies of tensors that the host made for inference: autograd may keep them."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _ordinary(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_ordinary, value))
    return value


def options_of(patcher: Any, sigma: Tensor, conditional: list[int]) -> dict[str, Any]:
    """The transformer options of a call, as the host's sampling makes them."""
    options = dict(patcher.model_options.get("transformer_options", {}))
    wrappers = {kind: dict(by_key) for kind, by_key in options.get("wrappers", {}).items()}
    for kind, by_key in patcher.wrappers.items():
        wrappers.setdefault(kind, {}).update(by_key)
    return {
        **options,
        "wrappers": wrappers,
        "cond_or_uncond": conditional,
        "uuids": [uuid.uuid4() for _ in conditional],
        "sigmas": sigma,
    }
