"""The keys of the caller's dictionary are changed. Breaks: the_state_stays_as_it_was."""

from torch import Tensor, nn


def load_weights(model: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    own = model.state_dict().keys()
    if state.keys() != own and all(key.startswith("module.") for key in state):
        for key in list(state):
            state[key[len("module.") :]] = state.pop(key)
    model.load_state_dict(state)
    return model
