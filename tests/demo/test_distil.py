"""What few-step adapters are taught, with a model that knows the picture."""

import pytest
import torch
from fewstep.demo.model.diffusion import noised, signal_power
from fewstep.demo.training.distil import jumps, landing, level, target


@pytest.mark.parametrize("to_any", [False, True])
def test_jumps_go_down_and_end_where_the_sampler_asks(to_any):
    path = jumps(4000, 80, to_any=to_any, last=0.2)
    assert (path.end <= path.middle).all() and (path.middle < path.start).all()
    assert ((path.start + 1) % 20 == 0).all() and ((path.end + 1) % 20 == 0).all()
    clean = (path.end == -1).double().mean()
    # Of those that end anywhere, one in fifty starts near the clean end anyway.
    assert clean == 1 if not to_any else 0.4 < clean < 0.65
    # A fifth, and one in fifty of the others.
    assert 0.17 < (path.start == 999).double().mean() < 0.26


@pytest.mark.parametrize("to_any", [False, True])
def test_a_perfect_model_lands_on_its_own_path_and_so_does_the_target(to_any):
    powers, image = signal_power(), torch.randn(64, 4, 8, 8)
    path, noise = jumps(64, 80, to_any=to_any), torch.randn(64, 4, 8, 8)

    def perfect(x, time, _):
        power = powers[time][:, None, None, None]
        return (x - power.sqrt() * image) / (1 - power).sqrt()

    x = noised(image, noise, level(powers, path.start))
    expected = noised(image, noise, level(powers, path.end))
    prompts = torch.empty(64, 0)
    # float32, where the signal's power at t = 999 is 0.0047: an error counts 15 times.
    assert torch.allclose(landing(perfect, x, prompts, powers, path), expected, atol=1e-3)
    goal = target(perfect, perfect, x, prompts, powers, path)
    assert torch.allclose(goal, expected, atol=1e-3)
