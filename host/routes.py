"""The pack's one route: what a file is, for the page, which asks when a file is chosen."""

import asyncio

from aiohttp import web

from .file_facts import file_facts
from .page import running_server

PATH = "/fewstep/file"


def add_routes() -> None:
    """GET /fewstep/file?folder=loras&name=NAME: what `file_facts` says, as JSON.

    `folder` is loras or models. With `whole=1` the file is read to its end where that can tell
    more; one file at a time, so that a page that asks for many keeps one disk busy and no more.
    """
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
