"""Which transformer layers are of, by their plain names and the widths of their inputs.

A plain name has no prefix of a LoRA's format and `_` for dots. Most families say who they are by
their names alone, so that models of other sizes are told too; widths part those with the same ones.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

Widths = Mapping[str, int]


class _Kind(NamedTuple):
    """A pattern of a family's layers, and their base: a name, or what tells it by all layers."""

    layers: str
    base: str | Callable[[Widths], str]


def transformer_base(widths: Widths) -> str:
    """The base model of these layers; "" where they do not tell."""
    # Compiled here, once: not with the pack, which most often is loaded for other things.
    found = (kind.base for kind in _KINDS if any(map(re.compile(kind.layers).search, widths)))
    base = next(found, "")
    return base if isinstance(base, str) else base(widths)


def _widths_of(widths: Widths, ends: str) -> set[int]:
    pattern = re.compile(rf"(?:^|_)(?:{ends})$")
    return {width for name, width in widths.items() if width and pattern.search(name)}


def _last_block(widths: Widths, pattern: str) -> int:
    """The highest number of these blocks, -1 without any."""
    found = (re.match(rf"(?:{pattern})(\d+)_", name) for name in widths)
    return max((int(match[1]) for match in found if match), default=-1)


def _flux(widths: Widths) -> str:
    """FLUX.2's inner layers are 3 times as wide as its outer ones, FLUX.1's 4 times."""
    outer = _widths_of(widths, "img_attn_qkv|txt_attn_qkv|linear1|attn_to_q|attn_to_qkv_mlp_proj")
    inner = _widths_of(widths, "(?:img|txt)_mlp_2|ff_linear_out|ff_net_2")
    joined = _widths_of(widths, "linear2|single_transformer_blocks_\\d+_(?:proj|attn_to)_out")
    for width in outer:
        if 3 * width in inner or 4 * width in joined:
            return "FLUX.2"
    if outer and min(outer) > 3072:
        return "FLUX.2"
    if 3072 not in widths.values():
        return ""
    # klein 4B has FLUX.1's width, in 5 and 20 blocks for 19 and 38.
    double = _last_block(widths, "double_blocks_|transformer_blocks_")
    single = _last_block(widths, "single_blocks_|single_transformer_blocks_")
    wide = 12288 in inner or 15360 in joined
    return "FLUX.1" if wide or double > 4 or single > 19 else ""


def _double(widths: Widths) -> str:
    """FLUX's, or HunyuanVideo's: of that 1.5 has double blocks alone, and the first one, which is
    no base of ours, has FLUX.1's width."""
    single = _last_block(widths, "single_(?:transformer_)?blocks_") >= 0
    own = any("token_refiner" in name or name.endswith("_mlp_fc1") for name in widths)
    if own or (not single and _last_block(widths, "double_blocks_") > 18):
        return "" if single or 3072 in widths.values() else "HunyuanVideo 1.5"
    return _flux(widths)


def _qwen(widths: Widths) -> str:
    """Mage-Flow is Qwen-Image's network in 12 blocks for 60, with a wider picture."""
    if picture := widths.get("img_in"):
        return {64: "Qwen-Image", 128: "Mage-Flow"}.get(picture, "")
    last = _last_block(widths, "transformer_blocks_")
    if last == 11:
        return "Mage-Flow"
    return "Qwen-Image" if last > 11 else ""


def _wan(widths: Widths) -> str:
    inputs = r"blocks_\d+_(?:self_attn_[qkv]|cross_attn_[qo]|ffn_0|attn[12]_to_q|ffn_net_0_proj)"
    known = {5120: "Wan 14B", 1536: "Wan 1.3B", 3072: "Wan 5B"}
    return next((known[width] for width in _widths_of(widths, inputs) if width in known), "")


def _z_image(widths: Widths) -> str:
    """Lumina 2 has the same layers."""
    return "" if 2304 in widths.values() else "Z-Image"


def _anima(widths: Widths) -> str:
    """Cosmos Predict 2 is its network without the language model's adapter."""
    whole = any(name.startswith("x_embedder") for name in widths)
    return "" if whole and not any(name.startswith("llm_adapter") for name in widths) else "Anima"


def _ltx(widths: Widths) -> str:
    """LTX-Video, which has no sound, is no base of ours."""
    return "LTX-2" if any("audio" in name for name in widths) else ""


def _sd3(widths: Widths) -> str:
    if 3072 in widths.values():
        # Attention alone, with the names of SD3's in diffusers.
        last = _last_block(widths, "transformer_blocks_")
        return "Qwen-Image" if last > 18 else "FLUX.1" if last == 18 else ""
    if 2432 in widths.values():
        return "SD3.5 large"
    dual = any("_attn2_" in name or "x_block_attn2" in name for name in widths)
    return "SD3.5 medium" if dual else "SD3"


# The first that fits counts: later ones have names that earlier ones have too.
_KINDS = (
    _Kind(r"^(?:double|single)_stream_layers_\d", "Boogu"),
    _Kind(r"^(?:double|single)_stream_blocks_\d+_block_", "HiDream-I1"),
    _Kind(r"^(?:lq_proj_|patch_blocks_\d+_attn_qkv_[xy]|pixel_blocks_\d)", "PiD"),
    _Kind(r"^t_embedder1_mlp_|^x_embedder_proj1", "HiDream-O1"),
    _Kind(r"^(?:encoder_lyric_encoder|decoder_layers_\d+_cross_attn)_", "ACE-Step 1.5"),
    _Kind(r"^(?:transformer_)?layers_\d+_to_local_embed", "Stable Audio 3"),
    _Kind(r"^(?:visual|text)_transformer_blocks_\d", "Kandinsky 5"),
    _Kind(
        r"^(?:video|audio)_patch_proj$|^(?:token_refiner_)?blocks_\d+_attn_qkv_proj", "MiniMax H3"
    ),
    _Kind(r"_attn_img_qkv$|_img_mlp_w[123]$", "Lens"),
    _Kind(r"_img_mlp_net_|_img_mod_1$", _qwen),
    _Kind(r"txtfusion|text_fusion|(?:^|_)blocks_\d+_attn_(?:w[qkvo]|(?:to_)?gate)$", "Krea 2"),
    _Kind(r"^(?:single_|single_transformer_|double_)blocks_\d|_stream_modulation_", _double),
    _Kind(r"^layers_\d+_(?:self_attention_to_|mlp_linear_fc2)", "Ernie-Image"),
    _Kind(r"^(?:noise_refiner|context_refiner|layers)_\d+_(?:attention_|feed_forward_w)", _z_image),
    _Kind(r"^blocks_\d+_(?:(?:self|cross)_attn_(?:q|k|v|output)_proj|mlp_layer[12])$", _anima),
    _Kind(r"^(?:vace_)?blocks_\d+_(?:(?:self|cross)_attn_[qkvo](?:_img)?|ffn_[02])$", _wan),
    _Kind(r"^blocks_\d+_(?:attn[12]_(?:to|add)_|ffn_net_)", _wan),
    _Kind(r"^transformer_blocks_\d+_(?:audio_|attn1_to_q$)", _ltx),
    _Kind(r"add_k_proj|joint_blocks_", _sd3),
)
