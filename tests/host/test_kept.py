"""The route that lists and clears what is kept of trainings."""

import json
import urllib.error
import urllib.request

import pytest
from training_graphs import training
from waiting import wait_until

ROUTE = "/fewstep/kept"


@pytest.fixture
def user(server):
    return server.base_dir / "user" / "fewstep"


def made(folder):
    folder.mkdir(parents=True)
    (folder / "state.pt").write_bytes(b"12345")
    return folder


def test_what_is_kept_is_listed_and_cleared_one_by_one(server, user):
    run, paths = made(user / "training" / "old"), made(user / "paths" / "old")
    listed = server.get(ROUTE)["kept"]
    for kind in ("training", "paths"):
        assert {"kind": kind, "name": "old", "bytes": 5, "running": False} in listed
    rest = server.post(ROUTE, {"clear": {"kind": "training", "name": "old"}})
    assert "error" not in rest and not run.exists() and paths.exists()
    assert ("paths", "old") in [(one["kind"], one["name"]) for one in rest["kept"]]
    server.post(ROUTE, {"clear": {"kind": "paths", "name": "old"}})
    assert not paths.exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../training/old", "/etc", "gone"])
@pytest.mark.parametrize("kind", ["training", "paths", "", "..", "others"])
def test_nothing_else_can_be_cleared(server, user, kind, name):
    others = [user / "training" / "old", user / "others" / "gone"]
    for folder in others:
        (folder).mkdir(parents=True, exist_ok=True)
    told = server.post(ROUTE, {"clear": {"kind": kind, "name": name}})
    assert "is kept here any more" in told["error"]
    assert all(folder.is_dir() for folder in others)


def test_a_link_to_another_folder_is_not_followed(server, user, tmp_path):
    precious = made(tmp_path / "precious")
    (user / "training").mkdir(parents=True, exist_ok=True)
    link = user / "training" / "link"
    link.symlink_to(precious)
    told = server.post(ROUTE, {"clear": {"kind": "training", "name": "link"}})
    assert "error" in told and (precious / "state.pt").exists()
    link.unlink()


def test_a_form_of_another_page_clears_nothing(server, user):
    folder = made(user / "training" / "mine")
    body = json.dumps({"clear": {"kind": "training", "name": "mine"}}).encode()
    asked = urllib.request.Request(
        server.url + ROUTE, body, {"Content-Type": "text/plain"}, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError, match="415"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=60)
    assert folder.exists()
    server.post(ROUTE, {"clear": {"kind": "training", "name": "mine"}})


@pytest.mark.parametrize("body", [[], "mine", {}, {"clear": "mine"}, {"clear": None}])
def test_a_request_of_another_form_is_answered(server, body):
    with pytest.raises(urllib.error.HTTPError, match="400"):
        server.post(ROUTE, body)


def test_a_run_in_progress_cannot_be_cleared(server, user):
    """Nor the paths in the same graph; when it is cancelled, both can."""
    prompt, *_ = training("busy", 100_000, paths="busy")
    prompt_id = server.submit(prompt)
    wait_until((user / "training" / "busy" / "state.pt").exists, "the run is saved")
    try:
        for kind in ("training", "paths"):
            told = server.post(ROUTE, {"clear": {"kind": kind, "name": "busy"}})
            assert told["error"] == "busy is in progress. Cancel it first, then clear it."
            assert [one["running"] for one in told["kept"] if one["name"] == "busy"] == [True, True]
    finally:
        server.interrupt()
        server.wait(prompt_id)
    for kind in ("training", "paths"):
        assert "error" not in server.post(ROUTE, {"clear": {"kind": kind, "name": "busy"}})
    assert not (user / "training" / "busy").exists() and not (user / "paths" / "busy").exists()
