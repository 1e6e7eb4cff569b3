"""Nodes that save in their own ways, on a real server: over one file, or through the socket."""

import json
import signal
import uuid

import pytest
from batches import counted, graph, pictures, records, run, start
from PIL import Image
from waiting import wait_for_the_end, wait_until

COUNT = 60


def shades(count):
    """A color of its own for each job, and its pixel."""
    colors = [0x010203 * (n % 80) + (n // 80) * 0x64 for n in range(count)]
    assert len(set(colors)) == count
    arguments = ["--list", "Canvas.color=" + "|".join(map(str, colors))]
    return arguments, [tuple(color.to_bytes(3, "big")) for color in colors]


def saving(folder, saved, **inputs):
    """A prompt whose pictures are saved by this node."""
    file = graph(folder, uuid.uuid4().hex)
    prompt = json.loads(file.read_text())
    prompt["2"] = {"class_type": saved, "inputs": {"images": ["1", 0], **inputs}}
    file.write_text(json.dumps(prompt))
    return file


def pixels(out):
    """A pixel of every picture, by the job's number; a broken file raises."""
    found = {}
    for file in sorted(out.glob("0*")):
        picture = Image.open(file).convert("RGB")
        assert len(set(picture.getdata())) == 1
        found[int(file.name[:5])] = picture.getpixel((0, 0))
    return found


def numbered(colors):
    return dict(enumerate(colors, 1))


def test_jobs_that_write_one_file_have_their_own_pictures(server, tmp_path):
    workflow = saving(tmp_path, "TestsSavesOver", name=f"over-{uuid.uuid4().hex}")
    arguments, colors = shades(COUNT)
    out = tmp_path / "out"
    code, said = run(workflow, out, *arguments, servers=[server.url])
    assert code == 0 and f"{COUNT} of {COUNT} jobs are done" in said
    assert said.count("a node saves over it") == 1
    assert pixels(out) == numbered(colors)


def test_they_do_so_by_two_addresses_and_when_the_client_is_killed(server, tmp_path):
    workflow = saving(tmp_path, "TestsSavesOver", name=f"over-{uuid.uuid4().hex}")
    arguments, colors = shades(COUNT)
    out = tmp_path / "out"
    both = [server.url, server.url.replace("127.0.0.1", "localhost")]
    for more in (0, 1, 4, 2, 8):
        target = counted(out, "done") + more
        process = start(workflow, out, *arguments, servers=both)
        wait_until(lambda n=target: counted(out, "done") >= n, f"{more} jobs more", process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    process = start(workflow, out, *arguments, servers=both)
    said = wait_for_the_end(process, "the batch is done")
    assert process.returncode == 0, said
    assert pixels(out) == numbered(colors)


@pytest.mark.parametrize("node", ["TestsReadsAny", "TestsReadsAnyAndThePrompt", "TestsReadsAnyV3"])
def test_no_mark_reaches_a_node_that_reads_all_inputs(server, tmp_path, node):
    prefix = uuid.uuid4().hex
    workflow = saving(tmp_path, node, prefix=prefix)
    arguments, colors = shades(3)
    for folder in ("first", "second"):
        code, said = run(workflow, tmp_path / folder, *arguments, servers=[server.url])
        assert code == 0, said
        assert pixels(tmp_path / folder) == numbered(colors)
    seen = (server.base_dir / "output" / f"{prefix}.jsonl").read_text().splitlines()
    expected = {"prompt is the prompt": "True"} if node.endswith("ThePrompt") else {}
    # Each run has saved anew: none was taken for done by the cache.
    assert [json.loads(line) for line in seen] == [expected] * 6


def test_pictures_come_through_the_socket(server, tmp_path):
    workflow = saving(tmp_path, "SaveImageWebsocket")
    prompt = json.loads(workflow.read_text())
    prompt["1"]["inputs"]["batch_size"] = 3
    prompt["3"] = {
        "class_type": "SaveImage",
        "inputs": {"images": ["1", 0], "filename_prefix": uuid.uuid4().hex},
    }
    workflow.write_text(json.dumps(prompt))
    arguments, colors = shades(20)
    out = tmp_path / "out"
    code, said = run(workflow, out, *arguments, servers=[server.url])
    assert code == 0, said
    index = [json.loads(line) for line in (out / "index.jsonl").open()]
    for line, color in zip(index, colors, strict=True):
        assert len(line["files"]) == 6
        for name in line["files"]:
            assert Image.open(out / name).convert("RGB").getpixel((0, 0)) == color


def test_a_client_that_was_killed_makes_again_what_it_did_not_hear(server, tmp_path):
    workflow = saving(tmp_path, "SaveImageWebsocket")
    arguments, colors = shades(COUNT)
    out = tmp_path / "out"
    for more in (3, 0, 10):
        target = counted(out, "done") + more
        process = start(workflow, out, *arguments, servers=[server.url])
        wait_until(lambda n=target: counted(out, "done") >= n, f"{more} jobs more", process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    code, said = run(workflow, out, *arguments, servers=[server.url])
    assert code == 0, said
    assert pixels(out) == numbered(colors) and len(pictures(out)) == COUNT
    assert {len(record["files"]) for record in records(out, "done")} == {1}
