"""The seams of torch at which a training is seen, from enter to exit: public hooks where there are some, else patches.

Nothing that a script computes passes through here changed; a rule that fails is left out, and said.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from types import FrameType, GeneratorType
from typing import Any

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils.data import dataloader

from diagnostics.finding import Finding
from diagnostics.training.labels.calls import LossCall, signature_of
from diagnostics.training.naming import is_user, user_frame
from diagnostics.training.silent.axes import Axes
from diagnostics.training.silent.data import Data
from diagnostics.training.silent.gradients import Gradients
from diagnostics.training.silent.held import Held
from diagnostics.training.silent.kept import Kept
from diagnostics.training.silent.modes import Modes
from diagnostics.training.silent.moving import Moving
from diagnostics.training.silent.order import Order
from diagnostics.training.silent.progress import Progress
from diagnostics.training.silent.rule import EVENTS, Rule
from diagnostics.training.silent.tell import Place, Tell, place_at
from diagnostics.training.silent.training import Training
from diagnostics.training.silent.unfed import Unfed
from diagnostics.training.silent.unused import Unused
from diagnostics.training.silent.waits import Waits
from diagnostics.training.silent.workers import Workers
from diagnostics.training.virtual_device.internals import script_names, script_table
from diagnostics.training.virtual_device.patching import Patches, count_as_no_caller

RULES: tuple[type[Rule], ...] = (
    Order,
    Held,
    Moving,
    Unused,
    Unfed,
    Modes,
    Kept,
    Progress,
    Data,
    Workers,
    Gradients,
    Axes,
    Waits,
)

DROPPING = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "batch_norm")
"""Functions of torch.nn.functional that work in another way in training."""

READ_ALL = 64
READ_ONE_IN = 7
"""So many first losses are looked at, and then one of so many; a prime, for loops that call backward in turns."""

WAITING = ("item", "cpu", "tolist", "numpy")


class Silent:
    """Tells `report` of silent bugs, each once for a line."""

    def __init__(self, report: Callable[[Finding], None]) -> None:
        self._training = Training()
        self._tell = Tell(report)
        self._rules = [kind(self._training, self._tell) for kind in RULES]
        self._heard: dict[str, list[Rule]] = {}
        """Event -> the rules that hear it now."""
        self._wake()
        self._patches = Patches()
        self._hooks: list[Any] = []
        self._looking: Any = None
        self._thread = self._process = 0
        self._inside = False

    def __enter__(self) -> Silent:
        self._thread, self._process = threading.get_ident(), os.getpid()
        self._hooks = [
            register_optimizer_step_pre_hook(self._stepping),
            register_optimizer_step_post_hook(self._stepped),
        ]
        try:
            self._patch()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._release()
        if os.getpid() == self._process:
            self._say("ended")

    def loss(self, call: LossCall, frame: FrameType) -> None:
        """A loss is about to be computed: Labels calls it."""
        event = "loss" if torch.is_grad_enabled() else "evaluated"
        if self._heard[event] and self._is_mine():
            self._say(event, call, frame)

    def _release(self) -> None:
        self._patches.undo()
        while self._hooks:
            self._hooks.pop().remove()
        self._look(False)

    def _is_mine(self) -> bool:
        # Asked first: what torch.compile traces ends there.
        if torch.compiler.is_compiling():
            return False
        return not self._inside and threading.get_ident() == self._thread

    def _wake(self) -> None:
        """All rules hear again."""
        for rule in self._rules:
            rule.resting.clear()
        self._heard = {
            event: [rule for rule in self._rules if getattr(type(rule), event) is not getattr(Rule, event)]
            for event in EVENTS
        }

    def _say(self, event: str, *body: Any) -> None:
        """Tells the rules; none may stop the script, nor hear of what another does."""
        self._inside = True
        try:
            with torch._C.DisableTorchFunction():
                for rule in self._heard[event]:
                    try:
                        getattr(rule, event)(*body)
                    except Exception as error:
                        self._leave_out(rule, error)
                    if rule.resting:
                        self._let_rest(rule)
        finally:
            self._inside = False

    def _let_rest(self, resting: Rule) -> None:
        for event in resting.resting:
            self._heard[event] = [rule for rule in self._heard[event] if rule is not resting]
        resting.resting.clear()

    def _leave_out(self, failed: Rule, error: Exception) -> None:
        self._rules.remove(failed)
        self._heard = {event: [rule for rule in heard if rule is not failed] for event, heard in self._heard.items()}
        self._tell.failed(type(failed).__name__, error)

    def _look(self, on: bool) -> None:
        """Hears which modules run, or no more."""
        if on and self._looking is None:
            self._looking = torch.nn.modules.module.register_module_forward_pre_hook(self._ran)
        elif not on and self._looking is not None:
            self._looking.remove()
            self._looking = None

    def _ran(self, module: torch.nn.Module, given: tuple[Any, ...]) -> None:
        if self._is_mine() and torch.is_grad_enabled():
            self._training.run(module)

    def _meet(self, optimizer: torch.optim.Optimizer, place: Place) -> None:
        if self._training.meet(optimizer, place):
            self._look(True)
            self._wake()
            self._say("made", optimizer, place)

    def _stepping(self, optimizer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not self._is_mine() or (self._training.knows(optimizer) and not self._heard["stepping"]):
            return
        place = place_at(sys._getframe(1))
        self._meet(optimizer, place)
        if self._heard["stepping"]:
            closure = any(callable(each) for each in (*args[1:], *kwargs.values()))
            self._say("stepping", optimizer, place, closure)

    def _stepped(self, optimizer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not self._is_mine():
            return
        self._training.count(optimizer)
        if self._looking is not None and not self._training.is_looking():
            self._look(False)
        if self._heard["stepped"]:
            user = user_frame(sys._getframe(1))
            self._say("stepped", optimizer, place_at(user), user)

    def _put(self, owner: Any, name: str, value: Any) -> None:
        self._patches.put(owner, name, value)
        count_as_no_caller(value)

    def _patch(self) -> None:
        put = self._put
        optimizer, module = torch.optim.Optimizer, torch.nn.Module
        put(optimizer, "__init__", self._making(optimizer.__init__))
        put(torch.autograd, "backward", self._backward(torch.autograd.backward))
        put(optimizer, "zero_grad", self._clear(optimizer.zero_grad))
        put(module, "zero_grad", self._clear(module.zero_grad))
        for owner in (torch.nn.utils, torch.nn.utils.clip_grad):
            for name in ("clip_grad_norm_", "clip_grad_value_"):
                put(owner, name, self._clip(getattr(torch.nn.utils.clip_grad, name)))
        scaler = torch.amp.GradScaler
        put(scaler, "scale", self._scale(scaler.scale))
        put(scaler, "unscale_", self._unscale(scaler.unscale_))
        self._patch_schedulers()
        self._patch_functions()
        self._patch_loaders()
        table = script_table(self._patches.replaced())
        put(script_names, "_builtin_table", table)

    def _making(self, make: Any) -> Any:
        @functools.wraps(make)
        def made(optimizer: Any, *args: Any, **kwargs: Any) -> None:
            make(optimizer, *args, **kwargs)
            if self._is_mine():
                self._meet(optimizer, place_at(sys._getframe(1)))

        return made

    def _backward(self, run: Any) -> Any:
        @functools.wraps(run)
        def backward(*args: Any, **kwargs: Any) -> Any:
            if not self._is_mine():
                return run(*args, **kwargs)
            self._training.backwards += 1
            events = [event for event in self._at_backward() if self._heard[event]]
            if not events:
                return run(*args, **kwargs)
            place = place_at(sys._getframe(1))
            tensors = args[0] if args else kwargs.get("tensors")
            first = tensors[0] if isinstance(tensors, (list, tuple)) and tensors else tensors
            known = first if isinstance(first, torch.Tensor) else None
            for event in events:
                if event != "filled":
                    self._say(event, known, place)
            out = run(*args, **kwargs)
            if "filled" in events:
                self._say("filled", known, place)
            return out

        return backward

    def _at_backward(self) -> tuple[str, ...]:
        count = self._training.backwards
        read = count <= READ_ALL or count % READ_ONE_IN == 0
        return ("backward", "filled", "progressed") if read else ("backward", "filled")

    def _clear(self, run: Any) -> Any:
        @functools.wraps(run)
        def zero_grad(*args: Any, **kwargs: Any) -> Any:
            out = run(*args, **kwargs)
            if self._heard["cleared"] and self._is_mine():
                self._say("cleared", place_at(sys._getframe(1)))
            return out

        return zero_grad

    def _clip(self, run: Any) -> Any:
        names = signature_of(run)[0]

        @functools.wraps(run)
        def clipped(*args: Any, **kwargs: Any) -> Any:
            given = {**dict(zip(names, args)), **kwargs}
            if len(given) < 2 or not self._is_mine():
                return run(*args, **kwargs)
            parameters, limit = given.pop(names[0]), given.get(names[1])
            tensors = parameters if isinstance(parameters, torch.Tensor) else list(parameters)  # it may give them once
            if isinstance(limit, (int, float)) and limit != float("inf"):
                all_ = [tensors] if isinstance(tensors, torch.Tensor) else tensors
                self._say("clipped", all_, float(limit), place_at(sys._getframe(1)))
            # A generator stays one, whose emptiness torch warns of.
            again = (each for each in tensors) if isinstance(parameters, GeneratorType) else tensors
            return run(again, **given)

        return clipped

    def _scale(self, run: Any) -> Any:
        @functools.wraps(run)
        def scale(scaler: Any, *args: Any, **kwargs: Any) -> Any:
            out = run(scaler, *args, **kwargs)
            if self._is_mine() and scaler.is_enabled():
                self._training.scaler = scaler
            return out

        return scale

    def _unscale(self, run: Any) -> Any:
        @functools.wraps(run)
        def unscale_(scaler: Any, *args: Any, **kwargs: Any) -> Any:
            out = run(scaler, *args, **kwargs)
            if self._is_mine():
                self._say("unscaled", args[0] if args else kwargs["optimizer"])
            return out

        return unscale_

    def _patch_schedulers(self) -> None:
        schedulers = torch.optim.lr_scheduler
        for kind in (schedulers.LRScheduler, schedulers.ReduceLROnPlateau):
            self._put(kind, "step", self._schedule(kind.step))

    def _schedule(self, run: Any) -> Any:
        @functools.wraps(run)
        def step(scheduler: Any, *args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            if self._is_mine() and is_user(frame.f_code.co_filename):
                self._say("scheduled", scheduler.optimizer, place_at(frame))
            return run(scheduler, *args, **kwargs)

        return step

    def _patch_functions(self) -> None:
        functional: Any = torch.nn.functional
        for name in DROPPING:
            if hasattr(functional, name):
                self._put(functional, name, self._dropping(name, getattr(functional, name)))
        for owner in (torch, torch.Tensor):
            for name in ("argmax", "max"):
                self._put(owner, name, self._measuring(getattr(owner, name)))
        for name in WAITING:
            self._put(torch.Tensor, name, self._waiting(name, getattr(torch.Tensor, name)))

    def _dropping(self, name: str, run: Any) -> Any:
        signature = signature_of(run)

        @functools.wraps(run)
        def drop(*args: Any, **kwargs: Any) -> Any:
            if not torch.is_grad_enabled() and self._is_mine() and self._heard["without_graph"]:
                given = {**signature[1], **dict(zip(signature[0], args)), **kwargs}
                # Without running statistics batch norm works in one way alone.
                if given["training"] and given.get("p", 1.0) and given.get("running_mean", args) is not None:
                    self._say("without_graph", name, sys._getframe(1))
            return run(*args, **kwargs)

        wrapper: Any = drop
        wrapper.__prepare_scriptable__ = lambda: run  # torch.jit.script reads this
        return drop

    def _measuring(self, run: Any) -> Any:
        @functools.wraps(run)
        def measure(*args: Any, **kwargs: Any) -> Any:
            if self._heard["measured"] and self._is_mine() and args and isinstance(args[0], torch.Tensor):
                self._say("measured", args[0], kwargs.get("dim", args[1] if len(args) > 1 else None), sys._getframe(1))
            return run(*args, **kwargs)

        return measure

    def _waiting(self, name: str, run: Any) -> Any:
        @functools.wraps(run)
        def wait(tensor: Any, *args: Any, **kwargs: Any) -> Any:
            if self._heard["waited"] and self._is_mine() and tensor.is_cuda:
                self._say("waited", name, place_at(sys._getframe(1)))
            return run(tensor, *args, **kwargs)

        return wait

    def _patch_loaders(self) -> None:
        begin = dataloader.DataLoader.__iter__
        following: Any = dataloader._BaseDataLoaderIter.__next__

        @functools.wraps(begin)
        def iterate(loader: Any) -> Any:
            if self._heard["began_loader"] and self._is_mine():
                self._say("began_loader", loader, place_at(sys._getframe(1)))
            iterator: Any = begin(loader)
            iterator._of_loader = loader
            return iterator

        @functools.wraps(following)
        def take(iterator: Any) -> Any:
            batch = following(iterator)
            if self._heard["took_batch"] and self._is_mine():
                self._say("took_batch", getattr(iterator, "_of_loader", None), batch)
            return batch

        self._put(dataloader.DataLoader, "__iter__", iterate)
        self._put(dataloader._BaseDataLoaderIter, "__next__", take)
