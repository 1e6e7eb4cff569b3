"""Time the sampler itself takes, as a ratio to core's lcm measured in turn with it."""

import statistics
import time
from collections.abc import Callable

from rivals import SAMPLERS, prepared

SHAPE = (1, 4, 128, 128)
STEPS = 8
ROUNDS = 100


def _seconds(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def report() -> None:
    print(f"\nA run of {STEPS} steps on a latent {SHAPE} without the model, against core lcm")
    base = prepared(SAMPLERS["core lcm"], STEPS, SHAPE)
    for name, sample in SAMPLERS.items():
        run = prepared(sample, STEPS, SHAPE)
        run()
        ratio = statistics.median(_seconds(run) / _seconds(base) for _ in range(ROUNDS))
        print(f"  {name:32}{ratio:>10.2f}x")
