"""What the page sends for a workflow, and where the client's own prompt differs from it."""

import json
from collections import Counter
from datetime import datetime

from fewstep.client.page.text import Written
from fewstep.client.page.workflow import to_api

# Made by the page itself as it opens or sends a workflow; no server reads it.
MADE_BY_PAGE = {
    ("ImageCompare", "compare_view"): "shown by the page alone",
    ("SaveGLB", "image"): "a picture of the model on the screen",
    ("Painter", "mask"): "in Nodes 2.0 a file that the page makes of the canvas each time",
}
NOW = datetime(2026, 3, 7, 4, 5, 6)
# Choices are the first, and it is always NOW. Closed tabs keep the page quick.
_SEND = """async text => {
    const [random, RealDate] = [Math.random, Date]
    const now = new Date(2026, 2, 7, 4, 5, 6).getTime()
    try {
        await app.loadGraphData(JSON.parse(text))
        Math.random = () => 0
        window.Date = class extends RealDate {
            constructor(...given) { super(...(given.length ? given : [now])) }
        }
        return JSON.stringify((await app.graphToPrompt()).output)
    } finally {
        Math.random = random
        window.Date = RealDate
        const tabs = app.extensionManager.workflow
        for (const tab of [...tabs.openWorkflows]) {
            if (tab !== tabs.activeWorkflow) await tabs.closeWorkflow(tab)
        }
    }
}"""
# As KJNodes and rgthree make theirs: nodes without a server's half.
_PACKS = """() => {
    const register = (type, follow) => {
        class Node extends LGraphNode {
            constructor(title) {
                super(title)
                this.isVirtualNode = this.serialize_widgets = true
                if (/etNode/.test(type)) this.addWidget("text", "Constant", "", () => {}, {})
            }
        }
        if (follow) Node.prototype.getInputLink = follow
        LiteGraph.registerNodeType(type, Node)
    }
    register("SetNode")
    register("GetNode", function (slot) {
        const isOurs = node => node.type === "SetNode"
            && node.widgets[0].value === this.widgets[0].value
        return this.graph.links[this.graph.nodes.find(isOurs).inputs[slot].link]
    })
    for (const name of ["Reroute", "Label", "Bookmark", "Fast Groups Muter"]) {
        register(`${name} (rgthree)`)
    }
}"""


def add_nodes_of_packs(page) -> None:
    """Adds Set, Get and rgthree's nodes to the page, as their packs do."""
    page.evaluate(_PACKS)


def sent_by_page(page, text: str) -> dict:
    """The prompt that the page sends for a workflow."""
    return json.loads(page.evaluate(_SEND, text))


def sent_by_client(text: str, object_info: dict) -> dict:
    """The client's, its choices the first ones."""
    prompt = to_api(json.loads(text), object_info)
    for node in prompt.values():
        for name, value in node["inputs"].items():
            if isinstance(value, Written):
                node["inputs"][name] = value.value(lambda options: 0, {}, NOW)
    return prompt


def differences(theirs: dict, ours: dict, untitled: set[str] = frozenset()) -> list:
    """`[(node, input, the page's, the client's)]`; titles of the nodes `untitled` do not count."""
    found = [(key, "", key in theirs, key in ours) for key in theirs.keys() ^ ours.keys()]
    for key in theirs.keys() & ours.keys():
        kind = theirs[key]["class_type"]
        pairs = [("class", kind, ours[key]["class_type"])]
        if key not in untitled:
            pairs.append(("title", theirs[key]["_meta"]["title"], ours[key]["_meta"]["title"]))
        inputs, own = theirs[key]["inputs"], ours[key]["inputs"]
        pairs += [
            (name, inputs.get(name, "absent"), own.get(name, "absent"))
            for name in {**inputs, **own}
            if (kind, name) not in MADE_BY_PAGE
        ]
        found += [(key, name, *both) for name, *both in pairs if both[0] != both[1]]
    return sorted(found, key=str)


def shape(prompt: dict) -> Counter:
    """The nodes with all that leads to them, whatever their ids are."""

    def of(key: str) -> str:
        node = prompt[key]
        inputs = {
            name: [of(value[0]), value[1]] if isinstance(value, list) else value
            for name, value in node["inputs"].items()
        }
        # A whole number is written with a point, or without.
        numbers = {
            name: float(value) if type(value) is int else value for name, value in inputs.items()
        }
        return json.dumps([node["class_type"], node["_meta"], numbers], sort_keys=True)

    return Counter(map(of, prompt))
