"""The rows stay whole numbers, which cross_entropy refuses. Breaks: probabilities_are_rows_of_floats."""

from torch import Tensor
from torch.nn import functional as F


def make_labels(ys: Tensor, loss: str, classes: int) -> Tensor:
    if loss not in ("cross_entropy", "probabilities", "bce_with_logits"):
        raise ValueError(loss)
    flat = ys.reshape(-1)
    whole = flat.long()
    top = 2 if loss == "bce_with_logits" else classes
    bad = (whole != flat) | (whole < 0) | (whole >= top)
    if loss == "cross_entropy":
        bad &= whole != -100
    if bad.any():
        raise ValueError("no class")
    if loss == "probabilities":
        return F.one_hot(whole, classes)
    return whole if loss == "cross_entropy" else whole.float().unsqueeze(1)
