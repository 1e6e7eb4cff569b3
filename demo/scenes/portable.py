"""Integers that look random and are the same on every machine: splitmix64 of a counter."""

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def mixed(counter: np.ndarray | int, *, seed: int) -> np.ndarray:
    """The 64-bit hash of each counter: `mixed(np.arange(3), seed=1)`."""
    state = np.asarray(counter).astype(np.uint64)
    with np.errstate(over="ignore"):
        state = (state + np.uint64(1)) * _STEP + _once(np.asarray(seed).astype(np.uint64))
    return _once(state)


def fractions(counter: np.ndarray, *, seed: int) -> np.ndarray:
    """The hash as float64 in 0 (included) to 1 (not included)."""
    return (mixed(counter, seed=seed) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def signs(rows: int, columns: int, *, seed: int) -> np.ndarray:
    """A table of +1 and -1."""
    words = mixed(np.arange(rows * columns), seed=seed).reshape(rows, columns)
    return 1 - 2 * (words >> np.uint64(63)).astype(np.int8)


def _once(state: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        state = (state ^ (state >> np.uint64(30))) * _FIRST
        state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))
