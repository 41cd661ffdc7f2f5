"""An autograd graph in words: what was computed, and how far the gradient has come."""

from __future__ import annotations

from lessons.kit.pictures import Graph


def graph_words(picture: Graph) -> str:
    return f"{picture.title}."
