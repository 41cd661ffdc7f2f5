"""A layer within the model may be called module too. Breaks: only_the_wrappers_prefix_goes."""

from torch import Tensor, nn


def load_weights(model: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    model.load_state_dict({key.replace("module.", ""): value for key, value in state.items()})
    return model
