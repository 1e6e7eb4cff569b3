"""A flow recipe samples the levels its authors publish, whatever shift the model has.

Against diffusers' schedulers, through all three nodes that make levels of a recipe: to 1e-6.
"""

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.flux.pipeline_flux import calculate_shift
from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu
from fewstep.nodes.compare import FewStepCompare
from fewstep.nodes.ksampler import FewStepKSampler
from fewstep.nodes.recipes import FewStepFromRecipe, FewStepRecipe
from fewstep.nodes.scheduler import FewStepScheduler
from fewstep.recipes import Recipe, builtin_recipes
from fewstep.schedulers import grid, needs_size
from flow_models import KINDS as MODELS
from flow_models import PATCHES, conditioning, flow_model, latent_of, levels_seen

FLOWS = {
    name: recipe
    for name, recipe in builtin_recipes().items()
    if recipe.prediction == "flow" and not recipe.blocked
    if recipe.base in MODELS and recipe.shift != "model"
}
SIZES = [(512, 512), (1024, 1024), (1344, 768), (2048, 2048)]
TURBO = [1.0, 0.6509, 0.4374, 0.2932, 0.1893, 0.1108, 0.0495, 0.00031]
VIGGLE = {
    "4": [1, 0.75, 0.5, 0.25],
    "6": [1, 0.9375, 0.875, 0.75, 0.5, 0.25],
}
LTX = [1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875]
LTX_2 = [0.909375, 0.725, 0.421875]
QWEN_21 = {"mu": [0.5, 0.9], "tokens": [256, 8192]}


def _recipe(base, steps, **fields):
    return Recipe.from_json(
        {
            **{"id": "test/one", "name": "One", "family": "Test", "base": base, "kind": "LoRA"},
            **{"sampler": "ddim", "spacing": "trailing", "prediction": "flow"},
            **{"steps": [steps, 1, 20], "cfg": [1, 1, 1]},
            **fields,
        }
    )


# Recipes of families to come, by the model they are for.
KINDS = {
    "klein": ("FLUX.2", _recipe("FLUX.2", 4, shift="flux2")),
    "FLUX.2 dev Turbo": (
        "FLUX.2",
        _recipe("FLUX.2", 8, spacing="listed", u=TURBO, shift="flux2"),
    ),
    "Viggle": ("Qwen-Image", _recipe("Qwen-Image", 6, spacing="listed", u=VIGGLE, shift=QWEN_21)),
    "Qwen 2.1 base": (
        "Qwen-Image",
        _recipe("Qwen-Image", 4, shift={**QWEN_21, "terminal": 0.02}),
    ),
    "LTX": (
        "Wan 14B",
        _recipe("Wan 14B", 8, spacing="listed", sigmas={"8": LTX, "stage 2": LTX_2}),
    ),
}


def _reference(recipe, steps, width, height):
    """The levels of diffusers' scheduler, or the list itself."""
    tokens = width * height // 256
    shift = recipe.shift
    nodes = [1 - step / steps for step in range(steps)]
    if recipe.sigmas:
        return list(recipe.sigmas[str(steps)] if isinstance(recipe.sigmas, dict) else recipe.sigmas)
    if recipe.u:
        nodes = list(recipe.u[str(steps)] if isinstance(recipe.u, dict) else recipe.u)
    if recipe.spacing == "grid":
        nodes = [(time + 1) / 1000 for time in grid(steps)]
    if isinstance(shift, (int, float)):
        scheduler = FlowMatchEulerDiscreteScheduler(shift=float(shift))
        scheduler.set_timesteps(sigmas=nodes)
    else:
        if shift == "flux2":
            mu, terminal = compute_empirical_mu(tokens, steps), None
        else:
            (low, high), (few, most) = shift["mu"], shift["tokens"]
            mu, terminal = calculate_shift(tokens, few, most, low, high), shift.get("terminal")
        scheduler = FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True, time_shift_type="exponential", shift_terminal=terminal
        )
        scheduler.set_timesteps(sigmas=nodes, mu=mu)
    return scheduler.sigmas.tolist()[:-1]


def _of_all_nodes(model, recipe, steps=0, denoise=1.0, size=(1024, 1024), latent=None):
    """The levels that each node samples or hands out, without the 0."""
    latent = latent or latent_of(model, *size)
    levels_seen(model)
    positive = negative = conditioning()
    given = [model, positive, negative, latent, 5, steps, 0.0, denoise, "seed + index"]
    FewStepKSampler.execute(*given, recipe=recipe)
    seen = levels_seen(model)
    _, sigmas, *_ = FewStepFromRecipe.execute(model, steps, denoise, recipe, latent).result
    count = steps or int(recipe.steps.default)
    made = FewStepScheduler.execute(
        count, "grid", denoise, "", "keep steps", model, recipe, 0.0, latent
    )
    assert sigmas[-1] == made.result[0][-1] == 0
    return [seen, sigmas.tolist()[:-1], made.result[0].tolist()[:-1]]


@pytest.mark.parametrize("patch", ["the host's own", "ModelSamplingSD3 1.37", "Wan's"])
@pytest.mark.parametrize("name", FLOWS)
def test_every_node_samples_the_published_levels_whatever_shift_the_model_has(name, patch):
    recipe = FLOWS[name]
    plain = flow_model("schnell" if name == "flux/schnell" else recipe.base)
    model = PATCHES[patch](plain)
    size = (1024, 1024) if needs_size(recipe.shift) else (128, 128)
    staged = isinstance(recipe.sigmas, dict) and "stage 2" in recipe.sigmas
    for steps in {int(recipe.steps.default)} if staged else {int(part) for part in recipe.steps}:
        expected = _reference(recipe, steps, *size)
        seen, *made = _of_all_nodes(model, recipe, steps, size=size)
        # ComfyUI's er_sde starts a little below 1, where log SNR has a value.
        near = 1e-4 if recipe.sampler == "comfy:er_sde" else 1e-6
        assert seen == pytest.approx(expected, abs=near), steps
        for levels in made:
            assert levels == pytest.approx(expected, abs=1e-6), steps


SIZED = {name: (recipe.base, recipe) for name, recipe in FLOWS.items() if needs_size(recipe.shift)}


@pytest.mark.parametrize("patch", list(PATCHES)[:4])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("name", [*SIZED, *KINDS])
def test_levels_by_size_are_diffusers_own(name, size, patch):
    base, recipe = (SIZED | KINDS)[name]
    model = PATCHES[patch](flow_model(base))
    for steps in {"klein": (4, 3, 6, 8), "Viggle": (4, 6)}.get(name, (int(recipe.steps.default),)):
        expected = _reference(recipe, steps, *size)
        for levels in _of_all_nodes(model, recipe, steps, size=size):
            assert levels == pytest.approx(expected, abs=1e-6)


# Computed by others: facts of the models, not of this code.
PUBLISHED = {
    ("klein", 4, 1024): [1, 0.967384, 0.908144, 0.767200],
    ("klein", 4, 2048): [1, 0.986986, 0.961947, 0.893915],
    ("FLUX.2 dev Turbo", 8, 1024): [
        *(1, 0.947394, 0.882484, 0.800272, 0.692818, 0.546192, 0.334673, 0.002986)
    ],
    ("FLUX.2 dev Turbo", 8, 512): [
        *(1, 0.932460, 0.852001, 0.754399, 0.633564, 0.479888, 0.278300, 0.002291)
    ],
    ("Viggle", 6, 512): [1, 0.962557, 0.923057, 0.837170, 0.631512, 0.363570],
    ("Viggle", 4, 1024): [1, 0.857192, 0.666756, 0.400096],
    ("Qwen 2.1 base", 4, 1024): [1, 0.766709, 0.455614, 0.02],
    ("Qwen 2.1 base", 4, 2048): [1, 0.819420, 0.534826, 0.02],
    ("LTX", 8, 1024): LTX,
}


@pytest.mark.parametrize(("name", "steps", "side"), PUBLISHED)
def test_levels_are_those_that_were_published_to_1e_6(name, steps, side):
    base, recipe = KINDS[name]
    for levels in _of_all_nodes(flow_model(base), recipe, steps, size=(side, side)):
        assert levels == pytest.approx(PUBLISHED[name, steps, side], abs=1e-6)


def test_wan_and_sd35_turbo_sample_their_published_list_on_a_plain_model():
    expected = [1, 0.9375, 0.833333, 0.625]
    for name in ("wan/t2v22-4step", "turbo/sd35-medium-tensorart"):
        recipe = FLOWS[name]
        for levels in _of_all_nodes(flow_model(recipe.base), recipe):
            assert levels == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("denoise", [0.85, 0.6, 0.25])
@pytest.mark.parametrize("name", ["wan/t2v22-4step", "klein", "hyper-sd/flux-8step"])
def test_denoise_starts_at_u_before_the_rule_and_keeps_the_number_of_steps(name, denoise):
    base, recipe = KINDS.get(name) or (FLOWS[name].base, FLOWS[name])
    steps = int(recipe.steps.default)
    for levels in _of_all_nodes(flow_model(base), recipe, denoise=denoise):
        scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
        mu = {
            "wan/t2v22-4step": torch.tensor(5.0, dtype=torch.float64).log().item(),
            "klein": compute_empirical_mu(4096, 4),
        }.get(name, 1.15)
        nodes = [denoise * (1 - step / steps) for step in range(steps)]
        scheduler.set_timesteps(sigmas=nodes, mu=mu)
        assert levels == pytest.approx(scheduler.sigmas.tolist()[:-1], abs=1e-6)


def test_a_list_keeps_what_lies_below_the_start_and_puts_the_start_in_front():
    base, turbo = KINDS["FLUX.2 dev Turbo"]
    full = _reference(turbo, 8, 1024, 1024)
    for levels in _of_all_nodes(flow_model(base), turbo, denoise=0.4):
        # u = .4 by the rule with 8 steps, then the entries of the list below it.
        start = 0.4 * 2.718281828**2.267890 / (1 + (2.718281828**2.267890 - 1) * 0.4)
        assert levels == pytest.approx([start, *full[3:]], abs=1e-6)
    literal = _recipe("Wan 14B", 8, spacing="listed", sigmas=LTX)
    for levels in _of_all_nodes(flow_model("Wan 14B"), literal, denoise=0.9):
        assert levels == pytest.approx([0.9, 0.725, 0.421875], abs=1e-6)


@pytest.mark.parametrize("denoise", [0.95, 0.5])
def test_a_second_stage_is_sampled_as_it_stands_below_denoise_1(denoise):
    base, recipe = KINDS["LTX"]
    for levels in _of_all_nodes(flow_model(base), recipe, denoise=denoise):
        assert levels == pytest.approx(LTX_2, abs=1e-6)


def test_another_number_of_steps_than_a_list_s_is_an_error_that_names_the_possible_ones():
    for name, steps, known in [
        ("Viggle", 5, "one of 4, 6"),
        ("FLUX.2 dev Turbo", 4, "to 8"),
        ("LTX", 4, "to 8, or to 3 with a denoise below 1"),
    ]:
        base, recipe = KINDS[name]
        with pytest.raises(ValueError, match=known):
            _of_all_nodes(flow_model(base), recipe, steps)


def test_tokens_are_counted_in_one_frame_of_5_d_and_nested_latents():
    import comfy.nested_tensor

    base, recipe = KINDS["Viggle"]
    model = flow_model(base)
    expected = _reference(recipe, 6, 1344, 768)
    latent = latent_of(model, 1344, 768, frames=3)
    for levels in _of_all_nodes(model, recipe, latent=latent):
        assert levels == pytest.approx(expected, abs=1e-6)
    parts = [latent["samples"], torch.zeros(1, 8, 4, 9)]
    nested = {"samples": comfy.nested_tensor.NestedTensor(parts)}
    _, sigmas, *_ = FewStepFromRecipe.execute(model, 6, 1.0, recipe, nested).result
    assert sigmas.tolist()[:-1] == pytest.approx(expected, abs=1e-6)


def test_an_empty_latent_for_another_downscale_counts_as_the_model_will_have_it():
    """EmptyLatentImage, an eighth of the pixels, before a model that works in sixteenths."""
    base, recipe = KINDS["klein"]
    latent = {"samples": torch.zeros(1, 4, 128, 128), "downscale_ratio_spacial": 8}
    for levels in _of_all_nodes(flow_model(base), recipe, latent=latent):
        assert levels == pytest.approx(PUBLISHED["klein", 4, 1024], abs=1e-6)


def test_what_is_sampled_is_said_with_the_shift_the_model_has():
    recipe = FLOWS["wan/t2v22-4step"]
    model = flow_model("Wan 14B")
    said = "levels 1 0.9375 0.8333 0.625, shift 5 of the recipe"
    *_, text = FewStepFromRecipe.execute(model, 0, 1.0, recipe).result
    assert f"{said} (the model's own is 8)" in text
    *_, text = FewStepFromRecipe.execute(PATCHES["Wan's"](model), 0, 1.0, recipe).result
    assert f"{said}\n" in f"{text}\n"
    assert "The graph needs" not in text
    plan = FewStepScheduler.execute(4, "trailing", 1.0, "", "keep steps", model, None, 5.0).result[
        1
    ]
    assert "levels 1 0.9375 0.8333 0.625, shift 5 of this node (the model's own is 8)" in plan


def test_without_the_latent_a_shift_by_size_is_left_to_the_model_and_said():
    recipe = FLOWS["hyper-sd/flux-8step"]
    model = flow_model("FLUX.1")
    _, sigmas, _, text = FewStepFromRecipe.execute(model, 0, 1.0, recipe).result
    assert sigmas.tolist()[:-1] == pytest.approx(_reference(recipe, 8, 1024, 1024), abs=1e-6)
    assert "connect the latent. Without it the model's own shift is used" in text
    with pytest.raises(ValueError, match="no model is connected"):
        FewStepScheduler.execute(8, "grid", 1.0, "", "keep steps", None, recipe)


@pytest.mark.parametrize("steps", [3, 6, 7])
def test_a_shift_set_by_hand_has_exact_levels_where_the_steps_do_not_divide_1000(steps):
    scheduler = FlowMatchEulerDiscreteScheduler(shift=7.0)
    scheduler.set_timesteps(sigmas=[1 - step / steps for step in range(steps)])
    expected = scheduler.sigmas.tolist()
    for model in (None, flow_model("Z-Image")):
        sigmas, _ = FewStepScheduler.execute(
            steps, "trailing", 1.0, "", "keep steps", model, None, 7.0
        ).result
        assert sigmas.tolist() == pytest.approx(expected, abs=1e-6)
    changed, _ = FewStepRecipe.execute("z-image/turbo", 0, 0, -1, -1, 7.0).result
    for levels in _of_all_nodes(flow_model("Z-Image"), changed, steps):
        assert levels == pytest.approx(expected[:-1], abs=1e-6)


def test_compare_samples_the_recipe_s_levels(monkeypatch):
    recipe = FLOWS["wan/t2v22-4step"]
    model = flow_model("Wan 14B")

    class Vae:
        def decode(self, latent):
            return torch.zeros(1, 8, 8, 3)

    given = [model, conditioning(), conditioning(), latent_of(model, 64, 64), Vae(), 5]
    FewStepCompare.execute(*given, "4", "-1", "0", recipe)
    assert levels_seen(model) == pytest.approx([1, 0.9375, 0.833333, 0.625], abs=1e-6)


def test_listed_levels_stand_as_they_are_on_any_model():
    text = "1, 0.99375, .9875, 0.421875, 0"
    given = ["sigmas", 1.0, text, "keep steps"]
    for model in (None, flow_model("Wan 14B"), flow_model("FLUX.1")):
        sigmas, plan = FewStepScheduler.execute(4, *given, model).result
        assert sigmas.tolist() == pytest.approx([1, 0.99375, 0.9875, 0.421875, 0], abs=1e-7)
        assert plan.startswith("sigmas: 4 steps from level 1\n")
    sigmas, _ = FewStepScheduler.execute(
        4, "sigmas", 0.9, text, "keep steps", flow_model("FLUX.1")
    ).result
    assert sigmas.tolist() == pytest.approx([0.9, 0.421875, 0], abs=1e-7)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("sigmas", 1.0, "14.6, 3", 0.0), "Level 14.6 is above 1"),
        (("sigmas", 1.0, "1, 0.5", 3.0), "Set shift to 0"),
        (("sigmas", 1.0, "1, 0.5, 0.7", 0.0), 'Level "0.7" is not below'),
        (("sigmas", 1.0, "", 0.0), "list of levels is empty"),
        (("sigmas", 1.0, "1, x", 0.0), '"x" is not a noise level'),
    ],
)
def test_wrong_levels_are_an_error_that_says_what_to_do(given, said):
    spacing, denoise, text, shift = given
    with pytest.raises(ValueError, match=said):
        FewStepScheduler.execute(
            4, spacing, denoise, text, "keep steps", flow_model("Z-Image"), None, shift
        )
