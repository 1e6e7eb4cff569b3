"""What a person sees of a long run: on its node and in the log."""

import logging
import sys
from types import SimpleNamespace

import folder_paths
import pytest
from comfy_execution.utils import CurrentNodeContext
from fewstep.host import time_left
from fewstep.host.time_left import TimeLeft, in_words
from fewstep.host.training import previews
from fewstep.host.training.asked import Given
from training_runs import loaded, paths, run

pytestmark = pytest.mark.floor


@pytest.fixture
def told(tmp_path, monkeypatch, caplog):
    """What the node 7 of the page of a client is told, as (text, node, client)."""
    texts = []
    server = SimpleNamespace(
        client_id="me", send_progress_text=lambda *told: texts.append(told), last_node_id="7"
    )
    module = SimpleNamespace(PromptServer=SimpleNamespace(instance=server))
    monkeypatch.setitem(sys.modules, "server", module)
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))
    monkeypatch.setattr(previews, "_TEACHER_STEPS", 1)
    monkeypatch.setattr(time_left, "_ON_NODE", 0)
    monkeypatch.setattr(time_left, "_IN_LOG", 0)
    caplog.set_level(logging.INFO)
    with CurrentNodeContext("prompt", "7"):
        yield texts


def test_paths_and_a_run_tell_their_steps_and_the_time_left(told, caplog):
    model = loaded("SD 1.5")
    made = paths(model, "SD 1.5", count=20)
    assert [text.split(",")[0] for text, *_ in told] == ["path 16 of 20", "path 20 of 20"]
    told.clear()
    run(model, "SD 1.5", Given(paths=made), steps=3)
    assert [text.split(",")[0] for text, *_ in told] == [f"step {n} of 3" for n in (1, 2, 3)]
    for text, node, client in told:
        assert (node, client) == ("7", "me")
        assert "loss 0." in text and "seconds a step" in text and text.endswith(" left")
        assert f"mine: {text}" in caplog.messages


def test_a_run_that_goes_on_counts_its_pace_from_there(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time_left, "time", SimpleNamespace(monotonic=lambda: now[0]))
    run = TimeLeft("mine", 500, done=400)
    now[0] += 30
    assert run.text(410, "loss 0.1") == (
        "step 410 of 500, loss 0.1, 3.00 seconds a step, 4 minutes left"
    )


def test_people_are_told_once_a_second_and_the_log_every_half_minute(monkeypatch, caplog):
    now, shown = [0.0], []
    monkeypatch.setattr(time_left, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(time_left, "tell_on_node", shown.append)
    caplog.set_level(logging.INFO)
    run = TimeLeft("mine", 400)
    for step in range(1, 401):
        now[0] += 0.25
        run.tell(step)
    # 100 seconds: the first, then one each; the last is always told.
    assert len(shown) == 101 and "400 of 400" in shown[-1]
    assert len(caplog.messages) == 5 and "400 of 400" in caplog.messages[-1]


@pytest.mark.parametrize(
    "seconds, words",
    [(0, "0 seconds"), (89, "89 seconds"), (600, "10 minutes"), (12000, "3 h 20 min")],
)
def test_times_are_said_as_people_say_them(seconds, words):
    assert in_words(seconds) == words
