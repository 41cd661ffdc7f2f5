"""torch itself, imported and tried in a process of its own: it can raise, crash and hang, and takes memory on GPUs.

It asks for little: on each GPU a megabyte and one small product, whose every number is exact in any float format that
a GPU may compute float32 in, so that the CPU's must be the same to the last bit.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import time
import traceback
import warnings
from importlib.util import find_spec
from types import TracebackType
from typing import Any

from diagnostics.doctor.probe.speech import Voice, child

MOST_GPUS = 16
MOST_WARNINGS = 20
LONGEST = 600
"""Characters of one warning or error."""


def main(options: dict[str, Any]) -> None:
    """The child's course. Options: `limit` in seconds, `cuda`: False where torch is imported and no GPU is asked."""
    voice = child()
    faulthandler.enable()
    faulthandler.dump_traceback_later(options["limit"])  # to standard error: where it hung
    heard = _hear_warnings()
    try:
        _run(voice, heard, options["cuda"])
    except BaseException as error:
        lines = traceback.format_exception(type(error), error, _below_us(error.__traceback__))
        told = "".join(lines).strip().split("\n")
        voice.say({"facts": {"outcome": "raised", "error": told[-20:], "warnings": heard}})
    voice.say({"end": True})
    os._exit(0)  # torch takes a while to leave, and nothing of it is kept


def _below_us(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of this module, which say nothing of torch."""
    while trace is not None and trace.tb_frame.f_code.co_filename == main.__code__.co_filename:
        trace = trace.tb_next
    return trace


def _hear_warnings() -> list[str]:
    """A list that every warning goes to, as "UserWarning: ..."."""
    heard: list[str] = []

    def hear(message: Any, category: Any, *place: Any, **more: Any) -> None:
        told = f"{category.__name__}: {message}"[:LONGEST]
        if len(heard) < MOST_WARNINGS and told not in heard:
            heard.append(told)

    warnings.showwarning = hear
    return heard


def _run(voice: Voice, heard: list[str], cuda: bool) -> None:
    voice.say({"at": "import"})
    start = time.perf_counter()
    if find_spec("torch") is None:
        voice.say({"facts": {"missing": True}})
        return
    import torch

    voice.say({"facts": {"import_seconds": time.perf_counter() - start, **_built(torch)}})
    if cuda:
        voice.say({"at": "cuda"})
        voice.say({"facts": _seen(torch)})
        if torch.cuda.is_available():
            _gpus(torch, voice)
    voice.say({"facts": {"outcome": "ran", "warnings": heard}})


def _built(torch: Any) -> dict[str, Any]:
    """What torch was built for: read from it without asking a driver."""
    versions = torch.version
    archs = getattr(torch._C, "_cuda_getArchFlags", lambda: None)()
    mps: Any = getattr(torch.backends, "mps", None)
    return {
        "version": str(torch.__version__),
        "cuda": str(versions.cuda or ""),
        "hip": str(getattr(versions, "hip", None) or ""),
        "archs": (archs or "").split(),
        "mps": bool(mps.is_available()) if sys.platform == "darwin" and mps else None,
    }


def _seen(torch: Any) -> dict[str, Any]:
    return {"available": bool(torch.cuda.is_available()), "count": int(torch.cuda.device_count())}


def _gpus(torch: Any, voice: Voice) -> None:
    """Each GPU as it is tried, so that a crash keeps those before it."""
    gpus: list[dict[str, Any]] = []
    for index in range(min(torch.cuda.device_count(), MOST_GPUS)):
        voice.say({"at": "cuda"})
        gpus.append({"index": index, **_properties(torch, index)})
        voice.say({"facts": {"gpus": gpus}, "at": "matmul"})
        gpus[-1].update(_tried(torch, index))
        voice.say({"facts": {"gpus": gpus}})


def _properties(torch: Any, index: int) -> dict[str, Any]:
    try:
        properties = torch.cuda.get_device_properties(index)
    except RuntimeError as error:
        return {"allocated": _told(error)}
    uuid = str(getattr(properties, "uuid", None) or "")
    return {
        "name": str(properties.name),
        "uuid": uuid if uuid.startswith(("GPU-", "MIG-")) or not uuid else f"GPU-{uuid}",
        "capability": [properties.major, properties.minor],
        "memory_total": int(properties.total_memory),
    }


def _tried(torch: Any, index: int) -> dict[str, Any]:
    """A megabyte allocated, and a product of whole numbers compared with the CPU's."""
    facts: dict[str, Any] = {}
    try:
        facts["memory_free"] = int(torch.cuda.mem_get_info(index)[0])
        room = torch.empty(2**20, dtype=torch.uint8, device=f"cuda:{index}")
        torch.cuda.synchronize(index)
        facts["allocated"] = ""
        del room
    except (RuntimeError, AssertionError) as error:
        return {**facts, "allocated": _told(error)}
    try:
        numbers = (torch.arange(64 * 64, dtype=torch.float32) % 13 - 6).reshape(64, 64)
        there = numbers.to(f"cuda:{index}")
        difference = (there @ there.T).cpu() - numbers @ numbers.T
        facts["difference"] = float(difference.abs().nan_to_num(nan=float(2**30)).max())
        facts["computed"] = ""
    except (RuntimeError, AssertionError) as error:
        facts["computed"] = _told(error)
    return facts


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:LONGEST]
