"""Gradients through the host's models: how the loss changes, also with blocks computed twice."""

import pytest
import torch
from fewstep.host.training.adapters import STUDENT
from fewstep.host.training.blocks import Checkpoints, KeptInputs
from fewstep.host.training.network import Network
from training_runs import BASES, inputs, loaded, student

pytestmark = [pytest.mark.floor, pytest.mark.usefixtures("training_folder")]


@pytest.mark.parametrize("base", BASES)
def test_gradients_are_the_same_with_blocks_computed_twice(base):
    """With another network switched on before the gradients are asked for; 1e-5 of their size."""
    model = loaded(base)
    x, sigma, context = inputs(model, base)
    found = []
    for twice in (False, True):
        with student(model, base) as (patcher, adapters):
            kept = KeptInputs(patcher.model)
            kept.start()
            checkpoints = Checkpoints(patcher.model, adapters.switch)
            if twice:
                checkpoints.start()
            try:
                image = Network(patcher, adapters.switch, STUDENT)(x, sigma, context)
                with torch.no_grad():
                    Network(patcher, adapters.switch, None)(x, sigma, context)
                found.append(torch.autograd.grad(image.square().mean(), adapters.weights(STUDENT)))
            finally:
                checkpoints.stop()
                kept.stop()
    largest = max(float(one.abs().max()) for one in found[0])
    for plain, again in zip(*found, strict=True):
        assert (plain - again).abs().max() <= 1e-5 * largest


@pytest.mark.parametrize("base", BASES)
def test_gradients_are_how_the_loss_changes(base):
    """Along one direction of all weights: differences of the loss itself, to 2 %."""
    model = loaded(base)
    x, sigma, context = inputs(model, base)
    with student(model, base) as (patcher, adapters):
        kept = KeptInputs(patcher.model)
        kept.start()
        net, weights = Network(patcher, adapters.switch, STUDENT), adapters.weights(STUDENT)
        found = torch.autograd.grad(net(x, sigma, context).square().mean(), weights)
        size = sum(one.square().sum() for one in found).sqrt()
        step = 1e-2
        losses = []
        for sign in (1, -1):
            with torch.no_grad():
                for weight, gradient in zip(weights, found, strict=True):
                    weight.add_(gradient, alpha=sign * step / float(size))
                losses.append(net(x, sigma, context).double().square().mean())
                for weight, gradient in zip(weights, found, strict=True):
                    weight.sub_(gradient, alpha=sign * step / float(size))
        kept.stop()
    slope = float(losses[0] - losses[1]) / (2 * step)
    assert abs(slope / float(size) - 1) < 0.02
