"""A whole SDXL UNet of random weights, written for the tests and removed after them; the demo model
and what is made for it.
"""

import sys
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parent))
# The demo's programs find dev.py's tools as in the checkout's folder; last, or the pack's nodes
# would hide the host's.
sys.path.append(str(Path(__file__).parents[2]))

_SDXL = {
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "attention_head_dim": (5, 10, 20),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
_CHUNK = 1 << 16
_measured: dict[tuple[str, str], dict] = {}


@pytest.fixture(scope="session")
def results():
    """What was measured, by file and loader: remembered, and shown at the end."""
    return _measured


def pytest_terminal_summary(terminalreporter):
    for (file, loader), told in _measured.items():
        terminalreporter.write_line(
            f"{file}, {loader}: peak {told['peak']:.2f} GiB, loading {told['load']:.0f} s, "
            f"one step of 256x256 {told['step']:.0f} s"
        )


@pytest.fixture(scope="session", params=["fp8", "fp16"])
def full_sdxl(request, tmp_path_factory):
    """The path of a UNet of 2.6 billion weights by diffusers' names, as Hyper-SDXL's is."""
    dtype = torch.float16 if request.param == "fp16" else torch.float8_e4m3fn
    path = tmp_path_factory.mktemp("full") / f"sdxl-{request.param}.safetensors"
    save_file(_weights(dtype), path)
    yield path
    path.unlink()


def _weights(dtype):
    with torch.device("meta"):
        network = UNet2DConditionModel(**_SDXL)
    generator = torch.Generator().manual_seed(1)
    return {
        name: _values(name, weight.shape, generator).to(dtype)
        for name, weight in network.state_dict().items()
    }


def _values(name, shape, generator):
    """Noise that keeps a signal in range; drawn once in a chunk, and repeated."""
    drawn = torch.randn(min(shape.numel(), _CHUNK), generator=generator)
    noise = drawn.half().repeat(-(-shape.numel() // _CHUNK))[: shape.numel()].reshape(shape)
    if len(shape) == 1:
        return 0.1 * noise + float(name.endswith("weight"))
    return noise * shape[1:].numel() ** -0.5


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The demo model, with folders of its own for LoRAs and runs."""
    import folder_paths

    from demo.files.assemble import assemble
    from demo.files.parts import shipped
    from demo.make.model import load

    folder = tmp_path_factory.mktemp("demo")
    assemble(shipped(), folder, torch.float32)
    known = folder_paths.folder_names_and_paths
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(known, "loras", ([str(folder / "models" / "loras")], {".safetensors"}))
        patched.setattr(folder_paths, "filename_list_cache", {})
        patched.setattr(folder_paths, "get_user_directory", lambda: str(folder / "user"))
        yield load(folder)


@pytest.fixture(scope="session")
def repaired(demo):
    """The TCD-LoRA on somebody's merge as it is, and after its repair for it."""
    from made_here import as_it_is, made

    from demo.make.settings import REPAIR

    own = demo._replace(model=demo.styled())
    return as_it_is(own, own.with_lora(own.model, REPAIR.start)), made(own, REPAIR)


@pytest.fixture(scope="session")
def from_nothing(demo):
    from made_here import made

    from demo.make.settings import NOTHING

    return made(demo, NOTHING)


@pytest.fixture(scope="session")
def unified(demo):
    from made_here import made

    from demo.make.settings import UNIFIED

    return made(demo, UNIFIED)


@pytest.fixture(scope="session")
def styled(demo):
    """A fast LoRA as it is, and after it has learnt pictures in the demo's other style."""
    from made_here import as_it_is, made

    from demo.make.runs import style_pictures
    from demo.make.settings import STYLE

    before = as_it_is(demo, demo.with_lora(demo.model, STYLE.start))
    return before, made(demo, STYLE, pictures=style_pictures(demo))
