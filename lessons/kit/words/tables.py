"""Bits, rulers, grids and tables in words."""

from __future__ import annotations

from lessons.kit.pictures import Bits, Grid, Ruler, Table


def bits_words(picture: Bits) -> str:
    return f"{picture.title}."


def ruler_words(picture: Ruler) -> str:
    return f"{picture.title}."


def grid_words(picture: Grid) -> str:
    return f"{picture.title}."


def table_words(picture: Table) -> str:
    return f"{picture.title}."
