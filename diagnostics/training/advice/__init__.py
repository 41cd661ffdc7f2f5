"""What to do about a refused operation, written for the reader's own line."""

from __future__ import annotations

from diagnostics.training.advice.devices import advise

__all__ = ["advise"]
