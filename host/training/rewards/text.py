"""CLIP's text half: prompts to embeddings that can be compared with those of pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from comfy.sd1_clip import SDClipModel
from torch import Tensor

from ...weight_files import is_safetensors, read_header_of

_PROJECTION = "text_projection"


def check_text(clip: Any, width: int) -> None:
    """Raises ValueError for a CLIP without a trained projection to embeddings of `width`."""
    name = _tower(clip, width)
    projection = getattr(clip.cond_stage_model, name).transformer.text_projection.weight
    if not (_is_learned(projection) and _is_in_files(clip, width)):
        raise ValueError(
            "This CLIP has no trained projection (text_projection), without which text and picture "
            "cannot be compared: the checkpoints of SD 1.5 have none. Load a text encoder that has "
            "it, such as CLIP-ViT-L-14 by Load CLIP, or SDXL's with CLIP-ViT-bigG."
        )


@torch.no_grad()
def embeddings(clip: Any, texts: Sequence[str], width: int) -> Tensor:
    """Projected embeddings P D of length 1, of each text's first 75 tokens."""
    name, encoder = _tower(clip, width), clip.cond_stage_model
    tower, made = getattr(encoder, name), {}
    clip.load_model()
    try:
        encoder.reset_clip_options()
        device = clip.patcher.load_device
        tower.set_clip_options({"execution_device": device, "projected_pooled": True})
        for text in dict.fromkeys(texts):
            tokens = clip.tokenize(text)[name.removeprefix("clip_")]
            made[text] = tower.encode_token_weights(tokens[:1])[1].float().cpu()
    finally:
        encoder.reset_clip_options()
    with torch.inference_mode(False):
        return F.normalize(torch.cat([made[text].clone() for text in texts]), dim=1)


def _tower(clip: Any, width: int) -> str:
    """The name of the text encoder whose embeddings have `width` numbers."""
    towers = {
        name: len(part.transformer.text_projection.weight)
        for name, part in clip.cond_stage_model.named_children()
        if isinstance(part, SDClipModel) and hasattr(part.transformer, _PROJECTION)
    }
    for name, size in towers.items():
        if size == width:
            return name
    sizes = " and ".join(map(str, towers.values())) or "no CLIP among its text encoders"
    raise ValueError(
        f"The CLIP vision gives embeddings of {width} numbers, and this CLIP has {sizes}. Load the "
        "two halves of one CLIP: 768 is ViT-L-14, 1024 ViT-H-14, 1280 ViT-bigG-14."
    )


def _is_learned(projection: Tensor) -> bool:
    """What the host leaves where a file has none is zero, or whatever was in the memory."""
    weight = projection.detach().float().cpu()
    same = torch.equal(weight, torch.eye(*weight.shape))
    return bool(torch.isfinite(weight).all()) and bool(weight.any()) and not same


def _is_in_files(clip: Any, width: int) -> bool:
    """Whether the files have it, where the host still knows them: since 0.30 it does."""
    known = getattr(clip.patcher, "cached_patcher_init", None)
    paths = known[1][0] if known else []
    paths = [Path(path) for path in ([paths] if isinstance(paths, str) else paths)]
    if not paths or not all(path.is_file() and is_safetensors(path) for path in paths):
        return True
    return any(
        name.removesuffix(".weight").endswith(_PROJECTION) and width in tensor.shape
        for path in paths
        for name, tensor in read_header_of(path, path.name).tensors.items()
    )
