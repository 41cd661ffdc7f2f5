"""Which fields of Facts hosts fill, and which the checks read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any
from unittest.mock import patch

from diagnostics.doctor import facts

CLASSES = [one for one in vars(facts).values() if isinstance(one, type) and is_dataclass(one)]


def every() -> set[str]:
    """All fields of all classes of Facts, as "Gpu.name"; what facts say of themselves left out."""
    names = {f"{one.__name__}.{field.name}" for one in CLASSES for field in fields(one)}
    return names - {"Facts.schema_version", "Facts.taken"}


def filled(value: Any) -> Iterator[str]:
    """The fields, down to the last, that hold something other than what they hold when nothing was seen."""
    return (name for name, field, held in _held(value) if held != _unseen(field))


def telling(value: Any) -> Iterator[str]:
    """Those that hold more than no, 0 or nothing."""
    return (name for name, _, held in _held(value) if held)


@contextmanager
def recorded(asked: set[str]) -> Iterator[None]:
    """Within it, every field that is read of facts is added to `asked`."""
    names = every()

    def read(self: object, name: str) -> Any:
        where = f"{type(self).__name__}.{name}"
        if where in names:
            asked.add(where)
        return object.__getattribute__(self, name)

    patches = [patch.object(one, "__getattribute__", read, create=True) for one in CLASSES]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def _held(value: Any) -> Iterator[tuple[str, Field[Any], Any]]:
    if isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _held(one)
    elif is_dataclass(value):
        for field in fields(value):
            held = getattr(value, field.name)
            yield f"{type(value).__name__}.{field.name}", field, held
            yield from _held(held)


def _unseen(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
