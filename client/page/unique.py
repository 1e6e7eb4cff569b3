"""Ids that two subgraphs share: the page numbers the later ones anew, and so do we."""

from itertools import count
from typing import Any

from .widgets import Json


def with_ids_used_once(
    nodes: list[Json], subgraphs: list[Json], last: Any
) -> tuple[list[Json], list[Json]]:
    """Nodes and subgraphs in which no id stands for two nodes.

    A node of a subgraph whose id is taken gets the next number after the highest id so far.
    """
    used = {node["id"] for node in nodes}
    highest = max([last if _is_number(last) else 0, *_numbers(used)], default=0)
    changed: dict[str, dict[str, str]] = {}
    made = []
    for subgraph in subgraphs:
        new: dict[str, str] = {}
        for node in subgraph["nodes"]:
            number = node["id"]
            if number in used:
                highest = next(free for free in count(highest + 1) if str(free) not in used)
                new[number] = str(highest)
            else:
                highest = max(highest, *_numbers([number]), 0)
            used.add(new.get(number, number))
        if new:
            changed[subgraph["id"]] = new
        made.append(_renamed(subgraph, new))
    everywhere = [nodes, *(subgraph["nodes"] for subgraph in made)]
    for node in (node for some in everywhere for node in some):
        if node["type"] in changed:
            _rename_promoted(node, changed[node["type"]])
    return nodes, made


def _renamed(subgraph: Json, new: dict[str, str]) -> Json:
    nodes = [{**node, "id": new.get(node["id"], node["id"])} for node in subgraph["nodes"]]
    links = [_renamed_link(link, new) for link in subgraph.get("links") or []]
    return {**subgraph, "nodes": nodes, "links": links}


def _renamed_link(link: Any, new: dict[str, str]) -> Any:
    if isinstance(link, dict):
        ends = {end: str(link.get(end)) for end in ("origin_id", "target_id") if end in link}
        return {**link, **{end: new.get(number, number) for end, number in ends.items()}}
    if isinstance(link, list) and len(link) > 4:
        first, origin, slot, target, *rest = link
        return [first, new.get(str(origin), origin), slot, new.get(str(target), target), *rest]
    return link


def _rename_promoted(node: Json, new: dict[str, str]) -> None:
    shown = node["properties"].get("proxyWidgets")
    if isinstance(shown, list):
        entries = [
            [new.get(str(entry[0]), entry[0]), *entry[1:]]
            if isinstance(entry, list) and entry
            else entry
            for entry in shown
        ]
        node["properties"] = {**node["properties"], "proxyWidgets": entries}


def _numbers(ids: Any) -> list[int]:
    return [int(one) for one in ids if one.isdecimal() and len(one) < 10]


def _is_number(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool)
