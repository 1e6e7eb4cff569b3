"""Group nodes, from before there were subgraphs: the page makes a subgraph of each as it opens one.

A workflow keeps what they hold in `extra.groupNodes`, by name: nodes, which are known by their
places, and links `[place, slot, place, slot, ...]`.
"""

from collections import defaultdict
from typing import Any, NamedTuple

from .slots import INPUTS, OUTPUTS, sockets_of, type_of, widget_names
from .widgets import Json, options, specs, widgets

_PREFIXES = ("workflow>", "workflow/")
_STEPPED = ("INT", "FLOAT", "COMBO")


def group_of(node: Json, groups: Json) -> Json | None:
    """What a group node holds; None if the node is none."""
    for prefix in _PREFIXES:
        name = node["type"].removeprefix(prefix)
        found = groups.get(name) if name != node["type"] else None
        if isinstance(found, dict) and isinstance(found.get("nodes"), list):
            return found
    return None


def as_subgraph(node: Json, group: Json, object_info: Json) -> Json:
    """A subgraph that does what one group node does; the node gets its slots and keeps its id."""
    return _Group(group, object_info).subgraph(node)


class _Shown(NamedTuple):
    """A slot or widget of an inner node that the group node shows."""

    place: int
    name: str
    slot: int | None = None


class _Group:
    def __init__(self, group: Json, object_info: Json) -> None:
        self._nodes = [node if isinstance(node, dict) else {} for node in group["nodes"]]
        self._config, self._info = group.get("config") or {}, object_info
        self._links = [link for link in group.get("links") or [] if _is_inside(link)]
        external = group.get("external") or []
        self._external = {(int(one[0]), int(one[1])) for one in external if len(one) > 1}
        self._into = {(int(link[2]), int(link[3])): link for link in self._links}
        self._out = defaultdict(list)
        for link in self._links:
            self._out[int(link[0]), int(link[1])].append(link)
        self._seen: dict[str, int] = {}
        # What the group node itself shows: definition, and where each name leads.
        self._required: dict[str, list] = {}
        self._values: dict[str, _Shown] = {}
        self._inputs: dict[str, _Shown] = {}
        self._inner_inputs: dict[int, list[str]] = {}
        later = [self._read(place) for place in range(len(self._nodes))]
        for place, converted in enumerate(later):
            self._read_converted(place, converted)

    def subgraph(self, node: Json) -> Json:
        nodes = [self._inner(place) for place in range(len(self._nodes))]
        given = {slot["name"]: slot for slot in node["inputs"]}
        shown = [name for name in self._inputs]
        links = []

        def link(origin: Any, origin_slot: int, target: Any, target_slot: int, name: str) -> None:
            number = f"{len(links)}"
            links.append([number, str(origin), origin_slot, str(target), target_slot])
            if target != OUTPUTS:
                slots = nodes[int(target)]["inputs"]
                slot = next((slot for slot in slots if slot["name"] == name), None)
                if slot is None:
                    slots.append(slot := {"name": name, "type": "*"})
                slot["link"] = number

        for origin, origin_slot, target, target_slot, *_ in self._links:
            names = self._inner_inputs.get(int(target)) or []
            if int(target_slot) < len(names):
                name = names[int(target_slot)]
                link(int(origin), int(origin_slot), int(target), int(target_slot), name)
        for index, name in enumerate(shown):
            place, inner, slot = self._inputs[name]
            link(INPUTS, index, place, slot or 0, inner)
        outputs = self._outputs()
        for index, (place, slot, _) in enumerate(outputs):
            link(place, slot, OUTPUTS, index, "")
        self._fill(node, nodes)
        node["inputs"] = [{"type": "*", **given.get(name, {}), "name": name} for name in shown]
        return {
            "nodes": nodes,
            "links": links,
            "inputs": [{"name": name, "type": "*"} for name in shown],
            "outputs": [{"name": "", "type": kind} for _, _, kind in outputs],
        }

    def _inner(self, place: int) -> Json:
        inner = self._nodes[place]
        slots = [slot for slot in inner.get("inputs") or [] if isinstance(slot, dict)]
        return {
            "type": "",
            **inner,
            "id": str(place),
            "inputs": [{"type": "*", **slot, "link": None} for slot in slots if "name" in slot],
        }

    def _definition(self, place: int) -> Json:
        """The inputs of an inner node; a primitive has the type of what it leads to."""
        inner = self._nodes[place]
        if inner.get("type") in self._info:
            return specs(self._info[inner["type"]])
        if inner.get("type") == "PrimitiveNode":
            target = self._target(place)
            return {"value": [target[0], dict(options(target))]} if target else {}
        if inner.get("type") == "Reroute":
            out, into = self._out.get((place, 0)), self._into.get((place, 0))
            if out and into and (place, 0) not in self._external:
                return {}
            link = (out or [into])[0]
            kind = str(link[5]) if link and len(link) > 5 and link[5] else "*"
            return {kind: [kind, {"forceInput": True}]}
        return {}

    def _target(self, place: int) -> list | None:
        for _, _, target, slot, *_ in self._out.get((place, 0)) or []:
            inner = self._nodes[int(target)]
            slots = inner.get("inputs") or []
            name = slots[int(slot)].get("name") if int(slot) < len(slots) else None
            spec = specs(self._info.get(inner.get("type")) or {"input": {}}).get(name)
            if spec:
                return spec
        return None

    def _read(self, place: int) -> list[str]:
        """Notes what the group shows of an inner node; gives its widgets that were made inputs."""
        definition, inner = self._definition(place), self._nodes[place]
        made_inputs = {
            slot.get("name")
            for slot in inner.get("inputs") or []
            if isinstance(slot, dict) and slot.get("widget")
        }
        named = widget_names(definition)
        for name in named:
            if name not in made_inputs:
                self._show_value(place, name, definition[name])
        sockets = sockets_of(definition)
        saved = [slot.get("name") for slot in inner.get("inputs") or [] if isinstance(slot, dict)]
        self._inner_inputs[place] = saved or list(sockets)
        for slot, name in enumerate(sockets):
            if (place, slot) in self._into:
                continue
            shown = self._name(place, name)
            if self._said(place, "input", name).get("visible") is not False:
                self._required[shown] = [type_of(definition[name]), {"forceInput": True}]
                self._inputs[shown] = _Shown(place, name, slot)
        return [name for name in saved if name in made_inputs and name in named]

    def _read_converted(self, place: int, converted: list[str]) -> None:
        definition = self._definition(place)
        for number, name in enumerate(converted):
            slot = len(sockets_of(definition)) + number
            if (place, slot) not in self._into:
                shown = self._show_value(place, name, definition[name])
                self._inputs[shown] = _Shown(place, name, slot)

    def _show_value(self, place: int, name: str, spec: list) -> str:
        shown = self._name(place, name)
        more = dict(options(spec))
        drives = any((place, slot) in self._out for slot in (0,))
        is_primitive = self._nodes[place].get("type") == "PrimitiveNode"
        if is_primitive and drives and type_of(spec) in _STEPPED:
            more["control_after_generate"] = True
        if name in ("seed", "noise_seed"):
            more["control_after_generate"] = True
        self._required[shown] = [spec[0], more]
        self._values[shown] = _Shown(place, name)
        return shown

    def _name(self, place: int, name: str) -> str:
        """What the group calls an input: names that come twice get the inner node's title."""
        inner = self._nodes[place]
        slots = inner.get("inputs") or []
        label = next((slot.get("label") for slot in slots if slot.get("name") == name), None)
        shown = key = self._said(place, "input", name).get("name") or label or name
        is_titled = inner.get("type") == "PrimitiveNode" and inner.get("title")
        if is_titled or shown in self._seen:
            prefix = f"{inner.get('title') or inner.get('type')} "
            shown = key = prefix + name
            if shown in self._seen:
                shown = f"{prefix}{self._seen[shown]} {name}"
        self._seen[key] = self._seen.get(key, 1) + 1
        return shown

    def _said(self, place: int, side: str, name: str) -> Json:
        """What a person has set for a slot: its name, and whether it is shown."""
        config = self._config.get(str(place)) if isinstance(self._config, dict) else None
        return (((config or {}).get(side)) or {}).get(name) or {}

    def _outputs(self) -> list[tuple[int, int, str]]:
        found = []
        for place, inner in enumerate(self._nodes):
            for slot, kind in enumerate(self._output_types(inner)):
                hidden = (place, slot) in self._out and (place, slot) not in self._external
                visible = self._said(place, "output", str(slot)).get("visible")
                if not hidden if visible is None else visible:
                    found.append((place, slot, kind))
        return found

    def _output_types(self, inner: Json) -> list[str]:
        info = self._info.get(inner.get("type"))
        if info:
            return [kind if isinstance(kind, str) else "COMBO" for kind in info.get("output") or []]
        place = self._nodes.index(inner)
        return ["*"] if self._definition(place) else []

    def _fill(self, node: Json, nodes: list[Json]) -> None:
        """The values that the group node shows, put into the nodes inside."""
        for place, inner in enumerate(nodes):
            info = self._info.get(inner["type"])
            if info and isinstance(inner.get("widgets_values"), list):
                found = widgets({**inner, "inputs": self._nodes[place].get("inputs") or []}, info)
                inner["widgets_values"] = {widget.name: widget.value for widget in found}
        shown = {**node, "inputs": []}
        for widget in widgets(shown, {"input": {"required": self._required}}):
            if widget.index is None or widget.name not in self._values:
                continue
            place, name, _ = self._values[widget.name]
            values = nodes[place].get("widgets_values")
            if nodes[place]["type"] == "PrimitiveNode":
                nodes[place]["widgets_values"] = [widget.value, *(values or [None])[1:]]
            elif isinstance(values, dict):
                values[name] = widget.value


def _is_inside(link: Any) -> bool:
    return isinstance(link, list) and len(link) > 3 and None not in link[:4]
