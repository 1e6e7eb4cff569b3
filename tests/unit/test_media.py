"""A picture, video or sound that ComfyUI has saved is a workflow: the prompt in it, exactly."""

import json
import random
import struct

import av
import numpy as np
import pytest
from fewstep.client.errors import InputError
from fewstep.client.page.file import prompt_of, read_workflow
from PIL import Image
from PIL.PngImagePlugin import PngInfo

PROMPT = {
    str(number): {
        "class_type": "Text",
        "inputs": {"text": "ü ✓ \U0001f600 " * 40, "n": 0.1, "from": ["9", 0]},
        "_meta": {"title": "a = b"},
    }
    for number in range(8)
}
TEXT = json.dumps(PROMPT)
VIDEO = {"webm": "libvpx-vp9", "mp4": "libx264", "mkv": "libx264"}
SOUND = {"flac": "flac", "mp3": "libmp3lame", "opus": "libopus"}


def picture(file, name="prompt", text=TEXT):
    """As ComfyUI's nodes write them (nodes.py, comfy_api/latest/_ui.py)."""
    image = Image.new("RGB", (8, 8))
    if file.suffix == ".webp":
        exif = image.getexif()
        exif[0x0110], exif[0x010F] = f"{name}:{text}", "workflow:{}"
        image.save(file, exif=exif)
        return
    info = PngInfo()
    if "animated" in file.name:
        info.add(b"comf", name.encode() + b"\0" + text.encode("latin-1"), after_idat=True)
        image.save(file, pnginfo=info, save_all=True, append_images=[image])
    else:
        info.add_text(name, text, zip="packed" in file.name)
        info.add_text("workflow", "{}")
        image.save(file, pnginfo=info)


def video(file):
    options = {"movflags": "use_metadata_tags"} if file.suffix == ".mp4" else {}
    with av.open(str(file), "w", options=options) as container:
        container.metadata["prompt"] = TEXT
        container.metadata["workflow"] = "{}"
        stream = container.add_stream(VIDEO[file.suffix[1:]], rate=8)
        stream.width = stream.height = 64
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
        container.mux([*stream.encode(frame), *stream.encode(None)])


def sound(file):
    with av.open(str(file), "w") as container:
        stream = container.add_stream(SOUND[file.suffix[1:]], rate=48000, layout="mono")
        container.metadata["prompt"] = TEXT
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), "flt", "mono")
        frame.sample_rate = 48000
        container.mux([*stream.encode(frame), *stream.encode(None)])


def exr(file):
    def attribute(name, kind, value):
        return name + b"\0" + kind + b"\0" + struct.pack("<i", len(value)) + value

    head = b"\x76\x2f\x31\x01\x02\0\0\0" + attribute(b"compression", b"compression", b"\0")
    file.write_bytes(head + attribute(b"prompt", b"string", TEXT.encode()) + b"\0" + b"\0" * 64)


MAKERS = {
    "plain.png": picture,
    "packed.png": picture,
    "animated.png": picture,
    "a.webp": picture,
    "a.exr": exr,
    **{f"a.{ending}": video for ending in VIDEO},
    **{f"a.{ending}": sound for ending in SOUND},
}


@pytest.fixture(scope="module", params=MAKERS)
def saved(request, tmp_path_factory):
    file = tmp_path_factory.mktemp("media") / request.param
    MAKERS[request.param](file)
    return file


def test_the_prompt_in_it_is_read_exactly(saved):
    assert prompt_of(read_workflow(saved), {}) == PROMPT


def test_its_name_does_not_matter(saved, tmp_path):
    (tmp_path / "workflow.json").write_bytes(saved.read_bytes())
    assert read_workflow(tmp_path / "workflow.json") == PROMPT


def test_a_file_that_is_cut_or_damaged_is_read_or_one_sentence(saved, tmp_path):
    content, draw = saved.read_bytes(), random.Random(saved.name)
    for number in range(300):
        broken = bytearray(content[: draw.randrange(13, len(content))] if number % 2 else content)
        for _ in range(number % 5):
            broken[draw.randrange(12, len(broken))] = draw.choice([0, 1, 127, 128, 255])
        (tmp_path / "broken").write_bytes(broken)
        try:
            read_workflow(tmp_path / "broken")
        except InputError as error:
            assert str(error).endswith(".") and "\n" not in str(error)


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\xff\xff\xff\xfftEXt",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00tEXt" + b"\0" * 20,
        b"RIFF\xff\xff\xff\xffWEBPEXIF\xff\xff\xff\xff",
        b"\0\0\0\x18ftypisom\0\0\0\0\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x1aE\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff\x18\x53\x80\x67\x08",
        b"fLaC\x84\xff\xff\xff",
        b"OggS" + b"\0" * 22 + b"\xff" + b"\xff" * 255,
        b"ID3\x04\0\0\x7f\x7f\x7f\x7fTXXX\x7f\x7f\x7f\x7f\0\0\x03",
    ],
    ids=lambda content: content[:12].hex(),
)
def test_sizes_that_a_file_says_are_not_trusted(tmp_path, content):
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(InputError, match="carries no prompt"):
        read_workflow(tmp_path / "bad")


def test_a_picture_without_a_prompt_says_so(tmp_path):
    for name in ("a.png", "a.webp", "a.jpg", "a.gif"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
        with pytest.raises(InputError, match="carries no prompt"):
            read_workflow(tmp_path / name)


def test_text_that_unpacks_without_end_is_refused(tmp_path):
    large = {"1": {"class_type": "Text", "inputs": {"text": "a" * (70 * 2**20)}}}
    picture(tmp_path / "packed.png", text=json.dumps(large))
    assert (tmp_path / "packed.png").stat().st_size < 2**20
    with pytest.raises(InputError, match="carries no prompt"):
        read_workflow(tmp_path / "packed.png")


def test_only_a_workflow_in_it_will_do_too(tmp_path):
    workflow = {"nodes": [{"id": 1, "type": "Text"}], "links": []}
    info = PngInfo()
    info.add_text("workflow", json.dumps(workflow))
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", pnginfo=info)
    assert read_workflow(tmp_path / "a.png") == workflow


def test_what_a_batch_has_put_into_its_picture_is_taken_out(tmp_path):
    marked = {"1": {**PROMPT["1"], "inputs": {**PROMPT["1"]["inputs"], "fewstep_batch": "x try 1"}}}
    picture(tmp_path / "a.png", text=json.dumps(marked))
    assert read_workflow(tmp_path / "a.png") == {"1": PROMPT["1"]}
