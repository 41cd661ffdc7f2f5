"""What must hold of load_weights()."""

from __future__ import annotations

import torch
from torch import nn

from lessons.kit.properties import expect


def it_returns_the_model(given) -> None:
    """It returns the model that it was given."""
    model = nn.Linear(2, 1)
    came = _load(given, model, nn.Linear(2, 1).state_dict(), "the state of a Linear(2, 1)")
    expect(came is model, f"what came back is {type(came).__name__}, and not the model itself")


def plain_weights_are_loaded(given) -> None:
    """A state with the model's own keys is loaded as it is."""
    for build in (_layers, _named, _normed):
        _compare(given, build, "")


def wrapped_weights_are_loaded(given) -> None:
    """A state whose every key begins with "module." is loaded without that prefix."""
    for build in (_layers, _named, _normed):
        _compare(given, build, "module.")


def only_the_wrappers_prefix_goes(given) -> None:
    """What is called module, or looks like it, within a key or in the model itself, stays."""
    for build in (_with_a_module_inside, _with_letters, _all_in_a_module):
        for prefix in ("", "module."):
            _compare(given, build, prefix)


def what_does_not_fit_is_refused(given) -> None:
    """A missing key, one too many and another shape each raise RuntimeError, with the prefix and without."""
    for prefix in ("", "module."):
        for told, change in (("lacks a bias", _drop), ("has one key too many", _add), ("has a wider layer", _widen)):
            state = {prefix + key: value for key, value in change(dict(_layers().state_dict())).items()}
            raised = _raised(given, _layers(), state)
            keys = f'keys with "{prefix}"' if prefix else "plain keys"
            expect(raised == "RuntimeError", f"a state with {keys} {told}: {raised} came, RuntimeError was wanted")


def the_state_stays_as_it_was(given) -> None:
    """The dictionary that was given has its keys and tensors afterwards."""
    for prefix in ("", "module."):
        state = {prefix + key: value.clone() for key, value in _layers().state_dict().items()}
        before = {key: value.clone() for key, value in state.items()}
        _load(given, _layers(), state, "the state of a Sequential")
        came, wanted = ", ".join(state), ", ".join(before)
        expect(list(state) == list(before), f"its keys were {wanted}, and are {came}")
        expect(all(torch.equal(state[key], before[key]) for key in before), "a tensor of the state was changed")


def _layers() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))


def _named() -> nn.Module:
    return nn.ModuleDict({"body": nn.Linear(2, 4), "head": nn.Linear(4, 2)})


def _normed() -> nn.Module:
    """Has buffers too, one of them a whole number."""
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    model(torch.randn(8, 2))
    return model


def _with_a_module_inside() -> nn.Module:
    return nn.ModuleDict({"encoder": nn.ModuleDict({"module": nn.Linear(2, 2)}), "submodule": nn.Linear(2, 2)})


def _with_letters() -> nn.Module:
    """Names of the letters of "module", at which strip() would not stop."""
    return nn.ModuleDict({"mode": nn.Linear(2, 2), "dull": nn.Linear(2, 2), "model": nn.Linear(2, 2)})


def _all_in_a_module() -> nn.Module:
    return nn.ModuleDict({"module": nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))})


def _drop(state: dict) -> dict:
    return {key: value for key, value in state.items() if key != "2.bias"}


def _add(state: dict) -> dict:
    return {**state, "3.weight": torch.zeros(1)}


def _widen(state: dict) -> dict:
    return {**state, "2.bias": torch.zeros(5)}


def _load(given, model: nn.Module, state: dict, told: str):
    try:
        return given.load_weights(model, state)
    except RuntimeError as error:
        said = " ".join(str(error).split()).partition(": ")[2]
        expect(False, f"{told} was refused, though it fits: {said[:90]}")


def _raised(given, model: nn.Module, state: dict) -> str:
    try:
        given.load_weights(model, state)
    except Exception as error:
        return type(error).__name__
    return "no error"


def _compare(given, build, prefix: str) -> None:
    """Every tensor of the model is the state's after the call."""
    model, saved = build(), build().state_dict()
    state = {prefix + key: value.clone() for key, value in saved.items()}
    told = f"a state with the key {next(iter(state))}"
    _load(given, model, state, told)
    for key, value in model.state_dict().items():
        expect(torch.equal(value, saved[key]), f"{told} was given, and the model's {key} is not the state's")
