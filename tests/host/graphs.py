"""Graphs in API format, built in the words of the nodes, and the latents they save."""

import uuid

import numpy as np
import torch
from fewstep.tools.examples.demo_files import MODEL_NAME, PICTURE_NAME
from PIL import Image
from safetensors.torch import load_file


class Graph:
    """`add` returns the node's first output; `[node, n]` is another one."""

    def __init__(self, size=64, batch=1):
        self.prompt = {}
        self.model, self.clip, self.vae = (
            [self.add("CheckpointLoaderSimple", ckpt_name=MODEL_NAME)[0], n] for n in range(3)
        )
        self.positive = self.add("CLIPTextEncode", clip=self.clip, text="a red circle")
        self.negative = self.add("CLIPTextEncode", clip=self.clip, text="")
        self.empty = self.add("EmptyLatentImage", width=size, height=size, batch_size=batch)

    def add(self, class_type, **inputs):
        node_id = str(len(self.prompt) + 1)
        self.prompt[node_id] = {"class_type": class_type, "inputs": inputs}
        return [node_id, 0]

    def picture(self):
        image = self.add("LoadImage", image=PICTURE_NAME)
        size = {"width": 64, "height": 64, "upscale_method": "area", "crop": "disabled"}
        image = self.add("ImageScale", image=image, **size)
        return self.add("VAEEncode", pixels=image, vae=self.vae)

    def tcd(self, gamma=0.3, s_noise=1.0, finish="clean"):
        return self.add("FewStepSamplerTCD", gamma=gamma, s_noise=s_noise, finish=finish)

    def sigmas(self, steps=4, denoise=1.0, spacing="grid", timesteps="", **optional):
        return self.add(
            "FewStepScheduler",
            steps=steps,
            spacing=spacing,
            denoise=denoise,
            timesteps=timesteps,
            img2img=optional.pop("img2img", "keep steps"),
            **optional,
        )

    def recipe(self, recipe="tcd/sd15-lora", steps=0, cfg=0.0, gamma=-1.0, strength=-1.0):
        return self.add(
            "FewStepRecipe", recipe=recipe, steps=steps, cfg=cfg, gamma=gamma, strength=strength
        )

    def lora(self, name, strength=1.0, recipe="auto", apply="merge", step_strengths=""):
        return self.add(
            "FewStepLoraLoader",
            model=self.model,
            lora_name=name,
            strength=strength,
            recipe=recipe,
            apply=apply,
            step_strengths=step_strengths,
        )

    def one_step(self, name, base="none", recipe="auto"):
        return self.add(
            "FewStepOneStepLoader",
            model_name=name,
            recipe=recipe,
            base_checkpoint=base,
            weight_dtype="default",
            guidance=8.0,
        )

    def decoded(self, latent, vae):
        images = self.add("VAEDecode", samples=latent, vae=vae)
        return self.add("PreviewImage", images=images)[0]

    def noise(self, seed=7):
        return self.add("RandomNoise", noise_seed=seed)

    def sample(self, sampler, sigmas, noise, latent=None, cfg=1.0):
        guider = self.add(
            "CFGGuider", model=self.model, positive=self.positive, negative=self.negative, cfg=cfg
        )
        return self.add(
            "SamplerCustomAdvanced",
            noise=noise,
            guider=guider,
            sampler=sampler,
            sigmas=sigmas,
            latent_image=latent or self.empty,
        )

    def ksampler(self, seed=7, latent=None, **changes):
        inputs = {"steps": 0, "cfg": 0.0, "denoise": 1.0, "batch_seeds": "seed + index"}
        given = {"model": self.model, "positive": self.positive, "negative": self.negative}
        return self.add(
            "FewStepKSampler",
            latent_image=latent or self.empty,
            seed=seed,
            **(inputs | given | changes),
        )

    def compare(self, seed=7, **changes):
        """Its second output is the batch."""
        inputs = {"steps": "2", "gammas": "-1", "cfgs": "0", "latent_image": self.empty}
        return self.add(
            "FewStepCompare",
            model=self.model,
            positive=self.positive,
            negative=self.negative,
            vae=self.vae,
            seed=seed,
            recipe=changes.pop("recipe", None) or self.recipe(),
            **(inputs | changes),
        )

    def save_images(self, images):
        prefix = f"test-{uuid.uuid4().hex}"
        return self.add("SaveImage", images=images, filename_prefix=prefix)[0]

    def save(self, latent):
        # A name of its own: hosts before 0.30 do not report files of a node they have cached.
        prefix = f"test-{uuid.uuid4().hex}"
        return self.add("SaveLatent", samples=latent, filename_prefix=prefix)[0]

    def show(self, text):
        return self.add("PreviewAny", source=text)[0]


def latents(server, graph, *saved, timeout=120):
    """Runs a graph and loads the latents of its SaveLatent nodes."""
    return saved_latents(server, server.queue(graph.prompt, timeout), *saved)


def saved_latents(server, entry, *saved):
    """The latents that a run has saved, by the ids of the SaveLatent nodes."""
    loaded = []
    for node_id in saved:
        (file,) = entry["outputs"][node_id]["latents"]
        path = server.base_dir / "output" / file["subfolder"] / file["filename"]
        loaded.append(load_file(path)["latent_tensor"])
    return loaded


def sampled(server, graph, latent, timeout=120):
    """Runs a graph and loads the one latent named."""
    (loaded,) = latents(server, graph, graph.save(latent), timeout=timeout)
    return loaded


def saved_images(server, entry, node_id):
    """The pictures a SaveImage node has saved in a run, B H W 3 in whole numbers 0..255."""
    files = sorted(entry["outputs"][node_id]["images"], key=lambda file: file["filename"])
    folder = server.base_dir / "output"
    paths = [folder / file["subfolder"] / file["filename"] for file in files]
    return torch.stack(
        [torch.from_numpy(np.array(Image.open(path).convert("RGB"))).int() for path in paths]
    )
