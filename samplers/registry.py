"""What each sampler is: one answer to how far down a step goes before it comes up to sigma_next.

| sampler   | low level                                  | source                           |
|-----------|--------------------------------------------|----------------------------------|
| TCD       | sigma at time floor((1 - gamma) * t_next)  | arXiv 2402.19159, Algorithm 4    |
| LCM       | 0                                          | arXiv 2310.04378, Algorithm 3    |
| DDIM      | sigma_next                                 | arXiv 2010.02502, eta 0          |
| ancestral | sigma_next^2 / sigma                       | k-diffusion's Euler, eta 1       |

Numbers alone, no torch: recipes are checked against it, and the page computes its plots from it.
All that is to be said of a new sampler is an entry here.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .levels import Levels

# (sigma, sigma_next) -> the level to go down to.
Low = Callable[[float, float], float]


class Sampler(NamedTuple):
    """A sampler's name, its low level, and the knobs that a caller may set.

    low = share * sigma_next * (sigma_next / sigma) ** power, or, for a sampler that has the knob
    `gamma`, the level of time (1 - gamma) * t_next. One that draws noise has the knob `seeds`.
    """

    name: str
    knobs: tuple[str, ...]
    share: float = 1.0
    power: int = 0

    @property
    def has_gamma(self) -> bool:
        return "gamma" in self.knobs

    @property
    def draws_noise(self) -> bool:
        return "seeds" in self.knobs

    def low(self, levels: "Levels", gamma: float) -> Low:
        """The rule for a model with these levels. Raises ValueError for a gamma outside 0..1."""
        if not self.has_gamma:
            return self._low_of_levels
        if not 0.0 <= gamma <= 1.0:
            raise ValueError(
                f"gamma is {gamma:g}; use a value from 0 (no new noise) to 1 (all new)."
            )
        return lambda _, sigma_next: levels.lower(sigma_next, gamma)

    def described(self, gamma: float) -> str:
        """The sampler in words: "tcd, gamma 0.3"."""
        return f"{self.name}, gamma {gamma:.6g}" if self.has_gamma else self.name

    def for_page(self) -> dict[str, Any]:
        """What the page computes its plots from, as JSON."""
        return {
            "name": self.name,
            "share": self.share,
            "power": self.power,
            "hasGamma": self.has_gamma,
        }

    def _low_of_levels(self, sigma: float, sigma_next: float) -> float:
        # At level 0 there is no noise to walk along, and nowhere further down.
        return self.share * sigma_next * (sigma_next / sigma) ** self.power if sigma > 0 else 0.0


SAMPLERS = {
    sampler.name: sampler
    for sampler in (
        Sampler("tcd", knobs=("gamma", "s_noise", "finish", "seeds")),
        Sampler("lcm", knobs=("s_noise", "seeds"), share=0.0),
        Sampler("ddim", knobs=("finish",)),
        Sampler("ancestral", knobs=("seeds",), power=1),
    )
}
