from torch import Tensor


def make_labels(ys: Tensor, loss: str, classes: int) -> Tensor:
    """Labels of shape (N,) or (N, 1) and any dtype, as the loss takes them; raises ValueError for what is no class.

    "cross_entropy": (N,) in int64, −100 allowed; "probabilities": (N, classes) in float32, a 1 in each row;
    "bce_with_logits": (N, 1) in float32, 0 or 1.
    """
    flat = ys.reshape(-1)
    whole = flat.long()

    bad = ...  # (N,): True where a label is no class
    if bad.any():
        raise ValueError(f"{flat[bad][0].item()} is no class")

    if loss == "cross_entropy":
        return whole
    if loss == "probabilities":
        return ...
    return ...
