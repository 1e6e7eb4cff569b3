"""A ComfyUI of a worker's own: on this machine's loopback, with folders of its own."""

import asyncio
import contextlib
import socket
import subprocess
import tempfile
from pathlib import Path

from ..errors import JobError
from ..queue.server import Server
from ..queue.trouble import TROUBLE

_GUARD = Path(__file__).with_name("guard.py")
_START_SECONDS = 300


class Host:
    """`await up()` gives a Server that answers, started anew if it has ended."""

    def __init__(self, comfyui: str, python: str, arguments: list[str], largest: int) -> None:
        self._comfyui, self._python, self._arguments = comfyui, python, arguments
        self._largest = largest
        self._base = tempfile.TemporaryDirectory(prefix="fewstep-worker-")
        self._process: subprocess.Popen | None = None
        self._starting = asyncio.Lock()
        self.server: Server | None = None
        self.starts = 0

    async def up(self) -> Server:
        async with self._starting:
            if self._process is None or self._process.poll() is not None:
                await self._start()
        return self.server

    async def _start(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.starts += 1
        base = Path(self._base.name)
        own = {"output": "out", "temp": "temp", "user": "user"}
        folders = [f for name, at in own.items() for f in (f"--{name}-directory", str(base / at))]
        for at in own.values():
            (base / at).mkdir(exist_ok=True)
        log = base / f"host-{self.starts}.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    *(self._python, str(_GUARD), str(Path(self._comfyui) / "main.py")),
                    *("--listen", "127.0.0.1", "--port", str(port), "--disable-auto-launch"),
                    *("--database-url", f"sqlite:///{base / 'db.sqlite'}"),
                    *folders,
                    *self._arguments,
                ],
                cwd=self._comfyui,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        if self.server:
            await self.server.__aexit__()
        self.server = Server(f"http://127.0.0.1:{port}", "worker", self._largest)
        await self.server.__aenter__()
        await self._wait(log)

    async def _wait(self, log: Path) -> None:
        for _ in range(_START_SECONDS * 5):
            if self._process.poll() is not None:
                said = log.read_text(errors="replace").strip().splitlines() or ["nothing"]
                raise JobError(f"ComfyUI ended at its start; the last it said was: {said[-1]}")
            with contextlib.suppress(*TROUBLE):
                return await self.server.check()
            await asyncio.sleep(0.2)
        raise JobError(f"ComfyUI did not answer in {_START_SECONDS} seconds.")
