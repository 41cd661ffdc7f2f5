"""torch's own, with its names changed."""

import torch


class Scaler(torch.amp.GradScaler):
    def __init__(self, factor, interval):
        super().__init__("cpu", init_scale=factor, growth_interval=interval)

    @property
    def factor(self):
        return self.get_scale()
