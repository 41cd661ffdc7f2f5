"""A library without a screen: what it finds is data, and the floors above show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diagnostics.doctor.examine import examine
    from diagnostics.errors.explain import explain
    from diagnostics.training.batch import check_batch
    from diagnostics.training.watch import watch

__all__ = ["check_batch", "examine", "explain", "watch"]

_HOMES = {
    "check_batch": "diagnostics.training.batch",
    "examine": "diagnostics.doctor.examine",
    "explain": "diagnostics.errors.explain",
    "watch": "diagnostics.training.watch",
}
"""Name -> where it is made. They need torch, or take a while, so they are imported when they are asked for."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
