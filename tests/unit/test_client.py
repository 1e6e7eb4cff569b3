"""The batch client without a server: subgraphs, addresses, tables, and a journal that was cut."""

import asyncio
import csv
import json

import pytest
from fewstep.client.errors import InputError
from fewstep.client.jobs.freeze import freeze
from fewstep.client.jobs.inputs import find
from fewstep.client.jobs.table import numbers, product, read_table
from fewstep.client.jobs.template import MARK, Template
from fewstep.client.page.file import read_workflow, types_in
from fewstep.client.page.workflow import to_api
from fewstep.client.queue.journal import Journal
from hypothesis import given, settings
from hypothesis import strategies as st

INFO = {
    "Text": {
        "input": {"required": {"text": ["STRING", {}], "clip": ["CLIP"]}},
        "display_name": "Text",
    },
    "Sample": {
        "input": {
            "required": {
                "positive": ["COND"],
                "seed": ["INT", {"control_after_generate": True}],
                "steps": ["INT", {"default": 4}],
                "cfg": ["FLOAT", {}],
                "tiled": ["BOOLEAN", {}],
            }
        },
        "display_name": "Sample",
    },
    "Size": {
        "input": {
            "required": {
                "how": [
                    "COMFY_DYNAMICCOMBO_V3",
                    {
                        "options": [
                            {"key": "by", "inputs": {"required": {"factor": ["FLOAT", {}]}}},
                            {
                                "key": "to",
                                "inputs": {
                                    "required": {"width": ["INT", {}], "height": ["INT", {}]}
                                },
                            },
                        ]
                    },
                ],
                "method": ["COMBO", {"options": ["area", "lanczos"]}],
            }
        },
        "display_name": "Size",
    },
    "Save": {
        "input": {"required": {"images": ["LATENT"]}},
        "display_name": "Save",
        "output_node": True,
    },
}
PROMPT = {
    "5": {"class_type": "Text", "inputs": {"text": "old"}, "_meta": {"title": "Positive"}},
    "6": {
        "class_type": "Sample",
        "inputs": {"positive": ["5", 0], "seed": 1, "steps": 4, "cfg": 1.0, "tiled": False},
    },
    "7": {"class_type": "Save", "inputs": {"images": ["6", 0]}},
}


def jobs(*rows, settings=None, lists=None, seeds=None):
    template = Template(PROMPT, INFO)
    return template, freeze(template, product(list(rows), lists or {}, seeds), settings or {})


def subgraph(**instance):
    """Save <- (a subgraph of Text -> Sample, with its text and seed shown outside)."""
    inner = {
        "id": "sub",
        "inputs": [{"name": "clip"}, {"name": "text"}, {"name": "seed"}],
        "outputs": [{"name": "LATENT"}],
        "nodes": [
            {
                "id": 1,
                "type": "Text",
                "inputs": [
                    {"name": "clip", "type": "CLIP", "link": 1},
                    {"name": "text", "type": "STRING", "link": 2, "widget": {"name": "text"}},
                ],
                "widgets_values": ["inside"],
            },
            {
                "id": 2,
                "type": "Sample",
                "inputs": [
                    {"name": "positive", "type": "COND", "link": 4},
                    {"name": "seed", "type": "INT", "link": 3, "widget": {"name": "seed"}},
                ],
                "widgets_values": [5, "fixed", 8, 1.5, False],
            },
        ],
        "links": [
            {"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 1, "target_slot": 0},
            {"id": 2, "origin_id": -10, "origin_slot": 1, "target_id": 1, "target_slot": 1},
            {"id": 3, "origin_id": -10, "origin_slot": 2, "target_id": 2, "target_slot": 1},
            {"id": 4, "origin_id": 1, "origin_slot": 0, "target_id": 2, "target_slot": 0},
            {"id": 5, "origin_id": 2, "origin_slot": 0, "target_id": -20, "target_slot": 0},
        ],
    }
    node = {"id": 9, "type": "sub", "inputs": [], "outputs": [{"type": "LATENT"}], **instance}
    save = {"id": 10, "type": "Save", "inputs": [{"name": "images", "type": "LATENT", "link": 20}]}
    return {
        "nodes": [node, save],
        "links": [[20, 9, 0, 10, 0, "LATENT"]],
        "definitions": {"subgraphs": [inner]},
    }


def test_a_subgraph_is_opened_and_its_nodes_are_named_by_both_ids():
    prompt = to_api(subgraph(), INFO)
    assert set(prompt) == {"9:1", "9:2", "10"}
    assert prompt["10"]["inputs"] == {"images": ["9:2", 0]}
    assert prompt["9:2"]["inputs"]["positive"] == ["9:1", 0]
    assert prompt["9:1"]["inputs"]["text"] == "inside"


def test_values_set_on_the_subgraph_s_node_win():
    prompt = to_api(subgraph(widgets_values=["outside", 77]), INFO)
    assert prompt["9:1"]["inputs"]["text"] == "outside"
    assert prompt["9:2"]["inputs"]["seed"] == 77


def test_a_bypassed_subgraph_does_not_run():
    assert set(to_api(subgraph(mode=4), INFO)) == {"10"}


def test_a_choice_brings_its_own_inputs():
    node = {"id": 1, "type": "Size", "widgets_values": ["to", 640, 480, "lanczos"]}
    inputs = to_api({"nodes": [node], "links": []}, INFO)["1"]["inputs"]
    assert inputs == {"how": "to", "how.width": 640, "how.height": 480, "method": "lanczos"}


def test_choices_that_a_person_wrote_are_sent_with_the_place_of_the_chosen():
    info = {"CustomCombo": {"input": {"required": {"choice": ["COMBO", {"options": []}]}}}}
    node = {"id": 1, "type": "CustomCombo", "widgets_values": ["b", 0, "a", "b", ""]}
    inputs = to_api({"nodes": [node], "links": []}, info)["1"]["inputs"]
    written = {"option1": "a", "option2": "b", "option3": ""}
    assert inputs == {"choice": "b", "index": 1, **written}
    prompt = {"1": {"class_type": "CustomCombo", "inputs": inputs}, "7": PROMPT["7"]}
    template = Template(prompt, {**INFO, **info})
    (job,) = freeze(template, product([], {"1.choice": ["a"]}, None), {})
    assert template.prompt(job.changes)["1"]["inputs"] == {"choice": "a", "index": 0, **written}


def test_a_workflow_and_its_export_are_one_batch(tmp_path):
    exported = to_api(subgraph(), INFO)
    rows, jobs = [{"9:1.text": "new"}], {}
    for name, content in {"saved": subgraph(), "exported": exported}.items():
        (tmp_path / name).write_text(json.dumps(content))
        file = read_workflow(tmp_path / name)
        assert types_in(file) == {"Text", "Sample", "Save"}
        (jobs[name],) = freeze(Template(file, INFO), product(rows, {}, [3]), {})
    assert jobs["saved"].id == jobs["exported"].id
    assert jobs["saved"].prompt("m") == jobs["exported"].prompt("m")


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"1.method": "lanczos"}, ["by", 2.0, "lanczos"]),
        ({"1.how.factor": 0.5}, ["by", 0.5, "area"]),
    ],
)
def test_a_picture_carries_the_workflow_with_the_job_s_values(change, shown):
    size = {"id": 1, "type": "Size", "widgets_values": ["by", 2.0, "area"]}
    saved = {"nodes": [size, {"id": 2, "type": "Save"}], "links": []}
    (job,) = freeze(Template(saved, INFO), product([change], {}, None), {})
    assert job.workflow()["nodes"][0]["widgets_values"] == shown
    assert size["widgets_values"] == ["by", 2.0, "area"]


@pytest.mark.parametrize(("file", "text"), [(subgraph(), "9:1.text"), (PROMPT, "5.text")])
def test_a_picture_carries_only_the_prompt_where_no_widget_shows_the_value(file, text):
    (job,) = freeze(Template(file, INFO), product([{text: "new"}], {}, None), {})
    assert job.workflow() is None


@pytest.mark.parametrize("content", ["[1]", "{}", "3", '{"a": {"class_type": "b"}}'])
def test_what_is_no_workflow_is_refused(tmp_path, content):
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(InputError, match="is not a workflow: save one in ComfyUI"):
        read_workflow(tmp_path / "file.json")


@pytest.mark.parametrize("name", ["6.steps", "Sample.steps"])
def test_an_input_is_named_by_id_or_class(name):
    assert find(PROMPT, name) == ("6", "steps")


def test_a_title_names_a_node_and_an_ambiguous_one_is_refused():
    assert find(PROMPT, "Positive.text") == ("5", "text")
    twice = {**PROMPT, "8": PROMPT["5"]}
    with pytest.raises(InputError, match=r"could be any of 5.text, 8.text"):
        find(twice, "Positive.text")


def test_the_texts_of_a_table_become_what_the_inputs_want():
    row = {"6.steps": "8", "6.cfg": "1.5", "6.tiled": "true", "word": "cat"}
    template, (job,) = jobs(row, settings={"Positive.text": "a {word}, {{word}}, {a|b}"})
    inputs = template.prompt(job.changes)["6"]["inputs"]
    assert (inputs["steps"], inputs["cfg"], inputs["tiled"]) == (8, 1.5, True)
    assert template.prompt(job.changes)["5"]["inputs"]["text"] == "a cat, {word}, {a|b}"


def test_seeds_go_to_the_one_seed_and_equal_rows_are_one_job():
    template, made = jobs({"5.text": "a"}, {"5.text": "b"}, {"5.text": "a"}, seeds=[0, 1])
    assert [template.prompt(job.changes)["6"]["inputs"]["seed"] for job in made] == [0, 1, 0, 1]
    assert [job.number for job in made] == [1, 2, 3, 4]


def test_a_job_s_id_is_its_content_whatever_else_is_in_the_batch():
    _, (alone,) = jobs({"5.text": "b"})
    _, several = jobs({"5.text": "a"}, {"5.text": "b"})
    assert several[1].id == alone.id
    assert several[0].id != alone.id


def test_only_outputs_are_marked_and_the_template_stays_as_it_was():
    template, (job,) = jobs({"5.text": "b"})
    prompt = template.prompt(job.changes, "a mark")
    assert [key for key, node in prompt.items() if MARK in node["inputs"]] == ["7"]
    assert PROMPT["5"]["inputs"]["text"] == "old"


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1, max_size=5))
def test_any_text_survives_csv_and_json_lines(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("table")
    with (folder / "jobs.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([["text", "n"], *([text, "0"] for text in texts)])
    lines = [json.dumps({"text": text, "n": "0"}) for text in texts]
    (folder / "jobs.jsonl").write_text("\n".join(lines), "utf-8")
    for name in ("jobs.csv", "jobs.jsonl"):
        assert [row["text"] for row in read_table(folder / name)] == texts


def test_a_row_with_a_cell_too_many_names_its_line(tmp_path):
    (tmp_path / "jobs.csv").write_text("prompt\nred\na cat, a dog\n")
    with pytest.raises(InputError, match=r"line 3, has not as many cells"):
        read_table(tmp_path / "jobs.csv")


def test_ranges_of_seeds():
    assert numbers("0-3, 9") == [0, 1, 2, 3, 9]


def test_a_job_whose_file_was_made_anew_in_vain_has_failed(tmp_path):
    async def write(file):
        journal = Journal(file)
        for what in ("done", "failed"):
            attempt, record = journal.next_try("job", "here")
            await journal.write(record, {"what": what, "job": "job", "try": attempt.number})
        journal.close()

    asyncio.run(write(tmp_path / "journal.jsonl"))
    journal = Journal(tmp_path / "journal.jsonl")
    assert not journal.done and list(journal.failed) == ["job"]


def _records(file):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_a_journal_cut_anywhere_tells_what_was_whole_and_goes_on(tmp_path):
    async def write(file, count):
        journal = Journal(file)
        for _ in range(count):
            attempt, record = journal.next_try("job", "here")
            await journal.write(record)
        journal.close()
        return journal

    whole = tmp_path / "whole.jsonl"
    asyncio.run(write(whole, 2))
    content = whole.read_bytes()
    for length in range(len(content) + 1):
        file = tmp_path / "cut.jsonl"
        file.write_bytes(content[:length])
        journal = asyncio.run(write(file, 1))
        kept = content[:length].count(b"\n")
        assert len(_records(file)) == max(kept, 1) + 1
        assert [attempt.number for attempt in journal.tries["job"]] == list(
            range(1, max(kept, 1) + 1)
        )


def test_what_is_written_together_is_all_on_the_disk(tmp_path):
    async def write():
        journal = Journal(tmp_path / "journal.jsonl")
        records = [journal.next_try(f"job {n}", "here")[1] for n in range(50)]
        await asyncio.gather(*(journal.write(record) for record in records))

    asyncio.run(write())
    names = [r["job"] for r in _records(tmp_path / "journal.jsonl") if r["what"] == "try"]
    assert names == [f"job {n}" for n in range(50)]


def test_a_journal_that_the_disk_refused_closes_without_another_error(tmp_path, monkeypatch):
    """The line that did not fit is tried again as the file is closed."""
    journal = Journal(tmp_path / "journal.jsonl")

    class Full:
        def close(self):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "_file", Full())
    journal.close()
