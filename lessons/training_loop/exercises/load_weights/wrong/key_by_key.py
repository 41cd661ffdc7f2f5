"""Only keys that both have are copied, and no one hears of the others. Breaks: what_does_not_fit_is_refused."""

from torch import Tensor, nn


def load_weights(model: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    own = model.state_dict()
    if state.keys() != own.keys() and all(key.startswith("module.") for key in state):
        state = {key[len("module.") :]: value for key, value in state.items()}
    for key, value in own.items():
        if key in state and state[key].shape == value.shape:
            value.copy_(state[key])
    return model
