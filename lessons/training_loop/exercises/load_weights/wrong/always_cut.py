"""The first name goes from keys that have no prefix, too. Breaks: plain_weights_are_loaded."""

from torch import Tensor, nn


def load_weights(model: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    model.load_state_dict({key.split(".", 1)[-1]: value for key, value in state.items()})
    return model
