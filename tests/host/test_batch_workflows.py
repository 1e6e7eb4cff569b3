"""Workflows of other kinds through a real server: pictures, choices, nodes that are replaced."""

import json
import urllib.error
import uuid

import pytest
from batches import colors, graph, pictures, run


def page_workflow(folder, text):
    """As the page saves it: a text that is shown, a picture, and a seed in the picture's name."""
    slot = {"name": "images", "type": "IMAGE", "link": 1}
    shown = {"name": "source", "type": "*", "link": 2}
    nodes = [
        {"id": 1, "type": "EmptyImage", "widgets_values": [32, 32, 1, 7]},
        {"id": 2, "type": "SaveImage", "inputs": [slot], "widgets_values": [uuid.uuid4().hex]},
        {"id": 3, "type": "StringConcatenate", "widgets_values": [text, "", ""]},
        {"id": 4, "type": "PreviewAny", "inputs": [shown]},
        {"id": 5, "type": "Reroute", "mode": 4, "inputs": [{"name": "", "type": "*", "link": 3}]},
    ]
    links = [[1, 5, 0, 2, 0, "IMAGE"], [2, 3, 0, 4, 0, "STRING"], [3, 1, 0, 5, 0, "IMAGE"]]
    file = folder / "workflow.json"
    file.write_text(json.dumps({"nodes": nodes, "links": links, "version": 0.4}))
    return file


def test_a_picture_runs_again_as_it_was_made(server, tmp_path):
    workflow = graph(tmp_path, uuid.uuid4().hex)
    code, said = run(workflow, tmp_path / "first", *colors(3), servers=[server.url])
    assert code == 0, said
    (name,) = list(pictures(tmp_path / "first"))[-1:]
    code, said = run(tmp_path / "first" / name, tmp_path / "second", servers=[server.url])
    assert code == 0 and "1 of 1 jobs are done" in said
    (again,) = pictures(tmp_path / "second").values()
    assert again == pictures(tmp_path / "first")[name]
    # Values of a table go into it as into the workflow it was made of.
    changed = [tmp_path / "first" / name, tmp_path / "third", "--set", "Canvas.color=9"]
    code, said = run(*changed, servers=[server.url])
    assert code == 0 and pictures(tmp_path / "third").popitem()[1][2] == 9


def test_a_page_s_workflow_runs_past_its_bypassed_reroute(server, tmp_path):
    workflow = page_workflow(tmp_path, "a")
    code, said = run(workflow, tmp_path / "out", servers=[server.url])
    assert code == 0 and len(pictures(tmp_path / "out")) == 1, said


def test_an_output_that_cannot_run_is_named_once_and_the_rest_runs(server, tmp_path):
    workflow = graph(tmp_path, uuid.uuid4().hex)
    prompt = json.loads(workflow.read_text())
    prompt["9"] = {"class_type": "PreviewImage", "inputs": {}}
    workflow.write_text(json.dumps({**prompt, "version": 1}))
    code, said = run(workflow, tmp_path / "out", *colors(3), servers=[server.url])
    assert code == 0 and "3 of 3 jobs are done" in said, said
    assert said.count("The server leaves out PreviewImage (node 9) and runs the rest:") == 1
    assert len(pictures(tmp_path / "out")) == 3


def test_a_node_that_the_server_replaces_is_taken_as_the_server_takes_it(server, tmp_path):
    try:
        server.get("/node_replacements")
    except urllib.error.HTTPError:
        pytest.skip("This host replaces no nodes.")
    workflow = graph(tmp_path, uuid.uuid4().hex)
    prompt = json.loads(workflow.read_text())
    prompt["8"] = {"class_type": "SamplerTCD", "inputs": {}}
    prompt["9"] = {"class_type": "PreviewAny", "inputs": {"source": ["8", 0]}}
    workflow.write_text(json.dumps(prompt))
    arguments = [*colors(1), "--set", "8.gamma=0.3"]
    code, said = run(workflow, tmp_path / "out", *arguments, servers=[server.url])
    assert code == 0 and "left" not in said, said


def test_a_saved_workflow_with_such_a_node_is_one_sentence(server, tmp_path):
    try:
        server.get("/node_replacements")
    except urllib.error.HTTPError:
        pytest.skip("This host replaces no nodes.")
    workflow = page_workflow(tmp_path, "a")
    saved = json.loads(workflow.read_text())
    saved["nodes"].append({"id": 8, "type": "SamplerTCD", "widgets_values": [0.3]})
    workflow.write_text(json.dumps(saved))
    code, said = run(workflow, tmp_path / "out", servers=[server.url])
    assert code == 2 and "SamplerTCD is a node that this ComfyUI replaces by" in said
    assert len(said.strip().splitlines()) == 1
