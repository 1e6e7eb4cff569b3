"""Models on several devices through core's own nodes; `cpu` and `cpu:0` are two to the host."""

import comfy.model_management
import comfy.samplers
import narrow
import narrow_files
import pytest
import torch
from fewstep.nodes.ksampler import FewStepKSampler
from fewstep.recipes import builtin_recipes
from test_lora import close, folder, load, write  # noqa: F401

multigpu = pytest.importorskip("comfy_extras.nodes_multigpu", reason="ComfyUI 0.30 brings it")
RECIPE = builtin_recipes()["lcm/sd15-lora"]
DEVICES = [torch.device("cpu"), torch.device("cpu", 0)]


@pytest.fixture
def two_devices(monkeypatch):
    monkeypatch.setattr(
        comfy.model_management, "get_all_torch_devices", lambda exclude_current=False: DEVICES
    )
    yield
    comfy.model_management.unload_all_models()


def split(model):
    """What core's MultiGPU CFG Split makes of a model."""
    return multigpu.MultiGPUCFGSplitNode.execute(model, 2).result[0]


@pytest.fixture
def ran_on(monkeypatch):
    """The devices that conditionings were split over, one entry a step."""
    whole, seen = comfy.samplers._calc_cond_batch_multigpu, []

    def watched(model, conds, x, timestep, options):
        seen.append(list(options["multigpu_clones"]))
        return whole(model, conds, x, timestep, options)

    monkeypatch.setattr(comfy.samplers, "_calc_cond_batch_multigpu", watched)
    return seen


def drawn(model, base="SD 1.5", recipe=None):
    """Four steps at CFG 2, so that each device has a half of the work."""
    latent = {"samples": torch.zeros(2, 4, 8, 8)}
    given = (narrow.conditioning(base), narrow.conditioning(base, 10), latent)
    result = FewStepKSampler.execute(model, *given, 3, 4, 2.0, 1.0, "seed + index", recipe)
    return result.result[0]["samples"]


@pytest.fixture
def checkpoint(models_folder, load_model):
    """A model as our loader loads it from a file."""

    def make(base="SD 1.5", recipe="auto"):
        tensors = narrow_files.unet(base, "ComfyUI")
        narrow.write(models_folder, "a.safetensors", tensors)
        return load_model(base=base, recipe=recipe)[0]

    return make


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("inputs", [{"apply": "live"}, {"apply": "merge"}])
def test_a_lora_is_on_every_device_of_core_s_multi_gpu_nodes(
    inputs,
    after,
    folder,  # noqa: F811
    load,  # noqa: F811
    checkpoint,
    two_devices,
    ran_on,
):
    """Whether core's node stands after the loader or before it."""
    write(folder)
    model = checkpoint()
    plain = drawn(model, recipe=RECIPE)
    alone = drawn(load(model, recipe="lcm/sd15-lora", **inputs)[0])
    ran_on.clear()
    if after:
        both = split(load(model, recipe="lcm/sd15-lora", **inputs)[0])
    else:
        both = load(split(model), recipe="lcm/sd15-lora", **inputs)[0]
    found = drawn(both)
    assert ran_on and all(seen == DEVICES for seen in ran_on)
    assert close(found, alone, 1e-5)
    assert not close(plain, alone, 1e-2)
    assert torch.equal(drawn(model, recipe=RECIPE), plain)


def test_step_strengths_turn_on_every_device(
    folder,  # noqa: F811
    load,  # noqa: F811
    checkpoint,
    two_devices,
    ran_on,
):
    write(folder)
    live = load(checkpoint(), recipe="lcm/sd15-lora", apply="live", step_strengths="1, 0, 0.5")[0]
    alone = drawn(live)
    ran_on.clear()
    assert close(drawn(split(live)), alone, 1e-5) and ran_on


def test_a_one_step_model_starts_and_predicts_the_same_on_every_device(
    checkpoint,
    two_devices,
    ran_on,
):
    model = checkpoint("SDXL", "hyper-sd/sdxl-1step-unet")
    alone = drawn(model, "SDXL")
    ran_on.clear()
    assert close(drawn(split(model), "SDXL"), alone, 1e-5) and ran_on


def test_a_model_chosen_for_another_device_keeps_its_lora(
    folder,  # noqa: F811
    load,  # noqa: F811
    checkpoint,
    two_devices,
):
    """Core's Select Model Device loads the file again for that device."""
    write(folder)
    live = load(checkpoint(), recipe="lcm/sd15-lora", apply="live")[0]
    alone = drawn(live)
    moved = multigpu._retarget_patcher(live.clone(), *DEVICES[::-1])
    assert moved.model is not live.model
    assert close(drawn(moved), alone, 1e-5)
