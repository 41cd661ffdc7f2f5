"""What lessons are made of. A `demo.py` imports the names below; the rest of kit is imported by module.

This package is also loaded by the worker, in whatever Python the reader's torch lives in: `pictures`, `words`,
`wire`, `running` and `failure` need the standard library only, and nothing is imported here that needs more.
"""

from lessons.kit.pictures import Chart, Field, Frame, Level, Limit, Meter, Picture, Series, Surface, Zone, field
from lessons.kit.words import number

__all__ = [
    "Chart",
    "Field",
    "Frame",
    "Level",
    "Limit",
    "Meter",
    "Picture",
    "Series",
    "Surface",
    "Zone",
    "field",
    "number",
]
