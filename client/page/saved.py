"""A saved workflow in one shape: ids as text, no gaps, group nodes as subgraphs, ids used once.

A file may have been written by an old page, by a script or by hand: what cannot be read as nodes
and links is an InputError, and what the page passes over is passed over here.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..errors import InputError
from .group_nodes import as_subgraph, group_of
from .unique import with_ids_used_once
from .widgets import Json

_LINK_FIELDS = ("id", "origin_id", "origin_slot", "target_id", "target_slot")


class Link(NamedTuple):
    """From an output to an input; at the edge of a subgraph one end is SUBGRAPH_..."""

    origin: str
    origin_slot: int
    target: str
    target_slot: int


class Graph(NamedTuple):
    """The nodes and links of a workflow or of a subgraph, by id; a subgraph has its slots too."""

    nodes: dict[str, Json]
    links: dict[str, Link]
    inputs: list[Json]
    outputs: list[Json]


class Saved(NamedTuple):
    """A workflow and the subgraphs it defines, by the type of the nodes that stand for them."""

    graph: Graph
    subgraphs: dict[str, Graph]


def saved(workflow: Json, object_info: Json) -> Saved:
    """The workflow in one shape; InputError if it is none."""
    groups = (_dict(workflow.get("extra"))).get("groupNodes")
    nodes = [_node(node) for node in _list(workflow.get("nodes"))]
    defined = [
        {**subgraph, "id": str(subgraph["id"]), "nodes": list(map(_node, _list(subgraph["nodes"])))}
        for subgraph in _list(_dict(workflow.get("definitions")).get("subgraphs"))
        if isinstance(subgraph, dict) and subgraph.get("id") is not None and "nodes" in subgraph
    ]
    nodes, defined = with_ids_used_once(nodes, defined, workflow.get("last_node_id"))
    for node in nodes:
        group = group_of(node, _dict(groups))
        if group:
            kind = f"{node['type']} {node['id']}"
            made = as_subgraph(node, group, object_info)
            defined.append({**made, "id": kind, "nodes": list(map(_node, made["nodes"]))})
            # As the page does it: what it makes of a group node runs, muted or not.
            node |= {"type": kind, "widgets_values": [], "mode": 0}
    return Saved(_graph({**workflow, "nodes": nodes}), {one["id"]: _graph(one) for one in defined})


def _graph(found: Json) -> Graph:
    return Graph(
        {node["id"]: node for node in found["nodes"]},
        dict(_links(_list(found.get("links")))),
        _slots(found.get("inputs")),
        _slots(found.get("outputs")),
    )


def _node(node: Any) -> Json:
    if not isinstance(node, dict) or not isinstance(node.get("type"), str) or _id(node) is None:
        raise InputError("The workflow has a node without an id or a type: save it again.")
    values = node.get("widgets_values")
    return {
        **node,
        "id": str(_id(node)),
        "inputs": _slots(node.get("inputs")),
        "outputs": _slots(node.get("outputs")),
        "widgets_values": values if isinstance(values, (list, dict)) else [],
        "properties": _dict(node.get("properties")),
    }


def _slots(found: Any) -> list[Json]:
    return [{"name": "", "type": "*", **slot} for slot in _list(found) if isinstance(slot, dict)]


def _links(found: list) -> Iterator[tuple[str, Link]]:
    for link in found:
        fields = [link.get(name) for name in _LINK_FIELDS] if isinstance(link, dict) else link
        if not isinstance(fields, list) or len(fields) < 5 or None in (fields[0], *fields[1:5:2]):
            continue
        number, origin, origin_slot, target, target_slot = fields[:5]
        if all(isinstance(slot, int) and slot >= 0 for slot in (origin_slot, target_slot)):
            yield str(number), Link(str(origin), origin_slot, str(target), target_slot)


def _id(node: Json) -> int | str | None:
    found = node.get("id")
    return found if isinstance(found, (int, str)) and str(found) else None


def _list(found: Any) -> list:
    return found if isinstance(found, list) else []


def _dict(found: Any) -> Json:
    return found if isinstance(found, dict) else {}
