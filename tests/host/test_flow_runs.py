"""Few-step KSampler draws with each family's recipe on a narrow model of the host's own network."""

import comfy.sample
import comfy.samplers
import narrow_flow
import pytest
import torch
from fewstep.host.base_model import base_of
from fewstep.host.sampling.levels import sigmas_of, subject_of
from fewstep.nodes.ksampler import FewStepKSampler
from fewstep.recipes import BASES, builtin_recipes, recipe_plan

import nodes

h3 = pytest.importorskip("comfy_extras.nodes_minimax_h3", reason="ComfyUI 0.30 brings it")
RECIPES = builtin_recipes()
RUNS = {
    "Wan 2.2 T2V": ["wan/t2v22-4step-high", "wan/t2v22-4step-low", "wan/causvid-t2v"],
    "Wan 2.2 I2V": ["wan/i2v22-4step-high", "wan/i2v22-4step-low"],
    "Wan 2.1 I2V": ["wan/i2v21-4step", "wan/flf2v22-4step"],
    "Krea 2": ["krea-2/turbo", "krea-2/turbo-4step", "krea-2/turbo-3step"],
    "FLUX.2": ["flux-2/klein", "flux-2/dev-turbo"],
    "Lens": ["lens/turbo"],
    "HunyuanVideo 1.5": ["hunyuan-video-1.5/t2v-4step", "hunyuan-video-1.5/i2v-480p"],
    "MiniMax H3": ["minimax-h3/fl2v-4step-v1.2-768p", "minimax-h3/fl2v-8step-v1.0"],
    "LTX-2": ["ltx/2-distilled", "ltx/2.3-distilled-lora"],
    "Qwen-Image": [
        "qwen-image-lightning/qwen-image-4step",
        "qwen-image-lightning/qwen-image-edit-8step",
        "qwen-image-lightning/wuli-2step",
    ],
    "Z-Image": ["z-image/turbo", "z-image/fun-distill-4step"],
    "Mage-Flow": ["mage-flow/turbo"],
    "Boogu": ["boogu/turbo", "boogu/turbo-lora"],
    "Ernie": ["ernie/turbo"],
    "Anima": ["anima/turbo-lora", "anima/turbo-4step"],
}
ALL = [(family, recipe) for family, recipes in RUNS.items() for recipe in recipes]
EULER = [
    (family, name)
    for family, name in ALL
    if RECIPES[name].sampler == "ddim" and family != "MiniMax H3"
]


@pytest.fixture(autouse=True)
def _listed(monkeypatch):
    """The host's node in its list, as its server puts it there."""
    monkeypatch.setitem(nodes.NODE_CLASS_MAPPINGS, "MiniMaxH3SigmaShift", h3.MiniMaxH3SigmaShift)


def drawn(family, recipe, denoise=1.0, value=0.0):
    model = narrow_flow.patcher(family)
    given = narrow_flow.conditioning(family)
    latent = {"samples": narrow_flow.latent(family, value)}
    return FewStepKSampler.execute(
        model, given, given, latent, 5, 0, 0.0, denoise, "ComfyUI", recipe=RECIPES[recipe]
    ).result


def flat(samples):
    parts = samples.unbind() if getattr(samples, "is_nested", False) else [samples]
    return torch.cat([part.flatten().float() for part in parts])


def test_every_family_of_narrow_models_has_a_run_and_a_name():
    assert RUNS.keys() == narrow_flow.FAMILIES.keys()
    for family, recipes in RUNS.items():
        base = base_of(narrow_flow.patcher(family))
        assert base in BASES and {RECIPES[one].base for one in recipes} <= {base, f"{base}-Edit"}


@pytest.mark.parametrize(("family", "recipe"), ALL)
def test_a_recipe_runs_and_says_its_levels(family, recipe):
    latent, text = drawn(family, recipe)
    picture = flat(latent["samples"])
    assert torch.isfinite(picture).all() and picture.std() > 0.01
    assert recipe in text and "levels " in text and "is for" not in text


@pytest.mark.parametrize(("family", "recipe"), EULER)
def test_euler_recipes_are_the_host_s_euler_on_the_published_levels(family, recipe):
    """To 1e-4 of the picture's size: what 8 steps in float32 leave."""
    model = narrow_flow.patcher(family)
    given = narrow_flow.conditioning(family)
    latent = narrow_flow.latent(family)
    made = RECIPES[recipe]
    subject = subject_of(model, made, {"samples": latent})
    sigmas = sigmas_of(recipe_plan(made, int(made.steps.default), 1.0, subject))
    sampler = comfy.samplers.sampler_object("euler")
    noise = comfy.sample.prepare_noise(latent, 5)
    extra = given
    if made.guidance is not None:
        extra = [[text, {**more, "guidance": made.guidance}] for text, more in given]
    wanted = comfy.sample.sample_custom(
        model, noise, 1.0, sampler, sigmas, extra, given, latent, disable_pbar=True, seed=5
    )
    found, wanted = flat(drawn(family, recipe)[0]["samples"]), flat(wanted)
    assert float((found - wanted).abs().max()) < 1e-4 * float(wanted.abs().max())


def test_the_second_stage_of_ltx_is_drawn_from_a_first_one():
    latent, text = drawn("LTX-2", "ltx/2.3-distilled", denoise=0.9, value=0.5)
    assert "levels 0.85 0.725 0.4219" in text
    assert torch.isfinite(flat(latent["samples"])).all()


@pytest.mark.parametrize(
    ("family", "recipe", "told"),
    [
        (
            "Wan 2.2 T2V",
            "flux-2/klein",
            "is for FLUX.2, and this model is Wan 14B, which",
        ),
        ("FLUX.2", "krea-2/turbo", "is for Krea 2, and this model is FLUX.2, which has other"),
        (
            "Z-Image",
            "wan/t2v22-4step",
            "is for Wan 14B, and this model is Z-Image, which",
        ),
        ("LTX-2", "minimax-h3/fl2v-8step-v1.0", "is for MiniMax H3, and this model is LTX-2, wh"),
    ],
)
def test_a_recipe_of_another_family_is_refused_with_a_sentence(family, recipe, told):
    with pytest.raises(ValueError, match=told):
        drawn(family, recipe)


def test_a_recipe_of_another_family_with_the_same_latents_is_a_warning():
    for family, recipe in [("Qwen-Image", "krea-2/turbo"), ("Lens", "flux-2/klein")]:
        told = drawn(family, recipe)[1]
        base = base_of(narrow_flow.patcher(family))
        assert f"is for {RECIPES[recipe].base}, and this model is {base}." in told
