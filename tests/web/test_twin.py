"""The page's own arithmetic equals the pack's: one golden file, in every language."""

import json
import re
from pathlib import Path

import pytest
from fewstep.recipes import builtin_recipes
from fewstep.samplers import SAMPLERS

# Arithmetic and words, which the way the page draws nodes does not reach.
pytestmark = pytest.mark.parametrize("renderer", ["classic"], indirect=True)

DATA = Path(__file__).parents[1] / "unit" / "data"
GOLDEN = json.loads((DATA / "timesteps_golden.json").read_text("utf-8"))

_PLANS = """async ([url, plans]) => {
    const twin = await import(`${url}/timesteps.js`)
    const { sayIn } = await import(`${url}/strings.js`)
    const say = sayIn("en")
    return plans.map(({ given }) => {
        try { return { given, times: twin.planTimesteps(given) } }
        catch (error) { return { given, error: say(error.code, error.values) } }
    })
}"""
_RUNS = """async ([url, runs, samplers]) => {
    const twin = await import(`${url}/timesteps.js`)
    return runs.map(({ given: { times, sampler, gamma, shift } }) => {
        const levels = shift === null ? twin.TABLE_LEVELS : twin.flowLevels(shift)
        const steps = twin.steps(times, levels, { ...samplers[sampler], gamma })
        return { sigmas: steps.map(step => step.sigma), fresh: steps.map(step => step.fresh) }
    })
}"""
_LEVELS = """async ([url, cases]) => {
    const twin = await import(`${url}/levels.js`)
    const { flowLevels, TABLE_LEVELS } = await import(`${url}/timesteps.js`)
    const { parseLevels } = await import(`${url}/lists.js`)
    const { sayIn } = await import(`${url}/strings.js`)
    return cases.map(({ given, text }) => {
        try {
            if (!given) return { levels: parseLevels(text) }
            const own = given.flow === false ? TABLE_LEVELS : flowLevels(3)
            const plan = twin.planLevels(given, own)
            const levels = plan.times.map(time => plan.levels.sigma(time))
            return { levels, shift: plan.shift, sizeless: plan.sizeless }
        } catch (error) { return { error: sayIn("en")(error.code, error.values) } }
    })
}"""
_LANGUAGES = """async url => {
    const { LANGUAGES } = await import(`${url}/strings.js`)
    return LANGUAGES
}"""

_SAID = """async ([url, language, texts]) => {
    const { sayIn } = await import(`${url}/strings.js`)
    return texts.map(text => sayIn(language)("warning", { text }))
}"""


@pytest.fixture
def web(server):
    """Address of the pack's modules."""
    paths = server.get("/extensions")
    return server.url + next(p for p in paths if "fewstep" in p.lower()).rpartition("/")[0]


def test_the_page_plans_the_timesteps_of_the_golden_file(page, web):
    assert page.evaluate(_PLANS, [web, GOLDEN["plans"]]) == GOLDEN["plans"]


def test_the_page_s_levels_and_noise_are_those_of_the_golden_file(page, web):
    samplers = {name: sampler.for_page() for name, sampler in SAMPLERS.items()}
    shown = page.evaluate(_RUNS, [web, GOLDEN["runs"], samplers])
    for ours, golden in zip(shown, GOLDEN["runs"], strict=True):
        assert ours["sigmas"] == pytest.approx(golden["sigmas"], rel=1e-9), golden["given"]
        # A level that is the root of a difference loses half its digits near zero.
        assert ours["fresh"] == pytest.approx(golden["fresh"], rel=1e-6, abs=1e-6), golden["given"]


def test_the_page_s_levels_of_shifts_and_lists_are_those_of_the_golden_file(page, web):
    shown = page.evaluate(_LEVELS, [web, GOLDEN["levels"]])
    for ours, golden in zip(shown, GOLDEN["levels"], strict=True):
        told = golden.get("given", golden.get("text"))
        assert ours.get("error") == golden.get("error"), told
        # A list's levels go through a logarithm to their timestep and back.
        assert ours.get("levels", []) == pytest.approx(golden.get("levels", []), rel=1e-9), told
        assert ours.get("sizeless") == golden.get("sizeless"), told
        assert (ours.get("shift") or 0) == pytest.approx(golden.get("shift") or 0, rel=1e-12), told


def test_every_language_has_every_sentence_with_its_gaps(page, web):
    languages = page.evaluate(_LANGUAGES, web)
    assert set(languages) == {"en", "zh", "ja", "ru"}
    english = languages.pop("en")
    for language, words in languages.items():
        assert words.keys() == english.keys(), language
        for key, text in words.items():
            assert sorted(_gaps(text)) == sorted(_gaps(english[key])), (language, key)
        same = [key for key, text in words.items() if text == english[key] and len(text) > 12]
        assert not [key for key in same if key not in ("told", "gammaIs")], language


def _gaps(text):
    return re.findall(r"\{\w+\}", text)


@pytest.mark.parametrize("language", ["zh", "ja", "ru"])
def test_what_recipes_need_is_said_in_the_language_of_the_page(page, web, language):
    recipes = builtin_recipes().values()
    said = [need for recipe in recipes for need in recipe.needs if "FluxGuidance" not in need]
    said += [recipe.blocked for recipe in recipes if recipe.blocked]
    said += ["The recipe lcm/sd15-lora is for SD 1.5, and this model is SDXL."]
    said = sorted(set(said))
    shown = page.evaluate(_SAID, [web, language, said])
    assert not [text for text, words in zip(said, shown, strict=True) if text in words]
    assert "FluxGuidance 3.5" in page.evaluate(_SAID, [web, language, ["FluxGuidance 3.5"]])[0]
    starts = "a model that starts at t = 399 (Load one-step model cuts it)"
    both = [f"FluxGuidance 3.5, {starts}", "free, text, of a person"]
    first, own = page.evaluate(_SAID, [web, language, both])
    assert "FluxGuidance 3.5, " in first and "a model that" not in first
    assert both[1] in own
