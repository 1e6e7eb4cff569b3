"""Load one-step model on whole models of today's flow and video families."""

import json

import narrow_flow
import pytest
import short_flow_parts
import torch
from fewstep.host.weight_files import read_header_of
from fewstep.recipes import layout_of
from safetensors.torch import load_file, save_file

# Whole models that are distilled, by their published names.
WHOLE = {
    "Krea 2": "krea2_turbo_bf16.safetensors",
    "FLUX.2": "flux-2-klein-9b.safetensors",
    "Z-Image": "z_image_turbo_bf16.safetensors",
}


@pytest.fixture
def short():
    """The host builds models whose widths it does not read from a file."""
    undo = short_flow_parts.shorten()
    yield
    undo()


def write(folder, name, family):
    """As published, or with what the tests' host needs to build a model it has no widths of."""
    path, known = narrow_flow.write(folder, name, family), narrow_flow.FAMILIES[family]
    if known.by_hand:
        told = {short_flow_parts.BUILT_AS: json.dumps((known.kind, known.config))}
        save_file(load_file(path), path, metadata=told)
    return path


@pytest.mark.parametrize("family", narrow_flow.FAMILIES)
def test_a_file_of_every_family_is_loaded_as_a_model(family, models_folder, load_model, short):
    if family == "Anima":
        pytest.skip("half a gigabyte in narrow, too")
    path = write(models_folder, "mine.safetensors", family)
    assert layout_of(read_header_of(path, path.name)).what == "UNet"
    model, clip, vae, recipe, report = load_model("mine.safetensors")
    assert recipe is None and "not recognised" in report
    weights = model.model.diffusion_model.state_dict()
    for name, weight in load_file(path).items():
        assert torch.equal(weights[name], weight), name
    for part, says in ((clip, "Load CLIP"), (vae, "Load VAE")):
        with pytest.raises(AttributeError, match=says):
            part.clone()


@pytest.mark.parametrize(("family", "name"), WHOLE.items())
def test_a_distilled_model_brings_its_recipe(family, name, models_folder, load_model, short):
    write(models_folder, name, family)
    *_, recipe, report = load_model(name)
    assert recipe.kind == "UNet" and "recognised by file name" in report


def test_a_base_model_of_klein_has_no_recipe(models_folder, load_model):
    write(models_folder, "flux-2-klein-base-9b.safetensors", "FLUX.2")
    *_, recipe, report = load_model("flux-2-klein-base-9b.safetensors")
    assert recipe is None and "choose the recipe here" in report
