"""Each mistake is one sentence that says what to do; nothing is written and the server goes on."""

import pytest
import torch
from fewstep.tools.hosts.run_error import RunError
from graphs import Graph, sampled


def _custom(**scheduler):
    graph = Graph()
    graph.save(graph.sample(graph.tcd(), graph.sigmas(**scheduler), graph.noise()))
    return graph


def _ksampler(**inputs):
    graph = Graph()
    if recipe := inputs.pop("recipe", None):
        inputs["recipe"] = graph.recipe(**recipe)
    graph.save(graph.ksampler(**inputs))
    return graph


def _compared(**inputs):
    graph = Graph()
    graph.save_images([graph.compare(**inputs)[0], 0])
    return graph


def _listed(timesteps, **others):
    return _custom(spacing="listed", timesteps=timesteps, **others)


MISTAKES = {
    "too many steps": (
        lambda: _custom(steps=8, denoise=0.1),
        "At denoise 0.1 at most 5 steps fit, and 8 are set. Set steps to 5 or fewer.",
    ),
    "denoise below the first level": (lambda: _custom(denoise=0.01), "too low for a single step"),
    "timestep out of range": (lambda: _listed("999, 1200"), 'Timestep "1200" is out of range'),
    "no timestep": (lambda: _listed("abc"), '"abc" is not a timestep'),
    "rising timesteps": (lambda: _listed("259, 499"), 'Timestep "499" is not below'),
    "empty list": (lambda: _listed(""), "The list of timesteps is empty"),
    "no trained timestep left": (
        lambda: _custom(steps=1, denoise=0.6, img2img="keep trained timesteps"),
        "Use a denoise of 1 or more",
    ),
    "list above the start": (lambda: _listed("999, 800", denoise=0.5), "Use a denoise of 0.801"),
    "no recipe": (_ksampler, "does not know the accelerator in this model"),
    "unknown recipe": (lambda: _ksampler(recipe={"recipe": "mine/none"}), "mine/none"),
    "steps out of range": (lambda: _custom(steps=51), "steps"),
    "a list without numbers": (lambda: _compared(steps="4, x"), '"x" in steps cannot be used'),
    "an empty list of settings": (
        lambda: _compared(cfgs=""),
        "The list of cfgs is empty. Write numbers up to 30, such as 1, 1.5, 2; 0 is the recipe's "
        "own CFG, and 3.5/3.5/1 is CFG by step.",
    ),
    "too many settings": (
        lambda: _compared(steps=", ".join(map(str, range(1, 51))), gammas="0, 0.5, 1"),
        "50 x 3 settings are 150 pictures, and a sheet takes 100. Shorten a list.",
    ),
    "gamma out of range": (
        lambda: _ksampler(recipe={"recipe": "tcd/sd15-lora", "gamma": 1.5}),
        "gamma",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_and_the_server_goes_on(server, mistake):
    make, sentence = MISTAKES[mistake]
    output = server.base_dir / "output"
    before = sorted(output.rglob("*"))
    with pytest.raises(RunError) as told:
        server.queue(make().prompt)
    message = str(told.value)
    assert sentence in message
    assert "\n" not in message.strip() and "Traceback" not in message
    assert sorted(output.rglob("*")) == before
    graph = Graph()
    assert torch.isfinite(sampled(server, graph, graph.ksampler(recipe=graph.recipe()))).all()
