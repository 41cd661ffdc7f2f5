"""The error is silenced, and nothing is loaded. Breaks: wrapped_weights_are_loaded."""

from torch import Tensor, nn


def load_weights(model: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    model.load_state_dict(state, strict=False)
    return model
