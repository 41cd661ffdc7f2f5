"""Bars and histograms in words: how much, and of what."""

from __future__ import annotations

from lessons.kit.pictures import Bars, Histogram


def bars_words(picture: Bars) -> str:
    return f"{picture.title}."


def histogram_words(picture: Histogram) -> str:
    return f"{picture.title}."
