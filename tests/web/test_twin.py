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
    both = ["FluxGuidance 3.5, a model with shift 3", "free, text, of a person"]
    first, own = page.evaluate(_SAID, [web, language, both])
    assert "FluxGuidance 3.5, " in first and "a model with" not in first
    assert both[1] in own
