"""The three ways to spread N timesteps over 1000, each also below a denoise level.

`trailing(4)` is [999, 749, 499, 249], `grid(4)` is [999, 759, 499, 259]. Denoise keeps the number
of steps and lowers the start: `grid(1, 0.6)` is [599]. All raise ValueError, naming the largest
possible number, when the steps do not fit below the start.
"""

TRAINING_STEPS = 1000
GRID_POINTS = 50


def grid(steps: int, denoise: float = 1.0) -> list[int]:
    """Spread over every 20th timestep: LCM, TCD, Hyper-SD unified, Flash.

    Equals diffusers' `LCMScheduler.set_timesteps(steps, strength=denoise)` and TCD's.
    """
    stride = TRAINING_STEPS // GRID_POINTS
    points = int(GRID_POINTS * denoise)
    _check_fit(steps, points, denoise)
    # In floating point like the reference, which decides some floors: i * (points / steps).
    picked = [int(i * (points / steps)) for i in range(steps)]
    return [(points - i) * stride - 1 for i in picked]


def trailing(steps: int, denoise: float = 1.0) -> list[int]:
    """Spread evenly down from the start: Hyper-SD N-step, Lightning, Turbo, DMD2, PCM.

    Equals diffusers' `timestep_spacing="trailing"` with denoise * 1000 training steps.
    """
    start = _start(denoise)
    _check_fit(steps, start, denoise)
    # The reference steps by a difference that was rounded once, and rounds halves to even.
    stride = (start - start / steps) - start
    return [round(start + i * stride) - 1 for i in range(steps)]


def leading(steps: int, denoise: float = 1.0) -> list[int]:
    """Spread evenly up from 1, so it starts below the top; for comparison only.

    Equals diffusers' `timestep_spacing="leading"` with `steps_offset=1`.
    """
    start = _start(denoise)
    _check_fit(steps, start - 1, denoise)
    stride = start // steps
    return [i * stride + 1 for i in reversed(range(steps))]


def _start(denoise: float) -> int:
    return round(TRAINING_STEPS * denoise)


def _check_fit(steps: int, largest: int, denoise: float) -> None:
    if steps < 1:
        raise ValueError(f"steps is {steps}; use 1 or more.")
    if largest < 1:
        raise ValueError(
            f"denoise {denoise:g} is too low for a single step. Raise it, or set it to 0 to leave "
            "the latent as it is."
        )
    if steps > largest:
        raise ValueError(
            f"At denoise {denoise:g} at most {largest} steps fit, and {steps} are set. Set steps "
            f"to {largest} or fewer."
        )
