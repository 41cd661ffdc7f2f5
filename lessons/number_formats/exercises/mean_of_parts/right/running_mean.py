"""A running mean, in Python's numbers."""


def mean_of_parts(parts):
    mean, count = 0.0, 0
    for part in parts:
        count += part.numel()
        mean += (part.double().mean().item() - mean) * part.numel() / count
    return mean
