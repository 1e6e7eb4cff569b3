"""No file, whatever it holds, crashes the reader."""

import json
import os
import struct
import sys
from pathlib import Path

import pytest
from fewstep.recipes import builtin_recipes, layout_of, read_header, recognise
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from bad_headers import BAD  # noqa: E402

RECIPES = builtin_recipes()


def file_of(folder, header, data=b""):
    path = folder / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
    return path


def judged(path):
    """What is said about a file: the recipe or "not recognised", or a sentence of an error."""
    try:
        return recognise(path.name, read_header(path), RECIPES).told()
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_header_is_an_error_or_unknown(name, tmp_path):
    """How long it takes is in the bench: below 100 ms for each."""
    told = judged(file_of(tmp_path, BAD[name], b"\0\0"))
    assert told.startswith("not recognised (") or told.endswith((".", "again."))


def test_an_empty_and_a_cut_file_say_so(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"")
    assert "empty" in judged(path)
    path.write_bytes(b"\1\0")
    assert "cut off" in judged(path)
    path.write_bytes(struct.pack("<Q", 10_000_000_000) + b"{}")
    assert "cut off" in judged(path)
    with path.open("r+b") as file:
        file.truncate(11_000_000_000)
    assert "10000000000 bytes, more than any model's" in judged(path)


def test_a_half_downloaded_file_says_how_much_is_missing(tmp_path):
    header = b'{"a":{"dtype":"F16","shape":[500],"data_offsets":[0,1000]}}'
    assert f"{8 + len(header) + 10} of {8 + len(header) + 1000} bytes" in judged(
        file_of(tmp_path, header, b"\0" * 10)
    )


def test_a_file_name_that_is_not_utf_8_is_read(tmp_path):
    if sys.platform != "linux":
        pytest.skip("only Linux has such names")
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.safetensors"))
    path.write_bytes(struct.pack("<Q", 2) + b"{}")
    assert judged(path) == "not recognised (a file of no known kind)"


NAMES = st.text(max_size=30) | st.sampled_from(
    [
        "lora_unet_down_blocks_2_attentions_0_transformer_blocks_9_attn2_to_k.lora_down.weight",
        "lora_unet_mid_block_resnets_0_conv1.lora_down.weight",
        "transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight",
        "model.diffusion_model.input_blocks.8.1.transformer_blocks.0.attn2.to_k.weight",
        "base_model.model.transformer_blocks.0.attn.add_k_proj.lora_A.weight",
        "a.lora_A",
        "__metadata__",
    ]
)
SIZES = st.integers(-3, 5000)
TENSORS = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F16", "F32", "?"]) | st.none(),
        "shape": st.lists(SIZES, max_size=5) | st.integers(),
        "data_offsets": st.lists(SIZES, min_size=1, max_size=3),
    }
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(NAMES, TENSORS | JSON, max_size=8), st.text(max_size=40))
def test_any_header_is_recognised_unknown_or_a_clear_error(tmp_path_factory, content, name):
    folder = tmp_path_factory.getbasetemp()
    path = file_of(folder, json.dumps(content).encode(), b"\0" * 6000)
    try:
        found = recognise(name, read_header(path), RECIPES)
    except ValueError as error:
        assert str(error).endswith(".")
    else:
        assert found.told()
        assert found.recipe is None or found.recipe.id in RECIPES


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_unknown_or_a_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.safetensors"
    path.write_bytes(content)
    assert judged(path)


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=20), st.lists(st.integers(0, 99), max_size=4)))
def test_what_is_written_is_read(tmp_path_factory, shapes):
    shapes.pop("__metadata__", None)
    content = {
        name: {"dtype": "F16", "shape": shape, "data_offsets": [0, 0]}
        for name, shape in shapes.items()
    }
    header = read_header(file_of(tmp_path_factory.getbasetemp(), json.dumps(content).encode()))
    assert {name: list(tensor.shape) for name, tensor in header.tensors.items()} == shapes
    layout_of(header)
