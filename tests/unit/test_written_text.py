"""Text that stands in a workflow: choices, comments and tokens, and what a job makes of them."""

from datetime import datetime

import pytest
from fewstep.client.errors import InputError
from fewstep.client.jobs.freeze import freeze
from fewstep.client.jobs.table import product
from fewstep.client.jobs.template import Template
from fewstep.client.page.text import Written, chooser, drawn, with_choices, with_tokens

INFO = {
    "Text": {
        "input": {"required": {"text": ["STRING", {"dynamicPrompts": True}]}},
        "output": ["COND"],
    },
    "KSampler": {"input": {"required": {"positive": ["COND"], "seed": ["INT", {}]}}},
    "SaveImage": {
        "input": {"required": {"images": ["IMAGE"], "filename_prefix": ["STRING", {}]}},
        "output_node": True,
    },
}
CHOICES = "a {red|green|blue|white|black} {cat|dog|fox}"


def last(options):
    return len(options) - 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a {b|c} d", "a c d"),
        ("{a|{b|{c|d}}}", "d"),
        (r"\{a\|b\} {x\|y|p\}q}", "{a|b} p}q"),
        ("a // b\nc /* d\ne */ f", "a \nc  f"),
        ("see http://x.y", "see http:"),
        ("{a|b", "b"),
        ("a } b", "a } b"),
        ("{}{|a}", "a"),
        (r"a \n", r"a \n"),
    ],
)
def test_choices_escapes_and_comments(text, said):
    assert drawn(text, last) == said


def test_text_with_one_meaning_is_settled_and_with_more_is_open():
    assert type(with_choices("a {b} // c")) is str
    assert with_choices("{a|a}") == "a"
    assert isinstance(with_choices("{a|b}"), Written)


def test_choices_without_an_end_of_depth_are_one_sentence():
    with pytest.raises(InputError, match="choices 100 deep"):
        with_choices("{" * 5000)


def test_a_key_alone_makes_the_choices_and_all_options_come():
    made = [drawn("{a|b|c}", chooser(f"job {number}")) for number in range(60)]
    assert set(made) == {"a", "b", "c"}
    assert made == [drawn("{a|b|c}", chooser(f"job {number}")) for number in range(60)]


def test_tokens_are_dates_and_widgets_with_a_job_s_own_values():
    text = with_tokens(
        "%date:yyyy-MM-dd_hhmmss%/%KSampler.seed%_%No.x%_100%",
        lambda node, name: ("3", "seed", "a/7.0") if node == "KSampler" else None,
    )
    now = datetime(2026, 3, 7, 14, 5, 6)
    assert text.value(last, {}, now) == "2026-03-07_140506/a_7.0_%No.x%_100%"
    assert text.value(last, {("3", "seed"): 8.0}, now).split("/")[1] == "8_%No.x%_100%"
    assert type(with_tokens("100% %No.x%", lambda *_: None)) is str


def workflow(text=CHOICES, prefix="%KSampler.seed%"):
    node = {"mode": 0, "inputs": [], "outputs": []}
    return {
        "nodes": [
            {**node, "id": 1, "type": "Text", "widgets_values": [text]},
            {**node, "id": 2, "type": "KSampler", "widgets_values": [7, "fixed"]},
            {**node, "id": 3, "type": "SaveImage", "widgets_values": [prefix]},
        ],
        "links": [],
    }


def made(rows=({},), seeds=None, settings=None, **saved):
    return freeze(Template(workflow(**saved), INFO), product(list(rows), {}, seeds), settings or {})


def test_a_job_makes_the_same_choice_again_and_the_index_says_which():
    first, again = made(seeds=range(40)), made(seeds=range(40))
    texts = [job.prompt("mark")["1"]["inputs"]["text"] for job in first]
    assert texts == [job.prompt("another")["1"]["inputs"]["text"] for job in again]
    assert [job.values["1.text"] for job in first] == texts
    # 15 are possible: 40 draws leave most of them in.
    assert len(set(texts)) >= 10 and not any("{" in text for text in texts)


def test_the_seed_in_a_file_s_name_is_the_job_s():
    names = [job.prompt("m")["3"]["inputs"]["filename_prefix"] for job in made(seeds=[5, 6])]
    assert names == ["5", "6"]


def test_the_picture_s_workflow_keeps_the_choices_as_the_page_s_does():
    (job,) = made()
    assert job.workflow()["nodes"][0]["widgets_values"] == [CHOICES]


@pytest.mark.parametrize("text", ['{"a": 1, "b": {"c": 2}}', "{a|b} // c", "%KSampler.seed%"])
def test_text_from_a_table_or_set_is_literal(text):
    (job,) = made([{"1.text": text, "3.filename_prefix": text}])
    inputs = {key: node["inputs"] for key, node in job.prompt("m").items()}
    assert inputs["1"]["text"] == inputs["3"]["filename_prefix"] == text
    (job,) = made([{"prompt": text}], settings={"1.text": "{prompt}"})
    assert job.prompt("m")["1"]["inputs"]["text"] == text


def test_the_same_letters_from_a_table_are_another_job():
    (drawn_one,), (literal,) = made(), made([{"1.text": CHOICES}])
    assert drawn_one.id != literal.id


def test_text_of_an_export_is_literal():
    prompt = {
        "1": {"class_type": "Text", "inputs": {"text": CHOICES}},
        "3": {"class_type": "SaveImage", "inputs": {"filename_prefix": "%date:yyyy%"}},
    }
    (job,) = freeze(Template(prompt, INFO), product([], {}, None), {})
    assert job.prompt("m")["1"]["inputs"]["text"] == CHOICES
    assert job.prompt("m")["3"]["inputs"]["filename_prefix"] == "%date:yyyy%"
