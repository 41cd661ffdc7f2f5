"""What CUDA says to an operator whose tensors carry several devices: pure rules, no torch.

A rule takes the operands in the order of the operator's schema, and gives the device of the result or says in CUDA's
words what is wrong. A device is anything with a `type` ("cpu", "cuda"), an equality and a text. An operand without a
device is one that nobody knows: it accuses nobody, and what comes of it is not known either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

_TWO = "Expected all tensors to be on the same device, but found at least two devices, {} and {}!"
_ONE_OFF = (
    "Expected all tensors to be on the same device, but got {} is on {}, different from other tensors on {} "
    "(when checking argument in method wrapper_CUDA_{})"
)
_INDICES = "indices should be either on cpu or on the same device as the indexed tensor ({})"
_TOO_MANY_SCALARS = "Trying to pass too many CPU scalars to non-CPU kernel!"
_MASK = "expected self and mask to be on the same device, but got mask on {} and self on {}"
_LENGTHS = "'lengths' argument should be a 1D CPU int64 tensor, but got {}D {} {} tensor"
_ATTENTION = (
    "Expected query, key, and value to have the same device type, but got query.device: {} key.device: {} and "
    "value.device: {} instead."
)
_HIDDEN = "Input and {} tensors are not at the same device, found input tensor at {} and {} tensor at {}"


class Seen(NamedTuple):
    """A tensor among the arguments. `part` is its place where the argument is a list of tensors.

    `pliant`: it was made by torch's own C++ for its partners, and so is where they are.
    """

    argument: str
    device: Any | None
    dim: int = 1
    type: str = "FloatTensor"
    part: int = 0
    pliant: bool = False


@dataclass(frozen=True)
class Verdict:
    """The result's device (None: not known); or what CUDA says, and which operands do not fit.

    `adopt` are the pliant operands that are there as well.
    """

    device: Any | None = None
    message: str = ""
    odd: tuple[int, ...] = ()
    kind: str = "mix"
    adopt: tuple[int, ...] = ()


Operands = tuple[Seen, ...]
Rule = Callable[[Operands], Verdict]


def rule(base: str, strict: str | None = None) -> Rule:
    """The rule of an operator by its name without overload. `strict`: how its generated check calls itself."""
    if base in _SPECIAL:
        return _SPECIAL[base]
    if base.startswith(("_foreach_", "_fused_")):
        return _each_alike
    if strict is not None:
        return partial(_alike, method=strict)
    in_place = base.endswith("_") and not base.endswith("__")
    return partial(_iterated, output="self" if in_place else "out")


def _alike(operands: Operands, method: str, names: dict[str, str] | None = None) -> Verdict:
    """The check that torch generates: every tensor on the device of the first, those of no dimension included."""
    known = [one for one in operands if one.device is not None]
    if not known:
        return Verdict()
    first = known[0].device
    for one in known:
        if one.device != first:
            argument = (names or {}).get(one.argument, one.argument)
            return Verdict(message=_ONE_OFF.format(argument, one.device, first, method), odd=_odd(operands))
    return _settled(operands, first)


def _iterated(operands: Operands, output: str = "out", scalars: int = 1) -> Verdict:
    """TensorIterator: the first off the CPU says where, and `scalars` inputs of no dimension may stay on the CPU."""
    common = _common(operands)
    if common is None or common.type == "cpu":
        return _on_the_cpu(operands, output)
    left = scalars
    for one in operands:
        if one.device is None or one.device == common:
            continue
        if one.dim or one.device.type != "cpu" or one.argument == output:
            return Verdict(message=_TWO.format(common, one.device), odd=_odd(operands))
        if not left:
            return Verdict(message=_TOO_MANY_SCALARS, odd=_odd(operands))
        left -= 1
    return _settled(operands, common, scalars=False)


def _on_the_cpu(operands: Operands, output: str) -> Verdict:
    """No operand is known to be elsewhere: a CPU tensor of some dimension holds all the others there."""
    holds = any(one.device is not None and (one.dim or one.argument == output) for one in operands)
    if not holds and any(one.device is None for one in operands):
        return Verdict()
    return _settled(operands, _common(operands))


def _settled(operands: Operands, device: Any | None, scalars: bool = True) -> Verdict:
    """No mix is known: the result is on the device, unless that rests on what nobody knows, `scalars` or not."""
    unknown = [at for at, one in enumerate(operands) if one.device is None and (scalars or one.dim)]
    if any(not operands[at].pliant for at in unknown):
        return Verdict()
    return Verdict(device, adopt=tuple(unknown))


def _indexed(operands: Operands) -> Verdict:
    """self[indices]: indices on the CPU fit every tensor."""
    self = operands[0]
    for at, one in enumerate(operands):
        if one.argument == "indices" and _elsewhere(one, self) and _off_the_cpu(one):
            return Verdict(message=_INDICES.format(self.device), odd=_odd((self, one), (0, at)))
    return Verdict(self.device)


def _index_put(operands: Operands) -> Verdict:
    """self[indices] = values: a value of no dimension fits every tensor."""
    verdict = _indexed(operands)
    if verdict.message:
        return verdict
    for at, one in enumerate(operands):
        if one.argument == "values" and one.dim and _elsewhere(one, operands[0]):
            pair = (operands[0], one)
            return Verdict(message=_TWO.format(_common(pair), _other(pair)), odd=_odd(pair, (0, at)))
    return verdict


def _masked_fill(operands: Operands) -> Verdict:
    """The value fits wherever it is."""
    self, mask = operands[0], operands[1]
    if _elsewhere(mask, self):
        return Verdict(message=_MASK.format(mask.device, self.device), odd=_odd(operands[:2]))
    return _settled(operands[:2], _common(operands[:2]))


def _where(operands: Operands) -> Verdict:
    return _iterated(operands, scalars=3)


def _as_first(operands: Operands) -> Verdict:
    """Copies and their like: any mix, and the result is where the first is."""
    return Verdict(operands[0].device if operands else None)


def _each_alike(operands: Operands) -> Verdict:
    """Operators on lists of tensors: what stands at the same place belongs together, and scalars fit everywhere."""
    found: Any | None = None
    for part in sorted({one.part for one in operands}):
        there = [(at, one) for at, one in enumerate(operands) if one.part == part]
        together = [(at, one) for at, one in there if one.dim] or there
        verdict = _iterated(tuple(one for _, one in together))
        if verdict.message:
            return Verdict(message=verdict.message, odd=tuple(together[at][0] for at in verdict.odd))
        found = found or verdict.device
    return Verdict(found)


def _embedding(operands: Operands) -> Verdict:
    return _alike(operands, "_index_select", {"indices": "index"})


def _stack(operands: Operands) -> Verdict:
    return _alike(operands, "cat")


def _convolution(operands: Operands) -> Verdict:
    source = operands[0]
    for one in operands[1:]:
        if _elsewhere(one, source):
            text = f"Input type ({_type(source)}) and {one.argument} type ({_type(one)}) should be the same"
            if source.device is not None and source.device.type == "cpu" and one.argument == "weight":
                text += " or input should be a MKLDNN tensor and weight is a dense tensor"
            return Verdict(message=text, odd=_odd(operands))
    return _alike(operands, "cudnn_convolution")


def _attention(operands: Operands) -> Verdict:
    query, key, value = operands[:3]
    if _elsewhere(key, query) or _elsewhere(value, query) or _elsewhere(value, key):
        text = _ATTENTION.format(query.device, key.device, value.device)
        return Verdict(message=text, odd=_odd(operands))
    return _iterated(operands)


def packed(operands: Operands) -> Verdict:
    """_pack_padded_sequence: the lengths are read by the host."""
    for at, one in enumerate(operands):
        if one.argument == "lengths" and _off_the_cpu(one):
            kind = one.type.replace("Tensor", "")
            return Verdict(message=_LENGTHS.format(one.dim, one.device, kind), odd=(at,), kind="host")
    return Verdict(operands[0].device)


def _ctc(operands: Operands) -> Verdict:
    """The lengths are read by the host, wherever they are; cuDNN takes the targets from the CPU."""
    return _alike(tuple(one for one in operands if one.argument in ("log_probs", "grad")), "__ctc_loss")


def recurrent(operands: Operands) -> Verdict:
    """An RNN over its input, its hidden states and its weights, in this order."""
    source = operands[0]
    for kind in ("hidden", "parameter"):
        for one in operands[1:]:
            if one.argument == kind and _elsewhere(one, source):
                return Verdict(message=_HIDDEN.format(kind, source.device, kind, one.device), odd=_odd(operands))
    return _alike(operands, "")


def _common(operands: Iterable[Seen]) -> Any | None:
    """The device of the first that is not on the CPU, else the CPU, else None."""
    common: Any | None = None
    for one in operands:
        if one.device is not None and (common is None or common.type == "cpu"):
            common = one.device
    return common


def _other(operands: Iterable[Seen]) -> Any | None:
    common = _common(operands)
    return next((one.device for one in operands if one.device is not None and one.device != common), None)


def _elsewhere(one: Seen, other: Seen) -> bool:
    """Whether both are known, and not to be on the same device."""
    return one.device is not None and other.device is not None and one.device != other.device


def _off_the_cpu(one: Seen) -> bool:
    """Whether it is known to be on a GPU."""
    return one.device is not None and one.device.type != "cpu"


def _odd(operands: Iterable[Seen], places: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """Those that do not fit: what is left on the CPU; else what is not on the first GPU."""
    common = _common(operands)
    known = [(at, one.device) for at, one in enumerate(operands) if one.device is not None]
    left = [at for at, device in known if device.type == "cpu"]
    odd = left or [at for at, device in known if device != common]
    return tuple(places[at] for at in odd) if places else tuple(odd)


def _type(one: Seen) -> str:
    """As Tensor.type() has it."""
    return ("torch.cuda." if one.device is not None and one.device.type == "cuda" else "torch.") + one.type


_ANY_MIX = (
    "_assert_async",
    "_copy_from",
    "_foreach_copy",
    "_foreach_copy_",
    "_has_compatible_shallow_copy_type",
    "_has_same_storage_numel",
    "_local_scalar_dense",
    "_nested_from_padded",
    "_nested_tensor_from_mask",
    "_nested_view_from_buffer",
    "_nested_view_from_buffer_copy",
    "_pack_padded_sequence",
    "_pack_padded_sequence_backward",
    "_to_copy",
    "as_strided_scatter",
    "copy",
    "copy_",
    "diagonal_scatter",
    "fill",
    "fill_",
    "index_fill",
    "index_fill_",
    "is_same_size",
    "is_set_to",
    "lift_fresh",
    "linspace",
    "logspace",
    "record_stream",
    "resize_",
    "resize_as_",
    "select_scatter",
    "set_",
    "set_data",
    "slice_inverse",
    "slice_scatter",
)

_SPECIAL: dict[str, Rule] = {
    **dict.fromkeys(_ANY_MIX, _as_first),
    **dict.fromkeys(("index", "_unsafe_index", "_unsafe_masked_index"), _indexed),
    **dict.fromkeys(("index_put", "index_put_", "_index_put_impl_", "_unsafe_index_put"), _index_put),
    **dict.fromkeys(("masked_fill", "masked_fill_"), _masked_fill),
    **dict.fromkeys(("_ctc_loss", "_ctc_loss_backward", "_use_cudnn_ctc_loss"), _ctc),
    **dict.fromkeys(
        (
            "_fused_sdp_choice",
            "_scaled_dot_product_attention_math",
            "_scaled_dot_product_flash_attention_for_cpu",
            "scaled_dot_product_attention",
        ),
        _attention,
    ),
    "where": _where,
    "embedding": _embedding,
    "stack": _stack,
    "convolution": _convolution,
}
