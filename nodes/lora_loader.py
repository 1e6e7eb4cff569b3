"""The loader of acceleration LoRAs: choose a file, and every setting is right."""

from typing import Any

from comfy_api.v0_0_2 import io

from ..recipes import Found, Recipe
from ..schedulers import parse_strengths
from . import files, lora, lora_checks
from .choosing import AUTO, chosen_recipe, for_page, recognised, shown_from_cache
from .inputs import SEARCH_ALIASES, RecipeType
from .lora_apply import Applied, merge, run_live

MERGE, LIVE = APPLY = ("merge", "live")


class FewStepLoraLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepLoraLoader",
            display_name="Load acceleration LoRA",
            category="model/loaders",
            description="Loads an acceleration LoRA, says which one it is, and hands out the "
            "recipe with all its settings.",
            search_aliases=[*SEARCH_ALIASES, "lora", "dmd2", "pcm", "accelerator"],
            inputs=[
                io.Model.Input("model", tooltip="The model to speed up."),
                io.Combo.Input(
                    "lora_name",
                    options=files.lora_names(),
                    tooltip="The file, in models/loras. It is recognised by its content, whatever "
                    "it is called. Files other than safetensors are read as data alone.",
                ),
                io.Float.Input(
                    "strength",
                    default=1.0,
                    min=0.0,
                    max=2.0,
                    step=0.01,
                    display_mode=io.NumberDisplay.slider,
                    tooltip="1 is the strength the recipe gives, which is 0.125 for Hyper-SD3 and "
                    "Hyper-FLUX; 0 is no LoRA, 2 is twice as much.",
                ),
                io.Combo.Input(
                    "recipe",
                    options=[AUTO, *(name for name, one in _recipes().items() if _usable(one))],
                    default=AUTO,
                    tooltip="auto recognises the file. Choose one where it cannot be told from its "
                    "twins, or to use other settings.",
                ),
                io.Combo.Input(
                    "apply",
                    options=list(APPLY),
                    default=MERGE,
                    tooltip="merge changes the weights once, as Load LoRA does. live leaves them "
                    "as they are and adds the LoRA while the model runs: changing the strength "
                    "costs nothing, and it can differ from step to step.",
                ),
                io.String.Input(
                    "step_strengths",
                    default="",
                    advanced=True,
                    tooltip="For live: one number a step, such as 1, 1, 0.6, 0.3, each times the "
                    "strength; the last one repeats. Steps count from where a sampler begins.",
                ),
            ],
            outputs=[
                io.Model.Output(tooltip="The model with the LoRA."),
                RecipeType.Output(
                    display_name="recipe", tooltip="The settings of the LoRA, for other nodes."
                ),
                io.String.Output(display_name="report", tooltip="What was loaded, in words."),
            ],
            **shown_from_cache(),
        )

    @classmethod
    def fingerprint_inputs(cls, lora_name, recipe, **_):
        try:
            status = files.lora_path(lora_name).stat()
        except (OSError, ValueError) as error:
            return str(error)
        chosen = _recipes().get(recipe)
        return f"{status.st_size} {status.st_mtime_ns} {chosen and chosen.to_json()}"

    @classmethod
    def execute(cls, model, lora_name, strength, recipe, apply, step_strengths):
        each = parse_strengths(step_strengths)
        if each and apply != LIVE:
            raise ValueError(
                "step_strengths needs apply = live: merged weights are the same at every step. "
                "Set apply to live, or empty the list."
            )
        path = files.lora_path(lora_name)
        file, header = lora.read_lora(path)
        found = recognised(lora_name, path, header)
        chosen = found.recipe if recipe == AUTO else chosen_recipe(recipe)
        lora_checks.check_recipe(chosen, lora_name)
        lora_checks.check_kind(found, lora_name)
        lora_checks.check_single(model, lora_name)
        match = lora.match(model, file)
        lora_checks.check_match(model, found, match, lora_name)

        own = chosen.strength if chosen else 1.0
        at_one = [own * share for share in each or [1.0]]
        patched, applied = _applied(model, file, match, strength, at_one, apply)
        if applied:
            title = chosen.id if chosen else "unknown"
            patched.set_attachments(
                lora_checks.ACCELERATOR, lora_checks.Accelerator(lora_name, title, applied)
            )
        warnings = lora_checks.warnings(found, chosen, match)
        lines = [
            f"{lora_name}: {found.told()}",
            *([f"recipe {chosen.id}, chosen by hand"] if recipe != AUTO else []),
            _layers_text(model, found, match, apply, applied),
            _strength_text(strength, own, each),
            *warnings,
        ]
        summary = [chosen.summary()] if chosen else []
        shown = for_page(lora_name, recipe, found, chosen, warnings)
        return io.NodeOutput(patched, chosen, "\n".join(lines + summary), ui=shown)


def _recipes() -> dict[str, Recipe]:
    return files.catalog().recipes


def _usable(recipe: Recipe) -> bool:
    return recipe.kind == "LoRA" and not recipe.blocked


def _applied(
    model: Any,
    file: lora.LoraFile,
    match: lora.Match,
    strength: float,
    at_one: list[float],
    apply: str,
) -> tuple[Any, Applied | None]:
    """The model with the LoRA, and how it is on it; nothing is merged at strength 0."""
    if apply == LIVE:
        patched = model.clone()
        return patched, run_live(patched, file, match, strength, at_one)
    if strength * at_one[0] == 0:
        return model, None
    patched = model.clone()
    return patched, merge(patched, match, strength, at_one[0])


def _layers_text(
    model: Any, found: Found, match: lora.Match, apply: str, applied: Applied | None
) -> str:
    base = lora.base_of(model) or type(model.model.model_config).__name__
    if apply == MERGE:
        how = "merged into the weights"
    elif applied and applied.merged:
        how = f"live; {len(applied.merged)} of them have no live form and are merged"
    else:
        how = "live"
    rank = f", rank {found.layout.rank}" if found.layout.rank else ""
    return f"{match.matched} of {match.total} layers of {base}{rank}, {how}"


def _strength_text(strength: float, own: float, each: list[float]) -> str:
    text = f"strength {strength:g}, which is {strength * own:g} times what the file holds"
    if each:
        text += "; by step times " + ", ".join(f"{share:g}" for share in each)
    return text
