"""Recurrent networks, which look at the devices of their tensors in C++, where all are of the CPU: we look before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from .mode import type_name
from .patching import Patches
from .tags import CPU, carried, retag, tag
from .verdict import Seen, packed, recurrent

if TYPE_CHECKING:
    from .device import VirtualDevice

_RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")


def patch_sequences(device: VirtualDevice, patches: Patches) -> None:
    """The functions behind nn.RNN, nn.LSTM, nn.GRU and pack_padded_sequence."""
    functions: Any = torch._VF
    for name in _RECURRENT:
        patches.put(functions, name, _recurrent(device, getattr(functions, name), name))
    patches.put(functions, "_pack_padded_sequence", _pack(device, functions._pack_padded_sequence))
    patches.put(functions, "_pad_packed_sequence", _pad(functions._pad_packed_sequence))
    patches.put(torch, "ctc_loss", _ctc_loss(torch.ctc_loss))


def _recurrent(device: VirtualDevice, run: Any, name: str) -> Any:
    def judged(*args: Any) -> Any:
        is_packed = isinstance(args[1], torch.Tensor) and isinstance(args[3], (list, tuple))
        hidden, weights = args[2:4] if is_packed else args[1:3]
        states = hidden if isinstance(hidden, (list, tuple)) else [hidden]
        tensors = [("input", args[0]), *(("hidden", one) for one in states), *(("parameter", one) for one in weights)]
        verdict = recurrent(tuple(Seen(argument, carried(tensor)) for argument, tensor in tensors))
        if verdict.message:
            device.refuse(name, verdict.message, tensors, verdict.odd)
        return run(*args)

    return judged


def _pack(device: VirtualDevice, run: Any) -> Any:
    """The sizes of its batches stay on the CPU: PyTorch asks for that itself, in passes that are not watched too."""

    def pack(source: Any, lengths: Any, batch_first: bool) -> Any:
        verdict = packed(
            (Seen("input", carried(source)), Seen("lengths", carried(lengths), lengths.dim(), type_name(lengths)))
        )
        if verdict.message:
            tensors = [("input", source), ("lengths", lengths)]
            device.refuse("_pack_padded_sequence", verdict.message, tensors, verdict.odd, verdict.kind)
        data, sizes = run(source, lengths, batch_first)
        retag(sizes, CPU)
        found = carried(source)
        if found is not None:
            tag(data, found)
        return data, sizes

    return pack


def _pad(run: Any) -> Any:
    """The lengths that it gives back are on the CPU, as those that came were."""

    def pad(*args: Any) -> Any:
        data, lengths = run(*args)
        retag(lengths, CPU)
        return data, lengths

    return pad


def _ctc_loss(run: Any) -> Any:
    """The lengths may be on either device: torch reads them as numbers, unless a dispatch mode is on."""

    def ctc_loss(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, *options: Any) -> Any:
        lengths = [one.tolist() if isinstance(one, torch.Tensor) else one for one in (input_lengths, target_lengths)]
        return run(log_probs, targets, *lengths, *options)

    return ctc_loss
