"""Comparison and plot through a real server, on the demo model."""

import time

import pytest
import torch
from fewstep.host.sampling.ways import walk_of
from graphs import Graph, saved_images
from waiting import wait_until

LORA = "fewstep-demo-tcd.safetensors"


@pytest.mark.parametrize("apply", ["merge", "live"])
def test_the_batch_is_what_single_runs_save(server, apply):
    """In 8 bits; live and merged strengths are the loader's own."""
    graph = Graph()
    plain = graph.model
    loader = graph.lora(LORA, strength=0.9, apply=apply)
    graph.model = [loader[0], 0]
    lists = {"steps": "1, 2", "gammas": "0, 1", "strengths": "0.5, 1"}
    node = graph.compare(**lists, recipe=[loader[0], 1])
    batch, sheet = graph.save_images([node[0], 1]), graph.save_images([node[0], 0])
    singles = []
    for strength in (0.5, 1.0):
        for steps in (1, 2):
            for gamma in (0.0, 1.0):
                graph.model = plain
                graph.model = graph.lora(LORA, strength=strength, apply=apply)
                recipe = graph.recipe(gamma=gamma)
                latent = graph.ksampler(steps=steps, recipe=recipe)
                images = graph.add("VAEDecode", samples=latent, vae=graph.vae)
                singles.append(graph.save_images(images))
    entry = server.queue(graph.prompt)
    pictures = saved_images(server, entry, batch)
    alone = torch.cat([saved_images(server, entry, node_id) for node_id in singles])
    assert pictures.shape == alone.shape == (8, 64, 64, 3)
    assert int((pictures - alone).abs().max()) <= 1
    assert saved_images(server, entry, sheet).shape[1] > 4 * 64


def test_a_comparison_is_stopped_and_the_next_one_works(server):
    graph = Graph(size=512)
    node = graph.compare(int(time.time()), steps="40, 50")
    graph.save_images(node)
    prompt_id = server.submit(graph.prompt)
    wait_until(lambda: server.get("/queue")["queue_running"], "the run has begun")
    time.sleep(1)
    server.interrupt()
    entry = server.wait(prompt_id)
    assert "execution_interrupted" in [name for name, _ in entry["status"]["messages"]]
    graph = Graph()
    saved = graph.save_images(graph.compare(int(time.time())))
    assert len(saved_images(server, server.queue(graph.prompt), saved)) == 1


@pytest.mark.parametrize("with_model", [True, False])
def test_a_plot_is_as_wide_as_asked_and_has_something_to_see(server, with_model):
    graph = Graph()
    model = {"model": graph.model} if with_model else {}
    plot = graph.add("FewStepPlot", sigmas=graph.sigmas(), sampler=graph.tcd(), width=640, **model)
    saved = graph.save_images(plot)
    (picture,) = saved_images(server, server.queue(graph.prompt), saved)
    assert picture.shape[1] == 640
    # The orange of noise that is added back.
    assert (picture[..., 0] - picture[..., 2] > 100).any()


def test_a_plot_of_another_pack_s_sampler_says_what_is_not_known(server):
    graph = Graph()
    euler = graph.add("KSamplerSelect", sampler_name="euler_ancestral")
    saved = graph.save_images(graph.add("FewStepPlot", sigmas=graph.sigmas(), sampler=euler))
    (picture,) = saved_images(server, server.queue(graph.prompt), saved)
    assert not (picture[..., 0] - picture[..., 2] > 100).any()


def test_what_samplers_of_the_host_do_is_not_guessed():
    import comfy.samplers

    walk = walk_of(comfy.samplers.sampler_object("dpmpp_2m"), [1.0, 0.0], None)
    assert walk == ("dpmpp_2m", None)
