"""The prefix goes, and so does the comparison of keys. Breaks: what_does_not_fit_is_refused."""

from torch import Tensor, nn


def load_weights(model: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    own = model.state_dict().keys()
    if state.keys() != own and all(key.startswith("module.") for key in state):
        state = {key[len("module.") :]: value for key, value in state.items()}
    model.load_state_dict(state, strict=False)
    return model
