"""Every node of the host, saved by the page and converted by the client, as the page sends it."""

import itertools
import json

import pytest
from fewstep.client.errors import InputError
from fewstep.client.page.workflow import to_api

# The page makes values of these types itself, as it sends a prompt.
MADE_BY_PAGE = ("LOAD_3D", "WEBCAM", "AUDIO_RECORD")
# The host's page puts a word into its seed as it opens it again.
LEFT_OUT = {"ShuffleImageTextDataset"}
# Shown by the page alone; and in Nodes 2.0 a file that the page makes of the canvas each time.
NOT_READ = {("ImageCompare", "compare_view"), ("Painter", "mask")}
# The slower page is asked once.
HOW = {"classic": ("as they come", "changed", "primitives"), "nodes 2.0": ("changed",)}
# So many nodes a graph: each costs the page some milliseconds, each graph half a second.
TOGETHER = 50
# Made in a graph that is not shown, and saved; opened by the page, saved again, and sent.
_SAVE_AND_SEND = """async ([types, how, linkable]) => {
    const valuesOf = widget => {
        const { values } = widget.options
        return typeof values === "function" ? values(widget) : values
    }
    const change = widget => {
        const { value } = widget
        const numbers = widget.options
        const next = {
            combo: () => valuesOf(widget)?.at(-1) ?? value,
            number: () => Math.min(value + (numbers.step2 ?? 1), numbers.max ?? 1e9),
            boolean: () => !value,
            string: () => `${value} changed`,
        }[widget.type === "combo" ? "combo" : typeof value]
        if (!next || widget.type === "button") return
        widget.value = next()
        widget.callback?.(widget.value)
    }
    const made = new app.graph.constructor()
    // The page remembers widget values by graph and node.
    made.id = crypto.randomUUID()
    types.forEach((type, i) => {
        const node = LiteGraph.createNode(type)
        node.pos = [(i % 10) * 600, Math.floor(i / 10) * 900]
        made.add(node)
        if (how === "changed") (node.widgets ?? []).forEach(change)
        if (how !== "primitives") return
        for (const slot of [...node.inputs ?? []]) {
            if (!linkable[type].includes(slot.widget?.name)) continue
            const primitive = LiteGraph.createNode("PrimitiveNode")
            made.add(primitive)
            primitive.connect(0, node, node.inputs.indexOf(slot))
            if (primitive.widgets?.length) change(primitive.widgets[0])
        }
    })
    const copy = value => JSON.parse(JSON.stringify(value))
    const saved = { ...copy(made.serialize()), id: crypto.randomUUID() }
    await app.loadGraphData(copy(saved))
    const { output } = await app.graphToPrompt()
    // As text, which the test reads several times as fast.
    return JSON.stringify([[saved, app.graph.serialize()], output])
}"""


def test_every_node_of_the_host_is_sent_as_the_page_sends_it(host_page, renderer, object_info):
    specs = {name: _specs(info) for name, info in object_info.items()}
    names = sorted(
        name for name in specs if name not in LEFT_OUT and not _made_by_page(specs[name])
    )
    different = {}
    for how, begin in itertools.product(HOW[renderer], range(0, len(names), TOGETHER)):
        some = names[begin : begin + TOGETHER]
        given = [some, how, {name: _linkable(specs[name]) for name in some}]
        workflows, theirs = json.loads(host_page.evaluate(_SAVE_AND_SEND, given))
        for ours in (to_api(workflow, object_info) for workflow in workflows):
            assert ours.keys() == theirs.keys()
            for key, node in theirs.items():
                kind = node["class_type"]
                assert ours[key]["class_type"] == kind
                found = _different(node["inputs"], ours[key]["inputs"], _read(kind, specs))
                different |= {(kind, how): found} if found else {}
    assert not different


def test_what_the_page_makes_itself_is_one_sentence(object_info):
    for name in (name for name, info in object_info.items() if _made_by_page(_specs(info))):
        workflow = {"nodes": [{"id": 1, "type": name}], "links": []}
        with pytest.raises(InputError, match=r"from the page .* Export \(API\)\.$"):
            to_api(workflow, object_info)


def _specs(info):
    groups = (info["input"].get(group) or {} for group in ("required", "optional"))
    return {name: spec for group in groups for name, spec in group.items()}


def _made_by_page(specs):
    return any(spec[0] in MADE_BY_PAGE for spec in specs.values())


def _linkable(specs):
    """Inputs with a widget that a primitive node can stand in for."""
    plain = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")
    return [
        name
        for name, spec in specs.items()
        if (isinstance(spec[0], list) or spec[0] in plain) and "upload" not in str(spec[1:])
    ]


def _read(kind, specs):
    """What the server reads; of a choice also the inputs that it brings, `choice.input`."""
    return [name for name in specs[kind] if (kind, name) not in NOT_READ]


def _different(theirs, ours, read):
    return {
        name: (theirs.get(name, "absent"), ours.get(name, "absent"))
        for name in {**theirs, **ours}
        if theirs.get(name, "absent") != ours.get(name, "absent")
        if name.split(".")[0] in read
    }
