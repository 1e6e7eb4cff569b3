"""Runs inside the host as a pack of its own: what the parts of a picture take, on /bench/times."""

import functools
import time
from collections import defaultdict

import comfy.controlnet
import comfy.model_base
import comfy.samplers
import comfy.sd
import comfy_extras.nodes_custom_sampler as custom
from aiohttp import web
from server import PromptServer

NODE_CLASS_MAPPINGS = {}
_seconds: dict[str, float] = defaultdict(float)


def _timed(name, call):
    @functools.wraps(call)
    def run(*args, **named):
        begin = time.perf_counter()
        try:
            return call(*args, **named)
        finally:
            _seconds[name] += time.perf_counter() - begin

    return run


def _time_our_node() -> None:
    """The pack is loaded before or after this one: its node is found when first asked for."""
    import nodes

    node = nodes.NODE_CLASS_MAPPINGS["FewStepKSampler"]
    node.execute = classmethod(_timed("node", node.execute.__func__))


@PromptServer.instance.routes.get("/bench/times")
async def times(_):
    if "started" not in _seconds:
        _seconds["started"] = 1
        _time_our_node()
    found = {name: value for name, value in _seconds.items() if name != "started"}
    for name in found:
        _seconds[name] = 0.0
    return web.json_response(found)


def _time_samplers() -> None:
    sample = comfy.samplers.KSAMPLER.sample

    def timed(self, *args, **named):
        whole = self.sampler_function
        self.sampler_function = _timed("sampler", whole)
        try:
            return sample(self, *args, **named)
        finally:
            self.sampler_function = whole

    comfy.samplers.KSAMPLER.sample = timed


_time_samplers()
for owner, method, name in (
    (comfy.samplers.KSamplerX0Inpaint, "__call__", "call"),
    (comfy.model_base.BaseModel, "apply_model", "UNet"),
    (comfy.controlnet.ControlNet, "get_control", "ControlNet"),
    (comfy.sd.VAE, "decode", "VAE"),
):
    setattr(owner, method, _timed(name, getattr(owner, method)))
_execute = custom.SamplerCustomAdvanced.execute.__func__
custom.SamplerCustomAdvanced.execute = classmethod(_timed("core sampling", _execute))
