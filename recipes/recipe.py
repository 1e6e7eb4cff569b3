"""A recipe: everything a person would have to look up about one accelerator."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any

from ..samplers import SAMPLERS
from ..schedulers import TRAINING_STEPS, Shift, parse_timesteps
from .choice import Choice
from .fields import CHECKS, HOST, file_facts
from .files.known_file import KnownFile
from .told import Told

# What lies there has a link of its own.
_REPOSITORIES = "https://huggingface.co/"
# One list, or lists by number of steps.
Lists = Sequence[float] | Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Recipe(Told):
    """Settings of one accelerator. `cfg` is ComfyUI's: the papers' "guidance 0" is CFG 1.

    `timesteps` is what to sample where `spacing` is "listed": one list, or lists by number of
    steps. In its place a flow's recipe may have `u`, exact times from 1 to 0 that go through the
    shift, or any recipe `sigmas`, levels that stand as they are. Of either there may also be a list
    for "stage 2", which is what a denoise below 1 samples. `shift` of a flow model makes its
    levels, whatever shift the model has (schedulers/flow.py); None and "model" leave them to it.
    `audio_shift` is that of the sound that MiniMax H3 draws beside the video.

    `sampler` is one of the registry's, or one of ComfyUI's as "comfy:res_multistep", which takes
    `sampler_options`. `gamma` counts for samplers that have one. `guidance` is FLUX's.
    `timestep_shift` s: the model is shown floor(t * s / 1000) in place of t. `unconfirmed` names
    settings that change the picture and have no source, each as "setting: what is used, or why";
    `blocked` says why ComfyUI cannot run it.

    `step_strengths` are strengths of a LoRA by step, such as "1, 1, 0", which run live. `half` is
    "high" or "low" for a pair of files of two experts, "edit" for an editing model's. `boundary` is
    the level from which on up the expert for high noise is asked. `stacks` says that the file is
    meant to stand beside another accelerator.
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
    sampler_options: Mapping[str, Any] = field(default_factory=dict)
    step_strengths: str = ""
    half: str = ""
    boundary: float | None = None
    stacks: bool = False
    controlnet_strength: float | None = None
    guidance: float | None = None
    shift: Shift | None = None
    audio_shift: float | None = None
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
        for part in fields(cls):
            if _is_needed(part) and part.name not in entry:
                raise ValueError(f"Recipe {name}: field {part.name!r} is missing.")
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
        if self.audio_shift is not None and not isinstance(self.shift, float | int):
            return "field 'audio_shift': it goes with a number as the shift."
        if self.sampler_options and not self.host_sampler:
            return f"field 'sampler_options': they are for samplers of ComfyUI, as {HOST}:lcm."
        if self.step_strengths and self.kind != "LoRA":
            return "field 'step_strengths': only a LoRA has them."
        if self.sigmas and self.shift is not None:
            return "field 'sigmas': levels stand as they are; leave out the shift, or write u."
        return ""

    def to_json(self, comment: list[str] | None = None) -> str:
        """JSON that `from_json` reads back as this recipe, with a comment for people."""
        entry = {} if comment is None else {"comment": comment}
        for part in fields(self):
            value = getattr(self, part.name)
            if part.name == "files":
                value = [file_facts(file) for file in value]
            if _is_needed(part) or value not in (part.default, [], {}):
                entry[part.name] = value
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

    @property
    def host_sampler(self) -> str:
        """The name of ComfyUI's sampler, "" for one of the registry."""
        prefix, _, name = self.sampler.partition(":")
        return name if prefix == HOST else ""

    @property
    def has_gamma(self) -> bool:
        return not self.host_sampler and SAMPLERS[self.sampler].has_gamma

    def link_of(self, file: KnownFile) -> str:
        """Where `file` can be downloaded, or "" where no link to the very file is known."""
        if file.path.startswith("https://"):
            return file.path
        if file.path == "-" or not self.source.startswith(_REPOSITORIES):
            return ""
        return f"{self.source}/resolve/main/{file.path or file.name}"


def _is_needed(part: Field) -> bool:
    return part.default is MISSING and part.default_factory is MISSING


def _checked(name: str, key: str, value: Any) -> Any:
    try:
        return CHECKS[key](value)
    except ValueError as error:
        raise ValueError(f"Recipe {name}: field {key!r}: {error}.") from error
