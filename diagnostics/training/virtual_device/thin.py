"""The watch thins out, and never goes.

The dispatch mode costs tens of microseconds an operator. It is on for the first passes of every phase, and off when
they have brought no news: a phase begins with a loader's loop, a switch of train, eval or gradients, a call site or a
line of the user's code not yet met. What is patched stays in force, and so tensors keep their devices; one that was
computed while the mode was off carries none, and accuses nobody.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.data import dataloader
from torch.utils.data._utils import fetch

from . import internals
from .frames import is_users
from .lines import lines
from .mode import WatchMode
from .numbers import Numbers, place_in
from .patching import Patches
from .tags import tell_of_births

if TYPE_CHECKING:
    from .device import VirtualDevice

_CALLS_A_PASS = 20
"""A module called so often from one place counts as a pass, in loops that have nothing else to count by."""

_SAMPLE = 32
"""Where lines cost something, they are looked at in one unwatched pass of so many."""

_THREAD_OPERATORS = 10_000
"""What is watched of a thread that the script starts."""


class Thinning:
    """Whether the watch is on, and the phases that turn it."""

    def __init__(self, device: VirtualDevice, passes: int) -> None:
        self.device = device
        self.passes = passes
        self.on = False
        self._mode: Any = None
        self._thread = 0
        self._met: set[Any] = set()
        self._beats: dict[Any, int] = defaultdict(int)
        self._passes: dict[Any, int] = defaultdict(int)
        """How often each loop over a loader went round, in all its runs."""
        self._numbers = Numbers()
        self._unwatched = 0
        self._sampled: Any = None

    def begin(self) -> None:
        self._thread = threading.get_ident()
        self._mode = WatchMode(self.device)
        self._lines = lines(self._news)
        self._stepped = register_optimizer_step_post_hook(
            lambda optimizer, *ignored: self.beat(self._numbers.of(optimizer))
        )
        tell_of_births(lambda frame: self.meet(place_in(frame)))
        self._turn(True)

    def end(self) -> None:
        self._turn(False)
        self._lines.stop()
        self._stepped.remove()
        tell_of_births(None)
        if self._mode is not None:
            self._mode.spent = True  # where another mode lies upon it and keeps it

    def always(self) -> None:
        """No thinning from now on."""
        self.passes = 0
        self._turn(True)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Looks away, so that whoever tells of a mismatch can use tensors."""
        was = self.on and self._is_innermost()
        if was:
            self._turn(False)
        try:
            yield
        finally:
            if was:
                self._turn(True)

    def meet(self, key: Any) -> bool:
        """Turns the watch on if this is new; says whether it was."""
        if key in self._met or threading.get_ident() != self._thread:
            return False
        self._met.add(key)
        self._news()
        return True

    def beat(self, key: Any, worth: int = 1) -> None:
        """A pass ends here. `worth`: how many such make one."""
        if not self.passes or threading.get_ident() != self._thread:
            return
        if not self.on:
            self._sample(key)
            return
        self._beats[key] += 1
        if self._beats[key] > self.passes * worth:
            self._turn(False)

    def _sample(self, key: Any) -> None:
        """Looks at the lines of one unwatched pass in many: from one beat to the next of its kind."""
        if self._sampled is None:
            self._unwatched += 1
            if self._unwatched % _SAMPLE == 0:
                self._sampled = key
                self._lines.look(True)
        elif self._sampled == key:
            self._sampled = None
            self._lines.look(False)

    def _news(self) -> None:
        if self._beats:
            self._beats.clear()
        if not self.on:
            self._turn(True)

    def _turn(self, on: bool) -> None:
        """Enters or leaves the mode, where no mode of the script lies upon it."""
        if on == self.on or self._mode is None or threading.get_ident() != self._thread:
            return
        if on:
            if internals.dispatch_modes():
                return
            self._mode.__enter__()
        else:
            if not self._is_innermost():
                return
            self._mode.__exit__(None, None, None)
        self.on, self._sampled = on, None
        self._lines.look(on)

    def _is_innermost(self) -> bool:
        return internals.dispatch_modes() == 1 and internals.innermost_mode() is self._mode

    def patch(self, patches: Patches) -> None:
        """Every place where a phase begins or a pass ends."""
        self._patch_modules(patches)
        self._patch_loaders(patches)
        self._patch_gradients(patches)
        patches.put(threading.Thread, "start", self._thread_start(threading.Thread.start))
        for name in ("script", "trace", "load"):
            patches.put(torch.jit, name, self._scripted(getattr(torch.jit, name)))

    def _patch_modules(self, patches: Patches) -> None:
        module = torch.nn.Module
        call, train = module.__call__, module.train
        met, meet, beat = self._met, self.meet, self.beat

        @functools.wraps(call)
        def watched_call(self: Any, *args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            site = place_in(frame)
            if site not in met:
                meet(site)
            elif thinning.on:
                beat(site, _CALLS_A_PASS)
            return call(self, *args, **kwargs)

        @functools.wraps(train)
        def watched_train(self: Any, mode: bool = True) -> Any:
            frame = sys._getframe(1)
            if frame.f_code is not train.__code__:  # the modules inside follow the one that was asked
                meet((*place_in(frame), mode))
            return train(self, mode)

        thinning = self
        patches.put(module, "__call__", watched_call)
        patches.put(module, "train", watched_train)

    def _patch_loaders(self, patches: Patches) -> None:
        iterate = dataloader.DataLoader.__iter__
        base = dataloader._BaseDataLoaderIter
        following: Any = base.__next__
        fetched: Any = fetch._MapDatasetFetcher.fetch
        numbered = self._numbers.of
        thinning = self

        def watched_iter(self: Any) -> Any:
            frame = sys._getframe(1)
            phase = (*place_in(frame), numbered(self.dataset))
            if not thinning.meet(phase) and thinning._passes[phase] >= thinning.passes > 0:
                thinning._turn(False)
            iterator: Any = iterate(self)
            iterator._phase = phase
            return iterator

        def watched_next(self: Any) -> Any:
            phase = getattr(self, "_phase", None)
            thinning._passes[phase] += 1
            thinning.beat(phase)
            try:
                return following(self)
            except StopIteration:
                thinning._news()  # what comes between two loops comes once an epoch
                raise

        def watched_fetch(self: Any, index: Any) -> Any:
            thinning.beat("fetch")
            return fetched(self, index)

        patches.put(dataloader.DataLoader, "__iter__", watched_iter)
        patches.put(base, "__next__", watched_next)
        patches.put(fetch._MapDatasetFetcher, "fetch", watched_fetch)

    def _patch_gradients(self, patches: Patches) -> None:
        for cls in (torch.no_grad, torch.inference_mode):
            patches.put(cls, "__enter__", self._entered(cls.__enter__, cls.__name__))
            patches.put(cls, "__exit__", self._left(cls.__exit__))
        patches.put(torch.set_grad_enabled, "__init__", self._switched(torch.set_grad_enabled.__init__))
        patches.put(torch.Tensor, "backward", self._backward(torch.Tensor.backward))

    def _entered(self, enter: Any, name: str) -> Any:
        def entered(context: Any) -> Any:
            frame = sys._getframe(1)
            self.meet((*place_in(frame), name))
            return enter(context)

        return entered

    def _left(self, leave: Any) -> Any:
        def left(context: Any, *error: Any) -> Any:
            out = leave(context, *error)
            frame = sys._getframe(1)
            if is_users(frame.f_code.co_filename):
                self.beat(place_in(frame))
            return out

        return left

    def _switched(self, begin: Any) -> Any:
        def switched(context: Any, mode: bool) -> None:
            frame = sys._getframe(1)
            self.meet((*place_in(frame), bool(mode)))
            begin(context, mode)

        return switched

    def _backward(self, run: Any) -> Any:
        @functools.wraps(run)
        def backward(tensor: Any, *args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            site = place_in(frame)
            self.meet(site)
            run(tensor, *args, **kwargs)
            self.beat(site)

        return backward

    def _thread_start(self, start: Any) -> Any:
        """A thread has no mode of another; what it begins with is watched too."""

        @functools.wraps(start)
        def started(thread: Any) -> None:
            if self.on or not self.passes:
                run = thread.run

                def watched() -> None:
                    with WatchMode(self.device, _THREAD_OPERATORS if self.passes else 0):
                        run()

                thread.run = watched
            start(thread)

        return started

    def _scripted(self, make: Any) -> Any:
        """Compiled code makes tensors past everything that is patched: only the mode sees them."""

        @functools.wraps(make)
        def scripted(*args: Any, **kwargs: Any) -> Any:
            self.always()
            return make(*args, **kwargs)

        return scripted
