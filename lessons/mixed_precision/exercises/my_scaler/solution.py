from torch import Tensor
from torch.optim import Optimizer


class Scaler:
    """Multiplies the loss, divides the gradients, and
    skips a step whose gradients are not finite."""

    def __init__(self, factor: float, interval: int):
        self.factor = factor
        self.interval = interval
        self.good = 0  # steps since a skip or doubling
        self.finite = True  # this step's gradients
        self.unscaled = False  # already, in this step

    def scale(self, loss: Tensor) -> Tensor:
        return loss * self.factor

    def unscale_(self, optimizer: Optimizer) -> None:
        for group in optimizer.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.grad /= self.factor
                    self.finite &= bool(weight.grad.isfinite().all())
        self.unscaled = True

    def step(self, optimizer: Optimizer) -> None:
        """Steps on divided gradients, or skips."""
        if not self.unscaled:
            self.unscale_(optimizer)
        if self.finite:
            optimizer.step()

    def update(self) -> None:
        """Finds the factor of the next step."""
        if self.finite:
            self.good += 1
            if self.good == self.interval:
                self.factor, self.good = 2 * self.factor, 0
        else:
            self.factor, self.good = self.factor / 2, 0
        self.finite = True
        self.unscaled = False
