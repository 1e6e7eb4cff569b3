"""Graphs in the form that ComfyUI's API takes."""

from typing import Any

Nodes = dict[str, dict[str, Any]]
Link = list[Any]


class Graph:
    """Nodes by number; links are [number, output]."""

    def __init__(self) -> None:
        self.nodes: Nodes = {}

    def add(self, class_type: str, **inputs: Any) -> Link:
        """A link to the new node's first output."""
        number = str(len(self.nodes))
        self.nodes[number] = {"class_type": class_type, "inputs": inputs}
        return [number, 0]


def output(link: Link, slot: int) -> Link:
    """Another output of the same node."""
    return [link[0], slot]
