"""A schedule as a picture, to look at and to share."""

from collections.abc import Sequence
from typing import Any

from comfy_api.v0_0_2 import io

from ..host.images import to_image
from ..host.sampling.levels import curve_of, subject_of
from ..host.sampling.ways import Walk, walk_of
from ..pictures import Hop, Schedule, draw_schedule, time_of
from ..schedulers import times_text
from .inputs import SCHEDULERS_CATEGORY

# Above a level of the table by more than what float32 loses.
_ABOVE = 1.001


class FewStepPlot(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepPlot",
            display_name="Plot schedule",
            category=SCHEDULERS_CATEGORY,
            description="Draws where the steps of SIGMAS are on the noise curve, and where the "
            "sampler adds noise back.",
            search_aliases=["plot", "timesteps", "sigmas", "graph", "preview"],
            inputs=[
                io.Sigmas.Input("sigmas", tooltip="From a scheduler or Recipe to sampler."),
                io.Sampler.Input(
                    "sampler",
                    optional=True,
                    tooltip="Shows where noise is added back. Known for the samplers of this pack; "
                    "for others only the steps are drawn.",
                ),
                io.Model.Input(
                    "model",
                    optional=True,
                    tooltip="Its noise curve and timesteps. Without it those of Stable Diffusion "
                    "are drawn, which fit SD 1.x, 2.x and SDXL; the picture says so.",
                ),
                io.Int.Input(
                    "width",
                    default=1024,
                    min=320,
                    max=4096,
                    step=8,
                    optional=True,
                    tooltip="Width of the picture in pixels. Lines and letters grow with it.",
                ),
            ],
            outputs=[io.Image.Output(tooltip="The plot, for Preview Image or Save Image.")],
        )

    @classmethod
    def execute(cls, sigmas, sampler=None, model=None, width=1024):
        levels = sigmas.tolist()
        curve = curve_of(model)
        walk = walk_of(sampler, levels, model) if sampler is not None else None
        if walk and walk.ways:
            hops = [Hop(*way) for way in walk.ways]
        else:
            hops = [Hop(*pair) for pair in zip(levels, levels[1:], strict=False)]
        lines = [
            *_step_lines(levels, curve),
            _noise_line(walk),
            _curve_line(levels, curve, model),
        ]
        return io.NodeOutput(to_image(draw_schedule(Schedule(curve, hops, lines), width)))


def _step_lines(levels: Sequence[float], curve: Sequence[float]) -> list[str]:
    if len(levels) < 2:
        return ["No steps: the latent stays as it is."]
    *starts, end = [time_of(level, curve) for level in levels]
    text = times_text(starts, 1.0)
    if levels[-1] > 0:
        text += f", to t = {end:g} with the noise of that level left in"
    return [text, "sigma " + " ".join(f"{level:.4g}" for level in levels)]


def _noise_line(walk: Walk | None) -> str:
    if walk is None:
        return "No sampler is connected, so where noise is added back is not shown."
    if walk.ways is None:
        return f"{walk.name} is not a sampler of FewStep: where it adds noise is not known."
    shares = [way.fresh for way in walk.ways if way.after > 0]
    if not any(shares):
        return f"{walk.name}: no noise is added back."
    percent = " ".join(f"{100 * share:.0f} %" for share in shares)
    return f"{walk.name}: new noise of {percent} of the next level"


def _curve_line(levels: Sequence[float], curve: Sequence[float], model: Any | None) -> str:
    if model is not None:
        shift = subject_of(model).own_shift
        with_shift = "" if shift is None else f" with its own shift {shift:.4g}"
        return f"Noise curve of the model{with_shift}, up to sigma {curve[-1]:.4g}."
    text = "No model is connected: this is the noise curve of Stable Diffusion 1.x, 2.x and SDXL"
    if levels and max(levels) > _ABOVE * curve[-1]:
        text += f", and these SIGMAS begin above it, at {max(levels):.4g}"
    return f"{text}."
