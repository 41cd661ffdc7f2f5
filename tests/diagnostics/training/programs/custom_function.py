"""An autograd.Function of one's own, a parameter of one's own, gradients of gradients."""

import torch
from torch import nn

torch.manual_seed(9)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Clipped(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, bound):
        ctx.save_for_backward(x, bound)
        return torch.minimum(torch.maximum(x, -bound), bound)

    @staticmethod
    def backward(ctx, gradient):
        x, bound = ctx.saved_tensors
        inside = x.abs() <= bound
        return gradient * inside, None


class Layer(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) * 0.3)
        self.scale = nn.Parameter(torch.ones(outputs))
        self.register_buffer("bound", torch.tensor(2.0))

    def forward(self, x):
        return Clipped.apply(torch.einsum("ni,oi->no", x, self.weight), self.bound) * self.scale


model = nn.Sequential(Layer(6, 12), Layer(12, 1)).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.randn(20, 6).to(device).requires_grad_()
y = torch.randn(20, 1).to(device)
for step in range(5):
    output = model(x)
    (slope,) = torch.autograd.grad(output.sum(), x, create_graph=True)
    penalty = (slope.norm(dim=1) - 1).pow(2).mean()
    loss = (output - y).abs().mean() + 0.1 * penalty
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{step}: {loss.item():.5f}")
