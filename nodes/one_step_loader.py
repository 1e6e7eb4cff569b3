"""The loader of whole models made for few steps: choose a file, and it starts and steps right."""

from pathlib import Path
from typing import Any

from comfy_api.v0_0_2 import io

from ..recipes import Found, Header, Recipe, layout_of
from . import files, lora_checks, model_checks, model_files, one_step
from .absent import Absent
from .choosing import AUTO, chosen_recipe, for_page, recognised, shown_from_cache
from .guidance import set_guidance
from .inputs import SEARCH_ALIASES, RecipeType

NONE = "none"


class FewStepOneStepLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepOneStepLoader",
            display_name="Load one-step model",
            category="model/loaders",
            description="Loads a checkpoint or UNet made for one or a few steps, and makes any "
            "sampler node start it with the right noise and read its output right.",
            search_aliases=[
                *SEARCH_ALIASES,
                *("one step", "unet", "checkpoint", "dmd2", "sdxs", "nitrofusion"),
            ],
            inputs=[
                io.Combo.Input(
                    "model_name",
                    options=files.model_names(),
                    tooltip="The file, in models/checkpoints or models/diffusion_models, in the "
                    "layout of ComfyUI or of diffusers. It is recognised by its content and name.",
                ),
                io.Combo.Input(
                    "recipe",
                    options=[AUTO, *(one.id for one in _recipes() if _usable(one))],
                    default=AUTO,
                    tooltip="auto recognises the file. Choose one where the file is called "
                    "something else: models of a family differ in nothing but their values.",
                ),
                io.Combo.Input(
                    "base_checkpoint",
                    options=[NONE, *files.checkpoint_names()],
                    default=NONE,
                    tooltip="Where CLIP and VAE come from: none takes them from the file itself, "
                    "a checkpoint of the same base gives its own.",
                ),
                io.Combo.Input(
                    "weight_dtype",
                    options=list(model_files.WEIGHT_DTYPES),
                    default="default",
                    advanced=True,
                    tooltip="default keeps the file's type where the device can compute with it. "
                    "fp8 halves the memory of fp16 and loses a little detail.",
                ),
                io.Float.Input(
                    "guidance",
                    default=8.0,
                    min=1.0,
                    max=20.0,
                    step=0.1,
                    advanced=True,
                    tooltip="For full LCM models, which draw at CFG 1 as if with this guidance: 1 "
                    "follows the prompt loosely, 8 is their authors' choice. Others have no use "
                    "for it.",
                ),
            ],
            outputs=[
                io.Model.Output(tooltip="The model, right for any sampler node."),
                io.Clip.Output(tooltip="Its text encoder, or that of base_checkpoint."),
                io.Vae.Output(tooltip="Its VAE, or that of base_checkpoint."),
                RecipeType.Output(
                    display_name="recipe", tooltip="The settings of the model, for other nodes."
                ),
                io.String.Output(display_name="report", tooltip="What was loaded, in words."),
            ],
            **shown_from_cache(),
        )

    @classmethod
    def fingerprint_inputs(cls, model_name, recipe, base_checkpoint, **_):
        try:
            paths = [files.model_path(model_name)]
            if base_checkpoint != NONE:
                paths.append(files.checkpoint_path(base_checkpoint))
            marks = [(status.st_size, status.st_mtime_ns) for status in map(Path.stat, paths)]
        except (OSError, ValueError) as error:
            return str(error)
        chosen = files.catalog().recipes.get(recipe)
        return f"{marks} {chosen and chosen.to_json()}"

    @classmethod
    def execute(cls, model_name, recipe, base_checkpoint, weight_dtype, guidance):
        path = files.model_path(model_name)
        header = model_files.read_model_header(path, model_name)
        found = recognised(model_name, path, header)
        model_checks.check_model(found.layout, header, model_name)
        chosen = found.recipe if recipe == AUTO else chosen_recipe(recipe)
        lora_checks.check_recipe(chosen, model_name)
        # Before the model: a wrong base should not cost the minute that loading takes.
        base = _checked_base(found, model_name, base_checkpoint)

        embeddings = files.embedding_folders()
        model, clip, vae = model_files.load(path, model_name, header, weight_dtype, embeddings)
        told = []
        if chosen:
            model, told = one_step.prepare(model, chosen, model_name)
            model.set_attachments(
                lora_checks.ACCELERATOR, lora_checks.Accelerator(model_name, chosen.id)
            )
        model, embedded = _with_guidance(model, path, model_name, header, guidance)
        if base:
            _, clip, vae = model_files.load_companions(*base, embeddings)
        warnings = model_checks.warnings(found, chosen)
        lines = [
            f"{model_name}: {found.told()}",
            *([f"recipe {chosen.id}, chosen by hand"] if recipe != AUTO else []),
            *told,
            *embedded,
            *_companion_lines(clip, vae, model_name, base_checkpoint),
            *warnings,
            *([chosen.summary()] if chosen else []),
        ]
        return io.NodeOutput(
            model,
            clip or Absent(model_checks.NO_CLIP.format(file=model_name)),
            vae or Absent(model_checks.NO_VAE.format(file=model_name)),
            chosen,
            "\n".join(lines),
            ui=for_page(model_name, recipe, found, chosen, warnings),
        )


def _recipes() -> list[Recipe]:
    return list(files.catalog().recipes.values())


def _usable(recipe: Recipe) -> bool:
    return recipe.kind != "LoRA" and not recipe.blocked


def _checked_base(found: Found, name: str, base: str) -> tuple[Path, str, Header] | None:
    """Path, name and header of the base checkpoint, if one is chosen and fits."""
    if base == NONE:
        return None
    path = files.checkpoint_path(base)
    header = model_files.read_model_header(path, base)
    model_checks.check_companion(found.layout, layout_of(header), name, base)
    return path, base, header


def _with_guidance(
    model: Any, path: Path, name: str, header: Header, guidance: float
) -> tuple[Any, list[str]]:
    """The model told the guidance, if it is an LCM that can be, and what was set, in words."""
    weights = model_files.read_guidance(path, name, header)
    if weights is None:
        return model, []
    patched = set_guidance(model, weights.cond_proj, weights.linear, guidance)
    return patched, [f"The model draws with guidance {guidance:g}, at CFG 1."]


def _companion_lines(clip: Any, vae: Any, name: str, base: str) -> list[str]:
    given = [part for part, one in (("CLIP", clip), ("VAE", vae)) if one]
    absent = [part for part, one in (("CLIP", clip), ("VAE", vae)) if not one]
    lines = [f"{' and '.join(given)} from {name if base == NONE else base}"] if given else []
    return lines + ([f"no {' and no '.join(absent)}"] if absent else [])
