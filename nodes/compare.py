"""The comparison: steps, gamma, CFG and strength beside each other on one labelled sheet."""

from comfy_api.v0_0_2 import io

from .. import pictures
from ..host.accelerator import recipe_for
from ..host.images import to_image, to_picture
from ..host.sampling.comparison import (
    Sampled,
    check_latent,
    check_vae,
    decode_cells,
    models_at,
    sample_cells,
)
from ..host.sampling.guidance import with_guidance
from ..host.sampling.levels import subject_of
from ..host.sampling.measures import measured
from ..recipes import Cell, combinations, judge, reference_of, unjudged
from .inputs import RecipeType, denoise_input, seed_input

_TITLE = "Compare few-step settings"


class FewStepCompare(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepCompare",
            display_name=_TITLE,
            category="model/sampling",
            description="Makes a picture for each combination of steps, gamma, CFG and LoRA "
            "strength, from one seed, and puts them on one labelled sheet.",
            search_aliases=["compare", "compare steps", "xy plot", "grid", "contact sheet"],
            inputs=[
                io.Model.Input("model", tooltip="The model, with its acceleration LoRA loaded."),
                io.Conditioning.Input("positive", tooltip="What the picture should show."),
                io.Conditioning.Input(
                    "negative", tooltip="What it should not show. No effect at CFG 1."
                ),
                io.Latent.Input(
                    "latent_image", tooltip="One empty latent, or one picture to work on."
                ),
                io.Vae.Input("vae", tooltip="Decodes the pictures, one by one."),
                seed_input("seed", "All pictures start from the noise of this seed."),
                io.String.Input(
                    "steps",
                    display_name="steps (0 = recipe)",
                    default="2, 4, 8",
                    tooltip="Numbers of steps, such as 2, 4, 8 or 1-4; 0 is the recipe's own.",
                ),
                io.String.Input(
                    "gammas",
                    display_name="gammas (-1 = recipe)",
                    default="-1",
                    tooltip="For recipes that sample with TCD: 0 renews no noise, 1 all of it, "
                    "such as 0, 0.3, 1. -1 is the recipe's own.",
                ),
                io.String.Input(
                    "cfgs",
                    display_name="cfgs (0 = recipe)",
                    default="0",
                    tooltip="CFGs, such as 1, 1.5, 2; 0 is the recipe's own.",
                ),
                RecipeType.Input(
                    "recipe",
                    optional=True,
                    tooltip="Not needed after one of our loaders: the model brings its recipe, for "
                    "what the lists leave open. A recipe connected here is used in place of it.",
                ),
                io.String.Input(
                    "strengths",
                    default="",
                    optional=True,
                    tooltip="Strengths of the LoRA from Load acceleration LoRA, such as 0.6, 0.8, "
                    "1, in place of the slider there. Empty leaves the model as it is.",
                ),
                denoise_input(optional=True),
                io.Boolean.Input(
                    "seconds",
                    default=False,
                    optional=True,
                    tooltip="Also writes how long each picture took to sample. The first one of a "
                    "run also loads the model.",
                ),
                io.Boolean.Input(
                    "similarity",
                    default=False,
                    optional=True,
                    tooltip="Also compares each picture with a reference: writes how similar they "
                    "are (SSIM, 1 is identical), marks burnt and blurred pictures, and frames the "
                    "cheapest setting that is similar enough.",
                ),
                io.String.Input(
                    "reference",
                    default="",
                    optional=True,
                    tooltip="For similarity: the picture to compare with, named by what stands "
                    "below it, such as 8 steps, CFG 1. Empty takes the one with the most steps.",
                ),
                io.Float.Input(
                    "tolerance",
                    default=0.2,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    optional=True,
                    tooltip="For similarity: how far below 1 the SSIM of the framed picture may "
                    "be. 0 allows no difference; 0.2 allows small ones; 1 allows any.",
                ),
            ],
            outputs=[
                io.Image.Output(
                    display_name="sheet",
                    tooltip="All pictures on one sheet, each with what sets it apart below it.",
                ),
                io.Image.Output(
                    display_name="pictures", tooltip="The pictures as a batch, row by row."
                ),
                io.String.Output(
                    display_name="report",
                    tooltip="With similarity on: the cheapest setting that is similar enough, and "
                    "what was found of each picture.",
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        model,
        positive,
        negative,
        latent_image,
        vae,
        seed,
        steps,
        gammas,
        cfgs,
        recipe=None,
        strengths="",
        denoise=1.0,
        seconds=False,
        similarity=False,
        reference="",
        tolerance=0.2,
    ):
        given = recipe_for(model, recipe, _TITLE)
        check_latent(latent_image)
        subject = subject_of(model, given.recipe, latent_image)
        wanted = combinations(given.recipe, steps, gammas, cfgs, strengths, denoise, subject)
        against = reference_of(wanted.cells, reference) if similarity else None
        decode = check_vae(vae)
        models = models_at(model, wanted.cells)
        positive, guidance = with_guidance(positive, given.recipe)
        made = sample_cells(models, (positive, negative), latent_image, seed, wanted.cells)
        batch = decode_cells(decode, made, wanted.cells)
        judged = (
            judge(wanted.cells, measured(batch, made, against), against, tolerance)
            if similarity
            else unjudged(wanted.cells)
        )
        drawn = [
            pictures.Cell(to_picture(image), [*_label(cell, sampled, seconds), *words], framed)
            for image, cell, sampled, (words, framed) in zip(
                batch, wanted.cells, made, judged.marks, strict=True
            )
        ]
        title = [*wanted.shared, *guidance, *given.warnings, f"seed {seed}", *judged.title]
        sheet = pictures.contact_sheet(drawn, wanted.columns, title)
        return io.NodeOutput(to_image(sheet), batch, judged.text)


def _label(cell: Cell, sampled: Sampled, seconds: bool) -> list[str]:
    return [*cell.label, *([f"{sampled.seconds:.2f} s"] if seconds else [])]
