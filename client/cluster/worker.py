"""A Ray actor that owns a ComfyUI: takes prompts, gives files back."""

import asyncio
from collections.abc import Iterable
from typing import Any

import aiohttp

from ..errors import JobError
from ..queue.outcome import files_of
from ..queue.server import TROUBLE, Server
from .host import Host

# What became of a prompt: its files, the server's error, or nothing, because ComfyUI ended.
DONE, FAILED, LOST = "done", "failed", "lost"


class Worker:
    """Made a Ray actor by the driver. A call is one try: Ray never repeats it by itself."""

    async def __init__(self, comfyui: str, python: str, arguments: list[str]) -> None:
        self._host = Host(comfyui, python, arguments)
        self._ends: dict[str, asyncio.Future] = {}
        self._ear: asyncio.Task | None = None
        self._listening = asyncio.Lock()

    async def object_info(self, types: Iterable[str]) -> dict[str, Any]:
        """Definitions of nodes; starts ComfyUI if it does not run."""
        return await (await self._host.up()).object_info(types)

    async def make(self, prompt: dict, prompt_id: str, extra: dict) -> tuple[str, Any]:
        """Runs a prompt: (DONE, [(name, bytes)]), (FAILED, sentence) or (LOST, sentence)."""
        try:
            server = await self._listened()
            end = self._ends[prompt_id] = asyncio.get_running_loop().create_future()
            await server.submit(prompt, prompt_id, extra)
            await end
            entry = await server.history(prompt_id)
            if entry is None:
                return LOST, "ComfyUI does not know the prompt any more."
            return DONE, [(file["filename"], await server.fetch(file)) for file in files_of(entry)]
        except JobError as error:
            return FAILED, str(error)
        except TROUBLE as error:
            return LOST, str(error)
        finally:
            self._ends.pop(prompt_id, None)

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
                if event.kind == "listening":
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
