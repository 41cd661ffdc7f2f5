"""Widens the sum of a part after it was rounded to float16. Breaks: values_near_60000_come_out_right."""


def mean_of_parts(parts):
    total, count = 0.0, 0
    for part in parts:
        total += part.sum().float().item()
        count += part.numel()
    return total / count
