"""A running ComfyUI with the pack in it, for dev.py and the tests.

with Server(host_dir, base_dir) as server:
    entry = server.queue(prompt)
"""

import contextlib
import json
import re
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..machine.ports import check_free, free_port
from ..machine.processes import guarded, start, stop
from ..paths import ROOT
from ..user_error import UserError
from .base import prepare_base
from .command import host_command, host_env
from .run_error import RunError, execution_error, refused_prompt

_START_SECONDS = 300
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
# The address is on this machine: a proxy set for the internet is not asked.
_http = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server:
    """Starts the host on entering, ends it on leaving; `log` is the file with all it says."""

    def __init__(
        self,
        host_dir: Path,
        base_dir: Path,
        python: Path | None = None,
        env: dict[str, str] | None = None,
        extra_args: Sequence[str] = (),
        port: int | None = None,
        pack: Path = ROOT,
    ) -> None:
        self.host_dir, self.base_dir = Path(host_dir), Path(base_dir).resolve()
        self.log = self.base_dir / "host.log"
        self._python = Path(python or sys.executable)
        self._env = {"PYTHONUNBUFFERED": "1", **host_env(self.host_dir), **(env or {})}
        self._extra_args = list(extra_args)
        self._port, self._pack = port, pack

    def __enter__(self) -> "Server":
        port = check_free(self._port) if self._port else free_port()
        self.url = f"http://127.0.0.1:{port}"
        prepare_base(self.base_dir, self._pack)
        command = host_command(self.host_dir, self.base_dir, port) + self._extra_args
        with self.log.open("wb") as log:
            self._process = start(
                guarded(self._python, *command), folder=self.host_dir, env=self._env, output=log
            )
        try:
            self._wait_until_up()
        except BaseException:
            stop(self._process)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._process)

    def get(self, path: str) -> Any:
        """The answer to a GET: parsed if it is JSON, otherwise bytes."""
        return self._ask(urllib.request.Request(self.url + path))

    def post(self, path: str, value: object = None) -> Any:
        """The answer to a POST of a value as JSON."""
        body = json.dumps({} if value is None else value).encode()
        headers = {"Content-Type": "application/json"}
        return self._ask(urllib.request.Request(self.url + path, body, headers, method="POST"))

    def object_info(self) -> dict[str, Any]:
        """Every node the host knows, by id."""
        return self.get("/object_info")

    def interrupt(self) -> None:
        """Stops what is running."""
        self.post("/interrupt")

    def queue(self, prompt: dict[str, Any], timeout: float = 300) -> dict[str, Any]:
        """Runs a prompt to its end and gives its history entry; RunError says what went wrong."""
        entry = self.wait(self.submit(prompt), timeout)
        if entry["status"]["status_str"] != "success":
            raise execution_error(entry)
        return entry

    def submit(self, prompt: dict[str, Any]) -> str:
        """Puts a prompt into the queue and gives its id."""
        prompt_id = str(uuid.uuid4())
        try:
            answer = self.post("/prompt", {"prompt": prompt, "prompt_id": prompt_id})
        except urllib.error.HTTPError as error:
            raise refused_prompt(error.read()) from None
        if answer["node_errors"]:
            # The host would run the outputs that are valid and say nothing of the others.
            self.post("/queue", {"delete": [prompt_id]})
            raise refused_prompt(json.dumps(answer).encode())
        return answer["prompt_id"]

    def wait(self, prompt_id: str, timeout: float = 300) -> dict[str, Any]:
        """The history entry of a prompt that was put into the queue, when it has ended."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            self.check_running()
            # A host that is about to end, or too busy to answer, is asked again.
            with contextlib.suppress(OSError):
                entry = self.get(f"/history/{prompt_id}").get(prompt_id)
                if entry:
                    return entry
            time.sleep(0.05)
        self.interrupt()
        raise RunError(f"The workflow did not finish in {timeout:g} seconds and was interrupted.")

    def log_text(self) -> str:
        """What the host has said so far, without terminal colours."""
        return _ANSI.sub("", self.log.read_text("utf-8", errors="replace"))

    def check_running(self) -> None:
        """Raises if the host has ended."""
        if self._process.poll() is None:
            return
        said = self.log_text().strip().splitlines() or ["nothing"]
        raise UserError(
            f"ComfyUI ended with code {self._process.returncode}; the last it said was"
            f' "{said[-1].strip()}"; all of it is in {self.log}.'
        )

    def _ask(self, request: urllib.request.Request) -> Any:
        with _http.open(request, timeout=60) as answer:
            body = answer.read()
            is_json = answer.headers.get_content_type() == "application/json"
            return json.loads(body or "null") if is_json else body

    def _wait_until_up(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            self.check_running()
            try:
                self.get("/system_stats")
                return self.check_running()
            except OSError:
                time.sleep(0.1)
        raise UserError(
            f"ComfyUI did not answer in {_START_SECONDS} seconds; its log is {self.log}."
        )
