"""A recipe: everything a person would have to look up about one accelerator."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

SAMPLERS = ("tcd", "lcm", "ddim")


class Choice(NamedTuple):
    """A setting's default and the range the authors give."""

    default: float
    low: float
    high: float

    def admits(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def span(self) -> str:
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g}-{self.high:g}"

    def __str__(self) -> str:
        own = f"{self.default:g}"
        return own if own == self.span else f"{own} (of {self.span})"


@dataclass(frozen=True)
class Recipe:
    """Settings of one accelerator. `cfg` is ComfyUI's: the papers' "guidance 0" is CFG 1.

    `timesteps` is the list to sample where `spacing` is "listed". `gamma` counts for sampler "tcd".
    """

    id: str
    name: str
    family: str
    base: str
    kind: str
    sampler: str
    spacing: str
    steps: Choice
    cfg: Choice
    strength: float
    licence: str
    source: str
    gamma: float = 0.0
    timesteps: str = ""
    prediction: str = "eps"
    controlnet_strength: float | None = None
    notes: str = ""

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> "Recipe":
        """Raises ValueError naming the recipe and the field that is missing, unknown or wrong."""
        name = entry.get("id", "without an id")
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(entry) - known):
            raise ValueError(f"Recipe {name}: unknown field {unknown[0]!r}.")
        try:
            choices = {key: Choice(*entry[key]) for key in ("steps", "cfg")}
            recipe = cls(**{**entry, **choices})
        except (KeyError, TypeError) as error:
            raise ValueError(f"Recipe {name}: {error}.") from error
        if recipe.sampler not in SAMPLERS:
            raise ValueError(f"Recipe {name}: sampler {recipe.sampler!r} is none of {SAMPLERS}.")
        return recipe

    def changed(self, steps: int, cfg: float, gamma: float, strength: float) -> "Recipe":
        """The recipe with other defaults: steps or CFG above 0, gamma or strength from 0 up."""
        return replace(
            self,
            steps=self.steps._replace(default=steps) if steps > 0 else self.steps,
            cfg=self.cfg._replace(default=cfg) if cfg > 0 else self.cfg,
            gamma=gamma if gamma >= 0 else self.gamma,
            strength=strength if strength >= 0 else self.strength,
        )

    def warnings(self, steps: int, cfg: float) -> list[str]:
        """What a person should know about these steps and this CFG; settings stay as they are."""
        told = []
        if not self.steps.admits(steps):
            told.append(f"Made for {self.steps.span} steps, and {steps} are set.")
        if not self.cfg.admits(cfg):
            told.append(f"Made for CFG {self.cfg.span}, and {cfg:g} is set.")
        return told

    def summary(self) -> str:
        """The settings as lines of text, for people."""
        gamma = f", gamma {self.gamma:g}" if self.sampler == "tcd" else ""
        timesteps = self.timesteps if self.spacing == "listed" else self.spacing
        lines = [
            f"{self.name} ({self.id})",
            f"{self.kind} for {self.base}, LoRA strength {self.strength:g}",
            f"sampler {self.sampler}{gamma}; timesteps {timesteps}",
            f"steps {self.steps}; CFG {self.cfg}",
        ]
        if self.controlnet_strength is not None:
            lines.append(f"ControlNet strength {self.controlnet_strength:g}")
        lines += self.warnings(int(self.steps.default), self.cfg.default)
        lines += [line for line in (self.notes, f"{self.licence}; {self.source}") if line]
        return "\n".join(lines)
