"""Prompts made with other TCD packs run at the API, and make what our nodes make."""

import pytest
import torch
from graphs import Graph, latents

SAMPLER = {"SamplerTCD": 0.4, "SamplerTCD EulerA": 0.2}


def _with_titles(graph):
    """The host wants a title on each node of a prompt in which it replaces one."""
    for node in graph.prompt.values():
        node.setdefault("_meta", {"title": node["class_type"]})
    return graph


@pytest.mark.parametrize("old", SAMPLER)
def test_the_samplers_and_the_scheduler_of_tcd_scheduler(server, old):
    gamma = SAMPLER[old]
    graph = Graph()
    sigmas = graph.add("TCDScheduler", model=graph.model, steps=5)
    theirs = graph.sample(graph.add(old, gamma=gamma), sigmas, graph.noise(3))
    ours = graph.sample(graph.tcd(gamma), graph.sigmas(5), graph.noise(3))
    first, second = latents(server, _with_titles(graph), graph.save(theirs), graph.save(ours))
    assert torch.equal(first, second)


def test_the_node_of_comfyui_tcd(server):
    graph = Graph()
    old = graph.add(
        "TCDModelSamplingDiscrete",
        model=graph.model,
        steps=4,
        scheduler="simple",
        denoise=1.0,
        eta=0.35,
    )
    theirs = graph.sample([old[0], 1], [old[0], 2], graph.noise(4))
    ours = graph.sample(graph.tcd(0.35), graph.sigmas(4), graph.noise(4))
    first, second = latents(server, _with_titles(graph), graph.save(theirs), graph.save(ours))
    assert torch.equal(first, second)


def test_the_scheduler_of_hyper_sdxl_s_one_step_unet(server):
    graph = Graph()
    old = graph.add("HyperSDXL1StepUnetScheduler", model=graph.model, steps=1)
    theirs = graph.sample(graph.tcd(), old, graph.noise(5))
    listed = graph.sigmas(1, spacing="listed", timesteps="800")
    ours = graph.sample(graph.tcd(), listed, graph.noise(5))
    first, second = latents(server, _with_titles(graph), graph.save(theirs), graph.save(ours))
    assert torch.equal(first, second)
