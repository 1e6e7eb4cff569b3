"""A recipe in words, for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..samplers import SAMPLERS
from ..schedulers import TRAINING_STEPS, needs_size

# Which part of a family of files a recipe is for.
_HALVES = {
    "high": "the high-noise half of a pair",
    "low": "the low-noise half of a pair",
    "edit": "for editing pictures",
}


class Told:
    """What a recipe says of itself. These fields, and all others, are those of `Recipe`."""

    id: str
    name: str
    base: str
    kind: str
    sampler: str
    sampler_options: Mapping[str, Any]
    spacing: str
    timesteps: str | Mapping[str, str]
    gamma: float
    start: float
    host_sampler: str

    def warnings(self, steps: int, cfg: float) -> list[str]:
        """What a person should know about these steps and this CFG; settings stay as they are."""
        told = []
        if self.blocked:
            told.append(f"Cannot be sampled here: {self.blocked}")
        if not self.steps.admits(steps):
            told.append(f"Made for {self.steps.span} steps, and {steps} are set.")
        if not self.cfg.admits(cfg):
            told.append(f"Made for CFG {self.cfg.span}, and {cfg:g} is set.")
        return told

    @property
    def sampler_text(self) -> str:
        """The sampler in words: "tcd, gamma 0.3", "ComfyUI's res_multistep"."""
        if self.host_sampler:
            options = ", ".join(f"{name} {value}" for name, value in self.sampler_options.items())
            return f"ComfyUI's {self.host_sampler}{options and f' ({options})'}"
        return SAMPLERS[self.sampler].described(self.gamma)

    @property
    def needs(self) -> list[str]:
        """What the graph has to hold besides the model, in words."""
        return self.graph_needs + self.loader_needs

    @property
    def graph_needs(self) -> list[str]:
        """Of its needs those that other nodes see to."""
        if self.guidance is None:
            return []
        return [f"FluxGuidance {self.guidance:g} (Few-step KSampler sets it)"]

    @property
    def loader_needs(self) -> list[str]:
        """Of its needs those that Load one-step model sees to."""
        needed = []
        if self.timestep_shift is not None:
            shown = f"floor(t * {self.timestep_shift} / 1000)"
            needed.append(f"a model shown timestep {shown} (Load one-step model does it)")
        if self.prediction in ("x0", "v"):
            needed.append(f"a model that predicts {self.prediction} (Load one-step model sets it)")
        if self.start < TRAINING_STEPS - 1:
            needed.append(
                f"a model that starts at t = {self.start:g} (Load one-step model cuts it)"
            )
        return needed

    def summary(self, loaded: bool = False) -> str:
        """The settings as lines of text, for people; `loaded` is by Load one-step model."""
        strength = f", LoRA strength {self.strength:g}" if self.kind == "LoRA" else ""
        half = f", {_HALVES[self.half]}" if self.half else ""
        lines = [
            f"{self.name} ({self.id})",
            f"{self.kind} for {self.base}{half}{strength}",
            f"sampler {self.sampler_text}; {self.schedule_text}",
            f"steps {self.steps}; CFG {self.cfg}",
        ]
        if self.step_strengths:
            lines.append(f"strength by step: {self.step_strengths}; it has to run live")
        if self.boundary is not None:
            lines.append(f"two experts, which change at level {self.boundary:g}")
        if self.stacks:
            lines.append("meant to stand beside another accelerator")
        if self.controlnet_strength is not None:
            lines.append(f"ControlNet strength {self.controlnet_strength:g}")
        if needs := self.graph_needs if loaded else self.needs:
            lines.append(f"needs {', '.join(needs)}")
        lines += self.warnings(int(self.steps.default), self.cfg.default)
        # A LoRA that somebody made has neither.
        origin = "; ".join(filter(None, (self.licence, self.source)))
        lines += [line for line in (self.notes, origin) if line]
        return "\n".join(lines + self.unconfirmed_text())

    def unconfirmed_text(self) -> list[str]:
        return [f"Not confirmed: {fact}." for fact in self.unconfirmed]

    @property
    def schedule_text(self) -> str:
        """Where its steps are, in words: "timesteps trailing, shift 5"."""
        kinds = {"u": self.u, "levels": self.sigmas, "timesteps": self.timesteps}
        what, lists = next(((what, one) for what, one in kinds.items() if one), ("timesteps", ""))
        if self.spacing != "listed":
            lists = self.spacing
        elif isinstance(lists, Mapping):
            lists = " or ".join(map(_list_text, lists.values()))
        return f"{what} {_list_text(lists)}{self.shift_text}"

    @property
    def shift_text(self) -> str:
        if self.shift is None:
            return ""
        if self.shift == "model":
            return ", the model's own shift"
        if needs_size(self.shift):
            return ", shift by size"
        sound = "" if self.audio_shift is None else f", of the sound {self.audio_shift:g}"
        return f", shift {self.shift:g}{sound}"


def _list_text(values: str | Sequence[float]) -> str:
    return values if isinstance(values, str) else ", ".join(f"{value:g}" for value in values)
