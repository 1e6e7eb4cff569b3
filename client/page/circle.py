"""Links of a prompt that run in a circle, which no server can run."""

from ..errors import InputError
from .widgets import Json


def without_circles(prompt: Json, object_info: Json) -> Json:
    """The prompt itself; InputError if a node that an output needs waits for what comes of it."""
    feeds = {node_id: list(_sources(node, prompt)) for node_id, node in prompt.items()}
    done: set[str] = set()
    for start in feeds:
        if not object_info.get(prompt[start]["class_type"], {}).get("output_node"):
            continue
        waiting, within = [(start, iter(feeds[start]))], {start}
        while waiting and start not in done:
            node_id, left = waiting[-1]
            feeding = next((one for one in left if one not in done), None)
            if feeding is None:
                done.add(node_id)
                within.discard(node_id)
                waiting.pop()
            elif feeding in within:
                kind = prompt[feeding]["class_type"]
                raise InputError(
                    f"The links of the workflow run in a circle through {kind} (node {feeding}):"
                    " take one of them out."
                )
            else:
                within.add(feeding)
                waiting.append((feeding, iter(feeds[feeding])))
    return prompt


def _sources(node: Json, prompt: Json) -> list[str]:
    values = (value for value in node["inputs"].values() if isinstance(value, list) and value)
    return [origin for value in values if isinstance(origin := value[0], str) and origin in prompt]
