"""How the tensors of LoRA files are called: a module and what the file holds for it."""

import re
from collections.abc import Iterable

_DOWN = (
    r"\.lora_down\.weight|[._]lora\.down\.weight|\.lora_A(?:\.default)?(?:\.weight)?"
    r"|\.lora_linear_layer\.down\.weight"
)
_REST = (
    r"\.alpha|\.dora_scale|\.lora_(?:up|mid)\.weight|[._]lora\.up\.weight"
    r"|\.lora_B(?:\.default)?(?:\.weight)?|\.lora_linear_layer\.up\.weight|\.diff(?:_b)?"
    r"|\.[wb]_norm|\.set_weight|\.reshape_weight|\.(?:hada|lokr)_\w+|\.[ab][12]\.weight|\.oft_\w+"
)
_DOWN_OF = re.compile(f"(?P<module>.+?)(?:{_DOWN})")
_PART_OF = re.compile(f"(?P<module>.+?)(?:{_DOWN}|{_REST})")
_TEXT_ENCODER = re.compile(r"lora_te|text_encoder|te\d?[_.]|lora_prior_te")


def down_of(name: str) -> str | None:
    """The module whose first matrix (rank x inputs) this tensor is; None for other tensors."""
    match = _DOWN_OF.fullmatch(name)
    return match["module"] if match else None


def in_text_encoder(module: str) -> bool:
    return bool(_TEXT_ENCODER.match(module))


def modules_of(names: Iterable[str]) -> list[str]:
    """The modules the tensors of a LoRA are for, text encoders left out, each once.

    A tensor that belongs to no module stands for itself.
    """
    modules = {}
    for name in names:
        match = _PART_OF.fullmatch(name)
        modules[match["module"] if match else name] = None
    return [module for module in modules if not in_text_encoder(module)]
