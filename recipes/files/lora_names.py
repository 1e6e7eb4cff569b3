"""How the tensors of LoRA files are called: a module and what the file holds for it."""

import re
from collections.abc import Iterable

_DOWN = (
    r"\.lora_down\.weight|[._]lora\.down\.weight|\.lora_A(?:\.default)?(?:\.weight)?"
    r"|\.lora_linear_layer\.down\.weight"
)
_REST = (
    r"\.alpha|\.dora_scale|\.lora_mid\.weight|\.diff(?:_b)?"
    r"|\.[wb]_norm|\.set_weight|\.reshape_weight|\.(?:hada|lokr)_\w+|\.[ab][12]\.weight|\.oft_\w+"
)
_UP = (
    r"\.lora_up\.weight|[._]lora\.up\.weight|\.lora_B(?:\.default)?(?:\.weight)?"
    r"|\.lora_linear_layer\.up\.weight"
)
_DOWN_OF = re.compile(f"(?P<module>.+?)(?:{_DOWN})")
_UP_OF = re.compile(f"(?P<module>.+?)(?:{_UP})")
# One tensor of each form that is no product of two matrices; of some its inputs can be read.
_OTHER_OF = re.compile(
    r"(?P<module>.+?)\.(?:(?P<inputs>hada_w1_b|diff)|lokr_w1(?:_b)?|a1\.weight|oft_blocks)"
)
_PART_OF = re.compile(f"(?P<module>.+?)(?:{_DOWN}|{_UP}|{_REST})")
_TEXT_ENCODER = re.compile(r"lora_te|text_encoder|te\d?[_.]|lora_prior_te")


def down_of(name: str) -> str | None:
    """The module whose first matrix (rank x inputs) this tensor is; None for other tensors."""
    match = _DOWN_OF.fullmatch(name)
    return match["module"] if match else None


def up_of(name: str) -> str | None:
    """The module whose second matrix (outputs x rank) this tensor is; None for other tensors."""
    match = _UP_OF.fullmatch(name)
    return match["module"] if match else None


def other_form_of(name: str) -> tuple[str, bool] | None:
    """The module that this tensor changes in another form than two matrices; None for others.

    And whether the tensor's second size is that of the module's inputs.
    """
    match = _OTHER_OF.fullmatch(name)
    return (match["module"], bool(match["inputs"])) if match else None


def in_text_encoder(module: str) -> bool:
    return bool(_TEXT_ENCODER.match(module))


def modules_of(names: Iterable[str]) -> list[str]:
    """The modules the tensors of a LoRA are for, text encoders left out, each once.

    A tensor that belongs to no module stands for itself, and an alpha alone is for none.
    """
    return [module for module in _modules(names) if not in_text_encoder(module)]


def text_encoder_modules_of(names: Iterable[str]) -> list[str]:
    """Those of them that are for text encoders."""
    return [module for module in _modules(names) if in_text_encoder(module)]


def _modules(names: Iterable[str]) -> list[str]:
    modules = {}
    for name in names:
        if not name.endswith(".alpha"):
            match = _PART_OF.fullmatch(name)
            modules[match["module"] if match else name] = None
    return list(modules)
