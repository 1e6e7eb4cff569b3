"""Where the mark of an attempt goes: into the cache's key for what saves, and past every node.

ComfyUI's cache takes a node for done whose inputs, and those of all before it, are as they were. A
mark among them makes each attempt save files of its own, and hosts before 0.30, which do not tell
of cached files, tell of them. It also names the job inside of the picture. But some nodes read
whatever input they are given, and a definition does not say which. So it goes only

- into a node of ComfyUI itself, as an input that it does not have, or
- where a hidden input has its name: the host puts its own value there before the node runs
  (execution.py, get_input_data), but for nodes of the first kind (V1) only, or
- into the nearest node before for which one of the two holds, if the job changes that anyway.
"""

from collections.abc import Iterable, Iterator

from ..page.widgets import Json

MARK = "fewstep_batch"
_OWN_MODULES = ("nodes", "comfy_extras.", "comfy_api_nodes.")
# ComfyUI's one node that takes all inputs.
_READS_ALL = {"CustomCombo"}
_HIDDEN = ("PROMPT", "EXTRA_PNGINFO", "UNIQUE_ID", "DYNPROMPT")
# Only definitions of nodes of the second kind (V3) have it.
_OF_V3 = "output_matchtypes"


def places(
    prompt: Json, info: Json, outputs: Iterable[str], changed: set[str]
) -> set[tuple[str, str]]:
    """Node and input for the mark, for each output that has such a place."""
    found = set()
    for node_id in outputs:
        for near in _upwards(prompt, node_id):
            name = _name(prompt[near]["class_type"], info)
            if name and (near == node_id or _reached(prompt, near, changed)):
                found.add((near, name))
                break
    return found


def _name(class_type: str, info: Json) -> str | None:
    """The input of a node that it does not read; None where it might read any."""
    about = info.get(class_type) or {}
    module = str(about.get("python_module", "nodes"))
    own = module == _OWN_MODULES[0] or module.startswith(_OWN_MODULES[1:])
    if own and class_type not in _READS_ALL:
        return MARK
    if _OF_V3 in about:
        return None
    given = about.get("input") or {}
    seen = {*(given.get("required") or {}), *(given.get("optional") or {})}
    hidden = given.get("hidden") or {}
    return next((n for n, kind in hidden.items() if kind in _HIDDEN and n not in seen), None)


def _reached(prompt: Json, node_id: str, changed: set[str]) -> bool:
    """Whether a job's changes make this node run again anyway; a job without any is alone."""
    return not changed or not changed.isdisjoint(_upwards(prompt, node_id))


def _upwards(prompt: Json, node_id: str) -> Iterator[str]:
    """A node and all before it, the nearest first."""
    waiting, seen = [node_id], set()
    for near in waiting:
        if near not in prompt or near in seen:
            continue
        seen.add(near)
        yield near
        for value in prompt[near]["inputs"].values():
            if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
                waiting.append(value[0])
