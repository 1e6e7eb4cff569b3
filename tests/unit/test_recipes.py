"""Recipes are right, complete and changed only where asked."""

import pytest
from fewstep.recipes import Choice, Recipe, builtin_recipes
from fewstep.schedulers import plan_timesteps

TRAINED_ON = {
    "hyper-sd/sd15-4step": ("ddim", [999, 749, 499, 249]),
    "hyper-sd/sd15-unified": ("tcd", [999]),
    "lcm/sd15-lora": ("lcm", [999, 759, 499, 259]),
    "tcd/sd15-lora": ("tcd", [999, 759, 499, 259]),
}


@pytest.mark.parametrize("name", builtin_recipes())
def test_a_recipe_samples_the_timesteps_it_was_trained_on(name):
    recipe = builtin_recipes()[name]
    sampler, times = TRAINED_ON[name]
    assert recipe.sampler == sampler
    assert plan_timesteps(int(recipe.steps.default), recipe.spacing, 1.0, recipe.timesteps) == times
    assert recipe.warnings(int(recipe.steps.default), recipe.cfg.default) == []


def test_changes_touch_only_what_is_asked():
    recipe = builtin_recipes()["tcd/sd15-lora"]
    assert recipe.changed(0, 0, -1, -1) == recipe
    changed = recipe.changed(6, 1.5, 0.0, 0.8)
    assert (changed.steps.default, changed.cfg.default) == (6, 1.5)
    assert (changed.gamma, changed.strength) == (0.0, 0.8)
    assert changed.steps.low == recipe.steps.low


def test_settings_outside_the_recipe_are_told_and_kept():
    recipe = builtin_recipes()["hyper-sd/sd15-4step"]
    told = recipe.warnings(8, 7)
    assert "8 are set" in told[0] and "7 is set" in told[1]
    assert "8 are set" in recipe.changed(8, 0, -1, -1).summary()


def test_a_wrong_entry_is_an_error_that_names_recipe_and_field():
    entry = {"id": "mine/one", "colour": "red"}
    with pytest.raises(ValueError, match="mine/one: unknown field 'colour'"):
        Recipe.from_json(entry)
    with pytest.raises(ValueError, match="mine/one: 'steps'"):
        Recipe.from_json({"id": "mine/one"})


def test_a_choice_reads_like_a_person_would_say_it():
    assert str(Choice(4, 2, 8)) == "4 (of 2-8)"
    assert str(Choice(1, 1, 1)) == "1"
