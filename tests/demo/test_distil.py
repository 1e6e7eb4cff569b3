"""What few-step adapters are taught: the pack's distil/ gives what the demo's own formulas gave."""

import pytest
import torch
from fewstep.demo.config import CONFIG
from fewstep.demo.model.diffusion import guided, signal_power
from fewstep.demo.training.distil import distil, network, plan, times

RANDOM = torch.Generator().manual_seed


def level(time):
    """The signal's power at times, 1 at the clean end."""
    powers = signal_power().double()
    return torch.where(time < 0, 1.0, powers[time.clamp(min=0)])[:, None, None, None]


def landing(model, x, start, end):
    """Where `model`, a predictor of noise, thinks that the path from `x` ends; unit variance."""
    noise = model(x, start.clamp(min=0), None)
    image = (x - (1 - level(start)).sqrt() * noise) / level(start).sqrt()
    return level(end).sqrt() * image + (1 - level(end)).sqrt() * noise


def drawn(count, skip, share, last):
    """The demo's jumps as they were when its shipped LoRAs were made."""
    start = 20 * torch.randint(1, 51, (count,)) - 1
    start = torch.where(torch.rand(count) < last, 999, start)
    middle = (start - skip).clamp(min=-1)
    end = ((middle + 1) * torch.rand(count) / 20).long() * 20 - 1
    return start, middle, torch.where(torch.rand(count) < 1 - share, -1, end)


def model(weight):
    """A predictor of noise that is no denoiser, so that nothing cancels."""
    return lambda x, time, _: (
        torch.tanh(weight * x + time[:, None, None, None] / 999) + 0.1 * x.flip(-1)
    )


@pytest.mark.parametrize("share", [0.0, 0.5], ids=["lcm", "tcd"])
@pytest.mark.parametrize("skip", [160, 20])
def test_the_same_dice_draw_the_same_jumps(share, skip):
    torch.manual_seed(3)
    expected = drawn(4000, skip, share, 0.2)
    torch.manual_seed(3)
    path = distil.jumps(4000, skip, to_any=share, last=0.2)
    assert all(torch.equal(*both) for both in zip(expected, path, strict=True))
    assert (path.end <= path.middle).all() and (path.middle < path.start).all()


@pytest.mark.parametrize("share", [0.0, 0.5], ids=["lcm", "tcd"])
def test_loss_and_gradient_are_those_of_the_demo_s_own_formulas(share):
    """float64; both go through the same levels, whose powers are float32: 1e-9 relative."""
    torch.manual_seed(4)
    path = distil.jumps(32, 80, to_any=share, last=0.2)
    image, noise = torch.randn(2, 32, 4, 8, 8, dtype=torch.float64)
    weight = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    average, teacher = model(0.25), model(0.7)

    start, middle, end = path
    x = level(start).sqrt() * image + (1 - level(start)).sqrt() * noise
    between = landing(teacher, x, start, middle)
    ahead = landing(average, between, middle, end)
    goal = torch.where((middle == end)[:, None, None, None], between, ahead)
    difference = landing(model(weight), x, start, end) - goal
    expected = ((difference.square() + 0.05**2).sqrt() - 0.05).mean()
    (expected_gradient,) = torch.autograd.grad(expected, weight)

    loss = distil.LOSSES["consistency"]
    nets = distil.Nets(*map(network, (teacher, model(weight), average, average)))
    rows = loss.rows(image, noise, *path, torch.zeros(32))
    value = loss.student(nets, times(), plan(CONFIG.tcd, to_any=bool(share)), rows).loss
    (gradient,) = torch.autograd.grad(value, weight)
    assert torch.allclose(value, expected, rtol=1e-9, atol=0)
    assert torch.allclose(gradient, expected_gradient, rtol=1e-9, atol=0)


def test_the_network_is_shown_the_time_of_each_level():
    seen = []

    def remember(x, time, _):
        seen.append(time)
        return x

    all_times = torch.arange(1000)
    x = torch.zeros(1000, 1, 1, 1)
    network(remember)(x, times().sigmas(all_times, x), None)
    assert torch.equal(seen[0], all_times)


def test_guidance_is_the_demo_s():
    prompts, empty = torch.ones(2, 1), torch.zeros(1, 1)

    def shown(x, _, context):
        return x * context[:, :, None, None]

    guide = guided(shown, prompts, empty, CONFIG.guidance)
    x = torch.randn(2, 4, 2, 2, generator=RANDOM(1))
    assert torch.allclose(guide(x, torch.tensor([9, 9]), None), CONFIG.guidance * x)
