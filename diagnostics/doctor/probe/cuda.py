"""What libcuda says, asked in a process of its own: cuInit can hang, and what it takes is kept until the process ends.

It makes no context, so it takes no memory on a GPU.
"""

from __future__ import annotations

from typing import Any

from diagnostics.doctor.probe.maps import mapped
from diagnostics.doctor.probe.speech import child


def main(options: dict[str, Any]) -> None:
    """The child's course. No options."""
    voice = child()
    voice.say({"at": "cuInit"})
    voice.say({"facts": look(), "end": True})


def look(name: str = "libcuda.so.1") -> dict[str, Any]:
    """Section "cuda"."""
    import ctypes

    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        return {"missing": str(error)}

    def asked(function: str) -> int | None:
        """The number that a function gives; None where it gives an error, or where a stub lacks it."""
        number = ctypes.c_int()
        call = getattr(library, function, None)
        return number.value if call is not None and call(ctypes.byref(number)) == 0 else None

    facts: dict[str, Any] = {"library": mapped("libcuda"), "version": asked("cuDriverGetVersion")}
    if hasattr(library, "cuInit"):
        facts["error"] = library.cuInit(0)
        facts["devices"] = asked("cuDeviceGetCount") if facts["error"] == 0 else None
    return facts
