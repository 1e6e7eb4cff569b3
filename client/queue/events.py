"""What a server tells through its socket, as far as a batch listens; the rest is passed over."""

import json
from typing import Any, NamedTuple

import aiohttp

# What the client says first: pictures then come with the prompt and the node they are of.
GREETING = {"type": "feature_flags", "data": {"supports_preview_metadata": True}}
_PREVIEW, _PREVIEW_WITH_NODE, _HEAD = 1, 4, 8


class Event(NamedTuple):
    """A message: `listening`, `started`, `ended` with the prompt's id, or a `preview`."""

    kind: str
    prompt_id: str = ""
    picture: bytes = b""
    node: str = ""
    type: str = ""


def event_of(message: aiohttp.WSMessage) -> Event | None:
    """What a message says; None for all that is none of these, whatever it holds."""
    try:
        if message.type == aiohttp.WSMsgType.BINARY:
            return _picture(message.data)
        if message.type == aiohttp.WSMsgType.TEXT:
            return _told(json.loads(message.data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    return None


def _picture(data: bytes) -> Event | None:
    kind = int.from_bytes(data[:4], "big")
    if kind == _PREVIEW:
        return Event("preview", picture=data[_HEAD:])
    if kind != _PREVIEW_WITH_NODE:
        return None
    end = _HEAD + int.from_bytes(data[4:_HEAD], "big")
    about = json.loads(data[_HEAD:end])
    return Event(
        "preview",
        _id(about["prompt_id"]),
        data[end:],
        _id(about["node_id"]),
        str(about.get("image_type")),
    )


def _told(said: dict[str, Any]) -> Event | None:
    data = said.get("data") or {}
    if said.get("type") == "execution_start":
        return Event("started", _id(data["prompt_id"]))
    # Sent when the result is in the history, unlike `execution_success`.
    if said.get("type") == "executing" and data.get("node") is None and "prompt_id" in data:
        return Event("ended", _id(data["prompt_id"]))
    return None


def _id(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError
    return given
