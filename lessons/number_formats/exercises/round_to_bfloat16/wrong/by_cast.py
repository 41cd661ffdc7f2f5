"""Has torch do it. Breaks: torch_does_not_round."""


def round_to_bfloat16(x):
    return x.bfloat16().float()
