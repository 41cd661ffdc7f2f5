from torch import Tensor, nn


def load_weights(model: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    """Loads a state_dict, of a model wrapped as `module` or not. Raises RuntimeError if it does not fit."""
    ...
    model.load_state_dict(state)
    return model
