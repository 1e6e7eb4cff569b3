"""Every published file is told from its header, whatever it is called, or named with its twins."""

import functools
import json
import sys
from pathlib import Path

import pytest
from fewstep.recipes import (
    builtin_recipes,
    layout_of,
    needs_hash,
    read_header,
    recognise,
    recognise_name,
)

sys.path.insert(0, str(Path(__file__).parent))
import replicas  # noqa: E402

FACTS = json.loads((Path(__file__).parent / "data" / "catalog_facts.json").read_text("utf-8"))
BASES = {
    "SDXL base 1.0": "SDXL",
    "SD2.1-base": "SD 2.1",
    "SD 2.1-base": "SD 2.1",
    "SD1.5 / Dreamshaper v7": "SD 1.5",
    "segmind/SSD-1B": "SSD-1B",
    "segmind/Segmind-Vega": "Segmind Vega",
    "SD3-medium": "SD3",
    "FLUX.1-dev": "FLUX.1",
}
RECIPES = builtin_recipes()
IDS = {"ids": lambda fact: fact["recipe"] + "=" + fact["file"].split("/")[-1]}
# Where the catalog has a size and the way tensors are called, both must agree to the byte.
SIZED = [fact for fact in FACTS if fact.get("bytes") and fact.get("keys")]


def kind_of(fact):
    if "LoRA" in fact["kind"]:
        return "LoRA"
    return "checkpoint" if "checkpoint" in fact["recipe"] or "turbo" in fact["recipe"] else "UNet"


@functools.cache
def _tensors(kind, base, keys, rank, dtype):
    if kind == "UNet":
        return replicas.unet(base, dtype)
    if kind == "checkpoint":
        return replicas.checkpoint(base, dtype)
    targets = replicas.ATTENTION if keys == "diffusers" else replicas.TARGETS
    return replicas.lora(base, keys, rank, dtype, targets)


def keys_of(fact):
    return fact.get("keys") or {"lcm/vega-lora": "kohya"}.get(fact["recipe"])


def base_of(fact):
    return BASES.get(fact["base"], fact["base"])


def can_be_rebuilt(fact):
    """Whether the catalog knows how the tensors of the file are called."""
    if kind_of(fact) == "LoRA":
        return bool(keys_of(fact)) and base_of(fact) in replicas.NETWORKS
    checkpoints = ("SD 2.1", "SDXL")
    return base_of(fact) in (replicas.UNETS if kind_of(fact) == "UNet" else checkpoints)


def replica(folder, fact, name=None):
    """The file of a fact, without its data."""
    dtype = fact.get("dtype") or ("F32" if fact["recipe"] == "lcm/vega-lora" else "F16")
    tensors = _tensors(kind_of(fact), base_of(fact), keys_of(fact), fact.get("rank") or 64, dtype)
    path = (folder / (name or fact["file"])).with_suffix(".safetensors")
    return replicas.write(path, tensors, metadata_of(fact))


def metadata_of(fact):
    if fact["recipe"] == "lcm/sdxl-lora":
        # 600 bytes more than the plain layout has; what they say is not known.
        return {"format": "pt", "unknown": "x" * 587}
    return fact.get("metadata")


REBUILT = [fact for fact in FACTS if can_be_rebuilt(fact)]


@pytest.mark.parametrize("fact", REBUILT, **IDS)
def test_every_file_is_recognised_without_its_hash_or_named_with_its_twins(fact, tmp_path):
    found = recognise(fact["file"], read_header(replica(tmp_path, fact)), RECIPES)
    assert fact["recipe"] in ids(found), found.told()


@pytest.mark.parametrize("fact", [one for one in REBUILT if kind_of(one) == "LoRA"], **IDS)
def test_a_renamed_lora_is_named_with_its_twins_and_none_is_chosen(fact, tmp_path):
    """Without a hash: one recipe of this layout and size can still be a copy of another one."""
    path = replica(tmp_path, fact, "my favourite.safetensors")
    found = recognise(path.name, read_header(path), RECIPES)
    assert found.recipe is None and fact["recipe"] in ids(found), found.told()


@pytest.mark.parametrize("fact", [one for one in REBUILT if kind_of(one) != "LoRA"], **IDS)
def test_a_renamed_model_is_a_plain_one(fact, tmp_path):
    """Its layout is that of every model of its base; only accelerators have the layout of SDXS."""
    path = replica(tmp_path, fact, "my favourite.safetensors")
    found = recognise(path.name, read_header(path), RECIPES)
    assert ids(found) == [] and "no known accelerator" in found.told()


@pytest.mark.parametrize("fact", SIZED, **IDS)
def test_a_replica_has_the_published_size_to_the_byte(fact, tmp_path):
    assert replica(tmp_path, fact).stat().st_size == fact["bytes"]


@pytest.mark.parametrize("fact", FACTS, **IDS)
def test_the_published_name_alone_leads_to_the_recipe(fact):
    """For files of which only the name is known; the layout then tells the base at most."""
    recipe = RECIPES[fact["recipe"]]
    found = recognise_name(fact["file"].split(" (")[0], RECIPES, (recipe.kind,))
    if fact["file"] == "pytorch_lora_weights.safetensors":
        assert ids(found) == []
    else:
        assert (found.recipe, found.twins) == (recipe, ()), found.told()


def ids(found):
    return [recipe.id for recipe in (found.recipe, *found.twins) if recipe]


def sdxl_lora(folder, name, **changes):
    """A replica of TCD-LoRA for SDXL, unless changed."""
    tensors = replicas.lora("SDXL", "kohya", **changes)
    return replicas.write(folder / name, tensors, {"format": "pt"})


def test_a_name_never_beats_a_hash(tmp_path):
    header = read_header(sdxl_lora(tmp_path, "file.safetensors"))
    (file,) = RECIPES["tcd/sdxl-lora"].files
    found = recognise("lcm-lora-sdxl.safetensors", header, RECIPES, file.sha256)
    assert (found.recipe.id, found.how) == ("tcd/sdxl-lora", "sha256")


def test_a_known_name_with_another_hash_is_that_recipe_with_a_line(tmp_path):
    header = read_header(sdxl_lora(tmp_path, "file.safetensors"))
    found = recognise("tcd-sdxl.safetensors", header, RECIPES, "0" * 64)
    assert (found.recipe.id, found.how) == ("tcd/sdxl-lora", "file name")
    (note,) = found.notes
    assert note.endswith("but its content is another (sha256).")


def test_a_hash_rules_out_a_twin_where_the_name_says_nothing(tmp_path):
    header = read_header(sdxl_lora(tmp_path, "file.safetensors"))
    found = recognise("file.safetensors", header, RECIPES, "0" * 64)
    assert found.recipe is None and "tcd/sdxl-lora" not in ids(found)


def test_twins_are_named_and_none_is_chosen(tmp_path):
    tensors = replicas.lora("SD 1.5", "kohya")
    header = read_header(replicas.write(tmp_path / "a.safetensors", tensors, {"format": "pt"}))
    found = recognise("pytorch_lora_weights.safetensors", header, RECIPES)
    assert (found.recipe, ids(found)) == (None, ["lcm/sd15-lora", "tcd/sd15-lora"])
    assert "lcm/sd15-lora, tcd/sd15-lora" in found.told()
    # The folder it came from is a name too.
    assert ids(recognise("TCD-SD15-LoRA/a.safetensors", header, RECIPES)) == ["tcd/sd15-lora"]


def test_a_name_that_fits_two_recipes_chooses_neither(tmp_path):
    tensors = replicas.lora("SD 1.5", "kohya")
    header = read_header(replicas.write(tmp_path / "a.safetensors", tensors, {"format": "pt"}))
    found = recognise("tcd-sd15 and lcm-lora-sdv1-5.safetensors", header, RECIPES)
    assert (found.recipe, ids(found)) == (None, ["lcm/sd15-lora", "tcd/sd15-lora"])


def test_a_name_does_not_make_a_lora_of_another_base_its_own(tmp_path):
    tensors = replicas.lora("SD 1.5", "kohya", rank=16, targets=replicas.ATTENTION)
    header = read_header(replicas.write(tmp_path / "a.safetensors", tensors))
    for name in ("Hyper-SDXL-4steps-lora.safetensors", "tcd-sd15.safetensors"):
        assert ids(recognise(name, header, RECIPES)) == []


def test_a_file_saved_anew_at_another_rank_is_recognised_by_its_name(tmp_path):
    header = read_header(sdxl_lora(tmp_path, "a.safetensors", rank=32))
    found = recognise("sdxl_lightning_4step_lora_r32.safetensors", header, RECIPES)
    assert (ids(found), found.how) == (["lightning/sdxl-4step"], "file name")
    assert ids(recognise("a.safetensors", header, RECIPES)) == []


STYLE = replicas.lora("SDXL", "kohya", rank=16, targets=replicas.ATTENTION)
TEXT_ENCODER = {
    f"lora_te_text_model_encoder_layers_{n}_mlp_fc1.lora_{part}.weight": ("F16", shape)
    for n in range(12)
    for part, shape in (("down", (8, 768)), ("up", (3072, 8)))
}
CONTROL_NET = {
    "controlnet_cond_embedding.conv_in.weight": ("F16", (16, 3, 3, 3)),
    **replicas.unet("SD 1.5"),
}
UNKNOWN = {
    "a LoRA for SDXL, no known accelerator": STYLE,
    "a LoRA for the text encoder alone": TEXT_ENCODER,
    "a ControlNet": CONTROL_NET,
    "a file of no known kind": {"weight": ("F16", (2, 2))},
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_is_no_accelerator_is_called_what_it_is(what, tmp_path):
    path = replicas.write(tmp_path / "a.safetensors", UNKNOWN[what])
    assert recognise(path.name, read_header(path), RECIPES).told() == f"not recognised ({what})"


def test_only_sizes_of_files_with_a_known_hash_need_one():
    assert needs_hash(787359648, RECIPES.values())
    assert not needs_hash(123, RECIPES.values())
    assert not needs_hash(0, RECIPES.values())


def test_a_file_can_name_its_recipe_itself_and_a_hash_still_wins(tmp_path):
    metadata = {"fewstep.recipe": "dmd2/sdxl-4step"}
    path = replicas.write(tmp_path / "a.safetensors", STYLE, metadata)
    found = recognise("lightning 4 steps lora", read_header(path), RECIPES)
    assert (found.recipe.id, found.how) == ("dmd2/sdxl-4step", "its own metadata")
    (file,) = RECIPES["tcd/sdxl-lora"].files
    found = recognise(path.name, read_header(path), RECIPES, file.sha256)
    assert found.recipe.id == "tcd/sdxl-lora"
    replicas.write(path, STYLE, {"fewstep.recipe": "no/such"})
    assert ids(recognise(path.name, read_header(path), RECIPES)) == []


def test_a_layout_at_another_size_is_a_hint_and_no_answer(tmp_path):
    tensors = replicas.lora("FLUX.1", "transformer", dtype="F32")
    path = replicas.write(tmp_path / "a.safetensors", tensors, {"saved": "anew"})
    found = recognise("a.safetensors", read_header(path), RECIPES)
    assert found.recipe is None
    assert {"hyper-sd/flux-8step", "hyper-sd/flux-16step"} <= set(ids(found))
    found = recognise("flux turbo alpha.safetensors", read_header(path), RECIPES)
    assert (ids(found), found.how) == (["flux/turbo-alpha"], "file name")


def test_a_lora_for_a_few_layers_of_sdxl_is_not_taken_for_one_of_a_smaller_network(tmp_path):
    tensors = replicas.lora("SDXL", "kohya", rank=8)
    few = {name: tensor for name, tensor in tensors.items() if "blocks_1_attn2" in name}
    path = replicas.write(tmp_path / "a.safetensors", few)
    assert layout_of(read_header(path)).base == "SDXL"


def test_a_model_whose_tensors_have_no_shape_is_still_told(tmp_path):
    path = replicas.write(tmp_path / "a.safetensors", {"model.diffusion_model.a": ("F16", ())})
    told = recognise(path.name, read_header(path), RECIPES).told()
    assert told.startswith("not recognised (a UNet")
