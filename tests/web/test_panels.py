"""Schedule plots and recipe badges: what a person sees before anything runs, and after."""

import json
import sys
from pathlib import Path

import pytest
from fewstep.schedulers import standard_sigma

sys.path.insert(0, str(Path(__file__).parent))
from graph import PageGraph, open_workflow, wait_until  # noqa: E402

PANELS = {
    "FewStepScheduler": {"steps": 4},
    "FewStepFromRecipe": {},
    "FewStepKSampler": {},
    "FewStepLoraLoader": {},
    "FewStepOneStepLoader": {},
    "FewStepRecipe": {},
}
_SAVED = "() => JSON.parse(JSON.stringify(app.graph.serialize()))"
_PROMPT = "async () => (await app.graphToPrompt()).output"
_SETTING = "([name, value]) => app.extensionManager.setting.set(name, value)"
_GLOBALS = """() => [document.head.childElementCount, document.body.childElementCount,
    Object.keys(window).filter(key => /few.?step/i.test(key)).length,
    Object.getOwnPropertyNames(LiteGraph.LGraphNode.prototype).length]"""
# Methods of the host that are written in one of our files.
_PATCHED = """async () => {
    const ours = (await (await fetch("/extensions")).json()).filter(path => /fewstep/i.test(path))
    const texts = await Promise.all(ours.map(async path => (await fetch(path)).text()))
    return ["LGraph", "LGraphCanvas", "LGraphNode"].flatMap(name => {
        const methods = Object.getOwnPropertyDescriptors(LiteGraph[name].prototype)
        return Object.entries(methods).filter(([, { value, get, set }]) => [value, get, set].some(
            one => typeof one === "function" && texts.some(text => text.includes(String(one)))
        )).map(([method]) => `${name}.${method}`)
    })
}"""
# How far the words of a panel reach over its edges, and its content over what is seen of it.
_CUT = """ids => ids.map(id => {
    const root = app.graph.getNodeById(id).widgets.at(-1).element
    const box = root.getBoundingClientRect()
    const words = root.lastElementChild.getBoundingClientRect()
    return [words.bottom - box.bottom, words.right - box.right,
            root.scrollHeight - root.clientHeight]
})"""


@pytest.fixture
def graph(page):
    return PageGraph(page)


def test_a_slider_moves_the_plot_before_anything_runs(graph):
    node = graph.add("FewStepScheduler")
    shown = graph.panel(node)
    assert [step["time"] for step in shown["steps"]] == [999, 759, 499, 259]
    assert shown["lines"][0] == "4 steps from t = 999: 999 759 499 259"
    graph.set(node, "spacing", "trailing")
    graph.set(node, "steps", 2)
    shown = graph.panel(node)
    assert [step["time"] for step in shown["steps"]] == [999, 499]
    sigmas = [standard_sigma(999), standard_sigma(499)]
    assert [step["sigma"] for step in shown["steps"]] == pytest.approx(sigmas, rel=1e-9)
    assert not shown["cut"]
    graph.set(node, "denoise", 0.6)
    shown = graph.panel(node)
    assert [step["time"] for step in shown["steps"]] == [599, 299]
    assert shown["cut"] == 1 and "denoise 0.6" in shown["lines"][0]


def test_the_noise_of_the_sampler_that_is_connected_is_shown(graph):
    scheduler = graph.add("FewStepScheduler")
    assert not graph.panel(scheduler)["fresh"]
    sampler = graph.add("FewStepSamplerTCD", (400, 0), gamma=0.3)
    custom = graph.add("SamplerCustomAdvanced", (800, 0))
    graph.link(scheduler, 0, custom, "sigmas")
    graph.link(sampler, 0, custom, "sampler")
    shown = graph.panel(scheduler)
    # floor(0.7 * 759) and so on, as in the paper.
    lows = [standard_sigma(time) for time in (531, 349, 181)]
    assert [bar["low"] for bar in shown["fresh"]] == pytest.approx(lows, rel=1e-9)
    assert any(line.startswith("Noise added back (TCD, gamma 0.3)") for line in shown["lines"])
    graph.set(sampler, "gamma", 0.0)
    shown = graph.panel(scheduler)
    assert not shown["fresh"]
    assert any("No noise is added back" in line for line in shown["lines"])


def test_the_plot_follows_a_recipe_upstream(graph):
    recipe = graph.add("FewStepRecipe", recipe="tcd/sd15-lora", gamma=0.5, steps=6)
    sampler = graph.add("FewStepKSampler", (400, 0))
    assert graph.panel(sampler)["lines"] == ["No recipe is connected."]
    graph.link(recipe, 0, sampler, "recipe")
    shown = graph.panel(sampler)
    assert len(shown["steps"]) == 6 and len(shown["fresh"]) == 5
    assert any("TCD, gamma 0.5" in line for line in shown["lines"])
    graph.set(recipe, "recipe", "hyper-sd/sd15-4step")
    graph.set(recipe, "steps", 0)
    shown = graph.panel(sampler)
    assert [step["time"] for step in shown["steps"]] == [999, 749, 499, 249]
    graph.set(sampler, "steps", 5)
    lines = graph.panel(sampler)["lines"]
    assert "Warning: Made for 4 steps, and 5 are set." in lines


def test_a_flow_model_s_shift_is_read_or_assumed_and_said(graph):
    recipe = graph.add("FewStepRecipe", recipe="turbo/sd35-large")
    node = graph.add("FewStepFromRecipe", (400, 0))
    graph.link(recipe, 0, node, "recipe")
    shown = graph.panel(node)
    assert any("Assumes a flow model with shift 3" in line for line in shown["lines"])
    assert shown["steps"][1]["sigma"] == pytest.approx(3 * 0.75 / (1 + 2 * 0.75), rel=1e-9)
    patch = graph.add("ModelSamplingSD3", (0, 400), shift=1.0)
    graph.link(patch, 0, node, "model")
    shown = graph.panel(node)
    assert not any("Assumes" in line for line in shown["lines"])
    assert shown["steps"][1]["sigma"] == pytest.approx(0.75, rel=1e-9)


def test_what_another_node_sets_is_said_in_place_of_a_wrong_plot(graph):
    node = graph.add("FewStepScheduler")
    number = graph.add("StringLength", (0, 300))
    graph.link(number, 0, node, "steps")
    shown = graph.panel(node)
    assert not shown["steps"]
    assert shown["lines"] == ["Known when it runs: another node sets steps."]


def test_a_wrong_setting_is_the_sentence_the_run_would_say(graph):
    node = graph.add("FewStepScheduler", spacing="listed", timesteps="999, 1200")
    shown = graph.panel(node)
    assert not shown["steps"] and 'Timestep "1200" is out of range.' in shown["lines"][0]


def test_a_chosen_file_fills_the_badge_at_once_where_its_name_suffices(graph):
    node = graph.add("FewStepLoraLoader")
    graph.set(node, "lora_name", "Hyper-SDXL-4steps-lora.safetensors")
    shown = graph.panel(node)
    assert shown["lines"][0] == "Hyper-SD 4 steps, SDXL"
    assert "steps 4" in shown["lines"][1] and "CFG 1 (1-1.5)" in shown["lines"][1]
    assert "by the file name" in shown["lines"][2]
    graph.set(node, "lora_name", "something.safetensors")
    assert "does not say" in graph.panel(node)["lines"][0]
    graph.set(node, "recipe", "tcd/sdxl-lora")
    assert graph.panel(node)["lines"][0] == "TCD-LoRA, SDXL"
    other = graph.add("FewStepOneStepLoader", (400, 0))
    graph.set(other, "model_name", "sdxs-512-0.9.safetensors")
    lines = graph.panel(other)["lines"]
    assert lines[0] == "SDXS-512-0.9, SDXS"


def test_after_a_run_the_badge_says_what_the_content_says_also_from_the_cache(page, graph):
    graph.add("CheckpointLoaderSimple", ckpt_name="fewstep-demo.safetensors")
    loader = graph.add("FewStepLoraLoader", (400, 0), lora_name="fewstep-demo-tcd.safetensors")
    show = graph.add("PreviewAny", (800, 0))
    graph.link("1", 0, loader, "model")
    graph.link(loader, 2, show, "source")
    page.evaluate("app.queuePrompt(0)")
    graph.says(loader, "its own metadata")
    # Opened anew the node knows nothing, and the host now takes its result from the cache.
    open_workflow(page, page.evaluate(_SAVED))
    assert "its own metadata" not in str(graph.panel(loader)["lines"])
    page.evaluate("app.queuePrompt(0)")
    graph.says(loader, "its own metadata")
    lines = graph.panel(loader)["lines"]
    assert lines[0] == "TCD-LoRA, SD 1.5" and "recognised by its own metadata" in lines
    # What was said of one file is not said of the next.
    graph.set(loader, "lora_name", "something.safetensors")
    assert "does not say" in graph.panel(loader)["lines"][0]


def test_a_panel_has_words_for_those_who_do_not_see_it(graph):
    nodes = {name: graph.add(name, **widgets) for name, widgets in PANELS.items()}
    for name, node in nodes.items():
        shown = graph.panel(node)
        assert shown["role"] == "img" and shown["focus"] == 0, name
        assert all(line in shown["label"] for line in shown["lines"]), name
        assert shown["lines"], name


def test_panels_are_in_no_saved_workflow_and_no_prompt(page, graph):
    """Widget values stay where older versions of the pack have them, also beside seed control."""
    nodes = [graph.add(name, **widgets) for name, widgets in PANELS.items()]
    graph.set(nodes[2], "batch_seeds", "ComfyUI")
    graph.set(nodes[2], "seed", 7)
    saved = page.evaluate(_SAVED)
    assert "fewstep_p" not in json.dumps(saved) and "fewstep_b" not in json.dumps(saved)
    by_type = {node["type"]: node["widgets_values"] for node in saved["nodes"]}
    assert by_type["FewStepKSampler"] == [7, "randomize", 0, 0, 1, "ComfyUI"]
    assert by_type["FewStepScheduler"] == [4, "grid", 1, "", "keep steps"]
    prompt = page.evaluate(_PROMPT)
    assert "fewstep_" not in json.dumps(prompt)
    open_workflow(page, saved)
    assert page.evaluate(_PROMPT) == prompt
    again = {node["type"]: node["widgets_values"] for node in page.evaluate(_SAVED)["nodes"]}
    assert again == by_type


def test_panels_come_back_with_a_loaded_workflow(page, graph):
    node = graph.add("FewStepScheduler", steps=8, spacing="trailing")
    saved = page.evaluate(_SAVED)
    open_workflow(page, saved)
    assert len(graph.panel(node)["steps"]) == 8


def test_a_removed_node_listens_no_longer(page, graph):
    """The panel of a node that is gone is not drawn again, whatever happens in the graph."""
    node = graph.add("FewStepScheduler")
    graph.panel(node)
    gone = page.evaluate_handle("id => app.graph.getNodeById(id)", node)
    panel = gone.evaluate_handle("node => node.widgets.at(-1).element")
    listeners = _listeners(page, panel)
    assert "wheel" in listeners
    gone.evaluate(
        """node => {
            app.graph.remove(node)
            node.widgets[0].value = 9
            node.widgets[0].callback?.(9)
        }"""
    )
    graph.settled()
    assert not panel.evaluate("element => element.isConnected")
    assert "9 steps" not in (panel.get_attribute("aria-label") or "")
    assert "wheel" not in _listeners(page, panel)


def test_nothing_is_cut_at_any_width(page, graph, screenshot):
    """Every panel is as high as its words, and ends inside its node."""
    recipe = graph.add("FewStepRecipe", (0, 0), recipe="tcd/sdxl-lora", steps=8)
    nodes = [recipe]
    for i, (name, widgets) in enumerate(list(PANELS.items())[:5]):
        node = graph.add(name, (640 * ((i + 1) % 3), 520 * ((i + 1) // 3)), **widgets)
        if name in ("FewStepFromRecipe", "FewStepKSampler"):
            graph.link(recipe, 0, node, "recipe")
        nodes.append(node)
    graph.set(nodes[4], "lora_name", "Hyper-SDXL-4steps-lora.safetensors")
    graph.set(nodes[5], "recipe", "dmd2/sdxl-1step-unet")
    page.evaluate("app.canvas.ds.scale = 0.9; app.canvas.setDirty(true, true)")
    for width in (600, 400, 300, 210):
        for node in nodes:
            graph.width(node, width)
        graph.settled()
        screenshot(f"panels at {width}")
        cut = dict(zip(nodes, page.evaluate(_CUT, nodes), strict=True))
        assert not {node: by for node, by in cut.items() if max(by) > 1}, width


@pytest.mark.parametrize("palette", ["dark", "light"])
def test_both_themes(page, graph, palette, screenshot):
    page.evaluate(_SETTING, ["Comfy.ColorPalette", palette])
    try:
        recipe = graph.add("FewStepRecipe", recipe="tcd/sdxl-lora", steps=8)
        sampler = graph.add("FewStepKSampler", (360, 0), denoise=0.7, cfg=3.0)
        wrong = graph.add("FewStepScheduler", (760, 0), steps=50, denoise=0.2)
        graph.link(recipe, 0, sampler, "recipe")
        page.evaluate("app.canvas.ds.scale = 1.4; app.canvas.setDirty(true, true)")
        screenshot(f"panels, {palette}")
        assert graph.panel(wrong)["lines"][0].startswith("50 steps do not fit")
    finally:
        page.evaluate(_SETTING, ["Comfy.ColorPalette", "dark"])


def test_the_words_are_in_the_language_of_the_page(page, graph, screenshot):
    graph.add("FewStepScheduler", steps=8)
    open_workflow(page, page.evaluate(_SAVED))
    _speak(page, "zh")
    try:
        node = graph.add("FewStepScheduler", (400, 0), img2img="keep trained timesteps")
        assert graph.panel(node)["lines"][0].startswith("4 步")
        assert graph.panel("1")["lines"][0].startswith("8 步")
        label = """id => {
            const one = app.graph.getNodeById(id).widgets.find(one => one.name === "img2img")
            return one.options.getOptionLabel(one.value)
        }"""
        assert page.evaluate(label, node) == "keep trained timesteps（保持训练时间步）"
        screenshot("panels, in Chinese")
        saved = page.evaluate(_PROMPT)[node]["inputs"]
        assert (saved["spacing"], saved["img2img"]) == ("grid", "keep trained timesteps")
    finally:
        _speak(page, "en")


def test_the_page_keeps_its_head_body_and_globals(page, graph):
    """Nothing of the pack is written outside its own elements."""
    graph.add("KSampler")
    graph.settled()
    before = page.evaluate(_GLOBALS)
    for node in [graph.add(name, **widgets) for name, widgets in PANELS.items()]:
        graph.panel(node)
    assert page.evaluate(_GLOBALS) == before
    assert before[2] == 0


def test_no_method_of_the_host_is_patched(page):
    assert page.evaluate(_PATCHED) == []


def _speak(page, language):
    """Sets the language of the page, which opens its workflow anew for that."""
    page.evaluate("app.graph.nodes.forEach(node => { node.before = true })")
    page.evaluate(_SETTING, ["Comfy.Locale", language])
    anew = "app.graph.nodes.length > 0 && !app.graph.nodes.some(node => node.before)"
    wait_until(page, anew, f"The page did not open its workflow anew in {language}")


def _listeners(page, element):
    """The kinds of events that an element listens to."""
    session = page.context.new_cdp_session(page)
    page.evaluate("element => { window.asked = element }", element)
    found = session.send("Runtime.evaluate", {"expression": "window.asked"})["result"]
    page.evaluate("delete window.asked")
    given = {"objectId": found["objectId"]}
    listeners = session.send("DOMDebugger.getEventListeners", given)["listeners"]
    session.detach()
    return {one["type"] for one in listeners}
