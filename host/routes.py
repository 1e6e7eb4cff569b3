"""The pack's routes, which the page asks: what a file is, and what is kept of trainings."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from .file_facts import file_facts
from .page import running_server
from .training.kept import clear, kept

PATH = "/fewstep/file"
KEPT = "/fewstep/kept"


def add_routes() -> None:
    """GET /fewstep/file?folder=loras&name=NAME: what `file_facts` says, as JSON.

    `folder` is loras or models. With `whole=1` the file is read to its end where that can tell
    more; one file at a time, so that a page that asks for many keeps one disk busy and no more.

    GET /fewstep/kept: the runs and paths on disk, {"kept": [{kind, name, bytes, running}]}. POST
    there {"clear": {kind, name}} deletes one and answers with the rest, and with {"error"} if not.
    """
    # Where the host's nodes run without its server, no page asks.
    server = running_server()
    if server is None:
        return
    reading = asyncio.Lock()

    @server.routes.get(PATH)
    async def tell(request: web.Request) -> web.Response:
        folder, name = request.query.get("folder", ""), request.query.get("name", "")
        if request.query.get("whole") != "1":
            return web.json_response(await asyncio.to_thread(file_facts, folder, name))
        async with reading:
            return web.json_response(await asyncio.to_thread(file_facts, folder, name, whole=True))

    @server.routes.get(KEPT)
    async def tell_kept(_: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(_kept, server))

    @server.routes.post(KEPT)
    async def clear_kept(request: web.Request) -> web.Response:
        # A page of another origin can send a form without being asked, but no JSON.
        if request.content_type != "application/json":
            return web.json_response({"error": "Send JSON."}, status=415)
        sent = await request.json()
        asked = sent.get("clear") if isinstance(sent, dict) else None
        if not isinstance(asked, dict):
            return web.json_response({"error": "Send what to clear."}, status=400)
        return web.json_response(await asyncio.to_thread(_cleared, server, asked))


def _kept(server: Any) -> dict[str, Any]:
    return {"kept": [one._asdict() for one in kept(_running(server))]}


def _cleared(server: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    try:
        clear(asked.get("kind", ""), asked.get("name", ""), _running(server))
    except (ValueError, OSError) as error:
        return {"error": str(error), **_kept(server)}
    return _kept(server)


def _running(server: Any) -> list[Mapping[str, Any]]:
    """The prompts that the host runs now."""
    running, _ = server.prompt_queue.get_current_queue()
    # Number, id, prompt, and more.
    return [entry[2] for entry in running]
