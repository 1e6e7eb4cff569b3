"""Recipes are right, complete and changed only where asked."""

import json
from pathlib import Path

import pytest
from fewstep.recipes import (
    BASES,
    Choice,
    Recipe,
    all_recipes,
    builtin_recipes,
    recipe_plan,
    run_settings,
)
from fewstep.schedulers import Subject, plan_timesteps

FACTS = json.loads((Path(__file__).parent / "data" / "catalog_facts.json").read_text("utf-8"))
RECIPES = builtin_recipes()


def _lists():
    """(recipe, timesteps) for every list the catalog of published models has."""
    for fact in FACTS:
        given = fact.get("timesteps") or {}
        for steps, times in given.items() if isinstance(given, dict) else [("", given)]:
            if steps == "model sees":
                continue
            if steps == "sigma schedule t":
                yield from ((fact["recipe"], inner) for inner in times.values())
            else:
                special = "special" in steps
                yield (fact["recipe"] + "-special-jump" if special else fact["recipe"]), times


LISTS = list(dict.fromkeys((recipe, tuple(times)) for recipe, times in _lists()))


@pytest.mark.parametrize(("name", "times"), LISTS, ids=lambda value: str(value).replace(" ", ""))
def test_a_recipe_samples_the_timesteps_of_the_catalog(name, times):
    recipe = RECIPES[name]
    steps = len(times)
    assert tuple(plan_timesteps(steps, recipe.spacing, 1.0, recipe.listed(steps))) == times


def test_the_shifted_timesteps_a_model_is_shown_are_those_of_the_catalog():
    for fact in FACTS:
        seen = fact["timesteps"].get("model sees") if "nitro" in fact["catalog"] else None
        shift = RECIPES[fact["recipe"]].timestep_shift
        assert (shift is None) == (seen is None)
        for steps, times in (seen or {}).items():
            told = RECIPES[fact["recipe"]].listed(int(steps)).split(", ")
            assert [int(time) * shift // 1000 for time in told] == times


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_no_complaint_about_its_own_defaults(name):
    recipe = RECIPES[name]
    steps = int(recipe.steps.default)
    told = recipe.warnings(steps, recipe.cfg.default)
    assert told == ([f"Cannot be sampled here: {recipe.blocked}"] if recipe.blocked else [])
    subject = Subject(recipe.prediction == "flow", tokens=4096)
    assert recipe_plan(recipe, steps, 1.0, subject).steps == steps


def test_ids_that_are_in_shared_workflows_are_there():
    kept = {"lcm/sd15-lora", "tcd/sd15-lora", "hyper-sd/sd15-4step", "hyper-sd/sd15-unified"}
    assert kept | {"hyper-sd/sdxl-4step"} <= set(RECIPES)


def test_recipes_are_grouped_by_base():
    order = [BASES.index(recipe.base) for recipe in RECIPES.values()]
    assert order == sorted(order)


def test_files_without_alpha_have_the_strength_their_authors_give():
    for name in ("hyper-sd/flux-8step", "hyper-sd/flux-16step", "hyper-sd/sd3-4step-cfg"):
        assert RECIPES[name].strength == 0.125


def test_what_is_not_confirmed_is_said():
    told = RECIPES["tdd/sdxl-noadv"].summary()
    assert "Not confirmed: timesteps: taken from tdd/sdxl." in told


def test_models_that_need_samplers_of_their_own_say_so():
    blocked = {name.split("/")[0] for name, recipe in RECIPES.items() if recipe.blocked}
    older = {"perflow", "instaflow", "sana-sprint", "spo", "turbo", "sdxs"}
    today = {"wan", "minimax-h3", "qwen-image-lightning", "z-image", "flux-1", "flux-3"}
    assert blocked == older | today
    assert "Cannot be sampled here: Needs a sampler of its own" in RECIPES["perflow/sd15"].summary()


def test_what_load_one_step_model_sees_to_is_asked_for_only_without_it():
    recipe = RECIPES["dmd2/sdxl-1step-unet"]
    need = "a model that starts at t = 399 (Load one-step model cuts it)"
    assert f"needs {need}" in recipe.summary() and need not in recipe.summary(loaded=True)
    assert need in run_settings(recipe, 0, 0, 1).text
    assert need not in run_settings(recipe, 0, 0, 1, loaded=True).text
    guided = RECIPES["hyper-sd/flux-8step"]
    assert "needs FluxGuidance" in guided.summary(loaded=True)


def test_lists_by_number_of_steps_name_the_numbers_there_are():
    with pytest.raises(ValueError, match="no timesteps for 7 steps. Set the steps to one of 4, 5"):
        RECIPES["tdd/sdxl"].listed(7)


def test_changes_touch_only_what_is_asked():
    recipe = RECIPES["tcd/sd15-lora"]
    assert recipe.changed(0, 0, -1, -1) == recipe
    changed = recipe.changed(6, 1.5, 0.0, 0.8)
    assert (changed.steps.default, changed.cfg.default) == (6, 1.5)
    assert (changed.gamma, changed.strength) == (0.0, 0.8)
    assert changed.steps.low == recipe.steps.low


def test_settings_outside_the_recipe_are_told_and_kept():
    recipe = RECIPES["hyper-sd/sd15-4step"]
    told = recipe.warnings(8, 7)
    assert "8 are set" in told[0] and "7 is set" in told[1]
    assert "8 are set" in recipe.changed(8, 0, -1, -1).summary()


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_written_as_json_is_read_back_as_itself(name):
    assert Recipe.from_json(json.loads(RECIPES[name].to_json(["for people"]))) == RECIPES[name]


WRONG = {
    "colour": ("red", "unknown field 'colour'"),
    "base": ("SD 9", "field 'base': 'SD 9' is none of"),
    "id": ("Mine", "field 'id': 'Mine' is not an id; write family/name"),
    "steps": ([4, 8, 2], "field 'steps': the lowest, 8, is above the highest, 2"),
    "cfg": (7, "field 'cfg': 7 is not a list"),
    "strength": (True, "field 'strength': True is not a number"),
    "gamma": (float("nan"), "field 'gamma': nan is not a number from 0 to 1"),
    "timesteps": ("999, 1000", "field 'timesteps': Timestep \"1000\" is out of range"),
    "files": ([{"name": "a", "match": "("}], "field 'files': '\\(' belongs to a regular .* glob"),
    "notes": ([], "field 'notes': \\[\\] is not a text"),
}


@pytest.mark.parametrize("field", WRONG)
def test_a_wrong_entry_is_an_error_that_names_recipe_and_field(field):
    value, told = WRONG[field]
    entry = {**json.loads(RECIPES["tcd/sd15-lora"].to_json()), field: value}
    with pytest.raises(ValueError, match=told):
        Recipe.from_json(entry)


def test_a_missing_field_is_an_error_that_names_it():
    with pytest.raises(ValueError, match="mine/one: field 'name' is missing"):
        Recipe.from_json({"id": "mine/one"})


def test_a_choice_reads_like_a_person_would_say_it():
    assert str(Choice(4, 2, 8)) == "4 (of 2-8)"
    assert str(Choice(1, 1, 1)) == "1"


def _mine(**changes):
    entry = json.loads(RECIPES["tcd/sd15-lora"].to_json())
    return {**entry, "id": "mine/portraits", **changes}


def test_a_new_file_shows_up_at_once(tmp_path):
    assert all_recipes(tmp_path / "missing") == all_recipes(None)
    (tmp_path / "a.json").write_text(json.dumps(_mine()), "utf-8")
    assert all_recipes(tmp_path).recipes["mine/portraits"].steps.default == 4
    (tmp_path / "a.json").write_text(json.dumps(_mine(steps=[6, 2, 8])), "utf-8")
    assert all_recipes(tmp_path).recipes["mine/portraits"].steps.default == 6


def test_a_broken_user_recipe_is_named_with_its_field_and_hides_no_other(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([_mine(cfg="x"), _mine(id="mine/two")]), "utf-8")
    (tmp_path / "b.json").write_text("{", "utf-8")
    (tmp_path / "c.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "d.json").write_text("[" * 100000, "utf-8")
    (tmp_path / "e.json").write_text('{"shared": 1, "recipes": [1]}', "utf-8")
    (tmp_path / "f.json").write_text(json.dumps(_mine(id="lcm/sd15-lora")), "utf-8")
    (tmp_path / "z.json").write_text(json.dumps(_mine(id="mine/last")), "utf-8")
    recipes, problems = all_recipes(tmp_path)
    assert list(recipes)[-2:] == ["mine/two", "mine/last"]
    assert [problem.split(":")[0] for problem in problems] == [
        f"User recipe {name}.json" for name in "abcdef"
    ]
    assert "mine/portraits: field 'cfg': 'x' is not a list" in problems[0]
    assert "it is not JSON: line 1" in problems[1]
    assert "field 'id': there is a recipe with this id" in problems[5]
    assert RECIPES["lcm/sd15-lora"] is recipes["lcm/sd15-lora"]
