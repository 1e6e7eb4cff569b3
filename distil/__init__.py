"""How accelerators are made: pure torch, which knows a network as net(x, sigma, context) -> image.

| method      | what the student is taught                       | source                          |
|-------------|--------------------------------------------------|---------------------------------|
| trajectory  | to land where the teacher's own path went        | TSCD, arXiv 2404.13686          |
| features    | the same, compared in the teacher's features     | SDXS, arXiv 2403.16627          |
| consistency | to land where its average lands from further on  | LCD 2310.04378, TCD 2402.19159  |
| score       | pictures that the teacher finds as likely as its | DMD 2311.18828, DMD2 2405.14867 |
| adversarial | pictures that a discriminator takes for real     | LADD, arXiv 2403.12015          |

Any of them goes `together` with a `reward`, which scores pictures (Hyper-SD 2404.13686, ReFL).
"""

from .average import follow
from .discriminator import Discriminator
from .draws import Jump, Material, Plan, halvings, jumps, segment_end, trailing
from .limit import Limit
from .losses import (
    FAKE,
    HEADS,
    LOSSES,
    Features,
    Heads,
    Loss,
    Nets,
    Rival,
    Score,
    Taught,
    pseudo_huber,
    reward,
    together,
)
from .settings import Discriminating, Matching, Seen, Spread
from .state import RunFolder
from .times import CLEAN, TIMES, Net, Times
from .trainer import NotFiniteError, Trainer, Weights
from .walk import pictures

__all__ = [
    "CLEAN",
    "FAKE",
    "HEADS",
    "LOSSES",
    "TIMES",
    "Discriminating",
    "Discriminator",
    "Features",
    "Heads",
    "Jump",
    "Limit",
    "Loss",
    "Matching",
    "Material",
    "Net",
    "Nets",
    "NotFiniteError",
    "Plan",
    "Rival",
    "RunFolder",
    "Score",
    "Seen",
    "Spread",
    "Taught",
    "Times",
    "Trainer",
    "Weights",
    "follow",
    "halvings",
    "jumps",
    "pictures",
    "pseudo_huber",
    "reward",
    "segment_end",
    "together",
    "trailing",
]
