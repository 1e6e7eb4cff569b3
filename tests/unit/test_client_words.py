"""What the client prints, reads from its command line and its tables, and where its mark goes."""

import io
import string

import pytest
from fewstep.client.arguments import parse
from fewstep.client.errors import InputError
from fewstep.client.jobs.mark import MARK, places
from fewstep.client.jobs.table import read_table
from fewstep.client.queue.address import address, addresses
from fewstep.client.queue.text import clean, for_stream
from fewstep.client.queue.trouble import busy
from hypothesis import given
from hypothesis import strategies as st

LONG = (
    "http://127.0.0.1:8188 has a certificate that is not trusted (self-signed certificate): put"
    " the one of its authority into a file, and name that in SSL_CERT_FILE."
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_on_a_terminal_lines_break_between_words(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = for_stream(LONG, Terminal()).splitlines()
    assert " ".join(lines) == LONG and max(map(len, lines)) <= columns
    assert for_stream(LONG, io.StringIO()) == LONG


@given(st.text(), st.sampled_from(["\x1b[31m", "\x1b]8;;http://a\x07", "\x9b2J", "\x1bP1\x1b\\"]))
def test_nothing_that_a_terminal_obeys_is_left(text, sequence):
    said = clean(f"a{sequence}b {text}")
    assert said.startswith("ab") and (said.isprintable() or not said.isascii())
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in said)
    assert "\n" not in said and len(said) <= 1000
    said.encode("utf-8")


def test_the_help_tells_of_every_option_within_80_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        parse(["run", "--help"])
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    blocks = said.split("\n  --")[1:]
    assert {block.split()[0] for block in blocks} >= {"set", "stop-on-error", "header", "largest"}
    for block in blocks:
        entry = block.split("\n\n")[0]
        # More than the option and its value.
        assert len(entry.split()) > 4 or entry.startswith(("list", "quiet")), entry


def options(*arguments):
    return parse(["run", "w.json", "--out", "o", *arguments]).options()


def test_headers_come_from_the_environment_and_the_command_wins(monkeypatch):
    monkeypatch.setenv("FEWSTEP_HEADERS", "Authorization: Bearer old\nX-Of: b: c\n\n")
    made = options("--header", "authorization:  Bearer new")
    assert made.headers == {"Authorization": "Bearer new", "X-Of": "b: c"}
    assert "Bearer" not in repr(made)


@pytest.mark.parametrize(
    "line", ["s3cret", "a b: s3cret", ": s3cret", "X: s3cret\x1b", "ü: s3cret"]
)
def test_a_header_that_is_none_is_refused_and_not_repeated(monkeypatch, line):
    monkeypatch.setenv("FEWSTEP_HEADERS", line)
    with pytest.raises(InputError, match="eader") as caught:
        options()
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("largest", ["0", "-1", "nan", "inf"])
def test_a_bound_is_a_number(largest):
    with pytest.raises(InputError, match="--largest is a number of MB above 0"):
        options("--largest", largest)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a;b\n1;2,5\n", [{"a": "1", "b": "2,5"}]),
        ('"x, y";b\n"1;2";3\n', [{"x, y": "1;2", "b": "3"}]),
        ("a,b\n1;2,3\n", [{"a": "1;2", "b": "3"}]),
        ("a\n1;2\n\n3\n", [{"a": "1;2"}, {"a": "3"}]),
        ("a,b;c\n1,2\n", [{"a": "1", "b;c": "2"}]),
    ],
)
def test_tables_of_spreadsheets_are_read(tmp_path, text, rows):
    (tmp_path / "jobs.csv").write_text(text)
    assert read_table(tmp_path / "jobs.csv") == rows


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("jobs.csv", "a,b,a\n1,2,3\n", "2 columns are called a"),
        ("jobs.csv", "a;b;a\n1;2;3\n", "2 columns are called a"),
        ("jobs.csv", "a,,\n1,2,3\n", "2 columns have no name"),
        ("jobs.jsonl", '{"a": 1, "a": 2}', "2 columns are called a"),
        ("jobs.csv", "a;b\n1\n", "line 2, has not as many cells"),
    ],
)
def test_a_table_that_says_two_things_is_refused(tmp_path, name, text, sentence):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("given", "place", "asked"),
    [
        ("host:8188", "http://host:8188", "http://host:8188/ws?clientId=1"),
        ("http://host/comfy/", "http://host/comfy", "http://host/comfy/ws?clientId=1"),
        ("http://me:pw@h:1/?token=a%26b#x", "http://h:1", "http://h:1/ws?token=a%26b&clientId=1"),
        ("http://[::1]:8188", "http://[::1]:8188", "http://[::1]:8188/ws?clientId=1"),
    ],
)
def test_what_names_a_server_holds_no_password(given, place, asked):
    found = address(given)
    assert found.place == place and str(found.to("/ws", clientId="1")) == asked
    assert "pw" not in found.hidden("pw and password: pw") or len("pw") < 4


def test_addresses_that_look_alike_are_numbered_and_equal_ones_are_one():
    found = addresses(["http://h/?s=1", "http://h/?s=2", "http://h/?s=1#x"])
    assert [one.place for one in found] == ["http://h", "http://h (2)"]


@given(st.text(string.printable, max_size=30))
def test_any_retry_after_is_a_pause_of_some_length(text):
    assert 0 <= busy(429, text).after <= 600


V1 = {"input": {"required": {"images": ["IMAGE"]}}, "python_module": "custom_nodes.x"}
CASES = {
    "ComfyUI's own": ({**V1, "python_module": "nodes"}, {("2", MARK)}),
    "an extra of ComfyUI": ({**V1, "python_module": "comfy_extras.nodes_video"}, {("2", MARK)}),
    "a pack's, that takes the prompt": (
        {**V1, "input": {**V1["input"], "hidden": {"a": "X", "p": "PROMPT"}}},
        {("2", "p")},
    ),
    "one that shows an input of that name": (
        {**V1, "input": {"required": {"p": ["STRING"]}, "hidden": {"p": "PROMPT"}}},
        {("1", MARK)},
    ),
    "a pack's": (V1, {("1", MARK)}),
    "a pack's of the second kind": (
        {**V1, "output_matchtypes": None, "input": {"required": {}, "hidden": {"p": "PROMPT"}}},
        {("1", MARK)},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_mark_goes_where_no_node_reads_it(case):
    definition, wanted = CASES[case]
    info = {"Save": definition, "Canvas": {"input": {}, "python_module": "nodes"}}
    prompt = {
        "1": {"class_type": "Canvas", "inputs": {"color": 0}},
        "2": {"class_type": "Save", "inputs": {"images": ["1", 0]}},
    }
    assert places(prompt, info, ["2"], {"1"}) == wanted


def test_no_loader_is_run_again_for_the_mark():
    """The nearest node that may have it is one that the job does not change: nothing is marked."""
    info = {"Save": V1, "Sample": V1, "Load": {"input": {}, "python_module": "nodes"}}
    prompt = {
        "1": {"class_type": "Load", "inputs": {}},
        "2": {"class_type": "Sample", "inputs": {"model": ["1", 0], "seed": 1}},
        "3": {"class_type": "Save", "inputs": {"images": ["2", 0]}},
    }
    assert places(prompt, info, ["3"], {"2"}) == set()
    assert places(prompt, info, ["3"], set()) == {("1", MARK)}
