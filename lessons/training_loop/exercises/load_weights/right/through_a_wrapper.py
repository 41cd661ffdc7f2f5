"""The model is wrapped for a moment, so that its keys are those of the state."""

from torch import Tensor, nn


def load_weights(model: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    target: nn.Module = model
    if state.keys() != model.state_dict().keys() and all(key.startswith("module.") for key in state):
        target = nn.ModuleDict({"module": model})
    target.load_state_dict(state)
    return model
