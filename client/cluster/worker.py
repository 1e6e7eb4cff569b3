"""A Ray actor that owns a ComfyUI: takes prompts, gives files back."""

import asyncio
import functools
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiohttp

from ..errors import DiskError, InputError, JobError
from ..queue.fetched import fetch, keep_heard, needed
from ..queue.folder import part_in
from ..queue.heard import Heard
from ..queue.server import Server
from ..queue.trouble import TROUBLE, words_for
from .host import Host

# What became of a prompt: its files, the server's error, or nothing, because ComfyUI ended.
DONE, FAILED, LOST = "done", "failed", "lost"


class Worker:
    """Made a Ray actor by the driver. A call is one try: Ray never repeats it by itself."""

    async def __init__(self, comfyui: str, python: str, arguments: list[str], largest: int) -> None:
        self._host = Host(comfyui, python, arguments, largest)
        self._heard = Heard(largest)
        self._ends: dict[str, asyncio.Future] = {}
        self._ear: asyncio.Task | None = None
        self._listening = asyncio.Lock()

    async def object_info(self, types: Iterable[str]) -> dict[str, Any]:
        """Definitions of nodes; starts ComfyUI if it does not run."""
        return await (await self._host.up()).object_info(types)

    async def make(
        self, prompt: dict, prompt_id: str, extra: dict, spoken: frozenset[str]
    ) -> tuple[str, Any]:
        """Runs a prompt: (DONE, [(name, bytes)]), (FAILED, sentence) or (LOST, sentence).

        `spoken`: the nodes whose pictures come through the socket.
        """
        try:
            server = await self._listened()
            end = self._ends[prompt_id] = asyncio.get_running_loop().create_future()
            self._heard.expect(prompt_id, spoken)
            await server.submit(prompt, prompt_id, extra)
            await end
            outcome = await server.outcome(prompt_id)
            if outcome is None:
                return LOST, "ComfyUI does not know the prompt any more."
            if outcome.error:
                return FAILED, outcome.error
            with tempfile.TemporaryDirectory(prefix="fewstep-files-") as folder:
                parts = functools.partial(part_in, Path(folder))
                files = await fetch(server, outcome, parts)
                files += keep_heard(prompt_id, self._heard.take(prompt_id) or [], parts)
                return DONE, [(file.name, file.part.read_bytes()) for file in needed(files)]
        except (JobError, InputError, DiskError) as error:
            return FAILED, str(error)
        except TROUBLE as error:
            return LOST, words_for(error)
        finally:
            self._ends.pop(prompt_id, None)
            self._heard.forget(prompt_id)

    async def _listened(self) -> Server:
        async with self._listening:
            server = await self._host.up()
            if self._ear is None or self._ear.done():
                begun = asyncio.get_running_loop().create_future()
                self._ear = asyncio.create_task(self._listen(server, begun))
                await begun
        return server

    async def _listen(self, server: Server, begun: asyncio.Future) -> None:
        try:
            async for event in server.events():
                self._heard.note(event)
                if event.kind == "listening":
                    self._heard.open = True
                    begun.set_result(None)
                elif event.kind == "ended" and event.prompt_id in self._ends:
                    _settle(self._ends[event.prompt_id], None)
        except TROUBLE as error:
            for future in (begun, *self._ends.values()):
                _settle(future, aiohttp.ClientConnectionError(str(error)))


def _settle(future: asyncio.Future, error: Exception | None) -> None:
    if future.done():
        return
    if error:
        future.set_exception(error)
    else:
        future.set_result(None)
