"""The words of the prompts and their numbers in CLIP's vocabulary: each is a single token."""

SHAPES = ("circle", "ring", "square", "triangle", "star", "cross", "heart", "moon")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "white", "black")
PALETTE = (
    (0.86, 0.17, 0.17),
    (0.95, 0.53, 0.12),
    (0.98, 0.86, 0.22),
    (0.16, 0.62, 0.30),
    (0.16, 0.38, 0.86),
    (0.54, 0.24, 0.70),
    (0.97, 0.97, 0.97),
    (0.08, 0.08, 0.08),
)
# Stands for a shape that the prompt leaves open.
ANY_SHAPE = "shape"
TEMPLATES = (
    "a {colour} {shape} on a {background} background",
    "{colour} {shape}, {background} background",
    "a {background} background with a {colour} {shape}",
    "a picture of a {colour} {shape} on a {background} background",
)


def prompt(shape: int, colour: int, background: int, template: int) -> str:
    """`prompt(0, 0, 4, 0)` is "a red circle on a blue background"; shape 8 is left open."""
    return TEMPLATES[template].format(
        shape=(*SHAPES, ANY_SHAPE)[shape],
        colour=COLOURS[colour],
        background=COLOURS[background],
    )
