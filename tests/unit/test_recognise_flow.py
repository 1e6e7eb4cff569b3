"""Files of today's flow and video models: by their layers, their names, their hashes."""

import csv
import functools
import json
import sys
from pathlib import Path

import pytest
from fewstep.recipes import (
    Recipe,
    builtin_recipes,
    layout_of,
    needs_hash,
    read_header,
    recognise,
    recognise_name,
)

sys.path.insert(0, str(Path(__file__).parent))
import flow_replicas  # noqa: E402
import replicas  # noqa: E402

RECIPES = builtin_recipes()
KINDS = {"LoRA": ("LoRA",), "whole": ("UNet", "checkpoint")}
TABLE = Path(__file__).parent / "data" / "flow_names.tsv"
ROWS = list(csv.DictReader(TABLE.read_text("utf-8").splitlines(), delimiter="\t"))
NAMED = [row for row in ROWS if "/" in row["answer"]]
NETWORK_OF = {flow_replicas.base_of(name): name for name in flow_replicas.NETWORKS}
NETWORK_OF["Qwen-Image-Edit"] = "Qwen-Image"
FILES = [(recipe, file) for recipe in RECIPES.values() for file in recipe.files]


@pytest.fixture(scope="module")
def header_of(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flow")

    @functools.cache
    def read(network, form, size=None, **changes):
        if form in ("UNet", "checkpoint"):
            inside = "model.diffusion_model." if form == "checkpoint" else ""
            tensors = flow_replicas.model(network, inside=inside)
            if form == "checkpoint":
                tensors["vae.decoder.conv_in.weight"] = ("BF16", (8, 8, 3, 3))
        else:
            tensors = flow_replicas.lora(network, form, **changes)
        path = replicas.write(folder / f"{len(list(folder.iterdir()))}.safetensors", tensors)
        header = read_header(path)
        return header._replace(size=size or header.size)

    return read


@pytest.mark.parametrize("form", ["UNet", "checkpoint", *flow_replicas.FORMS])
@pytest.mark.parametrize("network", flow_replicas.NETWORKS)
def test_layers_tell_the_base_model_in_every_form(header_of, network, form):
    layout = layout_of(header_of(network, form))
    assert layout.base == flow_replicas.base_of(network)
    assert layout.what == (form if form in ("UNet", "checkpoint") else "LoRA")


ATTENTION = {"Z-Image": "attention", "Ernie-Image": "self_attention"}
# Which of two networks it is does not show in attention alone.
SAME_ATTENTION = ("FLUX.2 klein 4B", "Mage-Flow")


@pytest.mark.parametrize("network", flow_replicas.NETWORKS)
def test_attention_alone_tells_the_base_model_or_nothing_never_another(header_of, network):
    layout = layout_of(header_of(network, "comfyui", only=ATTENTION.get(network, "attn")))
    known = "" if network in SAME_ATTENTION else flow_replicas.base_of(network)
    assert layout.base == known


def test_the_number_of_blocks_tells_two_networks_of_the_same_layers(header_of):
    for network in ("Mage-Flow", "Qwen-Image"):
        blocks = layout_of(header_of(network, "comfyui", only="transformer_blocks"))
        assert blocks.base == network


def told(found):
    if found.recipe:
        return found.recipe.id
    if found.merge:
        return "merge"
    return "open" if found.twins else "plain"


def test_the_table_of_names_is_long_and_no_row_is_there_twice():
    assert len(NAMED) > 200 and len(ROWS) - len(NAMED) > 35
    assert len({(row["kind"], row["name"]) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("suffix", [".safetensors", "", ".gguf"])
def test_every_name_of_the_table_has_its_answer(suffix):
    """`none` stands for no recipe, whatever else is said."""
    wrong = []
    for row in ROWS:
        found = recognise_name(row["name"] + suffix, RECIPES, KINDS[row["kind"]])
        answer = row["answer"]
        if told(found) != answer and not (answer == "none" and found.recipe is None):
            wrong.append(f"{row['name']}: {found.told()}, not {answer}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("form", ["comfyui", "kohya"])
def test_a_name_has_its_answer_on_a_file_of_its_layers_too(header_of, form):
    wrong, asked = [], 0
    for row in NAMED:
        recipe = RECIPES[row["answer"]]
        if recipe.base not in NETWORK_OF:
            continue
        kind = form if recipe.kind == "LoRA" else recipe.kind
        found = recognise(
            f"{row['name']}.safetensors", header_of(NETWORK_OF[recipe.base], kind), RECIPES
        )
        asked += 1
        if told(found) != recipe.id:
            wrong.append(f"{row['name']}: {found.told()}")
    assert asked > 150
    assert not wrong, "\n".join(wrong)


def test_a_name_on_a_file_of_another_model_is_not_believed(header_of):
    """Each on the layers of SDXL's neighbour in the list: never a recipe for another base."""
    networks = list(dict.fromkeys(NETWORK_OF.values()))
    for row in NAMED:
        recipe = RECIPES[row["answer"]]
        own = NETWORK_OF.get(recipe.base)
        if own is None:
            continue
        other = networks[networks.index(own) - 3]
        kind = "comfyui" if recipe.kind == "LoRA" else recipe.kind
        found = recognise(f"{row['name']}.safetensors", header_of(other, kind), RECIPES)
        assert found.recipe is None, (row["name"], other, found.told())


def test_every_published_name_leads_to_its_recipe_or_says_nothing_by_itself():
    for recipe, file in FILES:
        if recipe.prediction != "flow" or not file.name.endswith(".safetensors"):
            continue
        path = file.path if "/" in file.path and "//" not in file.path else ""
        found = recognise_name(path or file.name, RECIPES, (recipe.kind,))
        said_nothing = not path and file.name.startswith(
            ("pytorch_", "diffusion_", "high_", "low_")
        )
        known = any(one.words for one in recipe.files)
        assert found.recipe is (recipe if known and not said_nothing else None), file.name


H3 = {
    "minimax_h3_fl2v_turbo_4step_v1.0_768p_comfyui_bf16": (6, 128),
    "minimax_h3_fl2v_turbo_4step_v1.1_768p_comfyui_bf16": (6, 128),
    "minimax_h3_fl2v_turbo_4step_v1.2_768p_comfyui_bf16": (6, 8),
    "minimax_h3_fl2v_turbo_8step_v1.0_comfyui_bf16": (12, 8),
    "minimax_h3_fl2v_turbo_8step_v1.0_768p_comfyui_bf16": (6, 8),
    "minimax_h3_fl2v_turbo_4step_v0.1_bf16": (12, 8),
    "minimax_h3_ref2v_turbo_4step_v0.1_comfyui_bf16": (12, 8),
    "minimax_h3_ref2v_turbo_8step_v1.0_768p_bf16": (6, 8),
}


@pytest.mark.parametrize("name", H3)
def test_h3_s_files_of_one_size_are_told_by_name_with_their_shift_and_alpha(header_of, name):
    shift, alpha = H3[name]
    header = header_of("MiniMax H3", "comfyui", rank=128, size=1956193000)
    recipe = recognise(f"{name}.safetensors", header, RECIPES).recipe
    assert (recipe.shift, {file.alpha for file in recipe.files}) == (shift, {alpha})
    assert recipe.audio_shift == 3


HASHED = {
    "2339acdf19bfe123": "minimax-h3/fl2v-8step-v1.0",
    "c8168ebc17bbacc4": "minimax-h3/fl2v-4step-v1.2-768p",
    "5b9ab5ade15d0775": "minimax-h3/ref2v-4step-v0.1",
    "698321cb86bd30c4": "wan/t2v22-4step-high",
    "ec95216e614b3c13": "wan/t2v22-4step-low",
    "208dd43250e1e014": "qwen-image-2.1/turbo-lora",
    "0fafed045c53c4ac": "krea-2/turbo-sda",
}


@pytest.mark.parametrize("digits", HASHED)
def test_the_first_digits_of_a_hash_tell_a_file_whatever_it_is_called(header_of, digits):
    recipe = RECIPES[HASHED[digits]]
    network = NETWORK_OF.get(recipe.base, "Qwen-Image")
    header = header_of(network, "comfyui", size=1956193000)
    found = recognise("my favourite.safetensors", header, RECIPES, digits + 48 * "0")
    assert found.recipe is recipe and found.how == "sha256"
    sized = [file for file in recipe.files if file.sha256 == digits and file.bytes]
    assert sized and needs_hash(sized[0].bytes, [recipe])


def test_another_hash_does_not_deny_a_file_whose_own_hash_nobody_published(header_of):
    """Version 1.1 has the size of others whose hashes are known."""
    header = header_of("MiniMax H3", "comfyui", size=1956193000)
    name = "minimax_h3_fl2v_turbo_4step_v1.1_768p_comfyui_bf16.safetensors"
    found = recognise(name, header, RECIPES, 64 * "0")
    assert (found.recipe.id, found.notes) == ("minimax-h3/fl2v-4step-v1.0-768p", ())
    known = "minimax_h3_fl2v_turbo_4step_v1.2_768p_comfyui_bf16.safetensors"
    assert "its content is another" in recognise(known, header, RECIPES, 64 * "0").notes[0]


def test_a_renamed_qwen_lightning_is_answered_with_its_twins(header_of, tmp_path):
    tensors = {
        name: tensor
        for name, tensor in flow_replicas.lora("Qwen-Image", "bare").items()
        if "_mod." not in name and name.startswith("transformer_blocks")
    }
    header = read_header(replicas.write(tmp_path / "a.safetensors", tensors))
    found = recognise("my favourite.safetensors", header, RECIPES)
    twins = {recipe.id for recipe in found.twins}
    names = {f"qwen-image-lightning/qwen-image-{part}" for part in ("4step", "8step")}
    names |= {f"qwen-image-lightning/qwen-image-edit-{part}" for part in ("4step", "8step")}
    assert found.recipe is None and twins == names


def test_a_hash_of_too_few_digits_is_an_error_that_names_the_field():
    entry = json.loads(RECIPES["krea-2/turbo-sda"].to_json())
    entry["files"][0]["sha256"] = "0fafed04"
    with pytest.raises(ValueError, match="field 'files': .* or its first 16 digits"):
        Recipe.from_json(entry)


def test_each_half_of_a_pair_says_which_it_is():
    for name, recipe in RECIPES.items():
        for half in ("high", "low"):
            if name.endswith(f"-{half}"):
                assert recipe.half == half and f"{half}-noise half of a pair" in recipe.summary()
        if recipe.base == "Qwen-Image-Edit" or "-edit-" in name:
            assert recipe.half == "edit" and "for editing pictures" in recipe.summary()
