"""Processes that the script starts by `multiprocessing` as fresh interpreters: loader workers under spawn, say.

They import the script anew, where `torch.zeros(8, device="cuda")` has to work as it does in the script itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

STARTS = ("from multiprocessing.spawn import", "from multiprocessing.forkserver import")
"""How the code begins that such an interpreter is started with."""

BOOTSTRAP = """
import importlib.util
spec = importlib.util.spec_from_file_location("diagnostics.training.run", {run!r})
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)
run.in_worker({options!r})
{code}
"""


def watch_spawned(run: str, options: dict[str, Any], journal: int) -> None:
    """From now on they begin as `run`, the file, has them begin, with these options, and write into the journal too."""
    from multiprocessing import util

    start: Any = util.spawnv_passfds

    def start_watched(path: Any, args: Sequence[Any], passfds: Sequence[int]) -> Any:
        words = list(args)
        if "-c" in words:
            at = words.index("-c") + 1
            code = words[at].decode() if isinstance(words[at], bytes) else words[at]
            if code.startswith(STARTS):
                told = json.dumps({**options, "journal": journal})
                words[at] = BOOTSTRAP.format(run=run, options=told, code=code)
                passfds = [*passfds, journal]
        return start(path, words, passfds)

    util.spawnv_passfds = start_watched
