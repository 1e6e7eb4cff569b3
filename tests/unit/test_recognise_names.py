"""A table of names as they are in the wild, each with what the file is; and style LoRAs, none of
which is taken for an accelerator."""

import csv
import functools
import random
import sys
from pathlib import Path

import pytest
from fewstep.recipes import builtin_recipes, layout_of, read_header, recognise, recognise_name

sys.path.insert(0, str(Path(__file__).parent))
import replicas  # noqa: E402

RECIPES = builtin_recipes()
WHOLE = ("UNet", "checkpoint")
TABLE = Path(__file__).parent / "data" / "names.tsv"
ROWS = list(csv.DictReader(TABLE.read_text("utf-8").splitlines(), delimiter="\t"))

# What the first column of the table stands for: headers of published files, and of style LoRAs.
LAYOUTS = {
    "sdxl": lambda: replicas.lora("SDXL", "kohya"),
    "sdxl-f32": lambda: replicas.lora("SDXL", "kohya", dtype="F32"),
    "sdxl-r32": lambda: replicas.lora("SDXL", "kohya", rank=32),
    "sdxl-peft": lambda: replicas.lora("SDXL", "peft", dtype="F32"),
    "sdxl-attn64": lambda: replicas.lora("SDXL", "kohya", 64, "F32", replicas.ATTENTION),
    "sdxl-style": lambda: replicas.lora("SDXL", "kohya", 16, targets=replicas.ATTENTION),
    "sd15": lambda: replicas.lora("SD 1.5", "kohya"),
    "sd15-f32": lambda: replicas.lora("SD 1.5", "kohya", dtype="F32"),
    "sd15-style": lambda: replicas.lora("SD 1.5", "kohya", 16, targets=replicas.ATTENTION),
    "sd21": lambda: replicas.lora("SD 2.1", "kohya"),
    "ssd1b": lambda: replicas.lora("SSD-1B", "kohya"),
    "sd3": lambda: replicas.lora("SD3", "transformer", dtype="F32"),
    "flux": lambda: replicas.lora("FLUX.1", "transformer", dtype="F32"),
    "unet-sdxl": lambda: replicas.unet("SDXL"),
    "unet-sd15": lambda: replicas.unet("SD 1.5"),
    "ckpt-sdxl": lambda: replicas.checkpoint("SDXL"),
    "ckpt-sd15": lambda: replicas.checkpoint("SD 1.5"),
    "ckpt-sd21": lambda: replicas.checkpoint("SD 2.1"),
}
ALONE = {"-lora": ("LoRA",), "-model": WHOLE}


@pytest.fixture(scope="session")
def header_of(tmp_path_factory):
    folder = tmp_path_factory.mktemp("headers")

    @functools.cache
    def read(layout):
        header = read_header(replicas.write(folder / f"{layout}.safetensors", LAYOUTS[layout]()))
        return header, layout_of(header)

    return read


def told_of(name, header_and_layout):
    header, layout = header_and_layout
    return recognise(name, header, RECIPES, layout=layout)


def ids(recipes):
    return {recipe.id for recipe in recipes}


def answers(found, answer):
    """Whether what was found is the answer of the table: a recipe's id, `plain`, `open` (any
    recipes, none chosen), `?` and these very recipes, or `merge` with a family and its recipes."""
    if answer == "plain":
        return found.recipe is None and not found.twins and not found.merge
    if answer == "open":
        return found.recipe is None and not found.merge
    if answer.startswith("?"):
        wanted = set(answer[1:].split(","))
        exact = wanted == ids(found.twins) or ("*" in wanted and wanted - {"*"} < ids(found.twins))
        return found.recipe is None and not found.merge and exact
    if answer.startswith("merge "):
        family, _, near = answer.removeprefix("merge ").partition(":")
        wanted = {one.strip() for one in near.split(",")} - {""}
        return (found.recipe, found.merge, ids(found.twins)) == (None, family, wanted)
    return found.recipe is RECIPES[answer]


def test_the_table_of_names_is_long_and_no_row_is_there_twice():
    assert len(ROWS) >= 400
    assert len({(row["layout"], row["name"]) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("suffix", [".safetensors", ""])
def test_every_name_of_the_table_has_its_answer(header_of, suffix):
    wrong = []
    for row in ROWS:
        layout, name = row["layout"], row["name"] + suffix
        if layout in ALONE:
            found = recognise_name(name, RECIPES, ALONE[layout])
        else:
            found = told_of(name, header_of(layout))
        if not answers(found, row["answer"]):
            wrong.append(f"{layout} {name}: {found.told()}, not {row['answer']}")
    assert not wrong, "\n".join(wrong)


# Words that families of accelerators share with everyday English, and short ones that anybody uses.
SHARED = "flash turbo lightning hyper lcm dmd dmd2 pcm tcd slam spo light tdd nitro schnell".split()
THINGS = (
    "portrait photography anime lineart watercolor cyberpunk fantasy realistic skin detail tweaker "
    "eyes hands pixelart comic manga style character girl knight dragon city street car neon smoke "
    "storm bolt punk gothic retro vintage 90s film grain bokeh glow leak armor dress tattoo logo"
).split()
TAILS = (
    "",
    "",
    "",
    "_v1",
    "_v2",
    "-v3.1",
    "_lora",
    "_XL",
    "_sdxl",
    "_sd15",
    "-000012",
    "_1500steps",
)
STYLES = {
    "sdxl-style": ("_xl", "_sdxl", "XL", "", "_pony", "-illustrious"),
    "sd15-style": ("_sd15", "_sd1.5", "", ""),
    # Built like an accelerator.
    "sdxl": ("_xl", "_sdxl", "XL", "", "_pony"),
    "sdxl-attn64": ("_xl", "SDXL", ""),
    "sd15": ("_sd15", "", ""),
}


def style_name(random, base):
    """One to three words of the world, and in most names one that an accelerator has too."""
    named = random.sample(THINGS, random.randint(1, 3))
    if random.random() < 0.9:
        named.insert(random.randint(0, len(named)), random.choice(SHARED))
    join = random.choice(("_", "-", " ", ""))
    named = [word.capitalize() for word in named] if join == "" or random.random() < 0.3 else named
    folder = random.choice(("", "", "", "styles/", "sdxl/", "lightning/", "dmd2/4steps/", "lcm/"))
    return f"{folder}{join.join(named)}{base}{random.choice(TAILS)}.safetensors"


def test_no_style_lora_of_a_thousand_is_taken_for_an_accelerator(header_of):
    drawn = random.Random(19)
    taken, shared = [], 0
    for _ in range(1000):
        layout = drawn.choice(list(STYLES))
        name = style_name(drawn, drawn.choice(STYLES[layout]))
        shared += any(word in name.lower() for word in SHARED)
        for found in (
            told_of(name, header_of(layout)),
            recognise_name(name, RECIPES, ("LoRA",)),
        ):
            if found.recipe or found.merge:
                taken.append(f"{layout} {name}: {found.told()}")
    assert shared > 800
    assert not taken, "\n".join(taken)
