"""A batch through a real server: what lies in the folder, and what is said of wrong input."""

import json
import uuid

import pytest
from batches import colors, counted, graph, interrupt, pictures, records, run, start
from fewstep.tools.examples.demo_workflows import demo_workflow
from PIL import Image
from waiting import wait_for_the_end, wait_until


def test_the_example_runs_with_the_readme_s_table_and_every_picture_says_how(
    server, root, tmp_path
):
    table = tmp_path / "jobs.csv"
    table.write_text(
        'prompt\n"a red star, on a blue background"\na green circle on a yellow background\n'
    )
    workflow = tmp_path / "batch.json"
    workflow.write_text(json.dumps(demo_workflow("SD 1.5 few-step batch of prompts")))
    out = tmp_path / "out"
    # Of a number of its own: hosts before 0.30 do not tell of a run that is cached.
    arguments = ["--jobs", table, "--set", "Positive prompt.text={prompt}", "--seeds", "0-1"]
    code, said = run(workflow, out, *map(str, arguments), servers=[server.url])
    assert code == 0, said
    index = [json.loads(line) for line in (out / "index.jsonl").open()]
    assert [line["number"] for line in index] == [1, 2, 3, 4]
    assert [line["values"]["seed"] for line in index] == [0, 1, 0, 1]
    made = pictures(out)
    assert len(set(made.values())) == 4
    for line in index:
        (name,) = line["files"]
        info = Image.open(out / name).info
        prompt, saved = json.loads(info["prompt"]), json.loads(info["workflow"])
        assert prompt["3"]["inputs"]["text"] == line["values"]["prompt"]
        assert prompt["6"]["inputs"]["seed"] == line["values"]["seed"]
        text = next(node for node in saved["nodes"] if node["id"] == 3)
        assert text["widgets_values"] == [line["values"]["prompt"]]


@pytest.mark.parametrize("saved", ["SaveImage", "PreviewImage"])
def test_the_same_batch_into_another_folder_gets_its_files_although_all_is_cached(
    server, tmp_path, saved
):
    workflow = graph(tmp_path, uuid.uuid4().hex, saved=saved)
    for folder in ("first", "second"):
        code, said = run(workflow, tmp_path / folder, *colors(1), servers=[server.url])
        assert code == 0, said
    assert pictures(tmp_path / "first") == pictures(tmp_path / "second")


def test_the_same_command_again_makes_nothing_anew(server, tmp_path):
    workflow, out = graph(tmp_path, uuid.uuid4().hex), tmp_path / "out"
    run(workflow, out, *colors(3), servers=[server.url])
    code, said = run(workflow, out, *colors(5), servers=[server.url])
    assert code == 0 and "5 of 5 jobs are done" in said
    assert len(records(out, "try")) == 5
    (out / next(iter(pictures(out)))).unlink()
    run(workflow, out, *colors(5), servers=[server.url])
    assert len(pictures(out)) == 5 and len(records(out, "try")) == 6


def test_jobs_that_fail_are_told_in_the_server_s_words_and_do_not_stop_the_rest(server, tmp_path):
    workflow, out = graph(tmp_path, uuid.uuid4().hex), tmp_path / "out"
    rows = [{"width": 64}, {"width": -5}, {"prefix": "../../out"}, {"width": 32}]
    table = tmp_path / "jobs.jsonl"
    rows = [{"width": 64, "prefix": "batch-fails", **row} for row in rows]
    table.write_text("\n".join(map(json.dumps, rows)))
    settings = ["--set", "Canvas.width={width}", "--set", "2.filename_prefix={prefix}"]
    given = ["--jobs", str(table), *settings]
    code, said = run(workflow, out, *given, servers=[server.url])
    assert code == 1
    assert "Job 2 failed. The server refused it: EmptyImage (node 1): Value -5 smaller" in said
    assert "Job 3 failed. SaveImage (node 2) failed with" in said
    assert "2 of 4 jobs are done" in said and len(pictures(out)) == 2
    code, said = run(workflow, tmp_path / "stop", *given, "--stop-on-error", servers=[server.url])
    assert code == 1 and "Stopped at the first error, in job 2." in said


def test_ctrl_c_takes_back_what_waits_and_the_same_command_goes_on(server, tmp_path):
    workflow, out = graph(tmp_path, uuid.uuid4().hex, size=512), tmp_path / "out"
    process = start(workflow, out, *colors(100), servers=[server.url])
    wait_until(lambda: counted(out, "done") >= 5, "5 jobs are done", process)
    interrupt(process)
    said = wait_for_the_end(process, "the interrupted client has ended")
    assert process.returncode == 130 and "The same command goes on from here." in said
    assert not server.get("/queue")["queue_pending"]
    assert 5 <= len(pictures(out)) < 100
    code, said = run(workflow, out, *colors(100), servers=[server.url])
    assert code == 0 and len(pictures(out)) == 100


def test_a_second_client_on_the_same_folder_is_refused(server, tmp_path):
    workflow, out = graph(tmp_path, uuid.uuid4().hex, size=512), tmp_path / "out"
    process = start(workflow, out, *colors(300), servers=[server.url])
    wait_until(lambda: counted(out, "try"), "a first job is tried", process)
    code, said = run(workflow, out, *colors(300), servers=[server.url])
    interrupt(process)
    wait_for_the_end(process, "the interrupted client has ended")
    assert code == 2 and "Another batch is writing into" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "nowhere.text=x"], "The workflow has no node nowhere:"),
        (["--set", "Canvas.colour=1"], "Canvas.colour: the node has no such input; it has"),
        (["--set", "Canvas.color={shade}"], "wants the column shade, and the columns are: width"),
        (["--set", "Canvas.color=red"], 'wants a whole number, and "red" is none'),
        (["--seeds", "3"], "The seeds of the workflow are: none."),
        (["--seeds", "9-3"], "--seeds 9-3 is no range"),
    ],
)
def test_wrong_input_is_one_sentence_and_nothing_is_queued(server, tmp_path, arguments, sentence):
    workflow, out = graph(tmp_path, uuid.uuid4().hex), tmp_path / "out"
    arguments = ["--list", "width=64|32", *arguments]
    code, said = run(workflow, out, *arguments, servers=[server.url])
    assert code == 2 and sentence in said
    assert len(said.strip().splitlines()) == 1
    assert not records(out, "try")


def test_nodes_that_the_server_lacks_are_named(server, tmp_path):
    file = graph(tmp_path, "missing")
    file.write_text(file.read_text().replace("EmptyImage", "NobodyHasThis"))
    code, said = run(file, tmp_path / "out", servers=[server.url])
    assert code == 2 and "has nodes that the server lacks: NobodyHasThis." in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("stats", "sentence"),
    [
        ('{"system": {"comfyui_version": "0.3.60"}}', "is ComfyUI 0.3.60: batches need 0.16.3"),
        ('{"system": {"os": "posix"}}', "is ComfyUI of unknown age: batches need 0.16.3"),
        ("<html>Welcome</html>", "is not ComfyUI."),
        ('["something else"]', "is not ComfyUI."),
    ],
)
def test_a_server_that_is_old_or_not_comfyui_is_one_sentence(tmp_path, stats, sentence):
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            self.send_response(200)
            kind = "text/html" if stats.startswith("<") else "application/json"
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(stats.encode())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as other:
        Thread(target=other.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{other.server_port}"
        code, said = run(graph(tmp_path, "old"), tmp_path / "out", servers=[url])
        other.shutdown()
    assert code == 2 and sentence in said and len(said.strip().splitlines()) == 1


def test_a_server_that_does_not_answer_is_one_sentence(tmp_path):
    url = "http://127.0.0.1:9"
    code, said = run(graph(tmp_path, "none"), tmp_path / "out", servers=[url])
    assert code == 2 and f"{url} does not answer" in said


def test_of_two_servers_a_dead_one_is_left_out(server, tmp_path):
    workflow = graph(tmp_path, uuid.uuid4().hex)
    code, said = run(
        workflow, tmp_path / "out", *colors(20), servers=["http://127.0.0.1:9", server.url]
    )
    assert code == 0 and len(pictures(tmp_path / "out")) == 20
