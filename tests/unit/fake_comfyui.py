"""A ComfyUI in this process that runs every prompt at once, and does wrong what a test asks for."""

import asyncio
import contextlib
import json
from pathlib import Path
from urllib.parse import unquote

from aiohttp import WSMsgType, web
from fewstep.client.options import Options
from fewstep.client.run import run

PNG = b"\x89PNG of "
DEFINITIONS = {
    "Canvas": {"input": {"required": {"color": ["INT", {}]}}, "python_module": "nodes"},
    "Save": {
        "input": {"required": {"images": ["IMAGE"]}},
        "output_node": True,
        "python_module": "nodes",
    },
}
PROMPT = {
    "1": {"class_type": "Canvas", "inputs": {"color": 0}},
    "2": {"class_type": "Save", "inputs": {"images": ["1", 0]}},
}


class FakeComfyUI:
    """`async with FakeComfyUI() as fake`; what is put into `faults` answers before the rest does.

    `faults`: functions of the request that give an answer, or None to let it pass.
    `entry`: makes the history entry of a prompt; `files`: what /view has, by name.
    """

    def __init__(self, tls=None):
        self.faults, self.asked, self.files = [], [], {}
        self.history, self.waiting, self.sockets = {}, [], {}
        self.entry = self.honest
        self.tells = True
        self._tls = tls
        self.prompts = []

    async def __aenter__(self):
        app = web.Application(middlewares=[self._meet], client_max_size=2**26)
        app.add_routes(
            [
                web.get("/system_stats", self._stats),
                web.get("/object_info/{name}", self._object_info),
                web.post("/prompt", self._prompt),
                web.get("/queue", self._queue),
                web.post("/queue", self._take_back),
                web.get("/history/{id}", self._history),
                web.get("/view", self._view),
                web.get("/ws", self._ws),
            ]
        )
        self._runner = web.AppRunner(app, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls, shutdown_timeout=1)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        for socket in list(self.sockets.values()):
            await socket.close()
        await self._runner.cleanup()

    @property
    def url(self):
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def color(self, prompt_id):
        return next(
            body["prompt"]["1"]["inputs"]["color"]
            for body in self.prompts
            if body["prompt_id"] == prompt_id
        )

    def honest(self, prompt_id):
        """The entry of a prompt that went well, and its file."""
        name = f"{prompt_id}.png"
        self.files.setdefault(name, PNG + str(self.color(prompt_id)).encode())
        return success(images=[{"filename": name, "subfolder": "", "type": "output"}])

    @web.middleware
    async def _meet(self, request, handler):
        self.asked.append(request)
        for fault in self.faults:
            answer = fault(request)
            if asyncio.iscoroutine(answer):
                answer = await answer
            if answer is not None:
                return answer
        return await handler(request)

    async def _stats(self, _):
        return web.json_response({"system": {"comfyui_version": "0.30.0"}})

    async def _object_info(self, request):
        name = unquote(request.match_info["name"])
        return web.json_response({name: DEFINITIONS[name]} if name in DEFINITIONS else {})

    async def _prompt(self, request):
        body = await request.json()
        self.prompts.append(body)
        self.history[body["prompt_id"]] = self.entry(body["prompt_id"])
        if self.tells:
            about, to = {"prompt_id": body["prompt_id"]}, body["client_id"]
            await self.tell("execution_start", about, to)
            await self.tell("executing", {"node": None, **about}, to)
        return web.json_response({"prompt_id": body["prompt_id"], "node_errors": {}})

    async def _queue(self, _):
        waiting = [[0, prompt_id] for prompt_id in self.waiting]
        return web.json_response({"queue_running": [], "queue_pending": waiting})

    async def _take_back(self, request):
        gone = (await request.json())["delete"]
        self.waiting = [one for one in self.waiting if one not in gone]
        return web.Response()

    async def _history(self, request):
        prompt_id = request.match_info["id"]
        entry = self.history.get(prompt_id)
        return web.json_response({} if entry is None else {prompt_id: entry})

    async def _view(self, request):
        content = self.files.get(request.query.get("filename"))
        return web.Response(status=404) if content is None else web.Response(body=content)

    async def _ws(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        # As in ComfyUI, a client's newest socket is the only one that is told.
        own = request.query["clientId"]
        self.sockets[own] = socket
        with contextlib.suppress(ConnectionError):
            async for message in socket:
                if message.type == WSMsgType.ERROR:
                    break
        if self.sockets.get(own) is socket:
            del self.sockets[own]
        return socket

    async def tell(self, kind, data, client_id):
        if client_id in self.sockets:
            await self.sockets[client_id].send_json({"type": kind, "data": data})

    async def tell_all(self, message):
        """Text or bytes as they are, to every client."""
        for socket in list(self.sockets.values()):
            send = socket.send_str if isinstance(message, str) else socket.send_bytes
            await send(message)


def success(*messages, **output):
    """A history entry of a run that went well."""
    status = {"status_str": "success", "completed": True, "messages": list(messages)}
    return {"status": status, "outputs": {"2": output}}


def workflow(folder, prompt=PROMPT):
    """The prompt as a file."""
    file = Path(folder) / "workflow.json"
    file.write_text(json.dumps(prompt))
    return file


async def run_batch(folder, *urls, colors=(1,), prompt=PROMPT, **options):
    """A batch with a job a color, in `folder / "out"`."""
    batch = run(
        Options(
            workflow=workflow(folder, prompt),
            out=Path(folder) / "out",
            servers=list(urls),
            lists={"1.color": list(map(str, colors))} if colors else {},
            quiet=True,
            **options,
        )
    )
    # One that waits for ever has failed.
    return await asyncio.wait_for(batch, 60)


def pictures(folder):
    """What the files of a batch hold, by the number of the job."""
    found = sorted((Path(folder) / "out").glob("0*"))
    return {int(file.name[:5]): file.read_bytes() for file in found}


def errors(folder):
    """What the index says of the jobs that failed, by number."""
    lines = map(json.loads, (Path(folder) / "out" / "index.jsonl").open(encoding="utf-8"))
    return {line["number"]: line["error"] for line in lines if "error" in line}
