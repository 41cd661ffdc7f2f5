"""The return codes of NVML in words."""

from __future__ import annotations

CODES = {
    1: "not initialised",
    2: "invalid argument",
    3: "not supported",
    4: "insufficient permissions",
    6: "not found",
    8: "insufficient external power",
    9: "driver not loaded",
    10: "timeout",
    11: "an interrupt of the GPU does not arrive",
    12: "libnvidia-ml not found",
    13: "function not found",
    14: "the GPU's configuration memory is corrupted",
    15: "GPU is lost",
    16: "reset required",
    17: "blocked by the operating system",
    18: "driver/library version mismatch",
    19: "in use",
    20: "out of memory",
    22: "the GPU's firmware and the driver differ",
    999: "unknown error",
}
"""What a return code of NVML means (nvmlReturn_t in nvml.h)."""
