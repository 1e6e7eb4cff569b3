"""The batch client and servers that are hostile, broken, busy, closed, or behind something."""

import asyncio
import gzip
import json
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiohttp import web
from fewstep.client.errors import InputError, StoppedError

sys.path.insert(0, str(Path(__file__).parent))
from fake_comfyui import (  # noqa: E402
    PNG,
    PROMPT,
    FakeComfyUI,
    errors,
    pictures,
    run_batch,
    success,
)

ESCAPE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202edetrevni"


def at(path, answer, *, method="GET"):
    """A fault: this answer at a path, made anew each time."""

    def fault(request):
        return answer() if request.path.startswith(path) and request.method == method else None

    return fault


def once(fault, times=1):
    """A fault that happens so often."""
    left = [times]

    def first(request):
        answer = fault(request) if left[0] else None
        left[0] -= answer is not None
        return answer

    return first


def case(tmp_path, *faults, entry=None, **given):
    """Runs a batch on a server with these faults; the server afterwards."""

    async def go():
        async with FakeComfyUI() as fake:
            fake.faults += faults
            fake.entry = (lambda prompt_id: entry(fake, prompt_id)) if entry else fake.honest
            suffix = given.pop("suffix", "")
            await run_batch(tmp_path, fake.url + suffix, **given)
            return fake

    return asyncio.run(go())


def test_an_honest_server_s_pictures_are_the_jobs(tmp_path):
    case(tmp_path, colors=range(30))
    assert pictures(tmp_path) == {n + 1: PNG + str(n).encode() for n in range(30)}


# What a history entry must not do: stop the batch, fetch for ever, or say more than a sentence.
FILE = {"filename": "a.png", "subfolder": "", "type": "output"}
ODD_ENTRIES = {
    "a list": [],
    "a text": "gone",
    "a number": 3,
    "true": True,
    "no status": {"outputs": {"2": {"images": [FILE]}}},
    "status null": {"status": None, "outputs": {}},
    "status a list": {"status": [], "outputs": {}},
    "status a text": {"status": "success", "outputs": {}},
    "status of no kind": {"status": {"status_str": 7}, "outputs": {}},
    "messages null": {"status": {"status_str": "error", "messages": None}},
    "messages a number": {"status": {"status_str": "error", "messages": 5}},
    "messages of texts": {"status": {"status_str": "error", "messages": ["oh", "no"]}},
    "messages of triples": {"status": {"status_str": "error", "messages": [[1, 2, 3]]}},
    "details null": {"status": {"status_str": "error", "messages": [["execution_error", None]]}},
    "details a list": {"status": {"status_str": "error", "messages": [["execution_error", []]]}},
    "an error of numbers": {
        "status": {"status_str": "error", "messages": [["execution_error", {"node_id": 1}]]}
    },
    "an endless error": {
        "status": {
            "status_str": "error",
            "messages": [["execution_error", {"exception_message": "x" * 10**6}]],
        }
    },
    "half a character": {
        "status": {
            "status_str": "error",
            "messages": [["execution_error", {"exception_message": "\ud800"}]],
        }
    },
    "no outputs": {"status": {"status_str": "success"}},
    "outputs null": {"status": {"status_str": "success"}, "outputs": None},
    "outputs a list": {"status": {"status_str": "success"}, "outputs": [FILE]},
    "outputs a text": {"status": {"status_str": "success"}, "outputs": "a.png"},
    "an output null": {"status": {"status_str": "success"}, "outputs": {"2": None}},
    "an output a list": {"status": {"status_str": "success"}, "outputs": {"2": [FILE]}},
    "a strange node": {"status": {"status_str": "success"}, "outputs": {"²:x": {"images": []}}},
    "images null": success(images=None),
    "images a text": success(images="a.png"),
    "images an object": success(images={"0": FILE}),
    "images of texts": success(images=["a.png"]),
    "images of lists": success(images=[[FILE]]),
    "name null": success(images=[{**FILE, "filename": None}]),
    "name empty": success(images=[{**FILE, "filename": ""}]),
    "name a number": success(images=[{**FILE, "filename": 5}]),
    "name a list": success(images=[{**FILE, "filename": ["a.png"]}]),
    "name an object": success(images=[{**FILE, "filename": {"a": 1}}]),
    "name with NUL": success(images=[{**FILE, "filename": "a\0.png"}]),
    "name with a line": success(images=[{**FILE, "filename": "a\n.png"}]),
    "name half a character": success(images=[{**FILE, "filename": "\ud800.png"}]),
    "name endless": success(images=[{**FILE, "filename": "a" * 100_000 + ".png"}]),
    "name that is not there": success(images=[{**FILE, "filename": "nowhere.png"}]),
    "folder a number": success(images=[{**FILE, "subfolder": 7}]),
    "folder a list": success(images=[{**FILE, "subfolder": ["a"]}]),
    "folder with NUL": success(images=[{**FILE, "subfolder": "\0"}]),
    "type a list": success(images=[{**FILE, "type": ["output"]}]),
    "type unknown": success(images=[{**FILE, "type": "/etc"}]),
    "type input": success(images=[{**FILE, "type": "input"}]),
    "nothing": success(),
}


NOT_ASKED_FOR = {
    *("name with NUL", "name with a line", "name half a character", "name endless"),
    *("name a number", "name a list", "folder a number", "folder with NUL", "type a list"),
}


@pytest.mark.parametrize("shape", ODD_ENTRIES)
def test_an_odd_result_fails_its_job_in_a_sentence_and_the_others_go_on(tmp_path, shape):
    def entry(fake, prompt_id):
        return ODD_ENTRIES[shape] if fake.color(prompt_id) == 1 else fake.honest(prompt_id)

    fake = case(tmp_path, entry=entry, colors=(0, 1, 2))
    assert set(pictures(tmp_path)) == {1, 3}
    (error,) = errors(tmp_path).values()
    assert error.endswith((".", "...")) and len(error) <= 1000 and error.isprintable()
    if shape in NOT_ASKED_FOR:
        assert "as ComfyUI does not" in error
        assert len([one for one in fake.asked if one.path == "/view"]) == 2
    # Asked for once: a server is not worn out by what it says.
    assert len([one for one in fake.asked if one.path == "/view"]) <= 3
    assert len(fake.prompts) == 3


@pytest.mark.parametrize(
    "file",
    [
        {**FILE, "subfolder": None},
        {**FILE, "type": None},
        {"filename": "a.png"},
        {**FILE, "extra": [1]},
    ],
)
def test_what_can_be_meant_is_taken(tmp_path, file):
    def entry(fake, _):
        fake.files["a.png"] = PNG
        return success(images=[file, "?", None], text=["a caption"], animated=(True,))

    case(tmp_path, entry=entry)
    assert pictures(tmp_path) == {1: PNG}


@pytest.mark.parametrize(
    "body", [b"[]", b"3", b"null", b"{", b"[" * 100_000, b"<html>", b"\xff\xfe", b"9" * 5000]
)
def test_a_history_that_is_no_json_object_fails_its_job(tmp_path, body):
    async def go():
        async with FakeComfyUI() as fake:

            def fault(request):
                if request.path.startswith("/history") and fake.color(request.path[9:]) == 1:
                    return web.Response(body=body, content_type="application/json")
                return None

            fake.faults.append(fault)
            await run_batch(tmp_path, fake.url, colors=(0, 1, 2))

    asyncio.run(go())
    assert set(pictures(tmp_path)) == {1, 3} and list(errors(tmp_path)) == [2]


def test_a_server_that_forgets_a_result_is_not_asked_for_ever(tmp_path):
    def entry(fake, prompt_id):
        return None if fake.color(prompt_id) == 1 else fake.honest(prompt_id)

    fake = case(tmp_path, entry=entry, colors=(0, 1, 2), tries=3)
    assert set(pictures(tmp_path)) == {1, 3} and len(fake.prompts) == 2 + 3
    assert errors(tmp_path) == {2: "The server forgot the result, 3 times."}


@pytest.mark.parametrize("said", ["<html>", "[]", "", "null", '{"node_errors": {"1": {}}}'])
def test_an_odd_answer_to_a_prompt_fails_its_job(tmp_path, said):
    case(
        tmp_path, once(at("/prompt", lambda: web.Response(text=said), method="POST")), colors=(0, 1)
    )
    assert list(errors(tmp_path)) == [1] and set(pictures(tmp_path)) == {2}


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500, 501])
def test_a_file_or_a_prompt_that_is_refused_fails_its_job(tmp_path, status):
    refuse = once(at("/prompt", lambda: web.Response(status=status), method="POST"))
    lose = once(at("/view", lambda: web.Response(status=status)))
    case(tmp_path, refuse, lose, colors=(0, 1, 2))
    assert len(pictures(tmp_path)) == 1
    first, second = errors(tmp_path).values()
    said = sorted([first, second], key=lambda error: "refused" not in error)
    assert f"(HTTP {status})" in said[0]
    assert f"(HTTP {status})" in said[1] or "is not on the server any more" in said[1]


def test_escape_sequences_of_a_server_reach_neither_screen_nor_files(tmp_path, capfd):
    def entry(fake, prompt_id):
        message = ["execution_error", {"node_type": ESCAPE, "exception_message": f"bad {ESCAPE}"}]
        return {"status": {"status_str": "error", "messages": [message]}}

    refusal = json.dumps({"error": {"message": f"no {ESCAPE}", "details": ESCAPE}})
    refuse = at("/prompt", lambda: web.Response(status=400, text=refusal), method="POST")
    case(tmp_path, once(refuse), entry=entry, colors=(0, 1))
    said = "".join(capfd.readouterr())
    written = "".join(file.read_text("utf-8") for file in (tmp_path / "out").glob("*.jsonl"))
    assert "Job 1 failed. The server refused it: no detrevni" in said
    assert "bad detrevni" in said and "bad detrevni" in written
    for text in (said.replace("\n", ""), written.replace("\n", "")):
        assert text.isprintable() and "u001b" not in text and "owned" not in text


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.png", ".png"),
        ("a.PNG", ".png"),
        ("a.mp4", ".mp4"),
        ("a.sh", ".bin"),
        ("a.exe", ".bin"),
        ("a.html", ".bin"),
        ("a.png.lnk", ".bin"),
        ("a." + "b" * 300, ".bin"),
        ("a", ".bin"),
        (".png", ".bin"),
        ("a.png ", ".bin"),
        ("../../a.png", ".png"),
        ("a.png\u202e", ".bin"),
        ("C:\\a.bat", ".bin"),
    ],
)
def test_a_suffix_is_one_that_nodes_save(tmp_path, name, suffix):
    def entry(fake, _):
        fake.files[name] = PNG
        return success(images=[{**FILE, "filename": name}])

    case(tmp_path, entry=entry)
    (file,) = (tmp_path / "out").glob("0*")
    assert file.suffix == suffix and len(file.name) < 30 and file.read_bytes() == PNG


def _bomb(*_):
    packed = gzip.compress(bytes(50_000_000))
    return web.Response(body=packed, headers={"Content-Encoding": "gzip"})


async def _endless(request):
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(bytes(2**16))


@pytest.mark.parametrize("kind", ["bomb", "endless"])
def test_a_file_ends_at_the_bound_and_leaves_nothing(tmp_path, kind):
    def fault(request):
        if request.path == "/view" and kind == "bomb":
            return _bomb()
        return _endless(request) if request.path == "/view" else None

    fault = once(fault)
    case(tmp_path, fault, colors=(0, 1), largest=2**20)
    (error,) = errors(tmp_path).values()
    assert "is larger than 1 MB: give --largest if it may be." in error
    assert len(pictures(tmp_path)) == 1
    left = [file.name for file in (tmp_path / "out").iterdir() if file.stat().st_size > 10_000]
    assert not left and not list((tmp_path / "out").glob(".*.part"))


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_a_packed_file_within_the_bound_is_unpacked(tmp_path, packing):
    import zlib

    pack = gzip.compress if packing == "gzip" else zlib.compress
    content = bytes(range(256)) * 2000

    def packed():
        return web.Response(body=pack(content), headers={"Content-Encoding": packing})

    case(tmp_path, at("/view", packed))
    assert pictures(tmp_path) == {1: content}


@pytest.mark.parametrize(
    ("packing", "body"),
    [("gzip", b"no gzip"), ("gzip", gzip.compress(bytes(9999))[:-9]), ("br", b"?"), ("a, b", b"?")],
)
def test_what_cannot_be_unpacked_fails_its_job(tmp_path, packing, body):
    def packed():
        return web.Response(body=body, headers={"Content-Encoding": packing})

    case(tmp_path, once(at("/view", packed)), colors=(0, 1))
    (error,) = errors(tmp_path).values()
    assert "comes packed" in error and len(pictures(tmp_path)) == 1


@pytest.mark.parametrize("path", ["/system_stats", "/object_info", "/history", "/queue"])
@pytest.mark.parametrize("kind", ["bomb", "text"])
def test_answers_that_are_too_large_or_none_of_comfyui_s_end_in_a_sentence(
    tmp_path, monkeypatch, path, kind
):
    from fewstep.client.queue import http

    monkeypatch.setattr(http, "_MOST_JSON", 2**20)
    answer = _bomb if kind == "bomb" else (lambda: web.Response(text="Welcome"))
    faults = [at(path, answer)]
    if path == "/history":
        case(tmp_path, *faults)
        assert len(errors(tmp_path)) == 1
    elif path == "/queue":
        # Asked only where a try is open: the batch has none.
        case(tmp_path, *faults)
        assert set(pictures(tmp_path)) == {1}
    else:
        with pytest.raises(InputError, match="is not ComfyUI|answers with something|is larger"):
            case(tmp_path, *faults)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((path, 307) for path in ("/system_stats", "/object_info", "/prompt", "/view", "/ws")),
        *(("/prompt", status) for status in (301, 302, 303, 308)),
        ("/ws", 302),
    ],
)
def test_no_redirect_is_followed(tmp_path, capfd, status, path):
    async def go():
        async with FakeComfyUI() as other, FakeComfyUI() as fake:
            to = {
                "Location": f"http://me:secret@127.0.0.1:{other.port}/manager/reboot?token=secret"
            }

            def away(request):
                if request.path.startswith(path):
                    return web.Response(status=status, headers=to)
                return None

            fake.faults.append(away)
            try:
                await run_batch(tmp_path, fake.url)
                ended = None
            except (InputError, StoppedError) as error:
                ended = error
            return other.asked, ended

    asked, ended = asyncio.run(go())
    said = "".join(capfd.readouterr()) + str(ended)
    assert not asked and "secret" not in said
    if path == "/ws":
        # Without the socket the history is asked.
        assert ended is None and set(pictures(tmp_path)) == {1}
    else:
        assert "sends requests on to http://127.0.0.1:" in said and not pictures(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "../manager/reboot",
        "..",
        ".",
        "a?b=1",
        "a#b",
        "a/b",
        "%2e%2e%2fmanager",
        "..\\manager",
        "a b\n",
        "\ud800",
        "ü",
        "//evil/",
        "http://evil/",
    ],
)
def test_the_type_of_a_node_leads_nowhere(tmp_path, name):
    prompt = {**PROMPT, "3": {"class_type": name, "inputs": {}}}
    seen = []

    def note(request):
        seen.append(request.raw_path)

    with pytest.raises(InputError, match="nodes that the server lacks"):
        case(tmp_path, note, prompt=prompt, colors=())
    others = ("/system_stats", "/node_replacements")
    assert all(path.startswith("/object_info/") or path in others for path in seen)
    assert all("/" not in path.removeprefix("/object_info/") for path in seen if "info" in path)
    assert not any("?" in path or "#" in path for path in seen)


ADDRESSES = {
    "/": "",
    "/#": "",
    "/#/workflow/abc": "",
    "#workflow": "",
    "?token=s3cret%2B1": "s3cret+1",
    "/?token=s3cret+1&x=y#2": "s3cret 1",
}


@pytest.mark.parametrize("suffix", ADDRESSES)
def test_the_page_s_address_is_an_address_and_its_token_goes_with_every_request(
    tmp_path, capfd, suffix
):
    fake = case(tmp_path, suffix=suffix, colors=(0, 1))
    token = ADDRESSES[suffix]
    paths = {request.path.split("/")[1] for request in fake.asked}
    assert {"system_stats", "object_info", "prompt", "history", "view", "ws"} <= paths
    assert {request.query.get("token", "") for request in fake.asked} == {token}
    assert set(pictures(tmp_path)) == {1, 2}
    written = b"".join(file.read_bytes() for file in (tmp_path / "out").glob("*.jsonl"))
    assert b"s3cret" not in written and "s3cret" not in "".join(capfd.readouterr())


def _closed(request):
    given = request.headers.get("Authorization", "")
    if given not in ("Bearer s3cret", "Basic bWU6czNjcmV0"):
        return web.Response(status=401, text=f"{given} is not right")
    return None


def test_a_login_lets_every_request_in_and_is_in_no_file(tmp_path, capfd):
    async def go(folder, url, **given):
        async with FakeComfyUI() as fake:
            seen = []
            fake.faults += [_closed]

            def echo(request):
                if request.path == "/prompt" and not seen:
                    seen.append(1)
                    told = f"{request.headers['Authorization']} and s3cret"
                    return web.Response(status=400, text=told)
                return None

            fake.faults.append(echo)
            url = url.format(port=fake.port)
            await run_batch(folder, url, colors=(0, 1), **given)

    ways = {
        "header": ("http://127.0.0.1:{port}", {"headers": {"Authorization": "Bearer s3cret"}}),
        "url": ("http://me:s3cret@127.0.0.1:{port}", {}),
    }
    for way, (url, given) in ways.items():
        folder = tmp_path / way
        folder.mkdir()
        asyncio.run(go(folder, url, **given))
        assert set(pictures(folder)) == {2} and "***" in errors(folder)[1]
        files = b"".join(file.read_bytes() for file in (folder / "out").iterdir())
        for secret in (b"s3cret", b"bWU6czNjcmV0", b"me:"):
            assert secret not in files
    said = "".join(capfd.readouterr())
    assert "s3cret" not in said and "bWU6" not in said


@pytest.mark.parametrize("status", [401, 403, 407])
def test_a_server_that_wants_a_login_says_so(tmp_path, status):
    with pytest.raises(InputError, match=f"wants a login .HTTP {status}.: give it with --header"):
        case(tmp_path, lambda _: web.Response(status=status))


@pytest.mark.parametrize(
    "url", ["ftp://me:s3cret@host/", "http://", "http://me:s3cret@:1", "http://a:b:c", "://", ""]
)
def test_what_is_no_address_is_refused_without_its_password(tmp_path, url):
    with pytest.raises(InputError, match="is no address of a server") as caught:
        asyncio.run(run_batch(tmp_path, url))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "status", "after"),
    [
        ("/system_stats", 429, "1"),
        ("/object_info", 524, None),
        ("/prompt", 429, "1"),
        ("/prompt", 502, None),
        ("/history", 503, "0.2"),
        ("/view", 429, "1"),
        ("/view", 504, None),
        ("/view", 429, "soon"),
    ],
)
def test_a_busy_server_is_waited_for(tmp_path, capfd, status, after, path):
    headers = {"Retry-After": after} if after else {}

    def wait():
        return web.Response(status=status, headers=headers)

    busy = at(path, wait, method="POST" if path == "/prompt" else "GET")
    begin = time.monotonic()
    case(tmp_path, once(busy, 2), colors=(0, 1))
    assert set(pictures(tmp_path)) == {1, 2} and not errors(tmp_path)
    # Twice the server asked for so long; what is beside it may overlap.
    assert time.monotonic() - begin >= (0.0 if after in (None, "soon") else float(after))


def test_a_date_is_waited_for_too(tmp_path):
    from email.utils import formatdate

    def wait():
        later = formatdate(time.time() + 2, usegmt=True)
        return web.Response(status=429, headers={"Retry-After": later})

    begin = time.monotonic()
    case(tmp_path, once(at("/system_stats", wait)))
    # A date has whole seconds.
    assert time.monotonic() - begin > 0.9


def test_a_server_that_answers_again_is_said_to(tmp_path, capfd):
    def wait():
        return web.Response(status=503, headers={"Retry-After": "2"})

    case(tmp_path, once(at("/view", wait)))
    said = capfd.readouterr().err
    assert "does not answer (it is busy, HTTP 503): asking again in 2 s." in said
    assert "answers again." in said


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 that nobody has signed, and a server's context with it."""
    files = [str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-keyout", files[0], "-out", files[1], "-subj", "/CN=localhost"]
    try:
        subprocess.run(
            [*command, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("openssl makes the certificate of this test")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files[1], files[0])
    return files[1], context


def test_certificates_are_checked_and_an_own_one_can_be_trusted(tmp_path, monkeypatch, certificate):
    file, context = certificate

    async def go(suffix=""):
        async with FakeComfyUI(tls=context) as fake:
            url = fake.url if not suffix else fake.url.replace("https", suffix)
            await run_batch(tmp_path, url)

    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(InputError, match="is not trusted .*SSL_CERT_FILE"):
        asyncio.run(go())
    with pytest.raises(InputError, match="speaks TLS: write https:// for http://"):
        asyncio.run(go("http"))
    monkeypatch.setenv("SSL_CERT_FILE", file)
    asyncio.run(go())
    assert set(pictures(tmp_path)) == {1}


def test_a_plain_server_is_not_asked_by_tls(tmp_path):
    async def go():
        async with FakeComfyUI() as fake:
            await run_batch(tmp_path, fake.url.replace("http", "https"))

    with pytest.raises(InputError, match="does not speak TLS: write http:// for https://"):
        asyncio.run(go())


def test_a_preview_that_cannot_be_written_does_not_end_the_batch(tmp_path, capfd):
    (tmp_path / "out" / "preview.jpg").mkdir(parents=True)

    def entry(fake, prompt_id):
        task = fake.tell_all((1).to_bytes(4, "big") + bytes(4) + b"a picture")
        fake.told = asyncio.ensure_future(task)
        return fake.honest(prompt_id)

    case(tmp_path, entry=entry, colors=range(3), previews=True)
    assert set(pictures(tmp_path)) == {1, 2, 3}
    assert "There are no previews from here." in capfd.readouterr().err


ODD_MESSAGES = [
    "", "[", "[]", "3", "null", '"a"', "{}", '{"type": 3}', '{"type": "executing"}',
    '{"type": "executing", "data": []}', '{"type": "executing", "data": "x"}',
    '{"type": "executing", "data": {"node": null, "prompt_id": 5}}',
    '{"type": "executing", "data": {"node": null, "prompt_id": {"a": 1}}}',
    '{"type": "execution_start"}', '{"type": "execution_start", "data": {"prompt_id": [1]}}',
    "[" * 50_000, b"", b"\0", b"\0\0\0\1", b"\0\0\0\4", b"\0\0\0\4\xff\xff\xff\xff",
    b"\0\0\0\4\0\0\0\2[]", b'\0\0\0\4\0\0\0\x0d{"node_id": 1}', b"\xff" * 100,
]  # fmt: skip


def test_odd_messages_are_passed_over(tmp_path):
    def entry(fake, prompt_id):
        async def tell():
            for message in ODD_MESSAGES:
                await fake.tell_all(message)

        fake.told = asyncio.ensure_future(tell())
        return fake.honest(prompt_id)

    case(tmp_path, entry=entry, colors=range(3), previews=True)
    assert set(pictures(tmp_path)) == {1, 2, 3} and not errors(tmp_path)


def test_a_file_that_was_there_before_the_run_is_none_of_its_own(tmp_path):
    began = ["execution_start", {"timestamp": 1_700_000_000_000}]
    old = {"Last-Modified": "Tue, 14 Nov 2023 20:13:20 GMT"}

    def entry(fake, prompt_id):
        name = f"{prompt_id}.png"
        fake.files[name] = PNG
        files = [{**FILE, "filename": "old.png"}, {**FILE, "filename": name}]
        return success(began, images=files[: 1 if fake.color(prompt_id) else 2])

    def view(request):
        if request.path == "/view" and request.query["filename"] == "old.png":
            return web.Response(body=b"old", headers=old)
        return None

    case(tmp_path, view, entry=entry, colors=(0, 1))
    assert pictures(tmp_path) == {1: PNG}
    assert errors(tmp_path) == {2: "old.png was there before this run: no node has saved a file."}


def test_what_people_put_in_and_what_an_earlier_run_made_is_no_result(tmp_path):
    def entry(fake, prompt_id):
        fake.honest(prompt_id)
        fake.files["in.png"] = fake.files["cached.png"] = b"another's"
        made = success(
            ["execution_cached", {"nodes": ["3"]}],
            images=[
                {**FILE, "filename": "in.png", "type": "input"},
                {**FILE, "filename": f"{prompt_id}.png", "type": "temp"},
            ],
        )
        made["outputs"]["3"] = {"images": [{**FILE, "filename": "cached.png"}]}
        return made

    case(tmp_path, entry=entry)
    assert pictures(tmp_path) == {1: PNG + b"1"}


def test_a_request_that_always_breaks_fails_its_job(tmp_path):
    def cut(request):
        if request.path == "/view" and request.query["filename"] == cut.name:
            request.transport.abort()
            return web.Response()
        return None

    def entry(fake, prompt_id):
        if fake.color(prompt_id) == 0:
            cut.name = f"{prompt_id}.png"
        return fake.honest(prompt_id)

    cut.name = ""
    case(tmp_path, cut, entry=entry, colors=(0, 1))
    assert set(pictures(tmp_path)) == {2}
    assert "The server answers, but not about this job" in errors(tmp_path)[1]


def test_definitions_that_are_none_end_in_a_sentence(tmp_path):
    for odd in ({"Canvas": 3}, {"Canvas": {"input": []}}, {"Canvas": {}}, [], 3):
        with pytest.raises(InputError):
            case(tmp_path, at("/object_info/Canvas", lambda odd=odd: web.json_response(odd)))
