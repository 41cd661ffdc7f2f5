"""Where and who: the reader's line of the present moment, the expression on it, and what the reader calls a tensor.

Nothing here runs code of the reader: attributes are read past properties and `__getattr__`, and indexing is done on
the built-in containers alone.
"""

from __future__ import annotations

from diagnostics.training.naming.edits import added, becomes, change, within
from diagnostics.training.naming.frames import Place, is_user, user_frame
from diagnostics.training.naming.scenes import Origin, Scene, scene

__all__ = ["Origin", "Place", "Scene", "added", "becomes", "change", "is_user", "scene", "user_frame", "within"]
