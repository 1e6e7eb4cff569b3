"""Timesteps in words, for people."""

from collections.abc import Sequence


def times_text(times: Sequence[float], denoise: float) -> str:
    """The timesteps for people: "4 steps from t = 999: 999 759 499 259"."""
    if not times:
        return "denoise 0: no steps, the latent stays as it is"
    listed = " ".join(f"{time:g}" for time in times)
    plural = "s" if len(times) > 1 else ""
    from_level = f" at denoise {denoise:g}" if denoise < 1 else ""
    return f"{len(times)} step{plural} from t = {times[0]:g}{from_level}: {listed}"
