"""How accelerators are made: pure torch, which knows a network as net(x, sigma, context) -> image.

| method      | what the student is taught                       | source                          |
|-------------|--------------------------------------------------|---------------------------------|
| trajectory  | to land where the teacher's own path went        | TSCD, arXiv 2404.13686          |
| consistency | to land where its average lands from further on  | LCD 2310.04378, TCD 2402.19159  |
| score       | pictures that the teacher finds as likely as its | DMD 2311.18828, DMD2 2405.14867 |
"""

from .average import follow
from .draws import Jump, Material, Plan, halvings, jumps, segment_end, trailing
from .losses import LOSSES, Loss, Nets, pseudo_huber
from .state import RunFolder
from .times import CLEAN, TIMES, Net, Times
from .trainer import NotFiniteError, Trainer, Weights

__all__ = [
    "CLEAN",
    "LOSSES",
    "TIMES",
    "Jump",
    "Loss",
    "Material",
    "Net",
    "Nets",
    "NotFiniteError",
    "Plan",
    "RunFolder",
    "Times",
    "Trainer",
    "Weights",
    "follow",
    "halvings",
    "jumps",
    "pseudo_huber",
    "segment_end",
    "trailing",
]
