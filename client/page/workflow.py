"""From a workflow as people save it to the prompt that ComfyUI's API takes, as the page does it."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from ..errors import InputError
from .graph import BYPASSED, MUTED, Scope, Value, subgraphs_of
from .widgets import Json, made_by_page, widgets

_VIRTUAL = {"Note", "MarkdownNote", "Reroute", "PrimitiveNode"}


def node_types(workflow: Json) -> set[str]:
    """The types of all nodes that would run, inside of subgraphs too."""
    return {node["type"] for _, node in _running(_top(workflow))}


def to_api(workflow: Json, object_info: Json) -> Json:
    """The prompt for `/prompt` from a workflow file; `object_info` is the server's."""
    prompt = {}
    for scope, node in _running(_top(workflow)):
        if node["type"] not in object_info:
            raise InputError(f"The workflow has a node that ComfyUI does not know: {node['type']}.")
        info = object_info[node["type"]]
        title = node.get("title") or info.get("display_name") or node["type"]
        if made := made_by_page(info):
            raise InputError(
                f"{title} gets {made[0]} from the page as it sends the prompt: open the workflow in"
                " ComfyUI and save it with Export (API)."
            )
        prompt[scope.full_id(node)] = {
            "inputs": dict(_inputs(scope, node, info)),
            "class_type": node["type"],
            "_meta": {"title": title},
        }
    return _without_loose_ends(prompt)


def widget_values(node: Json, info: Json) -> Iterator[tuple[str, Any]]:
    """Name and value of each widget of a saved node, in the order of the node's definition."""
    return ((widget.name, widget.value) for widget in widgets(node, info))


def with_values(workflow: Json, object_info: Json, changes: dict[tuple[str, str], Any]) -> Any:
    """A copy with these inputs changed; None where a widget of the page cannot show it.

    That is so inside of subgraphs, which may be used twice, and for inputs fed by a primitive.
    """
    copy = deepcopy(workflow)
    nodes = {str(node["id"]): node for node in copy["nodes"]}
    for (node_id, name), value in changes.items():
        node = nodes.get(node_id)
        if not node or any(s["name"] == name and s.get("link") for s in node.get("inputs") or []):
            return None
        found = [w for w in widgets(node, object_info[node["type"]]) if w.name == name]
        if not found or found[0].index is None:
            return None
        node["widgets_values"][found[0].index] = value
    return copy


def _top(workflow: Json) -> Scope:
    return Scope(workflow["nodes"], workflow.get("links") or [], subgraphs_of(workflow))


def _running(scope: Scope) -> Iterator[tuple[Scope, Json]]:
    """Every node that runs, with where it is, subgraphs opened."""
    for node in scope.nodes.values():
        if node["type"] in _VIRTUAL or node.get("mode") in (MUTED, BYPASSED):
            continue
        inner = scope.inside(node)
        if inner:
            yield from _running(inner)
        else:
            yield scope, node


def _inputs(scope: Scope, node: Json, info: Json) -> Iterator[tuple[str, Any]]:
    for name, value in widget_values(node, info):
        # A list would be read as a link.
        yield name, {"__value__": value} if isinstance(value, list) else value
    for slot in node.get("inputs") or []:
        source = scope.source(slot)
        if isinstance(source, Value):
            yield slot["name"], source.value
        elif source:
            yield slot["name"], [source.node, source.slot]


def _without_loose_ends(prompt: Json) -> Json:
    """Links to nodes that do not run are left out, as the page does."""
    for node in prompt.values():
        node["inputs"] = {
            name: value
            for name, value in node["inputs"].items()
            if not (isinstance(value, list) and value[0] not in prompt)
        }
    return prompt
