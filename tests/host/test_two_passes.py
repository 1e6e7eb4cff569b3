"""Image to image that keeps its steps, and a second, larger pass, through a real server."""

import pytest
import torch
from graphs import Graph, saved_latents

from demo.show.pictures import load_pictures

TCD = "fewstep-demo-tcd.safetensors"


def _accelerated(size=64):
    graph = Graph(size=size)
    loader = graph.lora(TCD)
    graph.model = [loader[0], 0]
    return graph, [loader[0], 1]


@pytest.mark.floor(denoise=0.6)
@pytest.mark.parametrize("denoise", [0.9, 0.6, 0.3, 0.1])
def test_image_to_image_keeps_its_steps_and_starts_at_the_level(server, denoise):
    """1, 2 and 4 steps; 0.1 has a grid of five points, and starts at 99."""
    graph, recipe = _accelerated()
    runs = {
        steps: graph.ksampler(latent=graph.picture(), steps=steps, denoise=denoise, recipe=recipe)
        for steps in (1, 2, 4)
    }
    shown = {steps: graph.show([node[0], 1]) for steps, node in runs.items()}
    saved = [graph.save(node) for node in runs.values()]
    entry = server.queue(graph.prompt)
    start = round(1000 * denoise) - 1
    for steps, node in shown.items():
        told = entry["outputs"][node]["text"][0]
        assert f"{steps} step{'s' * (steps > 1)} from t = {start} at denoise {denoise:g}" in told
    assert all(latent.isfinite().all() for latent in saved_latents(server, entry, *saved))


@pytest.mark.floor(seed=42)
@pytest.mark.parametrize("seed", [42, 43])
def test_two_steps_and_two_more_at_twice_the_size_keep_the_picture(server, seed):
    """The large picture, made small again, is the first one: a correlation over 0.8 in pixels."""
    graph, recipe = _accelerated()
    graph.positive = graph.add(
        "CLIPTextEncode", clip=graph.clip, text="a red star on a blue background"
    )
    first = graph.ksampler(seed, steps=2, recipe=recipe)
    larger = graph.add("LatentUpscaleBy", samples=first, upscale_method="bicubic", scale_by=2.0)
    second = graph.ksampler(seed, larger, steps=2, denoise=0.5, recipe=recipe)
    small, large = (
        graph.add(
            "SaveImage",
            images=graph.add("VAEDecode", samples=latent, vae=graph.vae),
            filename_prefix=f"two-passes-{seed}-{name}",
        )[0]
        for name, latent in (("first", first), ("second", second))
    )
    shown = graph.show([second[0], 1])
    entry = server.queue(graph.prompt)
    assert "2 steps from t = 499 at denoise 0.5" in entry["outputs"][shown]["text"][0]
    before, after = (
        load_pictures(server.base_dir, {"outputs": {node: entry["outputs"][node]}})
        for node in (small, large)
    )
    assert after.shape == (1, 3, 128, 128)
    after = torch.nn.functional.interpolate(after, size=before.shape[-2:], mode="area")
    alike = torch.corrcoef(torch.stack([before.flatten(), after.flatten()]))[0, 1]
    assert 0.8 < float(alike) < 0.9999
