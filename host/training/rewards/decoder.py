"""A VAE's decoder with gradients: latents to pictures in 0..1."""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor


class Decoder:
    """Clean latents B C ..., as a diffusion model has them, to pictures B 3 H W."""

    def __init__(self, vae: Any, patcher: Any, latent_format: Any):
        self._vae, self._network = vae, patcher.model
        self._format = _ordinary(latent_format)

    def __call__(self, latents: Tensor) -> Tensor:
        vae = self._vae
        x = self._format.process_out(latents)
        if vae.latent_dim == 2 and x.ndim == 5:
            x = x[:, :, 0]
        made = self._network.decode(x.to(vae.device, vae.vae_dtype))
        # The host's own scaling works in place, on a copy here.
        made = vae.process_output(made.float().clone())
        if made.ndim == 5:
            made = made[:, :, 0]
        return made[:, :3]

    def blocks(self) -> list[torch.nn.Module]:
        """The smallest parts with layers of their own, which may be computed twice."""
        return [*_smallest(self._network)]


def check_decodes(vae: Any) -> None:
    """Raises ValueError for a VAE that makes no pictures."""
    if vae is None:
        raise ValueError(
            "A reward scores pictures, and without a VAE there are none. Connect the checkpoint's "
            "VAE to vae."
        )
    if vae.output_channels < 3 or vae.latent_dim < 2:
        raise ValueError(
            "The VAE makes no pictures that a reward could score. Connect the checkpoint's own VAE."
        )
    vae.throw_exception_if_invalid()


def _smallest(module: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """Modules made of layers, and of sequences of layers, alone."""
    for child in module.children():
        if _is_whole(child):
            continue
        if not _is_list(child) and all(map(_is_whole, child.children())):
            yield child
        else:
            yield from _smallest(child)


def _is_whole(module: torch.nn.Module) -> bool:
    """A layer, or a sequence of them."""
    children = [*module.children()]
    return not children or (_is_list(module) and all(map(_is_whole, children)))


def _is_list(module: torch.nn.Module) -> bool:
    return isinstance(module, (torch.nn.Sequential, torch.nn.ModuleList))


def _ordinary(latent_format: Any) -> Any:
    """The same, with numbers that autograd may keep."""
    made = copy.copy(latent_format)
    for name, value in vars(made).items():
        if isinstance(value, Tensor) and value.is_inference():
            setattr(made, name, value.clone())
    return made
