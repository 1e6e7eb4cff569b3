"""The host's model as distil/ knows a network: net(x, sigma, context) -> image."""

from typing import Any

import comfy.ldm.modules.attention as attention
import comfy.model_management as host
import comfy.samplers
import torch
from torch import Tensor

from . import checks
from .conditions import Conditions, options_of
from .switch import Switch

# The host's ways to compute attention that have gradients.
_WITH_GRADIENTS = ("basic", "sub_quad", "split", "xformers", "pytorch")


class _AsksAgainError(Exception):
    """A node wants the host's conditionings, to run the model with them."""


class _NoConditionings:
    """Stands for them: None would be taken for an empty prompt, and give a wrong guidance."""

    def _asked(self, *_: Any) -> Any:
        raise _AsksAgainError

    __iter__ = __len__ = __getitem__ = __getattr__ = _asked


class Network:
    """A model with the adapters `on`; None is the teacher, bit for bit the model as it is.

    With a `cfg` other than 1, `empty` is the negative prompt's row. The host is told that it is in
    training only while gradients are asked for: some of its kernels differ then in the last bit.
    """

    def __init__(
        self,
        patcher: Any,
        switch: Switch,
        on: str | None,
        cfg: float = 1.0,
        empty: Conditions | None = None,
    ):
        self._patcher, self._switch, self._on = patcher, switch, on
        self._cfg, self._empty = cfg, empty

    def __call__(self, x: Tensor, sigma: Tensor, context: Conditions) -> Tensor:
        with self._switch.at(self._on):
            if self._cfg == 1.0:
                return self._call(x, sigma, context, [0])
            both = context + self._empty.repeated(len(x))
            pair = self._call(torch.cat([x, x]), torch.cat([sigma, sigma]), both, [0, 1])
        return self._guided(*pair.chunk(2), x, sigma)

    def _guided(self, wanted: Tensor, unwanted: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
        """The guidance with what other nodes have put on it, as the host's sampling computes it.

        Raises ValueError where a node would run the model again.
        """
        model, options = self._patcher.model, self._patcher.model_options
        none = _NoConditionings()
        pair = [wanted, unwanted]
        try:
            for before in options.get("sampler_pre_cfg_function", ()):
                pair = before(
                    {
                        "conds": [none, none],
                        "conds_out": pair,
                        "cond_scale": self._cfg,
                        "timestep": sigma,
                        "input": x,
                        "sigma": sigma,
                        "model": model,
                        "model_options": options,
                    }
                )
            return comfy.samplers.cfg_function(
                model, *pair, self._cfg, x, sigma, options, cond=none, uncond=none
            )
        # Some look for what only such a run would have left.
        except (_AsksAgainError, AttributeError, KeyError, TypeError) as error:
            raise ValueError(checks.ASKS_AGAIN) from error

    def _call(self, x: Tensor, sigma: Tensor, context: Conditions, kinds: list[int]) -> Tensor:
        groups = context.groups()
        if len(groups) == 1:
            return self._apply(x, sigma, groups[0][1], kinds)
        made, order = [], []
        for rows, taken in groups:
            here = torch.tensor(rows, device=x.device)
            made.append(self._apply(x[here], sigma[here], taken, kinds[:1]))
            order += rows
        return torch.cat(made)[torch.tensor(order).argsort().to(x.device)]

    def _apply(self, x: Tensor, sigma: Tensor, taken: dict, kinds: list[int]) -> Tensor:
        options = options_of(self._patcher, sigma, kinds)
        learning = torch.is_grad_enabled()
        if learning and not attention_has_gradients():
            options["optimized_attention_override"] = _plain_attention
        before, host.in_training = host.in_training, learning
        try:
            taken = {**taken, "transformer_options": options}
            network = self._patcher.model
            if around := self._patcher.model_options.get("model_function_wrapper"):
                given = {"input": x, "timestep": sigma, "c": taken, "cond_or_uncond": kinds}
                return around(network.apply_model, given)
            return network.apply_model(x, sigma, **taken)
        finally:
            host.in_training = before


def attention_has_gradients() -> bool:
    """Whether the attention that the host was started with can be trained through."""
    name = getattr(attention.optimized_attention, "__name__", "")
    return name in {f"attention_{one}" for one in _WITH_GRADIENTS}


def _plain_attention(_: Any, *args: Any, **kwargs: Any) -> Tensor:
    return attention.attention_pytorch(*args, **kwargs)
