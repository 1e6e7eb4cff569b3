"""A recipe: everything a person would have to look up about one accelerator."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

from ..samplers import SAMPLERS
from ..schedulers import TRAINING_STEPS, Shift, needs_size, parse_timesteps
from .choice import Choice
from .fields import CHECKS, file_facts
from .known_file import KnownFile

# What lies there has a link of its own.
_REPOSITORIES = "https://huggingface.co/"
# One list, or lists by number of steps.
Lists = Sequence[float] | Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Recipe:
    """Settings of one accelerator. `cfg` is ComfyUI's: the papers' "guidance 0" is CFG 1.

    `timesteps` is what to sample where `spacing` is "listed": one list, or lists by number of
    steps. In its place a flow's recipe may have `u`, exact times from 1 to 0 that go through the
    shift, or any recipe `sigmas`, levels that stand as they are. Of either there may also be a list
    for "stage 2", which is what a denoise below 1 samples. `shift` of a flow model makes its
    levels, whatever shift the model has (schedulers/flow.py); None and "model" leave them to it.

    `gamma` counts for samplers that have one. `guidance` is FLUX's. `timestep_shift` s: the model
    is shown floor(t * s / 1000) in place of t. `unconfirmed` names settings that change the picture
    and have no source, each as "setting: what is used, or why"; `blocked` says why ComfyUI cannot
    run it.
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
    strength: float = 1.0
    gamma: float = 0.0
    timesteps: str | Mapping[str, str] = ""
    u: Lists = ()
    sigmas: Lists = ()
    prediction: str = "eps"
    controlnet_strength: float | None = None
    guidance: float | None = None
    shift: Shift | None = None
    timestep_shift: int | None = None
    licence: str = ""
    source: str = ""
    notes: str = ""
    unconfirmed: tuple[str, ...] = ()
    blocked: str = ""
    files: tuple[KnownFile, ...] = ()

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> "Recipe":
        """Raises ValueError naming the recipe and the field that is missing, unknown or wrong.

        A field `comment` is for people and is left out.
        """
        if not isinstance(entry, Mapping):
            raise ValueError("A recipe is an object with fields such as id, base and steps.")
        entry = {key: value for key, value in entry.items() if key != "comment"}
        name = entry.get("id", "without an id")
        for key in entry:
            if key not in CHECKS:
                raise ValueError(f"Recipe {name}: unknown field {key!r}.")
        for field in fields(cls):
            if field.default is MISSING and field.name not in entry:
                raise ValueError(f"Recipe {name}: field {field.name!r} is missing.")
        recipe = cls(**{key: _checked(name, key, value) for key, value in entry.items()})
        if problem := recipe.schedule_problem():
            raise ValueError(f"Recipe {name}: {problem}")
        return recipe

    def schedule_problem(self) -> str:
        """What is wrong with the fields of the schedule taken together, or ""."""
        flow, lists = self.prediction == "flow", [self.timesteps, self.u, self.sigmas]
        if self.spacing == "listed" and not any(lists):
            return "field 'timesteps' is empty, and spacing is listed."
        if (self.u or self.sigmas) and (sum(map(bool, lists)) > 1 or self.spacing != "listed"):
            field = "u" if self.u else "sigmas"
            return f"field {field!r}: it goes with the spacing listed, and with no other list."
        if (self.u or self.shift is not None) and not flow:
            field = "u" if self.u else "shift"
            return f"field {field!r}: only flow models have it; set prediction to flow."
        if self.sigmas and self.shift is not None:
            return "field 'sigmas': levels stand as they are; leave out the shift, or write u."
        return ""

    def to_json(self, comment: list[str] | None = None) -> str:
        """JSON that `from_json` reads back as this recipe, with a comment for people."""
        entry = {} if comment is None else {"comment": comment}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "files":
                value = [file_facts(file) for file in value]
            if field.default is MISSING or value not in (field.default, []):
                entry[field.name] = value
        return json.dumps(entry, indent=2, ensure_ascii=False)

    def listed(self, steps: int) -> str:
        """The timesteps of so many steps, "" where the spacing makes them.

        Raises ValueError naming the numbers of steps there are lists for.
        """
        if isinstance(self.timesteps, str):
            return self.timesteps
        if str(steps) not in self.timesteps:
            raise ValueError(
                f"{self.name} has no timesteps for {steps} steps. "
                f"Set the steps to one of {', '.join(self.timesteps)}."
            )
        return self.timesteps[str(steps)]

    @property
    def start(self) -> float:
        """The highest timestep it is sampled at, 0..999: 800 for Hyper-SD's one-step UNet."""
        if self.spacing != "listed" or not self.timesteps:
            return TRAINING_STEPS - 1
        lists = self.timesteps
        texts = [lists] if isinstance(lists, str) else lists.values()
        return max(parse_timesteps(text)[0] for text in texts)

    def changed(
        self, steps: int, cfg: float, gamma: float, strength: float, shift: float = 0
    ) -> "Recipe":
        """The recipe with other defaults: steps, CFG or shift above 0, gamma or strength from 0 up.

        Raises ValueError for a shift where it would change nothing.
        """
        if shift > 0 and (self.sigmas or self.prediction != "flow"):
            why = "lists its levels as they stand" if self.sigmas else "is for no flow model"
            raise ValueError(f"{self.name} {why}, so that it has no shift. Set shift to 0.")
        return replace(
            self,
            steps=self.steps._replace(default=steps) if steps > 0 else self.steps,
            cfg=self.cfg._replace(default=cfg) if cfg > 0 else self.cfg,
            gamma=gamma if gamma >= 0 else self.gamma,
            strength=strength if strength >= 0 else self.strength,
            shift=shift if shift > 0 else self.shift,
        )

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

    def link_of(self, file: KnownFile) -> str:
        """Where `file` can be downloaded, or "" where no link to the very file is known."""
        if file.path.startswith("https://"):
            return file.path
        if file.path == "-" or not self.source.startswith(_REPOSITORIES):
            return ""
        return f"{self.source}/resolve/main/{file.path or file.name}"

    @property
    def has_gamma(self) -> bool:
        return SAMPLERS[self.sampler].has_gamma

    @property
    def sampler_text(self) -> str:
        """The sampler in words: "tcd, gamma 0.3"."""
        return SAMPLERS[self.sampler].described(self.gamma)

    @property
    def needs(self) -> list[str]:
        """What the graph has to hold besides the model, in words."""
        return self.graph_needs + self.loader_needs

    @property
    def graph_needs(self) -> list[str]:
        """Of its needs those that other nodes see to."""
        return [] if self.guidance is None else [f"FluxGuidance {self.guidance:g}"]

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
        lines = [
            f"{self.name} ({self.id})",
            f"{self.kind} for {self.base}{strength}",
            f"sampler {self.sampler_text}; {self.schedule_text}",
            f"steps {self.steps}; CFG {self.cfg}",
        ]
        if self.controlnet_strength is not None:
            lines.append(f"ControlNet strength {self.controlnet_strength:g}")
        if needs := self.graph_needs if loaded else self.needs:
            lines.append(f"needs {', '.join(needs)}")
        lines += self.warnings(int(self.steps.default), self.cfg.default)
        lines += [line for line in (self.notes, f"{self.licence}; {self.source}") if line]
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
        return ", shift by size" if needs_size(self.shift) else f", shift {self.shift:g}"


def _list_text(values: str | Sequence[float]) -> str:
    return values if isinstance(values, str) else ", ".join(f"{value:g}" for value in values)


def _checked(name: str, key: str, value: Any) -> Any:
    try:
        return CHECKS[key](value)
    except ValueError as error:
        raise ValueError(f"Recipe {name}: field {key!r}: {error}.") from error
