"""Small runs on narrow models: a CLIP of numbers, settings, and what has to stay as it is."""

import contextlib
import zlib

import comfy.model_management as host
import narrow
import torch
from fewstep.distil import LOSSES
from fewstep.host.training.adapters import STUDENT, Adapters
from fewstep.host.training.asked import Asked, Given
from fewstep.host.training.blocks import layers_of
from fewstep.host.training.conditions import encode
from fewstep.host.training.levels import times_of
from fewstep.host.training.paths import PathsAsked, make_paths
from fewstep.host.training.run import distil
from fewstep.host.training.session import trainable
from fewstep.host.training.start import start_of

PROMPTS = "a cat\na dog"
BASES = ("SD 1.5", "SDXL", "SD 2.1", "SD3", "FLUX.1")
# Those on which the teacher's features are tried.
FEATURED = ("SD 1.5", "SDXL", "SD3", "FLUX.1")


class Clip:
    """What the host's CLIP is to training: texts to conditionings, all different."""

    def __init__(self, base, more=None):
        self._base, self._more = base, more or {}
        self.encoded = []

    def tokenize(self, text):
        return text

    def encode_from_tokens_scheduled(self, text):
        self.encoded.append(text)
        seed = zlib.crc32(text.encode()) % 1000
        return [[c, {**d, **self._more}] for c, d in narrow.conditioning(self._base, seed)]


def asked(**changes):
    plain = {
        "prompts": PROMPTS,
        "negative": "",
        "start_lora": "none",
        "method": "trajectory",
        "target_steps": 1,
        "steps": 3,
        "batch": 2,
        "learning_rate": 1e-3,
        "rank": 4,
        "cfg": 2.0,
        "seed": 5,
        "name": "mine",
        "width": 64,
        "height": 64,
    }
    return Asked(**{**plain, **changes})


def paths(model, base, **changes):
    plain = {
        "prompts": PROMPTS,
        "negative": "",
        "count": 5,
        "cfg": 2.0,
        "steps": 8,
        "width": 64,
        "height": 64,
        "seed": 3,
        "name": "mine",
    }
    # As the host runs nodes.
    with torch.inference_mode():
        return make_paths(model, Clip(base), PathsAsked(**{**plain, **changes}))


def loaded(base):
    """A narrow model of its own whose weights the host made for inference, as its loaders do."""
    made = narrow.patcher.__wrapped__(base)
    with torch.inference_mode():
        for module in made.model.modules():
            for name, weight in module._parameters.items():
                if weight is not None:
                    copy = torch.nn.Parameter(weight.clone(), requires_grad=False)
                    module._parameters[name] = copy
    return made


def run(model, base, given=None, clip=None, **changes):
    # As the host runs nodes.
    with torch.inference_mode():
        return distil(model, clip or Clip(base), asked(**changes), given or Given())


def shape_of(base):
    return (narrow.channels_of(base), 8, 8)


@contextlib.contextmanager
def student(model, base, *, effect=True):
    """A patcher that is trained, its adapters injected, with numbers that matter."""
    with trainable(model) as patcher:
        start = start_of(model, "none", None, 4, 1)
        adapters = Adapters(layers_of(patcher.model), start.matrices, torch.device("cpu"))
        if effect:
            random = torch.Generator().manual_seed(2)
            for pair in adapters.pairs(STUDENT).values():
                pair.up.data.copy_(torch.randn(pair.up.shape, generator=random) * 0.02)
        adapters.inject()
        try:
            yield patcher, adapters
        finally:
            adapters.eject()


def inputs(model, base, rows=2):
    random = torch.Generator().manual_seed(4)
    x = torch.randn(rows, *shape_of(base), generator=random)
    times = times_of(model)
    sigma = times.sigmas(torch.tensor([999, 499][:rows]), x)
    context = encode(model, Clip(base), PROMPTS.splitlines()[:rows], shape_of(base))
    return x, sigma, context


def plainly(model, x, sigma, context):
    """The model as sampling calls it, in the host's inference mode."""
    ((_, taken),) = context.groups()
    with torch.inference_mode():
        return model.model.apply_model(x, sigma, **taken, transformer_options={}).clone()


def output(model, base, seed=1):
    """What the plain model gives for one x, as the host's sampling calls it."""
    with torch.inference_mode():
        return narrow.sampled(model, base, narrow.sigmas_of(model, 2), cfg=2.0, seed=seed)


def breaking(monkeypatch, error, at=2, method="trajectory"):
    """Raises `error` in step `at`, after the student's pass through the network."""
    plain, calls = LOSSES[method].student, []

    def student(*args):
        taught = plain(*args)
        calls.append(1)
        if len(calls) == at:
            raise error
        return taught

    monkeypatch.setitem(LOSSES, method, LOSSES[method]._replace(student=student))


def looks(model):
    """What nobody may find changed: forwards, flags, values."""
    network = model.model
    return {
        "forwards": {n: m.__dict__.get("forward") for n, m in network.named_modules()},
        "training": {n: m.training for n, m in network.named_modules()},
        "wants": [w.requires_grad for w in network.parameters()],
        "in training": host.in_training,
        "loaded": [one.model for one in host.current_loaded_models],
        "options": repr(model.model_options),
        "attachments": dict(model.attachments),
        "patches": {**model.patches},
        "injections": {**model.injections},
        "current": network.current_patcher is model,
    }


def hooks(model):
    return [len(one._forward_hooks) for one in model.model.modules()]
