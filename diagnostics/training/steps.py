"""Ends a script early: after so many steps of its optimizers."""

from __future__ import annotations

from typing import Any


class EnoughSteps(BaseException):
    """No Exception: a script that catches those, to skip a bad batch say, is not to catch this one."""


def stop_after(steps: int) -> None:
    """From the step of that number on, counted over all optimizers, each step ends with EnoughSteps."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    left = steps

    def count(optimizer: Any, args: Any, kwargs: Any) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            raise EnoughSteps(f"{steps} optimizer steps, as asked")

    register_optimizer_step_post_hook(count)
