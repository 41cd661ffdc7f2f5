"""Random numbers that every loader worker draws again: a generator in the data set, or one seed for all workers."""

from __future__ import annotations

import ast
import dis
import functools
import random
import sys
import weakref
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import torch

from diagnostics.training.naming import is_user
from diagnostics.training.naming.lookup import attributes
from diagnostics.training.naming.source import tree_of
from diagnostics.training.silent.rule import Rule
from diagnostics.training.silent.tell import Place

SEEDING = ("seed", "manual_seed")

HARMLESS = (*SEEDING, "manual_seed_all", "print", "set_num_threads", "int")
"""What a worker_init_fn may call besides, and each worker still gets one and the same seed."""

OF_TORCH = ("rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial")
"""Functions of torch that draw from its common generator."""

DEEP = 3
"""So far into what a data set holds, and into the functions that its methods call."""

COPIED = "A generator that the data set makes once is copied into every worker, and anew in each epoch, in one state"
ONE_SEED = (
    "worker_init_fn runs in every worker, and anew in each epoch: a seed that is the same there gives the same numbers"
)


class Workers(Rule):
    """repeated-worker-seeds."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._searched: weakref.WeakSet[Any] = weakref.WeakSet()

    def began_loader(self, loader: Any, place: Place) -> None:
        if loader in self._searched:
            return
        self._searched.add(loader)
        if loader.num_workers and loader.worker_init_fn is None:
            self._held(loader, place)
        elif loader.num_workers > 1:
            self._seeded(loader)

    def _held(self, loader: Any, place: Place) -> None:
        for path, owner, name, value in _generators(loader.dataset):
            if _is_drawn_from(owner, name):
                self.tell(
                    "repeated-worker-seeds",
                    place,
                    f"{path}: {type(value).__module__}.{type(value).__name__}, made once; {loader.num_workers} workers "
                    "get a copy each",
                    "torch seeds its own generator, random and numpy.random in each worker, but no generator that a "
                    "data set holds",
                    name=path,
                    why=COPIED,
                )

    def _seeded(self, loader: Any) -> None:
        seeded = _seeds_alike(loader.worker_init_fn)
        if not seeded:
            return
        drawn = _drawn_in(loader.dataset) & seeded.keys()
        for name in sorted(drawn):
            self.tell(
                "repeated-worker-seeds",
                seeded[name],
                f"worker_init_fn gives {name} the same seed in each of {loader.num_workers} workers, and the data set "
                "draws from it",
                name=name,
                why=ONE_SEED,
            )


def _owners(dataset: Any) -> Iterator[tuple[str, Any]]:
    """The data set, and what it holds that has attributes of its own: its transform, the set within it."""
    waiting = [("dataset", dataset, 0)]
    while waiting:
        path, owner, depth = waiting.pop()
        yield path, owner
        if depth == DEEP:
            continue
        for name, value in list(attributes(owner).items())[:64]:
            for each in value[:64] if isinstance(value, (list, tuple)) else (value,):
                if hasattr(each, "__dict__") and not isinstance(each, (type, torch.Tensor, torch.nn.Module, *_kinds())):
                    waiting.append((f"{path}.{name}", each, depth + 1))


def _generators(dataset: Any) -> list[tuple[str, Any, str, Any]]:
    """Random generators that the data set holds, or its transform, or the set within it."""
    return [
        (f"{path}.{name}", owner, name, value)
        for path, owner in _owners(dataset)
        for name, value in list(attributes(owner).items())[:64]
        if isinstance(value, _kinds())
    ]


def _kinds() -> tuple[type, ...]:
    numpy: Any = sys.modules.get("numpy")
    of_numpy = (numpy.random.Generator, numpy.random.RandomState) if numpy is not None else ()
    return (random.Random, torch.Generator, *of_numpy)


def _is_drawn_from(owner: Any, name: str) -> bool:
    """Whether a method other than __init__ reads the generator, and none makes a new one or asks which worker it is."""
    reads = False
    for kind in type(owner).__mro__[:-1]:
        for method, value in vars(kind).items():
            code = getattr(value, "__code__", None)
            if code is None or method == "__init__":
                continue
            if "get_worker_info" in code.co_names or _sets(value, name):
                return False
            reads = reads or name in code.co_names
    return reads


def _sets(function: Any, name: str) -> bool:
    """Whether the function stores the attribute anew."""
    return any(each.opname == "STORE_ATTR" and each.argval == name for each in dis.get_instructions(function))


def _seeds_alike(init: Any) -> dict[str, Place]:
    """The modules that it seeds with what is the same in every worker, and where; none where that is not sure."""
    bound: tuple[Any, ...] = ()
    if isinstance(init, functools.partial):
        init, bound = init.func, init.args
    if not _is_readers(init):
        return {}
    names = init.__code__.co_varnames[len(bound) : init.__code__.co_argcount]
    return _seeds(init, names[0], DEEP) if names else {}


def _seeds(function: FunctionType, worker: str, depth: int) -> dict[str, Place]:
    """What it and the reader's functions that it calls seed; nothing where one may know the worker's number."""
    file = function.__code__.co_filename
    inside = _inside(function.__code__)
    found: dict[str, Place] = {}
    if any(isinstance(each, ast.Name) and each.id == worker for each in inside):
        return {}
    for call in (each for each in inside if isinstance(each, ast.Call)):
        called = _value_of(call.func, function.__globals__)
        if _is_readers(called) and depth:
            found.update(dict.fromkeys(_seeds(called, "", depth - 1), Place(file, call.lineno)))
        elif _last(call.func) not in HARMLESS:
            return {}
        elif _last(call.func) in SEEDING and call.args:
            found[_state_of(called)] = Place(file, call.lineno)
    return found


def _is_readers(value: Any) -> bool:
    return isinstance(value, FunctionType) and is_user(value.__code__.co_filename)


def _inside(code: CodeType) -> list[ast.AST]:
    """The nodes of the function's body, where one alone begins at its line."""
    tree = tree_of(code.co_filename) or ast.Module([], [])
    found = [
        each
        for each in ast.walk(tree)
        if isinstance(each, (ast.FunctionDef, ast.Lambda)) and each.lineno == code.co_firstlineno
    ]
    if len(found) != 1:
        return []
    body = found[0].body
    return [each for part in (body if isinstance(body, list) else [body]) for each in ast.walk(part)]


def _last(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _value_of(node: ast.expr, names: dict[str, Any]) -> Any:
    """What a name stands for, or an attribute of a module; None for others."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    owner = _value_of(node.value, names) if isinstance(node, ast.Attribute) else None
    return getattr(owner, node.attr, None) if isinstance(owner, ModuleType) else None  # type: ignore[attr-defined]


def _state_of(value: Any) -> str:
    """The module whose common generator a function draws from, or seeds; "" where it is none."""
    numpy: Any = sys.modules.get("numpy.random")
    owner = getattr(value, "__self__", None)
    if owner is not None and owner is getattr(random, "_inst", None):
        return "random"
    if numpy is not None and (value is numpy.seed or owner is numpy.mtrand._rand):
        return "numpy.random"
    of_torch = any(value is getattr(torch, name) for name in ("manual_seed", *OF_TORCH))
    return "torch" if of_torch else ""


def _drawn_in(dataset: Any) -> set[str]:
    """The modules whose common generator its methods draw from, and the functions that these call.

    None where one of them seeds, or asks which worker it is in.
    """
    waiting = [(each, 0) for _, owner in _owners(dataset) for each in _functions(owner)]
    seen: set[CodeType] = set()
    found: set[str] = set()
    while waiting:
        function, depth = waiting.pop()
        if function.__code__ in seen:
            continue
        seen.add(function.__code__)
        for value in _named(function):
            if getattr(value, "__name__", "") in (*SEEDING, "get_worker_info"):
                return set()
            found.add(_state_of(value))
            if depth < DEEP and _is_readers(value):
                waiting.append((value, depth + 1))
    return found - {""}


def _functions(owner: Any) -> list[FunctionType]:
    """The reader's methods of it, but for __init__; itself, where it is a function."""
    parts = [value for kind in type(owner).__mro__[:-1] for name, value in vars(kind).items() if name != "__init__"]
    return [each for each in (owner, *parts) if _is_readers(each)]


def _named(function: FunctionType) -> Iterator[Any]:
    """What its code names: globals, and what it reads of those that are modules, as np.random.normal."""
    waiting = [function.__code__]
    while waiting:
        code = waiting.pop()
        waiting += [each for each in code.co_consts if isinstance(each, CodeType)]
        value: Any = None
        for step in dis.get_instructions(code):
            if step.opname == "LOAD_GLOBAL":
                value = function.__globals__.get(step.argval)
            elif step.opname in ("LOAD_ATTR", "LOAD_METHOD") and isinstance(value, ModuleType):
                value = getattr(value, step.argval, None)
            else:
                continue
            yield value
