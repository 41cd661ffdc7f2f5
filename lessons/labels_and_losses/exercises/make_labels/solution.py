from torch import Tensor
from torch.nn import functional as F

PADDING = -100


def make_labels(ys: Tensor, loss: str, classes: int) -> Tensor:
    """Labels of shape (N,) or (N, 1) and any dtype, as the loss takes them; raises ValueError for what is no class.

    "cross_entropy": (N,) in int64, −100 allowed; "probabilities": (N, classes) in float32, a 1 in each row;
    "bce_with_logits": (N, 1) in float32, 0 or 1.
    """
    if loss not in ("cross_entropy", "probabilities", "bce_with_logits"):
        raise ValueError(f"there is no loss {loss!r} here")
    if loss == "bce_with_logits":
        classes = 2

    flat = ys.reshape(-1)
    whole = flat.long()
    bad = (whole != flat) | (whole < 0) | (whole >= classes)
    if loss == "cross_entropy":
        bad &= whole != PADDING
    if bad.any():
        raise ValueError(f"{flat[bad][0].item()} is no class from 0 to {classes - 1}")

    if loss == "cross_entropy":
        return whole
    if loss == "probabilities":
        return F.one_hot(whole, classes).float()
    return whole.float().unsqueeze(1)
