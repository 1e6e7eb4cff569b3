"""The settings that the comparison table compares, and their graphs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..config import CONFIG
from ..files.assemble import CHECKPOINT, CONTROLNET_NAME, lora_name
from .graph import Graph, Nodes, output

# What the makers of TCD and Hyper-SD advise: at 1.0 a single step keeps the form, not the colours.
_CONTROL = 0.5


@dataclass(frozen=True)
class Row:
    """How to sample: without `lora` by Euler, with it by its own sampler.

    `style` adds the style LoRA, `drawing` the scribble ControlNet with the outline of each scene;
    `any_shape` leaves the shape out of the prompt.
    """

    steps: int
    cfg: float = 1.0
    gamma: float = 0.0
    lora: str | None = None
    style: bool = False
    drawing: bool = False
    any_shape: bool = False

    @property
    def name(self) -> str:
        """As it stands in the table."""
        if self.lora is None:
            return f"no LoRA, Euler, CFG {self.cfg:g}"
        if self.lora == "lcm":
            return "LCM-LoRA, LCM"
        parts = ["TCD-LoRA, TCD"]
        parts += [f"gamma {self.gamma:g}"] * (self.steps > 1) + ["style LoRA"] * self.style
        parts += ["scribble"] * self.drawing + ["no shape in the prompt"] * self.any_shape
        return ", ".join(parts)

    @property
    def calls(self) -> int:
        """How often the model is asked for one picture: twice a step with guidance."""
        return self.steps * (1 if self.cfg == 1 else 2)


ROWS = (
    *(Row(steps, cfg=CONFIG.guidance) for steps in (50, 25, 8, 4, 2, 1)),
    *(Row(steps) for steps in (4, 2, 1)),
    *(Row(steps, lora="lcm") for steps in (8, 4, 2, 1)),
    *(Row(steps, lora="tcd", gamma=gamma) for gamma in (0.0, 0.3, 1.0) for steps in (8, 4, 2)),
    Row(1, lora="tcd"),
    Row(4, lora="tcd", gamma=0.3, style=True),
    Row(4, lora="tcd", gamma=0.3, drawing=True),
    Row(1, lora="tcd", drawing=True),
    Row(4, lora="tcd", gamma=0.3, drawing=True, any_shape=True),
)


def row_graph(row: Row, prompts: Sequence[str], first_seed: int, size: int, prefix: str) -> Nodes:
    """Makes and saves a picture for each prompt, with the seeds that follow the first.

    Drawings are read from the host's input folder: `drawing_name(seed)`.
    """
    graph = Graph()
    add = graph.add
    model = add("CheckpointLoaderSimple", ckpt_name=CHECKPOINT)
    clip, vae = output(model, 1), output(model, 2)
    for lora in filter(None, ("style" if row.style else None, row.lora)):
        file = lora_name(lora)
        model = add("LoraLoaderModelOnly", model=model, lora_name=file, strength_model=1.0)
    kind, knobs = _sampler(row)
    sampler = add(kind, **knobs)
    sigmas = add(
        "FewStepScheduler",
        steps=row.steps,
        spacing="grid" if row.lora else "trailing",
        denoise=1.0,
        timesteps="",
        img2img="keep steps",
    )
    empty = add("CLIPTextEncode", clip=clip, text="")
    control = add("ControlNetLoader", control_net_name=CONTROLNET_NAME) if row.drawing else None
    latent = add("EmptyLatentImage", width=size, height=size, batch_size=1)
    for number, prompt in enumerate(prompts):
        positive, negative = add("CLIPTextEncode", clip=clip, text=prompt), empty
        if control:
            applied = add(
                "ControlNetApplyAdvanced",
                positive=positive,
                negative=negative,
                control_net=control,
                image=add("LoadImage", image=drawing_name(first_seed + number)),
                strength=_CONTROL,
                start_percent=0.0,
                end_percent=1.0,
            )
            positive, negative = applied, output(applied, 1)
        sampled = add(
            "SamplerCustom",
            model=model,
            add_noise=True,
            noise_seed=first_seed + number,
            cfg=row.cfg,
            positive=positive,
            negative=negative,
            sampler=sampler,
            sigmas=sigmas,
            latent_image=latent,
        )
        image = add("VAEDecode", samples=sampled, vae=vae)
        add("SaveImage", images=image, filename_prefix=f"{prefix}-{first_seed + number:05}")
    return graph.nodes


def drawing_name(number: int) -> str:
    """The outline of scene number so and so."""
    return f"fewstep-drawing-{number:05}.png"


def _sampler(row: Row) -> tuple[str, dict[str, Any]]:
    if row.lora is None:
        return "KSamplerSelect", {"sampler_name": "euler"}
    if row.lora == "lcm":
        return "FewStepSamplerLCM", {"s_noise": 1.0}
    return "FewStepSamplerTCD", {"gamma": row.gamma, "s_noise": 1.0, "finish": "clean"}
