"""Memory of a training step beside core's TrainLoraNode: bytes that torch asks for, not time.

The measurement is the bench's, on narrow models. The rank is a tenth of their width, as 32 is of
the published ones', so that model, LoRA and what is kept for gradients are in proportion.
"""

import sys
from pathlib import Path

import narrow
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from full_unet import Unet, make_model  # noqa: E402
from peak_memory import peak_memory  # noqa: E402
from training_steps import METHODS, Turns, core_cost, our_cost  # noqa: E402

UNETS = {
    base: Unet(kind, {**config, "model_channels": 64}, side=8, rank=6)
    for base, (kind, config) in narrow.CONFIGS.items()
    if base in ("SD 1.5", "SDXL")
}
BATCH, TWO = 2, Turns(1, 1)


@pytest.fixture(scope="module", params=UNETS)
def beside(request):
    """A base, a model of it, and what a step of core's trainer on it needs."""
    unet = UNETS[request.param]
    model = make_model(unet)
    core = core_cost(model, make_model(unet), unet, BATCH, TWO, checkpoints=False)
    return request.param, model, core


def test_bytes_are_counted_at_the_peak_and_not_at_the_end():
    with peak_memory(torch.device("cpu")) as peak:
        first = torch.zeros(1 << 20)
        second = torch.zeros(1 << 18)
        del first
        third = torch.zeros(1 << 18)
    assert peak.bytes == 4 * ((1 << 20) + (1 << 18))
    del second, third


@pytest.mark.parametrize("method", METHODS)
def test_a_step_needs_less_memory_than_one_of_core_s_trainer(beside, method, largest):
    """On the same model and batch with the same rank; core's own settings otherwise."""
    base, model, core = beside
    ours = our_cost(model, UNETS[base], method, BATCH, TWO, checkpoints=False)
    assert ours.together == BATCH and core.fits
    share = ours.peak / core.peak
    largest(f"{base}, {method}: memory beside TrainLoraNode", share)
    assert share < 1


def test_blocks_computed_twice_need_less():
    unet = UNETS["SD 1.5"]
    model = make_model(unet)
    plain, twice = (
        our_cost(model, unet, "trajectory", 16, TWO, checkpoints=checkpoints).peak
        for checkpoints in (False, True)
    )
    assert twice < 0.85 * plain
