"""Inputs by what people call them: `6.text`, `Positive prompt.text`, `KSampler.steps`."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ..errors import InputError
from ..page.widgets import Json


class Input(NamedTuple):
    """An input in a prompt: the id of its node, and its name."""

    node: str
    name: str


def find(prompt: Json, name: str, named: Callable[[str], Iterable[str]] | None = None) -> Input:
    """The input that a name means; it has to be one alone.

    `named` gives the inputs that a node has, where the prompt may lack some.
    """

    def inputs_of(node: str) -> list[str]:
        return list(named(node) if named else prompt[node]["inputs"])

    found = []
    nodes_only = []
    for at, letter in enumerate(name):
        if letter != ".":
            continue
        nodes = _nodes(prompt, name[:at])
        nodes_only += nodes
        found += [Input(node, name[at + 1 :]) for node in nodes if name[at + 1 :]]
    if not found:
        called = name.rpartition(".")[0] or name
        raise InputError(
            f"The workflow has no node {called}: write NODE.INPUT with the node's id, title or"
            f" class, one of {_some(_names(prompt))}."
        )
    exact = [target for target in found if target.name in inputs_of(target.node)]
    if len(exact) == 1:
        return exact[0]
    if not exact:
        inputs = sorted({key for node in nodes_only for key in inputs_of(node)})
        raise InputError(f"{name}: the node has no such input; it has {', '.join(inputs)}.")
    ids = ", ".join(f"{node}.{key}" for node, key in exact)
    raise InputError(f"{name} could be any of {ids}: say which.")


def only_seed(prompt: Json) -> str:
    """The name of the one seed in the workflow."""
    found = [
        f"{node_id}.{name}"
        for node_id, node in prompt.items()
        for name, value in node["inputs"].items()
        if name in ("seed", "noise_seed") and isinstance(value, int)
    ]
    if len(found) != 1:
        which = ", ".join(found) or "none"
        raise InputError(
            f'The seeds of the workflow are: {which}. Say which: --set "NODE.INPUT={{seed}}".'
        )
    return found[0]


def _nodes(prompt: Json, called: str) -> list[str]:
    if called in prompt:
        return [called]
    titled = [node_id for node_id, node in prompt.items() if _title(node) == called]
    return titled or [key for key, node in prompt.items() if node["class_type"] == called]


def _title(node: Json) -> str | None:
    return (node.get("_meta") or {}).get("title")


def _names(prompt: Json) -> list[str]:
    return [f"{key} ({_title(node) or node['class_type']})" for key, node in prompt.items()]


def _some(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (" ..." if len(names) > most else "")
