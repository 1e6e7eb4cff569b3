"""ControlNets of real layouts that write down at which steps they ran, in the host's sampling."""

import comfy.cldm.cldm
import comfy.controlnet
import comfy.model_sampling as host
import comfy.samplers
import fakes
import narrow
import torch
from fewstep.host.sampling.samplers import make_sampler
from fewstep.nodes.controlnet import FewStepControlNetApply
from fewstep.schedulers import plan_timesteps
from floor import WHOLE

_FLOW, _FLUX = host.ModelSamplingDiscreteFlow, host.ModelSamplingFlux
# One of each kind of noise levels; v and x0 have those of eps, and another shift bends them alike.
KINDS = ("eps", "zero snr", "flow shift 3", "edm")
SAMPLINGS = {
    "eps": fakes.model_sampling(host.EPS),
    "v": fakes.model_sampling(host.V_PREDICTION),
    "x0": fakes.model_sampling(host.X0),
    "zero snr": fakes.zero_snr(),
    "flow shift 1": fakes.model_sampling(host.CONST, _FLOW),
    "flow shift 3": fakes.model_sampling(host.CONST, _FLOW, shift=3.0),
    "flux": fakes.model_sampling(host.CONST, _FLUX, shift=1.15),
    "edm": fakes.model_sampling(host.EDM, host.ModelSamplingContinuousEDM),
}


class Steps:
    """Counts the steps of a run, and keeps those at which each ControlNet ran, by its hint."""

    def __init__(self):
        self.now, self.seen = 0, {}

    def note(self, name):
        self.seen.setdefault(name, []).append(self.now)

    def end_step(self, _apply, given):
        """In place of the network: a model that costs nothing."""
        self.now += 1
        return given["input"] * 0.5


def control_net(base, steps, real=False):
    """A narrow ControlNet of this base; `real` runs its network and not the notes alone."""
    config = narrow.CONFIGS[base][1]
    kept = {
        k: v for k, v in config.items() if k not in ("out_channels", "transformer_depth_output")
    }
    torch.manual_seed(4)
    network = comfy.cldm.cldm.ControlNet(
        hint_channels=3, operations=comfy.ops.manual_cast, device=torch.device("cpu"), **kept
    )
    for weight in network.parameters():
        weight.data = 0.05 * torch.randn(weight.shape)
    network.dtype = torch.float32
    forward = network.forward

    def noted(x, hint, **given):
        steps.note(name_of(hint))
        return (
            forward(x=x, hint=hint, **given) if real else {"input": [], "middle": [], "output": []}
        )

    network.forward = noted
    cpu = torch.device("cpu")
    return comfy.controlnet.ControlNet(network, load_device=cpu, manual_cast_dtype=None)


def image(name):
    """A picture that carries a number."""
    return torch.full((1, 64, 64, 3), name / 1024)


def name_of(hint):
    return round(float(hint.flatten()[0]) * 1024)


def applied(positive, control, sigmas, first, last, name=0, **more):
    given = {"strength": 0.5, **more}
    return FewStepControlNetApply.execute(
        positive, [], control, image(name), sigmas, first_step=first, last_step=last, **given
    ).result[0]


def model_of(sampling, steps, base="SD 1.5"):
    model = narrow.patcher(base).clone()
    model.add_object_patch("model_sampling", sampling)
    model.set_model_unet_function_wrapper(steps.end_step)
    return model


def sample(model, positive, sigmas, sampler=None, noise=True):
    start = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3)) * noise
    guider = comfy.samplers.CFGGuider(model)
    guider.set_conds(positive, positive)
    guider.set_cfg(1.0)
    sampler = sampler or make_sampler("ddim")
    return guider.sample(start, torch.zeros(1, 4, 8, 8), sampler, sigmas, disable_pbar=True, seed=3)


def times_of(steps, spacing, denoise):
    """Timesteps of a spacing; listed ones are uneven, and lie between entries of the table."""
    if spacing != "listed":
        return plan_timesteps(steps, spacing, denoise)
    uneven = [denoise * (1 - (k / steps) ** 1.5) for k in range(steps)]
    return plan_timesteps(steps, spacing, 1.0, ", ".join(f"{share:.6f}" for share in uneven))


def counts_of(name):
    """Numbers of steps to try: 1 to 8 for each kind of levels, and some for its relatives."""
    return range(1, 9) if WHOLE and name in KINDS else (1, 3, 8)


def windows(count):
    """All (first, last) of so many steps."""
    return [(first, last) for first in range(1, count + 1) for last in range(first, count + 1)]


def asked(pairs):
    """Steps counted from 0, as `Steps` notes them, for each pair by its place."""
    return {name: list(range(first - 1, last)) for name, (first, last) in enumerate(pairs)}
