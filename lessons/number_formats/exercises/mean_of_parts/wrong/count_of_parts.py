"""Divides by the number of parts. Breaks: equal_parts_are_averaged."""


def mean_of_parts(parts):
    total, count = 0.0, 0
    for part in parts:
        total += part.float().sum().item()
        count += 1
    return total / count
