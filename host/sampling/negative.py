"""A negative prompt without a second run of the model: normalized attention guidance.

arXiv 2505.21179. In each cross-attention the picture also attends to the negative prompt, and what
it finds there is pushed away from: with z and n the outputs for the two prompts,

    g = n + scale (z - n)
    g = g * min(1, tau |z| / |g|)        by token, L1
    z' = z + alpha (g - z)

Queries and the layers after the attention are computed once, so that a step costs the keys and
values of the negative prompt and one more small attention.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, ref

import comfy.sampler_helpers
import comfy.samplers
import comfy.utils
import torch
from comfy.patcher_extension import PatcherInjection, WrappersMP

from ...schedulers import strength_at

KEY = "fewstep_negative"
_OVERRIDE = "optimized_attention_override"
# What the host's networks call the attention to the text; LTX-2's sound has its own.
_NAMES = ("attn2", "audio_attn2", "cross_attn")
_TAKES = {"context", "transformer_options"}


class Guidance(NamedTuple):
    """`scales` has one number a step, the last repeats, 1 is off; the others are the paper's."""

    scales: tuple[float, ...]
    alpha: float
    tau: float

    def at(self, t: torch.Tensor, options: dict) -> float:
        sigmas = options.get("sample_sigmas")
        # Reading a level waits for the device, so not for one scale.
        if len(self.scales) == 1 or sigmas is None:
            return self.scales[0]
        return strength_at(float(t.max()), sigmas.tolist(), self.scales)


class Told(NamedTuple):
    """What the cross-attentions need in one call of the model.

    `negative` is B T C, a row for each of the batch; `joined` says that it follows the prompt in
    the context already. `rows` are those of the positive prompt, None where all are.
    """

    negative: torch.Tensor
    joined: bool
    rows: list[int] | None
    scale: float
    alpha: float
    tau: float

    def attend(
        self,
        tokens: int,
        before: Callable | None,
        attention: Callable,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        heads: int,
        mask: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> torch.Tensor:
        """In place of the host's `attention`, whose keys are of both prompts, `tokens` in all."""
        attend = functools.partial(before, attention) if before else attention
        # An attention of the same layer to other things, as Wan 2.1's to a picture.
        if k.shape[-2] != tokens:
            return attend(q, k, v, heads, mask, *args, **kwargs)
        count = self.negative.shape[1]
        (near, far), (near_v, far_v) = ((x[..., :-count, :], x[..., -count:, :]) for x in (k, v))
        found = attend(q, near, near_v, heads, mask, *args, **kwargs)
        rows = slice(None) if self.rows is None else self.rows
        if rows == []:
            return found
        other = attend(q[rows], far[rows], far_v[rows], heads, None, *args, **kwargs)
        pushed = _pushed(found[rows], other, self)
        if self.rows is None:
            return pushed
        found = found.clone()
        found[rows] = pushed
        return found


def _pushed(found: torch.Tensor, other: torch.Tensor, told: Told) -> torch.Tensor:
    # B T C, or B heads T C where a network asks for that.
    parts = (-1,) if found.ndim == 3 else (1, -1)
    size = functools.partial(
        torch.linalg.vector_norm, ord=1, dim=parts, keepdim=True, dtype=torch.float32
    )
    guided = torch.lerp(other, found, told.scale)
    limit = told.tau * size(found) / size(guided).clamp_min(1e-6)
    return torch.lerp(found, guided * limit.clamp_max(1).to(guided.dtype), told.alpha)


class Negative:
    """A negative prompt, and the hooks by which the cross-attentions of a model see it."""

    def __init__(self, conditioning: list, guidance: Guidance):
        self._given = comfy.sampler_helpers.convert_cond(conditioning)
        self._guidance = guidance
        self._hooks: WeakKeyDictionary[torch.nn.Module, list] = WeakKeyDictionary()
        # The run, device and prompt of the last call: a run encodes it once.
        self._last: tuple[Any, torch.device, torch.Tensor] | None = None

    def inject(self, patcher: Any) -> None:
        network = patcher.model.diffusion_model
        self._hooks[network] = [
            layer.register_forward_pre_hook(_see_both, with_kwargs=True)
            for layer in cross_attentions(network)
        ]

    def eject(self, patcher: Any) -> None:
        for hook in self._hooks.pop(patcher.model.diffusion_model, []):
            hook.remove()

    def follow(
        self,
        run: Any,
        x: torch.Tensor,
        t: torch.Tensor,
        c_concat: Any = None,
        c_crossattn: Any = None,
        control: Any = None,
        transformer_options: dict | None = None,
        **kwargs: Any,
    ) -> torch.Tensor:
        """Around the host's apply_model: tells the cross-attentions what they are to see."""
        options = transformer_options or {}
        scale = self._guidance.at(t, options)
        if scale != 1 and c_crossattn is not None:
            model = run.class_obj
            which = options.get("cond_or_uncond") or [0]
            # The host puts its prompts side by side in the batch; 0 is the positive one.
            each = len(x) // len(which)
            rows = [n for n in range(len(x)) if which[n // each] == 0]
            negative = self._encoded(model, x, options.get("sample_sigmas"))
            negative = comfy.utils.repeat_to_batch_size(negative, each).repeat(len(which), 1, 1)
            joined = not _is_unet(model.diffusion_model)
            if joined:
                c_crossattn = torch.cat((c_crossattn, negative.to(c_crossattn)), 1)
            rows = None if len(rows) == len(x) else rows
            told = Told(negative, joined, rows, scale, *self._guidance[1:])
            options = {**options, KEY: told}
        return run(x, t, c_concat, c_crossattn, control, options, **kwargs)

    def _encoded(self, model: Any, x: torch.Tensor, sigmas: Any) -> torch.Tensor:
        """The prompt as the model's own text layers get it, B T C."""
        last = self._last
        if last and sigmas is not None and last[0]() is sigmas and last[1] == x.device:
            return last[2]
        given = [entry.copy() for entry in self._given]
        (made,) = comfy.samplers.encode_model_conds(
            model.extra_conds, given, x, x.device, "negative"
        )
        encoded = made["model_conds"]["c_crossattn"].cond
        encoded = _unmasked(encoded, made["model_conds"].get("attention_mask"))
        encoded = encoded.to(x.device, model.get_dtype_inference())
        if sigmas is not None:
            self._last = ref(sigmas), x.device, encoded
        return encoded


def _unmasked(encoded: torch.Tensor, mask: Any) -> torch.Tensor:
    """Without the tokens that only fill it up."""
    if mask is None or len(encoded) > 1:
        return encoded
    return encoded[:, mask.cond.reshape(-1).to(encoded.device) > 0]


def _is_unet(network: torch.nn.Module) -> bool:
    """Whether the context reaches the attentions as it is; other nodes replace some of them."""
    return hasattr(network, "input_blocks")


def _see_both(layer: torch.nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict] | None:
    """Before a cross-attention: its context gets both prompts, its attention parts them."""
    options = kwargs.get("transformer_options") or {}
    told = options.get(KEY)
    if told is None:
        return None
    args, kwargs = list(args), dict(kwargs)
    context = args[1] if len(args) > 1 else kwargs["context"]
    if not told.joined:
        context = torch.cat((context, told.negative.to(context)), 1)
        if kwargs.get("value") is not None:
            kwargs["value"] = torch.cat((kwargs["value"], told.negative.to(context)), 1)
        if len(args) > 1:
            args[1] = context
        else:
            kwargs["context"] = context
    tokens = context.shape[1] - _picture_tokens(layer, args, kwargs)
    attend = functools.partial(told.attend, tokens, options.get(_OVERRIDE))
    kwargs["transformer_options"] = {**options, _OVERRIDE: attend}
    return tuple(args), kwargs


def _picture_tokens(layer: torch.nn.Module, args: list, kwargs: dict) -> int:
    """Tokens of a picture at the start of the context: Wan 2.1 has keys of their own for them."""
    if not hasattr(layer, "k_img"):
        return 0
    return args[2] if len(args) > 2 else kwargs["context_img_len"]


def cross_attentions(network: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """Those of the host's networks that take the text as `context`."""
    for name, layer in network.named_modules():
        if name.rpartition(".")[2] in _NAMES:
            if _TAKES <= inspect.signature(type(layer).forward).parameters.keys():
                yield layer


def with_negative(
    model: Any, conditioning: list, scales: Sequence[float], alpha: float, tau: float
) -> Any:
    """A clone of `model`, a patcher, that avoids the prompt; `scales` has one number a step.

    Raises ValueError for a model without cross-attention, and for more than one prompt.
    """
    if not any(cross_attentions(model.model.diffusion_model)):
        raise ValueError(
            f"{type(model.model).__name__} computes text and picture in one attention, where a "
            "negative prompt costs a second run of the model. Use a CFG above 1 in its place, for "
            "some steps with CFG by steps."
        )
    if len(conditioning) != 1:
        raise ValueError(
            f"The negative prompt is a combination of {len(conditioning)} conditionings, and only "
            "one can be avoided in this way. Connect a single prompt."
        )
    changed = model.clone()
    if all(scale == 1 for scale in scales):
        return changed
    negative = Negative(conditioning, Guidance(tuple(scales), alpha, tau))
    # Another node of this kind before it is replaced.
    changed.remove_wrappers_with_key(WrappersMP.APPLY_MODEL, KEY)
    changed.set_injections(KEY, [PatcherInjection(negative.inject, negative.eject)])
    changed.add_wrapper_with_key(WrappersMP.APPLY_MODEL, KEY, negative.follow)
    return changed
