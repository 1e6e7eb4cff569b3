"""What a file is, told from the names and shapes of its tensors alone."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .header import Header, Tensor
from .lora_names import down_of, in_text_encoder, other_form_of
from .transformers import transformer_base

_PREFIX = re.compile(
    r"^(lora_unet_|lora_transformer_|lycoris_|unet_|base_model_model_"
    r"|transformer_(?=(?:single_)?transformer_)|diffusion_model_|net_(?=blocks_))+"
)
_CONTROL_NET = re.compile(r"(^|\.)(controlnet_|control_model\.|zero_convs\.|controlnet_blocks\.)")
# What else lies in the models folders, by names such files begin with.
_OTHERS = (
    ("a VAE", r"(first_stage_model\.|vae\.)?(en|de)coder\.(conv_in|down|up|layers\.\d+\.conv)"),
    ("a VAE", r"(first_stage_model\.)?taesd_(en|de)coder\."),
    ("a text encoder", r"(text_model\.)?encoder\.layers\.0\.self_attn\."),
    ("a text encoder", r"(encoder\.block\.0\.layer\.|transformer\.resblocks\.0\.)"),
)
_UNET_CROSS = re.compile(
    r"(?:attentions_\d+|(?:in|out)put_blocks_\d+_1|middle_block_1)_transformer_blocks_\d+_attn2_to_k$"
)
# The last level going down: its number of transformers tells SDXL from the two made smaller.
_DEEPEST = re.compile(
    r"(?:down_blocks_2_attentions_\d+|input_blocks_[78]_1)_transformer_blocks_(\d+)_"
)
_UNET_OF_WIDTH = {768: "SD 1.5", 1024: "SD 2.1", 2048: "SDXL"}
_SMALLER_SDXL = {3: "SSD-1B", 1: "Segmind Vega"}
# What a network's first layer is called, where its other layers are of no base we know.
_FIRST = (
    *("conv_in", "input_blocks_0_0", "x_embedder", "x_embedder_proj", "img_in", "img_in_proj"),
    *("patch_embedding", "patchify_proj", "video_patch_proj"),
)
# A LoRA for a few of SDXL's layers would look like one of these.
_WHOLE = 200


class Layout(NamedTuple):
    """What a file is. `what` is LoRA, UNet, checkpoint, or the words for something else.

    `base` is "" where the layers do not tell. `modules` counts the layers a LoRA changes, `rank`
    is their most frequent one, `alpha` says whether the file scales them itself.
    """

    what: str
    base: str = ""
    keys: str = ""
    modules: int = 0
    rank: int = 0
    dtype: str = ""
    alpha: bool = False


def layout_of(header: Header) -> Layout:
    """What the file with this header is."""
    tensors = header.tensors
    downs = {module: tensor for name, tensor in tensors.items() if (module := down_of(name))}
    others = {of: tensor for name, tensor in tensors.items() if (of := other_form_of(name))}
    if downs or others:
        return _lora(tensors, downs, others)
    if any(_CONTROL_NET.search(name) for name in tensors):
        return Layout("a ControlNet")
    if any(name.startswith("model.diffusion_model.") for name in tensors):
        whole = has_vae(header)
        return Layout("checkpoint" if whole else "UNet", *(_model(tensors) or ()))
    if base_and_keys := _model(tensors):
        return Layout("UNet", *base_and_keys)
    return Layout(_other(tensors))


def has_vae(header: Header) -> bool:
    """Whether a full model brings its VAE."""
    return any(name.startswith(("first_stage_model.", "vae.")) for name in header.tensors)


def has_clip(header: Header) -> bool:
    """Whether a full model brings its text encoders."""
    inside = ("cond_stage_model.", "conditioner.embedders.", "text_encoders.")
    return any(name.startswith(inside) for name in header.tensors)


def _other(names: Iterable[str]) -> str:
    names = list(names)
    for what, pattern in _OTHERS:
        if any(re.match(pattern, name) for name in names):
            return what
    return "a file of no known kind"


def _lora(
    tensors: Mapping[str, Tensor],
    downs: Mapping[str, Tensor],
    others: Mapping[tuple[str, bool], Tensor],
) -> Layout:
    modules = {name: tensor for (name, _), tensor in others.items()} | downs
    if all(map(in_text_encoder, modules)):
        return Layout("a LoRA for the text encoder alone")
    told = {name: tensor for (name, inputs), tensor in others.items() if inputs} | downs
    widths = dict.fromkeys(map(_plain, modules), 0) | {
        _plain(name): tensor.shape[1] if len(tensor.shape) > 1 else 0
        for name, tensor in told.items()
    }
    ranks = Counter(down.shape[0] for down in downs.values() if down.shape)
    return Layout(
        what="LoRA",
        base=_base(widths),
        keys=_keys_of(modules),
        modules=len(modules),
        rank=ranks.most_common(1)[0][0] if ranks else 0,
        dtype=Counter(tensor.dtype for tensor in modules.values()).most_common(1)[0][0],
        alpha=any(name.endswith(".alpha") for name in tensors),
    )


def _keys_of(names: Iterable[str]) -> str:
    first = next(iter(names))
    if first.startswith("lora_unet_"):
        return "kohya"
    if first.startswith("base_model.model."):
        return "peft"
    if first.startswith("transformer."):
        return "transformer"
    if first.startswith("diffusion_model."):
        return "comfyui"
    if first.startswith("unet."):
        return "diffusers"
    return "bare" if first.startswith(("transformer_blocks.", "blocks.", "layers.")) else ""


def _plain(name: str) -> str:
    return _PREFIX.sub("", name.removeprefix("transformer.").replace(".", "_"))


def _model(tensors: Mapping[str, Tensor]) -> tuple[str, str] | None:
    """Base and keys of a full model, or None where this is none."""
    names = {name.removeprefix("model.diffusion_model."): name for name in tensors}
    inside = len(names) < len(tensors) or any(
        name.startswith("model.diffusion_model.") for name in tensors
    )
    keys = "checkpoint" if inside else "unet"
    widths = {
        _plain(name.removesuffix(".weight")): tensors[full].shape[1]
        for name, full in names.items()
        if name.endswith(".weight") and len(tensors[full].shape) > 1
    }
    base = _base(widths)
    if base in ("SD 1.5", "SD 2.1") and _is_sdxs(widths):
        base = "SDXS"
    return (base, keys) if base or any(name in widths for name in _FIRST) else None


def _is_sdxs(names: Iterable[str]) -> bool:
    """Three levels and nothing in the middle. Other small networks have fewer levels."""
    names = list(names)
    last = any(name.startswith(("down_blocks_2_", "input_blocks_5_")) for name in names)
    return last and not any(name.startswith("mid") for name in names)


def _base(widths: Mapping[str, int]) -> str:
    """The base model of layers, by plain name and input width; "" where they do not tell."""
    cross = {width for name, width in widths.items() if _UNET_CROSS.search(name)}
    if cross:
        base = _UNET_OF_WIDTH.get(max(cross), "")
        return _sdxl_kind(widths) if base == "SDXL" else base
    return transformer_base(widths)


def _sdxl_kind(names: Mapping[str, int]) -> str:
    if len(names) < _WHOLE:
        return "SDXL"
    depths = [int(match[1]) for name in names if (match := _DEEPEST.search(name))]
    return _SMALLER_SDXL.get(max(depths, default=-1), "SDXL")
