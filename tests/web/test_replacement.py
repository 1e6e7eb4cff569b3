"""Workflows of other TCD packs open with our nodes, by the page's own button and at the API."""

import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from graph import open_workflow, wait_until  # noqa: E402

_NODES = """() => app.graph.nodes.map(node => ({
    type: node.type,
    widgets: Object.fromEntries((node.widgets ?? []).filter(one => one.serialize !== false)
        .map(one => [one.name, one.value])),
    sources: Object.fromEntries((node.inputs ?? []).filter(one => one.link != null).map(one => {
        const link = app.graph.getLink(one.link)
        return [one.name, `${app.graph.getNodeById(link.origin_id).type} ${link.origin_slot}`]
    })),
}))"""
# Old type: its outputs, widget values, and what opens in its place.
OLD = {
    "TCDModelSamplingDiscrete": (
        ["MODEL", "SAMPLER", "SIGMAS"],
        [6, "sgm_uniform", 0.8, 0.45],
        "FewStepTCD",
        {"steps": 6, "denoise": 0.8, "gamma": 0.45},
    ),
    "TCDScheduler": (
        ["SIGMAS"],
        [6],
        "FewStepScheduler",
        {"steps": 6, "spacing": "grid", "denoise": 1, "timesteps": "", "img2img": "keep steps"},
    ),
    "SamplerTCD": (
        ["SAMPLER"],
        [0.45],
        "FewStepSamplerTCD",
        {"gamma": 0.45, "s_noise": 1, "finish": "clean"},
    ),
    "SamplerTCD EulerA": (
        ["SAMPLER"],
        [0.45],
        "FewStepSamplerTCD",
        {"gamma": 0.45, "s_noise": 1, "finish": "clean"},
    ),
    "HyperSDXL1StepUnetScheduler": (
        ["SIGMAS"],
        [3],
        "FewStepScheduler",
        {"steps": 1, "spacing": "listed", "denoise": 1, "timesteps": "800"},
    ),
}


def _workflow(old, outputs, values):
    """A checkpoint into the old node (but for samplers), and that into SamplerCustom."""
    takes_model = not old.startswith("SamplerTCD")
    links, slots = [], []
    if takes_model:
        links.append([1, 1, 0, 2, 0, "MODEL"])
        slots.append({"name": "model", "type": "MODEL", "link": 1})
    names = {"MODEL": "model", "SAMPLER": "sampler", "SIGMAS": "sigmas"}
    order = ["MODEL", "CONDITIONING", "CONDITIONING", "SAMPLER", "SIGMAS", "LATENT"]
    given = {}
    for slot, kind in enumerate(outputs):
        links.append([10 + slot, 2, slot, 3, order.index(kind), kind])
        given[kind] = 10 + slot
    inputs = ["model", "positive", "negative", "sampler", "sigmas", "latent_image"]
    return {
        "id": str(uuid.uuid4()),
        "version": 0.4,
        "last_node_id": 3,
        "last_link_id": 20,
        "links": links,
        "nodes": [
            _node(1, "CheckpointLoaderSimple", [], ["MODEL", "CLIP", "VAE"], [[1], [], []], []),
            _node(2, old, slots, outputs, [[10 + i] for i in range(len(outputs))], values),
            _node(
                3,
                "SamplerCustom",
                [
                    {
                        "name": name,
                        "type": kind,
                        "link": given.get(kind) if names.get(kind) == name else None,
                    }
                    for name, kind in zip(inputs, order, strict=True)
                ],
                ["LATENT", "LATENT"],
                [[], []],
                [True, 0, "fixed", 1.0],
            ),
        ],
    }


def _node(node_id, node_type, inputs, outputs, links, values):
    return {
        "id": node_id,
        "type": node_type,
        "pos": [400 * node_id, 200],
        "size": [320, 200],
        "flags": {},
        "order": node_id,
        "mode": 0,
        "inputs": inputs,
        "outputs": [
            {"name": one, "type": one, "links": to} for one, to in zip(outputs, links, strict=True)
        ],
        "properties": {},
        "widgets_values": values,
    }


@pytest.mark.parametrize("old", OLD)
def test_the_page_s_own_button_puts_our_node_in_place(page, old, screenshot):
    outputs, values, ours, widgets = OLD[old]
    open_workflow(page, _workflow(old, outputs, values))
    page.get_by_text("View details").first.click()
    button = page.get_by_role("button", name="Replace").first
    button.wait_for()
    screenshot(f"replace {old}")
    button.click()
    there = "type => app.graph.nodes.some(one => one.type === type)"
    wait_until(page, there, f"No {ours} came into the place of {old}", ours)
    nodes = {node["type"]: node for node in page.evaluate(_NODES)}
    assert old not in nodes
    assert {name: nodes[ours]["widgets"][name] for name in widgets} == widgets
    if "model" in nodes[ours]["sources"] or not old.startswith("SamplerTCD"):
        assert nodes[ours]["sources"]["model"] == "CheckpointLoaderSimple 0"
    sources = nodes["SamplerCustom"]["sources"]
    expected = {kind.lower(): f"{ours} {slot}" for slot, kind in enumerate(outputs)}
    assert sources == expected
