"""Every recipe of a flow model samples the levels that are published for it: to 1e-6.

The numbers are facts of the models, each computed by others than this code; they have six digits.
"""

import json

import pytest
from fewstep.recipes import Recipe, builtin_recipes, recipe_plan
from fewstep.schedulers import Subject

RECIPES = {
    name: recipe
    for name, recipe in builtin_recipes().items()
    if recipe.prediction == "flow" and not recipe.blocked
}
SIZES = {"512x512": 1024, "1024x1024": 4096, "1344x768": 4032, "2048x2048": 16384}


def _numbers(text):
    return [float(one) for one in text.split()]


# Of a shift that is a number its levels, by number of steps.
OF_SHIFT = {
    1.0: {4: "1 .75 .5 .25", 8: "1 .875 .75 .625 .5 .375 .25 .125"},
    1.5: {4: "1 .818182 .6 .333333"},
    2.5: {4: "1 .882353 .714286 .454545"},
    3.0: {2: "1 .75", 4: "1 .9 .75 .5", 8: "1 .954545 .9 .833333 .75 .642857 .5 .3"},
    3.1: {8: "1 .955947 .902913 .837838 .756098 .650350 .508197 .306931"},
    4.0: {8: "1 .965517 .923077 .869565 .8 .705882 .571429 .363636"},
    5.0: {
        4: "1 .9375 .833333 .625",
        8: "1 .972222 .9375 .892857 .833333 .75 .625 .416667",
        10: "1 .978261 .952381 .921053 .882353 .833333 .769231 .681818 .555556 .357143",
    },
    6.0: {
        4: "1 .947368 .857143 .666667",
        8: "1 .976744 .947368 .909091 .857143 .782609 .666667 .461538",
    },
    7.0: {8: "1 .98 .954545 .921053 .875 .807692 .7 .5"},
    8.0: {4: "1 .96 .888889 .727273"},
    10.0: {8: "1 .985915 .967742 .943396 .909091 .857143 .769231 .588235"},
    12.0: {
        4: "1 .972973 .923077 .8",
        8: "1 .988235 .972973 .952381 .923077 .878049 .8 .631579",
    },
    16.0: {4: "1 .979592 .941176 .842105"},
    # e to 1.15, Krea 2's.
    3.158193: {
        3: "1 .86332 .612267",
        4: "1 .904531 .759511 .512844",
        8: "1 .956724 .904531 .840349 .759511 .654567 .512844 .310901",
    },
}
# The shift that the makers of each recipe's file name (FLF2V, Wuli, FireRed: their examples').
TRAINED = {
    1.0: ("ace-step/turbo-shift1"),
    1.5: ("pid/flux1-4step"),
    2.5: ("qwen-image-lightning/wuli-4step"),
    3.0: (
        "qwen-image-lightning/qwen-image-4step qwen-image-lightning/qwen-image-8step "
        "qwen-image-lightning/qwen-image-8step-model qwen-image-lightning/wuli-2step "
        "qwen-image-lightning/qwen-image-edit-4step qwen-image-lightning/qwen-image-edit-8step "
        "qwen-image-lightning/qwen-image-edit-4step-model "
        "qwen-image-lightning/qwen-image-edit-8step-model z-image/turbo "
        "z-image/fun-distill-8step z-image/fun-distill-4step z-image/fun-distill-2step "
        "anima/turbo-lora anima/turbo ace-step/turbo-checkpoint ace-step/turbo"
    ),
    3.1: ("qwen-image-lightning/firered-edit-8step"),
    3.158193: (
        "krea-2/turbo krea-2/turbo-4step krea-2/turbo-3step krea-2/raw-8step krea-2/turbo-sda"
    ),
    4.0: ("ernie/turbo"),
    5.0: (
        "wan/t2v-lightx2v-v2 wan/t2v21-4step wan/i2v21-4step wan/i2v21-4step-model "
        "wan/t2v22-4step wan/t2v22-4step-high wan/t2v22-4step-low wan/i2v22-4step "
        "wan/i2v22-4step-high wan/i2v22-4step-low wan/i2v22-4step-model-high "
        "wan/i2v22-4step-model-low wan/chronoedit wan/animate-2-distilled "
        "hunyuan-video-1.5/t2v-4step"
    ),
    6.0: (
        "mage-flow/turbo mage-flow/edit-turbo minimax-h3/fl2v-8step-v1.0-768p "
        "minimax-h3/fl2v-4step-v1.0-768p minimax-h3/fl2v-4step-v1.2-768p "
        "minimax-h3/ref2v-8step-v1.0-768p"
    ),
    7.0: ("hunyuan-video-1.5/i2v-480p"),
    8.0: ("wan/causvid-t2v wan/causvid-t2v-1.3b"),
    10.0: ("minimax-h3/fasth3-8step"),
    12.0: (
        "minimax-h3/fl2v-8step-v1.0 minimax-h3/fl2v-4step-v0.1 minimax-h3/ref2v-4step-v0.1 "
        "minimax-h3/fasth3-omniref-8step"
    ),
    16.0: ("wan/flf2v22-4step"),
}
# Where the shift depends on the size, by size.
KLEIN = {
    "512x512": "1 .958085 .883982 .717497",
    "1024x1024": "1 .967384 .908144 .767200",
    "1344x768": "1 .967212 .907690 .766229",
    "2048x2048": "1 .986986 .961947 .893915",
}
TURBO = {
    "512x512": "1 .932460 .852001 .754399 .633564 .479888 .278300 .002291",
    "1024x1024": "1 .947394 .882484 .800272 .692818 .546192 .334673 .002986",
    "1344x768": "1 .947118 .881909 .799386 .691638 .544819 .333441 .002970",
    "2048x2048": "1 .979224 .951583 .912942 .855131 .759034 .568313 .007778",
}
QWEN_21 = {
    "512x512": "1 .837170 .631512 .363570",
    "1024x1024": "1 .857192 .666756 .400096",
    "1344x768": "1 .856797 .666039 .399322",
    "2048x2048": "1 .917701 .787999 .553369",
}
VIGGLE_6 = {
    "512x512": "1 .962557 .923057 .837170 .631512 .363570",
    "1024x1024": "1 .967754 .933358 .857192 .666756 .400096",
    "1344x768": "1 .967654 .933157 .856797 .666039 .399322",
    "2048x2048": "1 .982380 .962989 .917701 .787999 .553369",
}
SIZED = {
    "flux-2/klein": KLEIN,
    "lens/turbo": KLEIN,
    "flux-2/dev-turbo": TURBO,
    "qwen-image-2.1/lightning-4step": QWEN_21,
    "qwen-image-2.1/viggle-4step": QWEN_21,
    "qwen-image-2.1/viggle-model": QWEN_21,
    "qwen-image-2.1/viggle-6step": VIGGLE_6,
}
# Lists that stand as they are, by number of steps; a denoise below 1 samples the second of a pair.
_LTX = "1 .99375 .9875 .98125 .975 .909375 .725 .421875"
_LTX_2, _LTX_23 = (
    [(8, 1.0, _LTX), (3, 0.9, ".909375 .725 .421875")],
    [
        (8, 1.0, _LTX),
        (3, 0.9, ".85 .725 .4219"),
    ],
)
_QWEN = "1 .978453 .95418 .926626 .89508 .845148 .704534 .414568"
_BOOGU = [(4, 1.0, ".999 .74925 .4995 .24975"), (3, 1.0, ".999 .666 .333")]
LISTED = {
    "ltx/2-distilled": _LTX_2,
    "ltx/2-distilled-lora": _LTX_2,
    "ltx/2.3-distilled": _LTX_23,
    "ltx/2.3-distilled-model": _LTX_23,
    "ltx/2.3-distilled-lora": _LTX_23,
    "ltx/2.5-distilled": _LTX_23,
    "ltx/2.5-distilled-lora": [(3, 1.0, ".85 .725 .4219")],
    "qwen-image-2.1/turbo": [(8, 1.0, _QWEN)],
    "qwen-image-2.1/turbo-lora": [(8, 1.0, _QWEN)],
    "qwen-image-2.1/pruna-8step": [
        (8, 1.0, "1 .93333334 .85714287 .7692308 .6666667 .54545456 .4 .22222222")
    ],
    "qwen-image-2.1/pruna-5step": [(5, 1.0, "1 .94 .85714287 .6666667 .4")],
    "anima/turbo-4step": [(4, 1.0, "1 .9 .75 .5")],
    "boogu/turbo": _BOOGU,
    "boogu/turbo-lora": _BOOGU,
}
# ComfyUI's normal scheduler; tests/host/test_flow_recipes.py asks it.
NORMAL = {"hidream/i1-fast", "hidream/i1-dev", "hidream/o1-dev"}
# Of these nobody published levels: they are left to the model.
UNKNOWN = {
    "flux-3/klein",
    "fibo/edit-turbo",
    "kandinsky/5-lite-16step",
    "stable-audio-3/turbo",
}
# FLUX.1's and SD3's, checked against diffusers in tests/host/test_flow_recipes.py.
OLDER = ("FLUX.1", "SD3", "SD3.5 medium", "SD3.5 large")


def _levels(recipe, steps, size="1024x1024", denoise=1.0):
    subject = Subject(True, lambda time: pytest.fail("asked the model"), tokens=SIZES[size])
    return recipe_plan(recipe, steps, denoise, subject).levels


NUMBERED = {name: shift for shift, names in TRAINED.items() for name in names.split()}


@pytest.mark.parametrize("name", NUMBERED)
def test_levels_of_a_shift_are_the_published_ones_at_every_size(name):
    recipe = RECIPES[name]
    steps = int(recipe.steps.default)
    published = _numbers(OF_SHIFT[NUMBERED[name]][steps])
    for size in SIZES:
        assert _levels(recipe, steps, size) == pytest.approx(published, abs=1e-6)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SIZED)
def test_levels_by_size_are_the_published_ones(name, size):
    recipe = RECIPES[name]
    published = _numbers(SIZED[name][size])
    assert _levels(recipe, len(published), size) == pytest.approx(published, abs=1e-6)
    assert len(published) == recipe.steps.default


@pytest.mark.parametrize("name", LISTED)
def test_a_published_list_is_sampled_as_it_stands_at_every_size(name):
    recipe = RECIPES[name]
    assert LISTED[name][0][0] == recipe.steps.default
    for steps, denoise, listed in LISTED[name]:
        for size in SIZES:
            levels = _levels(recipe, steps, size, denoise)
            assert levels == pytest.approx(_numbers(listed), abs=1e-6)


def test_every_recipe_of_a_flow_model_has_its_levels_here_or_says_why_not():
    assert NUMBERED.keys() <= RECIPES.keys()
    told = {*NUMBERED, *SIZED, *LISTED, *NORMAL, *UNKNOWN}
    left = {name for name in set(RECIPES) - told if RECIPES[name].base not in OLDER}
    assert left == {"ming/image"}, "by size as FLUX.1's, which is checked against diffusers"
    for name in UNKNOWN:
        assert RECIPES[name].shift == "model"
        assert any(doubt.split(": ")[0].endswith("shift") for doubt in RECIPES[name].unconfirmed)


def test_every_number_of_steps_of_a_recipe_has_a_schedule():
    for recipe in RECIPES.values():
        steps = {int(part) for part in recipe.steps}
        subject = Subject(True, lambda time: (time + 1) / 1000, tokens=4096)
        for count in steps:
            staged = 1.0 if count != 3 or recipe.base != "LTX-2" else 0.9
            levels = recipe_plan(recipe, count, staged, subject).levels
            assert len(levels) == count, recipe.id
            assert 1 >= levels[0] and sorted(levels, reverse=True) == levels and levels[-1] > 0


def test_a_recipe_with_a_wrong_number_is_found():
    """That the numbers above decide: each schedule moved by 1e-4 is another."""
    for name in ("wan/t2v22-4step-high", "flux-2/dev-turbo", "ltx/2-distilled"):
        entry = json.loads(RECIPES[name].to_json())
        if "sigmas" in entry:
            entry["sigmas"]["8"][7] += 1e-4
        elif "u" in entry:
            entry["u"][6] += 1e-4
        else:
            entry["shift"] += 1e-3
        moved = Recipe.from_json(entry)
        steps = int(moved.steps.default)
        assert _levels(moved, steps) != pytest.approx(_levels(RECIPES[name], steps), abs=1e-6)
