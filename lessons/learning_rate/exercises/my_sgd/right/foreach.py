"""All parameters at once, with torch's _foreach functions; v begins with the first gradient."""

import torch


class MySGD:
    def __init__(self, parameters, lr, momentum=0.0, weight_decay=0.0):
        self.parameters, self.v = list(parameters), {}
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay

    @torch.no_grad()
    def step(self):
        moved = [w for w in self.parameters if w.grad is not None]
        if not moved:
            return
        gradients = torch._foreach_add([w.grad for w in moved], moved, alpha=self.weight_decay)
        for w, gradient in zip(moved, gradients):
            self.v[w] = gradient + self.momentum * self.v[w] if w in self.v else gradient
        torch._foreach_add_(moved, [self.v[w] for w in moved], alpha=-self.lr)
