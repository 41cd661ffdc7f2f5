"""zero_grad, backward, step: whether each comes, and in an order in which it does something."""

from __future__ import annotations

import weakref

import torch

from diagnostics.training.labels.calls import unseen
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import NOWHERE, Place
from diagnostics.training.silent.training import parameters_of

IN_A_ROW = 3
"""So many rounds in a row make a habit of what one alone may do for a reason."""

SETTLED = 6
"""After so many rounds that were right, an optimizer is believed."""


class Course:
    """What befell the gradients of one optimizer since its last step, seen by one of its parameters."""

    def __init__(self, optimizer: torch.optim.Optimizer, made_at: Place) -> None:
        self.optimizer = weakref.ref(optimizer)
        self.made_at = made_at
        self.holds: frozenset[int] = frozenset()
        """Ids of its parameters, which may be gone with it by the end."""
        self.steps = self.fills = 0
        self.filled = self.cleared = self.cleared_after_fill = False
        self.cleared_at = self.filled_at = NOWHERE
        self.first_step_was_early = False
        self.right = self.kept = self.lost = 0
        self.norms: list[float] = []
        self.lost_norm = 0.0
        self.by_closure = False
        self._probe: torch.Tensor | None = None
        self._state: tuple[int, int] | None = None

    @property
    def settled(self) -> bool:
        return self.by_closure or self.right >= SETTLED

    def is_open(self) -> bool:
        """Whether more may be told of it: it is alive, or has never stepped."""
        return self.optimizer() is not None or not self.steps

    def look(self) -> None:
        """Notices that the gradients were cleared, however that was done, or changed by hand."""
        if self._probe is None:
            return
        gradient = self._probe.grad
        state = None if gradient is None or not gradient.any() else (id(gradient), gradient._version)
        if state is None:
            self.cleared_after_fill = self.cleared_after_fill or self.filled
        if state is None or (not self.filled and state != self._state):
            self.cleared = True
        self._state = state

    def fill(self, place: Place) -> None:
        """Notices that a backward has added to the gradients."""
        optimizer = self.optimizer()
        if optimizer is None:
            return
        if self._probe is None:
            self._probe = _smallest_with_gradient(optimizer)
            self.holds = frozenset(map(id, parameters_of(optimizer)))
        gradient = self._probe.grad if self._probe is not None else None
        if gradient is None or (id(gradient), gradient._version) == self._state:
            return
        self.lost_norm = norm(optimizer)
        if not self.lost_norm:
            return
        self.filled, self.cleared_after_fill = True, False
        self.fills += 1
        self.filled_at = place
        self._state = (id(gradient), gradient._version)

    def rest(self) -> None:
        """Keeps no tensor of the script."""
        self._probe = None

    def end_round(self) -> None:
        """A step was made."""
        self.steps += 1
        self.filled = self.cleared = self.cleared_after_fill = False
        self.lost_norm = 0.0
        gradient = self._probe.grad if self._probe is not None else None
        self._state = (id(gradient), gradient._version) if gradient is not None else None


class Order(Rule):
    """missing-zero-grad, zero-grad-before-step, step-before-backward, missing-step."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self._courses: weakref.WeakKeyDictionary[torch.optim.Optimizer, Course] = weakref.WeakKeyDictionary()
        self._all: list[Course] = []
        """Those too whose optimizer is gone, where they have not stepped."""
        self._waiting: list[Course] = []
        """Those that are not settled."""

    def made(self, optimizer: torch.optim.Optimizer, place: Place) -> None:
        self._courses[optimizer] = course = Course(optimizer, place)
        self._all = [each for each in self._all if each.is_open()] + [course]
        self._waiting = [each for each in self._waiting if each.optimizer() is not None] + [course]

    def backward(self, tensor: torch.Tensor | None, place: Place) -> None:
        self._look()

    def cleared(self, place: Place) -> None:
        for course in self._waiting:
            before = course.cleared
            with unseen():
                course.look()
            if course.cleared and not before:
                course.cleared_at = place

    def filled(self, tensor: torch.Tensor | None, place: Place) -> None:
        if self._waiting:
            with unseen():
                for course in self._waiting:
                    course.fill(place)

    def stepping(self, optimizer: torch.optim.Optimizer, place: Place, closure: bool) -> None:
        course = self._courses[optimizer]
        if course.settled:
            return
        if closure:
            course.by_closure = True
        else:
            with unseen():
                course.look()
                self._judge(course, optimizer, place)

    def stepped(self, optimizer: torch.optim.Optimizer, place: Place, frame: object) -> None:
        course = self._courses[optimizer]
        course.end_round()
        if course.settled and course in self._waiting:
            self._waiting.remove(course)
            course.rest()
        if not self._waiting:
            self.rest("backward", "filled", "cleared", "stepping", "stepped")

    def ended(self) -> None:
        stepped = {key for course in self._all if course.steps for key in course.holds}
        for course in self._all:
            if course.steps or course.fills < IN_A_ROW or self.training.scaler is not None or course.holds & stepped:
                continue
            name = course.made_at.text.partition("=")[0].strip()
            self.tell(
                "missing-step",
                course.filled_at,
                f"backward() filled the gradients {course.fills} times, and step() was called 0 times",
                optimizer=name if name.replace(".", "").isidentifier() else "optimizer",
            )

    def _look(self) -> None:
        if self._waiting:
            with unseen():
                for course in self._waiting:
                    course.look()

    def _judge(self, course: Course, optimizer: torch.optim.Optimizer, place: Place) -> None:
        if course.steps == 0 and not course.filled:
            course.first_step_was_early = True
        now = norm(optimizer)
        if now == 0.0:
            course.kept = course.right = 0
            course.lost = course.lost + 1 if course.cleared_after_fill and course.lost_norm else 0
            if course.lost >= IN_A_ROW:
                self._tell_lost(course, place)
            return
        course.lost = 0
        if not course.filled:
            return
        if course.steps and not course.cleared:
            course.kept += 1
            course.norms.append(now)
        else:
            course.kept, course.right = 0, course.right + 1
            course.norms = [now]
        if course.kept >= IN_A_ROW:
            course.right = SETTLED
            self.tell(
                "missing-zero-grad",
                place,
                f"{course.kept} steps in a row kept the gradients of the step before and added to them",
                "norm of the gradients at these steps: " + ", ".join(f"{each:.3g}" for each in course.norms),
                optimizer=place.owner("step", "optimizer"),
            )

    def _tell_lost(self, course: Course, place: Place) -> None:
        course.right = SETTLED
        seen = (
            f"the gradients had the norm {course.lost_norm:.3g} after backward() and 0 at step(), "
            f"{course.lost} times in a row"
        )
        name = place.owner("step", "optimizer")
        if course.first_step_was_early:
            self.tell(
                "step-before-backward", place, "the first step came before the first backward()", seen, optimizer=name
            )
        else:
            where = course.cleared_at if course.cleared_at.line else place
            self.tell("zero-grad-before-step", where, seen, optimizer=name)


def norm(optimizer: torch.optim.Optimizer) -> float:
    """Of all gradients that it would step by; 0 without any."""
    gradients = [each.grad for each in parameters_of(optimizer) if each.grad is not None]
    dense = [each.detach().float() for each in gradients if not each.is_sparse]
    if len(dense) < len(gradients):
        dense += [each.coalesce().values().detach().float() for each in gradients if each.is_sparse]
    return float(torch.stack([each.norm() for each in dense]).norm()) if dense else 0.0


def _smallest_with_gradient(optimizer: torch.optim.Optimizer) -> torch.Tensor | None:
    """The cheapest to look at, one whose gradient is not all zeros."""
    for parameter in sorted(parameters_of(optimizer), key=lambda each: each.numel()):
        gradient = parameter.grad
        if gradient is not None and not gradient.is_sparse and bool(gradient.any()):
            return parameter
    return None
