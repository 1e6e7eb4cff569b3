"""What the page asks about files: the same that a run says, and of files in the lists alone."""

import hashlib
import json
from urllib.parse import urlencode

import pytest
import torch
from fewstep.recipes import builtin_recipes
from graphs import Graph

LORAS = [f"fewstep-demo-{kind}.safetensors" for kind in ("tcd", "lcm", "style")]


def asked(server, name, folder="loras", **more):
    return server.get(f"/fewstep/file?{urlencode({'folder': folder, 'name': name, **more})}")


@pytest.mark.parametrize("name", LORAS)
def test_the_page_is_told_what_a_run_says(server, name):
    graph = Graph()
    # A strength of its own: hosts before 0.19 say nothing of what they have cached.
    loader = graph.lora(name, strength=0.731)
    graph.show([loader[0], 2])
    entry = server.queue(graph.prompt)
    ran = json.loads(entry["outputs"][loader[0]]["fewstep"][0])
    told = asked(server, name)
    same = ("recipe", "how", "twins", "what", "base")
    assert {key: told[key] for key in same} == {key: ran[key] for key in same}
    assert told["checking"] is False


@pytest.mark.parametrize(
    "name",
    ["../checkpoints/fewstep-demo.safetensors", "/etc/passwd", "..\\host.log", "", "nothing"],
)
def test_no_file_outside_the_lists_is_looked_for(server, name):
    for whole in ("0", "1"):
        told = asked(server, name, whole=whole)
        assert told["absent"] == "models/loras" and not told["recipe"]
    assert asked(server, "fewstep-demo-tcd.safetensors", "input") == {
        "error": "There is no such folder: loras and models are known."
    }


def test_a_file_that_is_not_here_is_told_by_its_name(server):
    told = asked(server, "dmd2_sdxl_4step_lora_fp16.safetensors")
    assert told["recipe"] == "dmd2/sdxl-4step" and told["absent"] == "models/loras"


def test_a_hash_is_read_only_when_the_whole_file_is_asked_for_and_then_remembered(server):
    file = server.base_dir / "models" / "loras" / "hashed.safetensors"
    content = (file.parent / LORAS[2]).read_bytes() + b" " * 64
    file.write_bytes(content)
    entry = json.loads(builtin_recipes()["tcd/sd15-lora"].to_json()) | {"id": "mine/by-hash"}
    digest = hashlib.sha256(content).hexdigest()
    entry["files"] = [{"name": "x", "bytes": len(content), "sha256": digest}]
    mine = server.base_dir / "user" / "fewstep" / "recipes" / "by-hash.json"
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text(json.dumps(entry), "utf-8")
    try:
        first = asked(server, file.name)
        assert first["checking"] is True and first["how"] != "sha256"
        whole = asked(server, file.name, whole=1)
        assert (whole["recipe"], whole["how"], whole["checking"]) == (
            "mine/by-hash",
            "sha256",
            False,
        )
        assert asked(server, file.name) == whole
    finally:
        mine.unlink()
        file.unlink()


def test_a_file_that_cannot_be_read_is_a_sentence(server):
    folder = server.base_dir / "models" / "loras"
    (folder / "empty.safetensors").write_bytes(b"")
    torch.save({"a": torch.nn.Linear(2, 2)}, folder / "code.pt")
    try:
        assert "The file is empty" in asked(server, "empty.safetensors")["error"]
        assert asked(server, "code.pt")["checking"] is True
        assert "code.pt cannot be read safely" in asked(server, "code.pt", whole=1)["error"]
    finally:
        (folder / "empty.safetensors").unlink()
        (folder / "code.pt").unlink()


def test_a_model_is_told_too(server):
    told = asked(server, "fewstep-demo.safetensors", "models")
    assert (told["what"], told["base"]) == ("checkpoint", "SD 1.5")
