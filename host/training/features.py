"""What blocks of the teacher make of a picture, caught by hooks that are there for a call alone."""

import math
from typing import Any

import torch
from torch import Tensor

from ...distil import Seen
from .blocks import attention_blocks
from .conditions import Conditions
from .network import Network
from .switch import Switch


# It is no error.
class _Enough(Exception):  # noqa: N818
    """Ends a pass through the network where nothing more is asked of it."""


class TeacherFeatures:
    """features(x, sigma, context) -> maps B C H W of the blocks that `seen` names.

    The adapters are off and there is no guidance. Of blocks with tokens the picture's are put where
    they belong; blocks that hold them together with the text's are passed over.
    """

    def __init__(self, patcher: Any, switch: Switch, seen: Seen):
        self._net, self._seen = Network(patcher, switch, None), seen
        self._inner = patcher.model.diffusion_model
        self._blocks = attention_blocks(patcher.model)
        self._chosen: list[torch.nn.Module] | None = None

    def __call__(self, x: Tensor, sigma: Tensor, context: Conditions) -> list[Tensor]:
        if self._chosen is None:
            self._chosen = self._choose(x, sigma, context)
        order, parts = [], []
        for rows, _ in context.groups():
            here = torch.tensor(rows)
            there = here.to(x.device)
            caught = self._caught(self._chosen, x[there], sigma[there], context[here])
            parts.append([caught[block] for block in self._chosen])
            order += rows
        back = torch.tensor(order).argsort().to(x.device)
        # In fp32 whatever the model computes in, as the picture itself.
        return [torch.cat(one)[back].float() for one in zip(*parts, strict=True)]

    @torch.no_grad()
    def _choose(self, x: Tensor, sigma: Tensor, context: Conditions) -> list[torch.nn.Module]:
        """Raises ValueError for a model none of whose blocks shows the picture."""
        one = torch.zeros(1, dtype=torch.long)
        caught = self._caught(self._blocks, x[:1], sigma[:1], context[one])
        shown = [block for block in self._blocks if block in caught]
        if not shown:
            raise ValueError(
                "The blocks of this model do not tell the picture from the text, so it cannot be "
                "the judge of pictures. Use the method score, or trajectory with loss latent."
            )
        return [shown[index] for index in self._seen.of(len(shown))]

    def _caught(
        self, blocks: list[torch.nn.Module], x: Tensor, sigma: Tensor, context: Conditions
    ) -> dict[torch.nn.Module, Tensor]:
        """The maps of those of the blocks that have one; the pass ends with the last block."""
        caught: dict[torch.nn.Module, Tensor] = {}
        grid = self._grid(x)

        def catch(block: torch.nn.Module, _: Any, output: Any) -> None:
            found = _as_map(output, grid)
            if found is not None:
                caught[block] = found
            if block is blocks[-1]:
                raise _Enough

        hooks = [block.register_forward_hook(catch) for block in blocks]
        try:
            self._net(x, sigma, context)
        except _Enough:
            pass
        finally:
            for hook in hooks:
                hook.remove()
        return caught

    def _grid(self, x: Tensor) -> tuple[int, int]:
        """Rows and columns of tokens, for models that cut the latent into patches."""
        patch = getattr(self._inner, "patch_size", None) or 1
        side = patch if isinstance(patch, int) else patch[-1]
        return math.ceil(x.shape[-2] / side), math.ceil(x.shape[-1] / side)


def _as_map(output: Any, grid: tuple[int, int]) -> Tensor | None:
    """B C H W of a block's output: of text and picture, the one that has the picture's tokens.

    Raises ValueError where both have as many.
    """
    parts = output if isinstance(output, (tuple, list)) else (output,)
    tensors = [part for part in parts if isinstance(part, Tensor)]
    if len(tensors) == 1 and tensors[0].ndim == 4:
        return tensors[0]
    found = [one for one in tensors if one.ndim == 3 and one.shape[1] == math.prod(grid)]
    if len(found) > 1:
        raise ValueError(
            f"At this size the picture has as many tokens as the prompt, {math.prod(grid)}, and "
            "the two cannot be told apart. Set another width or height."
        )
    # Copies: the next block of some models adds to its input in place.
    return found[0].transpose(1, 2).unflatten(2, grid).clone() if found else None
