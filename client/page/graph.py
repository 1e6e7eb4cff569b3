"""What is at the other end of a link: past bypassed nodes, reroutes and the edges of subgraphs."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from ..errors import InputError
from .primitives import set_by_primitives
from .promoted import Shown, shown
from .saved import Graph, Link, Saved
from .slots import INPUTS, OUTPUTS, inputs_of, output_type, passed_through
from .virtual import GET, SET, goes_through, is_virtual, name_of, title_of
from .widgets import Json, widgets

MUTED, BYPASSED = 2, 4
_DEEPEST, _MOST = 50, 20_000


class Output(NamedTuple):
    """An output of a node that runs."""

    node: str
    slot: int


class Value(NamedTuple):
    """A value that stands in for a link."""

    value: Any


class Scope:
    """The nodes and links of the workflow, or of one use of a subgraph in it."""

    def __init__(
        self,
        saved: Saved,
        object_info: Json,
        within: tuple["Scope", Json] | None = None,
    ) -> None:
        self._saved, self._info = saved, object_info
        self.outer, self.instance = within or (None, None)
        self._path = (*self.outer._path, self.instance["type"]) if self.outer else ()
        self.prefix = f"{self.outer.prefix}{self.instance['id']}:" if self.outer else ""
        self.graph: Graph = saved.subgraphs[self.instance["type"]] if self.outer else saved.graph
        self.nodes = self.graph.nodes
        self._inside: dict[str, Scope] = {}

    def full_id(self, node: Json) -> str:
        """The id in the prompt: `7`, or `12:7` inside of a subgraph."""
        return self.prefix + node["id"]

    def info(self, node: Json) -> Json | None:
        """The definition of a node, where the server has it."""
        return self._info.get(node["type"])

    def inputs(self, node: Json) -> list[Json]:
        """The inputs of a node, as the page has them."""
        inner = self.inside(node)
        if not inner:
            return inputs_of(node, None if is_virtual(node) else self.info(node))
        given = {slot["name"]: slot for slot in node["inputs"]}
        return [
            {**slot, "link": None, **given.get(slot["name"], {})} for slot in inner.graph.inputs
        ]

    def inside(self, node: Json) -> "Scope | None":
        """What a node that stands for a subgraph holds."""
        if node["type"] not in self._saved.subgraphs:
            return None
        if node["id"] not in self._inside:
            if node["type"] in self._path:
                raise InputError(
                    f"The subgraph {title_of(node, None)} contains itself: take it out of there."
                )
            if len(self._path) >= _DEEPEST:
                raise InputError(f"The workflow has subgraphs more than {_DEEPEST} deep.")
            self._inside[node["id"]] = Scope(self._saved, self._info, (self, node))
        return self._inside[node["id"]]

    def everything(self) -> Iterator[tuple["Scope", Json]]:
        """Every node with where it is, subgraphs opened; those that stand for one too."""
        for node in self.nodes.values():
            yield self, node
            inner = self.inside(node)
            if inner:
                yield from inner.everything()

    def running(self) -> Iterator[tuple["Scope", Json]]:
        """Every node that runs, with where it is."""
        for number, (scope, node) in enumerate(self._open()):
            if number > _MOST:
                raise InputError(f"The workflow has more than {_MOST} nodes in its subgraphs.")
            if not is_virtual(node) and node.get("mode") not in (MUTED, BYPASSED):
                yield scope, node

    def _open(self) -> Iterator[tuple["Scope", Json]]:
        for node in self.nodes.values():
            inner = self.inside(node)
            # As the page does it: inside of a subgraph, one that is muted still lists its nodes.
            if inner and (self.outer or node.get("mode") not in (MUTED, BYPASSED)):
                yield from inner._open()
            elif not inner:
                yield self, node

    def values(self, node: Json) -> dict[str, Any]:
        """The widgets of a node with their values, in the order of its definition."""
        return self._with(node, self._set_here)

    def own_values(self, node: Json) -> dict[str, Any]:
        """The same, whatever the node of this subgraph sets."""
        return self._with(node, set_by_primitives(self, {}))

    def saved(self, node: Json) -> dict[str, Any]:
        """The same as they were saved in the node itself."""
        return self._with(node, {})

    def _with(self, node: Json, changed: dict[tuple[str, str], Any]) -> dict[str, Any]:
        info = self.info(node)
        found = widgets(node, info) if info else []
        return {one.name: changed.get((node["id"], one.name), one.value) for one in found}

    @cached_property
    def _set_here(self) -> dict[tuple[str, str], Any]:
        shown_here = self.shown.widgets if self.outer else {}
        return {**set_by_primitives(self, shown_here), **shown_here}

    @cached_property
    def shown(self) -> Shown:
        """The values that the node of this subgraph sets inside of it."""
        return shown(self)

    def targets(self, index: int) -> list[tuple[Json, Json]]:
        """The nodes and inputs inside that an input of this subgraph leads to, in its order."""
        first = [str(number) for number in self.graph.inputs[index].get("linkIds") or []]
        leading = {
            number: link
            for number, link in self.graph.links.items()
            if (link.origin, link.origin_slot) == (INPUTS, index)
        }
        found = []
        for number in sorted(leading, key=lambda one: first.index(one) if one in first else 1e9):
            node = self.nodes.get(leading[number].target)
            slots = self.inputs(node) if node else []
            found += [(node, slot) for slot in slots if str(slot.get("link")) == number][:1]
        return found

    def source(self, slot: Json | None) -> Output | Value | None:
        """What feeds an input of a node."""
        scope, wanted, seen = self, None, set()
        while slot and slot.get("link") is not None:
            link = scope.graph.links.get(str(slot["link"]))
            here = (scope.prefix, str(slot["link"]))
            if here in seen:
                raise InputError("A link of the workflow runs in a circle: take it out.")
            seen.add(here)
            found = scope._origin(link, wanted or slot["type"]) if link else None
            if not isinstance(found, _Further):
                return found
            scope, slot, wanted = found
        return None

    def _origin(self, link: Link | None, wanted: str) -> "Output | Value | _Further | None":
        """What a link comes from, or the input at which it goes on."""
        scope = self
        while link:
            if link.origin == INPUTS:
                return scope._outside(link.origin_slot)
            node = scope.nodes.get(link.origin)
            if not node or node.get("mode") == MUTED:
                return None
            if node.get("mode") == BYPASSED:
                own = scope._output_type(node, link.origin_slot)
                passed = passed_through(scope.inputs(node), link.origin_slot, own, wanted)
                return _Further(scope, passed, None)
            inner = scope.inside(node)
            if not inner:
                return scope._of_node(node, link.origin_slot, wanted)
            scope, link = inner, inner._result(link.origin_slot)
        return None

    def _of_node(self, node: Json, output: int, wanted: str) -> "Output | _Further | None":
        if not is_virtual(node):
            return Output(self.full_id(node), output)
        if goes_through(node, output):
            return _Further(self, next(iter(node["inputs"][output:]), None), wanted)
        if node["type"] == GET:
            scope, setter = self._setter(name_of(node))
            if setter:
                return _Further(scope, next(iter(setter["inputs"]), None), wanted)
        return None

    def _setter(self, name: str | None) -> tuple["Scope", Json | None]:
        """The node that has set a name: here, or where this subgraph is used."""
        scope = self
        while scope and name:
            for node in scope.nodes.values():
                if node["type"] == SET and name_of(node) == name:
                    return scope, node
            scope = scope.outer
        return self, None

    def _outside(self, index: int) -> "Value | _Further | None":
        """An input of this subgraph: linked on the node that stands for it, or a widget of it."""
        if not self.outer:
            return None
        slots = self.outer.inputs(self.instance)
        slot = slots[index] if index < len(slots) else None
        if slot and slot.get("link") is not None:
            return _Further(self.outer, slot, None)
        return Value(self.shown.inputs[index]) if index in self.shown.inputs else None

    def _result(self, index: int) -> Link | None:
        """What leads to an output of this subgraph."""
        outputs = self.graph.outputs
        first = [str(one) for one in outputs[index].get("linkIds") or []] if outputs[index:] else []
        links = self.graph.links
        leading = [links[number] for number in first[:1] if number in links]
        ends = (OUTPUTS, index)
        leading += [one for one in links.values() if (one.target, one.target_slot) == ends]
        return next(iter(leading), None)

    def _output_type(self, node: Json, slot: int) -> str:
        inner = self.inside(node)
        if inner:
            outputs = inner.graph.outputs
            return str(outputs[slot]["type"]) if slot < len(outputs) else "*"
        return output_type(node, slot, None if is_virtual(node) else self.info(node))


class _Further(NamedTuple):
    """The input at which a link goes on, and the type that is wanted at its end."""

    scope: Scope
    slot: Json | None
    wanted: str | None
