"""Labels and losses: every loss call is judged before torch does, whether torch would raise or stay silent."""

from __future__ import annotations

from diagnostics.training.labels.watcher import Labels

__all__ = ["Labels"]
