"""A part of what the first optimizer needs."""

import os

_way = os.environ.get("TORCH_STUB", "")
if _way.startswith("warm:"):
    with open(_way[5:]) as _fifo:
        _fifo.read()
