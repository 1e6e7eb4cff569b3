"""Files that were saved again: other metadata, another type, another rank, the same name.

A size says only that a hash is worth reading; a name holds unless the layout is another file's.
"""

import sys
from pathlib import Path

import pytest
from fewstep.recipes import builtin_recipes, needs_hash, read_header, recognise

sys.path.insert(0, str(Path(__file__).parent))
import replicas  # noqa: E402

RECIPES = builtin_recipes()
PT = {"format": "pt"}
ANEW = "It was saved anew: named and built like the published file, but of other bytes."
OTHER = "0" * 64


def saved(folder, name, base="SDXL", keys="kohya", metadata=None, **made):
    tensors = replicas.lora(base, keys, **made)
    return read_header(replicas.write(folder / f"{name}.safetensors", tensors, metadata))


def ids(found):
    return [recipe.id for recipe in (found.recipe, *found.twins) if recipe]


# Name, base, type, metadata, size and recipe of copies that sites and tools make.
COPIES = {
    "sdxl_lightning_4step_lora": ("SDXL", "F16", PT, 393854624, "lightning/sdxl-4step"),
    "dmd2_sdxl_4step_lora_fp16": ("SDXL", "F16", PT, 393854624, "dmd2/sdxl-4step"),
    "pcm_sdxl_smallcfg_4step_converted": (
        *("SDXL", "F16", PT, 393854624),
        "pcm/sdxl-smallcfg-4step",
    ),
    "Hyper-SDXL-8steps-lora": ("SDXL", "F16", None, 393854592, "hyper-sd/sdxl-8step"),
    "Hyper-SD15-8steps-lora": ("SD 1.5", "F16", None, 134621524, "hyper-sd/sd15-8step"),
    "lcm-lora-sdv1-5": ("SD 1.5", "F16", None, 134621524, "lcm/sd15-lora"),
    "pcm_sd15_smallcfg_4step_converted": (
        *("SD 1.5", "F16", PT, 134621556),
        "pcm/sd15-smallcfg-4step",
    ),
    "tcd_sdxl_bf16": ("SDXL", "BF16", {"a": "b"}, 393856976, "tcd/sdxl-lora"),
    "dmd2_sdxl_4step_lora": ("SDXL", "F32", PT, 787359648, "dmd2/sdxl-4step"),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_with_its_name_is_that_recipe_with_a_line(name, tmp_path):
    base, dtype, metadata, size, recipe = COPIES[name]
    header = saved(tmp_path, name, base, dtype=dtype, metadata=metadata)
    assert header.size == size
    for sha256 in (None, OTHER):
        found = recognise(f"{name}.safetensors", header, RECIPES, sha256)
        assert (ids(found), found.how, found.notes) == ([recipe], "file name", (ANEW,))


def test_a_published_file_has_no_such_line(tmp_path):
    header = saved(tmp_path, "a")
    assert recognise("sdxl_lightning_4step_lora", header, RECIPES).notes == ()


@pytest.mark.parametrize("sha256", [None, OTHER])
def test_a_copy_without_a_name_is_one_of_its_twins_and_none_is_chosen(sha256, tmp_path):
    """At a size of which one recipe has no hash, which would be left over and wrong."""
    found = recognise("a.safetensors", saved(tmp_path, "a", metadata=PT), RECIPES, sha256)
    assert found.recipe is None
    told = {"lightning/sdxl-4step", "dmd2/sdxl-4step", "lcm/sdxl-lora", "hyper-sd/sdxl-8step"}
    assert told <= set(ids(found))
    assert ("tcd/sdxl-lora" in ids(found)) == (sha256 is None)


def test_once_hashes_are_read_those_of_this_size_are_out_and_the_others_in(tmp_path):
    header = saved(tmp_path, "a", "SD 1.5", metadata=PT)
    assert ids(recognise("a", header, RECIPES)) == ["lcm/sd15-lora", "tcd/sd15-lora"]
    found = recognise("a", header, RECIPES, OTHER)
    assert found.recipe is None and "pcm/sd15-smallcfg-4step" in ids(found)
    assert not {"lcm/sd15-lora", "tcd/sd15-lora"} & set(ids(found))


def test_one_recipe_of_a_layout_is_named_and_not_chosen(tmp_path):
    tensors = replicas.lora("Segmind Vega", "kohya", dtype="F32")
    header = read_header(replicas.write(tmp_path / "a.safetensors", tensors))
    assert header.size != 0 and needs_hash(239224692, RECIPES.values())
    found = recognise("my favourite", header, RECIPES)
    assert (found.recipe, ids(found)) == (None, ["lcm/vega-lora"])
    assert found.told() == "not recognised (it may be lcm/vega-lora: its layers alone do not tell)"


# Names, how the file is built, and the recipe whose name it bears.
CONTRADICTED = {
    "Hyper-SDXL-8steps-lora": ("SDXL", "peft", replicas.TARGETS, "hyper-sd/sdxl-8step"),
    "flash_sdxl_lora": ("SDXL", "kohya", replicas.TARGETS, "flash/sdxl-lora"),
    "FlashSDXL": ("SDXL", "kohya", replicas.TARGETS, "flash/sdxl-lora"),
    "sdxl_lightning_4step_lora": ("SDXL", "kohya", replicas.ATTENTION, "lightning/sdxl-4step"),
}


@pytest.mark.parametrize("name", CONTRADICTED)
def test_a_layout_that_is_known_to_be_anothers_vetoes_the_name(name, tmp_path):
    base, keys, targets, recipe = CONTRADICTED[name]
    header = saved(tmp_path, name, base, keys, targets=targets, dtype="F32")
    found = recognise(name, header, RECIPES)
    assert found.recipe is None and recipe not in ids(found)
    told = f"It is named like {recipe}, but its rank and keys are those of another file."
    assert found.notes == (told,)


@pytest.mark.parametrize("made", [{"rank": 8}, {"rank": 128}, {"keys": "diffusers"}])
def test_a_layout_that_is_no_other_ones_does_not(made, tmp_path):
    header = saved(tmp_path, "a", **made)
    assert ids(recognise("sdxl_lightning_4step_lora", header, RECIPES)) == ["lightning/sdxl-4step"]


def test_a_file_name_counts_before_its_folders_and_they_for_what_it_leaves_out(tmp_path):
    header = saved(tmp_path, "a", "SD 1.5")
    told = {
        "lcm/sd15/Hyper-SD15-8steps-lora": ("hyper-sd/sd15-8step", "file name"),
        "hyper/8steps/lcm_sd15": ("lcm/sd15-lora", "file name"),
        "hyper/8steps/sd15_lora": ("hyper-sd/sd15-8step", "folder name"),
        "hyper\\8steps\\pytorch_lora_weights": ("hyper-sd/sd15-8step", "folder name"),
        "8steps/hyper_sd15": ("hyper-sd/sd15-8step", "file name"),
        "TCD-SD15-LoRA/pytorch_lora_weights": ("tcd/sd15-lora", "folder name"),
    }
    for name, (recipe, how) in told.items():
        found = recognise(f"{name}.safetensors", header, RECIPES)
        assert (ids(found), found.how) == ([recipe], how), name
