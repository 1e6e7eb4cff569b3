"""One ComfyUI over HTTP: what a batch asks of it."""

import asyncio
import email.utils
import json
import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, BinaryIO

import aiohttp
from yarl import URL

from ..errors import InputError, JobError
from .address import Address, address, one_part
from .body import pieces
from .events import GREETING, Event, event_of
from .http import ClosedError, Http, OddError
from .left_out import left_out
from .outcome import File, Outcome, outcome_of, refusal
from .replaced import with_replaced
from .text import clean
from .trouble import TROUBLE

OLDEST = (0, 16, 3)
# The largest file that is fetched, in bytes, where nobody says another.
LARGEST = 4 * 2**30
_PROBE_SECONDS = 5
_EMPTY: dict[str, Any] = {"input": {}}
# So much older than its run a file is none of its own; the clocks of a disk and a server differ.
_OLD_SECONDS = 60.0


class Server:
    """`async with Server(url)`; what goes wrong on the way raises one of TROUBLE."""

    def __init__(self, at: str | Address, client_id: str, largest: int = LARGEST) -> None:
        self.address = address(at) if isinstance(at, str) else at
        self.place = self.address.place
        self._client_id, self.largest = client_id, largest
        self._http = Http(self.address)

    async def __aenter__(self) -> "Server":
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.__aexit__()

    async def check(self) -> None:
        """InputError if this is no ComfyUI, or one too old."""
        try:
            stats = await self._http.json("/system_stats")
            version = stats["system"].get("comfyui_version", "")
            numbers = tuple(map(int, re.findall(r"\d{1,9}", version)[:3]))
        except (KeyError, TypeError, AttributeError):
            raise InputError(f"{self.place} is not ComfyUI.") from None
        except OddError:
            raise InputError(f"{self.place} is not ComfyUI.") from None
        except TROUBLE:
            await self._check_scheme()
            raise
        if numbers < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise InputError(
                f"{self.place} is ComfyUI {clean(version, 40) or 'of unknown age'}: batches need"
                f" {oldest} or newer."
            )

    async def object_info(self, types: Iterable[str]) -> dict[str, Any]:
        """The definitions of these nodes; those that the server lacks are left out."""
        found = {}
        for name in sorted(types):
            # Dots alone would be a way to other paths.
            if name.strip("."):
                answer = await self._http.json(f"/object_info/{one_part(name)}")
                if not isinstance(answer, dict) or not _is_definition(answer.get(name, _EMPTY)):
                    raise OddError(f"{self.place} defines {clean(name, 100)} as ComfyUI does not.")
                if name in answer:
                    found[name] = answer[name]
        return await with_replaced(found, types, self._http.json)

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
        status, said = await self._http.post("/prompt", body)
        if status == 200 and not _errors_in(said):
            return
        sentence = left_out(prompt, said) if status == 200 and tell else None
        if sentence:
            return tell(self._http.told(sentence))
        if status == 200:
            # Of outputs that are valid the server would run some, and say nothing of the others.
            await self.take_back([prompt_id])
        raise JobError(self._http.told(refusal(status, said)))

    async def known(self) -> set[str]:
        """The ids of all prompts that run or wait."""
        queue = await self._http.json("/queue")
        try:
            lists = [queue[kind] for kind in ("queue_running", "queue_pending")]
            return {item[1] for items in lists for item in items}
        except (KeyError, TypeError, IndexError):
            raise OddError(f"{self.place} tells of its queue as ComfyUI does not.") from None

    async def knows(self, prompt_id: str) -> bool:
        """True if a prompt has ended here, or if what is said of it cannot be read."""
        try:
            return await self._entry(prompt_id) is not None
        except OddError:
            return True

    async def outcome(self, prompt_id: str) -> Outcome | None:
        """What has become of a prompt; None if it has not ended or the server forgot it.

        JobError if the server tells of it as ComfyUI does not.
        """
        try:
            entry = await self._entry(prompt_id)
            if entry is None:
                return None
            outcome = outcome_of(entry)
            error = outcome.error and self._http.told(outcome.error)
            return outcome._replace(error=error)
        except (JobError, OddError) as error:
            raise JobError(self._http.told(str(error))) from None

    async def take_back(self, prompt_ids: list[str]) -> None:
        """Takes prompts that wait out of the queue."""
        status, _ = await self._http.post("/queue", {"delete": prompt_ids})
        if status != 200:
            raise aiohttp.ClientError(f"HTTP {status}")

    async def fetch(self, file: File, into: BinaryIO, began: float | None = None) -> None:
        """Writes a file that a node has saved; JobError if it is not there, too large or old.

        `began`: when its run began, by the server's clock.
        """
        what = self._http.told(file.filename[:200])
        async with self._http.get("/view", **file._asdict()) as answer:
            if answer.status == 404:
                raise JobError(f"{what} is not on the server any more.")
            if answer.status != 200:
                raise JobError(f"{what} cannot be fetched (HTTP {answer.status}).")
            if _is_old(answer.headers.get("Last-Modified"), began):
                raise OldError(f"{what} was there before this run: no node has saved a file.")
            async for piece in pieces(answer, what, self.largest):
                into.write(piece)

    async def events(self) -> AsyncIterator[Event]:
        """What the server tells, until the connection breaks; first `listening`."""
        async with self._http.socket("/ws", clientId=self._client_id) as told:
            await told.send_json(GREETING)
            yield Event("listening")
            async for message in told:
                event = event_of(message)
                if event:
                    yield event
        raise aiohttp.ClientConnectionError("The server closed the connection.")

    async def _entry(self, prompt_id: str) -> Any:
        found = await self._http.json(f"/history/{prompt_id}")
        if not isinstance(found, dict):
            raise OddError("The server tells of results as ComfyUI does not.")
        return found.get(prompt_id)

    async def _check_scheme(self) -> None:
        """InputError where plain HTTP is broken off because the server speaks TLS."""
        url = URL(self.address.url)
        if url.scheme != "http":
            return
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        try:
            opened = asyncio.open_connection(url.host, url.port, ssl=tls)
            _, writer = await asyncio.wait_for(opened, _PROBE_SECONDS)
        except TROUBLE:
            return
        writer.transport.abort()
        raise ClosedError(f"{self.place} speaks TLS: write https:// for http://.")


class OldError(JobError):
    """A file that a run tells of and has not made."""


def _is_definition(found: Any) -> bool:
    """Whether something defines a node: groups of inputs, each a type and what goes with it."""
    groups = found.get("input") if isinstance(found, dict) else None
    if not isinstance(groups, dict):
        return False
    inputs = [groups.get(group) or {} for group in ("required", "optional")]
    return all(isinstance(group, dict) for group in inputs) and all(
        isinstance(spec, list) and spec for group in inputs for spec in group.values()
    )


def _errors_in(said: str) -> bool:
    """Whether the server took the prompt but not all of it, or answers as ComfyUI does not."""
    try:
        return bool(json.loads(said).get("node_errors"))
    except (ValueError, AttributeError, RecursionError):
        return True


def _is_old(last_modified: str | None, began: float | None) -> bool:
    if not last_modified or began is None:
        return False
    try:
        changed = email.utils.parsedate_to_datetime(last_modified).timestamp()
    except (ValueError, TypeError, OverflowError):
        return False
    return changed < began - _OLD_SECONDS
