"""People's own recipes are told by globs; an expression in a shared file cannot stop the host."""

import json
import sys
from pathlib import Path

import pytest
from fewstep.recipes import all_recipes, builtin_recipes, read_header, recognise, recognise_name
from fewstep.recipes.names.globs import as_glob, has_part, matches, part_globs

sys.path.insert(0, str(Path(__file__).parent))
import replicas  # noqa: E402

RECIPES = builtin_recipes()
MINE = "mine/portraits"


def with_mine(folder, match, **more):
    entry = json.loads(RECIPES["tcd/sd15-lora"].to_json())
    entry |= {"id": MINE, "files": [{"name": "a", "match": match, **more}]}
    (folder / "mine.json").write_text(json.dumps(entry), "utf-8")
    return all_recipes(folder)


# A glob or what older files hold, and names that it is for.
FITTING = {
    "my_portraits_*": ["my_portraits_v2.safetensors", "sd15/My_Portraits_x.safetensors"],
    "my_portraits": ["my_portraits.safetensors", "the MY_PORTRAITS lora", "my_portraits/a"],
    "portraits.*4step": ["portraits_x_4step_lora.safetensors", "a portraits4step"],
    "mine/*": ["mine/a.safetensors", "mine\\b.safetensors", "mine/c/d.safetensors"],
    "p?rtrait[0-9]": ["portrait3.safetensors", "PARTRAIT0"],
    "*.safetensors": ["anything.safetensors", "a/b.safetensors"],
}


@pytest.mark.parametrize("glob", FITTING)
def test_a_file_is_told_by_the_glob_of_a_persons_recipe(glob, tmp_path):
    recipes, problems = with_mine(tmp_path, glob)
    assert not problems
    for name in FITTING[glob]:
        found = recognise_name(name, recipes, ("LoRA",))
        assert found.recipe is recipes[MINE], name
    for other in ("my_portrait.pt", "portraits_5step.pt", "yours/a.pt", "portrait33.pt"):
        found = recognise_name(other, recipes, ("LoRA",))
        assert found.recipe is None, (glob, other)


def test_it_comes_before_the_words_of_the_packs_recipes_and_after_kind_and_base(tmp_path):
    recipes, _ = with_mine(tmp_path, "*tcd*")
    for base, told in (("SD 1.5", MINE), ("SDXL", "tcd/sdxl-lora")):
        made = replicas.write(tmp_path / "a.safetensors", replicas.lora(base, "kohya"))
        name = "tcd_4steps.safetensors"
        assert recognise(name, read_header(made), recipes).recipe.id == told
    assert recognise_name("tcd", recipes, ("UNet", "checkpoint")).recipe is None


WRONG = [r"^(\w+)+!$", "(a|b)", "a+", "my-lora$", "^my", r"\d+steps", "a{2}", "(?i)x", "a" * 201]


@pytest.mark.parametrize("field", ["match", "optional"])
@pytest.mark.parametrize("text", WRONG)
def test_an_expression_in_a_persons_file_is_an_error_that_says_to_write_a_glob(
    field, text, tmp_path
):
    recipes, problems = with_mine(tmp_path, **{"match": "*", field: text})
    assert MINE not in recipes and len(problems) == 1
    assert problems[0].startswith(f"User recipe mine.json: Recipe {MINE}: field 'files': ")
    assert "glob" in problems[0]


def test_a_hostile_glob_takes_no_longer_for_it():
    """Python's own matching of globs does not go back: this would be 2^100 ways."""
    assert not matches("*a" * 99 + "*b", "a" * 5000)


def test_a_part_of_a_layers_name_is_told_by_globs_with_commas_between():
    (known,) = {file.optional for one in RECIPES.values() for file in one.files if file.optional}
    globs = part_globs(known)
    missing = ("cross_attn.k_img", "cross_attn_v_img", "cross_attn.norm_k_img", "img_emb.proj.1")
    for name in missing:
        assert has_part(globs, f"lora_unet_blocks_3_{name}.lora_down"), name
    for name in ("blocks.0.cross_attn.k", "img_embedding.proj", "self_attn.k_img"):
        assert not has_part(globs, name), name


def test_an_empty_glob_is_for_no_file():
    assert as_glob("") == ""
    assert not matches("", "a.safetensors")
