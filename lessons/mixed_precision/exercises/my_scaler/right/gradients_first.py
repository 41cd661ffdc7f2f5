"""Looks at all gradients before it divides any, and counts down."""

import torch


class Scaler:
    def __init__(self, factor, interval):
        self.factor, self.interval = factor, interval
        self.left = interval
        self.verdict = None

    def scale(self, loss):
        return self.factor * loss

    def unscale_(self, optimizer):
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        self.verdict = all(torch.isfinite(gradient).all() for gradient in gradients)
        for gradient in gradients:
            gradient.mul_(1 / self.factor)

    def step(self, optimizer):
        if self.verdict is None:
            self.unscale_(optimizer)
        if self.verdict:
            optimizer.step()

    def update(self):
        self.left -= 1
        if not self.verdict:
            self.factor, self.left = 0.5 * self.factor, self.interval
        elif self.left == 0:
            self.factor, self.left = 2 * self.factor, self.interval
        self.verdict = None
