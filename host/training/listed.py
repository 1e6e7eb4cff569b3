"""Inputs as lists, as core's loaders of a folder give pictures and captions: one run takes all."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch


def unlisted(lists: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """One value of each input. Raises ValueError as the functions below do."""
    special = {"prompts": prompts_in, "latents": latents_in}
    return {
        name: special[name](values) if name in special else only(name, values)
        for name, values in lists.items()
    }


def only(name: str, values: Sequence[Any]) -> Any:
    """The one value of an input. Raises ValueError for a list of several."""
    if len(values) != 1:
        raise ValueError(
            f"{name} is a list of {len(values)}, and a run takes one. Connect a single one; only "
            "prompts and latents may be lists, of captions and pictures."
        )
    return values[0]


def prompts_in(texts: Sequence[str]) -> str:
    """One prompt a line: a text of lines, or else a list of captions, each of which is a prompt.

    Raises ValueError for a caption that is empty.
    """
    if len(texts) == 1:
        return texts[0]
    captions = [" ".join(text.split()) for text in texts]
    if "" in captions:
        raise ValueError(
            f"Caption {captions.index('') + 1} of {len(captions)} is empty. Write a text file "
            "beside each picture that has its name and ends in .txt."
        )
    return "\n".join(captions)


def latents_in(batches: Sequence[Mapping[str, Any] | None]) -> Mapping[str, Any] | None:
    """All latents as one batch. Raises ValueError where their sizes differ or one has a mask."""
    given = [one for one in batches if one is not None]
    if any("noise_mask" in one for one in given):
        raise ValueError(
            "The latents have a mask, and a LoRA learns from whole pictures. Connect VAE Encode "
            "without a mask."
        )
    if len(given) < 2:
        return given[0] if given else None
    shapes = {tuple(one["samples"].shape[1:]): None for one in given}
    if len(shapes) > 1:
        sizes = " and ".join(" x ".join(map(str, shape)) for shape in [*shapes][:2])
        raise ValueError(
            f"The pictures have different sizes: their latents are {sizes}. Scale them to one "
            "size, with Upscale Image and crop center, before VAE Encode."
        )
    return {"samples": torch.cat([one["samples"] for one in given])}
