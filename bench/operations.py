"""Tensor operations of the sampler itself per step, and those that wait for the device."""

from collections import Counter
from collections.abc import Callable

from rivals import SAMPLERS, prepared
from torch.utils._python_dispatch import TorchDispatchMode

# Reading a value back makes the host wait for the device.
WAITING = ("_local_scalar_dense", "is_nonzero", "equal", "nonzero")


class _Count(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.calls[func.overloadpacket.__name__] += 1
        return func(*args, **(kwargs or {}))


def per_step(sample: Callable, batch: int) -> tuple[float, float]:
    """(all, waiting) operations a step: what 8 steps need more than 4, without the set-up."""
    few, many = (_calls(sample, steps, batch) for steps in (4, 8))
    more = many - few
    return more.total() / 4, sum(more[name] for name in WAITING) / 4


def _calls(sample: Callable, steps: int, batch: int) -> Counter[str]:
    run = prepared(sample, steps, (batch, 4, 16, 16))
    with _Count() as count:
        run()
    return count.calls


def report() -> None:
    print("Tensor operations of the sampler itself per step, noise included")
    print(f"  {'':32}{'1 image':>10}{'4 images':>10}{'waiting':>10}")
    for name, sample in SAMPLERS.items():
        single, waiting = per_step(sample, 1)
        four, _ = per_step(sample, 4)
        print(f"  {name:32}{single:>10.1f}{four:>10.1f}{waiting:>10.1f}")
