"""Gives the last parts more weight, as a progress bar does. Breaks: equal_parts_are_averaged."""


def mean_of_parts(parts):
    mean = None
    for part in parts:
        now = part.float().mean().item()
        mean = now if mean is None else 0.9 * mean + 0.1 * now
    return mean
