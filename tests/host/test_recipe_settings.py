"""What a recipe settles besides levels: guidance, ComfyUI's samplers, strengths, alpha, halves."""

import json

import comfy.k_diffusion.sampling as core
import comfy.model_management
import comfy.samplers
import folder_paths
import narrow
import pytest
import torch
from comfy_extras.nodes_flux import FluxGuidance
from fewstep.host.accelerator import accelerator_of
from fewstep.host.lora.applying import with_strength
from fewstep.host.sampling.samplers import recipe_sampler
from fewstep.nodes.ksampler import FewStepKSampler
from fewstep.nodes.lora_loader import FewStepLoraLoader
from fewstep.nodes.recipes import FewStepFromRecipe
from fewstep.recipes import Recipe, builtin_recipes
from safetensors.torch import save_file


def _fields(**fields):
    return {
        **{"id": "mine/one", "name": "One", "family": "Mine", "base": "SD 1.5", "kind": "LoRA"},
        **{"sampler": "ddim", "spacing": "trailing", "steps": [4, 1, 8], "cfg": [1, 1, 1]},
        **fields,
    }


def _recipe(**fields):
    return Recipe.from_json(_fields(**fields))


def _sampled(model, base, recipe, positive=None, seed=5, batch=1, **inputs):
    channels = 16 if base == "FLUX.1" else 4
    latent = {"samples": torch.zeros(batch, channels, 8, 8)}
    positive = positive or narrow.conditioning(base)
    given = [model, positive, narrow.conditioning(base, 10), latent, seed, 0, 0.0, 1.0]
    made, text = FewStepKSampler.execute(*given, "seed + index", recipe=recipe).result
    return made["samples"], text


TDD = builtin_recipes()["tdd/flux"]


def test_guidance_of_the_recipe_is_set_where_the_conditioning_has_none():
    model, plain = narrow.patcher("FLUX.1"), narrow.conditioning("FLUX.1")
    set_by_hand, other = (
        FluxGuidance.execute(plain, value).result[0] for value in (TDD.guidance, 8.0)
    )
    ours, text = _sampled(model, "FLUX.1", TDD)
    same, _ = _sampled(model, "FLUX.1", TDD, set_by_hand)
    assert torch.equal(ours, same)
    assert "Guidance 2 is set on the positive conditioning." in text and "needs" not in text
    assert "guidance" not in plain[0][1]
    own, text = _sampled(model, "FLUX.1", TDD, other)
    assert not torch.equal(own, same)
    assert "keeps its own guidance, 8; the recipe's is 2." in text and "is set" not in text


def test_what_cannot_be_set_is_still_asked_for():
    *_, text = FewStepFromRecipe.execute(narrow.patcher("FLUX.1"), 0, 1.0, TDD).result
    assert "The graph needs FluxGuidance 2 (Few-step KSampler sets it)." in text


@pytest.mark.parametrize("name", ["res_multistep", "euler", "uni_pc", "dpmpp_2m"])
def test_a_sampler_of_comfyui_is_the_host_s_own(name):
    model = narrow.patcher("SD 1.5")
    recipe = _recipe(sampler=f"comfy:{name}")
    sigmas = FewStepFromRecipe.execute(model, 0, 1.0, recipe).result[1]
    expected = narrow.sampled(model, "SD 1.5", sigmas, sampler=name, seed=5)
    made, text = _sampled(model, "SD 1.5", recipe)
    assert torch.equal(made, expected)
    assert f"ComfyUI's {name}, CFG 1" in text


@pytest.mark.parametrize("name", ["euler_ancestral", "lcm", "dpmpp_sde", "dpmpp_2m_sde", "er_sde"])
@pytest.mark.parametrize("base", ["SD 1.5", "FLUX.1"])
def test_with_a_sampler_of_comfyui_image_k_is_the_image_made_alone_with_seed_k(name, base):
    """To 1e-5 of the largest value: matrices of a batch are multiplied in another order."""
    flow = {"prediction": "flow", "shift": 3.0, "base": "FLUX.1"} if base == "FLUX.1" else {}
    recipe = _recipe(sampler=f"comfy:{name}", **flow)
    model = narrow.patcher(base)
    batch, _ = _sampled(model, base, recipe, batch=3)
    for k in range(3):
        alone, _ = _sampled(model, base, recipe, seed=5 + k)
        assert torch.allclose(batch[k], alone[0], atol=1e-5 * float(alone.abs().max()))
    assert not torch.allclose(batch[0], batch[1], atol=0.1)


@pytest.mark.parametrize("name", ["dpmpp_sde", "dpmpp_2m_sde", "dpmpp_3m_sde"])
def test_a_single_image_of_a_stochastic_equation_is_the_host_s_own(name):
    model = narrow.patcher("SD 1.5")
    recipe = _recipe(sampler=f"comfy:{name}")
    sigmas = FewStepFromRecipe.execute(model, 0, 1.0, recipe).result[1]
    expected = narrow.sampled(model, "SD 1.5", sigmas, sampler=name, seed=5)
    made, _ = _sampled(model, "SD 1.5", recipe)
    assert torch.allclose(made, expected, atol=1e-5 * float(expected.abs().max()))


def test_options_of_a_sampler_of_comfyui_reach_its_function():
    model = narrow.patcher("SD 1.5")
    made = [
        _sampled(model, "SD 1.5", _recipe(sampler="comfy:lcm", sampler_options=options))[0]
        for options in ({}, {"s_noise": 1.0}, {"s_noise": 0.5})
    ]
    assert torch.equal(made[0], made[1]) and not torch.equal(made[0], made[2])
    text = _recipe(sampler="comfy:lcm", sampler_options={"s_noise": 1.02}).sampler_text
    assert text == "ComfyUI's lcm (s_noise 1.02)"


def test_a_sampler_or_option_that_this_comfyui_lacks_is_an_error_that_names_it():
    with pytest.raises(ValueError, match="ComfyUI's no_such, which this ComfyUI does not have"):
        recipe_sampler(_recipe(sampler="comfy:no_such"))
    with pytest.raises(ValueError, match="sets speed of ComfyUI's lcm"):
        recipe_sampler(_recipe(sampler="comfy:lcm", sampler_options={"speed": 2}))
    sampler = recipe_sampler(_recipe(sampler="comfy:lcm"))
    assert sampler.sampler_function.__wrapped__ is core.sample_lcm
    assert isinstance(sampler, comfy.samplers.KSAMPLER)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    loras = tmp_path / "loras"
    loras.mkdir()
    known = folder_paths.folder_names_and_paths
    monkeypatch.setitem(known, "loras", ([str(loras)], {".safetensors"}))
    monkeypatch.setattr(folder_paths, "filename_list_cache", {})
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))
    return loras


@pytest.fixture
def teach(tmp_path):
    """Call with fields of a recipe of one's own."""

    def write(**fields):
        recipes = tmp_path / "user" / "fewstep" / "recipes"
        recipes.mkdir(parents=True, exist_ok=True)
        name = fields.get("id", "mine/one").replace("/", "_")
        (recipes / f"{name}.json").write_text(json.dumps(_fields(**fields)), "utf-8")

    return write


def _load(model, name, recipe="mine/one", apply="auto", strength=1.0, each="", **inputs):
    return FewStepLoraLoader.execute(model, name, strength, recipe, apply, each, **inputs).result


def _picture(model, steps=4):
    return narrow.sampled(model, "SD 1.5", narrow.sigmas_of(model, steps))


def test_strengths_by_step_of_a_recipe_run_live_and_are_said(folder, teach):
    narrow.write(folder, "a.safetensors", narrow.lora("SD 1.5", "kohya"))
    teach(step_strengths="1, 1, 0")
    teach(id="mine/plain")
    model = narrow.patcher("SD 1.5")
    made, recipe, report = _load(model, "a.safetensors")
    by_hand, *_ = _load(model, "a.safetensors", "mine/plain", "live", each="1, 1, 0")
    everywhere, *_ = _load(model, "a.safetensors", "mine/plain")
    assert torch.equal(_picture(made), _picture(by_hand))
    assert not torch.allclose(_picture(made), _picture(everywhere), atol=1e-3)
    assert "auto is live here, because the recipe's strengths by step ask for it" in report
    assert "in each step times 1, 1, 0" in report
    with pytest.raises(ValueError, match="Set apply to live or auto"):
        _load(model, "a.safetensors", apply="merge")
    own, *_ = _load(model, "a.safetensors", each="0, 1")
    assert not torch.allclose(_picture(own), _picture(made), atol=1e-3)


@pytest.mark.parametrize("apply", ["merge", "live"])
def test_an_alpha_that_the_recipe_knows_is_the_file_s_own(apply, folder, teach):
    narrow.write(folder, "without.safetensors", narrow.lora("SD 1.5", "kohya", alpha=None))
    narrow.write(folder, "with.safetensors", narrow.lora("SD 1.5", "kohya", alpha=1.0))
    teach(files=[{"name": "without.safetensors", "alpha": 1.0}])
    model = narrow.patcher("SD 1.5")
    ours, _, report = _load(model, "without.safetensors", apply=apply)
    own, _, other = _load(model, "with.safetensors", apply=apply)
    first, second = _picture(ours), _picture(own)
    assert (first - second).abs().max() < 1e-5 * second.abs().max()
    assert "alpha 1, as the recipe says: the file holds none" in report
    assert "as the recipe says" not in other


def test_of_several_files_alpha_is_that_of_the_name(folder, teach):
    narrow.write(folder, "b.safetensors", narrow.lora("SD 1.5", "kohya", alpha=None))
    narrow.write(folder, "c.safetensors", narrow.lora("SD 1.5", "kohya", alpha=None))
    teach(files=[{"name": "A.safetensors", "alpha": 8}, {"name": "B.safetensors", "alpha": 128}])
    model = narrow.patcher("SD 1.5")
    assert "alpha 128, as the recipe" in _load(model, "b.safetensors")[2]
    assert "as the recipe says" not in _load(model, "c.safetensors")[2]


def test_an_alpha_in_plain_metadata_is_read(folder, teach):
    tensors = narrow.lora("SD 1.5", "kohya", alpha=None)
    save_file(tensors, folder / "a.safetensors", {"lora_alpha": "1"})
    narrow.write(folder, "with.safetensors", narrow.lora("SD 1.5", "kohya", alpha=1.0))
    teach()
    model = narrow.patcher("SD 1.5")
    pictures = [_picture(_load(model, name)[0]) for name in ("a.safetensors", "with.safetensors")]
    assert torch.allclose(*pictures, atol=1e-5)


@pytest.fixture
def two(folder, teach):
    narrow.write(folder, "a.safetensors", narrow.lora("SD 1.5", "kohya", seed=1))
    narrow.write(folder, "b.safetensors", narrow.lora("SD 1.5", "kohya", seed=2))
    teach()
    teach(id="mine/two")
    teach(id="mine/beside", stacks=True)
    return narrow.patcher("SD 1.5")


@pytest.mark.parametrize("second", ["merge", "live"])
@pytest.mark.parametrize("first", ["merge", "live"])
def test_two_accelerators_count_both_where_second_is_allow(first, second, two):
    one, *_ = _load(two, "a.safetensors", apply=first)
    with pytest.raises(ValueError, match="set second to allow"):
        _load(one, "b.safetensors", "mine/two", second)
    both, _, report = _load(one, "b.safetensors", "mine/two", second, second="allow")
    merged, *_ = _load(two, "a.safetensors", apply="merge")
    merged, *_ = _load(merged, "b.safetensors", "mine/two", "merge", second="allow")
    # Live and merged differ by rounding.
    assert torch.allclose(_picture(both), _picture(merged), atol=1e-3)
    assert not torch.allclose(_picture(both), _picture(one), atol=1e-2)
    assert "Two accelerators are on this model, a.safetensors and b.safetensors" in report
    assert accelerator_of(both).recipe.id == "mine/one"
    # Compare's strengths are the first one's and leave the second alone.
    without = with_strength(both, accelerator_of(both).applied, 0.0)
    alone, *_ = _load(two, "b.safetensors", "mine/two", second)
    assert torch.allclose(_picture(without), _picture(alone), atol=1e-3)


@pytest.mark.parametrize("names", [("mine/beside", "mine/one"), ("mine/one", "mine/beside")])
def test_a_file_that_is_meant_to_stand_beside_another_does_and_leaves_it_the_settings(names, two):
    model, *_ = _load(two, "a.safetensors", names[0])
    model, _, report = _load(model, "b.safetensors", names[1])
    assert accelerator_of(model).recipe.id == "mine/one"
    assert "Two accelerators" not in report


def test_a_half_of_a_pair_is_said_and_warned_of_on_the_other_half(two, teach):
    teach(id="mine/high", half="high")
    teach(id="mine/low", half="low")
    high, _, report = _load(two, "a.safetensors", "mine/high")
    assert "LoRA for SD 1.5, the high-noise half of a pair" in report and "this model" not in report
    *_, report = _load(high, "b.safetensors", "mine/low", second="allow")
    assert "b.safetensors is for the low-noise model, and this model has a.safetensors" in report
    named = two.clone()
    named.cached_patcher_init = (None, ("/models/wan2.2_t2v_low_noise_14B.safetensors", {}))
    *_, report = _load(named, "a.safetensors", "mine/high")
    assert "this model's file is wan2.2_t2v_low_noise_14B.safetensors" in report
    named.cached_patcher_init = (None, ("/models/wan2.2_t2v_high_noise_14B.safetensors", {}))
    *_, report = _load(named, "a.safetensors", "mine/high")
    assert "this model's file" not in report


def test_two_live_loras_leave_the_layers_as_they_were(two):
    before = _picture(two)
    one, *_ = _load(two, "a.safetensors", apply="live")
    both, *_ = _load(one, "b.safetensors", "mine/two", "live", second="allow")
    with_both = _picture(both)
    assert torch.equal(_picture(two), before)
    assert torch.equal(_picture(both), with_both)
    comfy.model_management.unload_all_models()
    assert not [one for one in two.model.modules() if "forward" in one.__dict__]


def test_the_slider_goes_to_4(two):
    strength = next(one for one in FewStepLoraLoader.define_schema().inputs if one.id == "strength")
    assert strength.max == 4.0
