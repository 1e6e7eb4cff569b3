"""Schedule plots and recipe badges: what a person sees before anything runs, and after."""

import hashlib
import json
import math
import sys
from pathlib import Path

import pytest
from fewstep.recipes import builtin_recipes
from fewstep.schedulers import standard_sigma
from playwright.sync_api import expect

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
_NO_PANEL = (
    """id => !app.graph.getNodeById(id).widgets.some(one => one.name.startsWith("fewstep_"))"""
)
# Across and down, in the plot's own units.
_DOTS = """id => [...app.graph.getNodeById(id).widgets.at(-1).element
    .querySelectorAll("[data-part=step]")].map(dot => [dot.cx.baseVal.value, dot.cy.baseVal.value])
"""
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

# The side panel of the page, with the inputs of what is selected.
_SIDE = """show => {
    const { $pinia } = document.querySelector("#vue-app").__vue_app__.config.globalProperties
    const side = $pinia._s.get("rightSidePanel")
    return show ? side.openPanel("parameters") : side.closePanel()
}"""
_SELECT = "id => app.canvas.selectItems([app.graph.getNodeById(id)])"
_INTO_SUBGRAPH = """id => {
    const { node } = app.graph.convertToSubgraph(new Set([app.graph.getNodeById(id)]))
    return String(node.id)
}"""
_ENTER = "id => app.canvas.setGraph(id ? app.graph.getNodeById(id).subgraph : app.rootGraph)"
_ADD_BELOW = """id => {
    const node = app.graph.getNodeById(id)
    node.addWidget("button", "below", null, () => {})
    node.setDirtyCanvas(true, true)
}"""
_WIDTHS = """id => {
    const { size, widgets } = app.graph.getNodeById(id)
    const panel = widgets.find(one => one.name.startsWith("fewstep_")).element
    return [panel.getBoundingClientRect().width, size[0] * app.canvas.ds.scale]
}"""
_HAS_PANEL = """() => app.canvas.graph.nodes.some(node => node.widgets.some(
    one => one.name.startsWith("fewstep_") && one.element.getBoundingClientRect().height > 50))"""
# Where the panel ends and the widget below it begins, as drawn.
_BELOW = """id => {
    const { widgets } = app.graph.getNodeById(id)
    const panel = widgets.at(-2).element.getBoundingClientRect()
    const button = [...document.querySelectorAll(`[data-node-id="${id}"] button`)]
        .find(one => one.textContent.trim() === "below")
    if (button) return [panel.bottom, button.getBoundingClientRect().top]
    const { scale, offset } = app.canvas.ds
    const { top } = app.canvas.canvas.getBoundingClientRect()
    const at = app.graph.getNodeById(id).pos[1] + widgets.at(-1).y
    return [panel.bottom, top + (at + offset[1]) * scale]
}"""


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


def test_the_plot_has_high_levels_at_the_top_and_runs_to_the_right(page, graph):
    node = graph.add("FewStepScheduler")
    graph.panel(node)
    dots = page.evaluate(_DOTS, node)
    assert len(dots) == 4
    assert dots == sorted(dots) and [y for _, y in dots] == sorted(y for _, y in dots)


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
    assert graph.panel(sampler)["lines"][0].startswith("No recipe yet: load the accelerator")
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
    assert "Levels 1 0.9 0.75 0.5, shift 3" in shown["lines"]
    assert shown["steps"][1]["sigma"] == pytest.approx(3 * 0.75 / (1 + 2 * 0.75), rel=1e-9)
    patch = graph.add("ModelSamplingSD3", (0, 400), shift=1.0)
    graph.link(patch, 0, node, "model")
    shown = graph.panel(node)
    assert "The model's own shift, 1, is not used." in shown["lines"]
    assert shown["steps"][1]["sigma"] == pytest.approx(3 * 0.75 / (1 + 2 * 0.75), rel=1e-9)


def test_a_shift_set_by_hand_bends_the_plot_of_any_schedule(graph):
    node = graph.add("FewStepScheduler", spacing="trailing", shift=5.0, steps=6)
    levels = [step["sigma"] for step in graph.panel(node)["steps"]]
    published = [1, 0.961538, 0.909091, 0.833333, 0.714286, 0.5]
    assert levels == pytest.approx(published, abs=1e-6)
    graph.set(node, "shift", 0.0)
    graph.set(node, "spacing", "sigmas")
    assert "The list of levels is empty" in graph.panel(node)["lines"][0]
    graph.set(node, "timesteps", "1, 0.99375, 0.421875, 0")
    shown = graph.panel(node)
    assert shown["lines"][0] == "3 steps from level 1"
    assert [step["sigma"] for step in shown["steps"]] == pytest.approx([1, 0.99375, 0.421875])


def test_a_shift_by_size_is_drawn_for_the_latent_that_is_connected(graph):
    """FLUX.1 at 512 x 512, which is 1024 tokens."""
    recipe = graph.add("FewStepRecipe", recipe="hyper-sd/flux-8step")
    node = graph.add("FewStepKSampler", (400, 0))
    latent = graph.add("EmptySD3LatentImage", (0, 400), width=512, height=512)
    graph.link(recipe, 0, node, "recipe")
    graph.link(latent, 0, node, "latent_image")
    shown = graph.panel(node)
    factor = math.exp(0.5 + 0.65 * (1024 - 256) / 3840)
    assert shown["steps"][4]["sigma"] == pytest.approx(factor / (1 + factor), rel=1e-9)
    scheduler = graph.add("FewStepScheduler", (800, 0), steps=8)
    graph.link(recipe, 0, scheduler, "recipe")
    assert "no model is connected. Connect it." in graph.panel(scheduler)["lines"][0]


def test_many_steps_take_few_words(graph):
    scheduler = graph.add("FewStepScheduler", steps=20)
    sampler = graph.add("FewStepSamplerLCM", (400, 0))
    custom = graph.add("SamplerCustomAdvanced", (800, 0))
    graph.link(scheduler, 0, custom, "sigmas")
    graph.link(sampler, 0, custom, "sampler")
    first, noise = graph.panel(scheduler)["lines"]
    assert first == "20 steps from t = 999: 999 959 899 859 799 759 699 659 … 59"
    assert noise == "Noise added back (LCM): 100%"
    other = graph.add("FewStepSamplerTCD", (400, 200), gamma=0.3)
    graph.link(other, 0, custom, "sampler")
    graph.set(scheduler, "steps", 50)
    noise = graph.panel(scheduler)["lines"][1]
    assert len(noise.split("%")) == 10 and "… " in noise


def test_a_panel_moves_down_what_is_below_it(page, graph):
    scheduler = graph.add("FewStepScheduler", steps=1)
    graph.panel(scheduler)
    page.evaluate(_ADD_BELOW, scheduler)
    graph.width(scheduler, 210)
    graph.settled()
    before = page.evaluate(_BELOW, scheduler)
    graph.set(scheduler, "steps", 16)
    graph.settled()
    panel, below = page.evaluate(_BELOW, scheduler)
    assert panel <= below and below > before[1] + 10


def test_panels_are_not_among_the_inputs_that_the_page_lists_beside_the_canvas(
    page, graph, screenshot
):
    """And stay as wide as their node, where the list is wider."""
    nodes = [graph.add("FewStepScheduler"), graph.add("FewStepLoraLoader", (400, 0))]
    for node in nodes:
        graph.panel(node)
    side = page.get_by_test_id("properties-panel")
    page.evaluate(_SIDE, True)
    try:
        for node, name in zip(nodes, ("spacing", "lora_name"), strict=True):
            page.evaluate(_SELECT, node)
            expect(side.get_by_text(name, exact=True)).to_be_visible()
            screenshot(f"side panel with {name}")
            assert "fewstep_" not in side.inner_text()
            assert "Schedule plot" not in side.inner_text()
            panel, whole = page.evaluate(_WIDTHS, node)
            assert panel < whole
        shell = page.evaluate(_INTO_SUBGRAPH, nodes[0])
        page.evaluate(_ENTER, shell)
        wait_until(page, _HAS_PANEL, "The node in the subgraph got no panel")
        page.evaluate(_ENTER, None)
        page.evaluate(_SELECT, shell)
        side.get_by_text("Advanced inputs").click()
        expect(side.get_by_text("spacing", exact=True)).to_be_visible()
        assert "Schedule plot" not in side.inner_text()
    finally:
        page.evaluate(_SIDE, False)
        page.evaluate(_ENTER, None)


def test_what_the_loader_itself_sees_to_is_not_asked_for_on_it(graph):
    wanted = {"recipe": "dmd2/sdxl-1step-unet"}
    recipe = graph.add("FewStepRecipe", **wanted)
    loader = graph.add("FewStepOneStepLoader", (400, 0), **wanted)
    assert "Needs a model that starts at t = 399" in str(graph.panel(recipe)["lines"])
    assert "Needs" not in str(graph.panel(loader)["lines"])


def test_what_another_node_sets_is_said_in_place_of_a_wrong_plot(graph):
    node = graph.add("FewStepScheduler")
    number = graph.add("StringLength", (0, 300))
    graph.link(number, 0, node, "steps")
    shown = graph.panel(node)
    assert not shown["steps"]
    assert shown["lines"] == ["Known once it runs: another node sets steps."]


def test_a_wrong_setting_is_the_sentence_the_run_would_say(graph):
    node = graph.add("FewStepScheduler", spacing="listed", timesteps="999, 1200")
    shown = graph.panel(node)
    assert not shown["steps"] and 'Timestep "1200" is out of range.' in shown["lines"][0]


def test_a_file_that_is_not_here_is_told_by_its_name_and_said_to_be_missing(graph):
    node = graph.add("FewStepLoraLoader")
    graph.set(node, "lora_name", "Hyper-SDXL-4steps-lora.safetensors")
    graph.says(node, "Warning: The file is not in models/loras yet.")
    lines = graph.panel(node)["lines"]
    assert lines[0] == "Hyper-SD 4 steps, SDXL"
    assert "steps 4" in lines[1] and "CFG 1 (1-1.5)" in lines[1]
    assert lines[2] == "recognised by file name"
    graph.set(node, "lora_name", "something.safetensors")
    graph.says(node, "The file is not in models/loras yet.")
    assert len(graph.panel(node)["lines"]) == 1
    graph.set(node, "recipe", "tcd/sdxl-lora")
    assert graph.panel(node)["lines"][0] == "TCD-LoRA, SDXL"
    other = graph.add("FewStepOneStepLoader", (400, 0))
    graph.set(other, "model_name", "sdxs-512-0.9.safetensors")
    graph.says(other, "SDXS-512-0.9, SDXS")


def test_the_badge_is_right_before_the_first_run(page, server, graph):
    """By the content, as a run says it; also in a tab that was opened since."""
    loader = graph.add("FewStepLoraLoader", lora_name="fewstep-demo-tcd.safetensors")
    graph.says(loader, "recognised by its own metadata")
    before = graph.panel(loader)["lines"]
    assert before[0] == "TCD-LoRA, SD 1.5"
    open_workflow(page, page.evaluate(_SAVED))
    graph.says(loader, "recognised by its own metadata")
    graph.set(loader, "lora_name", "fewstep-demo-style.safetensors")
    graph.says(loader, "Not recognised (LoRA for SD 1.5).")
    graph.set(loader, "lora_name", "fewstep-demo-tcd.safetensors")
    graph.add("CheckpointLoaderSimple", (0, 400), ckpt_name="fewstep-demo.safetensors")
    show = graph.add("PreviewAny", (800, 0))
    graph.link("2", 0, loader, "model")
    graph.link(loader, 2, show, "source")
    assert _run(page, server) == "success"
    assert graph.panel(loader)["lines"] == before


def test_a_large_file_is_said_to_be_read_until_its_content_is_known(page, server, graph):
    """The name and the header at once, the sha256 when it is there."""
    held = []
    page.route("**/fewstep/file?*whole=1", lambda route: held.append(route))
    folder = server.base_dir / "user" / "fewstep" / "recipes"
    file = server.base_dir / "models" / "loras" / "fewstep-demo-tcd.safetensors"
    folder.mkdir(parents=True, exist_ok=True)
    entry = json.loads(builtin_recipes()["tcd/sd15-lora"].to_json())
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    known = {"name": "x", "bytes": file.stat().st_size, "sha256": digest}
    entry |= {"id": "mine/by-hash", "name": "Mine", "files": [known]}
    (folder / "mine.json").write_text(json.dumps(entry), "utf-8")
    try:
        # The page's own Refresh: what was told of a file is asked anew.
        page.evaluate("app.refreshComboInNodes()")
        with page.expect_request("**/fewstep/file?*whole=1"):
            loader = graph.add("FewStepLoraLoader", lora_name=file.name)
            graph.says(loader, "The file is being read ...")
        assert graph.panel(loader)["lines"][0] == "TCD-LoRA, SD 1.5"
        held[0].continue_()
        graph.says(loader, "recognised by sha256")
    finally:
        (folder / "mine.json").unlink()
        (folder.parent / "hashes.json").unlink()
        page.unroute_all()
        page.evaluate("app.refreshComboInNodes()")


def test_the_plot_follows_the_model_to_its_loader(page, graph):
    """One wire: past other nodes and reroutes, and a connected recipe wins."""
    loader = graph.add("FewStepLoraLoader", lora_name="fewstep-demo-tcd.safetensors")
    skip = graph.add("CLIPSetLastLayer", (0, 400))
    reroute = graph.add("Reroute", (400, 0))
    style = graph.add("LoraLoader", (600, 0))
    sampler = graph.add("FewStepKSampler", (1000, 0))
    scheduler = graph.add("FewStepScheduler", (1000, 500), steps=2)
    graph.link(loader, 0, reroute, "")
    graph.link(reroute, 0, style, "model")
    graph.link(skip, 0, style, "clip")
    graph.link(style, 0, sampler, "model")
    graph.link(style, 0, scheduler, "model")
    graph.says(sampler, "TCD-LoRA (tcd/sd15-lora), CFG 1")
    assert len(graph.panel(sampler)["steps"]) == 4
    assert "tcd/sd15-lora" not in str(graph.panel(scheduler)["lines"])
    graph.set(scheduler, "spacing", "recipe")
    graph.says(scheduler, "TCD-LoRA (tcd/sd15-lora)")
    recipe = graph.add("FewStepRecipe", (600, 600), recipe="hyper-sd/sd15-2step")
    graph.link(recipe, 0, sampler, "recipe")
    graph.says(sampler, "Hyper-SD 2 steps (hyper-sd/sd15-2step)")


def test_of_two_loaders_the_one_that_is_on_counts(graph):
    first = graph.add("FewStepLoraLoader", recipe="tcd/sd15-lora")
    second = graph.add("FewStepLoraLoader", (400, 0), recipe="lcm/sd15-lora")
    sampler = graph.add("FewStepKSampler", (800, 0))
    graph.link(first, 0, second, "model")
    graph.link(second, 0, sampler, "model")
    graph.says(sampler, "tcd/sd15-lora")
    graph.set(first, "strength", 0)
    graph.says(sampler, "lcm/sd15-lora")


def test_a_run_that_failed_is_explained_on_the_node_until_the_next_one(page, server, graph):
    """Also on a node that has no panel else: the page's own message has no sentence."""
    graph.add("CheckpointLoaderSimple", ckpt_name="fewstep-demo.safetensors")
    text = graph.add("CLIPTextEncode", (0, 300))
    empty = graph.add("EmptyLatentImage", (0, 600), width=64, height=64)
    node = graph.add("FewStepKSampler", (400, 0))
    decode = graph.add("VAEDecode", (800, 0))
    show = graph.add("PreviewImage", (1100, 0))
    graph.link("1", 1, text, "clip")
    for slot in ("positive", "negative"):
        graph.link(text, 0, node, slot)
    graph.link("1", 0, node, "model")
    graph.link(empty, 0, node, "latent_image")
    graph.link(node, 0, decode, "samples")
    graph.link("1", 2, decode, "vae")
    graph.link(decode, 0, show, "images")
    told = "Few-step KSampler does not know the accelerator in this model."
    assert _run(page, server) == "error"
    graph.says(node, told)
    recipe = graph.add("FewStepRecipe", (0, 900), recipe="tcd/sd15-lora")
    graph.link(recipe, 0, node, "recipe")
    assert told in graph.panel(node)["lines"][0]
    assert _run(page, server) == "success"
    assert told not in str(graph.panel(node)["lines"])
    compare = graph.add("FewStepCompare", (400, 600), steps="2, x")
    for name, source in {"positive": text, "negative": text, "latent_image": empty}.items():
        graph.link(source, 0, compare, name)
    graph.link("1", 0, compare, "model")
    graph.link("1", 2, compare, "vae")
    graph.link(recipe, 0, compare, "recipe")
    graph.link(compare, 0, show, "images")
    before = page.evaluate("id => [...app.graph.getNodeById(id).size]", compare)
    assert _run(page, server) == "error"
    graph.says(compare, '"x" in steps cannot be used.')
    graph.set(compare, "steps", "1")
    assert _run(page, server) == "success"
    wait_until(page, _NO_PANEL, "The panel did not go", compare)
    assert page.evaluate("id => [...app.graph.getNodeById(id).size]", compare) == before


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
    assert by_type["FewStepScheduler"] == [4, "grid", 1, "", "keep steps", 0]
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
        assert graph.panel(wrong)["lines"][0].startswith("At denoise 0.2 at most 10 steps fit")
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


def _run(page, server):
    """Queues what is on the page and gives how it ended."""
    with page.expect_response("**/api/prompt") as sent:
        page.evaluate("app.queuePrompt(0)")
    return server.wait(sent.value.json()["prompt_id"])["status"]["status_str"]
