"""With Python's numbers, one label after the other."""

import torch
from torch import Tensor


def make_labels(ys: Tensor, loss: str, classes: int) -> Tensor:
    values = ys.flatten().tolist()
    allowed = list(range(2 if loss == "bce_with_logits" else classes))
    if loss == "cross_entropy":
        allowed.append(-100)
    if any(value not in allowed for value in values):
        raise ValueError("a label is no class")
    if loss == "cross_entropy":
        return torch.tensor([int(value) for value in values], dtype=torch.int64)
    if loss == "probabilities":
        rows = [[float(value == k) for k in range(classes)] for value in values]
        return torch.tensor(rows).reshape(len(values), classes)
    if loss == "bce_with_logits":
        return torch.tensor([float(value) for value in values]).reshape(-1, 1)
    raise ValueError(loss)
