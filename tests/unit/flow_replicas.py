"""Headers of files for today's flow and video models: the layers of the host's own networks.

`data/flow_layers.json` has them in full size; tests/host/test_flow_layers.py holds it to the host.
"""

import json
from pathlib import Path

NETWORKS = json.loads((Path(__file__).parent / "data" / "flow_layers.json").read_text("utf-8"))
# What the pack calls a network, where its data tells two sizes of it apart.
BASES = {"Wan 14B image to video": "Wan 14B", "FLUX.2 dev": "FLUX.2", "FLUX.2 klein 4B": "FLUX.2"}
FORMS = {
    "comfyui": "diffusion_model.{}",
    "kohya": "lora_unet_{}",
    "transformer": "transformer.{}",
    "peft": "base_model.model.{}",
    "bare": "{}",
}
_ENDS = {"kohya": ("lora_down", "lora_up"), "comfyui": ("lora_down", "lora_up")}


def base_of(network):
    return BASES.get(network, network)


def layers(network):
    """Shapes of the weights by module path."""
    return {
        path.replace("{}", str(n), 1): tuple(shape)
        for path, count, shape in NETWORKS[network]["layers"]
        for n in range(count)
    }


def model(network, dtype="BF16", inside=""):
    return {f"{inside}{name}.weight": (dtype, shape) for name, shape in layers(network).items()}


def lora(network, form, rank=64, dtype="BF16", only=""):
    """A LoRA for all linear layers, or for those with `only` in their name."""
    tensors = {}
    down, up = _ENDS.get(form, ("lora_A", "lora_B"))
    for module, shape in layers(network).items():
        if len(shape) != 2 or only not in module:
            continue
        name = FORMS[form].format(module.replace(".", "_") if form == "kohya" else module)
        tensors[f"{name}.{down}.weight"] = (dtype, (rank, shape[1]))
        tensors[f"{name}.{up}.weight"] = (dtype, (shape[0], rank))
    return tensors
