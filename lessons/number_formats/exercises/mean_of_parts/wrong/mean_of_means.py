"""Takes the mean of the parts' means. Breaks: every_value_counts_once."""


def mean_of_parts(parts):
    means = [part.float().mean().item() for part in parts]
    return sum(means) / len(means)
