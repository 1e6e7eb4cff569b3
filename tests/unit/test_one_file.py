"""Jobs whose save node writes one file: each has its own picture in the end, and it is said."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from fewstep.client.queue.journal import Journal
from fewstep.client.queue.names import Holder, Names
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from fake_comfyui import PNG, FakeComfyUI, errors, pictures, run_batch, success  # noqa: E402

NAME = ("same.png", "", "output")
FILE = dict(zip(("filename", "subfolder", "type"), NAME, strict=True))
SAID = "Several jobs write the one file same.png"


def overwriting(fake, every=1):
    """Makes a server whose save node writes one file, in each job or in some."""

    def entry(prompt_id):
        if fake.color(prompt_id) % every:
            return fake.honest(prompt_id)
        fake.files["same.png"] = PNG + str(fake.color(prompt_id)).encode()
        return success(images=[FILE])

    fake.entry = entry


def own(colors):
    return {number: PNG + str(color).encode() for number, color in enumerate(colors, 1)}


def records(folder, what):
    lines = map(json.loads, (folder / "out" / "journal.jsonl").open(encoding="utf-8"))
    return [record for record in lines if record["what"] == what]


@pytest.mark.parametrize("every", [1, 2, 7])
def test_every_job_has_the_picture_that_its_own_run_made(tmp_path, capfd, every):
    async def go():
        async with FakeComfyUI() as fake:
            overwriting(fake, every)
            await run_batch(tmp_path, fake.url, colors=range(40))

    asyncio.run(go())
    assert pictures(tmp_path) == own(range(40)) and not errors(tmp_path)
    said = capfd.readouterr().err
    assert said.count(SAID) == 1 and "one at a time" in said and "made again" in said
    index = [json.loads(line)["number"] for line in (tmp_path / "out" / "index.jsonl").open()]
    assert index == list(range(1, 41))
    assert not list((tmp_path / "out").glob(".*.part"))


def test_two_addresses_of_one_server_share_the_turn(tmp_path, capfd):
    async def go():
        async with FakeComfyUI() as fake:
            overwriting(fake)
            other = fake.url.replace("127.0.0.1", "localhost")
            await run_batch(tmp_path, fake.url, other, colors=range(40))
            return {one.host.split(":")[0] for one in fake.asked if one.path == "/prompt"}

    asked = asyncio.run(go())
    assert pictures(tmp_path) == own(range(40))
    assert capfd.readouterr().err.count(SAID) == 1 and asked == {"127.0.0.1", "localhost"}


def test_two_servers_may_have_files_of_one_name(tmp_path, capfd):
    async def go():
        async with FakeComfyUI() as one, FakeComfyUI() as two:
            for fake in (one, two):
                fake.entry = lambda prompt_id, fake=fake: _numbered(fake, prompt_id)
            await run_batch(tmp_path, one.url, two.url, colors=range(60))
            return len(one.prompts), len(two.prompts)

    made = asyncio.run(go())
    assert pictures(tmp_path) == own(range(60)) and sum(made) == 60 and min(made) > 0
    assert SAID not in capfd.readouterr().err


def _numbered(fake, prompt_id):
    name = f"{len(fake.files):05d}.png"
    fake.files[name] = PNG + str(fake.color(prompt_id)).encode()
    return success(images=[{**FILE, "filename": name}])


def test_once_seen_a_batch_that_goes_on_does_so_one_at_a_time(tmp_path, capfd):
    async def go():
        async with FakeComfyUI() as fake:
            overwriting(fake)
            await run_batch(tmp_path, fake.url, colors=range(5))
            tries = len(fake.prompts)
            await run_batch(tmp_path, fake.url, colors=range(30))
            return len(fake.prompts) - tries

    made = asyncio.run(go())
    assert pictures(tmp_path) == own(range(30))
    # Nothing was made twice the second time.
    assert made == 25


def test_one_job_after_the_other_is_no_reason_to_be_slow(tmp_path, capfd):
    async def go():
        async with FakeComfyUI() as fake:
            overwriting(fake)
            for count in (1, 2, 3):
                await run_batch(tmp_path, fake.url, colors=range(count))

    asyncio.run(go())
    assert pictures(tmp_path) == own(range(3))
    assert SAID not in capfd.readouterr().err and not records(tmp_path, "again")


def again(lines):
    found = map(json.loads, lines)
    return [record for record in found if record["what"] == "again"]


def gone(folder):
    return {(one["job"], one["try"]) for one in records(folder, "again")}


@pytest.mark.parametrize("cut", range(0, 100, 4))
def test_a_batch_cut_off_anywhere_goes_on_to_the_right_pictures(tmp_path, cut):
    """A client killed at a line of its journal; the server lives, and has its files and history."""

    async def go():
        async with FakeComfyUI() as fake:
            overwriting(fake)
            await run_batch(tmp_path, fake.url, colors=range(12))
            journal = tmp_path / "out" / "journal.jsonl"
            lines = journal.read_bytes().splitlines(keepends=True)
            journal.write_bytes(b"".join(lines[: 1 + cut * len(lines) // 100]))
            # As the killed client may have left them: what the server had when it fetched.
            undone = {(one["job"], one["try"]) for one in again(lines)}
            for record in records(tmp_path, "done"):
                if (record["job"], record["try"]) in undone - gone(tmp_path):
                    for file in record["files"]:
                        (tmp_path / "out" / file["name"]).write_bytes(b"?" * file["bytes"])
            known = {record["prompt_id"] for record in records(tmp_path, "try")}
            fake.history = {one: entry for one, entry in fake.history.items() if one in known}
            ran = [body["prompt_id"] for body in fake.prompts if body["prompt_id"] in known]
            fake.files["same.png"] = PNG + str(fake.color(ran[-1])).encode() if ran else b""
            await run_batch(tmp_path, fake.url, colors=range(12))

    asyncio.run(go())
    assert pictures(tmp_path) == own(range(12))


def test_a_run_that_fails_after_it_has_saved_counts_too(tmp_path):
    async def go():
        async with FakeComfyUI() as fake:
            overwriting(fake)
            honest = fake.entry

            def entry(prompt_id):
                made = honest(prompt_id)
                if fake.color(prompt_id) % 3 == 1:
                    made["status"]["status_str"] = "error"
                return made

            fake.entry = entry
            await run_batch(tmp_path, fake.url, colors=range(12))

    asyncio.run(go())
    wanted = {n: content for n, content in own(range(12)).items() if (n - 1) % 3 != 1}
    assert pictures(tmp_path) == wanted and len(errors(tmp_path)) == 4


COMMANDS = st.lists(
    st.tuples(st.sampled_from(["try", "done", "lost"]), st.integers(0, 5)), max_size=60
)


@settings(max_examples=300, deadline=None)
@given(COMMANDS, st.integers(1, 3))
def test_what_overlaps_is_found_and_nothing_else(commands, count):
    """Against the plain definition: sent before the other ended, and ended after it was sent."""
    names, lines, open_tries, ended = Names(), 0, {}, []
    for what, job in commands:
        name = (f"{job % count}.png", "", "output")
        lines += 1
        if what == "try" and job not in open_tries:
            open_tries[job] = lines
        elif what != "try" and job in open_tries:
            since = open_tries.pop(job)
            holder = Holder(str(job), since, "here", f"{job}/{since}")
            found = {int(other.number) for other in names.hold(holder, [name], since)}
            wanted = {
                begun
                for other, begun, until in ended
                if other != job and other % count == job % count and until > since
            }
            assert found == wanted
            ended.append((job, since, lines))
            oldest = min(open_tries.values(), default=lines + 1)
            names.end(holder._replace(until=lines), [name] if what == "done" else [], oldest)


def test_the_memory_of_names_does_not_grow_with_the_batch(tmp_path):
    async def go():
        journal = Journal(tmp_path / "journal.jsonl")
        for number in range(300):
            attempt, record = journal.next_try(f"job {number}", "here")
            await journal.write(record)
            files = [{"name": "a", "bytes": 1, "from": (f"{number}.png", "", "output")}]
            end = {"what": "done", "job": f"job {number}", "try": 1, "files": files}
            await journal.write(end)
        return journal.names

    names = asyncio.run(go())
    assert len(names._held) <= 2 and len(names._ended) <= 2 and len(names._names) <= 2
