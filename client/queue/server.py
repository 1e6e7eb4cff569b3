"""One ComfyUI over HTTP: what a batch asks of it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, NamedTuple

import aiohttp
from yarl import URL

from ..errors import InputError, JobError
from .left_out import left_out
from .outcome import refusal
from .replaced import with_replaced

OLDEST = (0, 16, 3)
# What a connection that does not hold raises.
TROUBLE = (aiohttp.ClientError, asyncio.TimeoutError, OSError, json.JSONDecodeError)
# A host that loads a model may not answer for a while.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=60)
_PREVIEW, _HEAD = 1, 8


class Event(NamedTuple):
    """A message of the server: `started` or `ended` with the prompt's id, or a `preview`."""

    kind: str
    prompt_id: str = ""
    picture: bytes = b""


class Server:
    """`async with Server(url)`; what goes wrong on the way raises one of TROUBLE."""

    def __init__(self, url: str, client_id: str) -> None:
        self.url = address(url)
        self._client_id = client_id

    async def __aenter__(self) -> "Server":
        self._http = aiohttp.ClientSession(timeout=_TIMEOUT)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def check(self) -> None:
        """InputError if this is no ComfyUI, or one too old."""
        try:
            stats = await self._get("/system_stats")
            version = stats["system"].get("comfyui_version", "")
        except (aiohttp.ContentTypeError, aiohttp.ClientResponseError, ValueError, KeyError) as e:
            if isinstance(e, aiohttp.ClientResponseError) and e.status in (502, 503, 504):
                raise
            raise InputError(f"{self.url} is not ComfyUI.") from None
        except (TypeError, AttributeError):
            raise InputError(f"{self.url} is not ComfyUI.") from None
        numbers = tuple(map(int, re.findall(r"\d+", version)[:3]))
        if numbers < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise InputError(
                f"{self.url} is ComfyUI {version or 'of unknown age'}: batches need {oldest}"
                " or newer."
            )

    async def object_info(self, types: Iterable[str]) -> dict[str, Any]:
        """The definitions of these nodes; those that the server lacks are left out."""
        found = {}
        for name in sorted(types):
            found |= await self._get(f"/object_info/{name}")
        return await with_replaced(found, types, self._get)

    async def submit(
        self,
        prompt: dict,
        prompt_id: str,
        extra: dict[str, Any],
        tell: Callable[[str], None] | None = None,
    ) -> None:
        """Puts a prompt into the queue; JobError if the server refuses it.

        Where it leaves out some outputs, `tell` gets a sentence; without one that is an error.
        """
        body = {
            "prompt": prompt,
            "prompt_id": prompt_id,
            "client_id": self._client_id,
            "extra_data": extra,
        }
        async with self._http.post(self.url + "/prompt", json=body) as answer:
            if answer.status >= 502:
                answer.raise_for_status()
            said = await answer.text()
        if answer.status != 200 or json.loads(said).get("node_errors"):
            sentence = left_out(prompt, said) if answer.status == 200 and tell else None
            if sentence:
                tell(sentence)
                return
            # Of outputs that are valid the server would run some, and say nothing of the others.
            if answer.status == 200:
                await self.take_back([prompt_id])
            raise JobError(refusal(answer.status, said))

    async def known(self) -> set[str]:
        """The ids of all prompts that run or wait."""
        queue = await self._get("/queue")
        return {item[1] for kind in ("queue_running", "queue_pending") for item in queue[kind]}

    async def history(self, prompt_id: str) -> dict[str, Any] | None:
        """What has become of a prompt; None if it has not ended or the server forgot it."""
        return (await self._get(f"/history/{prompt_id}")).get(prompt_id)

    async def take_back(self, prompt_ids: list[str]) -> None:
        """Takes prompts that wait out of the queue."""
        async with self._http.post(self.url + "/queue", json={"delete": prompt_ids}) as answer:
            answer.raise_for_status()

    async def fetch(self, file: dict[str, str]) -> bytes:
        """A file that a node has saved; JobError if it is not there any more."""
        query = {"filename": file["filename"], "subfolder": file.get("subfolder", "")}
        query["type"] = file.get("type", "output")
        async with self._http.get(self.url + "/view", params=query) as answer:
            if answer.status == 404:
                raise JobError(f"{file['filename']} is not on the server any more.")
            answer.raise_for_status()
            return await answer.read()

    async def events(self) -> AsyncIterator[Event]:
        """What the server tells, until the connection breaks; first `listening`."""
        where = self.url + "/ws"
        query = {"clientId": self._client_id}
        async with self._http.ws_connect(where, params=query, heartbeat=30, max_msg_size=0) as told:
            yield Event("listening")
            async for message in told:
                event = _event(message)
                if event:
                    yield event
        raise aiohttp.ClientConnectionError("The server closed the connection.")

    async def _get(self, path: str) -> Any:
        async with self._http.get(self.url + path) as answer:
            answer.raise_for_status()
            return await answer.json()


def address(url: str) -> str:
    """The address as it is used; InputError if it is none."""
    try:
        whole = URL(url if "//" in url else f"http://{url}")
        good = whole.scheme in ("http", "https") and whole.host
    except ValueError:
        good = False
    if not good:
        raise InputError(f"{url} is no address of a server: write http://127.0.0.1:8188.")
    return str(whole).rstrip("/")


def _event(message: aiohttp.WSMessage) -> Event | None:
    if message.type == aiohttp.WSMsgType.BINARY:
        if int.from_bytes(message.data[:4], "big") == _PREVIEW:
            return Event("preview", picture=message.data[_HEAD:])
        return None
    if message.type != aiohttp.WSMsgType.TEXT:
        return None
    told = json.loads(message.data)
    data = told.get("data") or {}
    if told.get("type") == "execution_start":
        return Event("started", data["prompt_id"])
    # Sent when the result is in the history, unlike `execution_success`.
    if told.get("type") == "executing" and data.get("node") is None and "prompt_id" in data:
        return Event("ended", data["prompt_id"])
    return None
