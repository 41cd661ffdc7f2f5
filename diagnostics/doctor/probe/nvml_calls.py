"""How NVML is called: its structures, and functions that an older driver may lack. From NVIDIA's nvml.h."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import (
    CDLL,
    Structure,
    byref,
    c_char,
    c_char_p,
    c_uint,
    c_uint8,
    c_ulonglong,
    c_void_p,
    create_string_buffer,
)
from typing import Any

FUNCTION_MISSING, LOST = 13, 15
FAULTS = (14, LOST, 16)
"""Codes that say that the GPU itself is sick: InfoROM corrupted, lost, reset required."""


class Memory(Structure):
    _fields_ = (("total", c_ulonglong), ("free", c_ulonglong), ("used", c_ulonglong))


class MemoryV2(Structure):
    """`used` leaves out what the driver keeps for itself, as nvidia-smi does."""

    _fields_ = (
        ("version", c_uint),
        ("total", c_ulonglong),
        ("reserved", c_ulonglong),
        ("free", c_ulonglong),
        ("used", c_ulonglong),
    )


class Utilisation(Structure):
    _fields_ = (("gpu", c_uint), ("memory", c_uint))


class Pci(Structure):
    _fields_ = (
        ("legacy", c_char * 16),
        ("domain", c_uint),
        ("bus", c_uint),
        ("device", c_uint),
        ("identity", c_uint),
        ("subsystem", c_uint),
        ("address", c_char * 32),
    )


class Process(Structure):
    """As the _v2 calls give it. That of _v3 grew and shrank again within driver 535; _v2 never changed."""

    _fields_ = (("pid", c_uint), ("memory", c_ulonglong), ("instance", c_uint), ("compute_instance", c_uint))


class ProcessV1(Structure):
    _fields_ = (("pid", c_uint), ("memory", c_ulonglong))


class Fabric(Structure):
    _fields_ = (("uuid", c_uint8 * 16), ("status", c_uint), ("clique", c_uint), ("state", c_uint8))


class FabricV2(Structure):
    _fields_ = (
        ("version", c_uint),
        ("uuid", c_uint8 * 16),
        ("status", c_uint),
        ("clique", c_uint),
        ("state", c_uint8),
        ("health", c_uint),
    )


def call(library: CDLL, names: tuple[str, ...], *arguments: Any) -> int:
    """The code that the first function of these that the driver has answers with."""
    for name in names:
        try:
            function = getattr(library, name)
        except AttributeError:
            continue
        return int(function(*arguments))
    return FUNCTION_MISSING


def number(library: CDLL, names: tuple[str, ...]) -> int | None:
    value = c_uint()
    return value.value if call(library, names, byref(value)) == 0 else None


def text(library: CDLL, names: tuple[str, ...], *arguments: Any) -> str | None:
    buffer = create_string_buffer(96)
    if call(library, names, *arguments, buffer, c_uint(len(buffer))):
        return None
    return buffer.value.decode("utf-8", "replace")


def error_text(library: CDLL, code: int) -> str:
    try:
        told = library.nvmlErrorString
    except AttributeError:
        return ""
    told.restype = c_char_p
    return (told(code) or b"").decode("utf-8", "replace")


class Device:
    """A GPU or a MIG slice. `error` is the first code that says that it is sick; a lost one is asked nothing more."""

    def __init__(self, library: CDLL, handle: c_void_p) -> None:
        self.library = library
        self.handle = handle
        self.error = 0

    def call(self, name: str, *arguments: Any) -> int:
        if self.error == LOST:
            return LOST
        code = call(self.library, (f"nvmlDevice{name}",), self.handle, *arguments)
        if code in FAULTS and self.error != LOST:
            self.error = code
        return code

    def number(self, name: str, *before: int, kind: Callable[[], Any] = c_uint) -> int | None:
        value = kind()
        return int(value.value) if self.call(name, *map(c_uint, before), byref(value)) == 0 else None

    def numbers(self, name: str, count: int) -> list[int] | None:
        values = [c_uint() for _ in range(count)]
        return [value.value for value in values] if self.call(name, *map(byref, values)) == 0 else None

    def switch(self, name: str) -> bool | None:
        value = self.number(name)
        return None if value is None else bool(value)

    def watts(self, name: str) -> float | None:
        value = self.number(name)
        return None if value is None else value / 1000

    def text(self, name: str) -> str | None:
        buffer = create_string_buffer(96)
        if self.call(name, buffer, c_uint(len(buffer))):
            return None
        return buffer.value.decode("utf-8", "replace")
