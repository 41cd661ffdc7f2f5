"""torch.autocast("cuda"): the casts that CUDA makes, by its own lists.

It is a function mode, on inside the `with` block alone, and works unwatched too. What CUDA computes in 16 bits is
computed in 32 and rounded, as in half.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode

from .half import HALF
from .patching import Patches
from .tags import device_of

if TYPE_CHECKING:
    from .device import VirtualDevice

# fmt: off
LOWER = frozenset((
    "__matmul__", "__rmatmul__", "addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "chain_matmul", "conv1d",
    "conv2d", "conv3d", "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution",
    "einsum", "gru", "gru_cell", "linalg_multi_dot", "linalg_vecdot", "linear", "lstm", "lstm_cell", "matmul", "mm",
    "multi_dot", "mv", "prelu", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell",
    "scaled_dot_product_attention", "vecdot",
))
# fmt: on
"""In 16 bits."""

# fmt: off
SINGLE = frozenset((
    "__pow__", "__rdiv__", "__rpow__", "__rtruediv__", "acos", "asin", "binary_cross_entropy_with_logits", "cdist",
    "cosh", "cosine_embedding_loss", "cosine_similarity", "cross_entropy_loss", "ctc_loss", "cumprod", "cumsum",
    "dist", "erfinv", "exp", "expm1", "frobenius_norm", "group_norm", "hinge_embedding_loss", "huber_loss",
    "kl_div", "l1_loss", "layer_norm", "linalg_matrix_norm", "linalg_vector_norm", "log", "log10", "log1p", "log2",
    "log_softmax", "logsumexp", "margin_ranking_loss", "mse_loss", "multi_margin_loss", "multilabel_margin_loss",
    "nll_loss", "nll_loss2d", "nll_loss_nd", "norm", "nuclear_norm", "pdist", "poisson_nll_loss", "pow", "prod",
    "reciprocal", "renorm", "rms_norm", "rsqrt", "sinh", "smooth_l1_loss", "soft_margin_loss", "softmax", "softmin",
    "softplus", "sum", "tan", "triplet_margin_loss", "upsample_bicubic2d", "upsample_bilinear2d",
    "upsample_linear1d", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_trilinear3d",
))
# fmt: on
"""In 32 bits."""

# fmt: off
WIDEST = frozenset((
    "addcdiv", "addcmul", "atan2", "bilinear", "cross", "dot", "grid_sampler", "index_put", "scatter_add",
    "tensordot", "vdot",
))
# fmt: on
"""In the widest of their inputs."""

UNSAFE = (
    "torch.nn.functional.binary_cross_entropy and torch.nn.BCELoss are unsafe to autocast.\n"
    "Many models use a sigmoid layer right before the binary cross entropy layer.\n"
    "In this case, combine the two layers using torch.nn.functional.binary_cross_entropy_with_logits\n"
    "or torch.nn.BCEWithLogitsLoss.  binary_cross_entropy_with_logits and BCEWithLogits are\n"
    "safe to autocast."
)


def patch_autocast(device: VirtualDevice, patches: Patches) -> None:
    """torch.autocast turns the casts on and off."""
    cls: Any = torch.amp.autocast_mode.autocast
    enter, leave = cls.__enter__, cls.__exit__

    def entered(self: Any) -> Any:
        out = enter(self)
        if self.device == "cuda":
            self._casts = Casts(device)
            self._casts.__enter__()
        return out

    def left(self: Any, *error: Any) -> Any:
        if self.device == "cuda":
            self._casts.__exit__(*error)
        return leave(self, *error)

    patches.put(cls, "__enter__", entered)
    patches.put(cls, "__exit__", left)


def _has_subclass(*tensors: Any) -> bool:
    """Whether a tensor has a __torch_function__ of its own; a mode is no reason to leave the Python function."""
    flat = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    return any(
        type(one) not in _PLAIN and getattr(type(one), "__torch_function__", _DISABLED) is not _DISABLED for one in flat
    )


_PLAIN = (torch.Tensor, torch.nn.Parameter, type(None))
_DISABLED = torch._C._disabled_torch_function_impl


class Casts(TorchFunctionMode):
    """The casts of one `with torch.autocast("cuda")` block. torch.nn.functional's Python functions let them through."""

    def __init__(self, device: VirtualDevice) -> None:
        super().__init__()
        self.device = device
        self._let_through = Patches()

    def __enter__(self) -> Any:
        for name in ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic"):
            self._let_through.put_if_there(torch.nn.functional, name, _has_subclass)
        return super().__enter__()  # type: ignore[no-untyped-call]

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._let_through.undo()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name in LOWER and torch.is_autocast_enabled("cuda"):
            return self._lower(func, args, kwargs)
        if name in SINGLE and torch.is_autocast_enabled("cuda"):
            return func(*_cast(args, _widened), **_cast(kwargs, _widened))
        if name in WIDEST and torch.is_autocast_enabled("cuda") and _is_wide(args):
            return func(*_cast(args, _widened), **kwargs)
        if name == "binary_cross_entropy" and torch.is_autocast_enabled("cuda") and device_of(args[0]).type == "cuda":
            self.device.refuse(name, UNSAFE, [("input", args[0]), ("target", args[1])], kind="autocast")
        return func(*args, **kwargs)

    def _lower(self, func: Any, args: Any, kwargs: Any) -> Any:
        half = torch.get_autocast_dtype("cuda")
        touched = False

        def rounded(tensor: Any) -> Any:
            nonlocal touched
            if not _is_eligible(tensor):
                return tensor
            touched = True
            return (tensor if tensor.dtype is half else tensor.to(half)).to(torch.float32)

        out = func(*_cast(args, rounded), **_cast(kwargs, rounded))
        return (
            _cast(out, lambda tensor: tensor.to(half) if tensor.dtype is torch.float32 else tensor) if touched else out
        )


def _is_eligible(tensor: Any) -> bool:
    return tensor.is_floating_point() and tensor.dtype is not torch.float64 and device_of(tensor).type == "cuda"


def _widened(tensor: Any) -> Any:
    return tensor.to(torch.float32) if tensor.dtype in HALF and _is_eligible(tensor) else tensor


def _is_wide(args: Any) -> bool:
    return any(isinstance(one, torch.Tensor) and one.dtype is torch.float32 for one in args)


def _cast(value: Any, cast: Any) -> Any:
    """The value with all its tensors cast."""
    if isinstance(value, torch.Tensor):
        return cast(value)
    if isinstance(value, dict):
        return {key: _cast(one, cast) for key, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_cast(one, cast) for one in value)
    return value
