"""Through the API of a real server: stages, batches, masks, the dropdown, cancel."""

import hashlib
import json
import time

import pytest
import torch
from fewstep.recipes import builtin_recipes
from fewstep.tools.hosts.run_error import RunError
from graphs import Graph, latents, sampled, saved_latents
from waiting import wait_until

NODES = [
    "FewStepSamplerTCD",
    "FewStepSamplerLCM",
    "FewStepSamplerHyperSD",
    "FewStepScheduler",
    "FewStepNoise",
    "FewStepLoraLoader",
    "FewStepOneStepLoader",
    "FewStepRecipe",
    "FewStepFromRecipe",
    "FewStepKSampler",
    "FewStepPlot",
    "FewStepCompare",
    "FewStepControlNetApply",
    "FewStepConditioningSteps",
    "FewStepTCD",
    "FewStepExperts",
    "FewStepSplit",
    "FewStepGuider",
    "FewStepNegative",
    "FewStepTeacherPaths",
    "FewStepDistil",
    "FewStepSaveAccelerator",
    "FewStepReward",
]


def test_all_nodes_are_there(server):
    assert sorted(n for n in server.object_info() if n.startswith("FewStep")) == sorted(NODES)


@pytest.mark.parametrize("steps", [4, 8])
def test_a_batch_of_four_equals_four_singles_through_a_real_unet(server, steps):
    graph = Graph(batch=4)
    batch = sampled(server, graph, graph.ksampler(100, steps=steps, recipe=graph.recipe()))
    for k in range(4):
        graph = Graph()
        alone = sampled(server, graph, graph.ksampler(100 + k, steps=steps, recipe=graph.recipe()))
        # Noise and arithmetic are equal bit for bit; the kernels of the UNet depend on the batch.
        assert torch.allclose(batch[k], alone[0], atol=1e-4 * float(alone.abs().max()))


def test_an_image_taken_from_a_batch_is_made_again_alone(server):
    graph = Graph(batch=4)
    batch = sampled(server, graph, graph.ksampler(100, recipe=graph.recipe()))
    graph = Graph(batch=4)
    third = graph.add("LatentFromBatch", samples=graph.empty, batch_index=2, length=1)
    alone = sampled(server, graph, graph.ksampler(100, third, recipe=graph.recipe()))
    assert torch.allclose(batch[2], alone[0], atol=1e-4 * float(alone.abs().max()))


def test_noise_per_image_equals_random_noise_with_seed_plus_index(server):
    graph = Graph(batch=2)
    noise = graph.add("FewStepNoise", noise_seed=100)
    batch = sampled(server, graph, graph.sample(graph.tcd(), graph.sigmas(), noise))
    for k in range(2):
        graph = Graph()
        latent = graph.sample(graph.tcd(), graph.sigmas(), graph.noise(100 + k))
        alone = sampled(server, graph, latent)
        assert torch.allclose(batch[k], alone[0], atol=1e-4 * float(alone.abs().max()))


def test_batch_seeds_comfyui_has_the_initial_noise_of_random_noise(server):
    graph = Graph(batch=2)
    ours = graph.ksampler(5, batch_seeds="ComfyUI", recipe=graph.recipe("lcm/sd15-lora"))
    lcm = graph.add("FewStepSamplerLCM", s_noise=1.0)
    theirs = graph.sample(lcm, graph.sigmas(), graph.noise(5))
    first, second = latents(server, graph, graph.save(ours), graph.save(theirs))
    assert torch.equal(first, second)


def _two_stages(gamma, second_gamma, cut=2):
    graph = Graph()
    split = graph.add("SplitSigmas", sigmas=graph.sigmas(), step=cut)
    half = graph.sample(graph.tcd(gamma), [split[0], 0], graph.noise())
    still = graph.add("DisableNoise")
    return graph, graph.sample(graph.tcd(second_gamma), [split[0], 1], still, half)


def test_split_sigmas_in_two_halves_at_gamma_0_equal_the_whole(server):
    graph = Graph()
    whole = sampled(server, graph, graph.sample(graph.tcd(0.0), graph.sigmas(), graph.noise()))
    halves = sampled(server, *_two_stages(0.0, 0.0))
    # The host takes the latent out of the model's scale and back in between: 1e-6.
    assert torch.allclose(halves, whole, atol=1e-5 * float(whole.abs().max()))


def test_denoised_output_is_the_predicted_picture(server):
    graph = Graph()
    node = graph.sample(graph.tcd(0.5), graph.sigmas(), graph.noise())
    saved = graph.save(node), graph.save([node[0], 1])
    result, denoised = latents(server, graph, *saved)
    assert torch.equal(result, denoised)
    graph, half = _two_stages(0.5, 0.5)
    first = graph.prompt[half[0]]["inputs"]["latent_image"]
    saved = graph.save(first), graph.save([first[0], 1])
    noisy, denoised = latents(server, graph, *saved)
    assert float((noisy - denoised).std()) > 0.5


def test_a_cached_first_stage_changes_nothing(server):
    fresh = sampled(server, *_two_stages(0.3, 0.4))
    other = sampled(server, *_two_stages(0.3, 0.9))
    cached = sampled(server, *_two_stages(0.3, 0.4))
    assert torch.equal(cached, fresh)
    assert not torch.equal(other, fresh)


def test_the_same_prompt_makes_the_same_picture_after_the_memory_is_freed(server):
    graph = Graph()
    first = sampled(server, graph, graph.ksampler(recipe=graph.recipe()))
    server.post("/free", {"unload_models": True, "free_memory": True})
    graph = Graph()
    assert torch.equal(sampled(server, graph, graph.ksampler(recipe=graph.recipe())), first)


@pytest.mark.parametrize("denoise", [1.0, 0.6])
def test_masked_sampling_keeps_what_core_s_sampler_keeps(server, denoise):
    graph = Graph()
    mask = graph.add("SolidMask", value=0.0, width=64, height=64)
    patch = graph.add("SolidMask", value=1.0, width=32, height=32)
    mask = graph.add("MaskComposite", destination=mask, source=patch, x=16, y=16, operation="add")
    latent = graph.add("SetLatentNoiseMask", samples=graph.picture(), mask=mask)
    sigmas = graph.sigmas(denoise=denoise)
    ours = graph.sample(graph.tcd(), sigmas, graph.noise(), latent)
    lcm = graph.add("KSamplerSelect", sampler_name="lcm")
    theirs = graph.sample(lcm, sigmas, graph.noise(), latent)
    saved = [graph.save(node) for node in (ours, theirs, latent)]
    first, second, before = latents(server, graph, *saved)
    kept = torch.ones(first.shape[-2:], dtype=torch.bool)
    kept[2:6, 2:6] = False
    assert torch.equal(first[..., kept], second[..., kept])
    # The host divides by the model's latent scale what it multiplied by it: one bit at most.
    assert torch.allclose(first[..., kept], before[..., kept], rtol=2e-7, atol=0)
    assert not torch.allclose(first[..., ~kept], before[..., ~kept], rtol=0.1)


def test_denoise_0_returns_the_latent_unchanged(server):
    graph = Graph()
    picture = graph.picture()
    ours = graph.ksampler(latent=picture, denoise=0.0, recipe=graph.recipe())
    custom = graph.sample(graph.tcd(), graph.sigmas(denoise=0.0), graph.noise(), picture)
    saved = [graph.save(latent) for latent in (picture, ours, custom)]
    before, after, after_custom = latents(server, graph, *saved)
    assert torch.equal(before, after)
    assert torch.equal(before, after_custom)


def test_core_ksampler_has_the_two_entries_beside_packs_that_copy_the_list(server):
    options = server.object_info()["KSampler"]["input"]["required"]["sampler_name"][0]
    assert options.count("fewstep_tcd") == options.count("fewstep_lcm") == 1
    graph = Graph()
    entry = graph.add(
        "KSampler",
        model=graph.model,
        positive=graph.positive,
        negative=graph.negative,
        latent_image=graph.empty,
        seed=7,
        steps=4,
        cfg=1.0,
        sampler_name="fewstep_tcd",
        scheduler="simple",
        denoise=1.0,
    )
    node = graph.sample(graph.tcd(0.3), graph.sigmas(spacing="trailing"), graph.noise(7))
    first, second = latents(server, graph, graph.save(entry), graph.save(node))
    assert torch.equal(first, second)


@pytest.mark.parametrize("sampler", ["fewstep_tcd", "fewstep_lcm"])
def test_single_steps_with_one_seed_equal_the_whole_run(server, sampler):
    """To 2e-6 of the largest value: each KSampler scales the latent, and scales it back."""
    graph = Graph()

    def steps(latent, start, end):
        return graph.add(
            "KSamplerAdvanced",
            model=graph.model,
            positive=graph.positive,
            negative=graph.negative,
            latent_image=latent,
            add_noise="enable" if start == 0 else "disable",
            noise_seed=7,
            steps=4,
            cfg=1.0,
            sampler_name=sampler,
            scheduler="simple",
            start_at_step=start,
            end_at_step=end,
            return_with_leftover_noise="enable" if end < 4 else "disable",
        )

    chain = graph.empty
    for step in range(4):
        chain = steps(chain, step, step + 1)
    first, second = latents(server, graph, graph.save(steps(graph.empty, 0, 4)), graph.save(chain))
    assert float((first - second).abs().max() / first.abs().max()) <= 2e-6


def test_recipe_to_sampler_is_the_few_step_ksampler_in_parts(server):
    graph = Graph()
    recipe = graph.recipe("tcd/sd15-lora", steps=6, gamma=0.5)
    parts = graph.add("FewStepFromRecipe", model=graph.model, recipe=recipe, steps=0, denoise=0.6)
    picture = graph.picture()
    custom = graph.sample([parts[0], 0], [parts[0], 1], graph.noise(), picture, [parts[0], 2])
    whole = graph.ksampler(latent=picture, denoise=0.6, recipe=recipe)
    first, second = latents(server, graph, graph.save(custom), graph.save(whole))
    assert torch.equal(first, second)


def test_the_text_outputs_say_what_is_used(server):
    graph = Graph()
    recipe = graph.recipe("hyper-sd/sd15-4step", steps=6, cfg=2.0)
    plan = graph.sigmas(steps=4, denoise=0.6, recipe=recipe)
    whole = graph.ksampler(recipe=recipe)
    shown = [graph.show([node[0], 1]) for node in (recipe, plan, whole)]
    entry = server.queue(graph.prompt)
    told, planned, used = (entry["outputs"][node_id]["text"][0] for node_id in shown)
    comment = json.loads(told)["comment"]
    assert "Hyper-SD 4 steps (hyper-sd/sd15-4step)" in comment
    assert "Made for 4 steps, and 6 are set." in comment
    assert "trailing (from hyper-sd/sd15-4step): 4 steps from t = 599 at denoise 0.6" in planned
    assert "599 449 299 149" in planned
    assert "6 steps from t = 999" in used and "CFG 2" in used
    assert "Made for CFG 1-1.5, and 2 is set." in used


def test_a_recipe_of_the_user_is_made_from_the_text_output_and_shows_up_at_once(server):
    graph = Graph()
    node = graph.recipe("tcd/sd15-lora", steps=6, gamma=0.5)
    shown = graph.show([node[0], 1])
    text = server.queue(graph.prompt)["outputs"][shown]["text"][0]
    folder = server.base_dir / "user" / "fewstep" / "recipes"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.json").write_text(text, "utf-8")
    (folder / "broken.json").write_text(text.replace('"steps": [', '"steps": [0, '), "utf-8")
    try:
        inputs = server.object_info()["FewStepRecipe"]["input"]["required"]
        assert inputs["recipe"][1]["options"][-1] == "mine/tcd-sd15-lora"
        graph = Graph()
        mine = graph.recipe("mine/tcd-sd15-lora")
        ours = graph.ksampler(recipe=mine)
        theirs = graph.ksampler(recipe=graph.recipe("tcd/sd15-lora", steps=6, gamma=0.5))
        first, second = latents(server, graph, graph.save(ours), graph.save(theirs))
        assert torch.equal(first, second)
        graph = Graph()
        shown = graph.show([graph.recipe("mine/tcd-sd15-lora", steps=7)[0], 1])
        told = json.loads(server.queue(graph.prompt)["outputs"][shown]["text"][0])["comment"]
        assert any("broken.json" in line and "field 'steps'" in line for line in told)
    finally:
        for file in folder.iterdir():
            file.unlink()


def test_an_edited_recipe_of_the_user_is_seen_at_the_next_run_and_nothing_above_runs_again(server):
    """With the loader at auto."""
    file = server.base_dir / "models" / "loras" / "fewstep-demo-tcd.safetensors"
    known = json.loads(builtin_recipes()["tcd/sd15-lora"].to_json())
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    known["files"] = [{"name": "x", "bytes": file.stat().st_size, "sha256": digest}]
    folder = server.base_dir / "user" / "fewstep" / "recipes"
    folder.mkdir(parents=True, exist_ok=True)
    graph = Graph()
    loader = graph.lora(file.name)
    graph.model = [loader[0], 0]
    shown = graph.show([graph.ksampler()[0], 1])
    try:
        for steps in (3, 5):
            known |= {"id": "mine/edited", "steps": [steps, 1, 50]}
            (folder / "edited.json").write_text(json.dumps(known), "utf-8")
            entry = server.queue(graph.prompt)
            assert f"{steps} steps from t = 999" in entry["outputs"][shown]["text"][0]
        cached = next(
            data["nodes"] for kind, data in entry["status"]["messages"] if "cached" in kind
        )
        assert {"1", graph.positive[0], graph.empty[0]} <= {*cached}
        assert loader[0] not in cached
    finally:
        (folder / "edited.json").unlink()


def test_a_lora_file_brings_its_recipe_to_the_sampler(server):
    graph = Graph()
    loader = graph.lora("fewstep-demo-tcd.safetensors", apply="live")
    graph.model = [loader[0], 0]
    whole = graph.ksampler(recipe=[loader[0], 1])
    report, settings = graph.show([loader[0], 2]), graph.show([whole[0], 1])
    entry = server.queue(graph.prompt)
    told, used = (entry["outputs"][node]["text"][0] for node in (report, settings))
    assert "TCD-LoRA (tcd/sd15-lora), recognised by its own metadata" in told
    assert "47 of 47 layers of SD 1.5, rank 32, live" in told
    assert "4 steps from t = 999" in used and "At CFG 1 the negative prompt has no effect." in used
    assert "lora key not loaded" not in server.log_text()


def test_a_full_lcm_unet_with_a_base_is_the_lora_on_the_base(server):
    """The demo's UNet with its LCM-LoRA in the weights: 2e-2 for two roundings to float16."""
    graph = Graph()
    loader = graph.one_step("fewstep-demo-lcm-unet.safetensors", "fewstep-demo.safetensors")
    lora = graph.lora("fewstep-demo-lcm.safetensors")
    graph.model = [lora[0], 0]
    theirs = graph.ksampler(recipe=[lora[0], 1])
    graph.model = [loader[0], 0]
    graph.positive = graph.add("CLIPTextEncode", clip=[loader[0], 1], text="a red circle")
    ours = graph.ksampler(recipe=[loader[0], 3])
    report, picture = graph.show([loader[0], 4]), graph.decoded(ours, [loader[0], 2])
    saved = [graph.save(latent) for latent in (ours, theirs)]
    entry = server.queue(graph.prompt)
    first, second = saved_latents(server, entry, *saved)
    assert torch.allclose(first, second, atol=2e-2 * float(second.abs().max()))
    outputs = entry["outputs"]
    told = outputs[report]["text"][0]
    assert "LCM, full model (lcm/sd15-full), recognised by its own metadata" in told
    assert "CLIP and VAE from fewstep-demo.safetensors" in told
    assert outputs[picture]["images"]


@pytest.mark.parametrize("output", ["CLIP", "VAE"])
def test_a_unet_without_a_base_says_what_to_connect(server, output):
    graph = Graph()
    loader = graph.one_step("fewstep-demo-lcm-unet.safetensors")
    if output == "CLIP":
        graph.positive = graph.add("CLIPTextEncode", clip=[loader[0], 1], text="a red circle")
    graph.model = [loader[0], 0]
    graph.decoded(graph.ksampler(recipe=[loader[0], 3]), [loader[0], 2])
    what = "text encoder" if output == "CLIP" else "VAE"
    with pytest.raises(RunError, match=f"has no {what}. Choose a base_checkpoint"):
        server.queue(graph.prompt)


def test_interrupting_ends_the_run_and_the_next_one_works(server):
    graph = Graph(size=512)
    graph.save(graph.sample(graph.tcd(), graph.sigmas(50), graph.noise(int(time.time()))))
    prompt_id = server.submit(graph.prompt)
    wait_until(lambda: server.get("/queue")["queue_running"], "the run has begun")
    time.sleep(1)
    server.interrupt()
    entry = server.wait(prompt_id)
    assert "execution_interrupted" in [name for name, _ in entry["status"]["messages"]]
    graph = Graph()
    assert torch.isfinite(sampled(server, graph, graph.ksampler(recipe=graph.recipe()))).all()


def test_the_host_has_no_complaint_about_the_pack(server):
    lines = [line for line in server.log_text().splitlines() if "fewstep" in line.lower()]
    # What a test above asks for.
    lines = [line for line in lines if "NotLoadedError" not in line]
    assert not [line for line in lines if "rror" in line or "failed" in line.lower()]
