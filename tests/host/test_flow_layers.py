"""The layers that headers of tests are made of are those of the host's own networks."""

import json
import re
from pathlib import Path

import comfy.supported_models
import pytest
import torch
from fewstep.host.base_model import base_of
from fewstep.recipes import BASES

DATA = Path(__file__).parents[1] / "unit" / "data" / "flow_layers.json"
NETWORKS = json.loads(DATA.read_text("utf-8"))
# What the pack calls a network, where the data has two sizes of it.
CALLED = {"Wan 14B image to video": "Wan 14B", "FLUX.2 dev": "FLUX.2", "FLUX.2 klein 4B": "FLUX.2"}


def network(name):
    """The host's network in full size, without weights."""
    entry = NETWORKS[name]
    config = getattr(comfy.supported_models, entry["class"])(dict(entry["config"]))
    config.set_inference_dtype(torch.bfloat16, None)
    return config.get_model({}, device=torch.device("meta"))


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_and_name_are_the_host_s(name):
    made = network(name)
    weights = {
        key.removesuffix(".weight"): list(weight.shape)
        for key, weight in made.diffusion_model.state_dict().items()
        if key.endswith(".weight") and weight.ndim > 1
    }
    told = {
        path.replace("{}", str(n), 1): shape
        for path, count, shape in NETWORKS[name]["layers"]
        for n in range(count)
    }
    assert told == weights
    assert all(re.fullmatch(r"[\w.]+", path) for path in told)
    patcher = type("Patcher", (), {"model": made})
    called = CALLED.get(name, name)
    assert base_of(patcher) == called and called in BASES
