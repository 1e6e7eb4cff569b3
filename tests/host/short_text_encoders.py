"""Text encoders with one to three layers, by the option that the host has for their settings.

Everything else of them stays: widths, tokens, keys, how they are joined. The tests' server gets
this file as a pack of its own. The demo model says the same with it: eleven of its twelve
layers do nothing.
"""

import functools
from pathlib import Path

import comfy.sd1_clip

NODE_CLASS_MAPPINGS = {}
_FEW = {"num_hidden_layers": 3, "num_layers": 1, "d_ff": 64}
# Wan's has 256384 words, which are most of its file.
_WORDS = {"umt5xxl": {"vocab_size": 512}}


def shorten():
    """From now on every text encoder is built short; gives what puts the whole ones back."""
    kind = comfy.sd1_clip.SDClipModel
    whole = kind.__init__

    @functools.wraps(whole)
    def short(self, *args, model_options=None, **named):
        options = {"model_name": "clip_l", **(model_options or {})}
        name = options["model_name"]
        options[f"{name}_model_config"] = {**_FEW, **_WORDS.get(name, {})}
        whole(self, *args, model_options=options, **named)

    kind.__init__ = short
    return functools.partial(setattr, kind, "__init__", whole)


def install(custom_nodes):
    """This file as a pack, for a server that is started afterwards."""
    folder = custom_nodes / "short_text_encoders"
    folder.mkdir(parents=True)
    source = Path(__file__).read_text("utf-8")
    (folder / "__init__.py").write_text(f"{source}\n\nshorten()\n", "utf-8")
