"""A LoRA that is applied while the model runs: the weights stay as they are, strengths are free.

`comfy.sd.load_bypass_lora_for_models` does this too. It drops the LoRAs of layers that ComfyUI
holds as one and diffusers as three (the q, k, v of FLUX and SD3), and takes two more passes over
each layer's output; so only the patcher's injections are used here.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import comfy.ops
import torch
from comfy.patcher_extension import CallbacksMP, PatcherInjection, WrappersMP

from ...schedulers import strength_at
from .product import Matrices, Part, Product, is_convolution, positions

KEY = "fewstep_live_lora"
# Where a layer keeps the matrices it computed with last, so that they go when it goes.
_KEPT = "_fewstep_matrices"
# Layers whose forward is a plain convolution or linear map.
_PLAIN = {
    getattr(kind, name)
    for kind in (comfy.ops.disable_weight_init, comfy.ops.manual_cast)
    for name in ("Linear", "Conv2d")
}


class Dial:
    """The strength that the layers of one loader have at this moment."""

    def __init__(self, strengths: Sequence[float]):
        self._strengths = tuple(strengths)
        self.value = self._strengths[0]

    def follow(self, run: Callable, x: Any, t: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        """Around the host's apply_model: turns the dial to the step that is being sampled."""
        # Reading a level waits for the device, so not for one strength.
        if len(self._strengths) > 1:
            options = kwargs.get("transformer_options") or (args[3] if len(args) > 3 else {})
            sigmas = options.get("sample_sigmas")
            if sigmas is not None:
                self.value = strength_at(float(t.max()), sigmas.tolist(), self._strengths)
        return run(x, t, *args, **kwargs)


class LiveLayer:
    """One layer of the model and what the LoRA adds to it."""

    def __init__(self, layer: torch.nn.Module, parts: Sequence[Part], dial: Dial):
        self._layer = layer
        self._parts = parts
        self._dial = dial
        self._active = False
        self._before: Callable | None = None
        # One object: a method is a new one each time it is looked up.
        self._hook = self._forward

    def inject(self) -> None:
        before = _working(self._layer.__dict__.get("forward"))
        # Core's bypass leaves the layer's own forward behind, by name.
        own = getattr(before, "__func__", None) is type(self._layer).forward
        self._before = None if own else before
        self._layer.forward = self._hook
        self._active = True

    def eject(self) -> None:
        """The layer as it was, if nobody has replaced its forward since.

        The host takes patches back in the order it put them on, so core's bypass, put on after
        us, gives the layer our forward again. It does nothing then, and goes when it is called.
        """
        self._active = False
        if self._layer.__dict__.get("forward") is not self._hook:
            return
        before = _working(self._before)
        if before is None:
            del self._layer.forward
        else:
            self._layer.forward = before

    def _forward(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        if not self._active:
            self.eject()
            return self._plain(x, *args, **kwargs)
        strength = self._dial.value
        if strength == 0:
            return self._plain(x, *args, **kwargs)
        if not args and not kwargs and self._sum_is_best(x):
            return self._summed(x, strength)
        y = self._plain(x, *args, **kwargs)
        for product, start in self._parts:
            outputs = y.shape[1 if is_convolution(self._layer) else -1]
            part = y if product.outputs == outputs else self._slice(y, start, product.outputs)
            product.add(part, x, self._layer, self._matrices(product, x), strength)
        return y

    def _matrices(self, product: Product, x: torch.Tensor) -> Matrices:
        """Those of the last call, where type and device are the same."""
        kept = self._layer.__dict__.setdefault(_KEPT, WeakKeyDictionary())
        known = kept.get(product)
        if known is None or (known.up.dtype, known.up.device) != (x.dtype, x.device):
            known = product.like(x, self._layer)
            # Of a layer whose weight is streamed in for each call, nothing stays on the device.
            if _stays(self._layer, x.device):
                kept[product] = known
        return known

    def tidy(self) -> None:
        """Lets go of what another LoRA, or a device that the layer has left, needed."""
        kept = self._layer.__dict__.get(_KEPT, {})
        own = {part.product for part in self._parts}
        for product, matrices in [*kept.items()]:
            if product not in own or not _stays(self._layer, matrices.up.device):
                del kept[product]

    def _plain(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        if self._before is not None:
            return self._before(x, *args, **kwargs)
        return type(self._layer).forward(self._layer, x, *args, **kwargs)

    def _summed(self, x: torch.Tensor, strength: float) -> torch.Tensor:
        """What the layer gives with the sum of its weight and the LoRA in place of its weight."""
        layer, (part,) = self._layer, self._parts
        matrices = self._matrices(part.product, x)
        weight, bias, borrowed = _weight_for(layer, x)
        whole = part.product.added_to(weight, matrices, strength)
        if is_convolution(layer):
            y = layer._conv_forward(x, whole, bias)
        else:
            y = torch.nn.functional.linear(x, whole, bias)
        comfy.ops.uncast_bias_weight(layer, weight, bias, borrowed)
        return y

    def _sum_is_best(self, x: torch.Tensor) -> bool:
        """Whether the layer is a plain one of the host, and the sum takes less work."""
        layer, weight = self._layer, self._layer.weight
        return (
            self._before is None
            and len(self._parts) == 1
            and type(layer) in _PLAIN
            and type(weight) is torch.nn.Parameter
            and self._parts[0].product.outputs == weight.shape[0]
            and self._parts[0].product.sum_is_cheaper(positions(x, layer))
        )

    def _slice(self, y: torch.Tensor, start: int, outputs: int) -> torch.Tensor:
        return y.narrow(1 if is_convolution(self._layer) else -1, start, outputs)


def _inside(network: torch.nn.Module, name: str) -> torch.nn.Module:
    """A layer by its path; torch's own way asks four questions a part, for 790 layers of SDXL."""
    for part in name.split("."):
        network = network._modules.get(part) or getattr(network, part)
    return network


def _weight_for(layer: torch.nn.Module, x: torch.Tensor) -> tuple[torch.Tensor, Any, Any]:
    """Weight and bias as the host computes with them for x, and what it wants back afterwards.

    They may be streamed in, stored in another type, or changed for the call by other patches.
    """
    if layer.comfy_cast_weights or layer.weight_function or layer.bias_function:
        return comfy.ops.cast_bias_weight(layer, x, offloadable=True)
    return layer.weight, layer.bias, None


def _working(forward: Callable | None) -> Callable | None:
    """This forward, or the one below it where an earlier model left it behind, see eject."""
    while isinstance(idle := getattr(forward, "__self__", None), LiveLayer) and not idle._active:
        forward = idle._before
    return forward


def _stays(layer: torch.nn.Module, device: torch.device) -> bool:
    """Whether the host keeps the layer's weight on this device between calls, or may do so."""
    return hasattr(layer, "_v") or layer.weight.device == device


def _warn_of_saving(_: torch.nn.Module, prefix: str, _keep: bool) -> None:
    """The host asks the network itself, without a prefix, only to save it; it has no other sign."""
    if not prefix:
        logging.warning(
            "A live LoRA is not part of the weights that are saved or read now. Set apply to merge "
            "in Load acceleration LoRA to save a model with it."
        )


class Live:
    """A LoRA on the layers of every instance of a model: each has its own, as several GPUs do."""

    def __init__(self, parts: Mapping[str, list[Part]], strengths: Sequence[float]):
        self._parts = parts
        self.dial = Dial(strengths)
        self._on: WeakKeyDictionary[torch.nn.Module, list[LiveLayer]] = WeakKeyDictionary()
        self._watch: WeakKeyDictionary[torch.nn.Module, Any] = WeakKeyDictionary()

    def inject(self, patcher: Any) -> None:
        network = patcher.model
        self._on[network] = [
            LiveLayer(_inside(network, name), parts, self.dial)
            for name, parts in self._parts.items()
        ]
        for layer in self._on[network]:
            layer.tidy()
            layer.inject()
        inner = network.diffusion_model
        self._watch[network] = inner.register_state_dict_pre_hook(_warn_of_saving)

    def eject(self, patcher: Any) -> None:
        for layer in self._on.pop(patcher.model, []):
            layer.eject()
        if watch := self._watch.pop(patcher.model, None):
            watch.remove()

    def detach(self, patcher: Any, unpatch_all: bool) -> None:
        """The host makes room; when only the strength has changed it keeps what is loaded."""
        if unpatch_all:
            for name in self._parts:
                patcher.model.get_submodule(name).__dict__.pop(_KEPT, None)


def free_key(model: Any) -> str:
    """The key for one more live LoRA on `model`, a patcher: each has its own."""
    count = sum(key.startswith(KEY) for key in model.injections)
    return f"{KEY}_{count + 1}" if count else KEY


def add_live(
    model: Any, parts: Mapping[str, list[Part]], strengths: Sequence[float], key: str = KEY
) -> None:
    """Lets `model`, a patcher, run with the parts by layer name; one strength a step."""
    live = Live(parts, strengths)
    model.set_injections(key, [PatcherInjection(inject=live.inject, eject=live.eject)])
    model.add_callback_with_key(CallbacksMP.ON_DETACH, key, live.detach)
    # Always, so that a list in place of one strength is no other kind of model to the host.
    model.add_wrapper_with_key(WrappersMP.APPLY_MODEL, key, live.dial.follow)


def replace_live(
    model: Any, parts: Mapping[str, list[Part]], strengths: Sequence[float], key: str
) -> None:
    """Puts the parts on `model`, a clone of a patcher that has them, at other strengths."""
    model.remove_wrappers_with_key(WrappersMP.APPLY_MODEL, key)
    model.remove_callbacks_with_key(CallbacksMP.ON_DETACH, key)
    add_live(model, parts, strengths, key)
