"""What is at the other end of a link: past bypassed nodes, reroutes and the edges of subgraphs."""

from typing import Any, NamedTuple

from .widgets import Json

MUTED, BYPASSED = 2, 4
_SUBGRAPH_INPUTS, _SUBGRAPH_OUTPUTS = -10, -20


class Output(NamedTuple):
    """An output of a node that runs."""

    node: str
    slot: int


class Value(NamedTuple):
    """A value that stands in for a link."""

    value: Any


class _Link(NamedTuple):
    origin: int
    origin_slot: int
    target: int
    target_slot: int


def subgraphs_of(workflow: Json) -> Json:
    """The subgraphs a workflow defines, by the type of the nodes that stand for them."""
    defined = (workflow.get("definitions") or {}).get("subgraphs") or []
    return {subgraph["id"]: subgraph for subgraph in defined}


class Scope:
    """The nodes and links of the workflow, or of one use of a subgraph in it."""

    def __init__(
        self,
        nodes: list[Json],
        links: list,
        subgraphs: Json,
        within: tuple["Scope", Json] | None = None,
    ) -> None:
        self.nodes = {node["id"]: node for node in nodes}
        self._links = dict(map(_read_link, links))
        self._subgraphs = subgraphs
        self._outer, self._instance = within or (None, None)

    def full_id(self, node: Json) -> str:
        """The id in the prompt: `7`, or `12:7` inside of a subgraph."""
        if not self._outer:
            return str(node["id"])
        return f"{self._outer.full_id(self._instance)}:{node['id']}"

    def inside(self, node: Json) -> "Scope | None":
        """What a node that stands for a subgraph holds."""
        made_of = self._subgraphs.get(node["type"])
        if not made_of:
            return None
        return Scope(made_of["nodes"], made_of["links"], self._subgraphs, (self, node))

    def source(self, slot: Json | None) -> Output | Value | None:
        """What feeds an input of a node."""
        link = self._links.get(slot.get("link")) if slot else None
        return self._origin(link) if link else None

    def _origin(self, link: _Link) -> Output | Value | None:
        if link.origin == _SUBGRAPH_INPUTS:
            return self._from_outside(link.origin_slot)
        node = self.nodes.get(link.origin)
        if not node or node.get("mode") == MUTED:
            return None
        if node.get("mode") == BYPASSED:
            return self.source(_passed_through(node, link.origin_slot))
        if node["type"] == "Reroute":
            return self.source(node["inputs"][0])
        if node["type"] == "PrimitiveNode":
            return Value(node["widgets_values"][0])
        inner = self.inside(node)
        if inner:
            return inner._from_inside(link.origin_slot)
        return Output(self.full_id(node), link.origin_slot)

    def _from_outside(self, index: int) -> Output | Value | None:
        """A subgraph's input: linked on the node that stands for it, or a widget of that node."""
        inputs = self._definition["inputs"]
        name = inputs[index]["name"]
        slots = {slot["name"]: slot for slot in self._instance.get("inputs") or []}
        if name in slots and slots[name].get("link") is not None:
            return self._outer.source(slots[name])
        promoted = [i for i in range(len(inputs)) if self._leads_to_widget(i)]
        values = self._instance.get("widgets_values") or []
        if index not in promoted or promoted.index(index) >= len(values):
            return None
        return Value(values[promoted.index(index)])

    def _from_inside(self, index: int) -> Output | Value | None:
        for link in self._links.values():
            if (link.target, link.target_slot) == (_SUBGRAPH_OUTPUTS, index):
                return self._origin(link)
        return None

    def _leads_to_widget(self, index: int) -> bool:
        for link in self._links.values():
            if (link.origin, link.origin_slot) == (_SUBGRAPH_INPUTS, index):
                inputs = self.nodes[link.target].get("inputs") or []
                return link.target_slot < len(inputs) and bool(
                    inputs[link.target_slot].get("widget")
                )
        return False

    @property
    def _definition(self) -> Json:
        return self._subgraphs[self._instance["type"]]


def _read_link(link: list | Json) -> tuple[int, _Link]:
    if isinstance(link, dict):
        names = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
        link = [link[name] for name in names]
    return link[0], _Link(*link[1:5])


def _passed_through(node: Json, origin_slot: int) -> Json | None:
    """The input of a bypassed node that takes the place of its output: of the same type."""
    inputs = node.get("inputs") or []
    wanted = node["outputs"][origin_slot]["type"]
    opposite = inputs[origin_slot : origin_slot + 1]
    return next((slot for slot in [*opposite, *inputs] if slot["type"] == wanted), None)
