"""What official ComfyUI templates sample for few-step models, what their makers trained, and ours.

The first column is made by the host's own classes and schedulers, with the settings of the
template; the second are the makers' numbers; the third is what Few-step KSampler would sample.
"""

from collections.abc import Sequence
from typing import NamedTuple

import comfy.samplers
import comfy.supported_models as supported
from comfy import model_sampling
from comfy_extras.nodes_flux import Flux2Scheduler
from fewstep.recipes import builtin_recipes, recipe_plan
from fewstep.schedulers import Subject


class Row(NamedTuple):
    """A model, how its template samples, and the levels without the 0 at the end."""

    model: str
    template: str
    sampled: list[float]
    trained: list[float]
    ours: list[float]

    @property
    def error(self) -> float:
        """The largest difference of a level between the template's and the trained ones."""
        return max(abs(a - b) for a, b in zip(self.sampled, self.trained, strict=True))


class _Settings:
    """What the host's classes of levels read from a model's config."""

    def __init__(self, settings: dict):
        self.sampling_settings = settings


def _host(
    kind: str, scheduler: str, steps: int, flux: bool = False, shift: float | None = None
) -> list[float]:
    """Levels of the host's scheduler on its class of a model, at its own shift or a patched one."""
    settings = dict(getattr(supported, kind).sampling_settings)
    if shift is not None:
        settings["shift"] = shift
    curve = model_sampling.ModelSamplingFlux if flux else model_sampling.ModelSamplingDiscreteFlow
    levels = curve(_Settings(settings))
    return comfy.samplers.calculate_sigmas(levels, scheduler, steps).tolist()[:-1]


def _flux2(steps: int, size: int) -> list[float]:
    return Flux2Scheduler.execute(steps, size, size).result[0].tolist()[:-1]


def _ours(recipe: str, size: int = 1024) -> list[float]:
    made = builtin_recipes()[recipe]
    subject = Subject(True, tokens=(size / 16) ** 2)
    return recipe_plan(made, int(made.steps.default), 1.0, subject).levels


def _shifted(factor: float, nodes: Sequence[float]) -> list[float]:
    return [factor * u / (1 + (factor - 1) * u) for u in nodes]


_FOUR, _EIGHT = [1, 0.75, 0.5, 0.25], [1 - step / 8 for step in range(8)]
# As published, rounded: each is a fact, none is computed by the pack.
_TURBO = [1, 0.94739, 0.88248, 0.80027, 0.69282, 0.54619, 0.33467, 0.00299]
_QWEN_21_2048 = [1, 0.917701, 0.787999, 0.553369]
_BOOGU = [0.999, 0.74925, 0.4995, 0.24975]
_LTX = [1, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875]


def rows() -> list[Row]:
    wan = "WAN21_T2V"
    return [
        Row(
            "FLUX.2 dev Turbo, 1024x1024",
            "Flux2Scheduler, 8 steps",
            _flux2(8, 1024),
            _TURBO,
            _ours("flux-2/dev-turbo"),
        ),
        Row(
            "Boogu Turbo",
            "sgm_uniform, 4 steps",
            _host("Boogu", "sgm_uniform", 4),
            _BOOGU,
            _ours("boogu/turbo"),
        ),
        Row(
            "Wan 2.2 Lightning, fun_* templates",
            "simple, shift 8, 4 steps",
            _host(wan, "simple", 4),
            _shifted(5, _FOUR),
            _ours("wan/t2v22-4step"),
        ),
        Row(
            "Qwen-Image 2.1 Lightning, 2048x2048",
            "simple, mu 0.69, 4 steps",
            _host("QwenImage", "simple", 4, flux=True, shift=0.69),
            _QWEN_21_2048,
            _ours("qwen-image-2.1/lightning-4step", 2048),
        ),
        Row(
            "MiniMax H3, 4 steps 768p",
            "simple, shift 12, 4 steps",
            _host("MiniMaxH3", "simple", 4),
            _shifted(6, _FOUR),
            _ours("minimax-h3/fl2v-4step-v1.2-768p"),
        ),
        Row(
            "Ernie-Image Turbo",
            "simple, shift 3, 8 steps",
            _host("ErnieImage", "simple", 8),
            _shifted(4, _EIGHT),
            _ours("ernie/turbo"),
        ),
        Row(
            "Wan 2.2 Lightning, t2v and i2v templates",
            "simple, shift 5, 4 steps",
            _host(wan, "simple", 4, shift=5.0),
            _shifted(5, _FOUR),
            _ours("wan/t2v22-4step"),
        ),
        Row(
            "FLUX.2 klein, 1024x1024",
            "Flux2Scheduler, 4 steps",
            _flux2(4, 1024),
            [1, 0.967384, 0.908144, 0.7672],
            _ours("flux-2/klein"),
        ),
        Row(
            "LTX-2.3 distilled",
            "linear_quadratic, 8 steps",
            _host("LTXAV", "linear_quadratic", 8, flux=True),
            _LTX,
            _ours("ltx/2.3-distilled"),
        ),
    ]


def _text(levels: Sequence[float]) -> str:
    return " ".join(f"{level:.3f}".removeprefix("0").rstrip("0").rstrip(".") for level in levels)


def table() -> str:
    """As Markdown: a row a model, the largest error of the template's levels last."""
    lines = [
        "| model | the official template samples | its maker trained | FewStep samples | error |",
        "|---|---|---|---|---|",
    ]
    for row in rows():
        told = (_text(row.sampled), _text(row.trained), _text(row.ours))
        template = f"{row.template}: {told[0]}"
        lines.append(f"| {row.model} | {template} | {told[1]} | {told[2]} | {row.error:.3f} |")
    return "\n".join(lines)


def report() -> None:
    print("Levels of few-step models: official templates, their makers, and the recipes")
    print(table())
