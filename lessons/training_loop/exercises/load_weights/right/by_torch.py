"""torch's own helper, on a copy, where the keys are not the model's own."""

from torch import Tensor, nn


def load_weights(model: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    if set(state) != set(model.state_dict()) and not any(not key.startswith("module.") for key in state):
        state = dict(state)
        nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
    model.load_state_dict(state)
    return model
