"""The batch client as people run it, for the tests: a command in a process of its own."""

import asyncio
import collections
import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

from PIL import Image
from waiting import wait_for_the_end

ROOT = Path(__file__).resolve().parents[2]
MARK = "fewstep_batch"
# Jobs that the client has ahead, whose records may go to the disk together as it is killed.
MOST_UNTOLD = 16


def graph(folder, prefix, *, size=64, saved="SaveImage"):
    """A prompt without a model: a picture of one colour, and its file."""
    canvas = {"width": size, "height": size, "batch_size": 1, "color": 0}
    save = {"images": ["1", 0], **({"filename_prefix": prefix} if saved == "SaveImage" else {})}
    file = folder / f"{prefix}.json"
    file.write_text(
        json.dumps(
            {
                "1": {"class_type": "EmptyImage", "inputs": canvas, "_meta": {"title": "Canvas"}},
                "2": {"class_type": saved, "inputs": save},
            }
        )
    )
    return file


def colors(count):
    return ["--list", "Canvas.color=" + "|".join(str(1000 * n + 7) for n in range(count))]


def start(workflow, out, *arguments, servers):
    """The client, not waited for."""
    where = [part for url in servers for part in ("--server", url)]
    command = [sys.executable, "-m", "client", "run", str(workflow), "--out", str(out), "--quiet"]
    return subprocess.Popen(
        [*command, *where, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def run(workflow, out, *arguments, servers):
    """The client to its end: (exit code, what it said)."""
    process = start(workflow, out, *arguments, servers=servers)
    said = wait_for_the_end(process, "the client has done its jobs")
    return process.returncode, said


def records(out, what):
    """What the journal says of one kind; a torn last line is not counted."""
    file = out / "journal.jsonl"
    lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
    return [record for record in map(json.loads, lines) if record["what"] == what]


def counted(out, what):
    """How many records of a kind there are by now; cheap, for those who wait for them."""
    file = out / "journal.jsonl"
    return file.read_bytes().count(f'"what": "{what}"'.encode()) if file.exists() else 0


def pictures(out):
    """The pixels of every file by its name."""
    return {file.name: Image.open(file).convert("RGB").tobytes() for file in out.glob("*.png")}


def runs(base_dir, prefix):
    """How often the server has run each try, by the files that it has saved itself."""
    marks = collections.Counter()
    for file in (base_dir / "output").glob(f"{prefix}_*.png"):
        # One that the server was writing when it was killed is not whole.
        if file.read_bytes().endswith(b"IEND\xaeB`\x82"):
            prompt = json.loads(Image.open(file).info["prompt"])
            marks[prompt["2"]["inputs"][MARK]] += 1
    return marks


def assert_as_undisturbed(out, whole, base_dir, prefix):
    """Every file once, the same pixels, the index complete, no run without a recorded try."""
    assert pictures(out) == pictures(whole)
    assert not list(out.glob(".*.part"))
    assert (out / "index.jsonl").read_text("utf-8") == (whole / "index.jsonl").read_text("utf-8")
    done = collections.Counter(record["job"] for record in records(out, "done"))
    assert set(done.values()) == {1}
    tried = {f"{record['job']} try {record['number']}" for record in records(out, "try")}
    ran = runs(base_dir, prefix)
    assert set(ran) <= tried
    assert set(ran.values()) == {1}


def assert_index_is_there(out):
    """What a killed client leaves: a line for every job that is done, but for the last few."""
    file = out / "index.jsonl"
    told = [json.loads(line)["job"] for line in file.open()] if file.exists() else []
    done = [record["job"] for record in records(out, "done")]
    assert len(told) == len(set(told)) and set(told) <= set(done)
    assert len(done) - len(told) <= MOST_UNTOLD


class BadProxy:
    """Stands before a server on the loopback, delays what passes, and cuts connections."""

    def __init__(self, port, seed=8):
        self._target, self._random = port, random.Random(seed)
        self.cut = 0

    def __enter__(self):
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(60), "The proxy did not listen within 60 seconds."
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _serve(self, ready):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._meet, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()

    async def _meet(self, reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        # Some end in the middle of an answer, others after many; none lives for all of a batch.
        left = self._random.choice([300, 3000, 10_000, 100_000])
        ways = [self._pass(reader, back, left), self._pass(there, writer, left)]
        _, pending = await asyncio.wait(
            [asyncio.ensure_future(way) for way in ways], return_when=asyncio.FIRST_COMPLETED
        )
        for way in pending:
            way.cancel()
        writer.transport.abort()
        back.transport.abort()

    async def _pass(self, reader, writer, left):
        while left > 0:
            data = await reader.read(min(left, 4096))
            if not data:
                return
            left -= len(data)
            await asyncio.sleep(self._random.choice([0, 0, 0, 0.05]))
            writer.write(data)
        self.cut += 1


def interrupt(process):
    process.send_signal(signal.SIGINT)
