"""Through .data, and with new tensors for v, written back into the list."""


class MySGD:
    def __init__(self, parameters, lr, momentum=0.0, weight_decay=0.0):
        self.parameters = list(parameters)
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.v = [0.0] * len(self.parameters)

    def step(self):
        for k, w in enumerate(self.parameters):
            if w.grad is not None:
                self.v[k] = self.momentum * self.v[k] + (w.grad + self.weight_decay * w.data)
                w.data = w.data - self.lr * self.v[k]
