"""The blocks of a network: where LoRAs go, and what is computed twice to keep less in memory."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint

from ..lora.product import has_live_form
from .switch import Switch, replaced


def blocks_of(network: Any) -> dict[str, torch.nn.Module]:
    """By name in the host's network: residual and transformer blocks, without first and last."""
    inner = network.diffusion_model
    found = {}
    for name, child in inner.named_children():
        if not (isinstance(child, torch.nn.ModuleList) or name == "middle_block"):
            continue
        for part, block in child.named_children():
            for path, one in _parts(f"diffusion_model.{name}.{part}", block):
                # A layer on its own, such as a UNet's first convolution, is no block.
                if any(True for _ in one.children()):
                    found[path] = one
    return found


def attention_blocks(network: Any) -> list[torch.nn.Module]:
    """The blocks with attention, in the order in which they run."""
    blocks = [*blocks_of(network).values()]
    # A UNet's other blocks are residual ones; in a transformer all blocks have attention.
    return [one for one in blocks if hasattr(one, "transformer_blocks")] or blocks


def _parts(path: str, block: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    """A UNet's levels are sequences, whose members the host calls one by one."""
    if isinstance(block, torch.nn.Sequential):
        yield from ((f"{path}.{name}", part) for name, part in block.named_children())
    else:
        yield path, block


def layers_of(network: Any) -> dict[str, torch.nn.Module]:
    """The convolutions and linear layers inside of the blocks, by name."""
    return {
        f"{path}.{name}" if name else path: layer
        for path, block in blocks_of(network).items()
        for name, layer in block.named_modules()
        if has_live_form(layer)
    }


class Checkpoints:
    """Blocks that keep their inputs alone, and compute the rest again when gradients need it."""

    def __init__(self, network: Any, switch: Switch):
        self._blocks, self._switch = [*blocks_of(network).values()], switch
        self._restore: list[Any] = []

    @property
    def on(self) -> bool:
        return bool(self._restore)

    def cover(self, blocks: Iterable[torch.nn.Module]) -> None:
        """These as well, of other networks, from the next start on."""
        self._blocks += blocks

    def start(self) -> None:
        if not self.on:
            self._restore = [replaced(block, self._around(block)) for block in self._blocks]

    def stop(self) -> None:
        while self._restore:
            self._restore.pop()()

    def _around(self, block: torch.nn.Module) -> Any:
        plain = block.forward

        def forward(*args: Any, **kwargs: Any) -> Any:
            if not torch.is_grad_enabled():
                return plain(*args, **kwargs)
            name = self._switch.on

            def again(*inputs: Any, **named: Any) -> Any:
                # When gradients ask for it, another network of the same weights may be on, and
                # some blocks of the host add to their inputs in place.
                copies = {key: _copied(value) for key, value in named.items()}
                with self._switch.at(name):
                    return plain(*map(_copied, inputs), **copies)

            return checkpoint(again, *args, use_reentrant=False, preserve_rng_state=False, **kwargs)

        return forward


class KeptInputs:
    """Norms that keep a copy of their input, for hosts' blocks that add to it in place later."""

    def __init__(self, network: Any):
        self._norms = [
            module
            for module in network.modules()
            if "Norm" in type(module).__name__ and not any(True for _ in module.children())
        ]
        self._restore: list[Any] = []

    @property
    def on(self) -> bool:
        return bool(self._restore)

    def start(self) -> None:
        self._restore = [replaced(norm, _copying(norm.forward)) for norm in self._norms]

    def stop(self) -> None:
        while self._restore:
            self._restore.pop()()


def _copying(plain: Any) -> Any:
    def forward(x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        return plain(x.clone() if torch.is_grad_enabled() else x, *args, **kwargs)

    return forward


def _copied(value: Any) -> Any:
    return value.clone() if isinstance(value, torch.Tensor) else value
