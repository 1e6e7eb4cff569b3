"""On a Ray cluster of this machine: a worker that is killed changes nothing but the tries."""

import collections
import json
import os
import subprocess
import sys
import time

import psutil
import pytest
from PIL import Image

pytest.importorskip("ray", reason="the extra fewstep[cluster] is not installed")
JOBS, LIMIT = 60, 400


def _start(root, out, graph):
    command = [sys.executable, "-m", "client", "run", str(graph), "--out", str(out), "--quiet"]
    colors = "Canvas.color=" + "|".join(map(str, range(JOBS)))
    command += ["--list", colors, "--ray", "local", "--workers", "2"]
    command += ["--comfyui", os.environ["FEWSTEP_HOST"]]
    command += ["--comfyui-args=--disable-all-custom-nodes --disable-api-nodes"]
    # The workers are CPU slots, of which a small machine may have too few.
    env = {**os.environ, "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
    return subprocess.Popen(command, cwd=root, env=env)


def _done(out):
    journal = out / "journal.jsonl"
    return journal.read_text("utf-8").count('"what": "done"') if journal.exists() else 0


def test_a_killed_worker_is_started_again_and_every_file_is_there_once(root, tmp_path):
    graph = tmp_path / "graph.json"
    canvas = {"width": 512, "height": 512, "batch_size": 1, "color": 0}
    save = {"images": ["1", 0], "filename_prefix": "ray"}
    graph.write_text(
        json.dumps(
            {
                "1": {"class_type": "EmptyImage", "inputs": canvas, "_meta": {"title": "Canvas"}},
                "2": {"class_type": "SaveImage", "inputs": save},
            }
        )
    )
    out = tmp_path / "out"
    process = _start(root, out, graph)
    try:
        end = time.monotonic() + LIMIT
        while _done(out) < 5 and process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        children = psutil.Process(process.pid).children(recursive=True)
        workers = [child for child in children if child.name().startswith("ray::Worker")]
        assert len(workers) == 2
        workers[0].kill()
        assert process.wait(LIMIT) == 0
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
    records = [json.loads(line) for line in (out / "journal.jsonl").open()]
    done = collections.Counter(r["job"] for r in records if r["what"] == "done")
    assert len(done) == JOBS and set(done.values()) == {1}
    assert any(record["what"] == "lost" for record in records)
    pictures = sorted(out.glob("*.png"))
    assert len(pictures) == JOBS
    for color, picture in enumerate(pictures):
        assert Image.open(picture).convert("RGB").getpixel((0, 0)) == (0, 0, color)
    assert len((out / "index.jsonl").read_text("utf-8").splitlines()) == JOBS
