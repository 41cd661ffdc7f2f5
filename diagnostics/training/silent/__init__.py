"""Silent bugs: what raises nothing and still trains wrongly, found by what a running script does, step after step."""

from __future__ import annotations

from diagnostics.training.silent.watcher import Silent

__all__ = ["Silent"]
