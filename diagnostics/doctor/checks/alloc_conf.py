"""The settings of torch's CUDA allocator, PYTORCH_ALLOC_CONF: which of them torch refuses.

The grammar and the names are torch 2.13's (c10/core/AllocatorConfig.h and .cpp, c10/cuda/CUDAAllocatorConfig.h).
"""

from __future__ import annotations

import re
from difflib import get_close_matches

SWITCHES = frozenset(
    {
        "expandable_segments",
        "pinned_use_background_threads",
        "pinned_use_cuda_host_register",
        "pinned_use_hip_host_register",
        "release_lock_on_cudamalloc",
        "release_lock_on_hipmalloc",
        "graph_capture_record_stream_reuse",
        "pinned_free_catch_all",
        "throw_on_cudamalloc_oom",
    }
)
OTHERS = frozenset(
    {
        "backend",
        "garbage_collection_threshold",
        "large_segment_size_mb",
        "max_non_split_rounding_mb",
        "max_split_size_mb",
        "per_process_memory_fraction",
        "pinned_max_cached_size_mb",
        "pinned_max_round_threshold_mb",
        "pinned_num_register_threads",
        "pinned_reserve_segment_size_mb",
        "roundup_power2_divisions",
    }
)
KEYS = SWITCHES | OTHERS
FIRST_EXPANDABLE = (2, 1)
"""The torch that brought expandable_segments (pytorch#123505: 2.0 calls it unrecognized)."""
SMALLEST_SPLIT = 20


def refused(conf: str, torch: tuple[int, int] | None) -> tuple[str, str] | None:
    """What torch will not take, and the line as it was probably meant ("" where that is not known); None for nothing.

    An option that is unknown here may be known to another torch: only a misspelling of a known one is told.
    """
    fixed: list[str] = []
    wrong = ""
    for entry in re.split(r",(?![^\[]*\])", conf):
        problem, better = _entry(entry.strip(), torch)
        wrong = wrong or problem
        fixed += [better] if better else []
    return (wrong, ",".join(fixed)) if wrong else None


def _entry(entry: str, torch: tuple[int, int] | None) -> tuple[str, str]:
    """What is wrong with one option ("" for nothing), and how it should read ("" for not at all)."""
    if not entry:
        return "", ""
    key, colon, value = (part.strip() for part in entry.partition(":"))
    if not colon:
        return _without_colon(entry)
    close = [] if key in KEYS else get_close_matches(key.strip("\"'").lower(), KEYS, n=1, cutoff=0.85)
    if close:
        return f"{key} is no option: {close[0]} is", f"{close[0]}:{_switch(close[0], value)}"
    if key == "expandable_segments" and torch and torch < FIRST_EXPANDABLE:
        return f"torch {torch[0]}.{torch[1]} does not know expandable_segments, which 2.1 brought", ""
    if key in SWITCHES and value not in ("True", "False"):
        return f"{key} takes True or False, not {value}", f"{key}:{_switch(key, value)}"
    if key == "max_split_size_mb" and not _large_enough(value):
        return f"max_split_size_mb takes a whole number from {SMALLEST_SPLIT}, not {value}", ""
    return "", entry


def _without_colon(entry: str) -> tuple[str, str]:
    """An option and its value belong with a colon between them, and options with a comma."""
    name = re.split(r"[=\s;]", entry)[0].strip("\"'")
    if name not in KEYS:
        return "", entry
    value = entry.partition("=")[2].strip("\"' ")
    better = f"{name}:{_switch(name, value)}" if value and not re.search(r"[=\s;]", value) else ""
    return f"{name} has no colon between it and its value", better


def _switch(key: str, value: str) -> str:
    """Its value in torch's spelling."""
    if key not in SWITCHES:
        return value
    return "True" if value.strip("\"' ").lower() in ("true", "1", "yes", "on") else "False"


def _large_enough(value: str) -> bool:
    # What a later option after a blank or a semicolon would be is no number either.
    return value.isdecimal() and int(value[:9]) >= SMALLEST_SPLIT
