"""How far apart two predictions are."""

from torch import Tensor


def pseudo_huber(difference: Tensor, width: float) -> Tensor:
    """Squares for small, absolute values for large differences (Song and Dhariwal, 2310.14189)."""
    return ((difference.square() + width**2).sqrt() - width).mean()
