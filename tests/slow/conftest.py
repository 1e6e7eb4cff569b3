"""A whole SDXL UNet of random weights, written for the tests and removed after them."""

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

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
