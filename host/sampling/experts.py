"""Two experts in one run of a sampler: one model for high noise, one for low, by level.

The host loads one model for a run. Here the second one takes its place in the middle of it: what
the host prepares before a run (CFGGuider.sample and outer_sample of ComfyUI 0.16 to 0.30) is done
once more for that model, and taken back for the first. The host then makes room as it does between
two runs, so only one of them has to fit.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import comfy.hooks
import comfy.model_patcher
import comfy.sampler_helpers
import comfy.samplers
import torch

from ...schedulers import high_steps, is_high
from .guiders import Conditions, StepGuider, guider_of

_AFTER_CFG = "sampler_post_cfg_function"
_TWICE = ("disable_cfg1_optimization",)
_HOST_S = ("multigpu_thread_pool",)


class Run(NamedTuple):
    """What the host gives a run, and a second model needs too; the latent is as it was given."""

    noise: torch.Tensor
    latent: torch.Tensor
    device: torch.device
    mask: torch.Tensor | None
    seed: int | None
    shapes: Any
    sigmas: torch.Tensor


class Expert:
    """A model and its conditions, as the host keeps them between runs."""

    def __init__(self, model: Any, conditions: Conditions):
        # The host's own guider, since hooks on a condition may ask for another patcher.
        guider = comfy.samplers.CFGGuider(model)
        guider.set_conds(*conditions)
        self.patcher, self.conds = guider.model_patcher, guider.original_conds


class ExpertsGuider(StepGuider):
    """CFG by step, of the expert whose level it is; a run starts with the one of its first."""

    def set_experts(self, high: Expert, low: Expert, boundary: float) -> None:
        self._high, self._low, self._boundary = high, low, boundary
        self._first = self._wanted(self._sigmas[0])
        self._seat(self._first)

    def sample(self, *args: Any, **kwargs: Any) -> Any:
        patchers = self._high.patcher, self._low.patcher
        modes = [patcher.hook_mode for patcher in patchers]
        self._clones: list[Any] = []
        try:
            return super().sample(*args, **kwargs)
        finally:
            for patcher, mode in zip(patchers, modes, strict=True):
                patcher.hook_mode = mode
            for clone in self._clones:
                clone.cleanup()
            self._run = self._options = None
            self._seat(self._first)

    def inner_sample(
        self,
        noise: torch.Tensor,
        latent_image: torch.Tensor,
        device: torch.device,
        sampler: Any,
        sigmas: torch.Tensor,
        denoise_mask: torch.Tensor | None,
        callback: Any,
        disable_pbar: bool,
        seed: int | None,
        **more: Any,
    ) -> torch.Tensor:
        shapes = more.get("latent_shapes")
        self._run = Run(noise, latent_image, device, denoise_mask, seed, shapes, sigmas)
        given = noise, latent_image, device, sampler, sigmas, denoise_mask
        return super().inner_sample(*given, callback, disable_pbar, seed, **more)

    def __call__(
        self, x: torch.Tensor, timestep: torch.Tensor, model_options: dict, seed: int | None = None
    ) -> torch.Tensor:
        wanted = self._wanted(float(timestep.max()))
        if wanted is not self._sitting:
            self._leave()
            self._enter(wanted)
        if self._sitting is not self._first:
            model_options = self._with_sampler_s(model_options)
        return super().__call__(x, timestep, model_options=model_options, seed=seed)

    def _wanted(self, sigma: float) -> Expert:
        return self._high if is_high(sigma, self._boundary) else self._low

    def _seat(self, expert: Expert) -> None:
        self._sitting = expert
        self.model_patcher = expert.patcher
        self.model_options = expert.patcher.model_options
        self.original_conds = expert.conds

    def _leave(self) -> None:
        """What the host does after a run."""
        self.model_patcher.cleanup()
        comfy.sampler_helpers.cleanup_models(self.conds, self.loaded_models)
        offload = self.model_patcher.offload_device
        comfy.samplers.cast_to_load_options(self.model_options, device=offload)
        self.model_patcher.restore_hook_patches()

    def _enter(self, expert: Expert) -> None:
        """What the host does before a run, and at its start."""
        run, before = self._run, self.model_options
        mode = self.model_patcher.hook_mode
        self._seat(expert)
        patcher = expert.patcher
        patcher.hook_mode = mode
        options = comfy.model_patcher.create_model_options_clone(self.model_options)
        # The host looks here, at the end of the run, for what it has to close.
        options.update({name: before[name] for name in _HOST_S if name in before})
        self.model_options = options
        conds = {name: [one.copy() for one in given] for name, given in expert.conds.items()}
        comfy.samplers.preprocess_conds_hooks(conds)
        comfy.sampler_helpers.prepare_model_patcher(patcher, conds, options)
        comfy.samplers.filter_registered_hooks_on_conds(conds, options)
        self.inner_model, conds, self.loaded_models = comfy.sampler_helpers.prepare_sampling(
            patcher, run.noise.shape, conds, options
        )
        self._prepare_clones(options)
        dtype = patcher.model_dtype()
        comfy.samplers.cast_to_load_options(options, device=run.device, dtype=dtype)
        patcher.pre_run()
        latent = run.latent
        if torch.count_nonzero(latent) > 0:
            latent = self.inner_model.process_latent_in(latent)
        given = run.noise, conds, run.device, latent, run.mask, run.seed
        self.conds = comfy.samplers.process_conds(
            self.inner_model, *given, latent_shapes=run.shapes
        )
        self._options = comfy.model_patcher.create_model_options_clone(options)
        self._options.setdefault("transformer_options", {})["sample_sigmas"] = run.sigmas

    def _prepare_clones(self, options: dict) -> None:
        """A model that works on several devices; ComfyUI before 0.24 has none."""
        prepare = getattr(comfy.sampler_helpers, "prepare_model_patcher_multigpu_clones", None)
        if prepare is not None:
            self._clones = prepare(self.model_patcher, self.loaded_models, options)
            for clone in self._clones:
                clone.pre_run()

    def _with_sampler_s(self, given: dict) -> dict:
        """The options of this expert, with what a sampler such as euler_cfg_pp has added."""
        own = self._first.patcher.model_options.get(_AFTER_CFG, [])
        added = [function for function in given.get(_AFTER_CFG, []) if function not in own]
        if not added:
            return self._options
        options = {**self._options, _AFTER_CFG: [*self._options.get(_AFTER_CFG, []), *added]}
        return {**options, **{name: given[name] for name in _TWICE if name in given}}


def experts_guider(
    models: Sequence[Any],
    conditions: Conditions,
    cfgs: Sequence[float],
    sigmas: Sequence[float],
    boundary: float,
) -> StepGuider:
    """The GUIDER of two patchers, for high and for low noise; `sigmas` are steps + 1 levels.

    One that has no step in this run is not touched.
    """
    high, low = models
    steps = high_steps(sigmas, boundary)
    if high is low or steps in (0, len(sigmas) - 1):
        return guider_of(high if steps else low, conditions, cfgs, sigmas)
    first, second = (Expert(model, conditions) for model in models)
    guider = ExpertsGuider(high)
    guider.set_conds(*conditions)
    guider.set_steps(cfgs, sigmas)
    guider.set_experts(first, second, boundary)
    return guider
