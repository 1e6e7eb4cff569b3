"""How much memory a piece of work takes at its peak, above what was there before it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.profiler import ProfilerActivity, profile


class Peak:
    """`bytes` once the work is done."""

    bytes = 0


@contextmanager
def peak_memory(device: torch.device) -> Iterator[Peak]:
    """Counts torch's own allocations: all of them on CUDA, and each by the profiler on a CPU.

    Bytes that are asked for, so the numbers on a CPU are the same in every run.
    """
    peak = Peak()
    gc.collect()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.empty_cache()
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        yield peak
        torch.cuda.synchronize(device)
        peak.bytes = torch.cuda.max_memory_allocated(device) - before
        return
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        yield peak
    events = [one for one in seen.profiler.kineto_results.events() if one.name() == "[memory]"]
    now = 0
    for event in sorted(events, key=lambda one: one.start_ns()):
        now += event.nbytes()
        peak.bytes = max(peak.bytes, now)
