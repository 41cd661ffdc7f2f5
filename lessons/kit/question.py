"""Question: a prediction that is locked in before its demo runs.

    ```predict critical
    At lr = 0.1 exactly, what happens along the steep axis?

    - [ ] It converges, only slowly
      Shrinking needs |1 - lr·λ| below 1; here it is exactly 1.
    - [ ] It explodes
      It grows only above the limit.
    - [x] It swings for ever and never converges
      Each step lands on the mirror point: +1, -1, +1.

    run: bowl?lr=0.1
    ```
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One choice. `why`: for a wrong one the misconception behind it and what is true, for the right one the reason."""

    text: str
    why: str


@dataclass(frozen=True)
class Question:
    """`name` is the key of the reader's answer in the progress log; `run` is the demo setting that answers it."""

    name: str
    text: str
    answers: tuple[Answer, ...]
    right: int
    run: str
