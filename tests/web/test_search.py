"""The page's own node search, with the words people type who want fewer steps."""

import pytest
from playwright.sync_api import expect

# Names and words, which the way the page draws nodes does not reach.
pytestmark = pytest.mark.parametrize("renderer", ["classic"], indirect=True)

BEGIN = {"FewStepLoraLoader", "FewStepOneStepLoader", "FewStepKSampler"}
WORDS = [
    *("lcm lora", "lightning lora", "turbo lora", "hyper lora", "load lcm", "sdxl one step"),
    *("4 step", "4 steps", "1 step", "fast", "speed", "accelerate", "sdxl lightning"),
    *("lcm", "lightning", "turbo", "dmd2", "hyper", "hyper-sd"),
    *("4步", "快速", "加速", "高速", "1ステップ", "быстр", "ускор"),
]
# As many as its dialog asks for.
_SEARCH = """words => {
    const { $pinia } = document.querySelector("#vue-app").__vue_app__.config.globalProperties
    const { nodeSearchService } = $pinia._s.get("nodeDef")
    const found = word => nodeSearchService.searchNode(word, [], { limit: 64 })
    return words.map(word => found(word).map(node => node.name))
}"""
_OPEN = "app.extensionManager.command.execute('Workspace.SearchBox.Toggle')"


def test_a_loader_or_few_step_ksampler_is_among_our_first_three(page):
    for word, found in zip(WORDS, page.evaluate(_SEARCH, WORDS), strict=True):
        ours = [name for name in found if name.startswith("FewStep")]
        assert BEGIN & set(ours[:3]), (word, ours[:5])


def test_nodes_that_help_are_not_found_by_the_names_of_accelerators(page):
    names = ["lcm", "tcd", "turbo", "lightning", "hyper-sd"]
    for name, found in zip(names, page.evaluate(_SEARCH, names), strict=True):
        helpers = {"FewStepNoise", "FewStepPlot", "FewStepControlNetApply"}
        assert not {*helpers, "FewStepConditioningSteps", "FewStepCompare"} & set(found), name


@pytest.mark.parametrize("word", ["lightning lora", "4步"])
def test_the_dialog_shows_them(page, word, screenshot):
    page.evaluate(_OPEN)
    try:
        page.get_by_role("dialog").get_by_role("combobox").fill(word)
        expect(page.get_by_role("option", name="Load acceleration LoRA")).to_be_visible()
        screenshot(f"search for {word}")
    finally:
        page.keyboard.press("Escape")
