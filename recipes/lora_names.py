"""How the tensors of LoRA files are called: a module and what it holds for it."""

import re
from collections.abc import Iterable

_PART = re.compile(
    r"(?P<module>.+?)(?:\.alpha|\.dora_scale|\.lora_(?:down|up|mid)\.weight"
    r"|[._]lora\.(?:down|up)\.weight|\.lora_[AB](?:\.default)?(?:\.weight)?"
    r"|\.lora_linear_layer\.(?:down|up)\.weight|\.diff(?:_b)?|\.[wb]_norm|\.set_weight"
    r"|\.reshape_weight|\.(?:hada|lokr)_\w+|\.[ab][12]\.weight|\.oft_\w+)"
)
_TEXT_ENCODER = re.compile(r"(lora_te|text_encoder|te\d?[_.]|lora_prior_te)")


def modules_of(names: Iterable[str]) -> list[str]:
    """The modules the tensors of a LoRA are for, text encoders left out, each once.

    A tensor that belongs to no module stands for itself.
    """
    modules = {}
    for name in names:
        match = _PART.fullmatch(name)
        modules[match["module"] if match else name] = None
    return [module for module in modules if not _TEXT_ENCODER.match(module)]
