from torch import Tensor, nn

PREFIX = "module."


def load_weights(model: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    """Loads a state_dict, of a model wrapped as `module` or not. Raises RuntimeError if it does not fit."""
    wrapped = all(key.startswith(PREFIX) for key in state)
    if wrapped and state.keys() != model.state_dict().keys():
        state = {key[len(PREFIX) :]: value for key, value in state.items()}
    model.load_state_dict(state)
    return model
