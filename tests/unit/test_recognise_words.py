"""Words as data: what a name is cut into, what recipes say, and that no name makes it slow."""

import functools
import json
import re
import sys
import time
from dataclasses import replace

import pytest
from fewstep.recipes import Recipe, builtin_recipes, recognise_name
from fewstep.recipes.files.known_file import KnownFile
from fewstep.recipes.names import vocabulary
from fewstep.recipes.names.globs import matches
from fewstep.recipes.names.name_words import folders_of, said_by, squeezed, stem_of
from fewstep.recipes.names.word_rules import rules_of

RECIPES = builtin_recipes()
SAME = {
    "lightning sdxl 4step lora": (
        *("sdxl_lightning_4step_lora", "SDXLLightning4StepLoRA", "sdXlLightning-LoRA.4Steps"),
        *("sdxllightning4steplora", "lightning_four_step_sd-xl_loras", "4 steps Lightning XL Lora"),
        *("Lightning LoRA (SD XL), step 4", "lora-4_step-lightning-sdxl-fp16"),
    ),
    "lcm sd15 lora": ("lcm-lora-sdv1-5", "LCM_LoRA_SDv15", "SD1.5 lcmLora", "lora_lcm_v1-5"),
    "wan22 t2v lightning 4step high lora": (
        *("Wan2.2-Lightning_T2V-A14B-4steps-lora_HIGH_fp16", "wan22T2VLightningLora4StepHighNoise"),
        "wan_2_2_t2v_high_noise_lightning_lora_4_steps",
    ),
    "qwen edit lightning 8step": (
        *("Qwen-Image-Edit-2509-Lightning-8steps-V1.0-bf16", "qwenImageEditLightning8Step"),
    ),
}


@pytest.mark.parametrize("words", SAME)
def test_words_are_the_same_in_any_order_and_spelling(words):
    (rule,) = rules_of(words)
    for name in SAME[words]:
        said = said_by(name)
        assert (said.families, said.steps) == (rule.families, rule.steps), name
        assert rule.marks <= said.marks | {"sd15"} and not said.own, name


def test_numbers_are_steps_where_a_model_can_have_so_many():
    assert said_by("style_1500steps").steps == frozenset()
    assert said_by("style_1500steps").own == ("style", "1500steps")
    assert said_by("24steps").steps == {24}
    assert said_by("flux_2_steps").bases == {"FLUX.1"}


def test_a_number_that_can_be_a_version_is_a_base_model_only_where_none_is_named():
    assert said_by("lcm_v1-5").bases == {"SD 1.5"}
    assert said_by("lcm_sdxl_v1.5").bases == {"SDXL"}


@pytest.mark.parametrize("words", ["lightening 4step", "4step lora", "lightning juggernaut"])
def test_words_of_a_recipe_that_are_in_no_list_are_an_error_that_names_them(words):
    entry = json.loads(RECIPES["tcd/sd15-lora"].to_json())
    entry |= {"id": "mine/one", "files": [{"name": "a", "words": words}]}
    with pytest.raises(ValueError, match=r"field 'files': .*recipes/names/vocabulary\.py"):
        Recipe.from_json(entry)


def test_every_word_of_the_vocabulary_says_itself():
    groups = (vocabulary.FAMILIES, vocabulary.BASES_OF, vocabulary.MARKS)
    for word in (word for group in groups for word in group):
        assert word in said_by(word).words, word
    assert vocabulary.COMMON <= vocabulary.FAMILIES.keys()


def test_no_recipe_of_the_pack_holds_an_expression_or_a_glob():
    files = [file for recipe in RECIPES.values() for file in recipe.files]
    assert not [file.name for file in files if file.match]
    assert [file.name for file in files if file.words]


# Families and files of a kind that the pack has no recipes for yet.
NEW = {
    "new/wan-high": ("Wan 14B", "LoRA", "wan22 i2v lightx2v 4step high"),
    "new/wan-low": ("Wan 14B", "LoRA", "wan22 i2v lightx2v 4step low"),
    "new/klein-9b": ("FLUX.2", "UNet", "flux2 klein 9b"),
    "new/klein-4b": ("FLUX.2", "UNet", "flux2 klein 4b"),
    "new/flux2-turbo": ("FLUX.2", "LoRA", "flux2 turbo"),
    "new/ltx": ("LTX", "LoRA", "ltx distilled"),
    "new/krea": ("Krea 2", "UNet", "krea turbo"),
}
NAMED = {
    "wan2.2_i2v_lightx2v_4steps_lora_v1_high_noise": "new/wan-high",
    "Wan_2_2_I2V_A14B_LOW_lightx2v_4step_lora_260412_rank_64_fp16": "new/wan-low",
    "flux-2-klein-9b-fp8": "new/klein-9b",
    "flux2_klein_4b": "new/klein-4b",
    "Flux_2-Turbo-LoRA_comfyui": None,
    "ltx-2.3-22b-distilled-lora-384": None,
    "krea2_turbo_bf16": "new/krea",
    "flux1-dev-turbo_klein_9b": None,
}


@pytest.mark.parametrize("name", NAMED)
def test_a_new_family_needs_words_alone(name):
    made = {
        key: replace(
            RECIPES["tcd/sd15-lora"], id=key, base=base, kind=kind, files=(KnownFile("a", words),)
        )
        for key, (base, kind, words) in NEW.items()
    }
    wanted = NAMED[name]
    kinds = ("LoRA",) if wanted is None or made[wanted].kind == "LoRA" else ("UNet", "checkpoint")
    found = recognise_name(f"{name}.safetensors", made, kinds)
    assert (found.recipe and found.recipe.id) == wanted, found.told()


# Names made to keep a reader busy: what a matcher could try in many ways.
HOSTILE = {
    "letters": "a",
    "capitals": "A",
    "both": "aB",
    "digits": "1",
    "separators": "_-. ",
    "steps": "4step",
    "words": "lightning",
    "glued": "sdxllcm",
    "nearly": "sdxllc",
    "folders": "lcm/",
    "dots": ".",
    "no ASCII": "\u6b65\u0416",
}


def lines(name):
    """How many lines of Python run for a name: a number that no load of the machine changes."""
    counted = 0

    def count(*_):
        nonlocal counted
        counted += 1
        return count

    sys.settrace(count)
    try:
        said_by(name)
    finally:
        sys.settrace(None)
    return counted


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_work_for_a_name_does_not_grow_faster_than_the_name(kind):
    """Four times the name may be four times the work; a square would be sixteen times."""
    made = functools.partial(str.__mul__, HOSTILE[kind])
    short = 120 // len(HOSTILE[kind])
    said_by(made(4))
    small, large, huge = (lines(made(n * short) + "!") for n in (1, 4, 400))
    assert large < 6 * small + 50
    assert huge < 2 * large, "a name as long as its sender likes is read to a limit"


def seconds(work, text):
    def once():
        begin = time.process_time()
        work(text)
        return time.process_time() - begin

    return min(once() for _ in range(7))


EXPRESSIONS = {
    f"{name}.{key}": value
    for name, module in sys.modules.items()
    if name.startswith("fewstep.recipes.") and name.endswith(("names", "name_words", "globs"))
    for key, value in vars(module).items()
    if isinstance(value, re.Pattern)
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_time_of_an_expression_does_not_grow_faster_than_the_name(kind):
    """A ratio of two times, never a time: four times the text, and a square would take sixteen."""
    made = functools.partial(str.__mul__, HOSTILE[kind])
    works = {key: one.findall for key, one in EXPRESSIONS.items() if "lora_names" not in key}
    works |= {"stem": stem_of, "folders": folders_of, "squeezed": squeezed}
    works |= {"glob": functools.partial(matches, "*a*1*step*z")}
    assert len(works) > 5
    for key, work in works.items():
        small, large = (seconds(work, made(length) + "!") for length in (20_000, 80_000))
        assert large < 10 * small + 0.002, (key, kind, small, large)


@pytest.mark.parametrize("name", ["flux-2-klein-base-4b", "flux-2-klein-base-9b-fp8"])
def test_what_an_accelerator_was_made_from_is_no_merge_with_it(name):
    found = recognise_name(f"{name}.safetensors", RECIPES, ("UNet", "checkpoint"))
    assert (found.recipe, found.merge, found.twins) == (None, "", ())
