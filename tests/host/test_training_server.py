"""Training through a real server: one that is killed on the way."""

import os
import signal
import sys
from pathlib import Path

from fewstep.tools.examples.demo_files import add_demo_files
from fewstep.tools.hosts.server import Server
from safetensors.torch import load_file
from training_graphs import training
from waiting import wait_until

STEPS = 12


def made(server, name, **options):
    """The report of a run, and the bytes of each tensor of its file."""
    prompt, report, saved = training(name, STEPS, **options)
    outputs = server.queue(prompt)["outputs"]
    file = server.base_dir / "models" / "loras" / outputs[saved]["text"][0]
    tensors = {key: value.numpy().tobytes() for key, value in load_file(file).items()}
    return outputs[report]["text"][0], tensors


def test_a_killed_server_goes_on_from_the_last_save(tmp_path):
    """SIGKILL after a save: the same graph goes on there and ends as one that was left alone."""
    host, base = Path(os.environ["FEWSTEP_HOST"]), tmp_path / "base"
    add_demo_files(base, Path(sys.executable))
    state = base / "user" / "fewstep" / "training" / "mine" / "state.pt"
    with Server(host, base) as server:
        server.submit(training("mine", STEPS)[0])
        wait_until(state.exists, "the run is saved for the first time")
        os.killpg(server._process.pid, signal.SIGKILL)
    with Server(host, base) as server:
        report, tensors = made(server, "mine")
        went_on = [n for n in range(1, STEPS) if f"Went on from step {n}." in report]
        assert went_on, report
        # What is told on the node is in the log too.
        assert f"mine: step {STEPS} of {STEPS}, loss" in server.log_text()
        whole, expected = made(server, "whole", save_every=0)
    assert "Went on" not in whole and "mine (" in whole
    assert tensors == expected
