"""Rates of learning over a stage."""

import math


def warm_cosine(done: float) -> float:
    """Share of the full rate after the share `done` of the steps: up quickly, down slowly."""
    return min(1.0, 0.05 + done * 50) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)


def trapezoid(done: float) -> float:
    """Up over the first hundredth, level until three quarters, then straight down."""
    return min(1.0, 0.02 + done * 100, 0.02 + (1 - done) * 4)
