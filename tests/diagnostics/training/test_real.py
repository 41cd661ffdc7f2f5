"""What a true GPU says, told in our words: which errors are of devices, and which tensors they are about."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from diagnostics.training.real import mismatch_from  # noqa: E402

OF_DEVICES = [
    (
        "mix",
        "addmm",
        "Expected all tensors to be on the same device, but got mat1 is on cpu, different from other tensors on cuda:0 "
        "(when checking argument in method wrapper_CUDA_addmm)",
    ),
    (
        "mix",
        "index_select",
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! (when checking "
        "argument for argument index in method wrapper_CUDA__index_select)",
    ),
    ("mix", "", "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"),
    ("mix", "", "Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be the same"),
    (
        "mix",
        "",
        "Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the same or input should be "
        "a MKLDNN tensor and weight is a dense tensor",
    ),
    ("mix", "", "indices should be either on cpu or on the same device as the indexed tensor (cpu)"),
    ("host", "", "'lengths' argument should be a 1D CPU int64 tensor, but got 1D cuda:0 Long tensor"),
    (
        "numpy",
        "",
        "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor",
    ),
    ("generator", "", "Expected a 'cuda' device type for generator but found 'cpu'"),
    ("ordinal", "", "CUDA error: invalid device ordinal\nCUDA kernel errors might be asynchronously reported"),
    (
        "fork",
        "",
        "Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing",
    ),
]

OF_OTHERS = [
    "Input type (torch.cuda.HalfTensor) and weight type (torch.cuda.FloatTensor) should be the same",
    "Input type (double) and bias type (float) should be the same",
    "mat1 and mat2 shapes cannot be multiplied (4x5 and 3x2)",
    "CUDA out of memory. Tried to allocate 22.78 GiB.",
    "CUDA error: device-side assert triggered",
    "expected scalar type Long but found Int",
    "",
]


@pytest.mark.parametrize(("kind", "op", "message"), OF_DEVICES)
def test_an_error_of_devices_is_known_by_its_text(kind: str, op: str, message: str) -> None:
    """In the words of torch 2.13 and of those before it."""
    mismatch = mismatch_from(TypeError(message) if kind == "numpy" else RuntimeError(message))
    assert mismatch is not None
    assert (mismatch.kind, mismatch.op, mismatch.message) == (kind, op, message)


@pytest.mark.parametrize("message", OF_OTHERS)
def test_other_errors_are_left_alone(message: str) -> None:
    """Types, shapes, memory; and an error of the script's own that happens to say the same."""
    assert mismatch_from(RuntimeError(message)) is None
    assert mismatch_from(KeyError(OF_DEVICES[0][2])) is None


def test_the_tensors_are_those_of_the_line_that_failed() -> None:
    """With what they are called there, hidden states too; those apart from the rest are marked."""
    network, features = torch.nn.RNN(8, 3), torch.zeros(5, 2, 8)
    hidden = torch.zeros(1, 2, 3, device="meta")
    with pytest.raises(RuntimeError, match="not at the same device") as raised:
        network(features, hidden)
    mismatch = mismatch_from(raised.value)
    assert mismatch is not None
    told = {id(operand.tensor): operand for operand in mismatch.operands}
    assert {id(features), id(hidden), id(network.weight_ih_l0)} <= told.keys()
    assert told[id(features)].argument == "input"
    assert [each.tensor for each in mismatch.operands if not each.odd] == [hidden]
